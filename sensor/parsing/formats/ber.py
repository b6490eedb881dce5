"""BER and DER elements (X.690): tag, body, children, integers, object identifiers.

Definite lengths only; depth and number are bounded.
"""

from __future__ import annotations

from typing import NamedTuple

from sensor.parsing.cursor import Cursor, Malformed

MAX_DEPTH = 32
"""Levels of nesting. An LDAP filter or a Kerberos ticket stays under 16; more is an attack on the reader."""

MAX_CHILDREN = 4096
"""Elements directly inside one. A full SNMP GetBulk answer in a 64 KiB datagram holds about 3,000."""

MAX_LENGTH = 16 * 1024 * 1024
"""Bytes one element may declare: an LDAP answer with a photograph fits. What is really buffered is bounded by the
stream parser."""

BOOLEAN, INTEGER, OCTET_STRING, NULL, OID, ENUMERATED, SEQUENCE, SET = 0x01, 0x02, 0x04, 0x05, 0x06, 0x0A, 0x30, 0x31


class BerElement(NamedTuple):
    """One element: ``tag`` is the identifier octet with class and constructed bit (``0x30`` SEQUENCE, ``0xA3`` [3]
    constructed), ``body`` its contents."""

    tag: int
    body: bytes
    depth: int = 0

    def children(self) -> list[BerElement]:
        """The elements inside, in order. Raises `Malformed` where the body is not a row of whole elements, or too
        deep."""
        if self.depth >= MAX_DEPTH:
            raise Malformed(f"BER nested more than {MAX_DEPTH} deep")
        cursor = Cursor(self.body)
        found: list[BerElement] = []
        while cursor.remaining:
            if len(found) == MAX_CHILDREN:
                raise Malformed(f"more than {MAX_CHILDREN} BER elements in one")
            found.append(read(cursor, depth=self.depth + 1))
        return found

    def integer(self) -> int:
        """The body as a signed number (INTEGER, ENUMERATED and implicit forms of them; X.690 8.3)."""
        if not 1 <= len(self.body) <= 64:
            raise Malformed("BER integer of no or too many bytes")
        return int.from_bytes(self.body, "big", signed=True)

    def text(self) -> str:
        r"""The body as UTF-8; what does not decode is shown as ``\xNN``."""
        return self.body.decode("utf-8", "backslashreplace")

    def oid(self) -> str:
        """The body as a dotted object identifier (X.690 8.19)."""
        return oid_text(self.body)


def oid_text(body: bytes) -> str:
    """Contents octets of an object identifier as ``1.3.6.1``. Raises `Malformed` for an empty, cut or absurdly long
    one."""
    if not 1 <= len(body) <= 256 or body[-1] & 0x80:
        raise Malformed("BER object identifier is empty, cut or too long")
    arcs: list[int] = []
    value = 0
    for octet in body:
        value = value << 7 | octet & 0x7F
        if not octet & 0x80:
            arcs.append(value)
            value = 0
    # X.690 8.19.4: the first subidentifier packs two arcs, 40 * first + second.
    first = min(arcs[0] // 40, 2)
    return ".".join(map(str, (first, arcs[0] - 40 * first, *arcs[1:])))


def header(cursor: Cursor) -> tuple[int, int]:
    """Read identifier and length octets: (tag, length of the body that follows). A growing cursor raises `NeedMore`."""
    tag = cursor.u8()
    if tag & 0x1F == 0x1F:
        raise Malformed("BER tag of more than one byte")
    length = cursor.u8()
    if length == 0x80:
        raise Malformed("BER indefinite length")
    if length > 0x80:
        octets = length & 0x7F
        if octets > 8:
            raise Malformed("BER length of more than eight bytes")
        length = int.from_bytes(cursor.take(octets), "big")
        if length > MAX_LENGTH:
            raise Malformed(f"BER element of more than {MAX_LENGTH} bytes")
    return tag, length


def read(cursor: Cursor, *, depth: int = 0) -> BerElement:
    """Read one whole element. A growing cursor raises `NeedMore` until all of it is there; a final one `Malformed`."""
    tag, length = header(cursor)
    return BerElement(tag, cursor.take(length), depth)


def expect(cursor: Cursor, tag: int) -> BerElement:
    """Read one whole element that must be ``tag``."""
    element = read(cursor)
    if element.tag != tag:
        raise Malformed(f"BER tag {element.tag:#04x} where {tag:#04x} belongs")
    return element
