"""`watch` on a cable with a restart in the middle gives what `replay` gives of the whole: findings, devices, coverage.

Captures are sent at a pace of their own, in which silences are short; what they are held against is a replay of the
same packets at that pace, in which all that is open ends where the sensor does. A capture is cut where no conversation
goes on.
"""

from __future__ import annotations

import io
import json
import struct
import time
from collections.abc import Iterator
from itertools import zip_longest
from pathlib import Path
from typing import Any

import pytest

from sensor.capture import NotACapture, open_capture
from sensor.export.records import records
from sensor.run import Options, Run
from sensor.store.location import store_location
from sensor.store.reader import StoreReader
from sensor.vault import Vault
from tests.live.namespaces import Cable, Sensor, cable
from tests.replaying import PCAPS, SHARED, capture_in

HEAD = struct.pack("<IHHiIII", 0xA1B23C4D, 2, 4, 0, 0, 262_144, 1)
"""pcap, nanoseconds, Ethernet."""

LONGEST, WHOLE = 0.02, 4.0
"""Seconds between two packets, and for all of a capture, at most."""

GAP = 4.0
"""Seconds between the two parts in the replay: about what a restart takes."""

SILENCE = 4000.0
"""The same where the replay is to end all that is open, as a restart does: an hour without a packet ends a flow."""

BEGINNING = time.time_ns()
"""Of all captures at their own pace: a certificate is as old as it is for a sensor that hears it now."""

FEWEST = 4
"""Packets of each part."""

MOST_PACKETS, LARGEST = 4000, 9014
"""Of a capture that is sent, and bytes of a frame that the cable carries."""

Frame = tuple[int, bytes]
"""Time in ns, bytes."""


def frames_of(path: Path) -> list[Frame]:
    """All frames; none where they cannot be sent as they were: cut, too large, too many or not Ethernet."""
    found: list[Frame] = []
    try:
        with open_capture(str(path)) as capture:
            for block in capture:
                for row in range(0, 5 * block.count, 5):
                    at, captured, original, when, link = block.table[row : row + 5]
                    if link != 1 or captured != original or not 14 <= captured <= LARGEST or len(found) > MOST_PACKETS:
                        return []
                    found.append((when, bytes(block.data[at : at + captured])))
            return [] if capture.damage else found
    except NotACapture:
        return []


def paced(frames: list[Frame], *, cut: int | None = None, gap: float = GAP) -> list[Frame]:
    """With short silences, and ``gap`` seconds before the frame number ``cut``."""
    longest = int(min(LONGEST, WHOLE / len(frames)) * 1e9)
    now, before, found = BEGINNING, frames[0][0], []
    for number, (when, data) in enumerate(frames):
        now += min(max(when - before, 1000), longest) + (int(gap * 1e9) if number == cut else 0)
        before = when
        found.append((now, data))
    return found


def pcap(frames: list[Frame]) -> bytes:
    return HEAD + b"".join(
        struct.pack("<IIII", when // 10**9, when % 10**9, len(data), len(data)) + data for when, data in frames
    )


def replayed(*parts: list[Frame], spans: list[tuple[int, int]] | None = None) -> list[dict[str, Any]]:
    """The records of all parts in one run; what is idle when the next part begins ends before that."""
    run = Run(
        Vault(bytes(32)),
        Options(strict=True),
        None if spans is None else lambda flow: spans.append((flow.first_time, flow.last_time)),
    )
    for part in parts:
        run.tick(part[0][0] - 1)
        with open_capture("-", io.BytesIO(pcap(part))) as capture:
            for block in capture:
                block.first_frame = run.engine.packets + 1
                run.feed(block)
    result = run.finish("-", capture.link_types, capture.damage)
    return [json.loads(json.dumps(one)) for one in records(result)]


def quiet_cut(frames: list[Frame]) -> int | None:
    """The number of the frame, as near the middle as can be, before which no conversation goes on; None for none."""
    spans: list[tuple[int, int]] = []
    frames = paced(frames)
    replayed(frames, spans=spans)
    cuts = [
        number
        for number in range(FEWEST, len(frames) - FEWEST)
        if not any(first < frames[number][0] <= last for first, last in spans)
    ]
    return min(cuts, key=lambda number: abs(number - len(frames) // 2), default=None)


FINDING = ("rule", "severity", "device", "peer_device", "role", "protocol")
"""What makes a finding the same; how often it was seen, and at which of its ends, is `EXACT`."""

EXACT = ("client", "server", "count", "summary")
DEVICE = ("id", "mac", "hostname", "addresses", "vendor", "category", "model", "firmware", "os", "bytes")

BETWEEN = frozenset({"credential.shared_key"})
"""Rules that set conversations of several devices against each other; what was heard of one before a restart is not
remembered (docs/live.md)."""


def facts(found: list[dict[str, Any]], *, exact: bool) -> list[str]:
    """What records say, without names of run and findings, times, and for how long was listened. Not ``exact``: a thing
    that is told again after a restart counts once more (`no_fewer_carriers`), and what only a refusal before it proves
    is left open."""
    lines: list[Any] = []
    for one in found:
        kind = one["record"]
        if kind == "finding" and exact:
            frames = sorted(frame for piece in one["evidence"] for frame in piece["frames"])
            lines.append([kind, [one[name] for name in (*FINDING, *EXACT)], frames])
        elif kind == "finding" and one["rule"] not in BETWEEN:
            lines.append([kind, [one[name] for name in FINDING]])
        elif kind == "device":
            lines.append([kind, [_value(one[name]) for name in DEVICE]])
        elif kind == "provision":
            lines.append([kind, one["device"], one["provision"]["v3.1.3"], one["status"]])
        elif kind == "verdict":
            left_out = ("hours",) if exact else ("hours", "secret_carriers")
            coverage = {name: value for name, value in one["coverage"].items() if name not in left_out}
            lines.append([kind, one["device"], one["capability"], one["status"], coverage])
    return sorted(json.dumps(line, sort_keys=True) for line in lines)


def _value(value: Any) -> Any:
    """Of a claim its value: its reasons have ids of findings."""
    return value["value"] if isinstance(value, dict) and "because" in value else value


def covered(found: list[dict[str, Any]], name: str) -> dict[tuple[str, str], float]:
    """By device and provision."""
    return {(one["device"], one["capability"]): one["coverage"][name] for one in found if one["record"] == "verdict"}


def no_fewer_carriers(found: list[dict[str, Any]], whole: list[dict[str, Any]]) -> bool:
    """Whether secrets crossed as often as in the whole; more often where one that crossed before is told again."""
    counted = covered(found, "secret_carriers")
    return all(counted[name] >= amount for name, amount in covered(whole, "secret_carriers").items())


def watched(laid: Cable, folder: Path, parts: list[list[Frame]]) -> tuple[list[dict[str, Any]], float]:
    """The records in the store after each part was heard by a sensor of its own process, and the seconds of sending."""
    folder.mkdir()
    seconds = 0.0
    for number, part in enumerate(parts):
        path = folder / f"{number}.pcap"
        path.write_bytes(pcap(part))
        with Sensor(laid, folder, "--store", str(folder / "home.db")) as sensor:
            sensor.listening()
            began = time.monotonic()
            laid.send(path)
            seconds += time.monotonic() - began
            assert sensor.end() == 0, sensor.errors.read_text()
    with StoreReader(store_location(str(folder / "home.db"))) as reader:
        (run,) = reader.runs()
        health = reader.sensor(run.id)
        assert health is not None and health.more["starts"] == len(parts) and not health.dropped
        return reader.records(run.id), seconds


def same_over_a_restart(laid: Cable, folder: Path, frames: list[Frame], cut: int, *, exact: bool) -> None:
    sent = paced(frames)
    found, seconds = watched(laid, folder, [sent[:cut], sent[cut:]])
    apart = paced(frames, cut=cut, gap=SILENCE)
    expected = replayed(apart[:cut], apart[cut:])
    assert facts(found, exact=exact) == facts(expected, exact=exact)
    assert no_fewer_carriers(found, expected)
    heard, whole = covered(found, "hours"), covered(replayed(paced(frames, cut=cut)), "hours")
    assert heard.keys() == whole.keys()
    for name, amount in whole.items():
        # Less the gap; a busy machine sends more slowly.
        assert amount - (GAP + 1) / 3600 <= heard[name] <= amount + seconds / 3600, (name, heard[name], amount, seconds)


@pytest.mark.namespaces
@pytest.mark.parametrize("name", ["ftp_login", "mqtt_tls"])
def test_a_restart_in_the_middle_costs_the_gap_alone(name: str, tmp_path: Path) -> None:
    frames = frames_of(capture_in(PCAPS / name))
    cut = quiet_cut(frames)
    assert cut is not None
    with cable("r") as laid:
        same_over_a_restart(laid, tmp_path / "one", frames, cut, exact=True)


def captures() -> Iterator[Path]:
    """Our own captures and others', where they are at hand, by turns."""
    folders = (PCAPS, SHARED / "captures")
    found = [[path for path in sorted(one.rglob("*")) if path.suffix in (".pcap", ".pcapng")] for one in folders]
    for pair in zip_longest(*found):
        yield from filter(None, pair)


@pytest.mark.nightly
@pytest.mark.namespaces
def test_at_least_twenty_captures_over_a_restart(tmp_path: Path) -> None:
    """At most a quarter of an hour."""
    differing, done, until = dict[str, str](), 0, time.monotonic() + 900
    with cable("s") as laid:
        for number, path in enumerate(captures()):
            if time.monotonic() > until:
                break
            frames = frames_of(path)
            cut = quiet_cut(frames) if len(frames) > 2 * FEWEST else None
            if cut is None:
                continue
            done += 1
            try:
                same_over_a_restart(laid, tmp_path / str(number), frames, cut, exact=False)
            except AssertionError as error:
                differing["/".join(path.parts[-3:])] = str(error)[:2000]
    print(f"{done} captures")
    assert done >= 20 and not differing, (done, list(differing), differing)
