"""The flow table: who opened, when a flow is over, what is still wanted of it, and its bounds. Compiled and plain."""

from __future__ import annotations

from typing import Any

import pytest

from sensor.decode.engine import DATAGRAM, END, SEGMENT
from tests.decode import wire
from tests.decode.wire import (
    ACK,
    FIN,
    MODES,
    PSH,
    RST,
    SECOND,
    START,
    SYN,
    A,
    B,
    C,
    block,
    ethernet,
    ip,
    ip4,
    run,
    run_on,
    tcp,
    udp,
)

HELLO = ip4(udp(b"hello"), 17)


def back(payload: bytes = b"", **fields: Any) -> bytes:
    """From the server at 192.0.2.11:80."""
    return ethernet(ip4(tcp(payload, 80, 40000, **fields), 6, "192.0.2.11", "192.0.2.10"), source=B, target=A)


def out(payload: bytes = b"", **fields: Any) -> bytes:
    return ethernet(ip4(tcp(payload, **fields), 6))


HANDSHAKE = [out(seq=1000, flags=SYN), back(seq=9000, flags=SYN | ACK), out(seq=1001)]


def test_a_whole_conversation() -> None:
    ran = run([
        *HANDSHAKE, out(b"question", seq=1001, flags=ACK | PSH), back(b"answer", seq=9001, ack=1009),
        out(seq=1009, ack=9007, flags=FIN | ACK),
        back(seq=9007, ack=1010, flags=FIN | ACK),
    ])  # fmt: skip
    slot = ran.of(SEGMENT)[0][1]
    ms = SECOND // 1000
    assert ran.of(SEGMENT) == [
        (SEGMENT, slot, 4, START + 3 * ms, 0, 1001, 0, ACK | PSH, 8, b"question"),
        (SEGMENT, slot, 5, START + 4 * ms, 1, 9001, 1009, ACK, 6, b"answer"),
    ]
    closing = (
        (6, START + 5 * ms, 0, 1009, 9007, FIN | ACK, 0, b""),
        (7, START + 6 * ms, 1, 9007, 1010, FIN | ACK, 0, b""),
    )
    assert ran.of(END) == [(END, slot, "finished", closing)]
    info = ran.ended[0][1]
    assert (info.transport, info.client, info.client_port, info.server, info.server_port) == (
        6,
        ip("192.0.2.10"),
        40000,
        ip("192.0.2.11"),
        80,
    )
    assert (info.client_mac, info.server_mac, info.start_known, info.client_isn, info.server_isn) == (
        A,
        B,
        True,
        1000,
        9000,
    )
    assert (info.packets, info.bytes, info.payload) == ((4, 3), (4 * 40 + 8, 3 * 40 + 6), (8, 6))
    assert (info.first_time, info.last_time, info.first_frame, info.uid) == (START, START + 6 * ms, 1, 1)


def test_a_syn_consumes_a_number_and_may_carry_data() -> None:
    (segment,) = run([out(b"early", seq=0xFFFFFFFF, flags=SYN)]).of(SEGMENT)
    assert segment[5:7] == (0, -1)
    assert segment[9] == b"early"


@pytest.mark.parametrize(
    ("packet", "client_port", "start_known"),
    [
        (tcp(b"x", 50000, 50001), 50000, False),  # nothing to go by: the first sender
        (tcp(b"x", 50000, 80), 50000, False),
        (tcp(b"x", 80, 50000), 50000, False),  # in mid-stream the service's port tells
        (tcp(b"x", 1883, 50000), 50000, False),
        (tcp(b"x", 443, 80), 443, False),  # both are: the first sender
        (tcp(b"x", 80, 50000, flags=SYN), 80, True),  # a SYN outweighs ports
        (tcp(b"x", 50000, 80, flags=SYN | ACK), 80, True),
    ],
)
def test_who_opened_tcp(packet: bytes, client_port: int, start_known: bool) -> None:
    ran = run([ethernet(ip4(packet, 6))])
    info = ran.ended[0][1]
    assert (info.client_port, info.start_known) == (client_port, start_known)
    source = int.from_bytes(packet[:2], "big")
    assert ran.of(SEGMENT)[0][4] == (0 if source == client_port else 1)


@pytest.mark.parametrize(
    ("source", "target", "client_port"),
    [
        (53, 50000, 50000),
        (50000, 53, 50000),
        (5353, 5353, 5353),
        (67, 68, 67),
        (1900, 40000, 40000),
        (40000, 40001, 40000),
        (123, 500, 123),
    ],
)
def test_who_opened_udp(source: int, target: int, client_port: int) -> None:
    assert run([ethernet(ip4(udp(b"x", source, target), 17))]).ended[0][1].client_port == client_port


def test_the_syn_that_comes_after_its_answer() -> None:
    """A capture of two mirrors may turn them round; nothing was read yet, so the opener is put right."""
    ran = run(
        [
            ethernet(ip4(tcp(b"", 40001, 40000, 5, ACK), 6)),
            ethernet(ip4(tcp(b"", 40000, 40001, 9, SYN), 6, "192.0.2.11", "192.0.2.10")),
        ],
        report_all_flows=True,
    )
    assert (ran.ended[0][1].client_port, ran.ended[0][1].client_isn) == (40000, 9)


def test_flows_without_payload_are_silent_but_counted() -> None:
    scan = [ethernet(ip4(tcp(b"", 40000, port, flags=SYN), 6)) for port in range(1, 101)]
    scan += [
        ethernet(ip4(tcp(b"", port, 40000, flags=RST | ACK), 6, "192.0.2.11", "192.0.2.10")) for port in range(1, 101)
    ]
    ran = run(scan)
    assert ran.of(SEGMENT) == ran.of(END) == []
    assert (ran.engine.flows_ended, ran.engine.silent_flows, ran.engine.silent_packets, ran.engine.silent_bytes) == (
        100,
        100,
        200,
        8000,
    )
    told = run(scan, report_all_flows=True)
    assert len(told.of(END)) == 100
    assert told.engine.silent_flows == 0
    assert [info.uid for _, info in told.ended] == list(range(1, 101))


def test_ignored_flows_and_sides_are_only_counted() -> None:
    talk = [
        *HANDSHAKE,
        *(
            packet
            for turn in range(20)
            for packet in (out(b"q" * 10, seq=1001 + 10 * turn), back(b"a" * 10, seq=9001 + 10 * turn))
        ),
    ]
    whole = run(talk, react=lambda engine, entry: engine.ignore(entry[1]) if entry[0] == SEGMENT else None)
    assert len(whole.of(SEGMENT)) == 2  # a batch ends when both ends of a flow have spoken, so that this acts soon
    assert whole.ended[0][1].payload == (200, 200)
    side = run(talk, react=lambda engine, entry: engine.ignore_side(entry[1], 1) if entry[0] == SEGMENT else None)
    assert [entry[4] for entry in side.of(SEGMENT)].count(0) == 20
    assert [entry[4] for entry in side.of(SEGMENT)].count(1) == 1


def test_skipping_to_a_sequence_number_across_the_wrap() -> None:
    start = 0xFFFFFF00
    packets = [out(b"x" * 64, seq=start + 64 * number) for number in range(12)]
    ran = run(
        packets,
        react=lambda engine, entry: (
            engine.skip(entry[1], 0, (start + 64 * 9 + 1) & 0xFFFFFFFF)
            if entry[0] == SEGMENT and entry[2] == 1
            else None
        ),
    )
    assert [entry[2] for entry in ran.of(SEGMENT)] == [
        1,
        2,
        3,
        4,
        10,
        11,
        12,
    ]  # the batch of four, then the segment that reaches past it


def test_idle_times_by_packet_time() -> None:
    def times(gap: float, first: list[bytes], later: bytes) -> list[str]:
        packets: list[wire.Spec] = [(number / 1000, packet) for number, packet in enumerate(first)]
        ran = run([*packets, (gap, later)], report_all_flows=True)
        return [reason for reason, _ in ran.ended]

    established = [*HANDSHAKE, out(b"x", seq=1001)]
    closed = [*established, out(seq=1002, flags=FIN | ACK), back(seq=9001, flags=FIN | ACK)]
    assert times(3599, established, out(b"y", seq=1002)) == ["finished"]
    assert times(3602, established, out(b"y", seq=1002)) == ["idle", "finished"]
    assert times(179, [ethernet(HELLO)], ethernet(HELLO)) == ["finished"]
    assert times(181, [ethernet(HELLO)], ethernet(HELLO)) == ["idle", "finished"]
    assert times(61, [out(seq=1000, flags=SYN)], out(seq=1000, flags=SYN)) == ["idle", "finished"]
    assert times(59, [out(seq=1000, flags=SYN)], out(seq=1000, flags=SYN)) == ["finished"]
    assert times(62, closed, out(seq=1003)) == ["closed", "finished"]


def test_idle_flows_end_though_they_are_never_heard_again() -> None:
    other = [(200 + number, ethernet(ip4(udp(b"y", 50000 + number), 17))) for number in range(3)]
    ran = run([(0, ethernet(HELLO)), *other], finish=False)
    assert ran.ended[0][0] == "idle"
    assert ran.ended[0][1].client_port == 40000
    assert ran.engine.live_flows == 3


def test_one_wild_clock_ends_nobody() -> None:
    packets: list[wire.Spec] = [(number, ethernet(ip4(udp(b"x", 50000 + number), 17))) for number in range(20)]
    wild = (40_000_000.0, ethernet(ip4(udp(b"wild", 60000), 17)))
    again: list[wire.Spec] = [(20 + number, ethernet(ip4(udp(b"y", 50000 + number), 17))) for number in range(20)]
    ran = run([*packets, wild, *again])
    assert [reason for reason, _ in ran.ended] == ["finished"] * 21


def test_clocks_that_jump_lose_no_more_than_idle_means() -> None:
    for jump in (-1_000_000.0, 1_000_000.0):
        packets: list[wire.Spec] = [(number, ethernet(ip4(udp(b"x", 50000 + number % 5), 17))) for number in range(10)]
        packets += [(jump + number, ethernet(ip4(udp(b"y", 50000 + number % 5), 17))) for number in range(2000)]
        ran = run(packets)
        assert len(ran.of(DATAGRAM)) == 2010
        assert len(ran.ended) == (5 if jump < 0 else 10)


def test_a_new_syn_begins_a_new_flow() -> None:
    talk = [*HANDSHAKE, out(b"old", seq=1001)]
    ran = run([*talk, out(seq=1000, flags=SYN), out(b"again", seq=1001), out(seq=77, flags=SYN), out(b"new", seq=78)])
    assert [reason for reason, _ in ran.ended] == ["reused", "finished"]  # the same SYN again is a retransmission
    assert [info.client_isn for _, info in ran.ended] == [1000, 77]
    assert [info.uid for _, info in ran.ended] == [1, 2]
    slots = [entry[1] for entry in ran.of(SEGMENT)]
    assert slots[0] == slots[1] != slots[2]


def test_a_syn_tried_again_from_the_same_port_stays_one_flow() -> None:
    ran = run([out(seq=5, flags=SYN), out(seq=900, flags=SYN), back(seq=1, flags=SYN | ACK), out(b"x", seq=901)])
    assert len(ran.ended) == 1
    assert ran.ended[0][1].client_isn == 900


def test_the_table_is_bounded_and_the_least_active_goes() -> None:
    packets = [ethernet(ip4(udp(b"x", 50000 + number), 17)) for number in range(10)]
    packets.insert(4, packets[0])
    ran = run([(number * 2.0, packet) for number, packet in enumerate(packets)], max_flows=4)
    assert [info.client_port - 50000 for reason, info in ran.ended if reason == "evicted"] == [1, 2, 3, 0, 4, 5]
    assert ran.engine.bounds_hit == {"flow table full": 6}


def test_a_scan_does_not_push_out_who_talks() -> None:
    talk = [(0.0, packet) for packet in (*HANDSHAKE, out(b"before", seq=1001))]
    scan = [
        (
            1.0 + number / 1000,
            ethernet(ip4(tcp(b"", 50000, number % 60000 + 1, number, SYN), 6, "192.0.2.66"), source=C),
        )
        for number in range(500)
    ]
    ran = run([*talk, *scan, (3.0, out(b"after", seq=1007))], max_flows=32)
    assert [entry[9] for entry in ran.of(SEGMENT)] == [b"before", b"after"]
    assert len({entry[1] for entry in ran.of(SEGMENT)}) == 1


def test_a_flood_of_datagrams_does_not_push_out_who_talks() -> None:
    talk = [(0.0, packet) for packet in (*HANDSHAKE, out(b"before", seq=1001))]
    flood = [(1.0 + n / 1000, ethernet(ip4(udp(b"x", 1024 + n), 17, "192.0.2.66"), source=C)) for n in range(500)]
    ran = run([*talk, *flood, (3.0, out(b"after", seq=1007))], max_flows=32)
    assert [entry[9] for entry in ran.of(SEGMENT)] == [b"before", b"after"]
    assert len({entry[1] for entry in ran.of(SEGMENT)}) == 1


def test_datagrams_fill_a_part_of_the_table_and_the_oldest_make_room() -> None:
    module = wire.MODES["installed"]
    if not module.Engine().compiled:
        pytest.skip("takes long in plain Python")
    most, more = module.MAX_UDP_FLOWS, 10
    engine = module.Engine()
    packets = [
        ethernet(ip4(udp(b"x", 1024 + n % 60_000, 40_000 + n // 60_000), 17, "192.0.2.66")) for n in range(most + more)
    ]
    ended = [
        (entry[2], engine.flow(entry[1]).client_port)
        for batch in engine.process(wire.block(packets))
        for entry in batch
        if entry[0] == END
    ]
    assert ended == [("evicted", 1024 + n) for n in range(more)]
    assert engine.live_flows == most and engine.bounds_hit == {"flow table full": more}


def test_slots_are_reused_only_after_their_end_was_reported() -> None:
    """With room for one flow, every packet ends another: each END must still find its own flow."""
    packets = [ethernet(ip4(udp(b"x", 50000 + number), 17)) for number in range(3000)]
    ran = run(packets, max_flows=1)
    assert [info.client_port for _, info in ran.ended] == list(range(50000, 53000))


def test_slots_that_do_not_exist() -> None:
    for module in wire.MODES.values():
        engine = module.Engine()
        for slot in (-1, 0, 5, 1 << 40, "x", None):
            for call in (
                engine.flow,
                engine.ignore,
                lambda slot, engine=engine: engine.ignore_side(slot, 0),
                lambda slot, engine=engine: engine.skip(slot, 0, 0),
            ):
                with pytest.raises(ValueError, match="no such flow"):
                    call(slot)
        list(engine.process(wire.block([ethernet(HELLO)])))
        with pytest.raises(ValueError, match="a side is 0 or 1"):
            engine.ignore_side(0, 2)
        list(engine.finish())
        with pytest.raises(ValueError, match="no such flow"):
            engine.flow(0)


def test_time_alone_ends_what_is_idle() -> None:
    """No packet comes, the clock goes on: a live link that fell silent. A hundred flows, more than one
    sweep may end.
    """
    packets = [*HANDSHAKE, out(b"question", seq=1001, flags=ACK | PSH)]
    packets += [ethernet(ip4(udp(b"hello", 20000 + n), 17)) for n in range(100)]
    for module in MODES.values():
        ran = run_on(module, [block(packets)], finish=False)
        last = ran.engine.last_time
        ran.take(ran.engine.tick(last + module.UDP_SECONDS * SECOND // 2))
        assert not ran.ended and ran.engine.live_flows == 101
        ran.take(ran.engine.tick(last + (module.UDP_SECONDS + 2) * SECOND))
        assert [reason for reason, _ in ran.ended] == ["idle"] * 100
        assert ran.engine.live_flows == 1 and ran.engine.packets == len(packets) and ran.engine.last_time == last
        ran.take(ran.engine.tick(last + (module.TCP_SECONDS + 2) * SECOND))
        assert ran.engine.live_flows == 0
        # A packet of before the tick (its clock lags) opens a flow as ever.
        ran.take(ran.engine.process(block([HELLO_FRAME])))
        assert ran.engine.live_flows == 1


HELLO_FRAME = ethernet(HELLO)
