"""X.690's own examples, and the refusals that keep hostile encodings cheap."""

from __future__ import annotations

import pytest

from sensor.parsing.cursor import Cursor, Malformed, NeedMore
from sensor.parsing.formats import ber


def element(data: bytes) -> ber.BerElement:
    return ber.read(Cursor(data))


def test_short_and_long_lengths() -> None:
    # X.690 8.1.3.5: 201 is 81 C9 in the long form.
    assert element(bytes([0x04, 0x81, 0xC9]) + bytes(201)).body == bytes(201)
    assert element(b"\x04\x02hi") == ber.BerElement(ber.OCTET_STRING, b"hi")
    # Long form with leading zeros is BER, if not DER; SNMP agents write 82 00 xx.
    assert element(b"\x04\x82\x00\x02hi").body == b"hi"


def test_children_in_order() -> None:
    # X.690 8.9.3: SEQUENCE {name IA5String "Smith", ok BOOLEAN TRUE}.
    sequence = element(bytes.fromhex("300a1605536d6974680101ff"))
    assert [(child.tag, child.body) for child in sequence.children()] == [(0x16, b"Smith"), (ber.BOOLEAN, b"\xff")]


@pytest.mark.parametrize(
    ("body", "value"), [(b"\x00", 0), (b"\x7f", 127), (b"\x00\x80", 128), (b"\x80", -128), (b"\xff", -1)]
)
def test_integers_are_twos_complement(body: bytes, value: int) -> None:
    assert ber.BerElement(ber.INTEGER, body).integer() == value


@pytest.mark.parametrize(
    ("body", "text"),
    [
        # X.690 8.19.5: {2 100 3} is 81 34 03; RFC 3418 sysDescr.0; a bare itu-t arc.
        ("813403", "2.100.3"),
        ("2b06010201010100", "1.3.6.1.2.1.1.1.0"),
        ("00", "0.0"),
    ],
)
def test_object_identifiers(body: str, text: str) -> None:
    assert ber.oid_text(bytes.fromhex(body)) == text


@pytest.mark.parametrize(
    "data",
    [
        b"\x30\x80\x00\x00",  # indefinite length
        b"\x1f\x81\x00\x00",  # a tag of several bytes
        b"\x04\x89" + bytes(9),  # a length of nine bytes
        b"\x04\x84\xff\xff\xff\xff",  # 4 GiB
        b"\x04\x05hi",  # cut
        b"\x30\xff",
    ],
)
def test_refused(data: bytes) -> None:
    with pytest.raises(Malformed):
        element(data)


@pytest.mark.parametrize("body", [b"", b"\x81", bytes(300)])
def test_refused_object_identifiers(body: bytes) -> None:
    with pytest.raises(Malformed):
        ber.oid_text(body)


def test_growing_stream_waits() -> None:
    for cut in range(4):
        with pytest.raises(NeedMore):
            ber.read(Cursor(b"\x04\x02hi"[:cut], final=False))
    with pytest.raises(NeedMore) as more:
        ber.read(Cursor(b"\x04\x81\xc9", final=False))
    assert more.value.at_least == 204


def test_nesting_ends() -> None:
    data = b""
    for _ in range(ber.MAX_DEPTH + 2):
        data = b"\x30" + (bytes([len(data)]) if len(data) < 0x80 else b"\x82" + len(data).to_bytes(2, "big")) + data
    inner = element(data)
    with pytest.raises(Malformed):
        while True:
            (inner,) = inner.children()


def test_number_of_children_ends() -> None:
    body = b"\x05\x00" * (ber.MAX_CHILDREN + 1)
    with pytest.raises(Malformed):
        ber.BerElement(ber.SEQUENCE, body).children()


def test_expected_tag() -> None:
    assert ber.expect(Cursor(b"\x02\x01\x03"), ber.INTEGER).integer() == 3
    with pytest.raises(Malformed):
        ber.expect(Cursor(b"\x04\x01\x03"), ber.INTEGER)


def test_a_length_without_an_end_is_refused() -> None:
    """X.690 §8.1.3.6: 80 is the indefinite form, which neither SNMP nor LDAP allows; 81 00 is a length of nothing."""
    with pytest.raises(Malformed, match="indefinite"):
        element(b"\x30\x80\0\0")
    assert element(b"\x30\x81\0").body == b""
    assert element(b"\x31\x00").body == b"" and ber.SET == 0x31


@pytest.mark.parametrize(("length", "whole"), [(0, True), (16 * 1024 * 1024, True), (16 * 1024 * 1024 + 1, False)])
@pytest.mark.parametrize("octets", [4, 5, 8])
def test_how_long_an_element_may_say_it_is(length: int, whole: bool, octets: int) -> None:
    """In any number of octets (X.690 8.1.3.5), up to sixteen mebibytes."""
    data = bytes((4, 0x80 | octets)) + length.to_bytes(octets, "big")
    if whole:
        assert ber.header(Cursor(data)) == (4, length)
    else:
        with pytest.raises(Malformed):
            ber.header(Cursor(data))
