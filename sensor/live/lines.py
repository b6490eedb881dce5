"""Line output of a live run, for a person, a file or a pipe: one event a line, with its time."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from sensor.catalogue import LANGUAGES, number, worded
from sensor.caveats import hidden_message
from sensor.export.terminal import name_of, page_texts
from sensor.live.health import message_of
from sensor.live.outputs import StatusRepeat
from sensor.live.snapshot import Snapshot
from sensor.records import Record
from sensor.text import safe
from sensor.wording import in_language

LINES_PER_UPDATE = 200
"""Lines of one update; a flood of findings ends in a count."""


class LineOutput:
    """``write`` takes a line without its end. ``full``: nothing else prints what was found, so the end names the
    worst."""

    def __init__(self, write: Callable[[str], None], language: str = LANGUAGES[0]) -> None:
        self._write = write
        self._language = language
        self._words = page_texts(language)
        self._repeat = StatusRepeat()
        self._worst: dict[tuple[str, str], str] = {}
        self._hiding: set[str] = set()
        self._caveats: set[str] = set()

    def update(self, snapshot: Snapshot) -> None:
        """A line for each new device and finding, each verdict that became another, and how the sensor does."""
        names = {device.id: name_of(device, self._language) for device in snapshot.result.devices}
        lines = [line for record in snapshot.delta.records if (line := self._line(record, names, snapshot.delta.fresh))]
        for line in lines[:LINES_PER_UPDATE]:
            self._write(f"{_clock(snapshot.at)}  {line}")
        if len(lines) > LINES_PER_UPDATE:
            more = number(len(lines) - LINES_PER_UPDATE, self._language)
            self._write(f"{_clock(snapshot.at)}  {self._words['live']['lines_more'].format(count=more)}")
        caveats = {"record": "capture", "caveats": snapshot.sensor.more.get("caveats", ())}
        for caveat in in_language(caveats, self._language)["caveats"]:
            if caveat["kind"] not in self._caveats and caveat["kind"] != "hidden":
                self._caveats.add(caveat["kind"])
                self._write(f"{_clock(snapshot.at)}  {safe(caveat['sentence'], 400)}")
        if self._repeat.again(snapshot):
            sentence = message_of(snapshot.watched, self._language) or snapshot.sensor.state
            status = self._words["live"]["status_lost" if snapshot.sensor.dropped else "status"].format(
                sentence=safe(sentence, 400),
                packets=number(snapshot.sensor.packets, self._language),
                lost=number(snapshot.sensor.dropped, self._language),
            )
            self._write(f"{_clock(snapshot.at)}  {status}")

    def _line(self, record: Record, names: dict[str, str], fresh: set[str]) -> str | None:
        kind, live = record["record"], self._words["live"]
        if kind == "device" and record.get("hidden") and record["id"] not in self._hiding:
            self._hiding.add(record["id"])
            message = hidden_message(safe(record["id"], 40), record["hidden"])
            sentence = worded("caveat", *message, self._language)
            if record["id"] not in fresh:
                return sentence
            return str(live["new_hiding"].format(name=names.get(record["id"], ""), sentence=sentence))
        if kind == "device" and record["id"] in fresh:
            return str(live["new_device"].format(name=names.get(record["id"], ""), id=safe(record["id"], 40)))
        if kind == "finding" and record["id"] in fresh and record["severity"] != "info":
            who = names.get(record["device"] or "") or safe(record["device"] or record["server"], 40)
            summary = in_language(record, self._language)["summary"]
            return f"{self._words['severity'][record['severity']]}: {who}: {safe(summary, 400)}"
        if kind == "verdict":
            key = (record["device"], record["capability"])
            before, now = self._worst.get(key), record["status"]
            self._worst[key] = now
            if before is not None and before != now:
                changed = live["changed"].format(
                    device=names.get(record["device"], ""),
                    capability=self._words["topic"][record["capability"]],
                    before=self._words["mark"][before],
                    after=self._words["mark"][now],
                )
                return str(changed)
        return None


def _clock(at: int) -> str:
    """The machine's own time of day, for a person in front of it."""
    return f"{datetime.fromtimestamp(at // 1_000_000_000).astimezone():%Y-%m-%d %H:%M:%S}"
