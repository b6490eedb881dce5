"""Announced flows: found by host and port, for a while, in bounds."""

from __future__ import annotations

import pytest

from sensor.events import Expect
from sensor.flows.expectations import EXPECTATIONS, EXPECTED_FOR, Expectations
from sensor.model import Endpoint, Flow, Side, Transport

CLIENT, SERVER = b"\xc0\xa8\1\5", b"\xc0\xa8\1\6"


def flow(
    client: bytes = CLIENT, cport: int = 40000, server: bytes = SERVER, sport: int = 21, *, udp: bool = False
) -> Flow:
    transport = Transport.UDP if udp else Transport.TCP
    return Flow(1, transport, Endpoint(client, cport, b""), Endpoint(server, sport, b""), 0, 0, 1)


def test_an_announced_flow_is_known_at_either_end_for_a_while() -> None:
    known = Expectations()
    known.announce(Expect("ftp-data", 5000, Side.SERVER, hint="RETR x"), flow(), 10)
    passive, active = flow(sport=5000), flow(client=SERVER, cport=5000, server=CLIENT, sport=40001)
    for one in (passive, active):
        found = known.of(one, 11)
        assert found is not None and (found.protocol, found.hint) == ("ftp-data", "RETR x")
    assert known.of(passive, 11 + EXPECTED_FOR) is None
    assert known.of(flow(sport=5001), 11) is None
    assert known.of(flow(sport=5000, udp=True), 11) is None


@pytest.mark.parametrize(
    ("address", "host"), [("not an address", SERVER), ("192.168.1.9", b"\xc0\xa8\1\x09"), (None, SERVER)]
)
def test_the_announced_host_is_the_messages_or_the_sides(address: str | None, host: bytes) -> None:
    known = Expectations()
    known.announce(Expect("ftp-data", 5000, Side.SERVER, address=address), flow(), 0)
    assert known.of(flow(server=host, sport=5000), 1) is not None


def test_a_side_that_goes_on_from_its_own_port_keeps_its_part() -> None:
    known = Expectations()
    known.announce(Expect("tftp", 0, Side.CLIENT, udp=True), flow(cport=3000, udp=True), 0)
    found = known.of(flow(client=SERVER, cport=7777, server=CLIENT, sport=3000, udp=True), 1)
    assert found is not None and found.turned


def test_announcements_are_bounded() -> None:
    known = Expectations()
    for port in range(1, EXPECTATIONS + 101):
        known.announce(Expect("rtp", port, Side.SERVER, udp=True), flow(), 0)
    assert known.dropped == 100
    assert known.of(flow(sport=1, udp=True), 1) is None and known.of(flow(sport=200, udp=True), 1) is not None


def test_a_side_of_its_own_port_is_turned_where_it_is_not_what_the_decoder_took_it_for() -> None:
    """TFTP (RFC 1350 §4): the client goes on from its port, and is the client whoever sends first."""
    for side, port in ((Side.CLIENT, 3000), (Side.SERVER, 69)):
        known = Expectations()
        known.announce(Expect("tftp", 0, side, udp=True), flow(cport=3000, sport=69, udp=True), 0)
        own, other = (CLIENT, SERVER) if side is Side.CLIENT else (SERVER, CLIENT)
        first_by_it = known.of(flow(client=own, cport=port, server=other, sport=7777, udp=True), 1)
        first_by_other = known.of(flow(client=other, cport=7777, server=own, sport=port, udp=True), 1)
        assert first_by_it is not None and first_by_other is not None
        assert first_by_it.turned is (side is Side.SERVER)
        assert first_by_other.turned is (side is Side.CLIENT)


def test_a_port_that_was_named_says_nothing_of_who_serves() -> None:
    """FTP's data connection (RFC 959 §3.2) is opened by either end, and is never turned."""
    known = Expectations()
    known.announce(Expect("ftp-data", 5000, Side.CLIENT), flow(), 0)
    for one in (flow(client=CLIENT, cport=5000, sport=20), flow(client=SERVER, cport=20, server=CLIENT, sport=5000)):
        found = known.of(one, 1)
        assert found is not None and not found.turned


def test_one_that_was_announced_again_waits_anew_and_the_oldest_goes_first() -> None:
    known = Expectations()
    assert not known
    known.announce(Expect("rtp", 1, Side.SERVER, udp=True), flow(), 0)
    for port in range(2, EXPECTATIONS + 1):
        known.announce(Expect("rtp", port, Side.SERVER, udp=True), flow(), 0)
    known.announce(Expect("rtp", 1, Side.SERVER, udp=True), flow(), 50)
    known.announce(Expect("rtp", 9999, Side.SERVER, udp=True), flow(), 50)
    assert known and known.dropped == 1
    assert known.of(flow(sport=2, udp=True), 51) is None
    assert known.of(flow(sport=1, udp=True), EXPECTED_FOR + 50) is not None
    assert known.of(flow(sport=1, udp=True), EXPECTED_FOR + 51) is None
