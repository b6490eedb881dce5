"""Lines for a person who reads along."""

from __future__ import annotations

import re

from sensor.live import lines as module
from sensor.live.lines import LineOutput
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
