"""BSON documents (bsonspec.org, version 1.1): the fields that a login needs.

Strings, binaries, numbers, booleans and inner documents.
"""

from __future__ import annotations

import struct

from sensor.parsing.cursor import Cursor, Malformed

Value = str | bytes | int | float | bool | Cursor | None

FIELDS = 256
"""Fields of one document that are read; commands that log in have under twenty."""

NAME_LIMIT = 1024
"""Bytes of a field's name."""

FIXED = {0x06: 0, 0x07: 12, 0x09: 8, 0x0A: 0, 0x11: 8, 0x13: 16, 0x7F: 0, 0xFF: 0}
"""Sizes of types whose value is not wanted: undefined, object id, date, null, timestamp, decimal, largest and
smallest key."""


def document(cursor: Cursor) -> dict[str, Value]:
    """The fields of the document at the cursor, by name. A document or array inside comes as a `Cursor` for this
    function, so depth is the caller's."""
    size = cursor.u32("little")
    if size < 5:
        raise Malformed("BSON document of an impossible length")
    body = cursor.sub(size - 4)
    found: dict[str, Value] = {}
    for _ in range(FIELDS):
        kind = body.u8()
        if kind == 0:
            break
        name = body.until(b"\0", NAME_LIMIT).decode("utf-8", "backslashreplace")
        found[name] = _value(kind, body)
    return found


def _value(kind: int, body: Cursor) -> Value:
    if kind == 0x01:
        number: float = struct.unpack("<d", body.take(8))[0]
        return number
    if kind in (0x02, 0x0D, 0x0E):
        size = body.u32("little")
        return body.take(size)[:-1].decode("utf-8", "backslashreplace")
    if kind in (0x03, 0x04):
        size = int.from_bytes(body.peek(4), "little")
        return body.sub(size)
    if kind == 0x05:
        size = body.u32("little")
        body.skip(1)
        return body.take(size)
    if kind == 0x08:
        return body.u8() == 1
    if kind == 0x0B:
        body.until(b"\0", NAME_LIMIT)
        body.until(b"\0", NAME_LIMIT)
        return None
    if kind == 0x10:
        return body.u32("little")
    if kind == 0x12:
        return body.u64("little")
    if kind in FIXED:
        body.skip(FIXED[kind])
        return None
    raise Malformed("unknown BSON type")
