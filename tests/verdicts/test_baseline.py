"""The standards map.

Complete in both numberings, well-formed, judged with reasons, and its rules, captures and measures exist.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest

from sensor.catalogue import Message
from sensor.model import Capability, Endpoint, Finding, Severity, Status
from sensor.verdicts.baseline import FindingRule, Provision, baseline, parse, standard
from sensor.verdicts.coverage import Coverage

ROOT = Path(__file__).resolve().parents[2]

V3 = (
    ["5.1-1", "5.1-2", "5.1-2A", "5.1-3", "5.1-4", "5.1-5"],
    ["5.2-1", "5.2-2", "5.2-3"],
    ["5.3-1", "5.3-2", "5.3-3", "5.3-4A", "5.3-4B", "5.3-5", "5.3-6A", "5.3-6B", "5.3-7", "5.3-8", "5.3-9", "5.3-10",
     "5.3-11", "5.3-12",
     "5.3-13", "5.3-14", "5.3-15A", "5.3-15B", "5.3-16"],
    ["5.5-1", "5.5-2", "5.5-3", "5.5-4", "5.5-5", "5.5-6", "5.5-7", "5.5-8"],
    ["5.8-1", "5.8-2", "5.8-3"],
)  # fmt: skip
"""Clauses 5.1, 5.2, 5.3, 5.5, 5.8 of EN 303 645 V3.1.3, Annex B: 6, 3, 19, 8 and 3 provisions."""

NEIGHBOURS = ["5.4-3", "5.4-4", "5.6-1", "5.6-2"]

RECOMMENDED = {
    "5.1-2A", "5.2-2", "5.2-3", "5.3-1", "5.3-4A", "5.3-4B", "5.3-5", "5.3-6A", "5.3-6B", "5.3-9", "5.3-11", "5.3-12",
    "5.3-14", "5.3-15A", "5.3-15B", "5.5-2", "5.5-3", "5.5-4", "5.5-6", "5.8-1",
}  # fmt: skip
"""Status R in Annex B of V3.1.3; the others are M (with conditions)."""

PROVABLE = {
    "5.1-1", "5.1-2A", "5.1-3", "5.5-1", "5.5-4", "5.5-5", "5.5-6", "5.5-7", "5.6-2", "5.8-1", "5.8-2",
}  # fmt: skip
"""What the standard asks can be seen to be broken on the wire, some of it only together with a fact of the lab."""

BLIND_ALTHOUGH_TEMPTING = {"5.3-16", "5.5-2", "5.8-3"}
"""A label is no packet; a fingerprint is no review; a document is not sent."""


def of(v3: str) -> Provision:
    return next(provision for provision in baseline() if provision.v3 == v3)


def rows() -> list[tuple[Provision, FindingRule]]:
    return [(provision, on) for provision in baseline() for on in provision.on]


def test_every_provision_of_the_five_clauses_is_there_once() -> None:
    for capability, wanted in zip(Capability, V3, strict=True):
        assert [p.v3 for p in baseline() if p.capability is capability] == wanted


def test_the_neighbours_belong_to_none_of_the_five() -> None:
    assert [p.v3 for p in baseline() if p.capability is None] == NEIGHBOURS
    assert len(baseline()) == 39 + 4


def test_modals_are_the_standards_own_and_agree_with_annex_b() -> None:
    assert {p.v3 for p in baseline() if p.modal == "should"} == RECOMMENDED
    for provision in baseline():
        assert provision.annex[0] == {"shall": "M", "should": "R"}[provision.modal]


def test_v2_numbers_drop_the_split_letters_and_5_1_2a_is_new() -> None:
    for provision in baseline():
        assert provision.v2 == (None if provision.v3 == "5.1-2A" else provision.v3.rstrip("AB"))


def test_what_traffic_can_do_is_judged_with_a_reason() -> None:
    assert {p.v3 for p in baseline() if p.traffic == "prove"} == PROVABLE
    assert {p.v3 for p in baseline() if p.traffic == "nothing"} >= BLIND_ALTHOUGH_TEMPTING
    for provision in baseline():
        assert len(provision.why) > 20 and len(provision.lab) > 10, provision.v3
        # Where nothing could fire, "nothing was found" would be a lie.
        assert bool(provision.on) == (provision.traffic != "nothing"), provision.v3


def test_a_recommendation_can_never_be_violated_and_packets_alone_prove_only_what_they_can() -> None:
    for provision, on in rows():
        assert not (provision.modal == "should" and on.status is Status.VIOLATED)
        assert not (provision.traffic != "prove" and on.status is Status.VIOLATED)
        assert not (provision.modal == "shall" and on.status is Status.RECOMMENDATION_MISSED)
        assert on.status in (
            Status.VIOLATED,
            Status.CONCERN,
            Status.RECOMMENDATION_MISSED,
            Status.INSUFFICIENT_EVIDENCE,
            Status.SIGN_SEEN,
        )


def test_only_a_concern_or_a_hypothesis_waits_for_proof() -> None:
    for provision, on in rows():
        waiting = on.status in (Status.CONCERN, Status.INSUFFICIENT_EVIDENCE)
        assert not on.proves or waiting, (provision.v3, on.rule)


def test_a_hypothesis_lifts_nothing_and_a_sign_is_no_pass() -> None:
    for provision, on in rows():
        assert (on.strength == "hypothesis") == (on.status is Status.INSUFFICIENT_EVIDENCE), (provision.v3, on.rule)
        assert on.strength in ("proof", "contrast", "sign", "hypothesis")
    order = list(Status)
    assert order.index(Status.INSUFFICIENT_EVIDENCE) < order.index(Status.SIGN_SEEN)
    assert order.index(Status.SIGN_SEEN) < order.index(Status.NO_VIOLATION_SEEN)


def test_how_a_login_crosses_decides_communication() -> None:
    assert {p.v3 for p in baseline() if p.decides is not p.capability} == {"5.1-2A", "5.1-3"}
    assert of("5.1-3").decides is of("5.1-2A").decides is Capability.SECURE_COMMUNICATION


def test_silence_is_weighed_wherever_traffic_can_prove_and_the_measures_exist() -> None:
    measures = {field.name for field in fields(Coverage)} | {
        name for name, value in vars(Coverage).items() if isinstance(value, property)
    }
    for provision in baseline():
        if provision.traffic == "prove":
            assert "listening" in {enough.name for enough in provision.needs}, provision.v3
    for enough in standard().enough.values():
        assert len(enough.reason) > 30
        assert {name for name, _ in (*enough.least, *enough.most)} <= measures


def test_references_name_their_document_and_what_is_unverified_stays_marked() -> None:
    marked = {(r.framework, p.v3) for p in baseline() for r in p.see if not r.verified}
    # The source marks these: the wording of NIST's developer activities, the level of the labelling scheme for
    # encryption, IoTSF's numbers for updates.
    assert {("nist", "5.2-1"), ("cls", "5.5-1"), ("iotsf", "5.3-7"), ("psti", "5.3-13"), ("en18031", "5.8-3")} <= marked
    for provision in baseline():
        assert any(reference.framework == "ts103701" for reference in provision.see), provision.v3
        assert all(reference.item.strip() for reference in provision.see)


@pytest.mark.parametrize(
    ("v3", "framework", "item"),
    [
        # legislation.gov.uk: Schedule 2 names EN 303 645 5.1-1, 5.1-2 and 5.2-1.
        ("5.1-1", "psti", "Schedule 2 paragraph 1"),
        ("5.1-2", "psti", "Schedule 2 paragraph 1"),
        ("5.2-1", "psti", "Schedule 2 paragraph 2"),
        # CRA Annex I Part II: 5 a policy for coordinated disclosure, 6 a contact, 7 distribution of updates.
        ("5.2-1", "cra", "II(5)"),
        ("5.2-1", "cra", "II(6)"),
        ("5.3-7", "cra", "II(7)"),
        ("5.1-5", "iotsf", "2.4.8.7"),
        ("5.2-1", "iotsf", "2.4.3.5.1"),
    ],
)
def test_references_that_their_sources_give(v3: str, framework: str, item: str) -> None:
    assert any((r.framework, r.item, r.verified) == (framework, item, True) for r in of(v3).see)


def test_every_reference_of_the_table_is_in_the_map_and_marked_as_there() -> None:
    for row in tomllib.loads((ROOT / "signatures" / "baseline.toml").read_text("utf-8"))["provision"]:
        written = {
            (framework, item, key == "unverified")
            for key in ("see", "unverified")
            for framework, items in row.get(key, {}).items()
            for item in items
        }
        one = of(row["v3"])
        assert {(each.framework, each.item) for each in one.see} == {each[:2] for each in written}, row["v3"]
        assert not [each for each in one.see if each.verified and (each.framework, each.item, True) in written]
        assert one.protected_is_sign is row.get("protected_is_sign", False)


def test_the_captures_that_a_row_names_are_there() -> None:
    named = {name for _, on in rows() for name in (on.fires, on.silent) if name}
    assert named and not {name for name in named if not (ROOT / "pcaps" / name / "expected.json").exists()}


def test_everybody_who_knows_a_rule_writes_it_alike() -> None:
    assert not {
        on.rule
        for _, on in rows()
        if not re.fullmatch(r"(credential|transfer|tls|personal|update|exposure)\.([a-z_]+|\*)", on.rule)
    }


def test_a_broken_map_is_refused() -> None:
    shipped = (ROOT / "signatures" / "baseline.toml").read_text("utf-8")
    for good, bad in (
        ('capability = "personal_data"', 'capability = "nonsense"'),
        ('traffic = "prove"', 'traffic = "guess"'),
        ('modal = "shall"', 'modal = "may"'),
        ("see.psti", "see.pstl"),
        ('clears = ["phase"', 'clears = ["phrase"'),
        ('needs = ["listening"', 'needs = ["listing"'),
        ("accepted = true", "acepted = true"),
    ):
        assert good in shipped
        with pytest.raises((KeyError, ValueError, TypeError)):
            parse(tomllib.loads(shipped.replace(good, bad, 1)))


WHICH = {
    # condition of a row: its value, what meets it in a finding, what does not
    "role": ("server", {"role": "server"}, {"role": "client"}),
    "remote": (True, {"remote": True}, {"remote": False}),
    "harmless": (True, {"severity": Severity.INFO}, {"severity": Severity.LOW}),
    "accepted": (True, {"accepted": True}, {"accepted": None}),
    "sent": (False, {"sent": False}, {"sent": True}),
    "went_on": (True, {"went_on": True}, {}),
    "outcome": ("refused", {"outcome": "refused"}, {"outcome": "accepted"}),
    "outside": (True, {"outside": True}, {"outside": False}),
    "control": (False, {"control": False}, {"control": True}),
    "after_start": (True, {"after_start": True}, {}),
    "signature": (False, {"signature": False}, {"signature": True}),
    "null_cipher": (True, {"null_cipher": True}, {}),
    "served": (False, {}, {"served": True}),
    "mechanisms": (("password", "key"), {"mechanism": "key"}, {"mechanism": "cookie"}),
    "schemes_not": (("vnc",), {"scheme": "basic"}, {"scheme": "vnc"}),
    "contents": (("image",), {"content": "image"}, {"content": "audio"}),
    "contents_not": (("image",), {"content": "audio"}, {"content": "image"}),
    "how": (("kept",), {"how": "kept"}, {}),
    "channel": (("tls",), {"channel": "tls"}, {"channel": "http"}),
    "opens": (("shell",), {"opens": "shell"}, {"opens": "settings"}),
    "services": (("telnet",), {"service": "telnet"}, {"service": "ssh"}),
    "why": (("expired", "weak"), {"why": ["name", "weak"]}, {"why": ["name"]}),
    "categories": (("email", "photo"), {"rule": "personal.photo"}, {"rule": "personal.audio"}),
}  # fmt: skip
"""Each condition that a row of the map may have, alone."""

DECIDE_LATER = {"rule", "status", "reason", "clears", "proves", "lowers", "v2_needs", "strength", "fires", "silent"}


def _found(rule: str = "personal.email", role: str = "client", **more: Any) -> Finding:
    known = {name: more.pop(name) for name in ("remote", "severity") if name in more}
    return Finding(
        rule=rule, **{"severity": Severity.HIGH, "remote": False, **known}, device="d", peer_device=None, role=role,
        capability=None, provisions=(), client=Endpoint.parse("192.0.2.9:40000"), server=None, protocol="http", time=1,
        last_time=1, frames=(1,), message=Message("update.check"), detail=more,
    )  # fmt: skip


def test_every_condition_is_in_the_table() -> None:
    assert set(WHICH) | DECIDE_LATER == {one.name for one in fields(FindingRule)}


@pytest.mark.parametrize("condition", WHICH)
def test_a_row_is_met_where_all_its_conditions_are(condition: str) -> None:
    value, meets, fails = WHICH[condition]
    row = FindingRule("personal.*", Status.CONCERN, "why", **{condition: value})
    assert row.matches(_found(**meets)) and not row.matches(_found(**fails))
    assert FindingRule("personal.*", Status.CONCERN, "why").matches(_found(**fails))


@pytest.mark.parametrize(
    ("rule", "of", "matches"),
    [
        ("personal.*", "personal.photo", True), ("personal.*", "personal.", True), ("personal.*", "personality", False),
        ("personal.photo", "personal.photo", True), ("personal.photo", "personal.photos", False),
        ("personal.photo", "personal", False),
    ],
)  # fmt: skip
def test_a_star_stands_for_the_rest_of_a_rule(rule: str, of: str, matches: bool) -> None:
    assert FindingRule(rule, Status.CONCERN, "why").matches(_found(of)) is matches
