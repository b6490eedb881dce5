"""Identification of a flow's protocol by its opening: content names it, a port only breaks a tie."""

from __future__ import annotations

import enum
import re
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import replace
from functools import cache, lru_cache
from typing import Literal

from sensor.flows.interfaces import SIDES
from sensor.flows.limits import OPENING_BYTES, OPENING_DATAGRAMS, OPENING_PIECES, OPENING_STEPS
from sensor.model import Flow, Side, Transport
from sensor.parsing.parser import Match, Opening, Protocol
from sensor.parsing.registry import recognisable

PORT_PAIRS = 1024
"""Pairs of well-known ports whose order of asking is remembered; others are asked in the order of names."""

REMEMBERED, REMEMBERED_BYTES = 512, 2048
"""Openings of streams whose identification is remembered, and the longest of them: a megabyte at most."""

Pieces = Sequence[tuple[Side, bytes, int]]
"""Side, bytes and frame of what a flow has shown, in order."""


@cache
def home_ports(transport: Transport) -> frozenset[int]:
    """Every port that some protocol is at home on."""
    return frozenset(port for protocol in recognisable(transport) for port in protocol.ports)


Begins = Callable[[bytes], object]
"""Whether a datagram begins as one of a protocol does."""


@lru_cache(PORT_PAIRS)
def _in_order(transport: Transport, ports: frozenset[int]) -> tuple[tuple[Protocol, Begins | None], ...]:
    """What to ask on these ports, and what a datagram must begin with for that; None where it is asked in any case."""
    found: list[tuple[Protocol, Begins | None]] = []
    for protocol in sorted(recognisable(transport), key=lambda protocol: protocol.ports.isdisjoint(ports)):
        if not protocol.ports.isdisjoint(ports):
            found.append((protocol, None))
        elif not protocol.only_at_home:
            looks = protocol.opens and transport is Transport.UDP
            found.append((protocol, re.compile(protocol.opens, re.DOTALL).match if looks else None))
    return tuple(found)


@lru_cache(PORT_PAIRS)
def _for_a_stream(ports: frozenset[int]) -> tuple[Protocol, ...]:
    """Whom to ask about a stream on these home ports, in order; all have to be asked."""
    return tuple(protocol for protocol, _ in _in_order(Transport.TCP, ports))


def candidates_of(opening: Opening) -> Sequence[Protocol]:
    """All that a flow with this opening may be, in the order to ask: those at home on one of its ports first."""
    ports = home_ports(opening.transport).intersection((opening.client_port or 0, opening.server_port or 0))
    if opening.transport is Transport.TCP:
        return _for_a_stream(ports)
    heads = [data for _, data in opening.datagrams]
    blank = not all(heads)  # of which nothing can be said
    return [
        protocol
        for protocol, begins in _in_order(opening.transport, ports)
        if begins is None or blank or any(map(begins, heads))
    ]


@lru_cache(PORT_PAIRS)
def _for_a_datagram(client: int, server: int) -> tuple[tuple[Protocol, ...], re.Pattern[bytes], tuple[Protocol, ...]]:
    """Of the first datagram of a flow on these home ports (0: another one): who has to answer in any case, those at
    home first; a pattern whose groups say which of the others it may begin (one call for all of them); the others.
    """
    protocols = _in_order(Transport.UDP, home_ports(Transport.UDP).intersection((client, server)))
    others = tuple(protocol for protocol, begins in protocols if begins is not None)
    pattern = re.compile(b"".join(b"(?=(%b)?)" % protocol.opens for protocol in others), re.DOTALL)
    return tuple(protocol for protocol, begins in protocols if begins is None), pattern, others


def first_answer(ports: tuple[int, int], side: Side, data: bytes) -> Protocol | Literal[Again.SILENT] | None:
    """What the first datagram of a flow, sent by ``side``, shows by itself: a protocol at home on one of the ports that
    is sure; `Again.SILENT` where it fits none, whichever end is the client; None where more has to be asked.

    It is what `identify_pieces` says of it, for less.
    """
    if len(data) >= OPENING_BYTES:
        return None
    client, server = ports
    home = home_ports(Transport.UDP)
    always, pattern, others = _for_a_datagram(client if client in home else 0, server if server in home else 0)
    opening = turned = None
    for protocol in always:
        if opening is None:
            opening = _opening_of_one(ports, side, data)
        match = protocol.recognise(opening) if protocol.recognise is not None else Match.NO
        if match is Match.SURE and _at_home(protocol, opening):
            return protocol
        if match is not Match.NO:
            return None
    candidates = always
    if (begins := pattern.match(data)) is not None and begins.lastindex:
        candidates = (*always, *[one for one, group in zip(others, begins.groups(), strict=True) if group is not None])
    # Silent is what every one of them says no to.
    for protocol in candidates:
        if protocol.recognise is None:
            continue
        opening = opening or _opening_of_one(ports, side, data)
        turned = turned or _opening_of_one(ports[::-1], side.other, data)
        if protocol.recognise(opening) is not Match.NO or protocol.recognise(turned) is not Match.NO:
            return None
    return Again.SILENT


def _opening_of_one(ports: tuple[int, int], side: Side, data: bytes) -> Opening:
    client, server = (data, b"") if side is Side.CLIENT else (b"", data)
    return Opening(client, server, *ports, Transport.UDP, ((side, data),))


def opening_of(flow: Flow, pieces: Pieces) -> Opening:
    """What a flow has shown so far: joined for streams, the newest of each side for
    datagrams.
    """
    ports = flow.client.port, flow.server.port
    if flow.transport is Transport.TCP:
        return Opening(*_joined(pieces), *ports, flow.transport)
    newest = {side: data for side, data, _ in pieces}
    pieces_by_side = tuple((side, data) for side, data, _ in pieces)
    return Opening(newest.get(Side.CLIENT, b""), newest.get(Side.SERVER, b""), *ports, flow.transport, pieces_by_side)


def _joined(pieces: Pieces) -> tuple[bytes, bytes]:
    """What each side of a stream has sent."""
    if len(pieces) == 1:
        side, data, _ = pieces[0]
        return (data, b"") if side is Side.CLIENT else (b"", data)
    client, server = (b"".join([data for s, data, _ in pieces if s is side]) for side in SIDES)
    return client, server


def swapped(opening: Opening) -> Opening:
    """The same opening with the ends exchanged, for a flow whose start was not seen."""
    return replace(
        opening,
        client=opening.server,
        server=opening.client,
        client_port=opening.server_port,
        server_port=opening.client_port,
        datagrams=tuple((side.other, data) for side, data in opening.datagrams),
    )


def _at_home(protocol: Protocol, opening: Opening) -> bool:
    return opening.server_port in protocol.ports or opening.client_port in protocol.ports


def _weigh(candidates: Iterable[Protocol], opening: Opening) -> tuple[list[Protocol], list[Protocol], bool]:
    """Sure ones, weak ones, and whether any cannot tell yet. One that is sure and at home on this port
    ends the asking.
    """
    sure: list[Protocol] = []
    weak: list[Protocol] = []
    open_ = False
    for protocol in candidates:
        match = protocol.recognise(opening) if protocol.recognise is not None else Match.NO
        if match is Match.NO:
            continue
        if match is Match.SURE:
            sure.append(protocol)
            if _at_home(protocol, opening):
                break
        elif match is Match.WEAK:
            weak.append(protocol)
        elif match is Match.MORE:
            open_ = True
    return sure, weak, open_


def _only(found: list[Protocol], opening: Opening) -> Protocol | None:
    """The one at home on this port, else the only one."""
    home = [protocol for protocol in found if _at_home(protocol, opening)]
    return home[0] if home else found[0] if len(found) == 1 else None


class Again(enum.IntEnum):
    """Whether it is worth asking again: nothing fits so far, but a side has not spoken; or something may fit."""

    NO = 0
    SILENT = 1
    OPEN = 2


def identify(candidates: Iterable[Protocol], opening: Opening, *, last: bool) -> tuple[Protocol | None, Again]:
    """(protocol or None, whether it is worth asking again with more bytes). ``last``: no more will come, decide now.

    ``candidates`` are asked in this order (`candidates_of`), until one is sure and at home.
    """
    sure, weak, open_ = _weigh(candidates, opening)
    if sure:
        return _only(sure, opening) or sure[0], Again.NO
    home = [protocol for protocol in weak if _at_home(protocol, opening)]
    if home:
        return home[0], Again.NO
    both_spoke = bool(opening.client and opening.server)
    if len(weak) == 1 and not open_ and (both_spoke or last):
        return weak[0], Again.NO
    if last:
        return (weak[0], Again.NO) if len(weak) == 1 else (None, Again.NO)
    return None, Again.OPEN if open_ or weak else Again.NO if both_spoke else Again.SILENT


@lru_cache(REMEMBERED)
def _identified(
    client: bytes, server: bytes, client_port: int | None, server_port: int | None, last: bool
) -> tuple[Protocol | None, Again]:
    """`identify` of a stream, remembered: clients open many connections with equal bytes."""
    opening = Opening(client, server, client_port, server_port, Transport.TCP)
    candidates = candidates_of(opening)
    first = candidates[0]
    if _at_home(first, opening) and first.recognise is not None and first.recognise(opening) is Match.SURE:
        return first, Again.NO  # which ends the asking
    return identify(candidates, opening, last=last)


def identify_pieces(
    flow: Flow, pieces: Pieces, excluded: Collection[str], *, either_way: bool, last: bool
) -> tuple[Protocol | None, bool, Again]:
    """`identify` by what a flow has shown so far, without protocols that are ``excluded``; the second value says that
    its ends are exchanged, which may be so where its start was not seen (``either_way``).
    """
    if flow.transport is Transport.TCP and not (excluded or either_way):
        client, server = _joined(pieces)
        if len(client) + len(server) <= REMEMBERED_BYTES:
            own = flow.client.port if flow.client.port in home_ports(Transport.TCP) else None
            protocol, outlook = _identified(client, server, own, flow.server.port, last)
            return protocol, False, outlook
    opening = opening_of(flow, pieces)
    candidates = candidates_of(opening)
    if excluded:
        candidates = [one for one in candidates if one.name not in excluded]
    protocol, outlook = identify(candidates, opening, last=last)
    if protocol is not None or not either_way:
        return protocol, False, outlook
    protocol, other = identify(candidates, swapped(opening), last=last)
    return protocol, protocol is not None, max(outlook, other)


class Asks(enum.Enum):
    """Whether all protocols are asked now."""

    NOT_NOW = 0
    NOW = 1
    LAST = 2
    """What has come is as much as may pass before the protocol is known."""


def asks_at(pieces: Pieces, *, datagrams: bool) -> Asks:
    """Whether to ask after the last one of ``pieces``."""
    side, data, _ = pieces[-1]
    if len(pieces) == 1 and len(data) < OPENING_BYTES:
        return Asks.NOW
    if (
        len(pieces) >= (OPENING_DATAGRAMS if datagrams else OPENING_PIECES)
        or sum(len(data) for s, data, _ in pieces if s is side) >= OPENING_BYTES
    ):
        return Asks.LAST
    return Asks.NOW if datagrams or len(pieces) in OPENING_STEPS else Asks.NOT_NOW
