"""Runs of several sensors as one: two that hear the same give what one gives; ids stay apart; the worst counts."""

from __future__ import annotations

from typing import Any

import pytest

from sensor.records import Record
from sensor.sites.joined import JoinedRuns, SensorRun, join
from sensor.store.types import TrafficCell
from tests.replaying import of, replayed
from tests.store.keeping import capture
from tests.store.several import ATTIC, BENCH, CAMERA, HALL, of_devices


@pytest.fixture(scope="module")
def home() -> list[Record]:
    return replayed(capture("home"))


def run_of(sensor: Any, records: list[Record], cells: tuple[TrafficCell, ...] = ()) -> SensorRun:
    run = f"live-{sensor.name}"
    return SensorRun(sensor, run, [{**one, "run": run} for one in records], list(cells))


def judgements(records: list[Record]) -> dict[tuple[str, ...], tuple[object, ...]]:
    return {
        (one["record"], one["device"], one.get("capability") or "", (one.get("provision") or {}).get("v3.1.3", "")): (
            one["status"],
            one["severity"],
            one["strength"],
            sorted(one["against"]),
            sorted(one["for"]),
            one["editions"],
            one["headline"],
            sorted(one["because"]),
        )
        for one in records
        if one["record"] in ("provision", "verdict")
    }


@pytest.mark.parametrize("name", ["home", "http_basic"])
def test_two_sensors_that_hear_the_same_give_what_one_gives(name: str) -> None:
    alone = replayed(capture(name))
    found = join([run_of(ATTIC, alone), run_of(HALL, alone)])
    assert judgements(found.records) == judgements(alone) and judgements(alone)
    # A random MAC may be another device for each sensor.
    random = {one["id"] for one in of(alone, "device") if one["mac_randomized"]}
    mine = [one for one in of(found.records, "finding") if "@" not in one["id"]]
    assert {one["id"] for one in mine} == {one["id"] for one in of(alone, "finding")}
    assert {(one["id"], one["count"]) for one in mine} == {(one["id"], one["count"]) for one in of(alone, "finding")}
    assert all(one["sensors"] == ["attic", "hall"] for one in mine if one["device"] not in random)
    sizes = {one["id"]: one["bytes"] for one in of(found.records, "device")}
    assert {one: sizes[one] for one in sizes if "@" not in one} == {
        one["id"]: one["bytes"] for one in of(alone, "device")
    }
    assert len(sizes) == len(of(alone, "device")) + len(random)


def test_a_sensor_that_hears_a_part_changes_no_verdict_of_the_one_that_hears_all(home: list[Record]) -> None:
    part = [one for one in of_devices(home, {CAMERA}) if one["record"] != "finding"]
    unclear = [
        {**one, "status": "insufficient_evidence", "against": [], "for": [], "because": [], "reasons": []}
        if one["record"] in ("provision", "verdict")
        else one
        for one in part
    ]
    for runs in ((run_of(ATTIC, home), run_of(HALL, unclear)), (run_of(HALL, unclear), run_of(ATTIC, home))):
        found = join(list(runs))
        statuses = {key: value[0] for key, value in judgements(found.records).items()}
        assert statuses == {key: value[0] for key, value in judgements(home).items()}
        assert set(found.seen_by[CAMERA]) == {"attic", "hall"}
        assert all(names == ["attic"] for device, names in found.seen_by.items() if device != CAMERA)


def test_devices_of_two_sites_are_never_one(home: list[Record]) -> None:
    found = join([run_of(ATTIC, home), run_of(BENCH, home)])
    ids = [one["id"] for one in of(found.records, "device")]
    assert len(ids) == len(set(ids)) == 2 * len(of(home, "device"))
    findings = [one["id"] for one in of(found.records, "finding")]
    assert len(findings) == len(set(findings)) == 2 * len(of(home, "finding"))
    other = f"{CAMERA}@bench-3"
    mine = [one for one in of(found.records, "verdict") if one["device"] == other]
    known = {one["id"]: one for one in of(found.records, "finding")}
    named = {name for one in mine for name in one["against"]}
    assert named and {known[name]["device"] for name in named} == {other}
    assert {known[name]["sensors"][0] for name in named} == {"bench-3"}


def test_an_address_without_a_makers_mac_is_another_device_for_each_sensor(home: list[Record]) -> None:
    random = [{**one, "mac_randomized": True} if one["record"] == "device" else one for one in home]
    found = join([run_of(ATTIC, random), run_of(HALL, random)])
    assert len(of(found.records, "device")) == 2 * len(of(home, "device"))


def test_the_worst_proof_counts(home: list[Record]) -> None:
    refused = [
        {**one, "detail": {**one["detail"], "accepted": False}, "severity": "info", "count": 99}
        if one["record"] == "finding"
        else one
        for one in home
    ]
    found = join([run_of(HALL, refused), run_of(ATTIC, home)])
    was = {one["id"]: one for one in of(home, "finding")}
    shared = [one for one in of(found.records, "finding") if one["sensors"] == ["hall", "attic"]]
    assert len(shared) > len(was) / 2
    for one in shared:
        assert one["severity"] == was[one["id"]]["severity"] and one["count"] == max(99, was[one["id"]]["count"])


def test_a_finding_is_silent_where_it_is_at_both(home: list[Record]) -> None:
    runs = [run_of(ATTIC, home), run_of(HALL, home)]
    one_of_them = join(runs, lambda finding: finding["run"] == "live-attic")
    shared = [one for one in of(one_of_them.records, "finding") if len(one["sensors"]) == 2]
    assert shared and {one["run"] for one in shared} == {"live-hall"}


def quiet(sensor: Any, home: list[Record], day: int) -> SensorRun:
    """A device of which nothing was found in 13 hours and 6 conversations, by a sensor on one day."""
    coverage = {**of(home, "verdict")[0]["coverage"], "hours": 13.0, "flows": 6, "bytes": 100, "bytes_understood": 100}
    coverage |= {"packets_lost": 0, "flows_served": 6, "flows_outside": 6, "bytes_outside_protected": 0}
    found = [
        {**one, "status": "insufficient_evidence", "severity": None, "against": [], "for": [], "reasons": []}
        if one["record"] in ("provision", "verdict")
        else one
        for one in of_devices(home, {CAMERA})
        if one["record"] != "finding"
    ]
    times = {"first_time": f"2026-05-0{day}T00:00:00.000000Z", "last_time": f"2026-05-0{day}T13:00:00.000000Z"}
    return run_of(
        sensor,
        [
            {**one, "coverage": coverage}
            if one["record"] == "verdict"
            else {**one, **times}
            if "packets" in one
            else one
            for one in found
        ],
    )


def status_of(found: JoinedRuns, number: str) -> str:
    (one,) = [one for one in of(found.records, "provision") if one["provision"]["v3.1.3"] == number]
    return str(one["status"])


def test_silence_counts_only_where_enough_was_heard_together(home: list[Record]) -> None:
    """5.5-5 needs a day, ten conversations and one that the device answered."""
    alone = join([quiet(ATTIC, home, 1)])
    assert status_of(alone, "5.5-5") == "insufficient_evidence"
    apart = join([quiet(ATTIC, home, 1), quiet(HALL, home, 2)])
    assert status_of(apart, "5.5-5") == "no_violation_seen"
    same_time = join([quiet(ATTIC, home, 1), quiet(HALL, home, 1)])
    assert status_of(same_time, "5.5-5") == "insufficient_evidence"


def test_bytes_of_an_hour_are_those_of_the_sensor_that_heard_more(home: list[Record]) -> None:
    first = TrafficCell(CAMERA, 5, "cleartext", "local", 100)
    runs = [run_of(ATTIC, home, (first,)), run_of(HALL, home, (first._replace(bytes=70), first._replace(hour=6)))]
    assert join(runs).cells == [first, first._replace(hour=6)]


MAC, OTHER = "ec:71:db:00:00:01", "ec:71:db:00:00:02"
"""Two MACs of makers, written by hand."""


def device(name: str = MAC, /, **more: object) -> Record:
    made: Record = {
        "record": "device", "id": name, "mac": name, "mac_randomized": False, "addresses": [], "hostname": None,
        "first_seen": None, "last_seen": None, "bytes": {"encrypted": 0, "cleartext": 0, "unknown": 0},
        "destinations": [], "probably_same": [], "in_scope": False,
        **dict.fromkeys(("vendor", "category", "model", "firmware", "os", "platform")),
    }  # fmt: skip
    return {**made, **more}


def finding(name: str = "f1", /, **more: object) -> Record:
    made: Record = {
        "record": "finding", "id": name, "rule": "exposure.unauthenticated", "severity": "low", "device": MAC,
        "peer_device": None, "role": "server", "server": "10.0.0.9:23", "time": None, "last_time": None, "count": 1,
        "evidence": [], "detail": {},
    }  # fmt: skip
    return {**made, **more}


def both(first: Record, second: Record) -> Record:
    """The one record that a record of the attic's and one of the hall's become."""
    one = [] if first["record"] == "device" else [device()]
    (found,) = of(
        join([run_of(ATTIC, [*one, first]), run_of(HALL, [*one, second])]).records,
        first["record"],
    )
    return found


def size(encrypted: int | None, cleartext: int | None = 0) -> dict[str, int | None]:
    return {"encrypted": encrypted, "cleartext": cleartext, "unknown": 0}


@pytest.mark.parametrize(
    ("field", "one", "other", "expected"),
    [
        ("hostname", "cam", None, "cam"),
        ("hostname", None, "cam", "cam"),
        ("hostname", "cam", "other", "cam"),
        ("first_seen", "2026-05-01", "2026-05-02", "2026-05-01"),
        ("first_seen", "2026-05-02", "2026-05-01", "2026-05-01"),
        ("first_seen", None, "2026-05-02", "2026-05-02"),
        ("first_seen", None, None, None),
        ("last_seen", "2026-05-01", "2026-05-02", "2026-05-02"),
        ("last_seen", "2026-05-02", "2026-05-01", "2026-05-02"),
        ("last_seen", "2026-05-02", None, "2026-05-02"),
        ("last_seen", None, None, None),
        ("in_scope", True, False, True),
        ("in_scope", False, True, True),
        ("in_scope", False, False, False),
        ("addresses", ["10.0.0.1", "fe80::1"], ["10.0.0.2", "10.0.0.1"], ["10.0.0.1", "fe80::1", "10.0.0.2"]),
        ("bytes", size(5), size(7), size(7)),
        ("bytes", size(5), size(4), size(5)),
        ("bytes", size(5, 5), size(0, 9), size(5, 5)),
        # A sensor that counts no bytes of one kind heard none of it.
        ("bytes", size(None, 3), size(2, None), size(None, 3)),
        # A device is away only where each of its sensors lost it, since the last of them did.
        ("not_heard_since", "2026-05-01", "2026-05-02", "2026-05-02"),
        ("not_heard_since", "2026-05-02", "2026-05-01", "2026-05-02"),
        ("not_heard_since", "2026-05-02", None, None),
        ("not_heard_since", None, "2026-05-02", None),
        ("probably_same", [{"id": "a", "reason": "r"}], [{"id": "a", "reason": "r"}, {"id": "b", "reason": "r"}],
         [{"id": "a", "reason": "r"}, {"id": "b", "reason": "r"}]),
        ("hidden", [{"value": 1}], [{"value": 1}, {"value": 2}], [{"value": 1}, {"value": 2}]),
    ],
)  # fmt: skip
def test_what_two_sensors_know_of_one_device(field: str, one: object, other: object, expected: object) -> None:
    assert both(device(**{field: one}), device(**{field: other})).get(field) == expected


def test_a_device_that_one_sensor_hears_again_is_not_away() -> None:
    gone = device(not_heard_since="2026-05-01")
    for first, second in ((gone, device()), (device(), gone)):
        assert "not_heard_since" not in both(first, second)


@pytest.mark.parametrize("field", ["vendor", "category", "model", "firmware", "os", "platform"])
@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [(0.6, 0.7, "second"), (0.7, 0.6, "first"), (0.6, 0.6, "first"), (None, 0.0, "second"), (0.0, None, "first")],
)
def test_the_surer_claim_stands(field: str, one: float | None, other: float | None, expected: str) -> None:
    first, second = (
        None if confidence is None else {"value": name, "confidence": confidence, "because": []}
        for name, confidence in (("first", one), ("second", other))
    )
    assert both(device(**{field: first}), device(**{field: second}))[field]["value"] == expected


def peer(name: str, amount: int | None, /, **more: object) -> Record:
    return {"name": name, "address": "192.0.2.1", "party": "third", "bytes": amount, "cleartext": amount, **more}


def test_a_destination_of_both_has_the_most_that_one_heard_and_the_largest_comes_first() -> None:
    quiet = device(bytes=size(10), destinations=[peer("a", 9, country="DE"), peer("b", 3), peer("c", 5)])
    busy = device(bytes=size(20), destinations=[peer("b", 8), peer("a", 2), peer("d", None) | {"bytes": 6}])
    for first, second in ((quiet, busy), (busy, quiet)):
        found = both(first, second)["destinations"]
        assert [(one["name"], one["bytes"], one["cleartext"]) for one in found] == [
            ("a", 9, 9), ("b", 8, 8), ("d", 6, 0), ("c", 5, 5),
        ]  # fmt: skip


@pytest.mark.parametrize("field", ["name", "address", "party"])
def test_destinations_that_differ_in_one_respect_are_two(field: str) -> None:
    found = both(device(destinations=[peer("a", 2)]), device(destinations=[peer("a", 1) | {field: "other"}]))
    assert len(found["destinations"]) == 2


@pytest.mark.parametrize(
    ("field", "one", "other", "expected"),
    [
        ("severity", "low", "medium", "medium"),
        ("severity", "high", "medium", "high"),
        ("count", 3, 4, 4),
        ("count", 4, 3, 4),
        ("time", "2026-05-01", "2026-05-02", "2026-05-01"),
        ("time", "2026-05-02", "2026-05-01", "2026-05-01"),
        ("time", None, "2026-05-02", "2026-05-02"),
        ("time", None, None, None),
        ("last_time", "2026-05-01", "2026-05-02", "2026-05-02"),
        ("last_time", "2026-05-02", None, "2026-05-02"),
        ("last_time", None, None, None),
        ("evidence", [{"capture": "a", "frames": [1]}], [{"capture": "b", "frames": [2]}],
         [{"capture": "a", "frames": [1]}, {"capture": "b", "frames": [2]}]),
        ("detail", {"accepted": True}, {"accepted": False}, {"accepted": True}),
        ("detail", {}, {"accepted": True}, {"accepted": True}),
        ("detail", {"n": 1}, {"n": 2}, {"n": 1}),
    ],
)  # fmt: skip
def test_what_two_sensors_found(field: str, one: object, other: object, expected: object) -> None:
    found = both(finding(**{field: one}), finding(**{field: other}))
    assert found[field] == expected and found["sensors"] == ["attic", "hall"]


def test_what_was_accepted_is_worse_than_what_is_graver() -> None:
    accepted, graver = finding(detail={"accepted": True}), finding(severity="critical")
    assert both(accepted, graver)["severity"] == both(graver, accepted)["severity"] == "low"


@pytest.mark.parametrize("field", ["rule", "role", "server"])
def test_findings_of_one_id_that_differ_are_two(field: str) -> None:
    runs = [run_of(ATTIC, [device(), finding()]), run_of(HALL, [device(), finding(**{field: "other"})])]
    assert [one["id"] for one in of(join(runs).records, "finding")] == ["f1", "f1@hall"]


def test_an_id_that_is_taken_is_told_apart_by_the_sensor_then_its_id_then_a_number() -> None:
    runs = [run_of(ATTIC, [device(), finding()])]
    for server in ("a", "b", "c", "d"):
        own = SensorRun(HALL, f"run-{server}", [device(), {**finding(server=server), "run": f"run-{server}"}])
        runs.append(own)
    assert [one["id"] for one in of(join(runs).records, "finding")] == [
        "f1", "f1@hall", f"f1@{HALL.id}", f"f1@{HALL.id}.2", f"f1@{HALL.id}.3",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("silent", "run"),
    [
        (set(), "attic"), ({"attic"}, "hall"), ({"hall"}, "attic"), ({"attic", "hall"}, "bench"),
        ({"attic", "bench"}, "hall"), ({"attic", "hall", "bench"}, "attic"),
    ],
)  # fmt: skip
def test_the_run_of_a_finding_is_the_first_in_which_it_is_not_silent(silent: set[str], run: str) -> None:
    names = ("attic", "hall", "bench")
    runs = [SensorRun(ATTIC, name, [device(), finding(run=name)]) for name in names]
    (found,) = of(join(runs, lambda one: one["run"] in silent).records, "finding")
    assert found["run"] == run and found["sensors"] == ["attic"]


def test_ids_of_another_site_stand_wherever_a_device_is_named() -> None:
    own = [device(probably_same=[{"id": OTHER, "reason": "r"}, {"id": "gone", "reason": "r"}]), device(OTHER)]
    shared = finding(peer_device=OTHER, detail={"devices": [MAC, OTHER, "gone"], "x": 1})
    alone = finding("f2", device=None, peer_device="gone")
    found = join([run_of(ATTIC, own), run_of(BENCH, [*own, shared, alone])])
    mine, theirs = f"{MAC}@bench-3", f"{OTHER}@bench-3"
    assert [one["id"] for one in of(found.records, "device")] == [MAC, OTHER, mine, theirs]
    assert [[each["id"] for each in one["probably_same"]] for one in of(found.records, "device")] == [
        [OTHER, "gone"], [], [theirs, "gone"], [],
    ]  # fmt: skip
    first, second = of(found.records, "finding")
    assert (first["device"], first["peer_device"]) == (mine, theirs)
    assert first["detail"] == {"devices": [mine, theirs, "gone"], "x": 1}
    assert (second["device"], second["peer_device"]) == (None, "gone")
    assert found.seen_by == {MAC: ["attic"], OTHER: ["attic"], mine: ["bench-3"], theirs: ["bench-3"]}


@pytest.mark.parametrize(
    ("more", "same"),
    [({}, True), ({"mac_randomized": None}, True), ({"mac_randomized": True}, False), ({"mac": None}, False)],
)
def test_who_is_one_device(more: dict[str, object], same: bool) -> None:
    runs = [run_of(ATTIC, [device(**more)]), run_of(HALL, [device(**more)])]
    assert len(of(join(runs).records, "device")) == (1 if same else 2)
    # The same sensor knows its own device by its id in all its runs.
    again = [run_of(ATTIC, [device(**more)]), SensorRun(ATTIC, "second", [device(**more)])]
    found = join(again)
    assert len(of(found.records, "device")) == 1 and found.seen_by == {MAC: ["attic"]}


def test_bytes_are_apart_by_device_hour_protection_and_party() -> None:
    cell = TrafficCell(MAC, 5, "cleartext", "local", 10)
    apart = [
        cell._replace(device=OTHER), cell._replace(hour=4), cell._replace(protection="encrypted"),
        cell._replace(party="third"),
    ]  # fmt: skip
    own = [device(), device(OTHER)]
    stranger = cell._replace(device="nobody")
    runs = [run_of(ATTIC, own, (cell, *apart)), run_of(HALL, own, (cell._replace(bytes=11), stranger))]
    assert join(runs).cells == sorted([cell._replace(bytes=11), *apart])


def test_captures_name_their_sensor_and_a_run_lasts_from_its_first_to_its_last_packet() -> None:
    times = [("2026-05-02", "2026-05-03"), (None, None), ("2026-05-01", "2026-05-02")]
    run = run_of(ATTIC, [{"record": "capture", "first_time": one, "last_time": other} for one, other in times])
    assert run.span == ("2026-05-01", "2026-05-03")
    assert run_of(ATTIC, []).span == (None, None)
    found = of(join([run, run_of(HALL, [{"record": "capture"}])]).records, "capture")
    assert [one["sensor"] for one in found] == ["attic"] * 3 + ["hall"]


def verdict(status: str, /, **more: object) -> Record:
    made: Record = {
        "record": "verdict", "device": MAC, "capability": "secure_communication", "status": status, "severity": None,
        "coverage": {}, "reasons": [], "because": [], "against": [], "for": [], "settle": [], "ts103701": [],
        "editions": {}, "strength": None,
    }  # fmt: skip
    return {**made, **more}


@pytest.mark.parametrize("other", [[], [verdict("from_tomorrow")], [verdict("violated", device=OTHER)]])
def test_the_verdict_of_the_only_sensor_that_judged_a_device_stays_as_it_is(other: list[Record]) -> None:
    """A status that this version does not know, or one of another device, is no second judgement."""
    own = verdict("concern", severity="low", because=["only this"])
    for sensors in ((ATTIC, HALL), (HALL, ATTIC)):
        found = join([run_of(sensors[0], [device(), own]), run_of(sensors[1], [device(), *other])])
        assert [one for one in of(found.records, "verdict") if one["device"] == MAC] == [
            {**own, "run": f"live-{sensors[0].name}"}
        ]


def test_reasons_name_findings_by_their_ids_in_the_whole() -> None:
    cleared = {"message_id": "cleared", "parameters": {"finding": "f1", "fact": "x"}}
    other = {"message_id": "silence.short", "parameters": {"finding": "f1"}}
    named: Record = {
        "against": ["f1"],
        "for": ["f2"],
        "reasons": ["f1", "f3", cleared, other],
        "because": ["f1", "Words."],
    }
    records = [device(), finding(), finding("f2"), verdict("concern", **named)]
    found = join([run_of(ATTIC, [device(), finding()]), run_of(BENCH, records)])
    (one,) = of(found.records, "verdict")
    assert one["against"] == ["f1@bench-3"] and one["for"] == ["f2"] and one["because"] == ["f1@bench-3", "Words."]
    assert one["reasons"] == [
        "f1@bench-3", "f3", {"message_id": "cleared", "parameters": {"finding": "f1@bench-3", "fact": "x"}}, other,
    ]  # fmt: skip
