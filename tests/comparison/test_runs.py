"""Comparisons: what counts as new, worse, better, gone; silence is never a pass."""

from __future__ import annotations

from typing import Any

import pytest

from sensor.comparison.runs import FindingChange, Pairing, RunComparison, compare

PLUG, TWIN = "02:00:5e:00:53:01", "02:00:5e:00:53:02"


def device(name: str = PLUG, model: str | None = None, **fields: Any) -> dict[str, Any]:
    claim = {"value": model, "confidence": 0.9, "because": []} if model else None
    return {
        "record": "device", "id": name, "mac": name, "addresses": ["192.168.1.9"], "hostname": None, "vendor": None,
        "category": None, "model": claim, "destinations": [], "channels": [], **fields,
    }  # fmt: skip


def finding(rule: str = "credential.cleartext", severity: str = "high", **fields: Any) -> dict[str, Any]:
    return {
        "record": "finding", "id": f"{rule} {severity}", "rule": rule, "severity": severity, "device": PLUG,
        "peer_device": None, "role": "client", "client": "192.168.1.9:4000", "server": "203.0.113.4:80",
        "protocol": "http", "summary": "What was found.", "detail": {"server_name": "cloud.example"}, **fields,
    }  # fmt: skip


def verdict(status: str, hours: float = 1.0, flows: int = 100, name: str = PLUG, **more: Any) -> dict[str, Any]:
    coverage = {"hours": hours, "flows": flows, "sessions": [], **more}
    capability = "secure_communication"
    return {"record": "verdict", "device": name, "capability": capability, "status": status, "coverage": coverage}


def only(found: RunComparison) -> FindingChange:
    (change,) = [one for each in found.devices for one in each.findings]
    return change


HEARD = verdict("insufficient_evidence", 48.0)


def test_the_same_twice() -> None:
    run = [device(), finding(), verdict("concern")]
    found = compare(run, run)
    assert only(found).change == "same" and not found.got_worse and found.counts()["same"] == 1


def test_a_new_finding_is_worse_and_a_new_remark_is_not() -> None:
    assert compare([device()], [device(), finding()]).got_worse
    remark = compare([device()], [device(), finding(severity="info")])
    assert only(remark).change == "new" and not remark.got_worse and sum(remark.counts().values()) == 0


@pytest.mark.parametrize(
    ("before", "after", "change"), [("info", "high", "worse"), ("high", "info", "better"), ("low", "low", "same")]
)
def test_severity_tells_worse_from_better(before: str, after: str, change: str) -> None:
    """A device that took a forged certificate refuses it now."""
    run = [[device(), finding("tls.validation", severity)] for severity in (before, after)]
    assert only(compare(*run)).change == change


def test_a_refused_login_does_not_mend_the_accepted_one() -> None:
    accepted = finding(detail={"accepted": True, "server_name": "cloud.example"})
    refused = finding(severity="medium", detail={"accepted": False, "server_name": "cloud.example"})
    assert only(compare([device(), accepted], [device(), refused])).change == "same"
    milder = finding(severity="medium", detail={"accepted": True, "server_name": "cloud.example"})
    assert only(compare([device(), accepted], [device(), milder])).change == "better"


@pytest.mark.parametrize(
    ("second", "change", "reason"),
    [
        ([], "not_seen_again", None),
        ([device()], "not_seen_again", None),
        ([device(), verdict("insufficient_evidence", 23.9)], "not_seen_again", None),
        ([device(), verdict("insufficient_evidence", 48.0, flows=9)], "not_seen_again", None),
        ([device(), HEARD], "gone", "silence"),
        ([device(), verdict("sign_seen", 0.2, sessions=["boot", "use", "idle"])], "gone", "silence"),
    ],
)
def test_gone_only_where_enough_was_heard(second: list[dict[str, Any]], change: str, reason: str | None) -> None:
    one = only(compare([device(), finding()], second))
    assert (one.change, one.reason) == (change, reason)


def channel(name: str, encrypted: int, cleartext: int) -> dict[str, Any]:
    return {"role": "client", "names": [name], "encrypted": encrypted, "cleartext": cleartext}


@pytest.mark.parametrize(
    ("channels", "change"),
    [
        ([channel("cloud.example", 900, 0)], "gone"),
        ([channel("cloud.example", 900, 0), channel("cloud.example", 0, 5)], "not_seen_again"),
        ([channel("cloud.example", 0, 0)], "not_seen_again"),
        ([channel("other.example", 900, 0)], "not_seen_again"),
        ([], "not_seen_again"),
    ],
)
def test_a_destination_that_is_encrypted_now_needs_no_day(channels: list[dict[str, Any]], change: str) -> None:
    one = only(compare([device(), finding()], [device(channels=channels)]))
    assert one.change == change and (one.reason == "encrypted") is (change == "gone")


def test_a_factory_pair_that_is_refused_now_is_gone() -> None:
    served = {"role": "server", "client": "192.168.1.2:4000", "server": "192.168.1.9:80"}
    detail = {"mechanism": "password", "username": "admin", "accepted": True}
    was = finding("credential.default", **served, detail=detail)
    refused = finding("credential.refused_default", "info", **served, detail={**detail, "accepted": False})
    elsewhere = {**refused, "server": "192.168.1.9:8080"}
    changes = [
        {one.rule: one.change for one in compare([device(), was], [device(), now]).devices[0].findings}
        for now in (refused, elsewhere)
    ]
    assert [one["credential.default"] for one in changes] == ["gone", "not_seen_again"]


@pytest.mark.parametrize(
    ("before", "after", "hours", "change"),
    [
        ("insufficient_evidence", "violated", 1, "worse"),
        ("concern", "violated", 1, "worse"),
        ("violated", "insufficient_evidence", 1, "not_seen_again"),
        ("violated", "concern", 1, "not_seen_again"),
        ("violated", "no_violation_seen", 30, "better"),
        ("sign_seen", "insufficient_evidence", 1, "same"),
        ("violated", "violated", 1, "same"),
    ],
)
def test_statuses(before: str, after: str, hours: float, change: str) -> None:
    found = compare([device(), verdict(before)], [device(), verdict(after, hours)])
    (one,) = found.devices[0].verdicts
    assert one.change == change and found.got_worse is (change == "worse")


def test_a_status_is_better_where_all_that_decided_it_is_mended() -> None:
    """Though too little was heard for silence to count."""
    was = {**verdict("concern"), "against": [finding()["id"]]}
    now = [device(channels=[channel("cloud.example", 900, 0)]), verdict("sign_seen")]
    (mended,) = compare([device(), finding(), was], now).devices[0].verdicts
    (open_still,) = compare([device(), finding(), {**was, "against": [finding()["id"], "f2"]}], now).devices[0].verdicts
    assert (mended.change, open_still.change) == ("better", "not_seen_again")


def test_units_of_one_model_are_set_against_each_other() -> None:
    first = [device(), finding()]
    second = [device(TWIN), finding(device=TWIN, client="192.168.1.10:4001", server="203.0.113.7:80")]
    apart = compare(first, second)
    assert apart.counts()["new"] == 1 and apart.counts()["not_seen_again"] == 1
    paired = compare(first, second, {PLUG: TWIN})
    assert paired.counts()["same"] == 1 and paired.devices[0].paired == "as" and not paired.got_worse
    alone = compare([device(model="Plug 1"), first[1]], [device(TWIN, model="PLUG 1"), second[1]])
    assert alone.devices[0].paired == "model" and alone.counts()["same"] == 1


def test_two_units_of_a_model_are_not_mixed_up() -> None:
    """Which is which is the user's to say where one run has two."""
    second = [device("02:00:5e:00:53:08", "Plug 1"), device("02:00:5e:00:53:09", "Plug 1")]
    found = compare([device(model="Plug 1")], second)
    assert {one.paired for one in found.devices} == {None} and len(found.devices) == 3


@pytest.mark.parametrize("pairs", [{TWIN: PLUG}, {PLUG: TWIN}])
def test_a_pair_that_is_not_there_is_said(pairs: dict[str, str]) -> None:
    with pytest.raises(Pairing, match=TWIN):
        compare([device()], [device()], pairs)


def test_what_the_user_accepted_makes_nothing_worse() -> None:
    found = compare([device()], [device(), {**finding(), "accepted": {"by": "anna"}}])
    assert not found.got_worse and found.counts()["new"] == 0


def test_findings_of_no_device_are_compared_too() -> None:
    shared = finding("credential.shared", device=None, role=None)
    assert compare([device()], [device(), shared]).got_worse
    assert compare([device(), shared], [device(), shared]).counts()["same"] == 1


def test_records_without_keys_are_compared_by_what_they_say() -> None:
    """Stores of earlier versions have none."""
    found = compare([device(), finding()], [device(), {**finding(), "server": "203.0.113.77:80"}])
    assert only(found).change == "same"


@pytest.mark.parametrize(
    ("hours", "flows", "sessions", "enough"),
    [
        # docs/output.md: a day and ten conversations, or the sessions of a laboratory in place of the day.
        (24.0, 10, [], True),
        (23.9, 10, [], False),
        (24.0, 9, [], False),
        (0.2, 10, ["boot", "use", "idle", "update"], True),
        (0.2, 10, ["boot", "use"], False),
        (0.2, 9, ["boot", "use", "idle"], False),
    ],
)
def test_from_when_silence_counts(hours: float, flows: int, sessions: list[str], enough: bool) -> None:
    (one,) = compare([device()], [device(), verdict("sign_seen", hours, flows, sessions=sessions)]).devices
    assert one.heard_enough is enough


def test_silence_of_a_device_that_is_not_there_counts_for_nothing() -> None:
    (one,) = compare([device(), HEARD], []).devices
    assert not one.heard_enough and [each.change for each in one.verdicts] == ["not_seen_again"]


@pytest.mark.parametrize(
    ("rule", "role", "gone"),
    [
        ("transfer.unencrypted", "client", True),
        ("personal.email", "client", True),
        ("transfer.unencrypted", "server", False),
        ("tls.version", "client", False),
    ],
)
def test_encryption_mends_only_what_the_device_sent_readable(rule: str, role: str, gone: bool) -> None:
    now = device(channels=[channel("cloud.example", 900, 0)])
    assert (only(compare([device(), finding(rule, role=role)], [now])).change == "gone") is gone


@pytest.mark.parametrize(
    ("before", "after", "change"),
    [
        (None, "violated", "new"),
        ("violated", None, "not_seen_again"),
        # Neither is against the device: how much was heard differs, no more.
        ("no_violation_seen", "insufficient_evidence", "same"),
        ("insufficient_evidence", "no_violation_seen", "same"),
    ],
)
def test_a_status_that_only_one_run_has_or_that_is_no_reproach(
    before: str | None, after: str | None, change: str
) -> None:
    first, second = ([device(), *([verdict(status, 48.0)] if status else [])] for status in (before, after))
    (one,) = compare(first, second).devices[0].verdicts
    assert (one.change, one.before, one.after) == (change, before, after)


def test_two_devices_cannot_be_set_against_the_same_one() -> None:
    with pytest.raises(Pairing, match="two devices"):
        compare([device(), device(TWIN)], [device()], {PLUG: PLUG, TWIN: PLUG})


def test_what_the_user_says_comes_before_the_same_id() -> None:
    both = [device(), device(TWIN)]
    found = compare(both, both, {PLUG: TWIN})
    assert {(one.before, one.after, one.paired) for one in found.devices} == {(TWIN, None, None), (None, PLUG, None)}
    shown = compare([*both, finding()], both, {PLUG: TWIN})
    assert (PLUG, TWIN, "as") in {(one.before, one.after, one.paired) for one in shown.devices}


def test_a_unit_beside_one_that_stayed_is_another_one() -> None:
    """One of the model is in both runs: the second unit is not the first."""
    third = "02:00:5e:00:53:03"
    found = compare([device(model="Plug 1")], [device(model="Plug 1"), device(third, "Plug 1")])
    assert [(one.before, one.after, one.paired) for one in found.devices] == [(None, third, None)]


def test_the_worst_of_several_findings_of_one_key_counts() -> None:
    mild, bad = finding(severity="low"), finding(severity="high")
    one = only(compare([device(), mild], [device(), mild, bad]))
    assert (one.change, one.severity_before, one.severity_after) == ("worse", "low", "high")
    assert (one.before, one.after) == ((mild["id"],), (mild["id"], bad["id"]))


def test_silenced_only_where_all_are() -> None:
    muted, open_one = {**finding(), "muted": True}, finding(severity="low")
    assert only(compare([device()], [device(), muted])).silenced
    assert not only(compare([device()], [device(), muted, open_one])).silenced
    assert not only(compare([device(), muted], [device()])).silenced


def test_the_worst_stands_first() -> None:
    better = finding("tls.validation", "info")
    after = [device(TWIN), device(), finding("tls.key", "low"), finding("tls.cipher", "high"), better]
    found = compare([device(TWIN), device(), finding("tls.validation"), verdict("concern", name=TWIN)], after)
    assert [one.after for one in found.devices] == [PLUG, TWIN]
    assert [(one.rule, one.change) for one in found.devices[0].findings] == [
        ("tls.cipher", "new"), ("tls.key", "new"), ("tls.validation", "better"),
    ]  # fmt: skip
