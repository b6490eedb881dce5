"""Alerts as lines for a person: one each, repeats counted, old files put aside."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from sensor.alerts.plain_log import OLD_FILES, PlainLog
from sensor.alerts.sender import Undelivered
from sensor.alerts.spool import QueuedMessage
from sensor.settings.keys import LogSettings


def message(title: str, minute: int = 0, text: str = "It looks like a plug.") -> QueuedMessage:
    body: dict[str, Any] = {
        "time": f"2026-03-01T10:{minute:02d}:00.000000Z", "severity": "medium", "title": title, "text": text,
    }  # fmt: skip
    return QueuedMessage("1", 0.0, 0.0, body, "x")


def test_a_line_an_alert_and_a_count_for_what_comes_again(tmp_path: Path) -> None:
    path = tmp_path / "log" / "alerts.log"
    channel = PlainLog(LogSettings(str(path)))
    for number, title in enumerate("abbbacc"):
        channel.deliver(message(title, number))
    channel.close()
    assert path.read_text().splitlines() == [
        "2026-03-01 10:00:00 medium: a - It looks like a plug.",
        "2026-03-01 10:01:00 medium: b - It looks like a plug.",
        "2026-03-01 10:04:00 the same 2 times more",
        "2026-03-01 10:04:00 medium: a - It looks like a plug.",
        "2026-03-01 10:05:00 medium: c - It looks like a plug.",
        "2026-03-01 10:06:00 the same once more",
    ]


def test_a_file_that_was_moved_away_is_begun_anew_and_a_full_one_put_aside(tmp_path: Path) -> None:
    path = tmp_path / "alerts.log"
    channel = PlainLog(LogSettings(str(path)))
    channel.deliver(message("a"))
    path.rename(tmp_path / "yesterday")
    channel.deliver(message("b", text=""))
    assert path.read_text() == "2026-03-01 10:00:00 medium: b\n"
    for number in range(8):
        channel.deliver(message(f"{number}", text="x" * 600_000))
    assert len(list(tmp_path.glob("alerts.log*"))) == OLD_FILES + 1


def test_a_folder_that_cannot_be_written_is_reported_and_nothing_is_lost(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    channel = PlainLog(LogSettings(str(tmp_path / "file" / "alerts.log")))
    for _ in range(2):
        with pytest.raises(Undelivered, match="cannot be written"):
            channel.deliver(message("a"))
    channel.close()
