"""`watch` from outside: streams, wrong arguments, whole lines whatever ends it."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.cli.test_main import lanwitness
from tests.replaying import PCAPS, ROOT, capture_in

FTP = capture_in(PCAPS / "ftp_login")


def test_a_stream_on_standard_input(tmp_path: Path) -> None:
    run = lanwitness("watch", "-", "--json", "-", stdin=FTP.read_bytes(), state=str(tmp_path))
    found = [json.loads(line) for line in run.stdout.splitlines()]
    assert run.returncode == 0 and found[-1]["record"] == "summary" and found[-1]["parser_failures"] == 0
    assert "--people switches that on" in run.stderr and "consent" in run.stderr
    again = lanwitness("watch", "-", stdin=FTP.read_bytes(), state=str(tmp_path))
    assert again.returncode == 0 and again.stderr == "" and "A password was sent unencrypted" in again.stdout


@pytest.mark.parametrize(
    ("arguments", "status", "message"),
    [
        ([], 2, "which interface? There are: "),
        (["../etc"], 2, "is no name of an interface"),
        (["-", "lo"], 2, "stands alone"),
        (["-", "--flows"], 2, "it needs --json FILE"),
        (["-", "--local-net", "house"], 2, "is not a network"),
        (["-", "--store", ":memory:"], 2, "a store needs a file"),
        (["-", "--store", "postgresql+psycopg://anna:canary@127.0.0.1/lan"], 2, "password_file=FILE"),
        (["-"], 2, "not a capture"),
    ],
)
def test_wrong_arguments_are_refused(arguments: list[str], status: int, message: str) -> None:
    run = lanwitness("watch", *arguments, stdin=b"x" * 100)
    assert run.returncode == status and message in run.stderr


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_leaves_whole_lines_and_a_summary(number: signal.Signals, tmp_path: Path) -> None:
    out = tmp_path / "out.jsonl"
    process = subprocess.Popen(
        [sys.executable, "-m", "sensor", "watch", "-", "--plain", "--json", str(out)],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env={**os.environ, "LANWITNESS_STATE": str(tmp_path)},
    )
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
        f"{sys.executable} -m sensor watch - --json - < {FTP} | head -1",
        shell=True,
        cwd=ROOT,
        capture_output=True,
        timeout=60,
        env={**os.environ},
    )
    assert run.returncode == 0 and b"Traceback" not in run.stderr and json.loads(run.stdout)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--listen", "0.0.0.0"], "need a token"),
        (["--listen", "here"], "is no address"),
        (["--token-file", "/nonexistent"], "cannot be read"),
        (["--folder", "/nonexistent", "eth0"], "either interfaces or --folder"),
    ],
)
def test_metrics_and_folder_arguments(arguments: list[str], message: str) -> None:
    source = [] if "--folder" in arguments else ["-"]
    run = lanwitness("watch", *source, "--metrics-port", "0", *arguments, stdin=FTP.read_bytes())
    assert run.returncode == 2 and message in run.stderr


def test_the_configuration_names_the_store_and_the_channel(tmp_path: Path) -> None:
    config, alerts, store = tmp_path / "home.toml", tmp_path / "alerts.jsonl", tmp_path / "home.db"
    config.write_text(
        f'[store]\npath = "home.db"\nstate = "{tmp_path}/own"\n[alerts]\nlearn_minutes = 0\nfinding = "low"\n'
        '[alerts.file]\npath = "alerts.jsonl"\n',
        "utf-8",
    )
    run = lanwitness("watch", "-", "--plain", "--config", str(config), stdin=FTP.read_bytes(), state="")
    assert run.returncode == 0, run.stderr
    raised = [json.loads(line) for line in alerts.read_text("utf-8").splitlines()]
    assert {"new_device", "finding"} <= {one["kind"] for one in raised}
    [password] = [one for one in raised if one["rule"] == "credential.cleartext" and one["severity"] == "high"]
    assert "A password was sent unencrypted" in password["text"]
    assert store.exists() and (tmp_path / "own" / "fingerprint.key").exists()
    # Again, as after a restart: all of these alerts were raised before.
    again = lanwitness("watch", "-", "--plain", "--config", str(config), stdin=FTP.read_bytes(), state="")
    assert again.returncode == 0 and len(alerts.read_text("utf-8").splitlines()) == len(raised)


def test_what_the_user_muted_before_raises_no_alert(tmp_path: Path) -> None:
    from sensor.store.corrections import Corrections
    from sensor.store.location import store_location

    config, alerts = tmp_path / "home.toml", tmp_path / "alerts.jsonl"
    text = (
        f'[store]\npath = "home.db"\nstate = "{tmp_path}/own"\n[alerts]\nlearn_minutes = 0\n'
        'new_device = false\nverdict_worse = false\nfinding = "info"\n'
    )
    config.write_text(text, "utf-8")
    assert (
        lanwitness("watch", "-", "--plain", "--config", str(config), stdin=FTP.read_bytes(), state="").returncode == 0
    )
    with Corrections(store_location(str(tmp_path / "home.db"))) as corrections:
        corrections.mute(by="anna", rule="credential.cleartext")
    config.write_text(text + '[alerts.file]\npath = "alerts.jsonl"\n', "utf-8")
    assert (
        lanwitness("watch", "-", "--plain", "--config", str(config), stdin=FTP.read_bytes(), state="").returncode == 0
    )
    rules = {one["rule"] for one in map(json.loads, alerts.read_text("utf-8").splitlines())}
    assert "credential.cleartext" not in rules and "transfer.unencrypted" in rules


def test_a_configuration_that_names_a_secret_that_is_not_there(tmp_path: Path) -> None:
    config = tmp_path / "home.toml"
    config.write_text(
        '[store]\npath = "home.db"\n[alerts.webhook]\nurl = "https://h.example"\nsecret_file = "none"\n', "utf-8"
    )
    run = lanwitness("watch", "-", "--config", str(config), stdin=FTP.read_bytes(), state=str(tmp_path))
    assert run.returncode == 2 and "no such file" in run.stderr


@pytest.mark.parametrize(
    ("store", "sentence"),
    [
        ("nowhere/home.db", "no such file or directory"),
        ("notes.txt", "is not a store: the file is no SQLite database"),
        ("postgresql+psycopg://127.0.0.1:1/lan", "the database server cannot be reached"),
    ],
)
@pytest.mark.parametrize("alerts", ["", '[alerts.file]\npath = "alerts.jsonl"\n'])
def test_a_folder_with_a_bad_store_ends_before_a_capture_is_read(
    tmp_path: Path, store: str, sentence: str, alerts: str
) -> None:
    """A capture is taken once: read without a store, it is lost to the store for good."""
    config, folder, out = tmp_path / "home.toml", tmp_path / "drop", tmp_path / "out.jsonl"
    folder.mkdir()
    shutil.copyfile(FTP, folder / "a.pcap")
    (tmp_path / "notes.txt").write_text("these are notes, and no database\n" * 40, "utf-8")
    config.write_text(
        f'[capture]\nfolder = "drop"\n[store]\npath = "{store}"\nstate = "{tmp_path}/own"\n{alerts}', "utf-8"
    )
    run = lanwitness("watch", "--config", str(config), "--json", str(out), state="")
    assert run.returncode == 2 and sentence in run.stderr and len(run.stderr.splitlines()) == 1
    assert not run.stdout and not out.exists() and not (tmp_path / "alerts.jsonl").exists()
    # With a store it is taken: it was not remembered as one that was.
    assert not (tmp_path / "own" / "folders").exists()


def test_captures_of_a_folder_raise_alerts_too(tmp_path: Path) -> None:
    config, alerts, folder = tmp_path / "home.toml", tmp_path / "alerts.jsonl", tmp_path / "drop"
    folder.mkdir()
    shutil.copyfile(FTP, folder / "a.pcap")
    config.write_text(
        f'[capture]\nfolder = "drop"\n[store]\npath = "home.db"\nstate = "{tmp_path}/own"\n'
        '[alerts]\nlearn_minutes = 0\n[alerts.file]\npath = "alerts.jsonl"\n',
        "utf-8",
    )
    process = subprocess.Popen(
        [sys.executable, "-m", "sensor", "watch", "--plain", "--config", str(config)],
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        env={**os.environ, "LANWITNESS_STATE": ""},
    )
    until = time.monotonic() + 60
    while time.monotonic() < until and not (alerts.exists() and b"credential.cleartext" in alerts.read_bytes()):
        time.sleep(0.05)
    process.send_signal(signal.SIGTERM)
    assert process.wait(30) == 0, process.communicate()[1]
    process.communicate()
    raised = [json.loads(line) for line in alerts.read_text("utf-8").splitlines()]
    assert {one["kind"] for one in raised} >= {"new_device", "finding"}


class Process:
    """A `watch -` that was given the FTP capture and waits for more; its records are in ``out``."""

    def __init__(self, folder: Path, *more: str, **options: Any) -> None:
        self.out = folder / "out.jsonl"
        environment = {**os.environ, "LANWITNESS_STATE": str(folder / "state")}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "sensor", "watch", "-", "--plain", "--json", str(self.out), *more],
            cwd=ROOT,
            **{"stdin": subprocess.PIPE, "stdout": subprocess.DEVNULL, "stderr": subprocess.PIPE, **options},
            env=environment,
        )
        assert self.process.stdin is not None
        self.process.stdin.write(FTP.read_bytes())
        self.process.stdin.flush()
        assert self.until(lambda: self.out.exists() and b'"record":"finding"' in self.out.read_bytes())

    def until(self, holds: Callable[[], bool], seconds: float = 60.0) -> bool:
        end = time.monotonic() + seconds
        while not holds() and time.monotonic() < end:
            time.sleep(0.05)
        return holds()

    def end(self) -> tuple[int, str]:
        """Exit status and what was said, after the stream's end."""
        _, sentences = self.process.communicate(timeout=60)
        return self.process.returncode, sentences.decode()


def test_a_hang_up_reads_the_configuration_again_and_opens_the_records_anew(tmp_path: Path) -> None:
    config, alerts = tmp_path / "lanwitness.toml", tmp_path / "alerts.jsonl"
    config.write_text("[retention]\ndays = 30\n")
    watching = Process(tmp_path, "--config", str(config))
    moved = watching.out.rename(tmp_path / "yesterday.jsonl")
    config.write_text(f'[alerts]\nlearn_minutes = 0\nfinding = "high"\n[alerts.file]\npath = "{alerts}"\n')
    watching.process.send_signal(signal.SIGHUP)
    assert watching.until(watching.out.exists)
    config.write_text("[retention]\ndays = none\n")
    watching.process.send_signal(signal.SIGHUP)
    time.sleep(1.0)
    status, sentences = watching.end()
    assert status == 0, sentences
    assert "the configuration was read again" in sentences and "that was read before goes on" in sentences
    old, new = ([json.loads(line) for line in one.read_text().splitlines()] for one in (moved, watching.out))
    assert new[-1]["record"] == "summary" and not [one for one in old if one["record"] == "summary"]


def test_a_terminal_that_is_closed_ends_it_in_good_order(tmp_path: Path) -> None:
    """As when an ssh session is cut: SIGHUP, and each write to the terminal fails."""
    master, slave = os.openpty()
    watching = Process(tmp_path, "--store", str(tmp_path / "home.db"), stdout=slave, stderr=slave)
    os.close(slave)
    os.close(master)
    watching.process.send_signal(signal.SIGHUP)
    assert watching.process.wait(60) == 0
    watching.process.stdin.close()
    assert json.loads(watching.out.read_text().splitlines()[-1])["record"] == "summary"


def test_a_second_one_for_the_same_store_is_refused(tmp_path: Path) -> None:
    store = str(tmp_path / "home.db")
    watching = Process(tmp_path, "--store", store)
    second = lanwitness("watch", "-", "--store", store, stdin=FTP.read_bytes(), state=str(tmp_path / "state"))
    assert second.returncode == 2 and f"process {watching.process.pid}" in second.stderr
    assert watching.end()[0] == 0


def test_a_store_that_could_never_be_written_is_no_success(tmp_path: Path) -> None:
    store = tmp_path / "home.db"
    store.write_bytes(b"no database" * 100)
    run = lanwitness("watch", "-", "--store", str(store), stdin=FTP.read_bytes(), state=str(tmp_path / "state"))
    assert run.returncode == 2 and "the store was never written" in run.stderr and "wait beside it" in run.stderr
    nowhere = str(tmp_path / "no" / "home.db")
    run = lanwitness("watch", "-", "--store", nowhere, stdin=FTP.read_bytes(), state=str(tmp_path / "state"))
    assert run.returncode == 2 and "none is kept anywhere else" in run.stderr


def test_full_records_are_put_aside(tmp_path: Path) -> None:
    assert lanwitness("watch", "-", "--json-size", "0", stdin=b"").returncode == 2
    out = tmp_path / "out.jsonl"
    run = lanwitness("watch", "-", "--json", str(out), "--json-size", "1", stdin=FTP.read_bytes())
    assert run.returncode == 0 and json.loads(out.read_text().splitlines()[-1])["record"] == "summary"
