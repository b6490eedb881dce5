"""The queue of uploaded captures: one process at a time reads them, no file stays once it is read."""

from __future__ import annotations

import fcntl
import json
import os
import queue
import secrets
import shutil
import subprocess
import sys
import tempfile
import threading
import unicodedata
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any

from dashboard.auth.json_file import JsonFile, folder
from dashboard.jobs.read_capture import STORE

WAITING = 5
"""Captures that may wait for their turn."""

LISTED = 30
"""Jobs that are shown, the newest."""

NAMES = 500
"""Names of uploads that are remembered for their runs."""

NAME = 80
"""Characters of a file's name that are shown."""

LINE = 4096
"""Bytes of a line that is accepted from a reader."""

STATES = ("waiting", "reading", "done", "failed", "cancelled")

DONE = frozenset({0, 1, 70})
"""Exit statuses of a replay whose run is in the store (docs/output.md)."""

SENTENCES = {
    0: "Read.",
    1: "Read; some of it was damaged.",
    2: "It could not be read.",
    70: "Read, with a bug of this program on the way: please report it.",
}


class Full(Exception):  # noqa: N818 - a sentence for the user
    """Too many captures wait already."""


@dataclass(slots=True)
class UploadJob:
    """An uploaded capture. ``state``: one of `STATES`. ``share`` of the file read, 0 to 1.

    ``run``: the run in the store that it became.
    """

    id: str
    name: str
    size: int
    sent: str
    by: str
    state: str = "waiting"
    share: float = 0.0
    message: str = ""
    run: str | None = None


class Jobs:
    """The uploads of one application. ``store``: `StoreLocation.argument`; the reader's working directory is another.

    Raises OSError for an unusable folder.
    """

    def __init__(self, place: Path, store: str, command: Callable[[str], list[str]] | None = None) -> None:
        self._names = JsonFile(place / "uploads.json")
        self._store = store
        self._command = command or (lambda name: [sys.executable, "-m", "dashboard.jobs.read_capture", name])
        self._lock = threading.Lock()
        self._jobs: dict[str, UploadJob] = {}
        self._files: dict[str, Path] = {}
        self._queue: queue.Queue[str] = queue.Queue()
        self._child: subprocess.Popen[bytes] | None = None
        self._current: str | None = None
        self._thread: threading.Thread | None = None
        _sweep(folder(place / "uploads"))
        self.folder = Path(tempfile.mkdtemp(dir=place / "uploads"))
        # Locked as long as this process lives: a folder without the lock belongs to a process that is gone.
        self._folder_lock = os.open(self.folder / ".held", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        fcntl.flock(self._folder_lock, fcntl.LOCK_EX | fcntl.LOCK_NB)

    def file(self) -> IO[bytes]:
        """A new file for what is sent in, under a name of ours."""
        return (self.folder / f"part-{secrets.token_hex(8)}").open("x+b")

    def room(self) -> int:
        """Bytes that the disk still has."""
        return shutil.disk_usage(self.folder).free

    @property
    def full(self) -> bool:
        """Whether no further capture is taken now."""
        with self._lock:
            return sum(job.state == "waiting" for job in self._jobs.values()) >= WAITING

    def add(self, part: Path, name: str, by: str) -> UploadJob:
        """Queue a complete file. ``name``: as the browser sent it, for display alone. Raises Full."""
        now = datetime.now(UTC)
        job = UploadJob(secrets.token_hex(8), shown(name), part.stat().st_size, f"{now:%Y-%m-%dT%H:%M:%SZ}", by)
        with self._lock:
            if sum(one.state == "waiting" for one in self._jobs.values()) >= WAITING:
                part.unlink(missing_ok=True)
                raise Full("Too many captures wait to be read. Try again when one of them is done.")
            own = self.folder / job.id
            own.mkdir(mode=0o700)
            self._files[job.id] = part.replace(own / f"upload-{now:%Y%m%d-%H%M%S}")
            self._jobs[job.id] = job
            for old in list(self._jobs)[:-LISTED]:
                if self._jobs[old].state not in ("waiting", "reading"):
                    del self._jobs[old]
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._work, daemon=True)
                self._thread.start()
        self._queue.put(job.id)
        return job

    def jobs(self) -> list[dict[str, Any]]:
        """All that are shown, the newest first."""
        with self._lock:
            return [asdict(job) for job in reversed(self._jobs.values())]

    def names(self) -> dict[str, str]:
        """Run -> the name under which its capture was sent in."""
        return dict(self._names.read().get("names", {}))

    def cancel(self, id: str) -> bool:
        """Stop a job that waits or reads; take one that has ended off the list. False where there is none."""
        with self._lock:
            job = self._jobs.get(id)
            if job is None:
                return False
            if job.state in ("waiting", "reading"):
                job.state = "cancelled"
                if id == self._current and self._child is not None:
                    self._child.kill()
            else:
                del self._jobs[id]
            return True

    def idle(self) -> None:
        """Wait until everything has been read (for tests)."""
        self._queue.join()

    def close(self) -> None:
        """Stop what is being read, and leave no file."""
        with self._lock:
            for job in self._jobs.values():
                if job.state in ("waiting", "reading"):
                    job.state = "cancelled"
            if self._child is not None:
                self._child.kill()
        shutil.rmtree(self.folder, ignore_errors=True)
        os.close(self._folder_lock)

    def _work(self) -> None:
        while True:
            id = self._queue.get()
            try:
                self._read(id)
            finally:
                with self._lock:
                    self._child = self._current = None
                    file = self._files.pop(id)
                shutil.rmtree(file.parent, ignore_errors=True)
                self._queue.task_done()

    def _read(self, id: str) -> None:
        with self._lock:
            job, file = self._jobs[id], self._files[id]
            if job.state != "waiting":
                return
            job.state = "reading"
            self._current = id
            root = str(Path(__file__).resolve().parents[2])
            paths = [root, *filter(None, [os.environ.get("PYTHONPATH")])]
            try:
                self._child = subprocess.Popen(  # noqa: S603 (our own program; the name is ours, too)
                    self._command(file.name),
                    cwd=file.parent,
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.DEVNULL,
                    env={**os.environ, STORE: self._store, "PYTHONPATH": os.pathsep.join(paths)},
                )
            except OSError:
                job.state, job.message = "failed", "No process could be started to read it."
                return
            child = self._child
        assert child.stdout is not None
        with child.stdout as lines:
            while line := lines.readline(LINE):
                self._take_report(job, line, file.name)
        status = child.wait()
        with self._lock:
            if job.state == "cancelled":
                return
            job.state = "done" if job.run is not None and status in DONE else "failed"
            job.share = 1.0
            job.message = job.message or SENTENCES.get(
                status, "The reader broke off. That is a bug of this program: please report it."
            )
        if job.state == "done" and job.run is not None:
            with self._names.change() as content:
                names = content.setdefault("names", {})
                names.pop(job.run, None)
                names[job.run] = job.name
                for run in list(names)[:-NAMES]:
                    del names[run]

    def _take_report(self, job: UploadJob, line: bytes, name: str) -> None:
        try:
            report = json.loads(line)
        except ValueError:
            return
        with self._lock:
            if isinstance(report.get("share"), float):
                job.share = report["share"]
            if isinstance(report.get("run"), str):
                job.run = report["run"]
            if isinstance(report.get("message"), str):
                sentence = report["message"].removeprefix(f"{name}: ")[:300]
                job.message = sentence[:1].upper() + sentence[1:]


def shown(name: str) -> str:
    """A file's name as the browser sent it, for display: its last part, printable. It is never used as a path."""
    last = name.replace("\\", "/").rpartition("/")[2]
    fine = "".join(c for c in last[: 4 * NAME] if unicodedata.category(c)[0] not in "CZ" or c == " ").strip()
    return (fine if len(fine) <= NAME else fine[: NAME - 1] + "…") or "capture"


def _sweep(uploads: Path) -> None:
    """Remove the folders of processes that have ended."""
    for left in uploads.iterdir():
        try:
            with (left / ".held").open("r+") as lock:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except FileNotFoundError:
            continue  # another process is making it just now
        except OSError:
            continue
        shutil.rmtree(left, ignore_errors=True)
