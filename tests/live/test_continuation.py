"""A stream goes on with the run whose stations it has; another capture becomes a run of its own."""

from __future__ import annotations

import io
import os
import struct
import sys
from array import array
from pathlib import Path
from typing import Any, cast

import pytest

from sensor.capture import Block
from sensor.cli.main import cli
from sensor.devices.host import Host
from sensor.live import continuation
from sensor.live.continuation import PACKETS, FirstPackets, first_packets, is_another, stations_of
from sensor.live.streams import StdinStream
from sensor.run_state import CountedBefore, DeviceState, RunState
from sensor.store.location import store_location
from sensor.store.reader import StoreReader
from sensor.verdicts.coverage import Coverage
from tests.live.test_saved_state import pieces
from tests.live.watching import signals_restored

ROUTER, PHONE, OTHER, GUEST = (bytes((2, 0, 0x5E, 0, 0x53, number)) for number in range(4))
ALL = b"\xff" * 6
HEAD = struct.pack("<IHHiIII", 0xA1B23C4D, 2, 4, 0, 0, 65535, 1)
"""pcap, nanoseconds, Ethernet."""


def known(last_time: int, *macs: bytes) -> RunState:
    hosts = [Host(mac, bytes((192, 168, 1, 5)), 1, 1) for mac in macs]
    state = DeviceState(hosts, set(macs[1:]), Coverage())
    return RunState(CountedBefore(last_time=last_time), {"one": state}, {}, {})


def frames(*pairs: tuple[bytes, bytes], second: int = 100) -> bytes:
    frame = [to + source + b"\x08\x00" + bytes(46) for to, source in pairs]
    return b"".join(struct.pack("<IIII", second, number, 60, 60) + data for number, data in enumerate(frame))


def first_of(data: bytes, state: RunState) -> FirstPackets:
    return StdinStream("-", cast(Any, io.BytesIO(HEAD + data))).first_packets(stations_of(state))


NOW = 100 * 10**9


@pytest.mark.parametrize(
    ("data", "another"),
    [
        (frames((ROUTER, PHONE)), False),
        (frames((GUEST, OTHER), (ALL, ROUTER)), False),  # whoever is new: the router is known
        (frames((ROUTER, PHONE), second=99), True),  # time goes back
        (frames((GUEST, OTHER), (OTHER, GUEST)), True),
        (frames((ALL, GUEST)), True),  # the whole capture: nobody else comes
        (frames((ALL, b"\x00" * 6)), False),  # no station at all
        (b"", False),
        (frames(*[(OTHER, GUEST)] * PACKETS, (ROUTER, PHONE)), True),  # known ones come too late
    ],
)
def test_time_and_stations_decide(data: bytes, another: bool) -> None:
    state = known(NOW, ROUTER, PHONE)
    assert is_another(first_of(data, state), state) is another


def test_without_stations_time_decides() -> None:
    nobody = known(NOW)
    assert not is_another(first_of(frames((GUEST, OTHER)), nobody), nobody)
    state = known(NOW, ROUTER, PHONE)
    raw = HEAD[:-4] + struct.pack("<I", 101)  # raw IP: the same bytes are no MACs
    for second, another in ((99, True), (101, False)):
        data = raw + frames((GUEST, OTHER), second=second)
        first = StdinStream("-", cast(Any, io.BytesIO(data))).first_packets(stations_of(state))
        assert first.stations == frozenset() and is_another(first, state) is another


@pytest.mark.parametrize(
    ("pairs", "another"),
    [([(ALL, GUEST)], False), ([(ALL, GUEST), (GUEST, OTHER)], True), ([(ALL, GUEST), (GUEST, ROUTER)], False)],
)
def test_a_quiet_stream_is_waited_for_a_while(
    monkeypatch: pytest.MonkeyPatch, pairs: list[tuple[bytes, bytes]], another: bool
) -> None:
    """A pipe that stays open: one guest alone begins no other run, two strangers do."""
    monkeypatch.setattr(continuation, "SECONDS", 0.2)
    state = known(NOW, ROUTER, PHONE)
    reading, writing = os.pipe()
    data = HEAD + frames(*pairs)
    os.write(writing, data)
    with os.fdopen(reading, "rb", buffering=0) as stream:
        made = StdinStream("-", cast(Any, stream))
        assert is_another(made.first_packets(stations_of(state)), state) is another
        os.close(writing)
        assert made.open().read(1 << 16) == data


def watched(folder: Path, monkeypatch: pytest.MonkeyPatch, data: bytes) -> dict[str, int]:
    """Packets of each run in the store after this stream."""
    monkeypatch.setenv("LANWITNESS_STATE", str(folder / "state"))
    monkeypatch.setattr("sensor.cli.watch._give_up_root", lambda options: None)
    (folder / "in.pcap").write_bytes(data)
    with (folder / "in.pcap").open("rb") as stdin, signals_restored():
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(cast(Any, stdin)))
        cli.main(["watch", "-", "-q", "--plain", "--store", str(folder / "home.db")], standalone_mode=False)
    with StoreReader(store_location(str(folder / "home.db"))) as reader:
        found = [one for run in reader.runs() for one in reader.records(run.id) if one["record"] == "capture"]
    return {one["run"]: one["packets"] for one in found}


def test_two_captures_are_two_runs_and_a_restart_is_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The second part of one capture of ours goes on with the first; another one, later, is on its own."""
    head, packets = pieces("ftp_login")
    half = len(packets) // 2
    first = watched(tmp_path, monkeypatch, head + b"".join(data for _, data in packets[:half]))
    second = watched(tmp_path, monkeypatch, head + b"".join(data for _, data in packets[half:]))
    assert list(first.values()) == [half] and second == dict.fromkeys(first, len(packets))
    other = HEAD + frames((OTHER, GUEST), (GUEST, OTHER), second=packets[-1][0] // 10**9 + 500)
    third = watched(tmp_path, monkeypatch, other)
    assert third == {**second, **dict.fromkeys(third.keys() - second.keys(), 2)} and len(third) == 2


def test_a_decision_that_more_packets_would_not_change() -> None:
    guest, router = frozenset({GUEST}), frozenset({ROUTER})
    assert not FirstPackets(1, PACKETS - 1, guest).suffices(router)
    assert FirstPackets(1, PACKETS, guest).suffices(router)
    assert FirstPackets(1, 1, guest, whole=True).suffices(router)
    assert FirstPackets(1, 1, guest).suffices(frozenset())
    assert FirstPackets(1, 1, frozenset({GUEST, ROUTER})).suffices(router)


def test_stations_are_senders_and_single_targets_of_whole_headers() -> None:
    group, nobody = b"\x01\0\x5e\0\0\xfb", bytes(6)
    table = array("q")
    data = group + ROUTER + nobody + PHONE + GUEST + OTHER
    # The last one is cut within its second address (IEEE 802.3 3.2.3: six bytes each).
    for at, captured, time in ((0, 12, 7), (12, 12, 9), (24, 11, 11)):
        table.extend((at, captured, 60, time, 1))
    found = first_packets([Block(data, table, 3, 1)], whole=False)
    assert found == FirstPackets(7, 3, frozenset({ROUTER, PHONE}))
    table[4] = 101  # raw IP has no cards
    found = first_packets([Block(data, table, 3, 1)], whole=True)
    assert found == FirstPackets(7, 3, frozenset({PHONE}), whole=True)
    many = Block(data, array("q", [0, 12, 60, 5, 1] * (PACKETS + 9)), PACKETS + 9, 1)
    assert first_packets([many, many], whole=False).count == PACKETS
    assert first_packets([], whole=True) == FirstPackets(None, 0, frozenset(), whole=True)


def test_the_last_packets_own_time_is_no_step_back() -> None:
    state = known(NOW, ROUTER, PHONE)
    for time, another in ((NOW, False), (NOW - 1, True)):
        assert is_another(FirstPackets(time, 1, frozenset({ROUTER})), state) is another


def test_stations_of_a_run_are_those_that_sent_or_have_an_address() -> None:
    state = known(NOW, ROUTER, PHONE)
    state.devices["two"] = DeviceState([], {OTHER, b""}, Coverage())
    assert stations_of(state) == {ROUTER, PHONE, OTHER}
