"""Lines for a person who reads along."""

from __future__ import annotations

import re
from types import SimpleNamespace
from typing import Any

import pytest

from sensor.live import lines as module
from sensor.live.lines import LINES_PER_UPDATE, LineOutput
from sensor.live.mirror import SourceState
from sensor.model import SensorState
from sensor.store.types import Sensor
from tests.live.watching import data_of, watch
from tests.replaying import PCAPS, capture_in


def test_one_line_one_thing() -> None:
    lines: list[str] = []
    watch(data_of(capture_in(PCAPS / "ftp_login")), LineOutput(lines.append))
    assert all(re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d  \S.*", line) and line.isprintable() for line in lines)
    assert sum(": A password was sent unencrypted over FTP" in line for line in lines) >= 1
    assert any(line[21:].startswith("new device: ") for line in lines)
    assert [line[21:] for line in lines].count("the stream has ended (194 packets)") == 1
    assert not [line for line in lines if line[21:].startswith("info")]


def test_lines_in_german() -> None:
    lines: list[str] = []
    watch(data_of(capture_in(PCAPS / "ftp_login")), LineOutput(lines.append, "de"))
    text = "\n".join(lines)
    assert ": Ein Passwort wurde " in text and "  neues Gerät: " in text and "(Pakete: 194)" in text
    assert "new device" not in text and "A password" not in text and not re.search(r"\b(high|medium|low): ", text)


def test_a_flood_ends_in_a_count(monkeypatch: object) -> None:
    lines: list[str] = []
    before, module.LINES_PER_UPDATE = module.LINES_PER_UPDATE, 2
    try:
        watch(data_of(capture_in(PCAPS / "home")), LineOutput(lines.append))
    finally:
        module.LINES_PER_UPDATE = before
    assert any(re.search(r"and \d+ more, in the records \(--json FILE\)$", line) for line in lines)


def test_that_devices_hide_behind_one_is_said_once() -> None:
    """A record that comes again with every change makes one line."""
    lines: list[str] = []
    output = LineOutput(lines.append)
    record = {"record": "device", "id": "00:b5:6d:00:53:01", "hidden": [{"identity": "Fitbit scale"}]}
    first = output._line(record, {"00:b5:6d:00:53:01": "box"}, {"00:b5:6d:00:53:01"})
    assert first is not None
    assert first.startswith("new device: box: Other devices are hidden behind 00:b5:6d:00:53:01: Fitbit scale.")
    assert output._line(record, {}, set()) is None


def snapshot(*records: Any, fresh: frozenset[str] = frozenset(), steady: float = 0.0, **sensor: Any) -> Any:
    """``records`` as new at the start of 1970; nothing is watched but one source that is well."""
    source = SimpleNamespace(source=SimpleNamespace(starts=1, name="eth1"), state=SourceState(SensorState.OK, "Well."))
    found = Sensor(0, "ok", "", "eth1", sensor.get("packets", 5), 0, sensor.get("dropped", 0), None, {**sensor})
    return SimpleNamespace(
        result=SimpleNamespace(devices=[]), delta=SimpleNamespace(records=records, fresh=fresh), at=0, steady=steady,
        watched=[source], sensor=found, last=False,
    )  # fmt: skip


def texts_of(output: list[str]) -> list[str]:
    """The lines without their times, which are taken out."""
    found = [line.partition("  ")[2] for line in output]
    output.clear()
    return found


def verdict(status: str, device: str = "d") -> Any:
    return {"record": "verdict", "device": device, "capability": "secure_communication", "status": status}


def finding(name: str, severity: str = "high", **more: Any) -> Any:
    record = {"record": "finding", "id": name, "severity": severity, "device": None, "server": "192.0.2.7:80"}
    return {**record, "summary": f"Finding {name}.", **more}


def test_how_the_sensor_does_is_said_with_what_was_lost() -> None:
    lines: list[str] = []
    output = LineOutput(lines.append)
    output.update(snapshot())
    assert texts_of(lines) == ["Well. (5 packets)"]
    output.update(snapshot(steady=1.0))
    assert texts_of(lines) == []
    output.update(snapshot(steady=2.0, packets=1234, dropped=3))
    assert texts_of(lines) == ["Well. (1,234 packets, 3 lost)"]


def test_a_verdict_is_said_when_it_becomes_another() -> None:
    lines: list[str] = []
    output = LineOutput(lines.append)
    output.update(snapshot(verdict("no_violation_seen"), verdict("violated", "e")))
    lines.clear()
    for status in ("no_violation_seen", "violated", "violated"):
        output.update(snapshot(verdict(status)))
    (line,) = texts_of(lines)
    assert line == ": secure communication: clear, now broken"
    back = output._line(verdict("no_violation_seen"), {"d": "plug"}, set())
    assert back == "plug: secure communication: broken, now clear"


def test_only_new_findings_above_a_remark_are_said() -> None:
    lines: list[str] = []
    output = LineOutput(lines.append)
    output.update(snapshot())
    lines.clear()
    found = finding("a"), finding("b", "info"), finding("c"), finding("e", "medium", device="00:00:5e:00:53:01")
    output.update(snapshot(*found, fresh=frozenset("abe")))
    assert texts_of(lines) == ["high: 192.0.2.7:80: Finding a.", "medium: 00:00:5e:00:53:01: Finding e."]
    assert output._line(found[3], {"00:00:5e:00:53:01": "plug"}, {"e"}) == "medium: plug: Finding e."


def test_a_device_is_new_once_and_hides_others_later() -> None:
    output = LineOutput([].append)
    device: Any = {"record": "device", "id": "00:00:5e:00:53:01"}
    names = {device["id"]: "plug"}
    assert output._line(device, names, {device["id"]}) == "new device: plug (00:00:5e:00:53:01)"
    assert output._line(device, names, set()) is None
    hides = {**device, "hidden": [{"identity": "scale"}]}
    sentence = output._line(hides, names, set())
    assert sentence is not None and sentence.startswith("Other devices are hidden behind 00:00:5e:00:53:01: scale")
    assert output._line(hides, names, set()) is None


@pytest.mark.parametrize(("count", "more"), [(LINES_PER_UPDATE, []), (LINES_PER_UPDATE + 1, ["1"])])
def test_two_hundred_lines_are_said_and_the_rest_counted(count: int, more: list[str]) -> None:
    lines: list[str] = []
    output = LineOutput(lines.append)
    output.update(snapshot())
    lines.clear()
    found = [finding(str(number)) for number in range(count)]
    output.update(snapshot(*found, fresh=frozenset(one["id"] for one in found)))
    whole = [f"high: 192.0.2.7:80: Finding {number}." for number in range(LINES_PER_UPDATE)]
    assert texts_of(lines) == whole + [f"and {each} more, in the records (--json FILE)" for each in more]


def test_what_limits_the_view_is_said_once_a_kind() -> None:
    lines: list[str] = []
    output = LineOutput(lines.append)
    output.update(snapshot())
    lines.clear()
    cut, other, hides = ({"kind": kind, "count": 1, "sentence": f"{kind}."} for kind in ("cut", "other", "hidden"))
    output.update(snapshot(caveats=[cut, hides]))
    output.update(snapshot(caveats=[cut, other, hides]))
    assert texts_of(lines) == ["cut.", "other."]
