"""Base64 runs: cut and URL-safe runs, and the characters that a value determines."""

from __future__ import annotations

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sensor.personal_data.base64_runs import decode_alignments, decode_run, encoded_at_offsets, url_safe


@given(st.binary(max_size=80))
def test_either_alphabet_with_or_without_padding(data: bytes) -> None:
    for run in (base64.b64encode(data), base64.urlsafe_b64encode(data)):
        assert decode_run(run) == data
        assert decode_run(run.rstrip(b"=")) == data


# RFC 4648 10: BASE64("foobar") = "Zm9vYmFy".
@pytest.mark.parametrize(
    ("run", "data"),
    [
        (b"Zm9vYmFy", b"foobar"),
        (b"Zm9vYmF", b"fooba"),
        (b"Zm9vYm", b"foob"),
        (b"Zm9vY", b"foo"),
        (b"Z", b""),
        (b"", b""),
    ],
)
def test_a_cut_run_gives_its_whole_bytes(run: bytes, data: bytes) -> None:
    assert decode_run(run) == data


@given(st.binary(max_size=40), st.integers(0, 3))
def test_one_alignment_is_that_of_the_encoder(data: bytes, before: int) -> None:
    run = b"A" * before + base64.b64encode(data).rstrip(b"=")
    assert data in list(decode_alignments(run))


@given(st.binary(max_size=20), st.binary(min_size=1, max_size=40), st.binary(max_size=20))
def test_a_value_shows_its_characters_whatever_surrounds_it(before: bytes, value: bytes, after: bytes) -> None:
    offset, run = list(encoded_at_offsets(value))[len(before) % 3]
    whole = base64.b64encode(before + value + after)
    start = len(before) // 3 * 4 + offset
    assert whole[start : start + len(run)] == run


@given(st.binary(max_size=20), st.binary(min_size=1, max_size=40), st.binary(min_size=1, max_size=3))
def test_the_next_character_depends_on_what_follows(before: bytes, value: bytes, after: bytes) -> None:
    """The characters are all that the value alone determines: two different bytes after it change the next one."""
    offset, run = list(encoded_at_offsets(value))[len(before) % 3]
    end = len(before) // 3 * 4 + offset + len(run)
    changed = bytes((after[0] ^ 0xFF,)) + after[1:]
    texts = [base64.b64encode(before + value + one) for one in (after, changed)]
    assert texts[0][:end] == texts[1][:end] and texts[0][end] != texts[1][end]


def test_url_safe_alphabet() -> None:
    assert url_safe(base64.b64encode(b"\xfb\xff\xfe")) == base64.urlsafe_b64encode(b"\xfb\xff\xfe") == b"-__-"


@given(st.binary(min_size=1, max_size=20), st.binary(min_size=1, max_size=40))
def test_the_character_before_depends_on_what_stands_there(before: bytes, value: bytes) -> None:
    """Of what the value alone determines no character is left out at the front either."""
    offset, run = list(encoded_at_offsets(value))[len(before) % 3]
    start = len(before) // 3 * 4 + offset
    changed = before[:-1] + bytes((before[-1] ^ 0xFF,))
    texts = [base64.b64encode(one + value) for one in (before, changed)]
    assert texts[0][start - 1] != texts[1][start - 1] and texts[0][start : start + len(run)] == run
