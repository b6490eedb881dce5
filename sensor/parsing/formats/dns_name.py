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
    return ".".join(label.decode("utf-8", "backslashreplace").replace(".", "\\.") for label in name) or "."


def query_text(name: Name) -> str:
    """As `name_text`, in lower case: names are compared without case (RFC 4343 3)."""
    return name_text(name).lower()


def read_name(data: bytes, position: int) -> tuple[Name, int]:
    """The name at ``position`` and where the field after it begins. Pointers only lead back (RFC 1035 4.1.4), so it
    ends."""
    labels: list[bytes] = []
    floor, after, size, jumps = position, -1, 0, 0
    while True:
        if position >= len(data):
            raise Malformed("a name runs out of the message")
        length = data[position]
        if length >= 0xC0:
            if position + 1 >= len(data):
                raise Malformed("a name runs out of the message")
            after = position + 2 if after < 0 else after
            position = (length & 0x3F) << 8 | data[position + 1]
            jumps += 1
            if position >= floor or jumps > POINTER_LIMIT:
                raise Malformed("a name points forward or in a circle")
            floor = position
        elif length > 63:
            raise Malformed("a label of a reserved type")
        elif not length:
            return tuple(labels), position + 1 if after < 0 else after
        else:
            size += length + 1
            if size >= NAME_LIMIT or position + 1 + length > len(data):
                raise Malformed("a name is too long")
            labels.append(data[position + 1 : position + 1 + length])
            position += 1 + length
