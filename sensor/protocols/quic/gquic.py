"""Google's QUIC before TLS: the server name in the readable first message of a client (CHLO).

The layout is that of Google's "QUIC Crypto" document (2016): ``CHLO``, a number of tags, an end offset for each, then
the values in order.
"""

from __future__ import annotations

from sensor.parsing.cursor import Cursor, Malformed
from sensor.parsing.formats.tls_hello import ClientHello

TAGS_LIMIT = 128
"""Tags in one message; clients send about thirty."""

SEARCH = 96
"""Bytes in which the message begins: header, hash and stream frame come before it."""


def version_of(data: bytes) -> int | None:
    """The version in a client's packet: behind the connection id in the old header, as in RFC 8999 in the new one."""
    if data[:1] and data[0] & 0x89 == 0x09 and data[9:11] == b"Q0":
        return int.from_bytes(data[9:13], "big")
    if data[:1] and data[0] & 0x80 and data[1:3] == b"Q0":
        return int.from_bytes(data[1:5], "big")
    return None


def message(data: bytes, version: int) -> ClientHello | None:
    """A CHLO, as far as it is there; the name is in SNI."""
    cursor = Cursor(data)
    if cursor.peek(4) != b"CHLO":
        return None
    try:
        cursor.skip(4)
        count = cursor.u16("little")
        cursor.skip(2)
        if count > TAGS_LIMIT:
            return None
        tags = [(cursor.take(4), cursor.u32("little")) for _ in range(count)]
    except Malformed:
        return None
    begin, name = 0, None
    for tag, end in tags:
        if tag == b"SNI\0" and begin < end <= begin + 255:
            name = data[cursor.position + begin : cursor.position + end].decode("ascii", "backslashreplace") or None
        begin = end
    return ClientHello(version, (), server_name=name)


def client_hello(data: bytes) -> ClientHello | None:
    """A datagram with such a message in the clear; None for anything else."""
    version = version_of(data)
    if version is None:
        return None
    at = data.find(b"CHLO", 0, SEARCH)
    return (message(data[at:], version) if at >= 0 else None) or ClientHello(version, ())
