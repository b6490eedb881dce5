"""Claims about answered logins: none contradicts what tshark shows of the answer."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.replaying import PCAPS, ROOT

sys.path.insert(0, str(ROOT / "bench"))

import accepted
from tshark_logins import Answered

FOLDERS = ("ftp_login", "imap", "pop3", "smtp", "mqtt", "redis", "ldap", "postgresql", "socks5")
FEWEST = {"ftp": 4, "imap": 4, "pop": 4, "smtp": 4, "mqtt": 2, "resp": 2, "ldap": 2, "pgsql": 4, "socks": 2}
"""Protocols of tshark's, and the fewest answered logins that these captures hold of each."""
needs_tshark = pytest.mark.skipif(shutil.which("tshark") is None, reason="tshark is not installed")


def compared(*paths: Path) -> tuple[int, dict[str, Any]]:
    done = subprocess.run(
        [sys.executable, str(ROOT / "bench/accepted.py"), "--json", "-", *map(str, paths)],
        capture_output=True,
        text=True,
        timeout=600,
        cwd=ROOT,
    )
    assert done.stdout, done.stderr
    return done.returncode, json.loads(done.stdout)


def finding(claim: bool | None, *frames: int, count: int = 1) -> dict[str, Any]:
    return {
        "count": count,
        "client": "192.168.1.2:40000",
        "server": "192.168.1.3:21",
        "evidence": [{"capture": "a", "frames": list(frames)}],
        "detail": {"accepted": claim, "basis": None, "scheme": "user/pass"},
    }


def login(answer: bool | None, frame: int) -> Answered:
    return Answered(
        "ftp", frame, frozenset((frame,)), frame + 1, answer, frozenset(("192.168.1.2:40000", "192.168.1.3:21"))
    )


@pytest.mark.parametrize(
    ("answers", "findings", "figure"),
    [
        ([True], [finding(True, 4)], "agree"),
        ([None], [finding(None, 4)], "agree"),
        ([True], [finding(False, 4)], "wrong"),
        ([False], [finding(True, 4)], "wrong"),
        ([None], [finding(True, 4)], "unshown"),
        ([True], [finding(True, 9)], "missed"),
        ([True], [], "missed"),
        ([True], [finding(True, 9, count=2)], "repeated"),
        ([None], [finding(True, 9, count=2)], "repeated"),
        ([True], [finding(False, 9, count=2)], "missed"),
    ],
)
def test_what_counts_as_wrong(answers: list[bool | None], findings: list[dict[str, Any]], figure: str) -> None:
    table = accepted.Table()
    table.add("a", [login(answer, 4) for answer in answers], findings)
    row = vars(table.rows["ftp"])
    counted = {name for name in ("agree", "wrong", "unshown", "repeated", "missed") if row[name]}
    assert counted == {figure} and row["logins"] == 1


@needs_tshark
def test_no_claim_contradicts_tshark() -> None:
    status, table = compared(*(PCAPS / folder for folder in FOLDERS))
    assert status == 0 and table["total"]["wrong"] == 0, table["differences"]
    for protocol, least in FEWEST.items():
        row = table["protocols"][protocol]
        assert row["shown"] >= least and row["agree"] >= least, (protocol, row)
        assert row["true"] and row["false"], protocol


@needs_tshark
@pytest.mark.nightly
def test_no_claim_of_any_capture_contradicts_tshark() -> None:
    status, table = compared(PCAPS)
    assert status == 0 and table["total"]["wrong"] == 0, table["differences"]
    assert table["total"]["shown"] > 100 and table["total"]["missed"] == 0, table["differences"]
