"""Which changes somebody is told of, and which say nothing new."""

from __future__ import annotations

import itertools

import pytest

from sensor.alerts.derive import CAPABILITIES, Step, derive, health, limits, same
from sensor.alerts.state import AlertState
from sensor.model import Capability, Status
from sensor.settings.keys import AlertSettings as Rules
from tests.alerts.records import CAMERA, PHONE, device, finding, verdict

RULES = Rules(learn_minutes=0)


@pytest.fixture
def known() -> AlertState:
    memory = AlertState(None, 0, 0)
    memory.learn_until = None
    return memory


def derived(known: AlertState, *records: dict[str, object], rules: Rules = RULES) -> Step:
    step = derive(records, known, rules, 100.0)
    known.learn(step)
    return step


def test_a_new_device_is_one_alert_with_what_it_is(known: AlertState) -> None:
    [alert] = derived(known, device()).alerts
    assert alert.kind == "new_device" and alert.device == CAMERA and alert.severity == "medium" and alert.time == 100.0
    assert alert.title == "New device: hall-cam"
    assert (
        alert.text == "A device that was never seen before is on your network. It looks like a baby monitor by Example."
    )
    assert not derived(known, device()).alerts
    assert not derived(known, device(hostname="cam2")).alerts
    assert known.devices == {CAMERA: "cam2"}


def test_what_a_new_device_is_may_not_be_known(known: AlertState) -> None:
    [alert] = derived(known, device(PHONE, category=None, vendor=None, mac_randomized=True)).alerts
    assert alert.severity == "low"
    assert "cannot be told yet." in alert.text and "random hardware address" in alert.text
    [alert] = derived(known, device(category=None)).alerts
    assert "cannot be told yet; its maker is Example." in alert.text


def test_findings_at_or_above_the_severity(known: AlertState) -> None:
    assert not derived(known, finding(severity="medium")).alerts
    [alert] = derived(known, device(), finding()).alerts[1:]
    assert alert.title == "hall-cam: a password or key could be read"
    assert alert.text == "A password crossed readable. Change it."
    assert (alert.rule, alert.finding, alert.severity) == ("credential.cleartext", "f7c1", "high")
    assert derived(known, finding(severity="low", rule="tls.cipher"), rules=Rules(finding="low")).alerts
    assert not derived(known, finding(severity="critical"), rules=Rules(finding="off")).alerts


def test_a_finding_of_no_device(known: AlertState) -> None:
    [alert] = derived(known, finding(device=None, rule="odd.rule")).alerts
    assert alert.title == "Something was found" and alert.name is None


def test_the_same_finding_again_says_nothing_new(known: AlertState) -> None:
    assert len(derived(known, finding(), finding(id="f2", server="198.51.100.3:21")).alerts) == 1
    assert not derived(known, finding(run="r2", id="f3", count=9)).alerts
    assert derived(known, finding(severity="critical")).alerts, "graver is new"
    assert derived(known, finding(protocol="telnet")).alerts
    assert derived(known, finding(device=PHONE)).alerts


def test_a_fingerprint_holds_no_secret_and_survives_any_value() -> None:
    assert same(finding()) == same(finding(detail={"mechanism": "password", "username": "other"}))
    assert same(finding(detail={"devices": ["b", "a"]})) == same(finding(detail={"devices": ["a", "b"]}))
    assert same(finding(detail={"devices": ["a"]})) != same(finding(detail={"devices": ["a", "b"]}))
    assert same(finding(detail=None, device="\ud800"))


def test_verdicts_that_get_worse(known: AlertState) -> None:
    assert not derived(known, verdict("insufficient_evidence")).alerts
    [alert] = derived(known, device(), verdict("concern")).alerts[1:]
    assert (alert.kind, alert.severity, alert.status) == ("verdict", "medium", "concern")
    assert alert.title == "hall-cam does worse: secure communication"
    assert alert.text.startswith("hall-cam may not meet it: there is strong evidence")
    # A restart begins with little evidence again: that is no improvement, and no news when it comes back.
    assert not derived(known, verdict("insufficient_evidence"), verdict("concern")).alerts
    assert not derived(known, verdict("recommendation_missed")).alerts
    assert [one.severity for one in derived(known, verdict("violated")).alerts] == ["high"]
    # It was mended: the next time is news.
    assert [one.kind for one in derived(known, verdict("no_violation_seen")).alerts] == ["better"]
    assert len(derived(known, verdict("concern")).alerts) == 1


def test_an_alert_says_what_decides_the_verdict_and_how_grave_it_is(known: AlertState) -> None:
    worst = verdict("concern", severity="critical", headline="Sent its password readable to 203.0.113.40")
    [alert] = derived(known, worst).alerts
    assert alert.severity == "critical"
    assert " Sent its password readable to 203.0.113.40. " in alert.text
    [alert] = derived(known, verdict("violated", severity="great", headline=["x"])).alerts
    assert alert.severity == "high" and "x" not in alert.text


def test_what_a_verdict_may_not_be(known: AlertState) -> None:
    assert not derived(
        known, verdict("bad"), verdict("violated", "other"), {**verdict("violated"), "device": None}
    ).alerts


@pytest.mark.parametrize(("first", "then"), list(itertools.permutations(["device", "finding", "verdict"], 2)))
def test_the_order_of_the_records_does_not_matter(known: AlertState, first: str, then: str) -> None:
    records = {"device": device(), "finding": finding(), "verdict": verdict("violated")}
    rest = ({"device", "finding", "verdict"} - {first, then}).pop()
    alerts = derived(known, records[first], records[then], records[rest]).alerts
    assert [alert.kind for alert in alerts] == ["new_device", "finding", "verdict"]
    assert {alert.name for alert in alerts} == {"hall-cam"}


def test_while_learning_only_critical_findings_alert(known: AlertState) -> None:
    known.learn_until = 200.0
    assert not derived(known, device(), finding(), verdict("violated")).alerts
    assert [alert.severity for alert in derived(known, finding(severity="critical")).alerts] == ["critical"]
    known.learn_until = None
    assert not derived(known, device(), finding(), verdict("violated")).alerts


def test_each_kind_can_be_switched_off(known: AlertState) -> None:
    off = Rules(new_device=False, finding="off", verdict_worse=False, sensor=False)
    assert not derived(known, device(), finding(), verdict("violated"), rules=off).alerts
    assert health("blind", "", "well", off, 0) is None


def test_the_sensors_own_health() -> None:
    alert = health("blind", "Nothing has come in for ten minutes.", "well", RULES, 5.0)
    assert alert is not None and alert.severity == "high"
    assert alert.text.startswith("Nothing has come in for ten minutes. Until that is fixed, ")
    assert health("blind", "", "blind", RULES, 5.0) is None
    assert health("odd", "", "well", RULES, 5.0) is None
    well = health("well", "", "blind", RULES, 5.0)
    assert well is not None and well.severity == "info"


def test_every_capability_has_words() -> None:
    assert set(CAPABILITIES) == {one.value for one in Capability}


def test_records_of_other_kinds_are_passed_over(known: AlertState) -> None:
    assert not derived(known, {"record": "capture"}, {"record": "summary"}, {}).alerts


def test_a_device_that_does_better_is_told_of_once(known: AlertState) -> None:
    derived(known, device(), verdict(status="violated"))
    assert not derived(known, verdict(status="insufficient_evidence")).alerts  # silence is no pass
    [alert] = derived(known, verdict(status="no_violation_seen")).alerts
    assert (alert.kind, alert.severity, alert.status) == ("better", "info", "no_violation_seen")
    assert alert.title.startswith("hall-cam does better: ")
    assert not derived(known, verdict(status="no_violation_seen")).alerts
    assert [one.kind for one in derived(known, verdict(status="concern")).alerts] == ["verdict"]


def test_better_is_told_only_where_it_is_wanted(known: AlertState) -> None:
    quiet = Rules(learn_minutes=0, verdict_better=False)
    derived(known, device(), verdict(status="violated"), rules=quiet)
    assert not derived(known, verdict(status="no_violation_seen"), rules=quiet).alerts


def test_each_limit_of_the_sensor_is_told_of_once(known: AlertState) -> None:
    caveats = [
        {"kind": "one_station", "count": 1, "sentence": "The sensor sits behind a router."},
        {"kind": "tls_secrets", "count": 1, "sentence": "The file holds secrets."},
    ]
    [alert] = limits(caveats, known, 7.0, RULES)
    assert (alert.kind, alert.status, alert.severity) == ("sensor", "one_station", "low")
    assert alert.text == "The sensor sits behind a router."
    [alert] = limits([*caveats, {"kind": "cut", "count": 3, "sentence": "3 were cut."}], known, 8.0, RULES)
    assert alert.status == "cut"
    assert known.limits == ["one_station", "cut"] and limits(caveats, known, 9.0, RULES) == []


@pytest.mark.parametrize("severity", ["odd", "", None, "HIGH"])
def test_a_severity_that_is_none_raises_nothing(known: AlertState, severity: object) -> None:
    assert derived(known, finding(severity=severity)).alerts == []


GRAVITY = {"violated": 3, "concern": 2, "recommendation_missed": 1}
"""What raises an alert, the gravest the greatest."""


@pytest.mark.parametrize("learning", [False, True])
@pytest.mark.parametrize("wanted", [True, False])
@pytest.mark.parametrize("then", [status.value for status in Status])
@pytest.mark.parametrize("first", [None, *(status.value for status in Status)])
def test_each_change_of_a_verdict(first: str | None, then: str, wanted: bool, learning: bool) -> None:
    """Worse than the worst since it was good: told. Good again: told. Too little evidence: neither, and not
    forgotten."""
    memory = AlertState(None, 3600 if learning else 0, 0)
    rules = Rules(verdict_worse=wanted, verdict_better=wanted)
    if first is not None:
        derived(memory, verdict(first), rules=rules)
    before = GRAVITY.get(first or "", 0)
    expected = []
    if then in GRAVITY and GRAVITY[then] > before:
        expected = [("verdict", then)]
    elif then == "no_violation_seen" and before:
        expected = [("better", then)]
    if learning or not wanted:
        expected = []
    alerts = derived(memory, verdict(then), rules=rules).alerts
    assert [(one.kind, one.status) for one in alerts] == expected
    # The same again is no news, whatever it was; another capability is another matter.
    assert derived(memory, verdict(then), rules=rules).alerts == []
    if then in GRAVITY and wanted and not learning:
        [other] = derived(memory, verdict(then, "software_updates"), rules=rules).alerts
        assert (other.kind, other.capability) == ("verdict", "software_updates")


ORDER = ["info", "low", "medium", "high", "critical"]


@pytest.mark.parametrize("severity", ORDER)
@pytest.mark.parametrize("least", [*ORDER, "off"])
@pytest.mark.parametrize("learning", [False, True])
def test_from_which_severity_on_findings_are_told(severity: str, least: str, learning: bool) -> None:
    """While it learns only what is critical; what was learned is no news later."""
    memory = AlertState(None, 3600 if learning else 0, 0)
    told = least != "off" and ORDER.index(severity) >= ORDER.index(least)
    step = derived(memory, finding(severity=severity), rules=Rules(finding=least))
    assert len(step.alerts) == (told and (not learning or severity == "critical"))
    memory.learn_until = None
    assert derived(memory, finding(severity=severity), rules=Rules(finding=least)).alerts == []


@pytest.mark.parametrize(
    "other",
    [
        {"rule": "credential.weak"}, {"severity": "critical"}, {"device": PHONE}, {"peer_device": PHONE},
        {"protocol": "http"},
        {"detail": {"mechanism": "token"}}, {"detail": {"mechanism": "password", "content": "image"}},
        {"detail": {"mechanism": "password", "devices": [PHONE]}},
    ],
)  # fmt: skip
def test_what_makes_a_finding_another_one(other: dict[str, object]) -> None:
    assert same(finding(**other)) != same(finding())


@pytest.mark.parametrize(
    "other",
    [
        {"id": "f9"}, {"run": "r2"}, {"client": "192.168.50.91:1"}, {"server": "198.51.100.1:21"}, {"summary": "x"},
        {"count": 7},
        {"detail": {"mechanism": "password", "username": "berta", "secret": {"mask": "T"}}},
        {"detail": {"mechanism": "password", "content": 7}}, {"detail": {"mechanism": "password", "devices": "x"}},
    ],
)  # fmt: skip
def test_what_leaves_a_finding_the_same(other: dict[str, object]) -> None:
    assert same(finding(**other)) == same(finding())


@pytest.mark.parametrize("state", ["blind", "losing", "well", "odd", ""])
@pytest.mark.parametrize("before", ["blind", "losing", "well"])
def test_each_change_of_the_sensors_health(state: str, before: str) -> None:
    alert = health(state, "why.", before, Rules(), 7.0)
    if state == before or state in ("odd", ""):
        assert alert is None
    else:
        assert alert is not None
        assert (alert.severity, alert.status, alert.time) == (
            {"blind": "high", "losing": "medium", "well": "info"}[state],
            state,
            7.0,
        )
    assert health(state, "why.", before, Rules(sensor=False), 7.0) is None
