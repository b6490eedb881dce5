"""DNS over UDP and TCP (RFC 1035, 7766): queried names and their answers."""

from __future__ import annotations

from collections.abc import Iterator

from sensor.events import Weird
from sensor.model import Side, Transport
from sensor.parsing.cursor import Cursor
from sensor.parsing.formats.dns_message import (
    HEADER,
    DnsMessage,
    lookups,
    only_question,
    parse,
    plausible,
    times_to_live,
)
from sensor.parsing.parser import DatagramParser, Exchanges, Match, Opening, Parsed, Protocol, StreamParser

OTHER_PORTS = frozenset({5353, 5355, 137})
"""The same wire format, other protocols: mDNS, LLMNR, NetBIOS names."""
STANDARD_OPCODES = (0, 4)
"""Query and NOTIFY. The sections of an UPDATE (RFC 2136) mean something else."""


def recognise(opening: Opening) -> Match:
    """A whole message in the first datagram of a side."""
    if opening.client_port in OTHER_PORTS or opening.server_port in OTHER_PORTS:
        return Match.NO
    for data in (opening.client, opening.server):
        if data:
            if not plausible(data):
                return Match.NO
            return Match.SURE if 53 in (opening.client_port, opening.server_port) else Match.WEAK
    return Match.MORE


def recognise_stream(opening: Opening) -> Match:
    """A message after its length of two bytes (RFC 1035 4.2.2)."""
    data = opening.client or opening.server
    if len(data) < 2:
        return Match.MORE
    length = int.from_bytes(data[:2], "big")
    if length < HEADER + 5:
        return Match.NO
    if len(data) < 2 + min(length, 280):
        # The longest name and its question end 276 bytes into a message.
        return Match.MORE if len(data) < 6 or data[4] >> 3 & 15 in (0, 4, 5) else Match.NO
    if not plausible(data[2 : 2 + length] if len(data) >= 2 + length else data[2:].ljust(length, b"\0")):
        return Match.NO
    return Match.SURE if 53 in (opening.client_port, opening.server_port) else Match.WEAK


def _message_events(message: DnsMessage) -> list[Parsed]:
    found: list[Parsed] = []
    if message.opcode in STANDARD_OPCODES:
        found += lookups(message, "dns")
    if message.damage:
        # Each message is independent: a broken one is reported and does not end the conversation.
        found.append(Weird(name="malformed_dns", detail=message.damage))
    return found


class Dns(DatagramParser):
    """DNS over UDP."""

    def datagram(self, side: Side, cursor: Cursor) -> Iterator[Parsed]:
        """Read one message."""
        data = cursor.rest()
        question = only_question(data, "dns")
        if question is not None and data[2] >> 3 & 15 in STANDARD_OPCODES:
            return iter((question,))
        return iter(_message_events(parse(data)))


class DnsStream(StreamParser):
    """DNS over TCP: messages of at most 64 KiB, each after its length."""

    def message(self, side: Side, cursor: Cursor) -> Iterator[Parsed]:
        """Read one message."""
        return iter(_message_events(parse(cursor.take(cursor.u16()))))


def varying(data: bytes) -> list[tuple[int, int]] | None:
    """The id and the times to live (RFC 1035 4.1.1, 4.1.3): no event of DNS has them."""
    places = times_to_live(data)
    return None if places is None else [(0, 2), *((place, place + 4) for place in places)]


PROTOCOLS = (
    Protocol(
        name="dns",
        title="DNS",
        parser=Dns,
        transports=frozenset({Transport.UDP}),
        recognise=recognise,
        opens=rb"..[\x00-\x07\x20-\x2f\x80-\x87\xa0-\xaf][\x00-\x3f\x80-\xbf].{13}",
        independent=True,
        exchanges=Exchanges(varying),
        ports=frozenset({53}),
    ),
    Protocol(
        name="dns",
        parser=DnsStream,
        transports=frozenset({Transport.TCP}),
        recognise=recognise_stream,
        ports=frozenset({53}),
    ),
)
