"""NAT-PMP (RFC 6886) and PCP (RFC 6887): ports that a host has opened for itself in the router.

An `Access` for each answered request, granted by the router's own result code. An answer counts only where its request
was seen: anyone can send one.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator

from sensor.events import Access, Span
from sensor.model import Side, Transport
from sensor.parsing.cursor import Cursor, Malformed
from sensor.parsing.parser import DatagramParser, Match, Opening, Parsed, Protocol

NAT_PMP, PCP = 0, 2
"""Version numbers: the first byte."""

MAP = 1
"""PCP's opcode for a mapping; NAT-PMP has 1 for UDP and 2 for TCP."""

ANSWER = 0x80
"""The bit of an answer in the opcode."""

PCP_HEADER, MAP_LENGTH = 24, 36
"""RFC 6887 7.1 and 11.1."""

THIRD_PARTY = 1
"""The option that asks for a mapping to another host (RFC 6887 13.1)."""

LONGEST = 1100
"""Bytes of a PCP message (RFC 6887 7)."""

PROTOCOLS_BY_NUMBER = {6: "TCP", 17: "UDP"}

PENDING = 64
"""Requests that may wait for their answers: a host maps a handful of ports."""


class PortMapping(DatagramParser):
    """Requests of one host and the router's answers."""

    def __init__(self, hint: object = None) -> None:
        super().__init__(hint)
        self._requests: dict[tuple[object, ...], tuple[bool, str, Span]] = {}

    def datagram(self, side: Side, cursor: Cursor) -> Iterator[Parsed]:
        """One message."""
        version, operation = cursor.u8(), cursor.u8()
        if version == NAT_PMP:
            yield from self._nat_pmp(side, operation, cursor)
        elif version == PCP:
            yield from self._pcp(side, operation, cursor)
        else:
            raise Malformed("neither NAT-PMP nor PCP")

    def _nat_pmp(self, side: Side, operation: int, cursor: Cursor) -> Iterator[Parsed]:
        """RFC 6886 3.3: the same fields in request and answer, where result code and age stand before."""
        if operation & ~ANSWER not in (1, 2):
            return
        kind = "UDP" if operation & ~ANSWER == 1 else "TCP"
        code = cursor.u16()
        if operation & ANSWER:
            cursor.skip(4)
        inside, outside, seconds = cursor.u16(), cursor.u16(), cursor.u32()
        if side is Side.CLIENT and not operation & ANSWER:
            self._ask((NAT_PMP, kind, inside), opens=seconds > 0, target="")
        elif side is Side.SERVER and operation & ANSWER:
            yield from self._answered((NAT_PMP, kind, inside), "NAT-PMP", kind, inside, outside, granted=code == 0)

    def _pcp(self, side: Side, operation: int, cursor: Cursor) -> Iterator[Parsed]:
        """RFC 6887 7.1, 7.2 and 11.1."""
        if operation & ~ANSWER != MAP:
            return
        cursor.skip(1)
        code = cursor.u8()
        seconds = cursor.u32()
        cursor.skip(16)
        nonce = cursor.take(12)
        kind = PROTOCOLS_BY_NUMBER.get(cursor.u8(), "")
        cursor.skip(3)
        inside, outside = cursor.u16(), cursor.u16()
        cursor.skip(16)
        key = (PCP, kind, inside, nonce)
        if side is Side.CLIENT and not operation & ANSWER:
            self._ask(key, opens=seconds > 0, target=_third_party(cursor))
        elif side is Side.SERVER and operation & ANSWER:
            yield from self._answered(key, "PCP", kind, inside, outside, granted=code == 0)

    def _ask(self, key: tuple[object, ...], *, opens: bool, target: str) -> None:
        self._requests.pop(key, None)
        if len(self._requests) >= PENDING:
            del self._requests[next(iter(self._requests))]
        self._requests[key] = (opens, target, self.here())

    def _answered(
        self, key: tuple[object, ...], via: str, kind: str, inside: int, outside: int, *, granted: bool
    ) -> Iterator[Parsed]:
        request = self._requests.pop(key, None)
        if request is None or not kind or not inside:
            return
        opens, target, place = request
        where = f"{target}:{inside}" if target else f"port {inside}"
        yield Access(
            resource=f"port mapping {outside}/{kind} -> {where}",
            action=f"{via} {'map' if opens else 'delete'}",
            granted=granted,
            control=opens,
            spans=(place, self.here()),
        )


def _third_party(options: Cursor) -> str:
    """The host for which the mapping is, where it is not the one that asks."""
    while options.remaining >= 4:
        kind = options.u8()
        options.skip(1)
        length = options.u16()
        value = options.take(min(length, options.remaining))
        options.skip(min(-length % 4, options.remaining))
        if kind == THIRD_PARTY and len(value) == 16:
            address = ipaddress.IPv6Address(value)
            return str(address.ipv4_mapped or f"[{address}]")
    return ""


def _fits(data: bytes) -> bool:
    """The lengths that the standards give for a version and an opcode."""
    if data[:1] == bytes((NAT_PMP,)):
        sizes = {0: 2, 1: 12, 2: 12, 128: 12, 129: 16, 130: 16}
        return len(data) >= 2 and sizes.get(data[1]) == len(data)
    return (
        data[:1] == bytes((PCP,)) and PCP_HEADER <= len(data) <= LONGEST and len(data) % 4 == 0 and data[1] & 0x7F < 4
    )


def _recognise(opening: Opening) -> Match:
    """Short messages of small numbers: only on their own port are they what they seem."""
    if opening.server_port != 5351:
        return Match.NO
    seen = [data for data in (opening.client, opening.server) if data]
    return Match.SURE if seen and all(_fits(data) for data in seen) else Match.NO


PROTOCOL = Protocol(
    name="pcp",
    title="NAT-PMP or PCP",
    parser=PortMapping,
    transports=frozenset({Transport.UDP}),
    recognise=_recognise,
    only_at_home=True,
    ports=frozenset({5351}),
)
