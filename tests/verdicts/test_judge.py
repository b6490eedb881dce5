"""The traps of the standard as rules.

Silence, should against shall, refused logins, cleartext firmware, the local network, TLS 1.3, neighbours.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from sensor.model import Capability, Endpoint, Finding, Severity, Status
from sensor.verdicts.baseline import baseline, standard
from sensor.verdicts.coverage import Coverage
from sensor.verdicts.judge import MEASURES, judge_device, shortfalls

SHORT = Coverage(hours=0.5, flows=20, bytes=100, understood=100, packets=100, logins=3, served=3, outside=3)
LONG = replace(SHORT, hours=48.0, flows=2000, packets=10_000)


def finding(
    rule: str, *, role: str | None = "server", remote: bool = False, severity: Severity = Severity.HIGH, **detail: Any
) -> Finding:
    return Finding(
        rule=rule, severity=severity, device="d", peer_device=None, role=role, capability=None, provisions=(),
        client=Endpoint.parse("192.0.2.9:1"),
        server=Endpoint.parse("192.0.2.2:21"), protocol="ftp", time=1, last_time=1, frames=(1,), summary="",
        advice="", detail=detail, remote=remote,
    )  # fmt: skip


def statuses(*findings: Finding, coverage: Coverage = SHORT) -> dict[str, Status]:
    judged, _ = judge_device(baseline(), findings, coverage)
    return {one.provision.v3: one.status for one in judged}


def verdicts(*findings: Finding, coverage: Coverage = SHORT) -> dict[Capability, Status]:
    return {verdict.capability: verdict.status for verdict in judge_device(baseline(), findings, coverage)[1]}


def login(**more: Any) -> Finding:
    return finding("credential.cleartext", **{"mechanism": "password", "accepted": True, **more})


def reason(v3: str, coverage: Coverage) -> str:
    judged, _ = judge_device(baseline(), [], coverage)
    return next(one.because[0].text for one in judged if one.provision.v3 == v3)


def test_silence_is_never_a_pass() -> None:
    for coverage in (SHORT, LONG):
        found = verdicts(coverage=coverage)
        assert set(found.values()) <= {Status.INSUFFICIENT_EVIDENCE, Status.NO_VIOLATION_SEEN, Status.NOT_OBSERVABLE}
        assert found[Capability.VULNERABILITY_DISCLOSURE] is Status.NOT_OBSERVABLE
    assert statuses(coverage=SHORT)["5.5-1"] is Status.INSUFFICIENT_EVIDENCE
    assert statuses(coverage=LONG)["5.5-1"] is Status.NO_VIOLATION_SEEN


def test_absence_of_what_traffic_can_only_support_is_never_called_clear() -> None:
    found = statuses(coverage=LONG)
    # No update check in two days, no firmware in the clear, no guessable password: each may have passed inside
    # encryption.
    assert {found[v3] for v3 in ("5.1-2", "5.3-2", "5.3-4A", "5.3-5", "5.3-7", "5.3-10")} == {
        Status.INSUFFICIENT_EVIDENCE
    }


@pytest.mark.parametrize(
    ("missing", "v3"),
    [
        ({"hours": 23.9}, "5.5-1"),
        ({"flows": 9}, "5.5-1"),
        ({"understood": 49}, "5.5-1"),
        ({"packets_lost": 500}, "5.5-1"),
        ({"logins": 0}, "5.1-1"),
        ({"logins": 0}, "5.1-3"),
        ({"served": 0}, "5.5-4"),
        ({"served": 0}, "5.5-5"),
        ({"outside": 0}, "5.8-1"),
        ({"outside": 0}, "5.8-2"),
    ],
)
def test_silence_counts_only_where_enough_was_seen_and_says_what_was_missing(missing: dict[str, Any], v3: str) -> None:
    assert statuses(coverage=LONG)[v3] is Status.NO_VIOLATION_SEEN
    lacking = replace(LONG, **missing)
    assert statuses(coverage=lacking)[v3] is Status.INSUFFICIENT_EVIDENCE
    provision = next(p for p in baseline() if p.v3 == v3)
    (said,) = shortfalls(provision, lacking)
    assert said in reason(v3, lacking)


def test_every_measure_has_words() -> None:
    used = {name for enough in standard().enough.values() for name, _ in (*enough.least, *enough.most)}
    assert used == set(MEASURES)


def test_certificates_that_tls_1_3_hides_are_named_and_never_counted_as_good() -> None:
    hiding = replace(LONG, handshakes=7, hidden=5)
    assert "Of 7 secure channels 5 hid their certificates" in reason("5.5-1", hiding)
    assert "certificates" not in reason("5.5-1", replace(LONG, handshakes=7))
    assert "certificates" not in reason("5.5-6", hiding)


def test_a_readable_login_that_the_device_accepts_breaks_5_1_3_and_misses_5_5_6() -> None:
    found = statuses(login())
    assert found["5.1-3"] is Status.VIOLATED and found["5.5-6"] is Status.RECOMMENDATION_MISSED
    # How a secret crosses is a matter of communication; whether the password is a default it does not tell.
    assert verdicts(login())[Capability.SECURE_COMMUNICATION] is Status.VIOLATED
    assert verdicts(login())[Capability.NO_DEFAULT_PASSWORDS] is Status.INSUFFICIENT_EVIDENCE


def test_a_login_whose_answer_was_not_seen_or_refused_is_a_concern() -> None:
    for accepted in (None, False):
        assert statuses(login(accepted=accepted))["5.1-3"] is Status.CONCERN
        assert verdicts(login(accepted=accepted))[Capability.NO_DEFAULT_PASSWORDS] is Status.INSUFFICIENT_EVIDENCE


def test_a_networks_key_that_is_handed_over_is_no_login() -> None:
    found = statuses(login(mechanism="key", accepted=None))
    assert found["5.1-3"] is Status.INSUFFICIENT_EVIDENCE and found["5.5-6"] is Status.RECOMMENDATION_MISSED


def test_on_the_local_network_5_5_7_is_a_concern_and_outside_it_is_broken() -> None:
    assert statuses(login())["5.5-7"] is Status.CONCERN
    assert statuses(login(remote=True))["5.5-7"] is Status.VIOLATED
    assert statuses(login(remote=True, accepted=None))["5.5-7"] is Status.CONCERN
    # 5.5-6 is a should on any path.
    assert statuses(login())["5.5-6"] is statuses(login(remote=True))["5.5-6"] is Status.RECOMMENDATION_MISSED


def test_a_device_that_sends_its_own_password_misses_5_1_2a_and_does_not_break_5_1_3() -> None:
    found = statuses(login(role="client", remote=True))
    assert found["5.1-2A"] is Status.RECOMMENDATION_MISSED
    assert found["5.1-3"] is Status.INSUFFICIENT_EVIDENCE
    assert found["5.5-7"] is Status.CONCERN


def test_anonymous_and_blank_logins_judge_nothing() -> None:
    found = statuses(login(severity=Severity.INFO), login(severity=Severity.INFO, role="client"))
    assert {found[v3] for v3 in ("5.1-2A", "5.1-3", "5.5-6", "5.5-7")} == {Status.INSUFFICIENT_EVIDENCE}


def test_cleartext_firmware_is_a_concern_for_updates_only() -> None:
    found = statuses(finding("transfer.unencrypted", role="client", remote=True, content="firmware"))
    assert found["5.3-7"] is found["5.3-10"] is Status.CONCERN and found["5.5-1"] is Status.INSUFFICIENT_EVIDENCE


def test_firmware_that_a_device_serves_need_not_be_its_own() -> None:
    found = statuses(finding("transfer.unencrypted", content="firmware"))
    assert found["5.3-7"] is Status.CONCERN and found["5.3-10"] is Status.INSUFFICIENT_EVIDENCE


def test_pictures_that_the_device_sends_over_the_internet_concern_sensitive_personal_data() -> None:
    def picture(**more: Any) -> Status:
        return statuses(finding("transfer.unencrypted", **{"content": "image", "role": "client", **more}))["5.8-2"]

    assert picture(remote=True, sent=True) is Status.CONCERN
    assert picture(remote=True, sent=False) is Status.INSUFFICIENT_EVIDENCE
    assert picture(remote=False, sent=True) is Status.INSUFFICIENT_EVIDENCE


def test_local_disclosure_belongs_to_5_6_2_and_not_to_5_8() -> None:
    told = statuses(finding("exposure.disclosure"), finding("personal.location", role="client"))
    assert told["5.6-2"] is Status.CONCERN
    assert told["5.8-1"] is told["5.8-2"] is Status.INSUFFICIENT_EVIDENCE
    out = statuses(finding("personal.location", role="client", remote=True))
    assert (out["5.8-1"], out["5.8-2"]) == (Status.RECOMMENDATION_MISSED, Status.CONCERN)
    assert out["5.6-2"] is Status.INSUFFICIENT_EVIDENCE


def test_a_neighbour_gets_a_status_and_decides_no_capability() -> None:
    disclosure = finding("exposure.disclosure")
    shared = finding("credential.shared", role=None)
    assert statuses(disclosure, shared)["5.6-2"] is statuses(disclosure, shared)["5.4-3"] is Status.CONCERN
    assert verdicts(disclosure) == verdicts()


def test_transfers_that_are_in_the_clear_by_design_judge_nothing() -> None:
    for rule in ("transfer.unencrypted", "tls.cipher", "tls.certificate", "personal.email", "exposure.disclosure"):
        assert (
            statuses(finding(rule, severity=Severity.INFO, remote=True, content="text", why=["cbc_sha1"])) == statuses()
        )


def test_a_default_pair_is_a_concern_without_facts() -> None:
    assert statuses(finding("credential.default", accepted=True))["5.1-1"] is Status.CONCERN


def test_a_check_for_updates_is_a_sign_and_no_pass() -> None:
    judged, _ = judge_device(baseline(), [finding("update.check", role="client", severity=Severity.INFO)], LONG)
    signs = {one.provision.v3: one for one in judged if one.because[0].finding is not None}
    assert set(signs) == {"5.3-2", "5.3-4A", "5.3-5"}
    assert {one.status for one in signs.values()} == {Status.INSUFFICIENT_EVIDENCE}


def test_the_verdict_is_the_worst_of_what_traffic_can_speak_to_and_names_each_reason_once() -> None:
    one, two = login(), login(accepted=None)
    judged, found = judge_device(baseline(), [one, two], LONG)
    channel = next(v for v in found if v.capability is Capability.SECURE_COMMUNICATION)
    assert channel.status is Status.VIOLATED
    assert [because.finding for because in channel.because].count(one) == 1
    assert all(one.because for one in judged)
