"""CoAP messages by RFC 7252: the examples of appendix A, the options of clause 3.1."""

from __future__ import annotations

import pytest

from sensor.parsing.cursor import Cursor, Malformed
from sensor.protocols.coap.message import (
    BLOCK1,
    BLOCK2,
    FORMAT,
    MEDIA_TYPES,
    OBSERVE,
    OPTIONS,
    OSCORE,
    RESPONSES,
    URI_HOST,
    URI_PATH,
    URI_QUERY,
    CoapMessage,
    more_follows,
    read,
    texts,
)


def test_examples_of_appendix_a() -> None:
    # Figure 17: confirmable GET /temperature, message id 0x7d34, and its piggybacked answer 2.05 "22.3 C".
    request = read(Cursor(bytes.fromhex("40017d34bb74656d7065726174757265")))
    assert request == CoapMessage(0, 1, 0x7D34, b"", [(URI_PATH, b"temperature")], b"")
    answered = read(Cursor(bytes.fromhex("60457d34ff32322e332043")))
    assert answered == CoapMessage(2, 0x45, 0x7D34, b"", [], b"22.3 C")


def test_extended_options() -> None:
    # Delta 13 + 1 byte, delta 14 + 2 bytes, length 13 + 1 byte.
    message = read(Cursor(b"\x41\x01\x00\x01\x7a" + b"\xd0\x02" + b"\xe0\x00\x00" + b"\x0d\x01" + b"x" * 14))
    assert [(number, len(value)) for number, value in message.options] == [(15, 0), (284, 0), (284, 14)]


def test_repeated_options_and_block() -> None:
    message = CoapMessage(0, 3, 1, b"", [(URI_PATH, b"a"), (URI_PATH, b"\xff"), (BLOCK1, b"\x0e")], b"")
    assert texts(message, URI_PATH) == ["a", "\\xff"]
    assert more_follows(message, BLOCK1)
    assert not more_follows(message._replace(options=[(BLOCK1, b"\x06")]), BLOCK1)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x00\x01\x00\x01",
        b"\x49\x01\x00\x01",
        b"\x40\x01\x00\x01\xff",
        b"\x40\x01\x00\x01\xf0",
        b"\x40\x01\x00\x01\x05",
    ],
)
def test_refused(data: bytes) -> None:
    with pytest.raises(Malformed):
        read(Cursor(data))


@pytest.mark.parametrize("size", [0, 1, 12, 13, 14, 268, 269, 270])
def test_lengths_and_numbers_of_options(size: int) -> None:
    """RFC 7252 §3.1: up to 12 in the nibble, from 13 in one byte more, from 269 in two."""
    nibble, more = (
        (size, b"") if size < 13 else (13, bytes([size - 13])) if size < 269 else (14, (size - 269).to_bytes(2, "big"))
    )
    long = read(Cursor(b"\x40\1\0\1" + bytes([nibble]) + more + b"x" * size + b"\xff!"))
    assert [(number, len(value)) for number, value in long.options] == [(0, size)] and long.payload == b"!"
    far = read(Cursor(b"\x40\1\0\1" + bytes([nibble << 4]) + more + b"\x10"))
    assert [number for number, _ in far.options] == [size, size + 1]


@pytest.mark.parametrize("kind", range(4))
def test_the_head(kind: int) -> None:
    """Version 1, the kind, a token of up to eight bytes, code, id."""
    for length in range(9):
        message = read(Cursor(bytes([0x40 | kind << 4 | length, 0x45, 0x12, 0x34]) + b"12345678"[:length]))
        assert message == CoapMessage(kind, 0x45, 0x1234, b"12345678"[:length], [], b"")
    for first in (0x00, 0x3F, 0x80, 0xC0, 0x49, 0x4F):
        with pytest.raises(Malformed):
            read(Cursor(bytes([first]) + bytes(20)))


def test_which_codes_and_options_are_registered() -> None:
    """IANA "CoAP Response Codes": class 2, 4 and 5 by hand; the options of RFC 7252, 7641, 7959, 8613."""
    codes = {"2.01", "2.02", "2.03", "2.04", "2.05", "2.31", "4.00", "4.01", "4.02", "4.03", "4.04", "4.05", "4.06",
             "4.08", "4.09", "4.12", "4.13", "4.15", "4.22", "4.29", "5.00", "5.01", "5.02", "5.03", "5.04", "5.05",
             "5.08"}  # fmt: skip
    assert {f"{code >> 5}.{code & 31:02}" for code in RESPONSES} == codes
    assert {1, 3, 4, 5, 6, 7, 8, 9, 11, 12, 14, 15, 17, 20, 23, 27, 28, 35, 39, 60} <= OPTIONS
    assert not {0, 2, 10, 13, 18, 22, 24} & OPTIONS


@pytest.mark.parametrize(
    ("number", "media"),
    [(0, "text/plain"), (40, "application/link-format"), (41, "application/xml"), (42, "application/octet-stream"),
     (50, "application/json"), (60, "application/cbor"), (110, "application/senml+json"),
     (112, "application/senml+cbor"), (11542, "application/vnd.oma.lwm2m+tlv"),
     (11543, "application/vnd.oma.lwm2m+json")],
)  # fmt: skip
def test_content_formats(number: int, media: str) -> None:
    """IANA "CoAP Content-Formats"."""
    assert MEDIA_TYPES[number] == media
    assert set(MEDIA_TYPES) == {0, 40, 41, 42, 50, 60, 110, 112, 11542, 11543}


def test_the_m_bit_is_that_of_the_option_that_is_asked_for() -> None:
    """RFC 7959 §2.2: bit 3 of the last byte; an empty option is block 0, the last."""
    for value, more in ((b"", False), (b"\x08", True), (b"\x06", False), (b"\x01\x08", True), (b"\x08\x06", False)):
        message = CoapMessage(0, 1, 1, b"", [(BLOCK2, value)], b"")
        assert bool(more_follows(message, BLOCK2)) is more
        assert not more_follows(message, BLOCK1)


@pytest.mark.parametrize(
    ("number", "name"),
    [
        (3, URI_HOST),
        (6, OBSERVE),
        (9, OSCORE),
        (11, URI_PATH),
        (12, FORMAT),
        (15, URI_QUERY),
        (23, BLOCK2),
        (27, BLOCK1),
    ],
)
def test_numbers_of_options(number: int, name: int) -> None:
    """RFC 7252 §5.10, RFC 7641, RFC 7959, RFC 8613."""
    assert name == number
