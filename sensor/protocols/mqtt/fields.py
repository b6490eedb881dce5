"""Fields of MQTT control packets: remaining length, strings, version 5 properties, CONNECT."""

from __future__ import annotations

from typing import NamedTuple

from sensor.parsing.cursor import Cursor, Malformed, NeedMore

BYTE = frozenset({0x01, 0x17, 0x19, 0x24, 0x25, 0x28, 0x29, 0x2A})
TWO = frozenset({0x13, 0x21, 0x22, 0x23})
FOUR = frozenset({0x02, 0x11, 0x18, 0x27})
TEXT = frozenset({0x03, 0x08, 0x12, 0x15, 0x1A, 0x1C, 0x1F})
BINARY = frozenset({0x09, 0x16})
"""Property identifiers by the type of their value (5.0, table 2-4); 0x0B is a variable byte integer, 0x26 a pair of
strings."""

FLAGS = {
    1: {0},
    2: {0},
    4: {0},
    5: {0},
    6: {2},
    7: {0},
    8: {2},
    9: {0},
    10: {2},
    11: {0},
    12: {0},
    13: {0},
    14: {0},
    15: {0},
}
"""Allowed flag nibbles by packet type (3.1.1, table 2.2); PUBLISH has its own, and 3.1 allowed DUP on 6, 8 and 10."""

VERSIONS = frozenset({(b"MQIsdp", 3), (b"MQTT", 4), (b"MQTT", 5)})
"""Protocol names and levels."""

PROPERTIES_LIMIT = 64 * 1024
"""Bytes of one property block: it is buffered until whole, and brokers limit control packets to about this."""


class Connect(NamedTuple):
    """The fields of a CONNECT packet. ``method`` and ``auth`` are 5.0's authentication method and data."""

    version: int
    client_id: str
    username: str | None
    password: bytes | None
    will_topic: str | None
    will_message: bytes
    method: str | None
    auth: bytes | None


def remaining_length(cursor: Cursor) -> int:
    """A variable byte integer (3.1.1, clause 2.2.3): at most four bytes."""
    value = 0
    for shift in (0, 7, 14, 21):
        octet = cursor.u8()
        value |= (octet & 0x7F) << shift
        if not octet & 0x80:
            return value
    raise Malformed("variable byte integer of more than four bytes")


def utf8(cursor: Cursor) -> str:
    """A string with its length in front (3.1.1, clause 1.5.3)."""
    return cursor.text(cursor.u16())


def binary(cursor: Cursor) -> bytes:
    """Bytes with their length in front."""
    return cursor.take(cursor.u16())


def properties(cursor: Cursor) -> dict[int, int | str | bytes]:
    """A property block (5.0, clause 2.2.2) by identifier, without user properties (0x26)."""
    length = remaining_length(cursor)
    if length > PROPERTIES_LIMIT:
        raise Malformed("property block too long")
    block = cursor.sub(length)
    found: dict[int, int | str | bytes] = {}
    while block.remaining:
        identifier = block.u8()
        if identifier in BYTE:
            found[identifier] = block.u8()
        elif identifier in TWO:
            found[identifier] = block.u16()
        elif identifier in FOUR:
            found[identifier] = block.u32()
        elif identifier in TEXT:
            found[identifier] = utf8(block)
        elif identifier in BINARY:
            found[identifier] = binary(block)
        elif identifier == 0x0B:
            found[identifier] = remaining_length(block)
        elif identifier == 0x26:
            block.skip(block.u16())
            block.skip(block.u16())
        else:
            raise Malformed(f"unknown property {identifier:#04x}")
    return found


def connect_fields(fields: Cursor) -> Connect:
    """The fields of a CONNECT (3.1.1 clause 3.1; 5.0 clause 3.1); ``fields`` ends with the packet."""
    name = binary(fields)
    # Mosquitto's bridges set the top bit of the level.
    version = fields.u8() & 0x7F
    if (name, version) not in VERSIONS:
        raise Malformed("not a known version of MQTT")
    flags = fields.u8()
    fields.skip(2)
    found = properties(fields) if version == 5 else {}
    client_id = utf8(fields)
    will_topic: str | None = None
    will_message = b""
    if flags & 0x04:
        if version == 5:
            properties(fields)
        will_topic = utf8(fields)
        will_message = binary(fields)
    # MQTT 3.1 allows a client to set these flags and leave the fields out.
    username = utf8(fields) if flags & 0x80 and (fields.remaining or version != 3) else None
    password = binary(fields) if flags & 0x40 and (fields.remaining or version != 3) else None
    method, auth = found.get(0x15), found.get(0x16)
    return Connect(
        version,
        client_id,
        username,
        password,
        will_topic,
        will_message,
        method if isinstance(method, str) else None,
        auth if isinstance(auth, bytes) else None,
    )


def plausible(data: bytes) -> bool:
    """Whether ``data`` begins like a control packet, whole or nearly whole."""
    try:
        cursor = Cursor(data)
        first = cursor.u8()
        length = remaining_length(cursor)
        if first >> 4 != 3:
            return (
                first & 0x0F in FLAGS.get(first >> 4, ())
                and length <= 1024
                and (first < 0xC0 or first >= 0xE0 or length == 0)
            )
        size = cursor.u16()
        topic = cursor.peek(size)
        return (
            bool(topic) and first & 6 != 6 and size + 2 <= length and topic.isascii() and topic.decode().isprintable()
        )
    except (Malformed, NeedMore):
        return False


def begins_connect(data: bytes) -> bool | None:
    """Whether a CONNECT's bytes continue like one of a known version; None while ``data`` is too short."""
    cursor = Cursor(data[:16], 1, final=False)
    try:
        # The shortest has a name of 4 characters, level, flags, keep-alive and an empty client id.
        if remaining_length(cursor) < 12 or cursor.peek(1) not in (b"", b"\x00"):
            return False
        name = cursor.take(cursor.u16())
        return (name, cursor.u8() & 0x7F) in VERSIONS
    except NeedMore:
        return None if len(data) < 16 else False
    except Malformed:
        return False
