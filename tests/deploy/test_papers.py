"""The papers of a release: wheel, sdist, bill of materials, notices, sums."""

from __future__ import annotations

import hashlib
import json
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.nightly
def test_the_papers_name_all_that_the_wheel_needs(tmp_path: Path) -> None:
    pytest.importorskip("build", reason="the extra [release] is not installed")
    script = ROOT / "deploy" / "papers.py"
    done = subprocess.run(
        [sys.executable, script, "--out", tmp_path], capture_output=True, text=True, errors="replace", timeout=900
    )
    assert done.returncode == 0, done.stderr
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    needed = {re.split(r"[<>=;\[ ]", one)[0].lower().replace("_", "-") for one in project["dependencies"]}
    bill = json.loads((tmp_path / "sbom.cdx.json").read_text("utf-8"))
    assert (bill["metadata"]["component"]["name"], bill["bomFormat"]) == ("lanwitness", "CycloneDX")
    listed = {one["name"].lower().replace("_", "-"): one for one in bill["components"]}
    assert needed <= set(listed) and "pytest" not in listed
    assert all(one["licenses"] and one["version"] for one in listed.values())
    notices = (tmp_path / "NOTICES.txt").read_text("utf-8").lower().replace("_", "-")
    assert all(f"\n{name}\n" in f"\n{notices}" for name in needed)
    sums = dict(line.split("  ")[::-1] for line in (tmp_path / "SHA256SUMS").read_text("utf-8").splitlines())
    assert {Path(name).suffix for name in sums} == {".whl", ".gz", ".json", ".txt"}
    assert all(hashlib.sha256((tmp_path / name).read_bytes()).hexdigest() == digest for name, digest in sums.items())
