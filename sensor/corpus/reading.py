"""Reading a corpus: what is new is bundled, spread over Dask's workers or read here, and counted."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import field, replace
from typing import Any

from sensor.corpus.batch import Batch, read_batch, row_of
from sensor.corpus.folder import CorpusFolder, CorpusSettings, ManifestRow
from sensor.corpus.inventory import CaptureFile, capture_files, capture_paths, reading_key
from sensor.files import error_reason
from sensor.light_dataclass import dataclass

BUNDLE = 32 * 1024 * 1024
"""Bytes of small captures that are read by one process: its start costs a tenth of that."""

MOST = 256
"""Captures of a bundle."""

INSTALL = "Dask is not installed: pip install 'lanwitness[corpus]', or read with --workers 0"


class NoDask(Exception):  # noqa: N818 - a sentence for the user
    """Dask is not installed, or its scheduler cannot be reached; the text is a sentence."""


@dataclass(frozen=True, slots=True)
class How:
    """How to read: ``workers`` processes on this machine (0: one capture after the other, without Dask), or those of
    the ``scheduler`` at this address; ``timeout``: seconds a capture; ``memory``: bytes a reading process."""

    workers: int = 0
    scheduler: str | None = None
    timeout: float = 600.0
    memory: int = 2 * 1024**3
    shard: tuple[int, int] | None = None


@dataclass(slots=True)
class Outcomes:
    """What came of a reading: captures by outcome, those that were read before, failures with their reasons."""

    counts: Counter[str] = field(default_factory=Counter)
    known: int = 0
    failures: list[ManifestRow] = field(default_factory=list)

    def add(self, rows: Iterable[ManifestRow]) -> None:
        """Count the rows of a batch."""
        for row in rows:
            self.counts[row.outcome] += 1
            if row.outcome in ("failed", "unreadable"):
                self.failures.append(row)


def read_corpus(
    folder: CorpusFolder, settings: CorpusSettings, how: How, say: Callable[[str], None], *, again: bool = False
) -> Outcomes:
    """Read the captures that were not read yet. ``again``: also those that failed. Raises NoCorpus, NoDask, OSError."""
    with folder.locked():
        settings = folder.begin(settings)
        folder.clean()
        if again:
            folder.forget_failures()
        found = Outcomes()
        rows_before = folder.manifest()
        done = {row.key: row for row in rows_before if row.same_as is None}
        listed = {row.path for row in rows_before}
        known = {(row.path, row.size, row.modified): row.sha256 for row in rows_before}
        paths = capture_paths(settings.paths, how.shard, known)
        files = capture_files(paths, known, lambda path, error: say(f"{path}: {error_reason(error, 'cannot be read')}"))
        options = settings.options()
        new: dict[str, CaptureFile] = {}
        equal: list[tuple[str, CaptureFile]] = []
        for file in files:
            key = reading_key(file.sha256, options)
            if key in done or key in new:
                found.known += key in done
                if file.path not in listed and file.path != (done[key].path if key in done else new[key].path):
                    equal.append((key, file))
            else:
                new[key] = file
        for rows in _read(list(_bundled(folder, new, settings, how)), how):
            found.add(rows)
            done.update((row.key, row) for row in rows)
        if equal:
            _note_equal(folder, equal, done)
        return found


def _note_equal(folder: CorpusFolder, equal: list[tuple[str, CaptureFile]], done: dict[str, ManifestRow]) -> None:
    """Files that are equal to one that was read stand in the manifest, too: it has every path."""
    rows = [
        replace(row_of(key, file, outcome=done[key].outcome), run=done[key].run, same_as=done[key].path)
        for key, file in equal
        if key in done
    ]
    names = "".join(sorted(row.path for row in rows))
    folder.write_manifest(f"equal-{hashlib.sha256(names.encode('utf-8', 'surrogateescape')).hexdigest()[:24]}", rows)


def _bundled(folder: CorpusFolder, new: dict[str, CaptureFile], settings: CorpusSettings, how: How) -> Iterator[Batch]:
    """Batches of about `BUNDLE` bytes, the largest captures first: what takes longest begins first."""
    some: list[tuple[str, CaptureFile]] = []
    size = 0
    for key, file in sorted(new.items(), key=lambda one: (-one[1].size, one[1].path)):
        if some and (size + file.size > BUNDLE or len(some) >= MOST):
            yield _batch(folder, some, settings, how)
            some, size = [], 0
        some.append((key, file))
        size += file.size
    if some:
        yield _batch(folder, some, settings, how)


def _batch(folder: CorpusFolder, some: list[tuple[str, CaptureFile]], settings: CorpusSettings, how: How) -> Batch:
    task = hashlib.sha256("".join(key for key, _ in some).encode()).hexdigest()[:32]
    return Batch(task, str(folder.path.resolve()), tuple(some), settings, how.timeout, how.memory)


def _read(batches: Sequence[Batch], how: How) -> Iterator[list[ManifestRow]]:
    """The rows of each batch, in the order in which they end."""
    if how.workers == 0 and how.scheduler is None:
        yield from map(read_batch, batches)
        return
    if not batches:
        return
    with ExitStack() as stack:
        client = _client(stack, how)
        from distributed import as_completed

        # A worker that dies costs its batch nothing but time: parts have the same names at the next try.
        futures = client.map(read_batch, batches, pure=False, retries=3)
        for future in as_completed(futures):
            yield future.result()
            future.release()


def _client(stack: ExitStack, how: How) -> Any:
    """A client of Dask. Raises NoDask."""
    try:
        import dask
        from distributed import Client, LocalCluster
    except ImportError:
        raise NoDask(INSTALL) from None
    stack.enter_context(dask.config.set({"distributed.scheduler.allowed-failures": 10}))
    if how.scheduler is None:
        # Reading happens in processes of its own: a worker only waits for one. None of Dask's pages is served, and its
        # server of states, which has to be there, is for this machine alone, at a free port.
        cluster = LocalCluster(
            n_workers=how.workers,
            threads_per_worker=1,
            memory_limit=None,
            host="127.0.0.1",
            dashboard_address="127.0.0.1:0",
            scheduler_kwargs={"dashboard": False},
            silence_logs=50,
        )
        return stack.enter_context(Client(stack.enter_context(cluster)))
    try:
        return stack.enter_context(Client(how.scheduler, timeout="10s"))
    except (OSError, ValueError) as error:
        raise NoDask(f"the scheduler at {how.scheduler} does not answer ({type(error).__name__})") from None
