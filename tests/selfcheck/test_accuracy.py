"""What is measured on a captures' folder: its truth altered by hand is told as just that."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from sensor.selfcheck.accuracy import accuracy
from tests.replaying import PCAPS

Alter = Callable[[dict[str, Any]], None]


def measured(tmp_path: Path, name: str, alter: Alter = lambda truth: None) -> Any:
    shutil.copytree(PCAPS / name, tmp_path / name)
    place = tmp_path / name / "expected.json"
    truth = json.loads(place.read_text())
    alter(truth)
    place.write_text(json.dumps(truth))
    return accuracy(tmp_path)


def test_the_home_is_right(tmp_path: Path) -> None:
    found = measured(tmp_path, "home")
    assert found.problems == [] and found.captures == 1 and found.found == found.wanted == 23
    assert found.calibration.claims >= 20 and all(count == right for count, right in found.calibration.bands)


def test_wrong_claims_are_counted_as_wrong(tmp_path: Path) -> None:
    def swap(truth: dict[str, Any]) -> None:
        for device in truth["devices"]:
            device["kind"] = "toy"

    found = measured(tmp_path, "home", swap)
    assert sum(right for _, right in found.calibration.bands) < found.calibration.claims
    assert any("only" in problem for problem in found.problems)


@pytest.mark.parametrize(
    ("alter", "problem"),
    [
        (lambda truth: truth["devices"].append({"mac": "02:00:5e:00:53:77"}), "02:00:5e:00:53:77 is not found"),
        (lambda truth: truth["absent"].append("credential.cleartext"), "credential.cleartext fires and must not"),
    ],
)
def test_what_is_missing_or_must_not_be_is_named(tmp_path: Path, alter: Alter, problem: str) -> None:
    assert measured(tmp_path, "ftp_login", alter).problems == [f"ftp_login: {problem}"]


def test_a_finding_that_does_not_come_is_counted(tmp_path: Path) -> None:
    found = measured(tmp_path, "ftp_tls", lambda truth: truth["findings"].append({"rule": "credential.cleartext"}))
    assert (found.found, found.wanted, found.clean) == (0, 1, 1)


def test_without_captures_the_summary_says_so(tmp_path: Path) -> None:
    found = accuracy(tmp_path)
    assert found.problems == [] and found.summary() == "no captures at hand (this installation has none)"


def test_a_folder_without_a_readable_capture(tmp_path: Path) -> None:
    (tmp_path / "x").mkdir()
    (tmp_path / "x" / "expected.json").write_text('{"devices": [], "findings": [], "absent": []}')
    assert accuracy(tmp_path).problems == ["x: there is no capture"]
    (tmp_path / "x" / "capture.pcap").write_text("nothing of the kind")
    (problem,) = accuracy(tmp_path).problems
    assert problem.startswith("x: ") and "capture.pcap" in problem
