"""Field encodings of AMQP: strings and tables of 0-9-1, described lists of 1.0."""

from __future__ import annotations

from sensor.parsing.cursor import Cursor, Malformed

ENTRIES = 128
"""Entries read of a table or list: RabbitMQ's server properties have a dozen."""

FIXED = {
    b"t": 1,
    b"b": 1,
    b"B": 1,
    b"U": 2,
    b"u": 2,
    b"s": 2,
    b"I": 4,
    b"i": 4,
    b"L": 8,
    b"l": 8,
    b"f": 4,
    b"d": 8,
    b"D": 5,
    b"T": 8,
    b"V": 0,
}
"""Sizes of 0-9-1 field values; ``s`` as RabbitMQ and Qpid use it (its errata to the specification), a 16-bit number."""


def short_string(cursor: Cursor) -> bytes:
    """One byte of length, then the string."""
    return cursor.take(cursor.u8())


def long_string(cursor: Cursor) -> bytes:
    """Four bytes of length, then the string."""
    return cursor.take(cursor.u32())


def table(cursor: Cursor) -> dict[bytes, bytes]:
    """The long strings of a field table by name. ``cursor`` covers the table without its length."""
    found: dict[bytes, bytes] = {}
    for _ in range(ENTRIES):
        if not cursor.remaining:
            break
        name = short_string(cursor)
        kind = cursor.take(1)
        if kind == b"S":
            found[name] = long_string(cursor)
        elif kind in FIXED:
            cursor.skip(FIXED[kind])
        elif kind in b"AFx":
            cursor.skip(cursor.u32())
        else:
            raise Malformed("unknown type of a table's value")
    return found


def described_list(cursor: Cursor) -> tuple[int, list[bytes | int | None]]:
    """Descriptor code and fields of a performative (part 1, clause 1.2, part 2, clause 2.7).

    Composite fields are None.
    """
    if cursor.u8() != 0:
        raise Malformed("not a described type")
    descriptor = value(cursor)
    if not isinstance(descriptor, int):
        raise Malformed("not a numeric descriptor")
    constructor = cursor.u8()
    if constructor == 0x45:
        return descriptor, []
    if constructor == 0xC0:
        body = cursor.sub(cursor.u8())
        count = body.u8()
    elif constructor == 0xD0:
        body = cursor.sub(cursor.u32())
        count = body.u32()
    else:
        raise Malformed("not a list")
    return descriptor, [value(body) for _ in range(min(count, ENTRIES))]


def value(cursor: Cursor) -> bytes | int | None:
    """One primitive (part 1, clause 1.6).

    Numbers as int; strings, symbols and binaries as bytes; null, lists, maps and described values as None.
    """
    constructor = cursor.u8()
    size = {0x4: 0, 0x5: 1, 0x6: 2, 0x7: 4, 0x8: 8, 0x9: 16}.get(constructor >> 4)
    if size is not None:
        number = int.from_bytes(cursor.take(size), "big")
        return None if constructor in (0x40, 0x45) else 1 if constructor == 0x41 else number
    if constructor >> 4 in (0xA, 0xC, 0xE):
        data = cursor.take(cursor.u8())
    elif constructor >> 4 in (0xB, 0xD, 0xF):
        data = cursor.take(cursor.u32())
    elif constructor == 0:
        # A described field: descriptor and value, both skipped. The performatives of interest have one level.
        for _ in range(2):
            if cursor.peek(1) == b"\0":
                raise Malformed("described type inside a descriptor")
            value(cursor)
        return None
    else:
        raise Malformed("unknown constructor")
    return data if constructor >> 4 in (0xA, 0xB) else None
