"""The comparison of two outputs of `replay --json`: times and renamed fields aside, every difference is found."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.replaying import ROOT

DEVICE = {"record": "device", "run": "r1", "id": "02:00:5e:00:53:01", "told": [{"told": "camera"}]}
SUMMARY = {"record": "summary", "elapsed_seconds": 1.5, "devices": 1}


def compared(tmp_path: Path, before: list[dict[str, Any]], after: list[dict[str, Any]], *more: str) -> tuple[int, str]:
    for name, lines in (("before", before), ("after", after)):
        (tmp_path / name).write_text("".join(json.dumps(line) + "\n" for line in lines), "utf-8")
    done = subprocess.run(
        [
            sys.executable,
            str(ROOT / "bench/compare_records.py"),
            str(tmp_path / "before"),
            str(tmp_path / "after"),
            *more,
        ],
        capture_output=True,
        text=True,
        timeout=60,
    )
    return done.returncode, done.stdout


@pytest.mark.parametrize(
    ("after", "more", "status"),
    [
        ([DEVICE, {**SUMMARY, "elapsed_seconds": 9.0}], (), 0),
        ([{**DEVICE, "told": [{"told": "plug"}]}, SUMMARY], (), 1),
        ([DEVICE], (), 1),
        ([SUMMARY, DEVICE], (), 1),
        ([{**DEVICE, "extra": None}, SUMMARY], (), 1),
        ([{"record": "device", "run": "r1", "id": DEVICE["id"], "message": [{"message": "camera"}]}, SUMMARY], (), 1),
        (
            [{"record": "device", "run": "r1", "id": DEVICE["id"], "message": [{"message": "camera"}]}, SUMMARY],
            ("--renamed", "told=message"),
            0,
        ),
    ],
)
def test_what_counts_as_a_difference(
    tmp_path: Path, after: list[dict[str, Any]], more: tuple[str, ...], status: int
) -> None:
    found, printed = compared(tmp_path, [DEVICE, SUMMARY], after, *more)
    assert found == status, printed
