"""Word boundaries: values inside longer ones do not match, in any encoding."""

from __future__ import annotations

import base64

import pytest

from sensor.personas.edges import _has_length_prefix, _is_dialling_prefix
from tests.personas.personas import matches, personas

ANNA = personas()


@pytest.mark.parametrize(
    "text",
    [
        "johanna.example@example.com",
        "x.anna.example@example.com",
        "anna.example@example.com.au",
        "anna.example@example.community",
        "Joanna Example",
        "Anna Examples",
        "annas75@example.org",
        "annas750",
        "mannas75",
        "972079460123",
        "20794601234",
        "152.520008, 113.404954",
        "xblue elephants",
    ],
)
def test_a_part_of_a_longer_word_does_not_match(text: str) -> None:
    for data in (
        text.encode(),
        text.encode().hex().encode(),
        text.encode("utf-16-le"),
        text.encode("utf-16-be"),
        *(base64.b64encode(lead + text.encode() + b" ") for lead in (b"", b"-", b"--")),
    ):
        assert not matches(ANNA, data)


@pytest.mark.parametrize(
    "data",
    [
        b"user%3Dannas75%26",
        b'{"u":"\\nannas75"}',
        b"\x07annas75zzz",  # a length field
        b"\x67annas75dname",  # CBOR: text of seven bytes, then the next key
        b"/annas75/",
        "übannas75".encode()[:2] + b"annas75",
    ],
)
def test_delimiters_of_formats_do_not_matter(data: bytes) -> None:
    assert ("account", ("plain",)) in matches(ANNA, data)


@pytest.mark.parametrize(
    ("before", "is_prefix"),
    [
        (b"", True), (b"0", True), (b"44", True), (b"0044", True), (b"01144", True), (b"440", True), (b" 44", True),
        (b"1", False), (b"4", False), (b"00", False), (b"0440", False), (b"49", False), (b"004", False),
    ],
)  # fmt: skip
def test_what_may_stand_before_a_national_number(before: bytes, is_prefix: bool) -> None:
    """ITU-T E.123 and E.164: nothing, the trunk prefix, or the country with an international prefix."""
    assert _is_dialling_prefix(before, b"44") is is_prefix


@pytest.mark.parametrize(
    ("before", "size", "prefixed"),
    [
        (bytes((9,)), 9, True), (b"x" + bytes((9,)), 9, True), (bytes((8,)), 9, False), (b"", 9, False),
        # CBOR text: 0x60 and the length up to 23, then one byte more (RFC 8949 3.1).
        (bytes((0x60 + 9,)), 9, True), (bytes((0x60 + 23,)), 23, True), (bytes((0x60 + 24,)), 24, False),
        (b"\x78\x18", 24, True), (b"\x78\x19", 24, False),
    ],
)  # fmt: skip
def test_a_length_before_a_value_ends_what_stands_there(before: bytes, size: int, prefixed: bool) -> None:
    assert _has_length_prefix(before, size) is prefixed
