"""NetBIOS name service (RFC 1001, 1002): names queried, registered and listed by node status."""

from __future__ import annotations

from collections.abc import Iterator

from sensor.events import Attribute, Lookup, Weird
from sensor.model import Side, Transport
from sensor.parsing.attributes import attribute_events, host, plain, station
from sensor.parsing.cursor import Cursor, Malformed
from sensor.parsing.formats.dns_message import NB, NBSTAT, DnsMessage, parse
from sensor.parsing.formats.dns_name import Name
from sensor.parsing.parser import DatagramParser, Match, Opening, Parsed, Protocol

ENCODED = 32
"""RFC 1001 14.1: 16 bytes, each as two letters of A to P."""
QUERY, REGISTRATION, RELEASE, REFRESH, REFRESH_TOO, MULTIHOMED = 0, 5, 6, 8, 9, 15
OWN = frozenset({REGISTRATION, RELEASE, REFRESH, REFRESH_TOO, MULTIHOMED})
"""Requests about a name of the sender's own (RFC 1002 4.2.1.1; 9 and 15 as Windows sends them)."""
GROUP = 0x8000
"""RFC 1002 4.2.1.3: a name that several hosts share."""
WORKSTATION, FILE_SERVER = 0x00, 0x20
"""Suffixes under which a host registers its computer name."""
RECURSION_AVAILABLE = 0x0080
"""RFC 1002 4.2.1.1: set by a name server, which answers for others."""


def recognise(opening: Opening) -> Match:
    """A first question or record whose name is 32 letters of A to P is nothing else."""
    for data in (opening.client, opening.server):
        if data:
            if len(data) < 50 or data[12] != ENCODED or data[2] >> 3 & 15 not in {QUERY, 7, *OWN}:
                return Match.NO
            return Match.SURE if all(0x41 <= c <= 0x50 for c in data[13:45]) else Match.NO
    return Match.MORE


def decode(name: Name) -> tuple[str, int] | None:
    """``("PRINTER", 0x20)`` of an encoded name: text and suffix; None if it is not one."""
    if not name or len(name[0]) != ENCODED or not all(0x41 <= c <= 0x50 for c in name[0]):
        return None
    raw = bytes((name[0][i] - 0x41) << 4 | name[0][i + 1] - 0x41 for i in range(0, ENCODED, 2))
    return plain(raw[:15]), raw[15]


class Nbns(DatagramParser):
    """Name queries, registrations and node status."""

    def datagram(self, side: Side, cursor: Cursor) -> Iterator[Parsed]:
        """Read one message."""
        message = parse(cursor.rest())
        if message.response:
            yield from self._response(side, message)
        elif message.opcode in OWN:
            yield from self._own(side, message)
        else:
            for question in message.questions:
                if (name := decode(question.name)) and name[0]:
                    yield Lookup(name=name[0].lower(), kind=_kind(question.kind), source="nbns")
        if message.damage:
            yield Weird(name="malformed_nbns", detail=message.damage)

    @staticmethod
    def _own(side: Side, message: DnsMessage) -> Iterator[Parsed]:
        group = any(record.data[:1] >= b"\x80" for record in message.additionals)
        for question in message.questions:
            if name := decode(question.name):
                yield from _name(*name, group, side)

    @staticmethod
    def _response(side: Side, message: DnsMessage) -> Iterator[Parsed]:
        for record in message.answers:
            name = decode(record.name)
            if name is None or message.opcode != QUERY:
                continue
            if record.kind == NBSTAT:
                yield from node_status(record.data, side)
            elif record.kind == NB:
                entries = [record.data[i : i + 6] for i in range(0, len(record.data) - 5, 6)]
                answers = tuple(address for entry in entries if (address := host(entry[2:])))
                if answers and not message.flags & RECURSION_AVAILABLE:
                    yield from _name(*name, bool(entries[0][0] & 0x80), side)
                yield Lookup(
                    name=name[0].lower(), kind="NB", answers=answers, answered=True, code=message.code, source="nbns"
                )


def _kind(kind: int) -> str:
    return {NB: "NB", NBSTAT: "NBSTAT"}.get(kind, f"TYPE{kind}")


def _name(text: str, suffix: int, group: bool, side: Side) -> Iterator[Attribute]:
    if group and suffix == WORKSTATION:
        yield from attribute_events("nbns.workgroup", text, side)
    elif not group and suffix in (WORKSTATION, FILE_SERVER):
        yield from attribute_events("nbns.host", text, side)


def node_status(data: bytes, side: Side) -> Iterator[Attribute]:
    """RFC 1002 4.2.18: a count, names of 18 bytes, then statistics that begin with the unit's MAC."""
    cursor = Cursor(data)
    attributes: list[Attribute] = []
    try:
        for _ in range(cursor.u8()):
            text, suffix, flags = plain(cursor.take(15)), cursor.u8(), cursor.u16()
            attributes += _name(text, suffix, bool(flags & GROUP), side)
        attributes += attribute_events("nbns.mac", station(cursor.take(6)) or "", side)
    except Malformed:
        pass  # cut: what was listed before the cut holds
    return iter(dict.fromkeys(attributes))


PROTOCOL = Protocol(
    name="nbns",
    title="NetBIOS",
    discloses={"name": ("nbns.host", "nbns.workgroup"), "serial number": ("nbns.mac",)},
    parser=Nbns,
    transports=frozenset({Transport.UDP}),
    recognise=recognise,
    opens=rb".{12}\x20[A-P]{32}",
    independent=True,
    ports=frozenset({137}),
)
