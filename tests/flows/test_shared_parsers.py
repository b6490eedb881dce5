"""Parsers that all flows of a protocol share: what one says of a datagram does not depend on those before."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import suppress

import pytest

from sensor.events import Binding, Event, Inner, Lookup
from sensor.flows.shared_parsers import SharedParsers, name_flow
from sensor.model import Endpoint, Flow, Protection, Side, Transport
from sensor.parsing.cursor import Cursor, Malformed
from sensor.parsing.parser import DatagramParser, Parsed, Parser, Protocol
from sensor.parsing.registry import by_ethertype, by_ip_protocol, protocols, recognisable
from sensor.statistics import Statistics

QUESTION = b"\0\1\1\0\0\1\0\0\0\0\0\0\7example\3com\0\0\1\0\1"
ANSWER = b"\0\1\x81\x80\0\1\0\1\0\0\0\0\7example\3com\0\0\1\0\1\xc0\x0c\0\1\0\1\0\0\0\x3c\0\4\x08\x08\1\1"
ARP = b"\0\1\x08\0\6\4\0\1" + b"\2\0\0\0\0\1" + b"\xc0\xa8\1\5" + bytes(6) + b"\xc0\xa8\1\1"
DISCOVER = b"\1\1\6\0\0\0\0\1" + bytes(20) + b"\2\0\0\0\0\1" + bytes(202) + b"\x63\x82\x53\x63\x35\1\1\x0c\4lamp\xff"
SEARCH = b'M-SEARCH * HTTP/1.1\r\nHOST: 239.255.255.250:1900\r\nMAN: "ssdp:discover"\r\nST: ssdp:all\r\n\r\n'
ADVERTISEMENT = b"\x88\0\0\0\x60\0\0\0" + b"\xfe\x80" + bytes(13) + b"\5" + b"\2\1\2\0\0\0\0\1"
LLDP = b"\2\7\4\2\0\0\0\0\1\4\4\7eth\6\2\0\x78\x0a\6switch\0\0"

INDEPENDENT = {
    one.name: one
    for one in (*recognisable(Transport.UDP), *by_ethertype().values(), *by_ip_protocol().values())
    if one.independent
}


def datagrams() -> Iterator[bytes]:
    chance = random.Random(2)
    whole = (QUESTION, ANSWER, ARP, DISCOVER, SEARCH, ADVERTISEMENT, LLDP)
    for data in whole:
        yield data
        for _ in range(20):
            changed = bytearray(data)
            changed[chance.randrange(len(data))] = chance.randrange(256)
            yield bytes(changed[: chance.randrange(1, len(data) + 1)])
        yield data
    for _ in range(50):
        yield chance.randbytes(chance.randrange(1, 80))


def read(parser: DatagramParser, data: bytes) -> list[Parsed] | None:
    with suppress(Malformed):
        return list(parser.datagram(Side.CLIENT, Cursor(data)))
    return None


@pytest.mark.parametrize("name", sorted(INDEPENDENT))
def test_an_independent_parser_keeps_nothing_and_yields_events_only(name: str) -> None:
    protocol, found = INDEPENDENT[name], 0
    shared = protocol.parser(None)
    for data in datagrams():
        new = protocol.parser(None)
        assert isinstance(shared, DatagramParser) and isinstance(new, DatagramParser)
        before = {key: value for key, value in vars(shared).items() if key != "unpacking"}
        items = read(shared, data)
        assert items == read(new, data)
        assert all(isinstance(item, Event) for item in items or ())
        assert {key: value for key, value in vars(shared).items() if key != "unpacking"} == before
        assert list(shared.close()) == []
        found += bool(items)
    assert found or name in ("cdp", "igmp", "dhcpv6", "nbns")


def test_what_the_shared_ones_say() -> None:
    statistics = Statistics(strict=True)
    shared = SharedParsers(statistics)
    for _ in range(2):
        assert shared.events(protocols()["dns"], Side.CLIENT, QUESTION) == [Lookup(name="example.com", kind="A")]
        bound = Binding(mac="02:00:00:00:00:01", address="192.168.1.5", via="arp", side=Side.SERVER)
        assert shared.events(protocols()["arp"], Side.SERVER, ARP) == [bound]
    assert (statistics.of("dns").calls, statistics.of("dns").bytes) == (2, 2 * len(QUESTION))
    assert shared.events(protocols()["arp"], Side.CLIENT, ARP[:20]) is None  # cut off: for a conversation to say
    assert shared.events(protocols()["snmp"], Side.CLIENT, bytes(47)) is None  # it remembers questions
    assert statistics.of("arp").calls == 2 and statistics.of("snmp").calls == 0


class Broken(DatagramParser):
    def datagram(self, side: Side, cursor: Cursor) -> Iterator[Parsed]:
        raise RuntimeError


def test_a_bug_is_for_the_conversation_to_contain() -> None:
    broken = Protocol(name="broken", parser=Broken, independent=True)
    assert SharedParsers(Statistics()).events(broken, Side.CLIENT, b"x") is None
    with pytest.raises(RuntimeError):
        SharedParsers(Statistics(strict=True)).events(broken, Side.CLIENT, b"x")


class Wrapping(DatagramParser):
    made = 0

    def __init__(self, hint: object = None) -> None:
        super().__init__()
        Wrapping.made += 1

    def datagram(self, side: Side, cursor: Cursor) -> Iterator[Parsed]:
        yield Inner(b"inside", "dns", side)
        yield Lookup(name="a.example", kind="A")


class Bytes(Parser):
    pass


def test_a_parser_is_made_once_and_its_directives_are_for_nobody() -> None:
    statistics, Wrapping.made = Statistics(strict=True), 0
    shared = SharedParsers(statistics)
    wrapping = Protocol(name="wrapping", parser=Wrapping, independent=True)
    for _ in range(3):
        assert shared.events(wrapping, Side.CLIENT, b"four") == [Lookup(name="a.example", kind="A")]
    assert Wrapping.made == 1
    assert (statistics.of("wrapping").calls, statistics.of("wrapping").bytes) == (3, 12)


@pytest.mark.parametrize("parser", [Wrapping, Bytes])
@pytest.mark.parametrize("independent", [True, False])
def test_only_independent_parsers_of_datagrams_are_shared(parser: type[Parser], independent: bool) -> None:
    protocol = Protocol(name="one", parser=parser, independent=independent)
    found = SharedParsers(Statistics(strict=True)).events(protocol, Side.CLIENT, b"")
    assert (found is not None) is (independent and parser is Wrapping)


def test_a_flow_is_named() -> None:
    end = Endpoint(b"", None, b"")
    flow = Flow(1, Transport.UDP, end, end, 1, 1, 1)
    name_flow(flow, protocols()["dns"])
    assert (flow.application, flow.layers, flow.protection) == ("dns", ("dns",), Protection.CLEARTEXT)
