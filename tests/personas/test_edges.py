"""Word boundaries: values inside longer ones do not match, in any encoding."""

from __future__ import annotations

import base64

import pytest

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
