"""A batch of captures, read in a process of its own.

``python -m sensor.corpus.batch`` takes the job on standard input. The process writes the parts of its records, and the
manifest rows to standard output. What it dies of costs this batch, and nothing of the process that asked for it.
"""

from __future__ import annotations

import ctypes
import errno
import gc
import json
import os
import resource
import signal
import subprocess
import sys
import time
import traceback
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from sensor.corpus.folder import CorpusFolder, CorpusSettings, ManifestRow
from sensor.corpus.inventory import CaptureFile
from sensor.files import error_reason
from sensor.light_dataclass import dataclass
from sensor.text import safe

COMMAND = (sys.executable, "-m", "sensor.corpus.batch")
"""The process that reads a batch."""

PR_SET_PDEATHSIG = 1
"""prctl(2): a signal for a process whose parent has ended."""


@dataclass(frozen=True, slots=True)
class Batch:
    """Captures that are read together. ``task``: its name, made of its captures' keys; ``out``: the corpus's folder;
    ``timeout``: seconds a capture; ``memory``: bytes, 0 for no limit."""

    task: str
    out: str
    captures: tuple[tuple[str, CaptureFile], ...]
    settings: CorpusSettings
    timeout: float
    memory: int

    def alone(self) -> list[Batch]:
        """The same captures, each for itself."""
        return [replace(self, task=key, captures=((key, file),)) for key, file in self.captures]


def read_batch(batch: Batch) -> list[ManifestRow]:
    """Read a batch in a fresh process and write its parts.

    Where that fails, its captures are read once more, each alone in a process of its own, so that only the guilty one
    is a failure. Raises OSError where the folder cannot be written.
    """
    rows = _in_process(batch)
    if isinstance(rows, tuple):
        if len(batch.captures) > 1:
            return [row for one in batch.alone() for row in read_batch(one)]
        kind, reason = rows
        ((key, file),) = batch.captures
        rows = [row_of(key, file, outcome="failed", kind=kind, reason=reason)]
        CorpusFolder(Path(batch.out)).write_manifest(batch.task, rows)
    return rows


def _in_process(batch: Batch) -> list[ManifestRow] | tuple[str, str]:
    """The rows, or kind and reason of a failure."""
    limit = batch.timeout * len(batch.captures)
    pipe = subprocess.PIPE
    with subprocess.Popen(COMMAND, stdin=pipe, stdout=pipe, stderr=pipe) as child:  # noqa: S603 (our own program)
        try:
            answer, errors = child.communicate(json.dumps(asdict(batch)).encode(), timeout=limit)
        except subprocess.TimeoutExpired:
            child.kill()
            return "timeout", f"reading took more than {limit:g} seconds"
    if child.returncode == 0:
        return [ManifestRow(**row) for row in json.loads(answer)]
    if child.returncode == OUT_OF_MEMORY:
        return "memory", f"reading needs more than {batch.memory // 1024**2} MB"
    if child.returncode == NOT_WRITTEN:
        raise OSError(errors.decode("utf-8", "replace").strip() or "the corpus cannot be written")
    if child.returncode == 1:
        last = errors.decode("utf-8", "replace").strip().rpartition("\n")[2].partition(":")[0]
        return "bug", f"a bug of this program ended the reader ({safe(last, 80)}); please report it"
    names = {one.value: one.name for one in signal.Signals}
    return "killed", f"the process that read it ended ({names.get(-child.returncode, f'status {child.returncode}')})"


NO_MEMORY = error_reason(OSError(errno.ENOMEM, os.strerror(errno.ENOMEM)), "")
"""How a sentence on a capture ends that could not be opened for want of memory."""

OUT_OF_MEMORY, NOT_WRITTEN = 71, 73
"""Exit statuses of the process (sysexits(3): EX_OSERR, EX_CANTCREAT)."""


def main() -> int:
    """Read the batch on standard input."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    batch = _batch(json.load(sys.stdin))
    if batch.memory:
        resource.setrlimit(resource.RLIMIT_DATA, (batch.memory, batch.memory))
    try:
        rows = _read(batch)
    except MemoryError:
        return OUT_OF_MEMORY
    except OSError as error:
        sys.stderr.write(f"{batch.out}: {error.strerror}\n")
        return NOT_WRITTEN
    json.dump([asdict(row) for row in rows], sys.stdout)
    return 0


def _read(batch: Batch) -> list[ManifestRow]:
    from sensor.cli._files import facts
    from sensor.cli._options import vault_of
    from sensor.replay import read_records
    from sensor.run import Options

    settings = batch.settings
    options = Options(local=settings.local, facts=facts(settings.facts), flows=settings.flows)
    folder = CorpusFolder(Path(batch.out))
    rows: list[ManifestRow] = []
    found: list[dict[str, Any]] = []
    for key, file in batch.captures:
        began = time.monotonic()
        try:
            records = read_records(file.path, vault_of(reveal=False), options)
        except MemoryError:
            raise
        except Exception as error:  # noqa: BLE001 - a bug of ours costs one capture; its text may hold payload
            last = traceback.extract_tb(error.__traceback__)[-1]
            where = f"{Path(last.filename).name}:{last.lineno}"
            reason = f"a bug of this program: {type(error).__name__} at {where}; please report it"
            rows.append(row_of(key, file, outcome="failed", kind="bug", reason=reason))
            continue
        finally:
            # Runs are cycles with large tables that Python does not weigh. What stays is not searched again.
            gc.collect()
            gc.freeze()
        if isinstance(records, str):
            if records.endswith(NO_MEMORY):
                raise MemoryError
            reason = records.removeprefix(f"{file.path}: ")
            rows.append(row_of(key, file, outcome="unreadable", kind="unreadable", reason=reason))
            continue
        found += records
        damage = next((one["damage"] for one in records if one["record"] == "capture"), None)
        rows.append(
            replace(
                row_of(key, file, outcome="damaged" if damage else "read", reason=damage),
                run=records[0]["run"],
                records=len(records),
                seconds=round(time.monotonic() - began, 3),
            )
        )
    folder.write_records(batch.task, found)
    folder.write_manifest(batch.task, rows)
    return rows


def row_of(key: str, file: CaptureFile, **what: Any) -> ManifestRow:
    """A manifest row of a capture file."""
    return ManifestRow(key, file.path, file.size, file.modified, file.sha256, **what)


def _batch(given: dict[str, Any]) -> Batch:
    settings = given["settings"]
    return Batch(
        given["task"],
        given["out"],
        tuple((key, CaptureFile(**file)) for key, file in given["captures"]),
        CorpusSettings(**{**settings, "paths": tuple(settings["paths"]), "local": tuple(settings["local"])}),
        given["timeout"],
        given["memory"],
    )


if __name__ == "__main__":
    sys.exit(main())
