"""Line output of a live run, for a person, a file or a pipe: one event a line, with its time."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from sensor.catalogue import worded
from sensor.caveats import hidden_message
from sensor.export.terminal import MARKS, name_of
from sensor.live.outputs import StatusRepeat
from sensor.live.snapshot import Snapshot
from sensor.model import Status
from sensor.records import Record
from sensor.text import safe

LINES_PER_UPDATE = 200
"""Lines of one update; a flood of findings ends in a count."""


class LineOutput:
    """``write`` takes a line without its end. ``full``: nothing else prints what was found, so the end names the
    worst."""

    def __init__(self, write: Callable[[str], None]) -> None:
        self._write = write
        self._repeat = StatusRepeat()
        self._worst: dict[tuple[str, str], str] = {}
        self._hiding: set[str] = set()
        self._caveats: set[str] = set()

    def update(self, snapshot: Snapshot) -> None:
        """A line for each new device and finding, each verdict that became another, and how the sensor does."""
        names = {device.id: name_of(device) for device in snapshot.result.devices}
        lines = [line for record in snapshot.delta.records if (line := self._line(record, names, snapshot.delta.fresh))]
        for line in lines[:LINES_PER_UPDATE]:
            self._write(f"{_clock(snapshot.at)}  {line}")
        if len(lines) > LINES_PER_UPDATE:
            self._write(
                f"{_clock(snapshot.at)}  and {len(lines) - LINES_PER_UPDATE:,} more, in the records (--json FILE)"
            )
        for caveat in snapshot.sensor.more.get("caveats", ()):
            if caveat["kind"] not in self._caveats and caveat["kind"] != "hidden":
                self._caveats.add(caveat["kind"])
                self._write(f"{_clock(snapshot.at)}  {safe(caveat['sentence'], 400)}")
        if self._repeat.again(snapshot):
            sentence = snapshot.sensor.message or snapshot.sensor.state
            lost = f", {snapshot.sensor.dropped:,} lost" if snapshot.sensor.dropped else ""
            self._write(f"{_clock(snapshot.at)}  {safe(sentence, 400)} ({snapshot.sensor.packets:,} packets{lost})")

    def _line(self, record: Record, names: dict[str, str], fresh: set[str]) -> str | None:
        kind = record["record"]
        if kind == "device" and record.get("hidden") and record["id"] not in self._hiding:
            self._hiding.add(record["id"])
            new = f"new device: {names.get(record['id'], '')}: " if record["id"] in fresh else ""
            return new + worded("caveat", *hidden_message(safe(record["id"], 40), record["hidden"]))
        if kind == "device" and record["id"] in fresh:
            return f"new device: {names.get(record['id'], '')} ({safe(record['id'], 40)})"
        if kind == "finding" and record["id"] in fresh and record["severity"] != "info":
            who = names.get(record["device"] or "") or safe(record["device"] or record["server"], 40)
            return f"{record['severity']}: {who}: {safe(record['summary'], 400)}"
        if kind == "verdict":
            key = (record["device"], record["capability"])
            before, now = self._worst.get(key), record["status"]
            self._worst[key] = now
            if before is not None and before != now:
                words = [MARKS[Status(one)][0] for one in (before, now)]
                capability = record["capability"].replace("_", " ")
                return f"{names.get(record['device'], '')}: {capability}: {words[0]}, now {words[1]}"
        return None


def _clock(at: int) -> str:
    """The machine's own time of day, for a person in front of it."""
    return f"{datetime.fromtimestamp(at // 1_000_000_000).astimezone():%Y-%m-%d %H:%M:%S}"
