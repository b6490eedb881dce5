"""Verification of a bundle: coverage from its record, and differing statuses."""

from __future__ import annotations

from typing import Any

import pytest

from sensor.capture import open_capture
from sensor.evidence.verify import coverage_from_record, differences
from sensor.export.records import coverage_record
from sensor.verdicts.coverage import Coverage
from tests.replaying import PCAPS, capture_in, replayed


def test_coverage_there_and_back() -> None:
    was = Coverage(
        hours=25.5, boots=1, flows=40, served=3, outside=7, logins=2, handshakes=5, hidden=4, bytes=1000,
        understood=900, encrypted=250, packets=77, packets_lost=3, set_up_seen=True, set_up_sign="facts",
    )  # fmt: skip
    back = coverage_from_record(coverage_record(was))
    assert back == was and (back.understood_share, back.lost_share) == (was.understood_share, was.lost_share)


@pytest.mark.parametrize("name", ["ftp_login", "home", "http_forms", "trap_firmware"])
def test_a_capture_gives_its_verdicts_again_and_a_changed_one_differs(name: str) -> None:
    path = capture_in(PCAPS / name)
    records: list[dict[str, Any]] = replayed(path)
    with open_capture(str(path)) as capture:
        assert differences(capture, records, None, bytes(32)) == []
    verdict = next(r for r in records if r["record"] == "verdict")
    verdict["status"] = "on_record" if verdict["status"] != "on_record" else "violated"
    with open_capture(str(path)) as capture:
        (sentence,) = differences(capture, records, None, bytes(32))
    assert sentence.startswith(f"{verdict['device']}: {verdict['capability']} is {verdict['status']} in the bundle")


def test_what_a_device_shares_with_others_counts_for_it() -> None:
    """The verdicts of each device that shares a password are made from the same finding."""
    path = capture_in(PCAPS / "shared_keys")
    records: list[dict[str, Any]] = replayed(path)
    assert any(r["record"] == "finding" and r["detail"].get("devices") for r in records)
    with open_capture(str(path)) as capture:
        assert differences(capture, records, None, bytes(32)) == []


def test_a_changed_provision_differs() -> None:
    path = capture_in(PCAPS / "ftp_login")
    records: list[dict[str, Any]] = replayed(path)
    judged = {r["device"] for r in records if r["record"] == "verdict"}
    provision = next(r for r in records if r["record"] == "provision" and r["device"] in judged)
    provision["status"] = "on_record" if provision["status"] != "on_record" else "violated"
    with open_capture(str(path)) as capture:
        (sentence,) = differences(capture, records, None, bytes(32))
    number = provision["provision"]["v3.1.3"]
    assert sentence.startswith(f"{provision['device']}: {number} is {provision['status']} in the bundle")
