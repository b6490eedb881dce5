"""An exchange of datagrams that says what was said before changes no record, and what no event rests on is no news."""

from __future__ import annotations

import io
import struct
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sensor.capture import open_capture
from sensor.decode.engine import DATAGRAM, END, EXCHANGED
from sensor.flows import known_exchanges as module
from sensor.model import Endpoint, Flow, Transport
from sensor.run import Options, Run
from sensor.vault import Vault
from tests.decode.wire import A, B, ip
from tests.flows.connections import both, said
from tests.flows.exchanges import ADDRESS, CLIENT, RESOLVER, Datagrams, answered, asked, run_of
from tests.protocols.wire import RESPONSE, message, record
from tests.replaying import of, read_bytes

TIME_TO_LIVE = range(len(asked(7, "hub.example")) + 6, len(asked(7, "hub.example")) + 10)
"""In the answer, behind the question: a pointer, type and class come before it."""


def repeated(run: Run) -> int:
    assert run.pipeline.known_exchanges is not None
    return run.pipeline.known_exchanges.repeated


def names_of(found: list[Any]) -> list[tuple[str, str | None]]:
    (device,) = (one for one in of(found, "device") if any(d["address"] == ADDRESS for d in one["destinations"]))
    return [(one["address"], one["name"]) for one in device["destinations"] if one["address"] == ADDRESS]


def traits(wire: Datagrams) -> set[tuple[str, str]]:
    both(wire.pcap())
    return {(one.field, one.value) for device in read_bytes(wire.pcap()).devices for one in device.traits}


def spread(wire: Datagrams, times: int, **more: Any) -> None:
    """Look-ups, each in a batch of its own."""
    for number in range(times):
        wire.look_up(40000 + number, **more)
        wire.pause(50000 + number)


def test_a_look_up_that_was_said_before_does_not_come_up() -> None:
    wire = Datagrams()
    for number in range(600):
        wire.look_up(20000 + number, ttl=600 - number)
    run, kinds = run_of(wire.pcap())
    assert repeated(run) == kinds[EXCHANGED] > 300
    assert kinds[DATAGRAM] + 2 * kinds[EXCHANGED] == 1200 and kinds[END] == 600
    assert run.pipeline.observations == 1200
    both(wire.pcap())


def test_polls_of_a_clock_say_the_same_by_version_mode_stratum_and_reference() -> None:
    wire = Datagrams()
    for number in range(600):
        wire.poll(20000 + number)
    run, kinds = run_of(wire.pcap())
    assert repeated(run) == kinds[EXCHANGED] > 300
    assert ("ntp.server", "stratum 2, 192.0.2.5") in traits(wire)
    wire.poll(30000, stratum=3)
    assert ("ntp.server", "stratum 3, 192.0.2.5") in traits(wire)


@settings(deadline=None, max_examples=15)
@given(st.integers(0, 1), st.data())
def test_one_flipped_bit_changes_what_it_would_change(which: int, data: st.DataObject) -> None:
    said = [asked(7, "hub.example"), answered(7, "hub.example")]
    place = data.draw(st.integers(0, len(said[which]) - 1))
    flipped = bytearray(said[which])
    flipped[place] ^= 1 << data.draw(st.integers(0, 7))
    said[which] = bytes(flipped)
    wire = Datagrams()
    spread(wire, 3)
    wire.send(bytes(said[0]), 40002)
    wire.send(bytes(said[1]), 40002, answer=True)
    wire.connect(60000)
    both(wire.pcap())
    varies = place < 2 or (which == 1 and place in TIME_TO_LIVE)
    assert repeated(run_of(wire.pcap())[0]) == 1 + varies


@pytest.mark.parametrize("last", ["hub.example", "cdn.example"])
def test_a_destination_has_the_name_that_was_looked_up_last(last: str) -> None:
    wire = Datagrams()
    for number in range(200):
        if number % 50 == 3:
            wire.pause(60000 + number)
        wire.look_up(20000 + number, ("hub.example", "cdn.example")[number % 2])
    wire.look_up(30000, last)
    wire.connect(50000)
    wire.pause(50001)
    wire.look_up(30001, ("cdn.example", "hub.example")[last == "cdn.example"])
    run, _ = run_of(wire.pcap())
    assert repeated(run) > 50
    assert names_of(both(wire.pcap())) == [(ADDRESS, last)]


def test_a_flow_that_says_something_new_is_read_on() -> None:
    wire = Datagrams()
    for number in range(120):
        wire.look_up(20000 + number)
    wire.pause(50000)
    wire.look_up(30000)
    wire.look_up(30000, "new.example", "203.0.113.9")
    for _ in range(8):
        wire.look_up(30000)
    for number in range(120):
        wire.poll(40000 + number)
    wire.pause(50001)
    for _ in range(8):
        wire.poll(123)
    for number in range(8):
        wire.poll(30001, stratum=2 + (number == 2))
    wire.send(b"\x1b" + bytes(47), 40001, 123, "192.168.0.2")
    assert ("dns.name", "new.example") in traits(wire)


@pytest.mark.parametrize("odd", ["twice", "late", "lost", "damaged", "other", "many", "turned"])
def test_unusual_datagrams_change_no_record(odd: str) -> None:
    wire = Datagrams()
    for number in range(120):
        port = 20000 + number
        if number % 20 == 3:
            wire.pause(50000 + number)
        wire.send(asked(port, "hub.example"), port)
        if odd == "twice":
            wire.send(asked(port, "hub.example"), port)
        if odd == "other":
            wire.send(asked(port, "hub.example", 28), port)
        if odd == "lost" and number % 3 == 2:
            continue
        data = answered(port, "hub.example")
        wire.send(data[:-2] if odd == "damaged" and number % 3 == 2 else data, port, answer=True)
        if odd == "twice":
            wire.send(data, port, answer=True)
        if odd == "late" and number > 5:
            wire.send(answered(port - 5, "hub.example"), port - 5, answer=True)
        if odd == "many":
            for _ in range(number % 9):
                wire.look_up(port, f"{number % 7}.example")
        if odd == "turned" and number % 3 == 2:
            wire.send(asked(port, "hub.example"), port, answer=True)
    wire.connect(50000)
    both(wire.pcap())


def test_a_name_that_points_into_what_varies_is_no_known_exchange() -> None:
    """RFC 1035 4.1.4: the name of the second record begins in the time to live of the first."""
    wire = Datagrams()
    for number in range(120):
        label = b"\x01" + bytes([97 + number % 26]) + b"\0\0"
        first = b"\0" + struct.pack("!HH", 1, 1) + label + struct.pack("!H", 4) + ip(ADDRESS)
        wire.send(asked(7, "hub.example"), 20000 + number)
        wire.send(message(RESPONSE, [], [first, record(b"\xc0\x11", 1, ip(ADDRESS))]), 20000 + number, answer=True)
    run, _ = run_of(wire.pcap())
    assert repeated(run) == 0
    both(wire.pcap())


def test_a_flood_of_names_is_known_when_it_is_said_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "AT_ONCE", 4)
    wire = Datagrams()
    for number in range(900):
        wire.look_up(10000 + number, f"{number % 300}.example")
    run, _ = run_of(wire.pcap())
    assert 0 < repeated(run) < 304
    monkeypatch.setattr(module, "MAX_SEEN", 2)
    assert repeated(run_of(wire.pcap())[0]) < 10
    both(wire.pcap())


VARYING = (b"\0\7" + bytes(62), b"\0\10\0\0\0\11" + bytes(58))


def test_what_means_something_else_now_is_read() -> None:
    wire = Datagrams()
    spread(wire, 4)  # the first one shows a new host, which may be anybody
    run, _ = run_of(wire.pcap())
    known, streams = run.pipeline.known_exchanges, run.pipeline.known_streams
    assert known is not None and streams is not None and repeated(run) == 2
    flow = Flow(9, Transport.UDP, Endpoint(ip(CLIENT), 40009, A), Endpoint(ip(RESOLVER), 53, B), 1, 1, 1)
    assert list(known.repeat(7, 0, flow, (8, 9), (10, 11), VARYING)) == [] and 7 in known
    ended = known.end(7, replace(flow, application=None))
    assert (ended.application, ended.layers, list(known)) == ("dns", ("dns",), [])
    tree = streams.tree_of(flow)
    tree.epoch, tree.circumstances = -1, "others"
    assert list(known.repeat(7, 0, flow, (8, 9), (10, 11), VARYING)) == [
        (0, asked(7, "hub.example"), 8, 10),
        (1, answered(8, "hub.example", ttl=9), 9, 11),
    ]
    assert known.leave(7) is None


def test_a_live_run_names_flows_of_known_exchanges() -> None:
    wire = Datagrams()
    spread(wire, 3)
    wire.look_up(45000)
    runs = [Run(Vault(bytes(32)), Options(strict=True, known_streams=on), name="live") for on in (True, False)]
    for run in runs:
        with open_capture("datagrams", io.BytesIO(wire.pcap())) as capture:
            for block in capture:
                run.feed(block)
    running = [[(flow.client.port, flow.application) for flow in run.pipeline.running()] for run in runs]
    assert [sorted(one) for one in running] == [[(45000, "dns"), (50002, None)]] * 2
    assert repeated(runs[0]) == 2
    known, plain = (said(run.snapshot("datagrams", [])) for run in runs)
    assert known == plain
