"""A run that goes on after a restart gives what one run gives of the whole, less the time that nobody heard."""

from __future__ import annotations

import io
import itertools
import json
import struct
from dataclasses import replace
from typing import Any

import pytest

from sensor.capture import open_capture
from sensor.export.records import records
from sensor.live.saved_state import COVER, FINDING, HOURS, NETWORK, RUN, SAVE, SOON, SavedState, read_state
from sensor.records import Record
from sensor.result import Result
from sensor.run import Options, Run
from sensor.run_state import NOT_YET
from sensor.store.types import RECENT, StateKey
from sensor.vault import Vault
from sensor.verdicts.coverage import HOUR, MAX_NOT_YET
from tests.replaying import PCAPS, capture_in
from tests.test_run import HEADER, ethernet, udp

CAPTURES = (
    *("coap", "dns_dhcp", "ftp_login", "http_basic", "http_digest", "mdns_ssdp", "mqtt_tls", "ntp", "onvif", "pop3"),
    *("shared_keys", "softap", "ssh", "tls_versions"),
)


def pieces(name: str) -> tuple[bytes, list[tuple[int, bytes]]]:
    """The head of one of our captures (pcap), and its packets' times and records."""
    data = capture_in(PCAPS / name).read_bytes()
    unit = {0xA1B2C3D4: 1000, 0xA1B23C4D: 1}[struct.unpack_from("<I", data)[0]]
    found, at = [], 24
    while at < len(data):
        second, part, size = struct.unpack_from("<III", data, at)
        found.append((second * 1_000_000_000 + part * unit, data[at : at + 16 + size]))
        at += 16 + size
    return data[:24], found


def fed(run: Run, data: bytes) -> Run:
    """The run with all of a capture read."""
    with open_capture("-", io.BytesIO(data)) as capture:
        for block in capture:
            block.first_frame = run.before.packets + run.engine.packets + 1
            run.feed(block)
    return run


def made(**more: Any) -> Run:
    return Run(Vault(bytes(32), **more), Options(strict=True), name="w1")


def interrupted(head: bytes, first: bytes, second: bytes) -> tuple[Result, dict[StateKey, str | None]]:
    """The result of two parts, the second in what could be another process; and what the first one left."""
    one = fed(made(), head + first)
    one.finish("-", [], None)
    left = SavedState().changed(one.state(last=True))
    state = read_state({key: text for key, text in left.items() if text is not None})
    assert state is not None
    two = made()
    two.go_on(state)
    fed(two, head + second)
    return two.finish("-", [], None), left


def comparable(result: Result) -> list[str]:
    """The records in a fixed order, without how long was listened, which is less."""
    return sorted(json.dumps(_without_hours(one), sort_keys=True) for one in records(result))


def _without_hours(record: Record) -> Record:
    coverage = {name: value for name, value in record.get("coverage", {}).items() if name != "hours"}
    return {**record, "coverage": coverage}


@pytest.mark.parametrize("name", CAPTURES)
def test_two_parts_give_what_the_whole_gives(name: str) -> None:
    """Cut where no conversation goes on, at the longest such silence."""
    head, packets = pieces(name)
    spans: list[tuple[int, int]] = []
    whole = Run(
        Vault(bytes(32)), Options(strict=True), lambda flow: spans.append((flow.first_time, flow.last_time)), name="w1"
    )
    fed(whole, head + b"".join(data for _, data in packets))
    expected = whole.finish("-", [], None)
    times = sorted({time for time, _ in packets})
    silences = [
        (later - time, time)
        for time, later in itertools.pairwise(times)
        if not any(first <= time < last for first, last in spans)
    ]
    silence, cut = max(silences)
    parts = [b"".join(data for time, data in packets if (time <= cut) is first) for first in (True, False)]
    found, _ = interrupted(head, *parts)
    assert comparable(found) == comparable(expected)
    assert found.gaps == [(cut, cut + silence)] and found.starts == 2
    for device, judgement in expected.judged.items():
        heard = found.judged[device].coverage.hours
        assert judgement.coverage.hours - silence / 3.6e12 - 1e-9 <= heard <= judgement.coverage.hours


STRANGER, NEIGHBOUR = b"\x00\x11\x32\0\0\1", b"\x00\x11\x32\0\0\2"


def datagrams(start: int, *senders: bytes) -> bytes:
    """From each MAC, with an address of its own, five bytes to 192.168.200.1, one a second; records of a pcap."""
    target = b"\xc0\xa8\xc8\1"
    frames = [
        ethernet(mac, b"\x00\x11\x32\0\0\xfe", udp(b"\xc0\xa8" + mac[4:], target, 5000, 9999, b"hello"))
        for mac in senders
    ]
    return b"".join(struct.pack("<IIII", start + n, 0, len(one), len(one)) + one for n, one in enumerate(frames))


def test_what_made_no_device_yet_counts_for_the_device_that_it_becomes() -> None:
    """One frame without an answer makes none where others sent more, two more do: of the device are all three."""
    first = datagrams(1_700_000_000, STRANGER, *[NEIGHBOUR] * 3)
    second = datagrams(1_700_000_100, STRANGER, STRANGER)
    assert [one.mac for one in fed(made(), HEADER + first).finish("-", [], None).devices] == [NEIGHBOUR.hex(":")]
    found, _ = interrupted(HEADER, first, second)
    coverage = found.judged[STRANGER.hex(":")].coverage
    assert (coverage.packets, coverage.bytes, coverage.flows) == (3, 15, 2)


def test_what_is_no_device_yet_is_bounded() -> None:
    """The last are taken along: who came first has had the longest to become a device."""
    senders = [b"\x00\x11\x32\1" + number.to_bytes(2, "big") for number in range(256, 256 + MAX_NOT_YET + 3)]
    run = fed(made(), HEADER + datagrams(1_700_000_000, *senders))
    run.finish("-", [], None)
    taken = run.state(last=True).network[NOT_YET]
    assert list(taken) == [mac.hex(":") for mac in senders[3:]]


@pytest.mark.parametrize("not_yet", [None, 7, {STRANGER.hex(":"): 7}, {7: {}}])
def test_what_is_no_device_yet_and_cannot_be_read_costs_itself_alone(not_yet: object) -> None:
    head, packets = pieces("ftp_login")
    run = fed(made(), head + b"".join(data for _, data in packets))
    expected = comparable(run.finish("-", [], None))
    state = run.state(last=True)
    again = made()
    again.go_on(replace(state, network={**state.network, NOT_YET: not_yet}))
    assert comparable(again.finish("-", [], None)) == expected


def test_a_kill_costs_nothing_that_was_saved() -> None:
    """Saved in the middle of a run, conversations open: another process makes of it what was seen until then."""
    head, packets = pieces("ftp_login")
    run = fed(made(), head + b"".join(data for _, data in packets[:150]))
    expected = run.snapshot("-", [])
    left = SavedState().changed(run.state(last=False))
    state = read_state({key: text for key, text in left.items() if text is not None})
    assert state is not None
    again = made()
    again.go_on(state)
    found = again.finish("-", [], None)
    assert set(found.findings) == set(expected.findings) and len(found.findings) > 2
    assert found.packets == 150
    for device, judgement in expected.judged.items():
        after = found.judged[device].coverage
        assert (after.logins, after.bytes, after.heard) == (
            judgement.coverage.logins,
            judgement.coverage.bytes,
            judgement.coverage.heard,
        )


def test_only_what_changed_is_written() -> None:
    head, packets = pieces("ftp_login")
    run = fed(made(), head + b"".join(data for _, data in packets))
    run.finish("-", [], None)
    saved = SavedState()
    everything = saved.changed(run.state(last=True))
    assert {part for part, _ in everything} == {"run", "network", "device", "finding"}
    assert saved.changed(run.state(last=True)) == {}
    state = run.state(last=True)
    lost = state.findings.popitem()[0]
    state.counted.packets += 1
    assert {key: text is None for key, text in saved.changed(state).items()} == {RUN: False, (FINDING, lost): True}


def test_no_secret_is_in_it_also_with_reveal() -> None:
    head, packets = pieces("ftp_login")
    run = fed(made(reveal=True), head + b"".join(data for _, data in packets))
    result = run.finish("-", [], None)
    secrets = {
        finding.detail["secret"]["value"] for finding in result.findings.values() if finding.detail.get("secret")
    }
    assert len(secrets) > 1
    text = "\n".join(text or "" for text in SavedState().changed(run.state(last=True)).values())
    assert not [secret for secret in secrets if secret in text]


def test_a_row_that_cannot_be_read_costs_itself_alone() -> None:
    head, packets = pieces("ftp_login")
    run = fed(made(), head + b"".join(data for _, data in packets))
    run.finish("-", [], None)
    rows = {key: text or "" for key, text in SavedState().changed(run.state(last=True)).items()}
    device = next(key for key in rows if key[0] == "device")
    state = read_state({**rows, device: '{"class":"DeviceState","has":{}}', NETWORK: "["})
    assert state is not None and device[1] not in state.devices and state.network == {}
    assert len(state.devices) == sum(part == "device" for part, _ in rows) - 1
    assert read_state({**rows, RUN: "{}"}) is None and read_state({}) is None


def test_it_is_due_after_a_while() -> None:
    saved = SavedState()
    assert [saved.is_due(now) for now in (100.0, 101.0, 100.0 + COVER, 101.0 + COVER, 100.0 + 2 * COVER)] == [
        False,
        False,
        True,
        False,
        True,
    ]


def test_what_is_new_is_saved_soon() -> None:
    saved = SavedState()
    assert not saved.is_due(100.0) and not saved.is_due(101.0, new=True)
    # It was asked for: also where nothing is new when the time comes.
    assert saved.is_due(100.0 + SOON)
    assert not saved.is_due(101.0 + SOON) and saved.is_due(100.0 + 3 * SOON, new=True)
    assert not saved.is_due(99.0 + 3 * SOON + COVER) and saved.is_due(100.0 + 3 * SOON + COVER)


def rows_of(store: dict[StateKey, str], changed: dict[StateKey, str | None]) -> dict[StateKey, str]:
    """What is in a store after a change."""
    return {key: text for key, text in {**store, **changed}.items() if text is not None}


@pytest.mark.parametrize("name", ["ftp_login", "mqtt_tls", "mdns_ssdp"])
def test_a_kill_costs_no_more_than_a_minute_of_coverage(name: str) -> None:
    """Everything saved after a third, and after another third only what was counted since: another process has both."""
    head, packets = pieces(name)
    third = len(packets) // 3
    run, saved = made(), SavedState()
    fed(run, head + b"".join(data for _, data in packets[:third]))
    store = rows_of({}, saved.changed(run.state(last=False), 60.0))
    fed(run, head + b"".join(data for _, data in packets[third : 2 * third]))
    state = run.state(last=False)
    late = saved.changed(state, 120.0)
    assert {part for part, _ in late} <= {"recent", "device", "finding"}
    found = read_state(rows_of(store, late))
    assert found is not None and found.counted == state.counted
    assert set(found.devices) == set(state.devices) and set(found.findings) == set(state.findings)
    for device, one in state.devices.items():
        expected = replace(one.coverage, channels=found.devices[device].coverage.channels)
        assert replace(found.devices[device].coverage, commissioning=expected.commissioning) == expected, device
    # What it costs: less than a tenth of everything, unless nearly all of it is new.
    whole = SavedState().changed(state)
    assert len(late[RECENT] or "") < sum(len(text or "") for text in whole.values()) / 3
    # With everything saved the late row is gone.
    assert saved.changed(state, 60.0 + SAVE)[RECENT] is None


def test_old_hours_are_written_once_a_day_and_read_again() -> None:
    head, packets = pieces("ftp_login")
    run = fed(made(), head + b"".join(data for _, data in packets))
    run.finish("-", [], None)
    state = run.state(last=True)
    device, one = next((name, one) for name, one in state.devices.items() if one.coverage.heard)
    now = state.counted.last_time // HOUR
    one.coverage.heard = {hour: hour % 100 for hour in range(now - 9000, now)}
    saved = SavedState()
    first = saved.changed(state, 60.0)
    store = rows_of({}, first)
    assert len(first[HOURS, device] or "") > 50_000 > 10 * len(first["device", device] or "")
    found = read_state(store)
    assert found is not None and found.devices[device].coverage.heard == one.coverage.heard
    one.coverage.heard[now] = 5
    later = saved.changed(state, 60.0 + SAVE)
    assert ("device", device) in later and (HOURS, device) not in later
    state.counted.last_time += 24 * 3600 * 10**9
    one.coverage.heard[now + 24] = 6
    next_day = saved.changed(state, 60.0 + 2 * SAVE)
    assert (HOURS, device) in next_day
    found = read_state(rows_of(rows_of(store, later), next_day))
    assert found is not None and found.devices[device].coverage.heard == one.coverage.heard
    del state.devices[device]
    assert saved.changed(state, 60.0 + 3 * SAVE)[HOURS, device] is None


def test_gaps_of_an_earlier_part_are_in_it_once() -> None:
    head, packets = pieces("ftp_login")
    _, left = interrupted(head, *(b"".join(data for _, data in part) for part in (packets[:200], packets[200:400])))
    parts = rows_of({}, left)
    state = read_state(parts)
    assert state is not None
    state.counted.gaps = [(1, 2), (5, 9)]
    saved = SavedState()
    store = rows_of({}, saved.changed(state, 60.0))
    state.counted.gaps = [(1, 2), (5, 9), (20, 30)]
    state.counted.packets += 1
    store = rows_of(store, saved.changed(state, 120.0))
    found = read_state(store)
    assert found is not None and found.counted.gaps == [(1, 2), (5, 9), (20, 30)]
    assert "20" in store[RECENT] and "5,9" not in store[RECENT].replace(" ", "")


@pytest.mark.parametrize(
    "text",
    [
        "{}", "[", '{"dict":[["counted",3]]}',
        '{"dict":[["counted",{"class":"CountedBefore","has":{}}],["coverage",{"dict":[["D",{"dict":[["bytes","many"],'
        '["heard",7],["of_another_version",1]]}]]}]]}',
    ],
)  # fmt: skip
def test_a_late_row_that_cannot_be_read_costs_itself_alone(text: str) -> None:
    head, packets = pieces("ftp_login")
    run = fed(made(), head + b"".join(data for _, data in packets))
    run.finish("-", [], None)
    state = run.state(last=True)
    rows = rows_of({}, SavedState().changed(state))
    device = next(iter(state.devices))
    found = read_state({**rows, RECENT: text.replace('"D"', json.dumps(device))})
    assert found is not None
    assert {name: one.coverage for name, one in found.devices.items()} == {
        name: one.coverage for name, one in state.devices.items()
    }


@pytest.mark.parametrize("text", ["", "[]", "1", '{"dict":[[1,null]]}', '{"dict":[["1",2]]}', '{"dict":[[1,[]]]}'])
def test_hours_that_cannot_be_read_cost_themselves_alone(text: str) -> None:
    head, packets = pieces("ftp_login")
    run = fed(made(), head + b"".join(data for _, data in packets))
    run.finish("-", [], None)
    state = run.state(last=True)
    rows = rows_of({}, SavedState().changed(state))
    device = next(iter(state.devices))
    found = read_state({**rows, (HOURS, device): text})
    assert found is not None and found.devices[device].coverage == state.devices[device].coverage
