"""Changes of a live run into the store from a thread of its own: whoever brings them never waits for a disk, and trouble with the store is a state, not an error."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Protocol

from sensor.store.decided import Correction, Decided
from sensor.store.kept import Change
from sensor.store.place import Place, State, StoreFailed

if TYPE_CHECKING:
    from sensor.store.retention import Retention, Tidied

EVERY = 1.0
"""Seconds between two transactions: with one in the making, at most two seconds are lost whenever the program dies."""

PATIENCE = (1.0, 2.0, 5.0, 10.0, 30.0)
"""Seconds until the next try, after each that failed; the last one again and again."""

DAY = 86_400.0

POISON = 5
"""Tries after which a change that no store takes, for no reason that is known, is given up: what comes after it must not wait for ever."""

RECORDS = 50_000
"""Records that wait for a store that cannot be written: what a home says in days. Beyond that the oldest go."""

CELLS = 200_000
"""Hourly counts that wait, likewise."""


@dataclass(frozen=True, slots=True)
class Health:
    """How the store does. ``told`` is a sentence for the user ("" where all is well); times in seconds since 1970 UTC."""

    state: State
    told: str
    since: float
    written: float | None = None
    """When something was written the last time."""
    waiting: int = 0
    """Records and counts that are not in the store yet."""
    lost: int = 0
    """Records and counts that found no room to wait."""


class Store(Protocol):
    """What a recorder writes to: `sensor.store.writer.Writer`."""

    def change(self, change: Change) -> None:
        """Write. StoreFailed; then nothing of it is written."""

    def corrections(self) -> list[Correction]:
        """What stands."""

    def tidy(self, retention: Retention, now: int) -> Tidied:
        """Take out what is too old or too much at ``now`` (µs since 1970 UTC)."""

    def close(self) -> None:
        """Let go of it."""


def _writer(where: Place) -> Store:
    from sensor.store.writer import Writer

    return Writer(where)


class Recorder:
    """A store for a live run. Everything but `close` returns at once. ``retention``: what is kept for how long; looked at once a day.

    ``tell`` is called with the new health, from the recorder's thread, whenever the state changes.
    """

    def __init__(
        self,
        where: Place,
        tell: Callable[[Health], None] = lambda health: None,
        *,
        retention: Retention | None = None,
        every: float = EVERY,
        clock: Callable[[], float] = time.time,
        opener: Callable[[Place], Store] = _writer,
    ) -> None:
        self.where = where
        self._tell = tell
        self._retention = retention
        self._tidied: float | None = None
        self._every = every
        self._clock = clock
        self._open = opener
        self._store: Store | None = None
        self._lock = threading.Condition()
        self._waiting: dict[str, Change] = {}
        self._writing: list[Change] = []
        self._closing = False
        self._lost = 0
        self._failures = 0
        self._health = Health(State.OK, "", clock())
        self._decided = Decided([], 0)
        self._thread = threading.Thread(target=self._work, name="store", daemon=True)
        self._thread.start()

    def put(self, change: Change) -> None:
        """Write this soon, and until then keep it: later changes of the run are put on top of it."""
        with self._lock:
            self._add(change)
            self._lock.notify()

    @property
    def health(self) -> Health:
        """How the store does now."""
        with self._lock:
            return replace(
                self._health, waiting=sum(map(_size, [*self._waiting.values(), *self._writing])), lost=self._lost
            )

    @property
    def decided(self) -> Decided:
        """The user's corrections as they were at the last transaction: whom to alert of what, without asking the store."""
        return self._decided

    def close(self, timeout: float = 10.0) -> bool:
        """Write what waits, once more if it must be, and end. False where something could not be written in ``timeout`` seconds."""
        with self._lock:
            self._closing = True
            self._lock.notify()
        self._thread.join(timeout)
        with self._lock:
            return not self._waiting and not self._thread.is_alive()

    def _add(self, change: Change, *, before: bool = False) -> None:
        """``before``: it was there before what has come since."""
        held = self._waiting.get(change.run)
        if held is not None:
            change = change.then(held) if before else held.then(change)
        self._waiting[change.run] = self._bounded(change)

    def _bounded(self, change: Change) -> Change:
        too_many, cells = len(change.records) - RECORDS, len(change.traffic) - CELLS
        if too_many > 0:
            self._lost += too_many
            # Devices and verdicts are few and say the most; findings and what else came first goes.
            findings = [record for record in change.records if record["record"] == "finding"][:too_many]
            gone = {id(record) for record in findings}
            change = replace(change, records=[record for record in change.records if id(record) not in gone][-RECORDS:])
        if cells > 0:
            self._lost += cells
            change = replace(change, traffic=sorted(change.traffic, key=lambda cell: cell.hour)[cells:])
        return change

    def _work(self) -> None:
        while True:
            with self._lock:
                self._lock.wait_for(lambda: self._waiting or self._closing)
                if not self._waiting:
                    break
                pause = PATIENCE[min(self._failures, len(PATIENCE)) - 1] if self._failures else self._every
                if not self._closing:
                    self._lock.wait_for(lambda: self._closing, pause)
                changes, self._waiting = list(self._waiting.values()), {}
                self._writing = changes
                last = self._closing
            failed = self._written(changes)
            if last and failed:
                break
        if self._store is not None:
            self._store.close()

    def _written(self, changes: list[Change]) -> bool:
        """Try to write; what could not be waits on. Whether any could not."""
        for number, change in enumerate(changes):
            try:
                if self._store is None:
                    self._store = self._open(self.where)
                self._store.change(change)
                now = self._clock()
                if self._retention is not None and (self._tidied is None or now >= self._tidied + DAY):
                    self._store.tidy(self._retention, int(now * 1_000_000))
                    self._tidied = now
                self._decided = Decided(self._store.corrections(), int(now * 1_000_000))
            except Exception as error:  # noqa: BLE001 - whatever it is, the capture goes on
                # A bug's own text may hold rows.
                bug = not isinstance(error, StoreFailed)
                failed = StoreFailed(f"{self.where.name}: cannot be used ({type(error).__name__})") if bug else error
                self._failures += 1
                left = changes[number:]
                if getattr(failed, "state", State.FAILED) is State.FAILED and self._failures >= POISON:
                    self._lost += _size(left.pop(0))
                    self._failures = 0
                with self._lock:
                    self._writing = []
                    for one in left:
                        self._add(one, before=True)
                self._let_go()
                self._set(getattr(failed, "state", State.FAILED), str(failed))
                return True
        self._failures = 0
        self._set(State.OK, "")
        return False

    def _let_go(self) -> None:
        """A store that failed is opened anew: the disk may be another one by then."""
        store, self._store = self._store, None
        if store is not None:
            try:
                store.close()
            except StoreFailed:
                return

    def _set(self, state: State, told: str) -> None:
        now = self._clock()
        with self._lock:
            self._writing = []
            changed = state is not self._health.state
            written = now if state is State.OK else self._health.written
            self._health = Health(state, told, now if changed else self._health.since, written)
        if changed:
            self._tell(self.health)


def _size(change: Change) -> int:
    return len(change.records) + len(change.gone) + len(change.traffic) + len(change.caught)
