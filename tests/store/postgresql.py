"""A real PostgreSQL for tests, in a folder and on a socket of its own."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from sensor.store.location import StoreLocation, store_location

BIN = next(iter(sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)), None)


@contextmanager
def running() -> Iterator[Server]:
    """A server for as long as the block; where there is none, or no driver, the test is skipped."""
    if BIN is None:
        pytest.skip("needs Debian's postgresql")
    pytest.importorskip("psycopg")
    folder = Path(tempfile.mkdtemp(prefix="lanwitness-pg-"))
    if not os.getuid():
        owner = pwd.getpwnam("postgres")
        os.chown(folder, owner.pw_uid, owner.pw_gid)
    made = Server(folder)
    try:
        yield made
    finally:
        made.stop()
        shutil.rmtree(folder, ignore_errors=True)


class Server:
    """A cluster in a folder, which only this user reaches; it never runs as root."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.settings: list[str] = []
        self._run("initdb", "-D", folder / "data", "-U", "anna", "-A", "trust", "--no-sync", "-E", "UTF8", "--locale=C")
        self.start()
        self._run("createdb", "-h", folder, "-U", "anna", "lan")

    def _command(self, name: str, *arguments: object) -> list[str]:
        assert BIN is not None
        own = [] if os.getuid() else ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"]
        return [*own, str(BIN / name), *map(str, arguments)]

    def _run(self, name: str, *arguments: object) -> None:
        done = subprocess.run(
            self._command(name, *arguments), capture_output=True, text=True, timeout=120, check=False, cwd=self.folder
        )
        assert done.returncode == 0, done.stderr

    def start(self) -> None:
        data = self.folder / "data"
        # In the foreground, so that it is this process's child and ends with it.
        settings = ["-c", "listen_addresses=", "-c", "fsync=off", "-k", str(self.folder), *self.settings]
        self.process = subprocess.Popen(
            self._command("postgres", "-D", data, *settings),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd=self.folder,
        )
        end = time.monotonic() + 60
        while subprocess.run(
            self._command("pg_isready", "-h", self.folder, "-U", "anna"), capture_output=True, cwd=self.folder
        ).returncode:
            assert time.monotonic() < end and self.process.poll() is None
            time.sleep(0.05)

    def stop_immediately(self) -> None:
        """As ``pg_ctl stop -m immediate`` does: no transaction ends, and the next start recovers."""
        self.process.send_signal(signal.SIGQUIT)
        self.process.wait(60)

    def stop(self) -> None:
        # Fast: connections are ended, not waited for (PostgreSQL's manual, 19.5).
        self.process.send_signal(signal.SIGINT)
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def crash(self) -> None:
        """As after a power cut: no connection is ended in good order, and the next start reads the log."""
        self._run("pg_ctl", "stop", "-D", self.folder / "data", "-m", "immediate")
        self.process.wait(20)

    def put(self, name: str, text: str) -> None:
        """A file of the data folder, private to who runs the server."""
        path = self.folder / "data" / name
        path.write_text(text)
        path.chmod(0o600)
        if not os.getuid():
            owner = (self.folder / "data").stat()
            os.chown(path, owner.st_uid, owner.st_gid)

    @property
    def place(self) -> StoreLocation:
        return store_location(f"postgresql+psycopg://anna@/lan?host={self.folder}")
