"""`watch` from outside: streams, wrong arguments, whole lines whatever ends it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.replaying import PCAPS, ROOT, capture_in
from tests.test_cli import lanwitness

FTP = capture_in(PCAPS / "ftp_login")


def test_a_stream_on_standard_input(tmp_path: Path) -> None:
    run = lanwitness("watch", "-", "--json", "-", stdin=FTP.read_bytes(), state=str(tmp_path))
    found = [json.loads(line) for line in run.stdout.splitlines()]
    assert run.returncode == 0 and found[-1]["record"] == "summary" and found[-1]["parser_failures"] == 0
    assert "--people switches that on" in run.stderr and "consent" in run.stderr
    again = lanwitness("watch", "-", stdin=FTP.read_bytes(), state=str(tmp_path))
    assert again.returncode == 0 and again.stderr == "" and "A password crossed readable" in again.stdout


@pytest.mark.parametrize(
    ("arguments", "status", "told"),
    [
        ([], 2, "which interface? There are: "),
        (["../etc"], 2, "is no name of an interface"),
        (["-", "lo"], 2, "stands alone"),
        (["-", "--flows"], 2, "it needs --json FILE"),
        (["-", "--local-net", "house"], 2, "is not a network"),
        (["-", "--store", ":memory:"], 2, "a store needs a file"),
        (["-"], 2, "not a capture"),
    ],
)
def test_wrong_arguments_are_told(arguments: list[str], status: int, told: str) -> None:
    run = lanwitness("watch", *arguments, stdin=b"x" * 100)
    assert run.returncode == status and told in run.stderr


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_leaves_whole_lines_and_a_summary(number: signal.Signals, tmp_path: Path) -> None:
    out = tmp_path / "out.jsonl"
    process = subprocess.Popen(
        [sys.executable, "-m", "sensor.cli", "watch", "-", "--plain", "--json", str(out)],
        cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env={**os.environ, "LANWITNESS_STATE": str(tmp_path)},
    )  # fmt: skip
    assert process.stdin is not None
    process.stdin.write(FTP.read_bytes())
    process.stdin.flush()
    until = time.monotonic() + 40
    while time.monotonic() < until and not (out.exists() and b'"record":"finding"' in out.read_bytes()):
        time.sleep(0.05)
    process.send_signal(number)
    assert process.wait(30) == 0
    process.stdin.close()
    assert json.loads(out.read_text().splitlines()[-1])["record"] == "summary"


def test_a_reader_that_leaves_ends_it_quietly() -> None:
    run = subprocess.run(
        f"{sys.executable} -m sensor.cli watch - --json - < {FTP} | head -1", shell=True, cwd=ROOT, capture_output=True, timeout=60,
        env={**os.environ},
    )  # fmt: skip
    assert run.returncode == 0 and b"Traceback" not in run.stderr and json.loads(run.stdout)


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--listen", "0.0.0.0"], "need a token"),
        (["--listen", "here"], "is no address"),
        (["--token-file", "/nonexistent"], "cannot be read"),
        (["--folder", "/nonexistent", "eth0"], "either interfaces or --folder"),
    ],
)
def test_metrics_and_folder_arguments(arguments: list[str], told: str) -> None:
    source = [] if "--folder" in arguments else ["-"]
    run = lanwitness("watch", *source, "--metrics-port", "0", *arguments, stdin=FTP.read_bytes())
    assert run.returncode == 2 and told in run.stderr
