"""Captures dropped into a folder: each once, in time order, finished ones only, also after a restart."""

from __future__ import annotations

import json
import os
import shutil
import signal
import struct
import subprocess
import sys
import threading
import time
from pathlib import Path

from sensor.live.drop_folder import DropFolder
from tests.replaying import PCAPS, ROOT, capture_in


def capture(start: int, size: int = 40) -> bytes:
    header = struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 1)
    return header + struct.pack("<IIII", start, 0, size, size) + bytes(size)


class Taking:
    """Arrivals taken by a thread; the names in the order they came."""

    def __init__(self, folder: Path, memory: Path) -> None:
        self.sentences: list[str] = []
        self.names: list[str] = []
        self.arrivals = DropFolder(folder, memory, self.sentences.append, every=0.02)
        self._thread = threading.Thread(target=self._take)
        self._thread.start()

    def _take(self) -> None:
        for path in self.arrivals:
            self.names.append(Path(path).name)

    def wait(self, *names: str) -> None:
        until = time.monotonic() + 20
        while len(self.names) < len(names) and time.monotonic() < until:
            time.sleep(0.01)
        time.sleep(0.1)  # one more would be wrong
        assert self.names == list(names)

    def __enter__(self) -> Taking:
        return self

    def __exit__(self, *exc: object) -> None:
        self.arrivals.stop()
        self._thread.join()
        self.arrivals.close()


def test_in_time_order_each_once_also_after_a_restart(tmp_path: Path) -> None:
    folder, memory = tmp_path / "drop", tmp_path / "state" / "taken"
    folder.mkdir()
    for name, start in (("a", 300), ("b", 100), ("c", 200)):
        (folder / name).write_bytes(capture(start))
    (folder / "readme.txt").write_text("no capture")
    (folder / ".hidden").write_bytes(capture(50))
    with Taking(folder, memory) as taking:
        taking.wait("b", "c", "a")
        shutil.copy(folder / "a", folder / "again")  # the same capture under another name
        (folder / "d").write_bytes(capture(400))
        taking.wait("b", "c", "a", "d")
    with memory.open("a") as lines:
        lines.write('{"capt')  # the power went
    (folder / "e").write_bytes(capture(500))
    with Taking(folder, memory) as taking:
        taking.wait("e")
    with Taking(folder, memory) as taking:
        taking.wait()


def test_half_written_files_are_waited_for(tmp_path: Path) -> None:
    folder = tmp_path / "drop"
    folder.mkdir()
    data = capture(100)
    with (folder / "a").open("wb") as writing, Taking(folder, tmp_path / "taken") as taking:
        writing.write(data[:30])
        writing.flush()
        (folder / "b").write_bytes(capture(200))
        taking.wait("b")
        writing.write(data[30:])
        writing.flush()
        taking.wait("b")
        writing.close()
        taking.wait("b", "a")


def test_a_missing_folder_is_reported_once(tmp_path: Path) -> None:
    folder = tmp_path / "drop"
    with Taking(folder, tmp_path / "taken") as taking:
        until = time.monotonic() + 10
        while not taking.sentences and time.monotonic() < until:
            time.sleep(0.01)
        folder.mkdir()
        (folder / "a").write_bytes(capture(1))
        taking.wait("a")
    assert taking.sentences == [f"{folder}: no such file or directory; it is waited for"]


def test_where_there_are_no_leases_age_must_do(tmp_path: Path, monkeypatch: object) -> None:
    path = tmp_path / "a"
    path.write_bytes(capture(1))
    now = path.stat().st_mtime
    found = DropFolder(tmp_path, tmp_path / "state" / "taken", lambda text: None, clock=lambda: now + 10)
    import sensor.live.drop_folder as module

    before = module.fcntl
    try:

        def refused(*_: object) -> int:
            raise OSError(22, "Invalid argument")

        module.fcntl = refused  # type: ignore[assignment]
        status = path.stat()
        stamp = (status.st_size, status.st_mtime_ns)
        assert not found._finished(path, stamp)
        found._clock = lambda: now + 31
        assert found._finished(path, stamp)
    finally:
        module.fcntl = before
        found.close()


def test_the_command_reads_them_as_replay_does(tmp_path: Path) -> None:
    """Two captures, a restart in between: two runs in the store, each finding once."""
    folder, out = tmp_path / "drop", tmp_path / "out.jsonl"
    folder.mkdir()
    command = [
        sys.executable,
        "-m",
        "sensor",
        "watch",
        "--folder",
        str(folder),
        "--plain",
        "--people",
        "--json",
        str(out),
        "--store",
        str(tmp_path / "home.db"),
    ]
    runs: list[str] = []
    for name in ("ftp_login", "mqtt"):
        shutil.copy(capture_in(PCAPS / name), folder / f"{name}.pcap")
        process = subprocess.Popen(
            command,
            cwd=ROOT,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            env={**os.environ, "LANWITNESS_STATE": str(tmp_path)},
        )
        until = time.monotonic() + 40
        while time.monotonic() < until and not (out.exists() and b'"record":"finding"' in out.read_bytes()):
            time.sleep(0.05)
        process.send_signal(signal.SIGTERM)
        _, errors = process.communicate(timeout=40)
        assert process.returncode == 0 and errors == b"", errors
        found = [json.loads(line) for line in out.read_text().splitlines()]
        (one,) = [record for record in found if record["record"] == "capture"]
        assert one["capture"].endswith(f"{name}.pcap") and found[-1]["record"] == "summary"
        runs.append(one["run"])
        out.unlink()
    listed = subprocess.run(
        [sys.executable, "-m", "sensor", "runs", "--store", str(tmp_path / "home.db")],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert all(listed.stdout.count(run) == 1 for run in runs) and len(listed.stdout.splitlines()) == 3
