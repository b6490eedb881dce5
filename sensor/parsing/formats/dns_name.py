"""Domain names in wire format (RFC 1035 3.1, 4.1.4), with bounded compression."""

from __future__ import annotations

from sensor.parsing.cursor import Malformed

Name = tuple[bytes, ...]

NAME_LIMIT = 255
"""Octets of a name, RFC 1035 3.1."""
POINTER_LIMIT = 127
"""Compression pointers followed in one name: no name has more labels than that."""


def name_text(name: Name) -> str:
    r"""Labels with dots between; a dot inside a label is ``\.`` (RFC 4343 2.1), what is not UTF-8 ``\xNN``; the root
    is ``.``."""
    plain = b".".join(name)
    if plain.isascii() and plain.count(b".") == len(name) - 1:
        return plain.decode("ascii") or "."
    return ".".join([label.decode("utf-8", "backslashreplace").replace(".", "\\.") for label in name]) or "."


def query_text(name: Name) -> str:
    """As `name_text`, in lower case: names are compared without case (RFC 4343 3)."""
    return name_text(name).lower()


def read_name(data: bytes, position: int, known: dict[int, tuple[Name, int]] | None = None) -> tuple[Name, int]:
    """The name at ``position`` and where the field after it begins. Pointers only lead back (RFC 1035 4.1.4), so it
    ends.

    ``known``: names of this message that were read before without a pointer, by where they begin, each with its octets:
    most pointers lead to one of them.
    """
    labels: list[bytes] = []
    start, end = position, len(data)
    floor, after, size, jumps = position, -1, 0, 0
    before = octets = 0
    while True:
        if position >= end:
            raise Malformed("a name runs out of the message")
        length = data[position]
        if length == 0:
            name = tuple(labels)
            if known is not None and jumps <= 1:
                known[start] = (name[before:], size - octets)
            return name, position + 1 if after < 0 else after
        if length <= 63:
            size += length + 1
            position += 1
            if size >= NAME_LIMIT or position + length > end:
                raise Malformed("a name is too long")
            labels.append(data[position : position + length])
            position += length
        elif length >= 0xC0:
            if position + 1 >= end:
                raise Malformed("a name runs out of the message")
            if after < 0:
                after = position + 2
            position = (length & 0x3F) << 8 | data[position + 1]
            jumps += 1
            if position >= floor or jumps > POINTER_LIMIT:
                raise Malformed("a name points forward or in a circle")
            floor = position
            if known is not None:
                found = known.get(position)
                if found is not None:
                    if size + found[1] >= NAME_LIMIT:
                        raise Malformed("a name is too long")
                    return (*labels, *found[0]) if labels else found[0], after
                start, before, octets = position, len(labels), size
        else:
            raise Malformed("a label of a reserved type")


def name_end(data: bytes, position: int) -> int:
    """Where the field after the name at ``position`` begins, as `read_name` says it, without the labels."""
    at, end, size = position, len(data), 0
    while at < end:
        length = data[at]
        at += 1
        if length == 0:
            return at
        if length > 63:
            return read_name(data, position)[1]
        size += length + 1
        at += length
        if size >= NAME_LIMIT or at > end:
            raise Malformed("a name is too long")
    raise Malformed("a name runs out of the message")
