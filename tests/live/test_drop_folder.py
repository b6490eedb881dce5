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

import pytest

from sensor.live import drop_folder as module
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


def watching(tmp_path: Path, *captures: tuple[str, bytes]) -> DropFolder:
    """A folder with these captures; each look at it is a call of `_ready`."""
    folder = tmp_path / "drop"
    folder.mkdir(exist_ok=True)
    for name, data in captures:
        (folder / name).write_bytes(data)
    return DropFolder(folder, tmp_path / "state" / "taken", lambda _: None)


def ready(found: DropFolder) -> list[str]:
    return [path.name for path, _ in found._ready()]


def remembered(tmp_path: Path) -> list[str]:
    return [json.loads(line)["capture"] for line in (tmp_path / "state" / "taken").read_text().splitlines()]


def test_a_file_is_given_at_the_second_look_at_which_it_is_the_same(tmp_path: Path) -> None:
    found = watching(tmp_path, ("a", capture(1)))
    assert [ready(found) for _ in range(3)] == [[], ["a"], []]
    (tmp_path / "drop" / "a").write_bytes(capture(2) + capture(3)[24:])
    assert [ready(found) for _ in range(3)] == [[], ["a"], []]
    (tmp_path / "drop" / "a").unlink()
    assert ready(found) == [] and not found._passed and not found._seen
    found.close()


def test_two_of_the_same_content_are_one(tmp_path: Path) -> None:
    found = watching(tmp_path, ("b", capture(1)), ("a", capture(1)), ("c", capture(0)), ("no", b"no capture"))
    assert ready(found) == [] and ready(found) == ["c", "a"]
    found.close()


@pytest.mark.parametrize(("count", "there"), [(2, True), (3, True), (4, False)])
def test_the_memory_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, count: int, there: bool) -> None:
    """Three names at most: one more takes the place of the oldest, also in the file at the next start."""
    monkeypatch.setattr(module, "REMEMBERED", 3)
    found = watching(tmp_path)
    for number in range(count):
        found._done(f"n{number}")
    assert ("n0" in found._known) is there and len(found._known) == min(count, 3)
    assert remembered(tmp_path) == [f"n{number}" for number in range(count)]
    found.close()
    again = watching(tmp_path)
    assert list(again._known) == [f"n{number}" for number in range(count)][-3:]
    assert remembered(tmp_path) == list(again._known)
    again.close()


def test_a_memory_is_written_anew_only_where_lines_are_too_many(tmp_path: Path) -> None:
    path = tmp_path / "state" / "taken"
    path.parent.mkdir()
    whole = "".join(json.dumps({"capture": name}) + "\n" for name in "abc")
    for text, kept in (
        (whole, whole), (whole + whole, whole), (whole + '{"captu', whole),
        ("[1]\n" + whole + "1\nnull\n", whole), ("", ""),
    ):  # fmt: skip
        path.write_text(text)
        before = path.stat().st_ino
        found = watching(tmp_path)
        assert path.read_text() == kept and list(found._known) == list("abc" if kept else "")
        assert (path.stat().st_ino == before) is (text == kept)
        found.close()


ENDS = module.ENDS


@pytest.mark.parametrize("size", [0, 1, ENDS - 1, ENDS, ENDS + 1, 2 * ENDS - 1, 2 * ENDS, 2 * ENDS + 1])
def test_a_file_is_known_by_size_beginning_and_end(tmp_path: Path, size: int) -> None:
    path = tmp_path / "a"

    def name(data: bytes) -> str:
        path.write_bytes(data)
        return module._name(path, len(data))

    base = name(bytes(size))
    assert base.startswith(f"{size}-") and name(bytes(size)) == base and name(bytes(size + 1)) != base
    for at in {0, min(ENDS, size) - 1, max(size - ENDS, 0), size - 1} if size else ():
        changed = bytearray(size)
        changed[at] = 1
        assert name(bytes(changed)) != base, at
    if size > 2 * ENDS:
        assert name(bytes(ENDS) + b"x" + bytes(ENDS)) == base


@pytest.mark.parametrize(("age", "finished"), [(29.9, False), (30.0, True), (30.1, True)])
def test_without_leases_a_file_is_finished_after_half_a_minute(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, age: float, finished: bool
) -> None:
    def refused(*_: object) -> int:
        raise OSError(22, "Invalid argument")

    monkeypatch.setattr(module, "fcntl", refused)
    path = tmp_path / "a"
    path.write_bytes(b"")
    found = DropFolder(tmp_path, tmp_path / "state" / "taken", lambda _: None, clock=lambda: 1000.0 + age)
    assert found._finished(path, (0, 1_000_000_000_000)) is finished
    found.close()


def test_of_very_many_files_the_first_by_name_are_looked_at(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "FILES", 2)
    found = watching(tmp_path, *((name, capture(number)) for number, name in enumerate("dcba")))
    (tmp_path / "drop" / "aa").mkdir()
    assert ready(found) == [] and ready(found) == ["a"], "a folder takes the second place"
    found.close()


def test_it_is_counted_and_written_down_when_it_was_read(tmp_path: Path) -> None:
    """Not before: after a crash in between it is read again."""
    found = watching(tmp_path, ("a", capture(1)), ("b", capture(2)))
    ready(found)
    taking = iter(found)
    assert Path(next(taking)).name == "a" and (found.taken, remembered(tmp_path)) == (0, [])
    assert Path(next(taking)).name == "b" and found.taken == len(remembered(tmp_path)) == 1
    found.stop()
    assert next(taking, None) is None and found.taken == len(remembered(tmp_path)) == 2
    found.close()
