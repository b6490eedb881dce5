"""Turns the captures with traps into the question whether anything was claimed that only looks like a secret."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.replaying import capture_in, folders, of, replayed, secret_hash

FACTS = {folder: json.loads((folder / "expected.json").read_text())["facts"] for folder in folders()}
SILENT = [folder for folder, facts in FACTS.items() if "never_a_secret_sha256" in facts]
COUNTED = [folder for folder, facts in FACTS.items() if "credentials_at_most" in facts]
NEVER_USERS = [folder for folder, facts in FACTS.items() if "never_a_user" in facts]


def credentials(folder: Path) -> list[dict[str, object]]:
    return [
        f for f in of(replayed(capture_in(folder), reveal=True), "finding") if str(f["rule"]).startswith("credential.")
    ]


@pytest.mark.parametrize("folder", SILENT, ids=lambda path: path.name)
def test_what_crossed_encrypted_or_quoted_is_no_finding(folder: Path) -> None:
    found = {secret_hash(finding) for finding in credentials(folder)}
    assert not found & set(FACTS[folder]["never_a_secret_sha256"])


@pytest.mark.parametrize("folder", COUNTED, ids=lambda path: path.name)
def test_no_more_logins_are_claimed_than_there_were(folder: Path) -> None:
    claimed = {(f["rule"], f["protocol"], json.dumps(f["detail"].get("username"))) for f in credentials(folder)}  # type: ignore[attr-defined]
    assert len(claimed) <= FACTS[folder]["credentials_at_most"]


@pytest.mark.parametrize("folder", NEVER_USERS, ids=lambda path: path.name)
def test_nobody_is_a_user_who_is_only_quoted(folder: Path) -> None:
    users = {f["detail"].get("username") for f in credentials(folder)}  # type: ignore[attr-defined]
    assert FACTS[folder]["never_a_user"] not in users


def test_there_are_such_captures() -> None:
    assert {path.name for path in SILENT} >= {"coap", "irc", "proxy"}
    assert COUNTED
    assert NEVER_USERS
