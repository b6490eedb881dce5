"""Hosts, repeats, batches and injected packets. Compiled and plain."""

from __future__ import annotations

from typing import Any

import pytest

from sensor.decode.engine import DATAGRAM, HOST, PACKET
from tests.decode import wire
from tests.decode.wire import (
    GROUP,
    START,
    A,
    B,
    C,
    ethernet,
    ip,
    ip4,
    ip6,
    run,
    udp,
)

HELLO = ip4(udp(b"hello"), 17)


def test_hosts_are_local_unicast_senders() -> None:
    ran = run([
        ethernet(ip4(udp(b"1"), 17)),
        ethernet(ip4(udp(b"2"), 17, "198.51.100.7"), source=C),  # through the router: its MAC, no local address
        ethernet(b"arp", 0x0806, source=B),
        ethernet(ip4(udp(b"3"), 17), source=GROUP),
        ethernet(ip4(udp(b"4"), 17), source=bytes(6)),
        ethernet(ip4(udp(b"5"), 17, "0.0.0.0")),
        ethernet(ip6(udp(b"6"), 17), 0x86DD),
        ethernet(ip4(udp(b"7"), 17)),
    ])  # fmt: skip
    assert [entry[1:2] + entry[3:] for entry in ran.of(HOST)] == [
        (1, A, b""), (1, A, ip("192.0.2.10")), (2, C, b""), (3, B, b""), (7, A, ip("fe80::10")),
    ]  # fmt: skip
    hosts = {(mac, address): (packets, size) for mac, address, _, _, packets, size in ran.engine.hosts()}
    assert hosts == {
        (A, b""): (4, 3 * 43 + 63), (A, ip("192.0.2.10")): (2, 86), (A, ip("fe80::10")): (1, 63), (B, b""): (1, 17),
        (C, b""): (1, 43),
    }  # fmt: skip


def test_hosts_of_links_without_macs_are_addresses() -> None:
    ran = run([HELLO, ip4(udp(b"x"), 17, "198.51.100.1")], 101)
    assert [entry[3:] for entry in ran.of(HOST)] == [(b"", ip("192.0.2.10"))]


def test_host_tables_are_bounded() -> None:
    frames = [ethernet(b"", 0x0806, source=b"\x02\0" + number.to_bytes(4, "big")) for number in range(65_600)]
    ran = wire.run_on(
        wire.MODES["installed"], [wire.block(frames[start : start + 8192]) for start in range(0, len(frames), 8192)]
    )
    assert len(ran.of(HOST)) == 65_536
    assert ran.engine.bounds_hit == {"host table full": 64}


def test_repeats_to_a_group_are_only_counted() -> None:
    def say(payload: bytes, source: bytes = A, target: bytes = GROUP) -> bytes:
        return ethernet(ip4(udp(payload, 5353, 5353), 17, target="224.0.0.251"), source=source, target=target)

    packets: list[wire.Spec] = [
        (0, say(b"here")),
        (1, say(b"here")),
        (2, say(b"here", C)),
        (3, say(b"gone")),
        (100, say(b"here")),
        (599, say(b"here")),
        (601, say(b"here")),
    ]
    assert [entry[2] for entry in run(packets).of(DATAGRAM)] == [1, 3, 4, 7]
    assert run(packets).engine.repeated == 3
    assert len(run(packets, duplicate_cache=False).of(DATAGRAM)) == 7
    unicast = [ethernet(HELLO)] * 3
    assert len(run(unicast).of(DATAGRAM)) == 3
    arp = [ethernet(b"who has", 0x0806)] * 3 + [ethernet(b"is at", 0x0806)]
    assert [entry[1] for entry in run(arp, ethertypes={0x0806}).of(PACKET)] == [1, 4]


@pytest.mark.parametrize("at", range(60))
def test_repeats_differ_by_any_byte(at: int) -> None:
    payload = bytes(range(61))
    other = payload[:at] + bytes([payload[at] ^ 1]) + payload[at + 1 :]
    frames = [
        ethernet(ip4(udp(text), 17, target="239.1.1.1"), target=GROUP)
        for text in (payload, other, payload[:at], payload)
    ]
    assert [entry[2] for entry in run(frames).of(DATAGRAM)][:3] == ([1, 2, 3] if at else [1, 2])


def test_batches_are_bounded_and_in_order() -> None:
    frames = [ethernet(ip4(udp(b"x", 1024 + number), 17)) for number in range(2000)]
    for module in wire.MODES.values():
        batches = list(module.Engine().process(wire.block(frames)))
        assert max(map(len, batches)) <= 512 + 80
        assert [entry[2] for batch in batches for entry in batch if entry[0] == DATAGRAM] == list(range(1, 2001))
        one_flow = list(module.Engine().process(wire.block([ethernet(HELLO)] * 40)))
        assert [sum(entry[0] == DATAGRAM for entry in batch) for batch in one_flow] == [4] * 10


def test_injected_packets_take_the_same_way() -> None:
    def inject(engine: Any, entry: tuple[Any, ...]) -> None:
        if entry[0] == DATAGRAM and entry[6] == b"hello":
            engine.inject(ip4(udp(b"inside", 7, 8), 17, "192.0.2.50"), 101, entry[2], entry[3], C, B)

    ran = run([ethernet(HELLO), ethernet(ip4(udp(b"later", 1, 2), 17))], react=inject)
    assert [(entry[2], entry[6]) for entry in ran.of(DATAGRAM)] == [(1, b"hello"), (2, b"later"), (1, b"inside")]
    assert (ran.engine.packets, ran.engine.bytes) == (2, 2 * (14 + 28 + 5))
    assert (HOST, 1, START, C, ip("192.0.2.50")) in ran.of(HOST)
    inside = next(info for _, info in ran.ended if info.client_port == 7)
    assert (inside.client_mac, inside.server_mac, inside.packets) == (C, B, (1, 0))


def test_an_end_caused_by_an_injected_packet_still_finds_its_flow() -> None:
    def inject(engine: Any, entry: tuple[Any, ...]) -> None:
        if entry[0] == DATAGRAM and entry[6] == b"hello":
            engine.inject(ip4(udp(b"inside", 7, 8), 17), 101, entry[2], entry[3], b"", b"")

    ran = run([ethernet(HELLO)], react=inject, max_flows=1)
    assert [(reason, info.client_port) for reason, info in ran.ended] == [("evicted", 40000), ("finished", 7)]


def test_injection_refuses_what_cannot_be() -> None:
    for module in wire.MODES.values():
        engine = module.Engine()
        for link, time in ((101, -1), (101, 1 << 63), (-1, 0), (70_000, 0)):
            with pytest.raises(ValueError, match="out of range"):
                engine.inject(HELLO, link, 1, time, b"", b"")


def test_wrong_options_are_refused() -> None:
    for module in wire.MODES.values():
        for options in (
            {"max_flows": 0},
            {"local": [(b"abc", 8)]},
            {"local": [(b"abcd", 33)]},
            {"ethertypes": {1 << 20}},
            {"ip_protocols": {256}},
        ):
            with pytest.raises(ValueError):
                module.Engine(**options)
