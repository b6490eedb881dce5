"""The program that reads uploads: its progress, and the store from its environment alone."""

import json
import os
import subprocess
import sys
from pathlib import Path

from dashboard.jobs.read_capture import NICE, STORE, Share
from sensor.store.location import store_location
from sensor.store.reader import StoreReader
from tests.store.keeping import capture

ROOT = Path(__file__).resolve().parents[3]


def run(tmp_path: Path, data: bytes) -> tuple[int, list[dict[str, object]]]:
    (tmp_path / "upload").write_bytes(data)
    found = subprocess.run(
        [sys.executable, "-m", "dashboard.jobs.read_capture", "upload"],
        cwd=tmp_path,
        capture_output=True,
        timeout=120,
        env={**os.environ, STORE: str(tmp_path / "home.db"), "PYTHONPATH": str(ROOT)},
    )
    return found.returncode, [json.loads(line) for line in found.stdout.splitlines()]


def test_a_capture_goes_into_the_store(tmp_path: Path) -> None:
    status, lines = run(tmp_path, capture("ftp_login").read_bytes())
    with StoreReader(store_location(str(tmp_path / "home.db"))) as reader:
        (info,) = reader.runs()
    assert status == 0 and lines[-1] == {"run": info.id} and info.captures == ("upload",)


def test_a_damaged_capture_is_reported(tmp_path: Path) -> None:
    status, lines = run(tmp_path, capture("ftp_login").read_bytes()[:-7])
    assert status == 1 and any("run" in one for one in lines) and any("message" in one for one in lines)


def test_what_is_no_capture_is_reported(tmp_path: Path) -> None:
    status, lines = run(tmp_path, b"GIF89a")
    assert status == 2 and "run" not in lines[-1] and "not a capture" in str(lines[-1]["message"])


def test_progress_is_a_share(capsys: object) -> None:
    class Half:
        size, position = 200, 100

    import contextlib
    import io

    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        share = Share(Half())  # type: ignore[arg-type]
        share.update()
        share.update()
    assert out.getvalue() == '{"share": 0.5}\n' and NICE > 0
