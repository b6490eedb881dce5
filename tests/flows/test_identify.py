"""Content names the protocol, a port breaks ties, "cannot tell yet" waits."""

from __future__ import annotations

import pytest

from sensor.flows.identify import Again, candidates_of, identify, swapped
from sensor.model import Endpoint, Flow, Side, Transport
from sensor.parsing.parser import Match, Opening, Protocol, StreamParser
from sensor.parsing.registry import recognisable


def protocol(name: str, match: Match, *ports: int) -> Protocol:
    return Protocol(name=name, parser=StreamParser, ports=frozenset(ports), recognise=lambda _: match)


def opening(port: int = 5000, client: bytes = b"x", server: bytes = b"") -> Opening:
    return Opening(client, server, 40000, port, Transport.TCP)


SURE, WEAK, MORE, NO = Match.SURE, Match.WEAK, Match.MORE, Match.NO


@pytest.mark.parametrize(
    ("candidates", "port", "both", "last", "name", "again"),
    [
        ([protocol("a", SURE, 1), protocol("b", WEAK, 5000)], 5000, False, False, "a", False),  # content beats port
        ([protocol("a", WEAK, 21), protocol("b", WEAK, 25)], 25, False, False, "b", False),  # the port breaks the tie
        (
            [protocol("a", WEAK, 21), protocol("b", WEAK, 25)],
            5000,
            True,
            False,
            None,
            True,
        ),  # two fit, none at home: wait
        ([protocol("a", WEAK, 21), protocol("b", WEAK, 25)], 5000, True, True, None, False),  # and leave it at the end
        ([protocol("a", WEAK, 21)], 5000, False, False, None, True),  # one fits, but the other side has not spoken
        ([protocol("a", WEAK, 21)], 5000, True, False, "a", False),
        ([protocol("a", WEAK, 21), protocol("b", MORE, 25)], 5000, True, False, None, True),
        ([protocol("a", WEAK, 21), protocol("b", MORE, 25)], 5000, True, True, "a", False),
        ([protocol("a", MORE)], 5000, True, False, None, True),
        ([protocol("a", NO)], 5000, True, False, None, False),
        ([protocol("a", NO)], 5000, False, False, None, True),  # a server-first protocol may still show itself
    ],
)
def test_decision(candidates: list[Protocol], port: int, both: bool, last: bool, name: str | None, again: bool) -> None:
    found, more = identify(candidates, opening(port, server=b"y" if both else b""), last=last)
    assert (found.name if found else None, bool(more)) == (name, again)


def test_what_fits_nothing_need_not_be_asked_again() -> None:
    """At its end a flow of which only one side spoke is unknown, without asking all protocols once more."""
    never, maybe = protocol("never", Match.NO), protocol("maybe", Match.MORE)
    assert identify([never], opening(5000), last=False) == (None, Again.SILENT)
    assert identify([never, maybe], opening(5000), last=False) == (None, Again.OPEN)
    assert identify([never], opening(5000, server=b"y"), last=False) == (None, Again.NO)


def test_swapped_exchanges_everything() -> None:
    one = Opening(b"c", b"s", 1, 2, Transport.UDP, ((Side.CLIENT, b"c"), (Side.SERVER, b"s")))
    assert swapped(one) == Opening(b"s", b"c", 2, 1, Transport.UDP, ((Side.SERVER, b"c"), (Side.CLIENT, b"s")))
    assert swapped(swapped(one)) == one


def test_protocols_of_the_port_come_first_and_none_is_left_out() -> None:
    ends = (Endpoint(b"\xc0\x00\x02\x01", 40000, b""), Endpoint(b"\xc0\x00\x02\x02", 21, b""))
    flow = Flow(1, Transport.TCP, *ends, 0, 0, 1)
    asked = candidates_of(flow)
    assert {p.name for p in asked} == {p.name for p in recognisable(Transport.TCP)}
    home = [21 in p.ports or 40000 in p.ports for p in asked]
    assert home[0] and home == sorted(home, reverse=True)
