"""Prevalence: shares with their denominators, as page and rows."""

from __future__ import annotations

import csv
import io
from pathlib import Path

from tests.corpus.corpora import run
from tests.replaying import PCAPS, capture_in, of, replayed


def test_prevalence_has_denominators(study: Path, tmp_path: Path) -> None:
    status, text = run("report", str(study), "--csv", "-", "--html", str(tmp_path / "page.html"))
    rows = list(csv.DictReader(io.StringIO(text)))
    assert status == 0 and rows
    home = [one for name in ("ftp_login", "home") for one in replayed(capture_in(PCAPS / name))]
    judged = {(one["run"], one["device"]) for one in of(home, "verdict")}
    makers = {(one["run"], one["id"]): (one["vendor"] or {}).get("value", "") for one in of(home, "device")}
    for row in rows:
        mine = {one for one in judged if makers[one] == row["maker"]}
        hit = {
            (f["run"], f["device"]) for f in of(home, "finding") if f["rule"] == row["rule"] and f["severity"] != "info"
        }
        assert (int(row["devices"]), int(row["devices_with_it"])) == (len(mine), len(mine & hit)), row
    page = (tmp_path / "page.html").read_text("utf-8")
    assert (
        "2 captures were read; 1 could not be read" in page.replace("\n", " ")
        and "<h2>credential.cleartext</h2>" in page
    )
