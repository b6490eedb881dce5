"""Provisions and verdicts of several runs: facts and publications stay, editions and grounds are those of all."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from sensor.records import Record
from sensor.sites.coverage import EMPTY
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


NOBODY = "nobody"
"""A device of which everything is written by hand."""

CHANNEL, OPEN_SETTINGS, ONLY_V3, UNSEEN, UNKNOWN = "5.5-1", "5.5-5", "5.1-2A", "5.3-1", "9.9-9"
"""What packets prove and protection is a sign of; what packets prove alone; what one edition has; what no packet shows;
what no table has."""

HEARD: Record = {**EMPTY, "hours": 24.0, "flows": 10, "bytes": 100, "bytes_understood": 50, "packets": 100,
                 "flows_served": 1, "flows_outside": 1, "handshakes": 1, "secret_carriers": 1}  # fmt: skip
"""Just enough of everything that 5.5-1 and 5.5-5 need (the map's [enough.*])."""

SHORT: Record = {**HEARD, "hours": 23.9}


def provision(status: str, number: str = OPEN_SETTINGS, /, **more: object) -> Record:
    made: Record = {
        "record": "provision", "device": "there", "capability": "secure_communication", "status": status,
        "provision": {"v2.1.1": None if number == ONLY_V3 else number, "v3.1.3": number},
        "severity": None, "strength": None, "headline": "", "headline_id": "silence.short", "headline_parameters": {},
        "reasons": [], "because": [], "against": [], "for": [], "settle": [], "settled_by": [], "ts103701": [],
        "editions": {"v2.1.1": status, "v3.1.3": status},
    }  # fmt: skip
    return {**made, **more}


def against(status: str, name: str, number: str = OPEN_SETTINGS, /, **more: object) -> Record:
    return provision(status, number, against=[name], reasons=[name], because=[name], headline=name, **more)


def one_of(*found: Record, coverage: Record = SHORT, findings: Sequence[Record] = ()) -> Record:
    """The provision that those of so many runs become."""
    (one,) = judged(NOBODY, [[each] for each in found], coverage, findings)
    assert one["device"] == NOBODY
    return one


SILENT = provision("insufficient_evidence")


@pytest.mark.parametrize(
    ("number", "coverage", "status"),
    [
        (OPEN_SETTINGS, HEARD, "no_violation_seen"),
        (OPEN_SETTINGS, {**HEARD, "hours": 23.9}, "insufficient_evidence"),
        (OPEN_SETTINGS, {**HEARD, "flows": 9}, "insufficient_evidence"),
        (OPEN_SETTINGS, {**HEARD, "flows_served": 0}, "insufficient_evidence"),
        (OPEN_SETTINGS, {**HEARD, "bytes_understood": 49}, "insufficient_evidence"),
        (OPEN_SETTINGS, {**HEARD, "packets_lost": 2}, "no_violation_seen"),
        (OPEN_SETTINGS, {**HEARD, "packets_lost": 3}, "insufficient_evidence"),
        (OPEN_SETTINGS, {**SHORT, "sessions": ["boot", "idle", "use"]}, "no_violation_seen"),
        (OPEN_SETTINGS, {**SHORT, "bytes_outside_protected": 1}, "insufficient_evidence"),
        (CHANNEL, HEARD, "no_violation_seen"),
        (CHANNEL, {**HEARD, "flows_outside": 0}, "insufficient_evidence"),
        (CHANNEL, {**HEARD, "handshakes": 0}, "insufficient_evidence"),
        (CHANNEL, {**HEARD, "secret_carriers": 0}, "insufficient_evidence"),
        (CHANNEL, {**SHORT, "bytes_outside_protected": 1}, "sign_seen"),
        (CHANNEL, {**SHORT, "bytes_outside_protected": 1, "bytes_outside_open": 1}, "insufficient_evidence"),
        (CHANNEL, {**HEARD, "bytes_outside_protected": 1}, "no_violation_seen"),
        (UNSEEN, HEARD, "not_observable"),
        (UNKNOWN, HEARD, "insufficient_evidence"),
    ],
)
def test_where_nothing_was_found_the_coverage_of_all_decides(number: str, coverage: Record, status: str) -> None:
    """The bounds are those of the map: 24 hours, 10 flows, half of the bytes, 2 % of the packets."""
    found = one_of(*[provision("insufficient_evidence", number)] * 2, coverage=coverage)
    assert found["status"] == found["editions"]["v3.1.3"] == found["editions"]["v2.1.1"] == status
    assert found["strength"] == ("sign" if status == "sign_seen" else None) and found["severity"] is None
    names = {
        "sign_seen": "protected",
        "no_violation_seen": "silence.enough",
        "not_observable": "silence.not_observable",
    }
    if number != UNKNOWN:
        assert [one["message_id"] for one in found["reasons"]] == [names.get(status, "silence.short")]
        heads = {"sign_seen": "protected", "not_observable": "silence.blind"}
        assert found["headline_id"] == heads.get(status, names.get(status, "silence.short")) and found["headline"]
        assert len(found["because"]) == 1


def test_a_provision_of_one_edition_has_no_status_in_the_other() -> None:
    assert one_of(provision("insufficient_evidence", ONLY_V3))["editions"] == {
        "v2.1.1": None, "v3.1.3": "insufficient_evidence",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("finding", "status"),
    [
        ({}, "insufficient_evidence"),
        ({"severity": "info"}, "sign_seen"),
        ({"role": "server"}, "sign_seen"),
        ({"role": None}, "insufficient_evidence"),
        ({"rule": "update.cleartext"}, "sign_seen"),
    ],
)
def test_a_flaw_of_its_own_channels_takes_the_sign_away(finding: Record, status: str) -> None:
    flaw = {"rule": "tls.version", "severity": "low", "role": "client", **finding}
    harmless = {"rule": "credential.cleartext", "severity": "high", "role": "client"}
    coverage = {**SHORT, "bytes_outside_protected": 1}
    for findings in ([flaw, harmless], [harmless, flaw]):
        found = one_of(provision("insufficient_evidence", CHANNEL), coverage=coverage, findings=findings)
        assert found["status"] == status


@pytest.mark.parametrize(
    ("statuses", "best"),
    [
        (("none_on_record", "partly_on_record"), "partly_on_record"),
        (("partly_on_record", "on_record"), "on_record"),
        (("none_on_record", "on_record"), "on_record"),
        (("on_record", "not_applicable"), "not_applicable"),
        (("insufficient_evidence", "none_on_record"), "none_on_record"),
        (("not_observable", "none_on_record"), "none_on_record"),
    ],
)
def test_what_is_known_best_decides_before_coverage_and_after_findings(statuses: tuple[str, str], best: str) -> None:
    for order in (statuses, statuses[::-1]):
        found = [provision(one, because=[one], headline=one) for one in order]
        assert one_of(*found, coverage=HEARD)["headline"] == best
        assert one_of(*found, coverage=HEARD)["status"] == best
        assert one_of(*found, against("concern", "f1"), coverage=HEARD)["status"] == "concern"


def test_of_a_provision_that_no_table_has_the_worst_status_stands() -> None:
    found = [provision(one, UNKNOWN) for one in ("sign_seen", "insufficient_evidence", "no_violation_seen")]
    assert one_of(*found)["status"] == "insufficient_evidence"
    assert one_of(*reversed(found))["status"] == "insufficient_evidence"


CLEARED: Record = {"message_id": "cleared", "parameters": {"finding": "c1", "facts": []}}
FACT: Record = {"message_id": "fact", "parameters": {"fact": "The account is the maker's."}}
COVER: Record = {"message_id": "silence.support", "parameters": {"provision": "5.5-5"}}


def test_findings_of_all_runs_are_named_the_worst_first_and_coverage_of_one_run_by_none() -> None:
    worst = against("violated", "f1", severity="low")
    worst |= {"settle": [{"fact": "a"}], "settled_by": ["z", "b"], "reasons": ["f1", COVER], "for": ["s1"]}
    graver = against("concern", "f2", severity="critical")
    graver |= {"settle": [{"fact": "a"}, {"fact": "c"}], "settled_by": ["b", "a"]}
    sign = provision("sign_seen", **{"for": ["s1", "s2"]}, reasons=["s2", FACT, CLEARED, COVER, "not named"])
    sign |= {"settle": [{"fact": "of no weight"}], "settled_by": ["of no weight"]}
    for order in ([worst, graver, sign], [sign, graver, worst], [graver, sign, worst]):
        found = one_of(*order)
        assert (found["status"], found["severity"], found["headline"]) == ("violated", "low", "f1")
        assert found["against"] == ["f1", "f2"] and found["for"] == ["s1", "s2"]
        assert found["reasons"] == ["f1", COVER, "f2", "s2", FACT, CLEARED]
        assert found["because"][0] == "f1" and len(found["because"]) == 6
        assert found["settle"] == [{"fact": "a"}, {"fact": "c"}] and found["settled_by"] == ["a", "b", "z"]


def test_the_graver_of_two_that_are_as_bad_leads() -> None:
    one, other = against("concern", "f1", severity="medium"), against("concern", "f2", severity="high")
    for order in ((one, other), (other, one)):
        assert one_of(*order)["headline"] == "f2" and one_of(*order)["against"] == ["f2", "f1"]


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        # The status of an edition is the worst of those that were given for it, whichever run was the worse.
        (("insufficient_evidence", "violated"), ("concern", "concern"), ("concern", "violated")),
        (("violated", "violated"), ("concern", "concern"), ("violated", "violated")),
        ((None, "violated"), ("recommendation_missed", "concern"), ("recommendation_missed", "violated")),
        ((None, "violated"), (None, "concern"), (None, "violated")),
    ],
)
def test_each_edition_has_its_own_worst(
    first: tuple[str | None, str], second: tuple[str | None, str], expected: tuple[str | None, str]
) -> None:
    one, other = (
        against(status, name, editions={"v2.1.1": given[0], "v3.1.3": given[1]})
        for status, name, given in (("violated", "f1", first), ("concern", "f2", second))
    )
    quiet = provision("no_violation_seen", editions={"v2.1.1": "violated", "v3.1.3": "violated"})
    for order in ((one, other, quiet), (other, quiet, one)):
        assert one_of(*order)["editions"] == {"v2.1.1": expected[0], "v3.1.3": expected[1]}


def test_a_record_without_reasons_is_read_by_its_sentences() -> None:
    """A store of an older version holds no `reasons`."""
    old = against("concern", "f1") | {"because": ["f1", "f1"], "reasons": None}
    older = provision("sign_seen", **{"for": ["s1"]}, because=["s1", "Little was heard."]) | {"reasons": None}
    assert one_of(old, older)["reasons"] == ["f1", "s1"]
    assert one_of(older, coverage=SHORT)["reasons"] == ["s1"]


def test_signs_of_several_runs_are_one_sign_with_the_grounds_of_the_first() -> None:
    first = provision("sign_seen", **{"for": ["s1"]}, reasons=["s1", CLEARED], headline="A sign.", strength="sign")
    first |= {"headline_id": "protected", "headline_parameters": {"n": 1}, "settle": [{"fact": "a"}]}
    second = provision("sign_seen", **{"for": ["s2", "s1"]}, reasons=["s2"], headline="Another.", strength="sign")
    found = one_of(SILENT, first, second)
    assert (found["status"], found["for"], found["reasons"]) == ("sign_seen", ["s1", "s2"], ["s1", CLEARED, "s2"])
    assert (found["headline"], found["headline_id"], found["strength"]) == ("A sign.", "protected", "sign")
    assert found["headline_parameters"] == {"n": 1} and found["settle"] == found["settled_by"] == []
    # Where enough was heard silence says more; what speaks for the device is still named.
    found = one_of(SILENT, first, second, coverage=HEARD)
    assert (found["status"], found["for"], found["strength"]) == ("no_violation_seen", ["s1", "s2"], None)
    assert found["headline_id"] == "silence.enough" and found["reasons"][:3] == ["s1", CLEARED, "s2"]
    assert found["reasons"][3]["message_id"] == "silence.enough"


def test_what_speaks_for_a_device_that_had_been_heard_enough_is_a_sign_where_it_is_not() -> None:
    """A run that had heard enough alone led with that; with the loss of the other it is a sign, with its words."""
    enough = provision("no_violation_seen", **{"for": ["s1"]}, reasons=["s1"], headline="Enough.", strength=None)
    found = one_of(enough, SILENT)
    assert (found["status"], found["strength"], found["headline_id"]) == ("sign_seen", "sign", "protected")


@pytest.mark.parametrize(
    ("number", "for_it", "outcome"),
    [(OPEN_SETTINGS, [], "INCONCLUSIVE"), (OPEN_SETTINGS, ["s1"], "SUPPORTS_PASS")],
)
def test_cases_of_the_laboratory_follow_the_status(number: str, for_it: list[str], outcome: str) -> None:
    case = {"case": "5.5-5-2", "unit": "a", "outcome": "FAIL"}
    found = one_of(SILENT, provision("sign_seen", number, **{"for": for_it}, ts103701=[case]))
    assert found["ts103701"] == [{**case, "outcome": outcome}]


def test_provisions_are_apart_by_both_numbers() -> None:
    other = provision("insufficient_evidence") | {"provision": {"v2.1.1": None, "v3.1.3": OPEN_SETTINGS}}
    assert len(judged(NOBODY, [[SILENT, other], [other, SILENT]], SHORT, [])) == 2


def verdict(name: str) -> Record:
    return {"record": "verdict", "capability": name, "device": "there", "coverage": {}, "run": "r"}


def of_verdict(provisions: list[Record], *, coverage: Record = SHORT) -> Record:
    """The verdict of these provisions of one run."""
    made = judged(
        NOBODY, [[*provisions, verdict("secure_communication")], [verdict("secure_communication")]], coverage, []
    )
    (found,) = of(made, "verdict")
    assert found["device"] == NOBODY and found["coverage"] == coverage and found["run"] == "r"
    return found


@pytest.mark.parametrize(
    ("statuses", "status"),
    [
        (["violated", "concern"], "violated"),
        (["concern", "recommendation_missed"], "concern"),
        (["not_applicable", "sign_seen"], "sign_seen"),
        (["not_observable", "none_on_record"], "none_on_record"),
        (["not_applicable", "not_observable"], "not_observable"),
        (["on_record", "partly_on_record"], "partly_on_record"),
        # A sign outranks the silence of others; a finding, be it a hypothesis, is no silence.
        (["insufficient_evidence", "sign_seen"], "sign_seen"),
        (["insufficient_evidence against", "sign_seen"], "insufficient_evidence"),
    ],
)
def test_a_verdict_is_that_of_the_worst_provision_that_speaks(statuses: list[str], status: str) -> None:
    for order in (statuses, statuses[::-1]):
        made = [
            provision(name, f"9.{place}", ts103701=[{"case": name}], settle=[{"fact": name}], reasons=[name],
                      headline=name, strength=name, against=["f1"] if more else [])
            for place, each in enumerate(order)
            for name, more in [(each.removesuffix(" against"), each.endswith(" against") or each in OPPOSED)]
        ]  # fmt: skip
        found = of_verdict(made)
        assert found["status"] == found["editions"]["v2.1.1"] == found["editions"]["v3.1.3"] == status
        assert found["headline"] == found["strength"] == status and found["reasons"] == found["because"] == [status]
        assert found["ts103701"] == [{"case": status}] and found["settle"] == [{"fact": status}]


OPPOSED = ("violated", "concern", "recommendation_missed")


def test_a_verdict_names_the_findings_of_all_that_speak_the_worst_first() -> None:
    mild = against("recommendation_missed", "f3", "9.1", severity="low", **{"for": ["s1"]})
    worse = against("concern", "f2", "9.2", severity="medium")
    worst = against("concern", "f1", "9.3", severity="high", editions={"v2.1.1": None, "v3.1.3": "concern"})
    excluded = provision("not_applicable", "9.4", **{"for": ["not this"]})
    found = of_verdict([excluded, mild, worse, worst])
    assert found["against"] == ["f1", "f2", "f3"] and found["for"] == ["s1"] and found["severity"] == "high"
    assert found["reasons"] == ["f1", "f2"] and found["headline"] == "f1"
    found = of_verdict([mild, worst])
    assert found["editions"] == {"v2.1.1": "recommendation_missed", "v3.1.3": "concern"}


def test_a_verdict_without_a_provision_says_that_nothing_can_be_seen() -> None:
    found = of_verdict([])
    assert (found["status"], found["severity"], found["strength"]) == ("not_observable", None, None)
    assert found["headline_id"] == "silence.blind" and found["headline"] and found["headline_parameters"] == {}
    assert found["against"] == found["for"] == found["reasons"] == []


def test_verdicts_are_of_their_own_provisions_in_the_order_of_the_five() -> None:
    mine = against("violated", "f1", "9.1")
    other = against("concern", "f2", "9.2", capability="personal_data")
    neighbour = against("violated", "f3", "9.3", capability=None)
    names = ["personal_data", "secure_communication", "no_default_passwords"]
    found = of(judged(NOBODY, [[mine, other, neighbour], [verdict(one) for one in names]], SHORT, []), "verdict")
    assert [(one["capability"], one["status"]) for one in found] == [
        ("no_default_passwords", "not_observable"), ("secure_communication", "violated"), ("personal_data", "concern"),
    ]  # fmt: skip
