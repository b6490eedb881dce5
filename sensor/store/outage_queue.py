"""The outage queue: batches of a live run on this disk while its database server is away.

A folder of segments, each a file of lines, one line a batch with its checksum. A line that was cut off when the program
died is left out, and nothing is ever appended to a file of an earlier program: no other line can suffer.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import zlib
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import replace
from itertools import islice, pairwise
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from sensor.files import private_open, write_atomic
from sensor.light_dataclass import dataclass
from sensor.records import Record
from sensor.store.change_json import batch_name, change_from, json_of
from sensor.store.location import StoreLocation
from sensor.store.types import Change, StateKey

SEGMENT = 1_000_000
"""Bytes of a segment: what is read, rewritten or removed at once."""

LONGEST = 600_000_000
"""µs after which a segment is followed by another, however small it is: counts leave by the segment when they are old.
"""

JOINED = 16_000_000
"""Bytes of a segment that was made of two: it is read at once."""

MERGED = 60
"""Batches of mere counts that are written to the store as one."""

SYNCHRONOUS = frozenset({"finding"})
"""Kinds of records that are on the disk, not only with the kernel, before anything else is done."""


@dataclass(frozen=True, slots=True)
class QueueLimits:
    """For how many ``hours`` counts wait, and how many bytes everything may take."""

    hours: float = 24.0
    size: int = 500_000_000


def queue_path(where: StoreLocation, state: Path, source: str) -> Path | None:
    """The folder of a database server's queue for a source, below the state folder; None for a store that is a file."""
    if where.path is not None:
        return None
    # Neither the password nor its place are part of which database it is; a socket's folder is.
    query = parse_qs(urlsplit(where.url or "").query)
    server = [where.name, *query.get("host", ()), *query.get("port", ()), source]
    name = hashlib.sha256("\0".join(server).encode("utf-8", "surrogateescape")).hexdigest()[:16]
    return state / "outage" / name


def waiting_state(folder: Path, run: str) -> dict[StateKey, str | None]:
    """What the batches that wait say a run goes on with: newer than what the store says. Of a queue that cannot be read
    nothing."""
    found: dict[StateKey, str | None] = {}
    with suppress(OSError):
        for path in sorted(folder.glob("*.batches")):
            for line in _lines(path):
                change = None if line.endswith(b'"state":[]}') else _change(line)
                if change is not None and change.run == run:
                    found |= change.state
    return found


@dataclass(slots=True)
class _Segment:
    """A file: its bytes, the records and counts in it, those of them that are mere counts, and when the last batch was
    made (µs since 1970 UTC)."""

    path: Path
    size: int = 0
    waiting: int = 0
    counts: int = 0
    written: int = 0
    began: int = 0


class OutageQueue:
    """An open queue; one program has it. `add` appends a batch, `first` and `taken` give and remove the oldest.

    `waiting` and `dropped` are records and counts: those that wait, and those for which there was no room.
    """

    def __init__(self, folder: Path, limits: QueueLimits | None = None) -> None:
        """Open or make it. Raises OSError where it cannot be, BlockingIOError where another program has it."""
        self.folder = folder
        self.limits = limits or QueueLimits()
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._lock = private_open(folder / "lock", os.O_RDWR)
        self._file: int | None = None
        self._batches: deque[Change] = deque()
        self._handed = 0
        self._refused: set[str | None] = set()
        self._known: Callable[[str], str | None] | None = None
        self.dropped = 0
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            self._segments = deque(self._scan(path) for path in sorted(folder.glob("*.batches")))
        except BaseException:
            os.close(self._lock)
            raise
        last = self._segments[-1].path.stem if self._segments else "0"
        self._next = int(last) + 1 if last.isdecimal() else 1
        self.counts = (0, 0)
        """`waiting` and `dropped` as they were after the last call: for another thread."""
        self._count()

    def _count(self) -> None:
        self.counts = (self.waiting, self.dropped)

    @property
    def waiting(self) -> int:
        """Records and counts in it."""
        return sum(one.waiting for one in tuple(self._segments))

    @property
    def size(self) -> int:
        """Bytes of all segments."""
        return sum(one.size for one in self._segments)

    def __bool__(self) -> bool:
        return bool(self._segments)

    def _scan(self, path: Path) -> _Segment:
        segment = _Segment(path)
        for line in _lines(path):
            head = _Head.read(line)
            if head is None:
                continue
            segment.waiting += head.waiting
            segment.counts += head.counts
            segment.written = max(segment.written, head.written)
            self.dropped += head.dropped
        segment.size = path.stat().st_size
        return segment

    def add(self, change: Change) -> None:
        """Append a batch. Raises OSError; then nothing of it is in the queue."""
        line = _line(change)
        segment = self._segments[-1] if self._file is not None else None
        if segment is None or segment.size + len(line) > SEGMENT or change.written >= segment.began + LONGEST:
            segment = self._begin(change.written)
        assert self._file is not None
        try:
            if os.write(self._file, line) != len(line):
                raise OSError("cut short")
            if any(record["record"] in SYNCHRONOUS for record in change.records):
                os.fdatasync(self._file)
        except OSError:
            # What comes next must not stand on the same line.
            self._end()
            raise
        head = _Head.read(line)
        assert head is not None
        segment.size += len(line)
        segment.waiting += head.waiting
        segment.counts += head.counts
        segment.written = max(segment.written, change.written)
        self._count()

    def _begin(self, now: int) -> _Segment:
        """A new file to append to, and room for it."""
        self._end()
        self._relieve(now)
        path = self.folder / f"{self._next:012}.batches"
        self._file = private_open(path, os.O_WRONLY | os.O_APPEND | os.O_EXCL)
        self._next += 1
        segment = _Segment(path, began=now)
        self._segments.append(segment)
        return segment

    def _end(self) -> None:
        """Nothing more is appended to the last file."""
        if self._file is not None:
            os.close(self._file)
            self._file = None

    def resume(self, known: Callable[[str], str | None]) -> None:
        """Before the first batch of a connection is given. ``known``: the last batch of a run that the store has: it
        and those before it were taken, whatever became of the answer."""
        self._known = known
        self._batches.clear()
        self._handed = 0

    def first(self, *, alone: bool = False) -> Change | None:
        """The oldest batch, with those after it that are mere counts unless it is wanted ``alone``; None where nothing
        waits. The same again until it is `taken`."""
        while not self._batches:
            if not self._segments:
                return None
            if len(self._segments) == 1:
                self._end()
            try:
                self._batches.extend(self._left(_changes(self._segments[0].path)))
            except OSError:
                self.dropped += self._segments[0].waiting
            if not self._batches:
                self._remove_first()
        found = self._batches[0]
        self._handed = 1
        for later in islice(self._batches, 1, 1 if alone else MERGED):
            if not _mergeable(found, later):
                break
            found = replace(found.then(later), batch=later.batch)
            self._handed += 1
        return found

    def _left(self, changes: Iterable[Change]) -> list[Change]:
        """Those that the store has not taken yet, and did not refuse for good."""
        found = [one for one in changes if one.batch not in self._refused]
        if self._known is None:
            return found
        for run in dict.fromkeys(one.run for one in found):
            last = self._known(run)
            names = [one.batch for one in found if one.run == run]
            if last in names:
                done = set(names[: names.index(last) + 1])
                found = [one for one in found if one.run != run or one.batch not in done]
        return found

    def taken(self) -> None:
        """What `first` gave is in the store."""
        for _ in range(self._handed):
            self._batches.popleft()
        self._handed = 0
        if not self._batches:
            self._remove_first()
        self._count()

    def refused(self) -> int:
        """No store will take what `first` gave: it goes. Records and counts in it."""
        gone = list(islice(self._batches, self._handed))
        lost = sum(_weigh(one)[0] for one in gone)
        self._refused.update(one.batch for one in gone)
        self.taken()
        return lost

    def _remove_first(self) -> None:
        segment = self._segments[0]
        if len(self._segments) == 1:
            self._end()
        segment.path.unlink(missing_ok=True)
        self._segments.popleft()
        self._refused.clear()
        self._count()

    def _relieve(self, now: int) -> None:
        """Counts that are too old or too many go, the oldest first; then records of which there is a newer one."""
        before = now - int(self.limits.hours * 3_600_000_000)
        size = self.size
        for segment in self._spare():
            if segment.counts and (segment.written < before or size > self.limits.size):
                size -= segment.size
                self._rewrite(segment, _without_counts)
                size += segment.size
        while self.size > self.limits.size and self._join_two():
            pass

    def _spare(self) -> list[_Segment]:
        """Segments of which nothing is in use."""
        return list(self._segments)[1 if self._batches else 0 :]

    def _join_two(self) -> bool:
        """The two oldest segments that are small enough as one, with each record once; False where there are none, or
        they are no smaller for it. Never the first: the store may have a part of it."""
        pairs = enumerate(pairwise(list(self._segments)[1:]), 1)
        at = next((number for number, (one, other) in pairs if one.size + other.size <= JOINED), None)
        if at is None:
            return False
        one, other = self._segments[at], self._segments[at + 1]
        joined: dict[str, Change] = {}
        for change in (*_changes(one.path), *_changes(other.path)):
            earlier = joined.get(change.run)
            joined[change.run] = change if earlier is None else replace(earlier.then(change), batch=change.batch)
        data = b"".join(_line(change, 0) for change in joined.values())
        if len(data) >= one.size + other.size:
            return False
        write_atomic(other.path, data)
        # A program that is killed here leaves records that are written twice, each in place of itself.
        one.path.unlink(missing_ok=True)
        self._segments[at + 1] = self._scan_again(other)
        del self._segments[at]
        return True

    def _scan_again(self, segment: _Segment) -> _Segment:
        dropped = self.dropped
        found = self._scan(segment.path)
        self.dropped = dropped
        return found

    def _rewrite(self, segment: _Segment, change_of: Callable[[Change], tuple[Change, int]]) -> None:
        """A segment with each batch as ``change_of`` makes it, which also says how much went."""
        lines, gone = [], 0
        for line in _lines(segment.path):
            head = _Head.read(line)
            change = _change(line)
            if head is None or change is None:
                continue
            change, dropped = change_of(change)
            gone += dropped
            lines.append(_line(change, head.dropped + dropped))
        write_atomic(segment.path, b"".join(lines))
        self.dropped += gone
        found = self._scan_again(segment)
        segment.size, segment.waiting, segment.counts = found.size, found.waiting, found.counts

    def forget(self, without: Callable[[Change], Change]) -> None:
        """Rewrite everything that waits as ``without`` gives it back. Raises OSError."""
        self._end()
        for segment in self._segments:
            self._rewrite(segment, lambda change: (without(change), 0))
        self._batches.clear()
        self._handed = 0
        self._count()

    def close(self) -> None:
        """Let go of it; an empty one is taken away."""
        self._end()
        if not self._segments:
            (self.folder / "lock").unlink(missing_ok=True)
            with suppress(OSError):
                self.folder.rmdir()
        os.close(self._lock)


@dataclass(frozen=True, slots=True)
class _Head:
    """What stands before the JSON of a batch, so that it need not be read to be counted."""

    waiting: int
    counts: int
    dropped: int
    written: int

    @staticmethod
    def read(line: bytes) -> _Head | None:
        """None for a line that was cut off or changed."""
        checksum, _, rest = line.rstrip(b"\n").partition(b" ")
        try:
            if int(checksum, 16) != zlib.crc32(rest):
                return None
            return _Head(*map(int, rest.split(b" ", 4)[:4]))
        except (ValueError, TypeError):
            return None


def _line(change: Change, dropped: int = 0) -> bytes:
    waiting, counts = _weigh(change)
    data = {"batch": change.batch or batch_name(), **json_of(change)}
    text = json.dumps(data, separators=(",", ":")).encode()
    rest = b"%d %d %d %d %s" % (waiting, counts, dropped, change.written, text)
    return b"%08x %s\n" % (zlib.crc32(rest), rest)


def _lines(path: Path) -> Iterator[bytes]:
    """Whole lines, without their ends."""
    with path.open("rb") as stream:
        for line in stream:
            if line.endswith(b"\n"):
                yield line[:-1]


def _change(line: bytes) -> Change | None:
    if _Head.read(line) is None:
        return None
    try:
        data: dict[str, Any] = json.loads(line.split(b" ", 5)[5])
        return replace(change_from(data), batch=str(data["batch"]))
    except (ValueError, KeyError, TypeError, IndexError):
        return None


def _changes(path: Path) -> Iterator[Change]:
    for line in _lines(path):
        change = _change(line)
        if change is not None:
            yield change


def _weigh(change: Change) -> tuple[int, int]:
    """Records and counts in it, and those that are mere counts."""
    counts = (
        len(change.traffic) + len(change.captured) + sum(record["record"] == "capture" for record in change.records)
    )
    return len(change.records) + len(change.removed) + len(change.traffic) + len(change.captured), counts


def _is_count(record: Record) -> bool:
    return bool(record["record"] == "capture")


def _without_counts(change: Change) -> tuple[Change, int]:
    records = [record for record in change.records if not _is_count(record)]
    return replace(change, records=records, traffic=[], captured=[]), _weigh(change)[1]


def _mergeable(change: Change, later: Change) -> bool:
    """Whether nothing is lost when both are written as one: when a status changed is known by its batch."""
    return change.run == later.run and all(
        not one.removed and all(record["record"] not in ("provision", "verdict") for record in one.records)
        for one in (change, later)
    )
