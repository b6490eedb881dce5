"""Content names the protocol, a port breaks ties, "cannot tell yet" waits."""

from __future__ import annotations

import dpkt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sensor.flows.identify import (
    Again,
    Asks,
    asks_at,
    candidates_of,
    first_answer,
    identify,
    identify_pieces,
    opening_of,
    swapped,
)
from sensor.model import Endpoint, Flow, Side, Transport
from sensor.parsing.parser import Match, Opening, Protocol, StreamParser
from sensor.parsing.registry import recognisable
from tests.replaying import PCAPS


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
    asked = candidates_of(opening_of(flow, []))
    assert {p.name for p in asked} == {p.name for p in recognisable(Transport.TCP)}
    home = [21 in p.ports or 40000 in p.ports for p in asked]
    assert home[0] and home == sorted(home, reverse=True)


def real_datagrams() -> dict[bytes, tuple[int, int]]:
    """Datagrams of our captures, with their ports: a few of each flow of each capture."""
    found: dict[bytes, tuple[int, int]] = {}
    for path in sorted(PCAPS.glob("*/*.pcap")):
        flows: dict[tuple[int, int], int] = {}
        with path.open("rb") as file:
            for _, frame in dpkt.pcap.UniversalReader(file):
                packet = dpkt.ethernet.Ethernet(frame).data
                udp = getattr(packet, "data", None)
                if not isinstance(packet, dpkt.ip.IP | dpkt.ip6.IP6) or not isinstance(udp, dpkt.udp.UDP):
                    continue
                ports = (udp.sport, udp.dport)
                flows[ports] = flows.get(ports, 0) + 1
                if flows[ports] <= 2 and len(flows) <= 8:
                    found[bytes(udp.data)] = ports
    return found


REAL = real_datagrams()
SOMETHING = st.one_of(
    st.sampled_from(sorted(REAL)),
    st.binary(max_size=64),
    st.builds(
        lambda d, at, b: d[:at] + b + d[at + 1 :], st.sampled_from(sorted(REAL)), st.integers(0, 24), st.binary()
    ),
)
PORT = st.sampled_from([53, 67, 69, 123, 161, 443, 500, 514, 1194, 4500, 5060, 5351, 5353, 9999, 40000, 40001])


def wrongly_left_out(ports: tuple[int, int], pieces: list[tuple[Side, bytes, int]]) -> list[str]:
    """Protocols of UDP that are not asked about an opening, and would not have said that it is nothing of theirs."""
    first, second = ports
    ends = (Endpoint(b"\xc0\x00\x02\x01", first, b""), Endpoint(b"\xc0\x00\x02\x02", second, b""))
    flow = Flow(1, Transport.UDP, *ends, 0, 0, 1)
    shown = opening_of(flow, pieces)
    asked = candidates_of(shown)
    return [
        protocol.name
        for protocol in recognisable(Transport.UDP)
        if protocol not in asked and protocol.recognise is not None
        for way in (shown, swapped(shown))
        if protocol.recognise(way) is not Match.NO
    ]


def test_no_real_datagram_is_kept_from_its_protocol() -> None:
    assert len(REAL) > 100
    for data, ports in REAL.items():
        for at in (ports, (40000, 40001)):
            assert not wrongly_left_out(at, [(Side.CLIENT, data, 1)])


@settings(max_examples=300, deadline=None)
@given(PORT, PORT, st.lists(st.tuples(st.sampled_from(Side), SOMETHING, st.just(1)), min_size=1, max_size=4))
def test_what_is_not_asked_would_say_no(first: int, second: int, pieces: list[tuple[Side, bytes, int]]) -> None:
    assert not wrongly_left_out((first, second), pieces)


def test_few_are_asked_about_bytes_that_are_nobodys() -> None:
    ends = (Endpoint(b"\xc0\x00\x02\x01", 40000, b""), Endpoint(b"\xc0\x00\x02\x02", 40001, b""))
    flow = Flow(1, Transport.UDP, *ends, 0, 0, 1)
    assert not candidates_of(opening_of(flow, [(Side.CLIENT, b"\x08\xff\xff\xffnobody's bytes", 1)]))
    assert len(recognisable(Transport.UDP)) > 30


OPENINGS = (
    b"P",
    b"POST ",
    b"GET / HTTP/1.1\r\nHost: a\r\n\r\n",
    b"\x16\x03\x01\x00\x05\x01",
    b"\x10\x0d\0\4MQTT\4\2\0\x3c\0\1a",
    b"?",
)


@pytest.mark.parametrize("last", [False, True])
@pytest.mark.parametrize("server", [b"", b"220 ready\r\n", b"HTTP/1.1 200 OK\r\n\r\n"])
@pytest.mark.parametrize("client_port", [40000, 40001, 5432, 1883])
@pytest.mark.parametrize("server_port", [80, 21, 1883, 5432, 40002])
def test_what_is_remembered_of_a_stream_is_what_asking_gives(
    server_port: int, client_port: int, server: bytes, last: bool
) -> None:
    ends = (Endpoint(b"\xc0\x00\x02\x01", client_port, b""), Endpoint(b"\xc0\x00\x02\x02", server_port, b""))
    flow = Flow(1, Transport.TCP, *ends, 0, 0, 1)
    for client in OPENINGS:
        pieces = [(Side.CLIENT, client, 1), *[(Side.SERVER, server, 2)][: len(server)]]
        shown = opening_of(flow, pieces)
        asked = identify(candidates_of(shown), shown, last=last)
        for _ in range(2):
            protocol, turned, outlook = identify_pieces(flow, pieces, (), either_way=False, last=last)
            assert (protocol, outlook) == asked and not turned


def _flow(transport: Transport) -> Flow:
    return Flow(1, transport, Endpoint(bytes(4), 40000, b""), Endpoint(bytes(4), 53, b""), 0, 0, 1)


def test_an_opening_is_joined_for_streams_and_the_newest_for_datagrams() -> None:
    pieces = [(Side.CLIENT, b"a", 1), (Side.SERVER, b"x", 2), (Side.CLIENT, b"b", 3)]
    stream = opening_of(_flow(Transport.TCP), pieces)
    assert (stream.client, stream.server, stream.datagrams) == (b"ab", b"x", ())
    datagrams = opening_of(_flow(Transport.UDP), pieces)
    assert (datagrams.client, datagrams.server) == (b"b", b"x")
    assert datagrams.datagrams == ((Side.CLIENT, b"a"), (Side.SERVER, b"x"), (Side.CLIENT, b"b"))
    assert (datagrams.client_port, datagrams.server_port, datagrams.transport) == (40000, 53, Transport.UDP)


@pytest.mark.parametrize("side", [Side.CLIENT, Side.SERVER])
@pytest.mark.parametrize("transport", [Transport.TCP, Transport.UDP])
def test_an_opening_of_one_piece(side: Side, transport: Transport) -> None:
    one = opening_of(_flow(transport), [(side, b"a", 1)])
    assert (one.client, one.server) == ((b"a", b"") if side is Side.CLIENT else (b"", b"a"))
    assert one.datagrams == (() if transport is Transport.TCP else ((side, b"a"),))


@pytest.mark.parametrize(
    ("sizes", "datagrams", "asks"),
    [
        ([1], False, Asks.NOW),
        ([1] * 5, False, Asks.NOT_NOW),
        ([1] * 6, False, Asks.NOW),
        ([1] * 23, False, Asks.NOT_NOW),
        ([1] * 24, False, Asks.LAST),
        ([1] * 5, True, Asks.NOW),
        ([1] * 6, True, Asks.LAST),
        ([4095], False, Asks.NOW),
        ([4096], False, Asks.LAST),
        ([4096], True, Asks.LAST),
        ([4000, 96], False, Asks.LAST),
        ([4000, 95], False, Asks.NOW),
    ],
)
def test_when_all_protocols_are_asked(sizes: list[int], datagrams: bool, asks: Asks) -> None:
    """At growing numbers of pieces; at 24 pieces, six datagrams or 4096 bytes of a side for the last time."""
    assert asks_at([(Side.CLIENT, bytes(size), 1) for size in sizes], datagrams=datagrams) is asks


def test_bytes_of_the_other_side_do_not_end_the_asking() -> None:
    pieces = [(Side.SERVER, bytes(4000), 1), (Side.CLIENT, bytes(4000), 2)]
    assert asks_at(pieces, datagrams=False) is Asks.NOW


def test_a_start_that_was_not_seen_may_be_the_other_way_round() -> None:
    """What fits as it stands is not turned; what fits turned is; what fits neither way is unknown."""
    ends = (Endpoint(b"\xc0\x00\x02\x01", 40000, b""), Endpoint(b"\xc0\x00\x02\x02", 5001, b""))
    greeting = [(Side.CLIENT, b"SSH-2.0-OpenSSH_9.6\r\n", 1), (Side.SERVER, b"SSH-2.0-dropbear\r\n", 2)]
    request = b"GET / HTTP/1.1\r\nHost: a.example\r\n\r\n"
    answer = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
    http = [(Side.CLIENT, request, 1), (Side.SERVER, answer, 2)]
    turned = [(Side.SERVER, request, 1), (Side.CLIENT, answer, 2)]
    noise = [(Side.CLIENT, b"\xff" * 40, 1), (Side.SERVER, b"\xff" * 40, 2)]
    for pieces, name, exchanged in (
        (greeting, "ssh", False),
        (http, "http", False),
        (turned, "http", True),
        (noise, None, False),
    ):
        flow = Flow(1, Transport.TCP, *ends, 0, 0, 1)
        found, other_way, _ = identify_pieces(flow, pieces, (), either_way=True, last=True)
        assert (found.name if found else None, other_way) == (name, exchanged)
    flow = Flow(1, Transport.TCP, *ends, 0, 0, 1)
    assert identify_pieces(flow, turned, (), either_way=False, last=True)[0] is None
    assert identify_pieces(flow, http, ("http",), either_way=False, last=True)[0] is None


def plainly(ports: tuple[int, int], side: Side, data: bytes) -> Protocol | Again | None:
    """What every protocol of UDP says of one datagram, asked one by one; those at home on a port first."""
    client, server = (data, b"") if side is Side.CLIENT else (b"", data)
    shown = Opening(client, server, *ports, Transport.UDP, ((side, data),))
    asked = [one for one in recognisable(Transport.UDP) if one.recognise is not None]
    home = [one for one in asked if one.ports & set(ports)]
    asked = [one for one in asked if one in home or not one.only_at_home]
    for one in home:
        match = one.recognise(shown) if one.recognise is not None else Match.NO
        if match is not Match.NO:
            return one if match is Match.SURE else None
    says = [one.recognise(way) for one in asked if one.recognise is not None for way in (shown, swapped(shown))]
    return Again.SILENT if all(match is Match.NO for match in says) else None


@settings(max_examples=60, deadline=None)
@given(PORT, PORT, st.sampled_from(Side), SOMETHING.filter(bool))
def test_a_first_datagram_shows_what_all_protocols_say_of_it(first: int, second: int, side: Side, data: bytes) -> None:
    assert first_answer((first, second), side, data) == plainly((first, second), side, data)


def test_first_datagrams_of_our_captures_show_what_all_protocols_say_of_them() -> None:
    found = set[object]()
    for data, ports in sorted(REAL.items())[::3]:
        for at, side in ((ports, Side.CLIENT), (ports[::-1], Side.SERVER), ((40000, 40001), Side.CLIENT)):
            answer = first_answer(at, side, data)
            assert answer == plainly(at, side, data)
            found.add(answer.name if isinstance(answer, Protocol) else answer)
    assert {None, Again.SILENT, "dns"} <= found and len(found) > 5


def test_a_datagram_as_long_as_an_opening_may_be_is_asked_about_as_one() -> None:
    assert first_answer((40000, 40001), Side.CLIENT, bytes(4096)) is None
    assert first_answer((40000, 40001), Side.CLIENT, b"\xfe" * 4095) is Again.SILENT
