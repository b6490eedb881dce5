"""CoAP messages by RFC 7252: the examples of appendix A, the options of clause 3.1."""

from __future__ import annotations

import pytest

from sensor.parsing.cursor import Cursor, Malformed
from sensor.protocols.coap.message import BLOCK1, URI_PATH, CoapMessage, more_follows, read, texts


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
