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
