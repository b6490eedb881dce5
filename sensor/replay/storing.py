"""Storing of replayed captures: hashes and hourly bytes on the way, run and packets at the end.

A failing store is reported in a sentence and costs nothing else of the replay. SQLAlchemy is loaded when a `RunStore`
is made, not before.
"""

from __future__ import annotations

import stat
import sys
import time
from collections.abc import Callable, Collection, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, cast

from sensor import config
from sensor.capture import Block, Capture, NotACapture, open_capture
from sensor.capture.join import Part
from sensor.capture.join import place as place_of
from sensor.evidence.fetch import FrameRing, read_frames
from sensor.evidence.packet import CapturedFrame
from sensor.evidence.recorder import record_run
from sensor.evidence.storage import EvidenceFolder, evidence_path
from sensor.export.records import records
from sensor.files import error_reason
from sensor.model import Endpoint
from sensor.records import Record
from sensor.run import Result
from sensor.store.digest import Digest
from sensor.store.location import StoreFailed, store_location
from sensor.store.traffic import Traffic
from sensor.store.types import Keeper, StoredRun
from sensor.vault import MaskedValues, Vault
from sensor.verdicts.facts import Facts

if TYPE_CHECKING:
    from sensor.store.writer import Writer


class NotifyingKeeper:
    """A keeper that passes on each run once it is stored."""

    def __init__(self, keeper: Keeper, notify: Callable[[StoredRun], None]) -> None:
        self._keeper = keeper
        self._notify = notify

    def keep(self, stored_run: StoredRun) -> None:
        """Store it, then pass it on. Raises StoreFailed; then it is not passed on."""
        self._keeper.keep(stored_run)
        self._notify(stored_run)


class RunStore:
    """The store of a replay. ``failed``: something that was read is not in it, and that was said."""

    def __init__(
        self, store: str, say: Callable[[str], None], notify: Callable[[StoredRun], None] | None = None
    ) -> None:
        """``notify`` is called with each stored run."""
        from sensor.store.writer import Writer

        self.failed = False
        self._say = say
        self._keeper: Keeper | None = None
        self._writer: Writer | None = None
        try:
            where = store_location(store)
            self._writer = Writer(where)
            self._keeper = self._writer if notify is None else NotifyingKeeper(self._writer, notify)
            self._folder = EvidenceFolder(evidence_path(where, config.load().state))
        except StoreFailed as error:
            self._fail(error)

    def begin(self, vault: Vault) -> StoreSink | None:
        """For a capture that is to be read; None where there is no store to keep it in. The vault remembers what
        evidence must not show."""
        if self._keeper is None:
            return None
        vault.seen = MaskedValues()
        return StoreSink(self._keeper, self._folder, vault.seen, self._fail, self._say)

    def close(self) -> None:
        """Let go of it: only then is all of an SQLite store in its file, and no log beside it."""
        if self._writer is not None:
            self._writer.close()

    def _fail(self, error: StoreFailed) -> None:
        self.failed = True
        self._say(f"{error} (nothing of this run is in the store)" if self._keeper is not None else str(error))


class StoreSink:
    """One capture on its way into the store."""

    def __init__(
        self,
        keeper: Keeper,
        folder: EvidenceFolder,
        seen: MaskedValues,
        fail: Callable[[StoreFailed], None],
        say: Callable[[str], None],
    ) -> None:
        self._keeper = keeper
        self._folder = folder
        self._seen = seen
        self._fail = fail
        self._say = say
        self._recent: FrameRing | None = None
        self._digests: dict[str, Digest] = {}
        self._files: set[str] = set()
        self._unseekable = ""
        self._hashed: dict[str, tuple[str | None, int]] = {}
        self.traffic = Traffic()

    def open(self, path: str) -> Capture:
        """As `open_capture`, and what is read is hashed."""
        if path == "-":
            stream, size = sys.stdin.buffer, None
        else:
            file = Path(path).open("rb", buffering=0)  # noqa: SIM115 (the Capture closes it)
            status = Path(path).stat()
            size = status.st_size or None
            if stat.S_ISREG(status.st_mode):
                self._files.add(path)
            stream = cast(BinaryIO, file)
        digest = self._digests[path] = Digest(stream)
        return open_capture(path, cast(BinaryIO, digest), size)

    def ended(self, path: str) -> None:
        """A capture was read, and is still open: the rest of its file is hashed."""
        digest = self._digests[path]
        try:
            # A pipe may go on for ever after its capture has ended; a file is hashed to its end.
            self._hashed[path] = (digest.finish(drain=path in self._files), digest.size)
        except OSError:
            self._hashed[path] = (None, digest.size)

    def feed(self, block: Block, frames: Callable[[], Collection[int]], parts: Sequence[Part] = ()) -> None:
        """A block was read, of one of the ``parts``. What cannot be read again is remembered for a while, and
        ``frames`` of findings for longer."""
        if parts:
            part, first = place_of(block.first_frame)
            path = parts[part].path
        else:
            (path,) = self._digests
            part, first = 0, block.first_frame
        if path in self._files:
            return
        if self._recent is None:
            self._recent = FrameRing("-", lambda: {frame for of, frame in map(place_of, frames()) if of == part})
            self._unseekable = path
        self._recent.add(Block(block.data, block.table, block.count, first))

    def _fetch(self, path: str, frames: Collection[int]) -> list[CapturedFrame]:
        if self._recent is not None and path == self._unseekable:
            return self._recent.take(frames)
        try:
            return read_frames(path, frames)
        except NotACapture:
            return []

    def keep(self, result: Result, device_of: Callable[[Endpoint], str | None], facts: Facts | None = None) -> None:
        """Put the run into the store, its packets and the lab's facts beside it; the capture must still be open."""
        from sensor.store.provenance import tool

        for path in [path for path in self._digests if path not in self._hashed]:
            self.ended(path)
        bounds = {**result.bounds, **({"traffic_bytes": self.traffic.lost} if self.traffic.lost else {})}
        stored_run = StoredRun(
            run=result.id,
            records=[self._with_hash(record) for record in records(result)],
            tool=tool(),
            written=time.time_ns() // 1000,
            traffic=self.traffic.cells(result.devices, device_of),
            bounds=bounds,
            failures=result.failures,
        )
        try:
            self._keeper.keep(stored_run)
        except StoreFailed as error:
            self._fail(error)
            return
        try:
            record_run(
                self._folder,
                stored_run.run,
                stored_run.records,
                self._seen,
                self._fetch,
                stored_run.written / 1_000_000,
            )
            self._folder.put_facts(stored_run.run, facts.name if facts else "", facts.source if facts else "")
        except OSError as error:
            self._say(
                f"{self._folder.path}: {error_reason(error, 'cannot be written')}; the packets of this run are not kept"
            )

    def _with_hash(self, record: Record) -> Record:
        """A capture's record with what its file is known by, where all of it was read."""
        if record["record"] == "capture":
            sha256, size = self._hashed.get(record["capture"], (None, 0))
            record.update(sha256=sha256, size=size if sha256 is not None else None)
            if record["capture"] in self._files:
                # It may be named from another folder later.
                record["path"] = str(Path(record["capture"]).absolute())
        return record
