"""The traps of the standard as rules: silence, should against shall, refused logins, cleartext firmware, the local network."""

from __future__ import annotations

from typing import Any

from sensor.model import Capability, Finding, Severity, Status
from sensor.verdicts.baseline import baseline
from sensor.verdicts.coverage import ENOUGH_FLOWS, ENOUGH_HOURS, Coverage
from sensor.verdicts.judge import judge_device

SHORT = Coverage(hours=0.5, flows=20)
LONG = Coverage(hours=ENOUGH_HOURS, flows=ENOUGH_FLOWS)


def finding(
    rule: str, *, role: str = "server", remote: bool = False, severity: Severity = Severity.HIGH, **detail: Any
) -> Finding:
    return Finding(
        rule=rule, severity=severity, device="d", peer_device=None, role=role, capability=None, provisions=(), client="192.0.2.9:1",
        server="192.0.2.2:21", protocol="ftp", time=1, last_time=1, frames=(1,), summary="", advice="", detail=detail, remote=remote,
    )  # fmt: skip


def statuses(*findings: Finding, coverage: Coverage = SHORT) -> dict[str, Status]:
    judged, _ = judge_device(baseline(), findings, coverage)
    return {one.provision.v3: one.status for one in judged}


def verdicts(*findings: Finding, coverage: Coverage = SHORT) -> dict[Capability, Status]:
    return {verdict.capability: verdict.status for verdict in judge_device(baseline(), findings, coverage)[1]}


def login(**more: Any) -> Finding:
    return finding("credential.cleartext", **{"mechanism": "password", "accepted": True, **more})


def test_silence_is_never_a_pass() -> None:
    for coverage in (SHORT, LONG):
        found = verdicts(coverage=coverage)
        assert set(found.values()) <= {Status.INSUFFICIENT_EVIDENCE, Status.NO_VIOLATION_SEEN, Status.NOT_OBSERVABLE}
        assert found[Capability.VULNERABILITY_DISCLOSURE] is Status.NOT_OBSERVABLE
    assert statuses(coverage=SHORT)["5.5-1"] is Status.INSUFFICIENT_EVIDENCE
    assert statuses(coverage=LONG)["5.5-1"] is Status.NO_VIOLATION_SEEN
    # What traffic can only support is never called clear, however long the listening.
    assert statuses(coverage=LONG)["5.3-7"] is Status.INSUFFICIENT_EVIDENCE


def test_a_readable_login_that_the_device_accepts_breaks_5_1_3_and_misses_5_5_6() -> None:
    found = statuses(login())
    assert found["5.1-3"] is Status.VIOLATED and found["5.5-6"] is Status.RECOMMENDATION_MISSED
    assert verdicts(login())[Capability.NO_DEFAULT_PASSWORDS] is Status.VIOLATED


def test_a_login_whose_answer_was_not_seen_or_refused_is_a_concern() -> None:
    for accepted in (None, False):
        assert statuses(login(accepted=accepted))["5.1-3"] is Status.CONCERN


def test_on_the_local_network_5_5_7_is_a_concern_and_outside_it_is_broken() -> None:
    assert statuses(login())["5.5-7"] is Status.CONCERN
    assert statuses(login(remote=True))["5.5-7"] is Status.VIOLATED


def test_a_device_that_sends_its_own_password_misses_5_1_2a_and_does_not_break_5_1_3() -> None:
    found = statuses(login(role="client", remote=True))
    assert found["5.1-2A"] is Status.RECOMMENDATION_MISSED
    assert found["5.1-3"] is Status.INSUFFICIENT_EVIDENCE
    assert found["5.5-7"] is Status.CONCERN


def test_anonymous_and_blank_logins_judge_nothing() -> None:
    found = statuses(login(severity=Severity.INFO))
    assert found["5.1-3"] is Status.INSUFFICIENT_EVIDENCE and found["5.5-6"] is Status.INSUFFICIENT_EVIDENCE


def test_cleartext_firmware_is_a_concern_for_updates_only() -> None:
    found = statuses(finding("transfer.unencrypted", role="client", remote=True, content="firmware"))
    assert found["5.3-7"] is Status.CONCERN and found["5.5-1"] is Status.INSUFFICIENT_EVIDENCE


def test_pictures_over_the_internet_concern_sensitive_personal_data() -> None:
    remote = finding("transfer.unencrypted", role="client", remote=True, content="image")
    local = finding("transfer.unencrypted", content="image")
    assert statuses(remote)["5.8-2"] is Status.CONCERN
    assert statuses(local)["5.8-2"] is Status.INSUFFICIENT_EVIDENCE


def test_transfers_that_are_in_the_clear_by_design_judge_nothing() -> None:
    assert (
        statuses(finding("transfer.unencrypted", severity=Severity.INFO, content="text"))["5.5-1"]
        is Status.INSUFFICIENT_EVIDENCE
    )


def test_a_default_pair_is_a_concern_without_facts() -> None:
    assert statuses(finding("credential.default"))["5.1-1"] is Status.CONCERN


def test_the_verdict_is_the_worst_of_what_traffic_can_speak_to_and_names_each_reason_once() -> None:
    one, two = login(), login(accepted=None)
    judged, found = judge_device(baseline(), [one, two], LONG)
    passwords = next(v for v in found if v.capability is Capability.NO_DEFAULT_PASSWORDS)
    assert passwords.status is Status.VIOLATED
    assert [because.finding for because in passwords.because].count(one) == 1
    assert all(one.because for one in judged)
