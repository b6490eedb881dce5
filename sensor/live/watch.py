"""The loop of `lanwitness watch`: one run over all sources, and regular updates of its outputs.

Blocks are read as they come; without packets time goes on. The only clock, thread and signal of `watch` are here and in
`source`; the outputs are in `outputs`, `lines`, `screen` and `metrics`.
"""

from __future__ import annotations

import hashlib
import os
import queue
import signal
import stat
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import field
from pathlib import Path
from types import FrameType
from typing import Any

from sensor.capture import Block
from sensor.export.records import caveats_of, time_text
from sensor.light_dataclass import dataclass
from sensor.live.delta import Changes, Delta
from sensor.live.evidence import EvidenceOutput
from sensor.live.health import Clock, Watched, caveats_of_mirrors, caveats_of_store, sensor_of
from sensor.live.mirror import Mirror, SourceState, own_addresses
from sensor.live.saved_state import SavedState
from sensor.live.service_notification import ServiceNotification
from sensor.live.snapshot import Output, Snapshot
from sensor.live.source import WAITING, LiveSource
from sensor.live.streams import PacketStream
from sensor.live.traffic_counter import TrafficCounter
from sensor.live.warmup import warm_up
from sensor.model import Flow, Status
from sensor.run import Options, Result, Run
from sensor.run_state import RunState
from sensor.store.recorder import Health
from sensor.store.types import CaptureCount, StateKey
from sensor.vault import Vault

DONE, DAMAGED, UNUSABLE, FAILED_ON, BUG = 0, 1, 2, 3, 70
"""Exit statuses (docs/output.md)."""

LOOK, LONGEST = 1.0, 60.0
"""Seconds between two looks at what has changed: more where a look takes long, so that looking costs at most one part
in `SHARE`."""
SHARE = 20

AT_REST = 60.0
"""Seconds after which it is looked again although no packet came: devices' hours pass, withheld things become due."""

COUNT = 60.0
"""Seconds between two counts of what running flows have moved."""

CAVEATS = 16
"""Kinds of caveats in the sensor's record: there are fewer."""

GAPS_SHOWN = 8
"""Times without a sensor that its record lists, the last ones."""

DRAIN, COUNT_OUT = 2.0, 1.0
"""Seconds in which what was captured until then is still read when it is to end, and then only counted as lost."""


@dataclass(slots=True)
class LiveRun:
    """A live run. ``name`` of the run and ``capture`` (how evidence names it) are fixed from the beginning."""

    streams: Sequence[PacketStream]
    vault: Vault
    options: Options
    name: str
    capture: str
    outputs: Sequence[Output]
    say: Callable[[str], None]
    on_flow: Callable[[Run, Flow], None] | None = None
    accounts: TrafficCounter | None = None
    evidence: EvidenceOutput | None = None
    saved: SavedState | None = None
    """Where the run goes on after a restart; None: nowhere."""
    before: RunState | None = None
    """What an earlier part of the run saved."""
    reload: Callable[[], None] | None = None
    """Called between two blocks after SIGHUP; None: SIGHUP ends the run, the terminal is gone."""
    store: Callable[[], Health | None] | None = None
    """How the store does that the run is written to; None without one."""
    fail_on: Status | None = None
    wall: Callable[[], int] = time.time_ns
    steady: Callable[[], float] = time.monotonic
    service: ServiceNotification = field(default_factory=ServiceNotification)
    run: Run = field(init=False)
    watched: list[Watched] = field(init=False)
    changes: Changes = field(init=False)
    stopping: bool = False
    looks: int = 0
    looking: float = 0.0
    """Seconds spent in looks."""
    _queue: queue.Queue[tuple[LiveSource, Block | None]] = field(init=False)
    _over: int = 0
    """Sources of which everything was read."""
    _heard: float = 0.0
    _captured: dict[int, list[int]] = field(default_factory=dict)
    _dropped: int = 0
    _looked: tuple[int, int] = (-1, -1)
    _snapped: float = 0.0
    _result: Result | None = None
    _reload_due: bool = False

    def __post_init__(self) -> None:
        self._queue = queue.Queue(WAITING)
        own = own_addresses()
        self.watched = [
            Watched(LiveSource(stream, self._queue, self.steady), Mirror(own if stream.lasting else frozenset()))
            for stream in self.streams
        ]
        self.run = Run(self.vault, self.options, self._flow_ended, name=self.name)
        self.changes = Changes()
        if self.before is not None:
            self.run.go_on(self.before)
            self.changes = Changes([*self.before.devices, *self.before.findings])

    def go(self) -> int:
        """Until it is stopped or all streams have ended; the exit status."""
        before = {number: signal.signal(number, self._stop) for number in (signal.SIGINT, signal.SIGTERM)}
        if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:  # else nohup(1) started it
            before[signal.SIGHUP] = signal.signal(signal.SIGHUP, self._hang_up)
        try:
            if any(one.source.stream.lasting for one in self.watched):
                warm_up()
            for one in self.watched:
                one.source.start()
            self.service.ready()
            self._loop()
            self.service.stopping()
            result = self._end()
        finally:
            for one in self.watched:
                one.source.stop()
            for number, handler in before.items():
                signal.signal(number, handler)
        return self._status(result)

    def stop(self) -> None:
        """It is to end in good order."""
        self.stopping = True

    def _hang_up(self, _number: int, _frame: FrameType | None) -> None:
        if self.reload is None:
            _leave_terminal()
            self.stop()
        else:
            self._reload_due = True

    def _stop(self, number: int, _frame: FrameType | None) -> None:
        self.stop()
        # A second time means at once.
        signal.signal(number, signal.default_int_handler if number == signal.SIGINT else signal.SIG_DFL)

    def _loop(self) -> None:
        second = look = count = self.steady()
        clock = Clock(self.wall, self.steady)
        while not self.stopping and self._over < len(self.watched):
            self._take(0.2)
            now = self.steady()
            if self._reload_due and self.reload is not None:
                self._reload_due = False
                self.reload()
            if now >= second:
                second = now + 1.0
                self.service.alive()
                self._second(now, clock)
            if self.accounts is not None and now >= count:
                count = now + COUNT
                self.accounts.running(self.run.pipeline.running())
            if now >= look:
                self._look(now)
                took = self.steady() - now
                self.looking += took
                look = now + took + min(max(LOOK, SHARE * took), LONGEST)

    def _take(self, seconds: float) -> bool:
        """The next block, if one comes in that time."""
        try:
            source, block = self._queue.get(timeout=seconds)
        except queue.Empty:
            return False
        if block is None:
            self._over += 1
            return True
        self._heard = self.steady()
        watched = next(one for one in self.watched if one.source is source)
        block.first_frame = self.run.before.packets + self.run.engine.packets + 1
        before = self.run.engine.bytes
        if self.evidence is not None:
            self.evidence.block(block)
        watched.mirror.see(block, self._heard)
        watched.packets += block.count
        self.run.feed(block)
        hour = self._captured.setdefault(block.table[3] // HOUR, [0, 0, 0])
        hour[0] += block.count
        hour[1] += self.run.engine.bytes - before
        return True

    def _pass_over(self, seconds: float) -> None:
        """The next block, if one comes in that time: it is not read, and its packets count as lost in the end."""
        try:
            _, block = self._queue.get(timeout=seconds)
        except queue.Empty:
            return
        self._over += block is None

    def _count_lost(self) -> None:
        lost = sum(one.lost for one in self.watched)
        if lost > self._dropped:
            self._captured.setdefault(self._now() // HOUR, [0, 0, 0])[2] += lost - self._dropped
            self._dropped = lost

    def _second(self, now: float, clock: Clock) -> None:
        for one in self.watched:
            one.second(now)
            while one.source.ends:
                why = one.source.ends.popleft()
                self.say(why if why.startswith(one.source.name) else f"{one.source.name}: {why}")
        self._count_lost()
        if step := clock.step():
            way = "forward" if step > 0 else "back"
            self.say(f"the clock of this machine was set {way} by {abs(step):,.0f} seconds")
        if self.run.engine.packets and now - self._heard >= 1.0:
            self.run.tick(self._now())

    def _now(self) -> int:
        """The packets' time, gone on since the last of them came."""
        if not self.run.engine.packets:
            return self.wall()
        return self.run.engine.last_time + int((self.steady() - self._heard) * 1e9)

    def _look(self, now: float) -> None:
        engine = self.run.engine
        state = (engine.packets, engine.flows_ended)
        delta = Delta()
        if self._result is None or state != self._looked or now - self._snapped >= AT_REST:
            self._looked, self._snapped = state, now
            self._result = self.run.snapshot(self.capture, self._links())
            self._result.dropped = self._dropped or None
            delta = self.changes.of(self._result, now)
        self.looks += 1
        self._update_outputs(self._result, delta, last=False)

    def _end(self) -> Result:
        for one in self.watched:
            one.source.stop()
        until = self.steady() + DRAIN
        while self._over < len(self.watched) and self.steady() < until:
            # A stream of another program may go on for ever: only what it has brought is read.
            if not self._take(0.05) and not any(one.source.stream.lasting for one in self.watched):
                break
        until += COUNT_OUT if any(one.source.stream.lasting for one in self.watched) else 0.0
        while self._over < len(self.watched) and self.steady() < until:
            self._pass_over(0.05)
        for one in self.watched:
            one.source.join(0.5)
            one.ended()
            one.second(self.steady())
        self._count_lost()
        damage = next((one.source.damage for one in self.watched if one.source.damage), None)
        if self.accounts is not None:
            self.accounts.running(self.run.pipeline.running())
        dropped = self._dropped if any(one.source.stream.lasting for one in self.watched) else None
        result = self.run.finish(self.capture, self._links(), damage, dropped=dropped)
        self._update_outputs(result, self.changes.of(result, self.steady(), last=True), last=True)
        return result

    def _update_outputs(self, result: Result, delta: Delta, *, last: bool) -> None:
        engine, pipeline = self.run.engine, self.run.pipeline
        at = self.wall()
        state: dict[StateKey, str | None] = {}
        if self.saved is not None and (last or self.saved.is_due(self.steady(), new=bool(delta.fresh))):
            state = self.saved.changed(self.run.state(last=last), None if last else self.steady())
        captured = [CaptureCount(hour, *counts) for hour, counts in sorted(self._captured.items())]
        self._captured.clear()
        snapshot = Snapshot(
            now=self._now(),
            at=at,
            steady=self.steady(),
            delta=delta,
            result=result,
            sensor=sensor_of(self.watched, at, engine.bytes, engine.last_time, self.more(result)),
            watched=self.watched,
            traffic=self.accounts.take(result.devices, pipeline.device_of) if self.accounts is not None else [],
            captured=captured,
            last=last,
            state=state,
        )
        for output in self.outputs:
            output.update(snapshot)

    def more(self, result: Result) -> dict[str, Any]:
        """What else there is to show of how the sensor does: each source, what limits it, what is held in memory."""
        health = self.store() if self.store is not None else None
        found = [*caveats_of_store(health), *caveats_of_mirrors(self.watched), *caveats_of(result)]
        # The same sentence once: a mirror's state and what the packets show may agree.
        caveats = {one["kind"]: dict(one) for one in found}
        return {
            "caveats": list(caveats.values())[:CAVEATS],
            "sources": [
                {
                    "source": one.source.name,
                    "state": one.state.word.value,
                    "message": one.state.message,
                    **one.state.data,
                    "captures": one.source.starts,
                    "packets": one.packets,
                    "dropped_packets": one.lost,
                    "lost_share": round(one.lost_share, 6),
                    "vlans": one.mirror.vlans,
                }
                for one in self.watched
            ],
            "live_flows": self.run.engine.live_flows,
            "fingerprint_key": self.vault.label,
            **self._gaps(),
        }

    def _gaps(self) -> dict[str, Any]:
        """How often the run was started, and when nobody listened: in all, and the last times."""
        gaps = self.run.before.gaps_until(self.run.engine.first_time)
        return {
            "starts": self.run.before.starts + 1,
            "not_heard_seconds": round(sum(until - since for since, until in gaps) / 1e9, 3),
            "not_heard": [{"from": time_text(since), "until": time_text(until)} for since, until in gaps[-GAPS_SHOWN:]],
        }

    def _links(self) -> list[str]:
        return list(dict.fromkeys(link for one in self.watched for link in one.source.links()))

    def _flow_ended(self, flow: Flow) -> None:
        if self.accounts is not None:
            self.accounts.flow_ended(flow)
        if self.on_flow is not None:
            self.on_flow(self.run, flow)

    def _status(self, result: Result) -> int:
        if result.failures:
            self.say(f"{result.failures} parser failures: bugs of this program, each cost one flow; please report them")
            return BUG
        failed = 0
        for one in self.watched:
            source = one.source
            failed += source.damage is not None or (source.stream.lasting and source.stream.permanent_failure())
            if source.damage or (source.stream.lasting and source.stream.permanent_failure()):
                why = source.damage or SourceState(one.state.word, source.message).message
                self.say(f"{source.name}: {why}")
        if not result.packets and failed == len(self.watched):
            return UNUSABLE
        order = list(Status)
        judged = {verdict.status for judgement in result.judged.values() for verdict in judgement.verdicts}
        if self.fail_on is not None and any(order.index(status) <= order.index(self.fail_on) for status in judged):
            return FAILED_ON
        return DAMAGED if result.damage else DONE


HOUR = 3600 * 1_000_000_000


def _leave_terminal() -> None:
    """Write to a terminal that is gone no more: each try would fail."""
    with Path(os.devnull).open("r+b", buffering=0) as null:
        for number in (0, 1, 2):
            with suppress(OSError):
                if stat.S_ISCHR(os.fstat(number).st_mode):
                    os.dup2(null.fileno(), number)


def run_name(at: int, capture: str) -> str:
    """``w`` and 12 hex digits of when and on what the run began (ns since 1970): no two are the same."""
    return "w" + hashlib.sha256(f"{at} {capture} {os.getpid()}".encode()).hexdigest()[:12]
