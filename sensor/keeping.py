"""What a replay reads of a capture into a store: the file is hashed and its flows counted by hour while it is read, the run kept at its end.

Trouble with the store is a sentence and costs nothing else of the replay. SQLAlchemy is loaded when a `Keeping` is made, not before.
"""

from __future__ import annotations

import stat
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO, cast

from sensor.capture import Capture, open_capture
from sensor.export.records import records
from sensor.model import Endpoint
from sensor.run import Result
from sensor.store.digest import Digest
from sensor.store.kept import Keeper, Kept
from sensor.store.place import StoreFailed, place
from sensor.store.traffic import Traffic


class Keeping:
    """The store of a replay. ``failed``: something that was read is not in it, and that was said."""

    def __init__(self, store: str, say: Callable[[str], None]) -> None:
        from sensor.store.writer import Writer

        self.failed = False
        self._say = say
        self._keeper: Keeper | None = None
        try:
            self._keeper = Writer(place(store))
        except StoreFailed as error:
            self._fail(error)

    def begin(self) -> Sitting | None:
        """For a capture that is to be read; None where there is no store to keep it in."""
        return None if self._keeper is None else Sitting(self._keeper, self._fail)

    def _fail(self, error: StoreFailed) -> None:
        self.failed = True
        self._say(f"{error} (nothing of this run is in the store)" if self._keeper is not None else str(error))


class Sitting:
    """One capture on its way into the store."""

    def __init__(self, keeper: Keeper, fail: Callable[[StoreFailed], None]) -> None:
        self._keeper = keeper
        self._fail = fail
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
