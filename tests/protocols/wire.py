"""DNS messages for tests: names in RFC 1035 wire format, questions, records."""

from __future__ import annotations

import struct


def name(text: str | list[bytes]) -> bytes:
    """Wire form without compression; a list gives the labels as they are (dots inside)."""
    labels = [part.encode() for part in text.split(".") if part] if isinstance(text, str) else text
    return b"".join(bytes([len(label)]) + label for label in labels) + b"\0"


def question(owner: bytes, kind: int, klass: int = 1) -> bytes:
    return owner + struct.pack("!HH", kind, klass)


def record(owner: bytes, kind: int, data: bytes, ttl: int = 120, klass: int = 1) -> bytes:
    return owner + struct.pack("!HHIH", kind, klass, ttl, len(data)) + data


def message(flags: int, *sections: list[bytes], identity: int = 0x1234) -> bytes:
    """Header with the counts of the four sections, then their content."""
    full = [*sections, [], [], [], []][:4]
    return struct.pack("!HHHHHH", identity, flags, *(len(s) for s in full)) + b"".join(b"".join(s) for s in full)


QUERY, RESPONSE, AUTHORITATIVE = 0x0100, 0x8180, 0x8400
