"""`watch` from outside: streams, wrong arguments, whole lines whatever ends it."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

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
