"""Marks without accepted and muted findings: they move when nothing else speaks against the device, and come back."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from sensor.records import Record
from sensor.store.corrections import Corrections
from sensor.store.location import store_location
from sensor.store.moved_marks import moved
from sensor.store.reader import StoreReader
from sensor.store.writer import Writer
from tests.store.keeping import capture, stored_run

CAMERA = "ec:71:db:1c:44:02"


def provision(number: str, status: str, *against: str) -> Record:
    names = {"v2.1.1": number, "v3.1.3": number}
    fields: dict[str, Any] = {"provision": names, "against": list(against), "because": list(against)}
    return {"record": "provision", "device": "d", "capability": "secure_communication", "status": status, **fields}


def verdict(status: str) -> Record:
    return {"record": "verdict", "device": "d", "capability": "secure_communication", "status": status}


def statuses(rows: list[Record]) -> list[str]:
    return [one["status"] for one in rows]


def test_a_mark_moves_once_all_that_speaks_against_it_is_silent() -> None:
    rows = [provision("5.5-1", "violated", "a", "b"), provision("5.5-5", "concern", "c"), verdict("violated")]
    assert statuses(moved(rows, {"a"})) == ["violated", "concern", "violated"]
    some = moved(rows, {"a", "b"})
    assert statuses(some) == ["insufficient_evidence", "concern", "concern"]
    assert some[2]["but_for"] == {"findings": ["a", "b"], "was": "violated"}
    assert statuses(moved(rows, {"a", "b", "c"})) == ["insufficient_evidence"] * 3


def test_what_nothing_speaks_against_stays() -> None:
    rows = [provision("5.5-1", "sign_seen"), provision("5.5-5", "recommendation_missed"), verdict("sign_seen")]
    assert moved(rows, {"a"}) == rows and moved(rows, ()) == rows


@pytest.mark.parametrize("how", ["accept", "mute"])
def test_a_store_moves_the_mark_everywhere_and_undo_brings_it_back(tmp_path: Path, how: str) -> None:
    where = store_location(str(tmp_path / "home.db"))
    run = stored_run(capture("home"))
    with Writer(where) as writer:
        writer.keep(run)
    judged = [one for one in run.records if one["record"] == "verdict" and one["device"] == CAMERA]
    before = next(one for one in judged if one["status"] == "violated")
    rules = {one["id"]: one["rule"] for one in run.records if one["record"] == "finding"}

    def seen() -> list[tuple[str, int]]:
        """The status, and for how many findings it moved: in the list, on the device's page, in all records."""
        found = []
        with StoreReader(where) as reader:
            rows = next(one["marks"] for one in reader.devices(run.run) if one["id"] == CAMERA)
            for records in (rows, reader.device(run.run, CAMERA, findings=1), reader.records(run.run)):
                mine = [one for one in records if one.get("record", "verdict") == "verdict"]
                mine = [one for one in mine if one.get("device", CAMERA) == CAMERA]
                one = next(one for one in mine if one["capability"] == before["capability"])
                found.append((one["status"], len(one.get("but_for", {"findings": ()})["findings"])))
        return found

    assert seen() == [("violated", 0)] * 3
    with Corrections(where) as corrections:
        if how == "accept":
            numbers = [corrections.accept(run.run, one, by="anna") for one in before["against"]]
        else:
            quiet = {rules[one] for one in before["against"]}
            numbers = [corrections.mute(rule=rule, device=CAMERA, by="anna") for rule in quiet]
        (status, count), *others = seen()
        assert status != "violated" and count > 0 and others == [(status, count)] * 2
        for number in numbers:
            corrections.undo(number, by="anna")
    assert seen() == [("violated", 0)] * 3


def judged(
    number: str, status: str, *against: str, device: str = "d", capability: str | None = "secure_communication"
) -> Record:
    found = provision(number, status, *against)
    rests = {"severity": "high", "strength": "proof", "headline": number, "headline_id": "x", "headline_parameters": {}}
    return {**found, **rests, "device": device, "capability": capability}


@pytest.mark.parametrize(
    ("status", "against", "silent", "left"),
    [
        ("violated", ["a"], {"a"}, "insufficient_evidence"), ("violated", ["a"], {"b"}, "violated"),
        ("violated", ["a", "b"], {"a"}, "violated"), ("violated", ["a", "b"], {"a", "b", "c"}, "insufficient_evidence"),
        ("violated", [], {"a"}, "violated"), ("concern", ["a"], {"a"}, "insufficient_evidence"),
        ("recommendation_missed", ["a"], {"a"}, "insufficient_evidence"), ("sign_seen", ["a"], {"a"}, "sign_seen"),
        ("no_violation_seen", ["a"], {"a"}, "no_violation_seen"), ("not_applicable", ["a"], {"a"}, "not_applicable"),
    ],
)  # fmt: skip
def test_a_provision_without_what_is_silent(status: str, against: list[str], silent: set[str], left: str) -> None:
    """Silence is no pass: nothing else was seen against it, and it says what it was."""
    before = judged("5.5-1", status, *against)
    (after,) = moved([before], silent)
    assert after["status"] == left
    if left == status:
        assert after is before
    else:
        assert after["but_for"] == {"findings": against, "was": status}
        assert (after["severity"], after["strength"], after["headline_id"]) == (None, None, "accepted")
        assert before["status"] == status, "the record that was given stays"


def test_a_verdict_rests_on_the_provisions_of_its_own_device_and_capability() -> None:
    rows = [
        judged("5.5-1", "violated", "a"), judged("5.5-5", "concern", "b"), verdict("violated"),
        judged("5.5-1", "violated", "c", device="e"), {**verdict("violated"), "device": "e"},
        judged("5.1-1", "violated", "a", capability="no_default_passwords"),
        {**verdict("violated"), "capability": "no_default_passwords"}, judged("5.9-1", "violated", "a",
        capability=None),
        {"record": "device", "id": "d"},
    ]  # fmt: skip
    found = moved(rows, {"a"})
    unsure = "insufficient_evidence"
    assert [one.get("status") for one in found] == [
        unsure, "concern", "concern", "violated", "violated", unsure, unsure, unsure, None,
    ]  # fmt: skip
    assert found[2]["headline"] == "5.5-5" and found[2]["but_for"] == {"findings": ["a"], "was": "violated"}
    assert found[6]["headline_id"] == "accepted" and found[4] is rows[4] and found[8] is rows[8]
