"""Verification of a bundle: coverage from its record, and differing statuses."""

from __future__ import annotations

from typing import Any

import pytest

from sensor.capture import open_capture
from sensor.evidence.verify import _device_knowledge, coverage_from_record, differences
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


@pytest.mark.parametrize(("share", "encrypted"), [(0.25, 250), (None, 0), (0.0, 0), (0.2504, 250), (1.0, 1000)])
def test_the_encrypted_share_of_a_record(share: float | None, encrypted: int) -> None:
    """None where there were no bytes of which one could be."""
    record = coverage_record(Coverage(bytes=1000, encrypted=1000))
    assert coverage_from_record({**record, "encrypted_share": share}).encrypted == encrypted


def test_a_record_of_an_older_version_lacks_what_came_later() -> None:
    record = coverage_record(Coverage(hours=2, carriers=5, protected=6, unproven=7, open_outside=8))
    later = ("secret_carriers", "bytes_outside_protected", "bytes_outside_unproven", "bytes_outside_open", "sessions")
    back = coverage_from_record(record)
    assert (back.carriers, back.protected, back.unproven, back.open_outside) == (5, 6, 7, 8)
    old = coverage_from_record({name: value for name, value in record.items() if name not in later})
    assert (old.carriers, old.protected, old.unproven, old.open_outside, old.sessions) == (0, 0, 0, 0, ())
    assert old.hours == 2


def test_a_device_without_verdicts_and_one_of_another_capture_are_not_compared() -> None:
    path = capture_in(PCAPS / "ftp_login")
    records: list[dict[str, Any]] = replayed(path)
    without = [r for r in records if r["record"] != "verdict"]
    for one in without:
        if one["record"] == "provision":
            one["status"] = "another"
    with open_capture(str(path)) as capture:
        assert differences(capture, without, None, bytes(32)) == []


def test_names_of_destinations_count_only_with_an_address() -> None:
    device = {
        "id": "02:00:00:00:00:0a", "mac": "02:00:00:00:00:0a", "addresses": [], "claims": [],
        "destinations": [
            {"name": "a.example", "address": "192.0.2.1"}, {"name": "b.example", "address": "192.0.2.1"},
            {"name": None, "address": "192.0.2.2"}, {"name": "c.example", "address": None},
        ],
    }  # fmt: skip
    found = _device_knowledge(device, None)
    assert found.names == {"192.0.2.1": {"a.example", "b.example"}} and found.facts is None
