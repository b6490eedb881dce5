"""The verdicts beside our captures hold all that the standard's text decides of what was done there, and nothing
against it.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from pcaps.recipes.standard import decided
from tests.replaying import folders

CAMERA, LAPTOP = "02:00:00:00:00:01", "192.168.1.9"


@pytest.mark.parametrize("folder", list(folders()), ids=lambda path: path.name)
def test_what_the_text_decides_is_expected(folder: Path) -> None:
    truth = json.loads((folder / "expected.json").read_text())
    assert all(row in truth["verdicts"] for row in decided(truth))
    keys = [(row["device"], row["capability"]) for row in truth["verdicts"]]
    assert len(keys) == len(set(keys))


def test_many_recordings_decide_something() -> None:
    assert sum(bool(json.loads((folder / "expected.json").read_text())["verdicts"]) for folder in folders()) >= 19


def row(**detail: Any) -> dict[str, Any]:
    told = {"mechanism": "password", "username": "anna", "secret_sha256": "00" * 32, "accepted": True, **detail}
    return {
        "rule": "credential.cleartext",
        "client": LAPTOP,
        "server": "192.168.1.2",
        "device": CAMERA,
        "role": "server",
        "detail": told,
    }


def statuses(*rows: dict[str, Any]) -> dict[str, str]:
    return {one["capability"]: one["status"] for one in decided({"findings": list(rows)})}


def test_the_reasoning() -> None:
    assert statuses(row()) == {"secure_communication": "violated"}
    assert statuses(row(accepted=False)) == {"secure_communication": "concern"}
    assert statuses(row(accepted=False), row())["secure_communication"] == "violated"
    assert statuses(row(username="anonymous")) == {} == statuses(row(secret_sha256=None))
    assert statuses({**row(), "client": "198.51.100.7"}) == {"secure_communication": "violated"}
    assert statuses({**row(), "rule": "credential.default"}) == {"no_default_passwords": "concern"}
    left_open = row()
    del left_open["detail"]["accepted"]
    assert "secure_communication" not in statuses(left_open, row(accepted=None))
    assert statuses({**row(), "rule": "update.cleartext"}) == {"software_updates": "concern"}
    assert statuses({**row(), "role": "client"}) == {}
