"""Provisions and verdicts of several runs: facts and publications stay, editions and grounds are those of all."""

from __future__ import annotations

import pytest

from sensor.records import Record
from sensor.sites.judged import judged
from tests.replaying import of, replayed
from tests.store.keeping import capture
from tests.store.several import CAMERA


@pytest.fixture(scope="module")
def own() -> list[Record]:
    return [one for one in replayed(capture("home")) if one.get("device") == CAMERA]


def changed(records: list[Record], number: str, **more: object) -> list[Record]:
    return [
        {**one, **more} if one["record"] == "provision" and one["provision"]["v3.1.3"] == number else one
        for one in records
    ]


def of_provision(records: list[Record], number: str) -> Record:
    (found,) = [one for one in of(records, "provision") if one["provision"]["v3.1.3"] == number]
    return found


def both(one: list[Record], other: list[Record]) -> list[Record]:
    coverage = of(one, "verdict")[0]["coverage"]
    return judged(CAMERA, [one, other], coverage, of(one, "finding"))


def test_what_is_published_of_the_maker_is_known_of_the_device(own: list[Record]) -> None:
    nothing: Record = {"against": [], "for": [], "reasons": [], "because": []}
    unknown = changed(own, "5.2-1", status="insufficient_evidence", **nothing)
    for status in ("on_record", "none_on_record"):
        known = changed(own, "5.2-1", status=status, **nothing)
        assert of_provision(both(unknown, known), "5.2-1")["status"] == status
        assert of_provision(both(known, unknown), "5.2-1")["status"] == status


def test_what_the_lab_excluded_stays_excluded_where_nothing_speaks_against_it(own: list[Record]) -> None:
    nothing: Record = {"against": [], "for": [], "reasons": [], "because": []}
    excluded = changed(own, "5.5-5", status="not_applicable", **nothing)
    unclear = changed(own, "5.5-5", status="insufficient_evidence", **nothing)
    assert of_provision(both(unclear, excluded), "5.5-5")["status"] == "not_applicable"


def test_the_worst_of_both_editions_and_the_findings_of_both(own: list[Record]) -> None:
    numbers = [one["provision"]["v3.1.3"] for one in of(own, "provision") if one["status"] == "violated"]
    number = numbers[0]
    milder = changed(
        own, number, status="concern", against=["other"], reasons=["other"],
        editions={"v2.1.1": "insufficient_evidence", "v3.1.3": "concern"},
    )  # fmt: skip
    found, was = of_provision(both(milder, own), number), of_provision(own, number)
    assert found["status"] == "violated" and found["headline"] == was["headline"]
    assert found["against"] == [*was["against"], "other"] and found["editions"] == was["editions"]
    assert found["reasons"][: len(was["reasons"])] == was["reasons"] and "other" in found["reasons"]


def test_a_sign_of_one_run_is_a_sign_of_all(own: list[Record]) -> None:
    quiet: Record = {"against": [], "reasons": [], "because": []}
    number = next(
        one["provision"]["v3.1.3"] for one in of(own, "provision") if one["status"] == "insufficient_evidence"
    )
    silent = changed(own, number, **{"for": []}, **quiet)
    sign = changed(own, number, status="sign_seen", strength="sign", **{**quiet, "for": ["f1"], "reasons": ["f1"]})
    found = of_provision(both(silent, sign), number)
    assert found["status"] == "sign_seen" and found["for"] == ["f1"] and found["because"][0] == "f1"


def test_silence_of_a_run_takes_no_verdict_away(own: list[Record]) -> None:
    silent = [
        {**one, "status": "no_violation_seen", "against": [], "for": [], "reasons": [], "because": []}
        if one["record"] in ("provision", "verdict")
        else one
        for one in own
    ]
    was = {one["capability"]: one["status"] for one in of(own, "verdict") if one["against"]}
    found = {one["capability"]: one["status"] for one in of(both(silent, own), "verdict")}
    assert was and {name: found[name] for name in was} == was
