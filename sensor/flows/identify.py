"""The opening of a flow into its protocol: content names it, a port only breaks a tie, "cannot tell yet" is an answer (mitmproxy's next_layer)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from sensor.model import Flow, Side, Transport
from sensor.protocols._parser import Match, Opening, Protocol


def opening_of(flow: Flow, pieces: Sequence[tuple[Side, bytes, int]]) -> Opening:
    """What a flow has shown so far: (side, bytes, frame) in order; joined for streams, the newest of each side for datagrams."""
    ports = flow.client.port, flow.server.port
    if flow.transport is Transport.TCP:
        client, server = (b"".join(data for s, data, _ in pieces if s is side) for side in Side)
        return Opening(client, server, *ports, flow.transport)
    newest = {side: data for side, data, _ in pieces}
    said = tuple((side, data) for side, data, _ in pieces)
    return Opening(newest.get(Side.CLIENT, b""), newest.get(Side.SERVER, b""), *ports, flow.transport, said)


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
    """Sure ones, weak ones, and whether any cannot tell yet. One that is sure and at home on this port ends the asking."""
    sure: list[Protocol] = []
    weak: list[Protocol] = []
    open_ = False
    ports = (opening.server_port, opening.client_port)
    asked = [(not protocol.ports.isdisjoint(ports), protocol) for protocol in candidates]
    for home, protocol in sorted(asked, key=_home_first):
        match = protocol.recognise(opening) if protocol.recognise is not None else Match.NO
        if match is Match.SURE:
            sure.append(protocol)
            if home:
                break
        elif match is Match.WEAK:
            weak.append(protocol)
        elif match is Match.MORE:
            open_ = True
    return sure, weak, open_


def _home_first(asked: tuple[bool, Protocol]) -> bool:
    return not asked[0]


def _only(found: list[Protocol], opening: Opening) -> Protocol | None:
    """The one at home on this port, else the only one."""
    home = [protocol for protocol in found if _at_home(protocol, opening)]
    return home[0] if home else found[0] if len(found) == 1 else None


def identify(candidates: Iterable[Protocol], opening: Opening, *, last: bool) -> tuple[Protocol | None, bool]:
    """(protocol or None, whether it is worth asking again with more bytes). ``last``: no more will come, decide now."""
    sure, weak, open_ = _weigh(candidates, opening)
    if sure:
        return _only(sure, opening) or sure[0], False
    home = [protocol for protocol in weak if _at_home(protocol, opening)]
    if home:
        return home[0], False
    both_spoke = bool(opening.client and opening.server)
    if len(weak) == 1 and not open_ and (both_spoke or last):
        return weak[0], False
    if last:
        return (weak[0], False) if len(weak) == 1 else (None, False)
    return None, open_ or bool(weak) or not both_spoke
