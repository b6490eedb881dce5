"""What a replay reads of a capture into a store: the file is hashed and its flows counted by hour while it is read, the run kept at its end.

Trouble with the store is a sentence and costs nothing else of the replay. SQLAlchemy is loaded when a `Keeping` is made, not before.
"""

from __future__ import annotations

import stat
import sys
import time
from collections.abc import Callable, Collection
from pathlib import Path
from typing import BinaryIO, cast

from sensor import config
from sensor.capture import Block, Capture, NotACapture, open_capture
from sensor.evidence.folder import Folder, beside
from sensor.evidence.gather import Recent, read_again
from sensor.evidence.keep import keep
from sensor.evidence.packet import Raw
from sensor.export.records import records
from sensor.model import Endpoint
from sensor.run import Result
from sensor.store.digest import Digest
from sensor.store.kept import Keeper, Kept
from sensor.store.place import StoreFailed, place
from sensor.store.traffic import Traffic
from sensor.vault import Seen, Vault


class Keeping:
    """The store of a replay. ``failed``: something that was read is not in it, and that was said."""

    def __init__(self, store: str, say: Callable[[str], None]) -> None:
        from sensor.store.writer import Writer

        self.failed = False
        self._say = say
        self._keeper: Keeper | None = None
        try:
            where = place(store)
            self._keeper = Writer(where)
            self._folder = Folder(beside(where, config.load().state))
        except StoreFailed as error:
            self._fail(error)

    def begin(self, vault: Vault) -> Sitting | None:
        """For a capture that is to be read; None where there is no store to keep it in. The vault remembers what evidence must not show."""
        if self._keeper is None:
            return None
        vault.seen = Seen()
        return Sitting(self._keeper, self._folder, vault.seen, self._fail, self._say)

    def _fail(self, error: StoreFailed) -> None:
        self.failed = True
        self._say(f"{error} (nothing of this run is in the store)" if self._keeper is not None else str(error))


class Sitting:
    """One capture on its way into the store."""

    def __init__(
        self,
        keeper: Keeper,
        folder: Folder,
        seen: Seen,
        fail: Callable[[StoreFailed], None],
        say: Callable[[str], None],
    ) -> None:
        self._keeper = keeper
        self._folder = folder
        self._seen = seen
        self._fail = fail
        self._say = say
        self._recent: Recent | None = None
        self._digest: Digest | None = None
        self._file = False
        self.traffic = Traffic()

    def open(self, path: str) -> Capture:
        """As `open_capture`, and what is read is hashed."""
        if path == "-":
            stream, size = sys.stdin.buffer, None
        else:
            file = Path(path).open("rb", buffering=0)  # noqa: SIM115 (the Capture closes it)
            status = Path(path).stat()
            self._file, size = stat.S_ISREG(status.st_mode), status.st_size or None
            stream = cast(BinaryIO, file)
        self._digest = Digest(stream)
        return open_capture(path, cast(BinaryIO, self._digest), size)

    def feed(self, block: Block, frames: Callable[[], Collection[int]]) -> None:
        """A block was read. What cannot be read again is remembered for a while, and ``frames`` of findings for longer."""
        if self._file:
            return
        if self._recent is None:
            self._recent = Recent("-", frames)
        self._recent.add(block)

    def _fetch(self, path: str, frames: Collection[int]) -> list[Raw]:
        if self._recent is not None:
            return self._recent.take(frames)
        try:
            return read_again(path, frames)
        except NotACapture:
            return []

    def keep(self, result: Result, device_of: Callable[[Endpoint], str | None]) -> None:
        """Put the run into the store; the capture must still be open."""
        from sensor.store.provenance import tool

        digest = self._digest
        try:
            # A pipe may go on for ever after its capture has ended; a file is hashed to its end.
            sha256 = digest.finish(drain=self._file) if digest is not None else None
        except OSError:
            sha256 = None
        bounds = {**result.bounds, **({"traffic_bytes": self.traffic.lost} if self.traffic.lost else {})}
        kept = Kept(
            run=result.id,
            records=list(records(result)),
            tool=tool(),
            written=time.time_ns() // 1000,
            sha256=sha256,
            size=digest.size if digest is not None and sha256 is not None else None,
            traffic=self.traffic.cells(result.devices, device_of),
            bounds=bounds,
            failures=result.failures,
        )
        try:
            self._keeper.keep(kept)
        except StoreFailed as error:
            self._fail(error)
            return
        try:
            keep(self._folder, kept.run, kept.records, self._seen, self._fetch, kept.written / 1_000_000)
        except OSError as error:
            self._say(
                f"{self._folder.path}: {(error.strerror or 'cannot be written').lower()}; the packets of this run are not kept"
            )
