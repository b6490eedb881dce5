"""Turns pcaps/ into the question whether each folder is whole: a capture, its truth, its story, and no more bytes than
agreed.
"""

from __future__ import annotations

import ipaddress
import json
import re
from pathlib import Path
from typing import Any

import pytest

PCAPS = Path(__file__).resolve().parent.parent / "pcaps"
FOLDERS = sorted(path for path in PCAPS.iterdir() if path.is_dir() and path.name not in {"recipes", "__pycache__"})
MOST_BYTES, MOST_BYTES_IN_ALL = 3_000_000, 25_000_000

MAC = re.compile(r"^[0-9a-f]{2}(:[0-9a-f]{2}){5}$")
RULE = re.compile(r"^(credential|transfer|tls|personal|update|exposure)\.[a-z_]+$")
CAPABILITIES = {
    "no_default_passwords", "vulnerability_disclosure", "software_updates", "secure_communication", "personal_data",
}  # fmt: skip
STATUSES = {
    "violated", "concern", "recommendation_missed", "insufficient_evidence", "no_violation_seen",
    "on_record", "none_on_record", "not_observable",
}  # fmt: skip


def test_there_are_captures_and_the_recipe_beside_them() -> None:
    assert len(FOLDERS) >= 15
    assert (PCAPS / "record").stat().st_mode & 0o111
    assert (PCAPS / "README.md").exists()
    assert (PCAPS / "packages").exists()


def test_all_of_them_stay_below_the_agreed_size() -> None:
    assert sum(path.stat().st_size for folder in FOLDERS for path in folder.iterdir()) < MOST_BYTES_IN_ALL


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda path: path.name)
def test_a_folder_holds_one_capture_its_truth_and_its_story(folder: Path) -> None:
    captures = [path for path in folder.iterdir() if path.name.startswith("capture.")]
    assert len(captures) == 1
    assert {path.name for path in folder.iterdir()} == {captures[0].name, "expected.json", "README.md"}
    assert captures[0].stat().st_size < MOST_BYTES
    magic = captures[0].read_bytes()[:4]
    assert magic in {bytes.fromhex("d4c3b2a1"), bytes.fromhex("4d3cb2a1"), bytes.fromhex("0a0d0d0a")}
    story = (folder / "README.md").read_text()
    assert story.startswith(f"# {folder.name}: ")
    for said in ("\nCrafted: ", "\nRecorded 20", f"`pcaps/record {folder.name}`", "\nPrograms "):
        assert said in story, said
    assert "version unknown" not in story
    assert f"[{folder.name}]({folder.name}/)" in (PCAPS / "README.md").read_text()


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda path: path.name)
def test_the_truth_has_the_agreed_form(folder: Path) -> None:
    truth: dict[str, Any] = json.loads((folder / "expected.json").read_text())
    assert set(truth) == {"devices", "findings", "absent", "verdicts", "names", "facts"}
    macs = {None}
    for device in truth["devices"]:
        assert MAC.match(device["mac"])
        assert device["addresses"]
        for address in device["addresses"]:
            ipaddress.ip_address(address)
        macs.add(device["mac"])
    assert len(macs) == len(truth["devices"]) + 1
    for finding in truth["findings"]:
        assert set(finding) | {"protocol", "device", "role"} == {
            "rule", "client", "server", "protocol", "device", "role", "detail",
        }  # fmt: skip
        assert RULE.match(finding["rule"])
        assert finding["rule"] not in truth["absent"]
        assert finding.get("role") in {"client", "server", None}
        assert finding.get("device") in macs, "a finding's device is one of the capture's"
        for end in ("client", "server"):
            ipaddress.ip_address(finding[end])
        digest = finding["detail"].get("secret_sha256")
        assert digest is None or re.fullmatch("[0-9a-f]{64}", digest)
    assert all(RULE.match(rule) for rule in truth["absent"])
    for verdict in truth["verdicts"]:
        assert verdict["device"] in macs
        assert verdict["capability"] in CAPABILITIES
        assert verdict["status"] in STATUSES
    assert truth["findings"] or truth["absent"] or truth["names"] or truth["facts"], (
        "a capture is there to show something"
    )
