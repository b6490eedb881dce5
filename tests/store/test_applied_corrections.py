"""What the user said, applied to records: it wins, and it leaves nothing out that is there."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import pytest

from sensor.records import Record
from sensor.store.applied_corrections import AppliedCorrections, Correction
from sensor.store.types import TrafficCell

CAMERA, PHONE, PLUG = "02:00:00:00:00:01", "02:00:00:00:00:02", "02:00:00:00:00:03"


def corrections_of(*given: dict[str, Any], now: int = 1000) -> AppliedCorrections:
    return AppliedCorrections(
        [Correction(number=number, by="anna", at=number, **one) for number, one in enumerate(given, 1)], now
    )


def claim(value: str, confidence: float) -> Record:
    return {"value": value, "confidence": confidence, "because": []}


def device(id: str, **more: Any) -> Record:
    return {
        "record": "device",
        "run": "r1",
        "id": id,
        "mac": id,
        "mac_randomized": False,
        "addresses": [],
        "hostname": None,
        "first_seen": "2026-05-01T10:00:00.000000Z",
        "last_seen": "2026-05-01T11:00:00.000000Z",
        "vendor": None,
        "category": None,
        "model": None,
        "firmware": None,
        "os": None,
        "bytes": {"encrypted": 1, "cleartext": 2, "unknown": 3},
        "destinations": [],
        "probably_same": [],
        "in_scope": True,
        **more,
    }


def finding(id: str = "f1", device: str | None = CAMERA, **more: Any) -> Record:
    return {
        "record": "finding",
        "run": "r1",
        "id": id,
        "rule": "credential.cleartext",
        "device": device,
        "peer_device": PHONE,
        "role": "server",
        "client": "192.0.2.7:5000",
        "server": "192.0.2.1:80",
        "detail": {},
        **more,
    }


def verdict(device: str, status: str, because: list[str]) -> Record:
    return {
        "record": "verdict",
        "run": "r1",
        "device": device,
        "capability": "personal_data",
        "status": status,
        "because": because,
        "coverage": {},
    }


def test_without_a_word_nothing_changes() -> None:
    rows = [device(CAMERA), finding(), verdict(CAMERA, "concern", ["f1"])]
    assert corrections_of().records(rows) == rows


def test_a_name_and_a_kind_win_and_say_what_was_there() -> None:
    applied = corrections_of(
        {"kind": "name", "device": CAMERA, "value": "Garden"},
        {"kind": "name", "device": CAMERA, "value": "Porch"},
        {"kind": "category", "device": CAMERA, "value": "doorbell"},
        {"kind": "name", "device": PHONE, "value": "gone", "undone_at": 5, "undone_by": "ben"},
    )
    camera, phone = applied.records([device(CAMERA, hostname="ipc", category=claim("camera", 0.9)), device(PHONE)])
    assert (
        camera["hostname"] == "Porch"
        and camera["category"]["value"] == "doorbell"
        and camera["category"]["confidence"] == 1.0
    )
    assert camera["category"]["because"] == [
        {"field": "user", "value": "doorbell", "signature": "said by anna", "evidence": []}
    ]
    assert (camera["corrected"]["name"]["was"], camera["corrected"]["category"]["was"]) == ("ipc", "camera")
    assert (
        camera["corrected"]["name"]["by"] == "anna"
        and camera["corrected"]["name"]["at"] == "1970-01-01T00:00:00.000002Z"
    )
    assert phone == device(PHONE)
    again = corrections_of(
        {"kind": "name", "device": CAMERA, "value": "Garden"}, {"kind": "name", "device": CAMERA, "value": None}
    )
    assert again.records([device(CAMERA, hostname="ipc")]) == [device(CAMERA, hostname="ipc")]


def test_what_is_no_such_device_is_not_judged() -> None:
    rows = [device(CAMERA), device(PLUG), verdict(CAMERA, "violated", []), verdict(PLUG, "concern", [])]
    found = corrections_of({"kind": "category", "device": CAMERA, "value": "computer"}).records(rows)
    assert [(r["record"], r.get("id", r.get("device"))) for r in found] == [
        ("device", CAMERA),
        ("device", PLUG),
        ("verdict", PLUG),
    ]
    assert found[0]["in_scope"] is False


def test_two_that_are_one_are_shown_as_one() -> None:
    local = {"name": "a.example", "address": "192.0.2.9", "party": "third", "bytes": 5}
    other = {"name": None, "address": "192.0.2.8", "party": None, "bytes": 9}
    rows = [
        device(
            PLUG,
            hostname="late",
            addresses=["192.0.2.3"],
            first_seen="2026-05-01T09:00:00.000000Z",
            category=claim("plug", 0.8),
            destinations=[local, other],
        ),
        device(
            CAMERA,
            addresses=["192.0.2.1"],
            category=claim("camera", 0.6),
            destinations=[local],
            probably_same=[{"id": PLUG, "reason": "x"}],
        ),
        device(PHONE),
        finding("f1", PLUG, peer_device=CAMERA),
        finding("f2", None, detail={"devices": [PLUG, CAMERA, PHONE], "x": 1}),
        verdict(PLUG, "concern", ["f1"]),
        verdict(CAMERA, "violated", ["f3"]),
    ]
    applied = corrections_of({"kind": "merge", "device": PLUG, "other": CAMERA})
    one, phone, first, second, judged = applied.records(rows)
    assert one["id"] == CAMERA and one["merged"] == [PLUG] and one["mac"] == CAMERA and phone["id"] == PHONE
    assert (
        one["addresses"] == ["192.0.2.1", "192.0.2.3"]
        and one["hostname"] == "late"
        and one["category"]["value"] == "plug"
    )
    assert one["first_seen"] == "2026-05-01T09:00:00.000000Z" and one["bytes"] == {
        "encrypted": 2,
        "cleartext": 4,
        "unknown": 6,
    }
    assert one["destinations"] == [{**local, "bytes": 10}, other] and one["probably_same"] == []
    assert (first["device"], first["peer_device"]) == (CAMERA, CAMERA) and second["detail"] == {
        "devices": [CAMERA, PHONE],
        "x": 1,
    }
    assert (judged["device"], judged["status"], judged["because"]) == (CAMERA, "violated", ["f3"])
    cells = [
        TrafficCell(PLUG, 1, "unknown", "", 1),
        TrafficCell(CAMERA, 1, "unknown", "", 2),
        TrafficCell(PHONE, 1, "unknown", "", 4),
    ]
    assert applied.cells(cells) == [TrafficCell(CAMERA, 1, "unknown", "", 3), TrafficCell(PHONE, 1, "unknown", "", 4)]
    assert applied.ids(PLUG) == applied.ids(CAMERA) == [CAMERA, PLUG]


def test_a_chain_ends_and_a_ring_cannot_be() -> None:
    chain = corrections_of(
        {"kind": "merge", "device": PLUG, "other": CAMERA}, {"kind": "merge", "device": CAMERA, "other": PHONE}
    )
    assert chain.merged_into(PLUG) == PHONE and set(chain.ids(CAMERA)) == {PHONE, CAMERA, PLUG}
    ring = corrections_of(
        {"kind": "merge", "device": PLUG, "other": CAMERA}, {"kind": "merge", "device": CAMERA, "other": PLUG}
    )
    assert ring.merged_into(PLUG) == ring.merged_into(CAMERA) == CAMERA


def test_apart_takes_a_merge_back_and_a_guess_with_it() -> None:
    guess = device(CAMERA, probably_same=[{"id": PLUG, "reason": "x"}, {"id": PHONE, "reason": "y"}])
    applied = corrections_of(
        {"kind": "merge", "device": PLUG, "other": CAMERA}, {"kind": "apart", "device": CAMERA, "other": PLUG}
    )
    found = applied.records([guess, device(PLUG)])
    assert found == [{**guess, "probably_same": [{"id": PHONE, "reason": "y"}]}, device(PLUG)]
    assert (
        corrections_of(
            {"kind": "apart", "device": CAMERA, "other": PLUG}, {"kind": "merge", "device": PLUG, "other": CAMERA}
        ).merged_into(PLUG)
        == CAMERA
    )


@pytest.mark.parametrize(
    ("mute", "muted"),
    [
        ({"rule": "credential.cleartext"}, True),
        ({"rule": "credential.default"}, False),
        ({"device": CAMERA}, True),
        ({"device": PHONE}, False),
        ({"destination": "192.0.2.7"}, True),
        ({"destination": "192.0.2.1"}, False),
        ({"rule": "credential.cleartext", "device": PHONE}, False),
        ({"device": CAMERA, "until": 1001}, True),
        ({"device": CAMERA, "until": 1000}, False),
        ({"destination": "cloud.example"}, True),
    ],
)
def test_a_mute_marks_what_it_fits_and_nothing_else(mute: dict[str, Any], muted: bool) -> None:
    applied = corrections_of({"kind": "mute", **mute})
    one = finding(detail={"server_name": "Cloud.example"})
    (found,) = applied.records([one])
    assert ("muted" in found, applied.silent(one)) == (muted, muted)
    assert {k: v for k, v in found.items() if k != "muted"} == one


def test_a_mute_for_a_device_leaves_findings_about_others_alone() -> None:
    shared = finding(device=None, detail={"devices": [CAMERA, PLUG]})
    assert not corrections_of({"kind": "mute", "device": CAMERA}).silent(shared)
    assert corrections_of(
        {"kind": "mute", "device": CAMERA}, {"kind": "merge", "device": PLUG, "other": CAMERA}
    ).silent(shared)
    assert corrections_of({"kind": "mute", "device": PLUG}, {"kind": "merge", "device": PLUG, "other": CAMERA}).silent(
        finding()
    )


def test_an_accepted_finding_says_by_whom_and_why() -> None:
    applied = corrections_of({"kind": "accept", "run": "r1", "finding": "f1", "note": "test login"})
    one, other = applied.records([finding("f1"), finding("f2")])
    assert one["accepted"] == {
        "number": 1,
        "by": "anna",
        "at": "1970-01-01T00:00:00.000001Z",
        "until": None,
        "note": "test login",
    }
    assert (
        other == finding("f2") and applied.silent(finding("f1")) and not applied.silent({**finding("f1"), "run": "r2"})
    )


def test_a_device_is_yours_or_not() -> None:
    for value in ("yes", "no"):
        (one,) = corrections_of({"kind": "yours", "device": CAMERA, "value": value}).records([device(CAMERA)])
        assert one["corrected"]["yours"]["value"] == value and one["corrected"]["yours"]["by"] == "anna"
    assert (
        "corrected" not in corrections_of({"kind": "yours", "device": CAMERA, "value": "no"}).records([device(PLUG)])[0]
    )


def test_which_mutes_are_of_a_whole_device() -> None:
    """Not those of a rule or a destination as well, of another device, over, or taken back."""
    applied = corrections_of(
        {"kind": "mute", "device": CAMERA, "rule": "credential.default"},
        {"kind": "mute", "device": CAMERA, "destination": "192.0.2.7"},
        {"kind": "mute", "device": CAMERA},
        {"kind": "mute", "rule": "credential.default"},
        {"kind": "mute", "device": CAMERA, "until": 1000},
        {"kind": "mute", "device": CAMERA, "undone_at": 8, "undone_by": "ben"},
        {"kind": "mute", "device": PHONE},
        {"kind": "mute", "device": PLUG, "until": 1001},
        {"kind": "merge", "device": PLUG, "other": CAMERA},
    )
    found = {device: [one.number for one in mutes] for device, mutes in applied.device_mutes.items()}
    assert found == {CAMERA: [3, 8], PHONE: [7]}


def test_merges_and_separations_are_those_of_a_plain_list() -> None:
    """At random, against what they say one after the other: a device points to the one it is part of; where that would
    make a ring, it stays; apart takes away a pointer between the two and no other."""
    chance, names = random.Random(8), ["a", "b", "c", "d"]
    for _ in range(300):
        given, points, apart = list[dict[str, Any]](), dict[str, str](), set[frozenset[str]]()

        def above(one: str, points: dict[str, str] = points) -> list[str]:
            return [one, *(above(points[one], points) if one in points else [])]

        def top(one: str, above: Callable[[str], list[str]] = above) -> str:
            return above(one)[-1]

        for _ in range(chance.randint(1, 7)):
            kind, (one, other) = chance.choice(["merge", "merge", "apart"]), chance.sample(names, 2)
            given.append({"kind": kind, "device": one, "other": other})
            if kind == "apart":
                apart.add(frozenset((one, other)))
                for first, second in ((one, other), (other, one)):
                    if points.get(first) == second:
                        del points[first]
            elif one not in above(other):
                points[one] = other
                apart.discard(frozenset((one, other)))
        found = corrections_of(*given)
        assert [found.merged_into(one) for one in names] == [top(one) for one in names], given
        for one in names:
            ids = found.ids(one)
            assert ids[0] == top(one) and sorted(ids) == [each for each in names if top(each) == top(one)]
        assert found.merges is bool(points)
        guesses = [{"id": one, "confidence": 0.5} for one in names[1:]]
        first = next(one for one in found.records([device("a", probably_same=guesses)]) if one["record"] == "device")
        left = [one["id"] for one in first["probably_same"]]
        if found.merged_into("a") == "a" and given:
            assert left == [one for one in names[1:] if frozenset(("a", one)) not in apart and top(one) != "a"]


@pytest.mark.parametrize(
    ("words", "found"),
    [
        (["cellar"], [CAMERA, PLUG]), (["CELLAR", "nas"], [CAMERA]), (["nas", "plug"], []), (["lar n"], [CAMERA]),
        ([], [CAMERA, PLUG]),
        (["stra\u00dfe"], []), (["x"], []),
    ],
)  # fmt: skip
def test_all_words_stand_in_a_name(words: list[str], found: list[str]) -> None:
    """Of names alone, whatever their case; the last name that was given counts."""
    applied = corrections_of(
        {"kind": "name", "device": CAMERA, "value": "x"}, {"kind": "category", "device": PHONE, "value": "cellar nas"},
        {"kind": "name", "device": CAMERA, "value": "Cellar NAS"},
        {"kind": "name", "device": PLUG, "value": "The cellar's PLUG"},
    )  # fmt: skip
    assert applied.named(words) == found


@pytest.mark.parametrize(
    ("more", "stands"),
    [
        ({}, True), ({"until": 1001}, True), ({"until": 1000}, False), ({"until": 999}, False),
        ({"undone_at": 5, "undone_by": "b"}, False),
        ({"until": None}, True),
    ],
)  # fmt: skip
def test_until_when_a_mute_stands(more: dict[str, Any], stands: bool) -> None:
    applied = corrections_of({"kind": "mute", "rule": "credential.cleartext", **more}, now=1000)
    assert (applied.muted(finding()) is not None) is stands is applied.silent(finding()) and bool(
        applied.mutes
    ) is stands


def test_what_is_accepted_is_one_finding_of_one_run() -> None:
    applied = corrections_of(
        {"kind": "accept", "run": "r1", "finding": "f1"}, {"kind": "accept", "run": None, "finding": "f9"}
    )
    assert applied.accepted_ids == [("r1", "f1")]
    for row, silent in (
        (finding(), True), (finding("f2"), False), ({**finding(), "run": "r2"}, False), (finding("f9"), False),
    ):  # fmt: skip
        assert applied.silent(row) is silent and (applied.accepted(row) is not None) is silent


def test_a_separation_that_is_undone_makes_no_ring_of_merges() -> None:
    """Each of these was possible when it was said; without the separations the last one would close a ring."""
    undone = {"undone_at": 9, "undone_by": "anna"}
    steps = [("merge", CAMERA, PHONE, {}), ("apart", CAMERA, PHONE, undone), ("merge", PLUG, CAMERA, {}),
             ("apart", PLUG, CAMERA, undone), ("merge", CAMERA, PLUG, {})]  # fmt: skip
    found = corrections_of(*({"kind": kind, "device": one, "other": other, **more} for kind, one, other, more in steps))
    assert [found.merged_into(one) for one in (CAMERA, PHONE, PLUG)] == [PHONE] * 3
