"""Outputs of a live run: JSON Lines, a store, alerts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import field, replace
from typing import Protocol

from sensor.catalogue import LANGUAGES
from sensor.export.disclosed import ledger_records
from sensor.export.records import Summary, capture_records, flow_record, records
from sensor.export.run_records import without_values
from sensor.export.shaped_lines import Lines
from sensor.light_dataclass import dataclass
from sensor.live.health import sensor_record
from sensor.live.record_file import RecordFile
from sensor.live.snapshot import Snapshot
from sensor.model import Flow
from sensor.records import SummaryRecord
from sensor.run import Run
from sensor.store.location import StoreState
from sensor.store.recorder import Health, Recorder
from sensor.store.types import Change, SensorIdentity, Tool
from sensor.wording import in_language

AGAIN = 600.0
"""Seconds before the sensor's state is reported again although only counters have changed."""

COUNTED = 60.0
"""Seconds before lost packets are reported again while more are lost, and between two writes of the capture's own
record."""


class StatusRepeat:
    """Whether the sensor's state is due to be reported again."""

    def __init__(self) -> None:
        self._state: tuple[str, int] = ("", 0)
        self._dropped = self._packets = 0
        self._at = 0.0

    def again(self, snapshot: Snapshot) -> bool:
        """True where its state is another one, a capture began anew, packets were lost, or it was long ago; at the end,
        where more came since."""
        state = (snapshot.sensor.state, sum(one.source.starts for one in snapshot.watched))
        dropped, at = snapshot.sensor.dropped, snapshot.steady
        lost = dropped > self._dropped and (not self._dropped or at - self._at >= COUNTED)
        more = snapshot.last and snapshot.sensor.packets != self._packets
        if state == self._state and not lost and not more and at - self._at < AGAIN:
            return False
        self._state, self._dropped, self._at, self._packets = state, dropped, at, snapshot.sensor.packets
        return True


class JsonOutput:
    """Records as they come, whole lines at each look; the summary as the last line."""

    def __init__(
        self,
        lines: Lines,
        run: str,
        steady: Callable[[], float],
        language: str = LANGUAGES[0],
        file: RecordFile | None = None,
    ) -> None:
        self._lines = lines
        self._language = language
        self._file = file
        self._run = run
        self._steady = steady
        self._began = steady()
        self._repeat = StatusRepeat()
        self._flows = 0

    def flow(self, run: Run, flow: Flow) -> None:
        """A flow that ended."""
        pipeline = run.pipeline
        self._flows += 1
        device = pipeline.device_of(flow.client) or pipeline.device_of(flow.server)
        self._lines.write(flow_record(self._run, flow, device))

    def update(self, snapshot: Snapshot) -> None:
        """Write what is new."""
        for one in snapshot.delta.removed:
            self._lines.write({"record": "gone", "run": self._run, "kind": one.kind, "id": one.id})
        for record in snapshot.delta.records:
            self._lines.write(in_language(record, self._language))
        if self._repeat.again(snapshot):
            self._lines.write(in_language(sensor_record(self._run, snapshot.sensor), self._language))
        if snapshot.last:
            for closing in (*ledger_records(snapshot.result), *capture_records(snapshot.result)):
                self._lines.write(in_language({**closing}, self._language))
            self._lines.write(self._summary(snapshot))
        self._lines.flush()
        if self._file is not None and not snapshot.last:
            self._file.put_aside_if_full()

    def reopen(self) -> None:
        """Begin the file anew where it was moved away. OSError."""
        self._lines.flush()
        if self._file is not None:
            self._file.reopen()

    def _summary(self, snapshot: Snapshot) -> SummaryRecord:
        """Counts what there is at the end, not how often it was written."""
        summary = Summary()
        for record in records(snapshot.result):
            summary.count(record)
        for ledger in ledger_records(snapshot.result):
            summary.count(ledger)
        if self._flows:
            summary.kinds["flow"] = self._flows
        summary.add(snapshot.result)
        return summary.record(self._steady() - self._began, [self._run])


@dataclass(slots=True)
class StoreOutput:
    """A store, written to by a thread of its own: what is new goes there at once, mere counts with it or after a
    while."""

    recorder: Recorder
    run: str
    tool: Tool
    identity: SensorIdentity | None = None
    _capture_due: float = 0.0
    _repeat: StatusRepeat = field(default_factory=StatusRepeat)

    def update(self, snapshot: Snapshot) -> None:
        """Hand over what is new; at the end wait until it is written."""
        change = replace(change_of(self.run, self.tool, snapshot), identity=self.identity, state=dict(snapshot.state))
        if snapshot.last or snapshot.steady >= self._capture_due:
            self._capture_due = snapshot.steady + COUNTED
            change.records.extend({**record} for record in capture_records(snapshot.result))
        again = self._repeat.again(snapshot)
        if again or change.records or change.removed or change.traffic or change.captured or snapshot.last:
            self.recorder.put(change, urgent=again or snapshot.delta.urgent or bool(change.state))
        if snapshot.last:
            self.recorder.close()


def store_sentence(health: Health) -> str:
    """A store's health for a person; listening never stops for it."""
    if health.state is StoreState.OK:
        return "the store is written again"
    where = ", what is found waits on this disk" if health.on_disk else ""
    return f"{health.message}; listening goes on{where}, and it is tried again"


class AlertOutput(Protocol):
    """What raises alerts (`sensor.alerts`)."""

    def update(self, change: Change, now: float | None = None) -> None:
        """What has changed at ``now`` (seconds since 1970 UTC)."""

    def close(self) -> None:
        """Keep what is known and end."""


@dataclass(slots=True)
class AlarmOutput:
    """An output that hands changes to the alerts."""

    alerts: AlertOutput | None
    """None: the configuration names no channel (now; it may be read again)."""
    run: str
    tool: Tool

    def update(self, snapshot: Snapshot) -> None:
        """Also when nothing changed: repeats and quiet hours are a matter of time."""
        if self.alerts is not None:
            self.alerts.update(change_of(self.run, self.tool, snapshot), snapshot.at / 1e9)


def change_of(run: str, tool: Tool, snapshot: Snapshot) -> Change:
    """A snapshot as a store and alerts take it. Secrets are not revealed there: their values are left out."""
    result = snapshot.result
    return Change(
        run=run,
        tool=tool,
        written=snapshot.at // 1000,
        records=[without_values(record) for record in snapshot.delta.records],
        removed=list(snapshot.delta.removed),
        traffic=snapshot.traffic,
        captured=snapshot.captured,
        sensor=snapshot.sensor,
        bounds=dict(result.bounds),
        failures=result.failures,
        at=snapshot.now // 1000,
    )
