"""Recording of a live run: its changes are written by a thread of its own.

A caller never waits for a disk, and a failing store is a state with a sentence, not an error. What waits is bounded: of
findings the oldest go first.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Protocol

from sensor.light_dataclass import dataclass
from sensor.store.applied_corrections import AppliedCorrections
from sensor.store.change_json import batch_name
from sensor.store.journal import Journal, beside
from sensor.store.location import StoreFailed, StoreLocation, StoreState
from sensor.store.outage_queue import OutageQueue
from sensor.store.types import Change
from sensor.store.waiting_changes import bounded, size

if TYPE_CHECKING:
    from sensor.store.applied_corrections import Correction
    from sensor.store.retention import RetentionLimits, RetentionResult

EVERY = 1.0
"""Seconds between two writes, into the store or its journal: with one in the making, at most two seconds are lost
whenever the program dies."""

COUNTS = 60.0
"""Seconds after which mere counts go from the journal into the store."""

PATIENCE = (1.0, 2.0, 5.0, 10.0, 30.0)
"""Seconds until the next try, after each that failed; the last one again and again."""

CLOSING, MAKING = 2.5, 15.0
"""Seconds in which what waits at the end is written (by then it is in the journal), and more for a new store."""

DRAIN = 1.0
"""Seconds in which an outage queue is written to the store, before what came meanwhile goes into it."""

ORDERS = 5.0
"""Seconds until orders are looked for although nothing is to be written."""

DAY = 86_400.0

POISON = 5
"""Tries after which a change that no store takes, for no reason that is known, is given up: what comes after it must
not wait for ever."""


class Store(Protocol):
    """What a recorder writes to: `sensor.store.writer.Writer`."""

    def change(self, change: Change) -> None:
        """Write. StoreFailed; then nothing of it is written."""

    def batch(self, run: str) -> str | None:
        """The last batch of a run that was written."""

    def corrections(self) -> list[Correction]:
        """What stands."""

    def tidy(self, retention: RetentionLimits, now: int, sensor: str | None = None) -> RetentionResult:
        """Take out what is too old or too much at ``now`` (µs since 1970 UTC), of a shared database what ``sensor``
        wrote."""

    def close(self) -> None:
        """Let go of it."""


@dataclass(frozen=True, slots=True)
class Health:
    """How the store does. ``message`` is a sentence for the user, "" where all is well; times in seconds since 1970
    UTC."""

    state: StoreState
    message: str
    since: float
    written: float | None = None
    """When something was written the last time."""
    waiting: int = 0
    """Records and counts that are not in the store yet."""
    lost: int = 0
    """Records and counts that found no room to wait."""
    on_disk: int = 0
    """Of those that wait, what is in the outage queue: the program's end costs none of it."""


def _writer(where: StoreLocation) -> Store:
    from sensor.store.writer import Writer

    return Writer(where)


class Recorder:
    """A store for a live run. Everything but `close` returns at once. ``retain``: called once a day, from the
    recorder's thread, with the open store and the time in µs since 1970 UTC: it removes what is too old
    (`sensor.removal.daily`).

    ``tell`` is called with the new health, from the recorder's thread, whenever the state changes.
    """

    def __init__(
        self,
        where: StoreLocation,
        notify: Callable[[Health], None] = lambda health: None,
        *,
        retain: Callable[[Store, int], None] | None = None,
        every: float = EVERY,
        counts: float = COUNTS,
        clock: Callable[[], float] = time.time,
        opener: Callable[[StoreLocation], Store] = _writer,
        queue: Callable[[], OutageQueue] | None = None,
        obey: Callable[[Any, OutageQueue | None], None] | None = None,
    ) -> None:
        """``queue``: opens the queue on disk for a database server's outages; OSError. ``obey`` carries out a hub's
        orders, with the open store, before anything is written. Both from the recorder's thread."""
        self.where = where
        self._notify = notify
        self._retain = retain
        self._retained: float | None = None
        self._every = every
        self._counts = counts
        self._steady = time.monotonic
        self._due = self._steady()
        self._journal: Journal | None = None
        self._in_journal: dict[str, Change] = {}
        self._open_queue = queue
        self._obey = obey
        self._queue: OutageQueue | None = None
        self._retry_at = 0.0
        self._attempted = False
        self._urgent = False
        self._unclaimed = False
        self._clock = clock
        self._open = opener
        self._store: Store | None = None
        self._lock = threading.Condition()
        self._waiting: dict[str, Change] = {}
        self._writing: list[Change] = []
        self._closing = False
        self._lost = 0
        self._failures = 0
        self._health = Health(StoreState.OK, "", clock())
        self._applied = AppliedCorrections([], 0)
        self._thread = threading.Thread(target=self._work, name="store", daemon=True)
        self._thread.start()

    def put(self, change: Change, *, urgent: bool = True) -> None:
        """Write this within a second, and until then keep it: later changes of the run are put on top of it. Not
        ``urgent``: mere counts, which are written into the store's journal and with the next change that is urgent, or
        after a minute, into the store."""
        with self._lock:
            self._add(change)
            self._urgent = self._urgent or urgent
            self._lock.notify()

    @property
    def health(self) -> Health:
        """How the store does now."""
        queued, dropped = self._in_queue()
        with self._lock:
            return replace(
                self._health,
                waiting=sum(map(size, [*self._waiting.values(), *self._writing, *self._in_journal.values()])) + queued,
                lost=self._lost + dropped,
                on_disk=queued,
            )

    def _in_queue(self) -> tuple[int, int]:
        """Records and counts in the outage queue, and those for which it had no room."""
        return self._queue.counts if self._queue is not None else (0, 0)

    def in_journal(self) -> int:
        """Records and counts that a later start brings into the store."""
        with self._lock:
            return sum(map(size, self._in_journal.values())) + self._in_queue()[0]

    @property
    def applied_corrections(self) -> AppliedCorrections:
        """The user's corrections as they were at the last transaction: whom to alert of what, without asking the
        store."""
        return self._applied

    def retain(self, retain: Callable[[Store, int], None]) -> None:
        """From now on this removes what is too old."""
        self._retain = retain

    def close(self, timeout: float = CLOSING) -> bool:
        """Write what waits, once more if it must be, and end. False where something could not be written in ``timeout``
        seconds: then it is in the journal, if there can be one, for the next program."""
        with self._lock:
            self._closing = True
            self._lock.notify()
        self._thread.join(timeout)
        if self._health.written is None and not self._failures:
            # A store that is being made, on a machine that is busy: what it is to hold is nowhere else yet.
            self._thread.join(MAKING)
        with self._lock:
            left = self._waiting or self._in_journal or self._in_queue()[0]
            return not left and not self._thread.is_alive()

    def _add(self, change: Change, *, before: bool = False) -> None:
        """``before``: it was there before what has come since."""
        waiting = self._waiting.get(change.run)
        if waiting is not None:
            change = change.then(waiting) if before else waiting.then(change)
        self._waiting[change.run], lost = bounded(change)
        self._lost += lost

    def _work(self) -> None:
        self._open_journal()
        while True:
            with self._lock:
                self._lock.wait_for(lambda: self._waiting or self._closing, self._idle())
                if self._closing and not self._waiting and not self._in_journal and not self._queue:
                    break
                if not self._closing:
                    self._lock.wait_for(lambda: self._closing, self._pause())
                changes, self._waiting = [self._named(change) for change in self._waiting.values()], {}
                urgent, self._urgent = self._urgent or self._closing, False
                self._writing = changes
                last = self._closing
            if last and (self._journaled(changes) or self._queued(changes)):
                # The process may be ended before the store answers.
                changes = []
            if self._queue is not None and (self._queue or self._steady() < self._retry_at):
                # What came first is written first.
                changes = [] if self._queued(changes) else changes
                if not last and self._steady() < self._retry_at:
                    self._put_back(changes)
                    continue
            now_or_never = urgent or self._unclaimed or self._failures or self._queue or self._steady() >= self._due
            if now_or_never or not self._journaled(changes):
                failed = self._written(changes)
                if last and failed:
                    self._leave()
                    break
        if self._store is not None:
            self._store.close()
        if self._journal is not None:
            self._journal.close()
        if self._queue is not None:
            self._queue.close()

    def _pause(self) -> float:
        """Seconds until the next look at what is to be written."""
        if self._queue is not None:
            return self._every if self._failures or not self._queue else 0.0
        return PATIENCE[min(self._failures, len(PATIENCE)) - 1] if self._failures else self._every

    def _named(self, change: Change) -> Change:
        """A database server may have taken a batch although its answer never came: by the name it is known."""
        return change if self._queue is None else replace(change, batch=change.batch or batch_name())

    def _put_back(self, changes: list[Change]) -> None:
        """They wait in memory, before what has come since."""
        with self._lock:
            self._writing = []
            for change in changes:
                self._add(change, before=True)

    def _queued(self, changes: list[Change]) -> bool:
        """What cannot be written now to the outage queue; whether it is all there."""
        if self._queue is None:
            return False
        try:
            while changes:
                self._queue.add(changes[0])
                changes.pop(0)
        except OSError:
            return False
        with self._lock:
            self._writing = []
        return True

    def _leave(self) -> None:
        """What could not be written at the end into the journal: the next program brings it in."""
        with self._lock:
            left, self._waiting = list(self._waiting.values()), {}
        if not self._journaled(left) and not self._queued(left):
            with self._lock:
                self._waiting = {change.run: change for change in left}

    def _idle(self) -> float | None:
        """Seconds until what is in the journal has to be in the store; None where nothing is."""
        if self._queue:
            return 0.0
        if self._obey is not None:
            return ORDERS
        return max(0.0, self._due - self._steady()) if self._in_journal else None

    def _open_journal(self) -> None:
        """What a killed program left in the journal, or in the outage queue, comes first."""
        if self._open_queue is not None:
            try:
                self._queue = self._open_queue()
            except OSError:
                return  # a state folder that cannot be written: what waits is in memory
        path = beside(self.where)
        if path is not None and path.parent.is_dir():
            try:
                self._journal = Journal(path)
            except OSError:
                return  # another program has it, or there can be none: then nothing waits in one
            self._in_journal = {change.run: replace(change, batch=None) for change in self._journal.left}
            self._unclaimed = bool(self._in_journal)

    def _journaled(self, changes: list[Change]) -> bool:
        """Mere counts into the journal; whether they are in it."""
        if self._journal is None:
            return False
        try:
            for change in changes:
                self._journal.add(change)
        except OSError:
            return False
        with self._lock:
            self._writing = []
            for change in changes:
                waiting = self._in_journal.get(change.run)
                self._in_journal[change.run] = change if waiting is None else waiting.then(change)
        return True

    def _all(self, changes: list[Change]) -> list[Change]:
        """What is in the journal and what came since, as one for each run; without what a killed program had written
        already."""
        assert self._store is not None
        by_run = dict(self._in_journal)
        if self._unclaimed and self._journal is not None:
            by_run = {run: change for run, change in by_run.items() if self._store.batch(run) != self._journal.batch}
        for change in changes:
            waiting = by_run.get(change.run)
            by_run[change.run] = change if waiting is None else waiting.then(change)
        batch = self._journal.batch if self._journal is not None else None
        return [replace(change, batch=batch or change.batch) for change in by_run.values()]

    def _written(self, changes: list[Change]) -> bool:
        """Try to write the journal and what came since; what could not be waits on. Whether any could not."""
        done: set[str] = set()
        self._attempted = False
        before = self._in_queue()[0]
        try:
            if self._store is None:
                self._store = self._open(self.where)
                if self._queue is not None:
                    self._queue.resume(self._store.batch)
            if self._obey is not None:
                self._obey(self._store, self._queue)
            if not self._drained(self._store):
                self._put_back(changes)
                changes = []
            for change in self._all(changes):
                self._store.change(change)
                done.add(change.run)
            now = self._clock()
            if self._retain is not None and (self._retained is None or now >= self._retained + DAY):
                self._retain(self._store, int(now * 1_000_000))
                self._retained = now
            self._applied = AppliedCorrections(self._store.corrections(), int(now * 1_000_000))
        except Exception as error:  # noqa: BLE001 - whatever it is, the capture goes on
            self._failed(error, changes, done)
            return True
        self._emptied()
        self._failures = 0
        self._due = self._steady() + self._counts
        # A look for orders writes nothing.
        self._set(StoreState.OK, "", wrote=bool(done) or self._in_queue()[0] < before)
        return False

    def _drained(self, store: Store) -> bool:
        """Write what waits in the outage queue, in its order, for a while; whether nothing is left."""
        until = self._steady() + DRAIN
        while self._queue and (change := self._queue.first(alone=self._failures > 0)) is not None:
            self._attempted = True
            store.change(change)
            self._queue.taken()
            self._attempted = False
            if self._steady() >= until:
                break
        return not self._queue

    def _emptied(self) -> None:
        """All that was in the journal is in the store."""
        with self._lock:
            self._in_journal = {}
            self._unclaimed = False
        if self._journal is not None:
            try:
                self._journal.clear()
            except OSError:
                self._journal.close()
                self._journal = None

    def _failed(self, error: Exception, changes: list[Change], done: set[str]) -> None:
        # A bug's own text may hold rows.
        bug = StoreFailed(f"{self.where.name}: cannot be used ({type(error).__name__})")
        failed = error if isinstance(error, StoreFailed) else bug
        self._failures += 1
        runs = [run for run in (*self._in_journal, *(one.run for one in changes)) if run not in done]
        self._retry_at = self._steady() + PATIENCE[min(self._failures, len(PATIENCE)) - 1]
        poison = failed.state is StoreState.FAILED and self._failures >= POISON
        if poison and self._attempted and self._queue is not None:
            self._lost += self._queue.refused()
            self._failures = 0
        elif poison and runs and self._queue is None:
            given_up = [
                *(one for one in changes if one.run == runs[0]),
                *(one for run, one in self._in_journal.items() if run == runs[0]),
            ]
            self._lost += sum(map(size, given_up))
            self._failures = 0
            done.add(runs[0])
        changes = [one for one in changes if one.run not in done]
        if self._queued(changes):
            changes = []
        with self._lock:
            self._in_journal = {run: change for run, change in self._in_journal.items() if run not in done}
        self._put_back(changes)
        self._let_go()
        self._set(failed.state, str(failed))

    def _let_go(self) -> None:
        """A store that failed is opened anew: the disk may be another one by then."""
        store, self._store = self._store, None
        if store is not None:
            try:
                store.close()
            except StoreFailed:
                return

    def _set(self, state: StoreState, sentence: str, *, wrote: bool = False) -> None:
        now = self._clock()
        with self._lock:
            self._writing = []
            changed = state is not self._health.state
            written = now if wrote else self._health.written
            self._health = Health(state, sentence, now if changed else self._health.since, written)
        if changed:
            self._notify(self.health)
