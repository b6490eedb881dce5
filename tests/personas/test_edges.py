"""Word boundaries: values inside longer ones do not match, in any encoding."""

from __future__ import annotations

import base64
import hashlib

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


def _sent(text: str) -> dict[str, list[bytes]]:
    """A text in the encodings of the forms: base64 with its first letter at each place in a group of three bytes."""
    raw = text.encode("latin-1")
    return {
        "plain": [raw], "hex": [raw.hex().encode(), raw.hex().upper().encode(), b"0" + raw.hex().encode()],
        "utf-16": [text.encode("utf-16-le"), text.encode("utf-16-be"), b"\1" + text.encode("utf-16-le")],
        "base64": [base64.b64encode(b"..."[:lead] + raw + b". ") for lead in range(3)],
    }  # fmt: skip


LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"


@pytest.mark.parametrize("encoding", ["plain", "hex", "utf-16", "base64"])
@pytest.mark.parametrize(
    ("kind", "value", "before", "after"),
    [
        ("account", "annas75", LETTERS, LETTERS + "@"),
        # A dot or a hyphen goes on only where a letter follows it.
        ("email", "anna.example@example.com", LETTERS + "._+-", LETTERS),
    ],
)
def test_which_signs_beside_a_value_make_it_another_one(
    encoding: str, kind: str, value: str, before: str, after: str
) -> None:
    """The same in every encoding, for each sign of ASCII."""
    for sign in map(chr, range(32, 127)):
        # A sign that is a length is one (protobuf, CBOR): 0x60 and the size of a value of up to 23 bytes.
        is_length = encoding == "plain" and (ord(sign) in (len(value), 0x60 + len(value) if len(value) < 24 else 0))
        for data in _sent(f"={sign}{value}=")[encoding]:
            found = (kind, (encoding,)) in matches(ANNA, data)
            assert found is (sign not in before or is_length), (sign, data)
        for data in _sent(f"={value}{sign}=")[encoding]:
            assert ((kind, (encoding,)) in matches(ANNA, data)) is (sign not in after), (sign, data)
        for data in _sent(f"={value}.{sign}=")[encoding]:
            ends = kind == "account" or sign not in LETTERS
            assert ((kind, (encoding,)) in matches(ANNA, data)) is ends, (sign, data)


@pytest.mark.parametrize(
    ("before", "whole"),
    [
        # Escapes of URLs and of JSON end in a letter that is none of the text, but where they mean a letter.
        (b"%3D", True), (b"%3d", True), (b"%41", False), (b"%35", False), (b"%7a", False), (b"%2F", True),
        (b"\\n", True), (b"\\r", True), (b"\\t", True), (b"\\b", True), (b"\\f", True), (b"\\q", False),
        (b"\\x", False),
        (b"\\u003d", True), (b"\\u00E9", True), (b"\\u12ab", False), (b"3D", False), (b"%%D", False), (b"n", False),
        (b"", True), (b"x=", True), (b"\xc3\xbc", True), (b"\0", True),
    ],
)  # fmt: skip
def test_an_escape_before_a_value_is_no_letter(before: bytes, whole: bool) -> None:
    assert (("account", ("plain",)) in matches(ANNA, b"." + before + b"annas75;")) is whole
    assert (("email", ("plain",)) in matches(ANNA, b":" + before + b"anna.example@example.com;")) is whole
    # After the value only an escaped @ goes on.
    assert matches(ANNA, b";annas75%3D") and not matches(ANNA, b";annas75%40x")


@pytest.mark.parametrize(
    ("text", "place"),
    [
        # In degrees: any decimals may follow, none and no dot may stand before.
        ("52.520 13.404", True), ("52.5200089 13.4049549", True), ("x52.520y13.404z", True), ("-52.520 -13.404", True),
        ("152.520 13.404", False), ("52.520 113.404", False), (".52.520 13.404", False), ("52.520 .13.404", False),
        # In millionths and ten millionths: two or three digits follow.
        ("52520008 13404954", True), ("525200081 134049541", True), ("525200 134049", False),
        ("5252000 1340495", False), ("5252000812 1340495412", False), ("52520008 1340495", False),
        ("152520008 13404954", False), (".52520008 13404954", False),
    ],
)  # fmt: skip
def test_what_may_stand_beside_a_coordinate(text: str, place: bool) -> None:
    assert (("location", ("plain",)) in matches(ANNA, f"={text}=".encode())) is place
    for order in ("le", "be"):
        assert (("location", ("utf-16",)) in matches(ANNA, f"={text}=".encode(f"utf-16-{order}"))) is place


@pytest.mark.parametrize(
    ("text", "whole"),
    [
        ("+442079460123", True), ("442079460123", True), ("00442079460123", True), ("011442079460123", True),
        ("02079460123", True), ("4402079460123", True), ("2079460123", True), ("tel:2079460123", True),
        ("%2B442079460123", True), ("\\n02079460123", True), ("+44 (0)20 7946 0123", True), ("+44.20.7946.0123", True),
        ("20794601234", False), ("12079460123", False), ("332079460123", False), ("0002079460123", False),
        ("%202079460123", True), ("%412079460123", False), ("+44 20 7946 01234", False),
    ],
)  # fmt: skip
def test_what_may_stand_beside_a_telephone_number(text: str, whole: bool) -> None:
    searched = personas(fast=False)
    for encoding, ways in _sent(f"={text}=").items():
        for data in ways if encoding != "base64" or text.isdigit() else ():
            assert (("phone", (encoding,)) in matches(searched, data)) is whole, (encoding, data)


def test_a_digest_in_base64_is_known_by_its_beginning() -> None:
    """Whatever follows or stands before: twenty characters are no chance."""
    for name in ("md5", "sha1", "sha256", "sha512"):
        run = base64.b64encode(hashlib.new(name, b"annas75").digest())
        for data in (run, b"x" + run, run[:20] + b"=", run[:20] + b"abc", b"=" + run + b"="):
            assert ("account", ("base64", name)) in matches(ANNA, data)
        assert not matches(ANNA, b"=" + run[:19] + b"=")
