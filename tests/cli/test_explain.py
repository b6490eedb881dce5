"""`explain --store`: stored packets replace the capture."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import click
import pytest

from tests.cli.test_evidence import home, run, stored

__all__ = ["home"]


@pytest.mark.skipif(shutil.which("tshark") is None and os.environ.get("CI") != "true", reason="tshark is not installed")
def test_explain_takes_the_stored_packets(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    store = stored(home, "ftp_login")
    records = [json.loads(line) for line in (home / "records.jsonl").read_text().splitlines()]
    found = next(r for r in records if r["record"] == "finding" and r["rule"] == "credential.cleartext")
    assert run("explain", found["id"], "--store", store) == 0
    shown = capsys.readouterr().out
    assert "Request command: PASS" in shown and "Request arg: ****" in shown and found["summary"] in shown
    for frame in found["evidence"][0]["frames"]:
        assert f"packet {frame}" in shown


def test_explain_says_what_it_lacks(home: Path) -> None:
    store = stored(home, "ftp_login")
    for arguments, why in (((), "either CAPTURE or --store"), (("--store", store), "no run of this store")):
        with pytest.raises(click.ClickException, match=why):
            run("explain", "000000000000", *arguments)
    records = [json.loads(line) for line in (home / "records.jsonl").read_text().splitlines()]
    name = next(r["id"] for r in records if r["record"] == "finding")
    shutil.rmtree(f"{store}.evidence")
    with pytest.raises(click.ClickException, match="not kept"):
        run("explain", name, "--store", store)
