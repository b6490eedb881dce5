"""CoAP messages (RFC 7252, clause 3): the format, and the registered codes and options."""

from __future__ import annotations

from typing import NamedTuple

from sensor.parsing.cursor import Cursor, Malformed

RESPONSES = frozenset(bytes.fromhex("41424344455f8081828384858688898c8d8f969da0a1a2a3a4a5a8"))
"""Registered response codes, class in the upper three bits (IANA CoRE parameters)."""

OPTIONS = frozenset(
    {1, 3, 4, 5, 6, 7, 8, 9, 11, 12, 14, 15, 16, 17, 19, 20, 21, 23, 27, 28, 31, 35, 39, 60, 252, 258, 292}
)
"""Registered option numbers; a datagram with another one is hardly CoAP."""

URI_HOST, OBSERVE, OSCORE, URI_PATH, FORMAT, URI_QUERY, BLOCK2, BLOCK1 = 3, 6, 9, 11, 12, 15, 23, 27

MEDIA_TYPES = {
    0: "text/plain",
    40: "application/link-format",
    41: "application/xml",
    42: "application/octet-stream",
    50: "application/json",
    60: "application/cbor",
    110: "application/senml+json",
    112: "application/senml+cbor",
    11542: "application/vnd.oma.lwm2m+tlv",
    11543: "application/vnd.oma.lwm2m+json",
}
"""Content-Formats (IANA) that devices send."""


class CoapMessage(NamedTuple):
    """One message, its ``options`` in order, by number.

    ``kind``: confirmable 0, non-confirmable 1, acknowledgement 2, reset 3.
    """

    kind: int
    code: int
    identifier: int
    token: bytes
    options: list[tuple[int, bytes]]
    payload: bytes


def texts(message: CoapMessage, number: int) -> list[str]:
    """Values of an option that may be repeated, as text."""
    return [value.decode("utf-8", "backslashreplace") for option, value in message.options if option == number]


def more_follows(message: CoapMessage, block: int) -> bool:
    """The M bit of a block option (RFC 7959, clause 2.2)."""
    return any(option == block and value and value[-1] & 8 for option, value in message.options)


def _extended(cursor: Cursor, nibble: int) -> int:
    """Option delta or length beyond 12 (RFC 7252, clause 3.1)."""
    if nibble == 13:
        return cursor.u8() + 13
    if nibble == 14:
        return cursor.u16() + 269
    if nibble == 15:
        raise Malformed("reserved option nibble")
    return nibble


def read(cursor: Cursor) -> CoapMessage:
    """One whole datagram. Raises `Malformed`."""
    first = cursor.u8()
    if first >> 6 != 1 or first & 0x0F > 8:
        raise Malformed("not CoAP version 1")
    code, identifier = cursor.u8(), cursor.u16()
    token = cursor.take(first & 0x0F)
    options: list[tuple[int, bytes]] = []
    number = 0
    while cursor.remaining:
        octet = cursor.u8()
        if octet == 0xFF:
            if not cursor.remaining:
                raise Malformed("payload marker without a payload")
            return CoapMessage(first >> 4 & 3, code, identifier, token, options, cursor.rest())
        number += _extended(cursor, octet >> 4)
        options.append((number, cursor.take(_extended(cursor, octet & 0x0F))))
    return CoapMessage(first >> 4 & 3, code, identifier, token, options, b"")
