"""The traps of the standard as rules.

Silence, should against shall, refused logins, cleartext firmware, the local network, TLS 1.3, neighbours.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from sensor.catalogue import Message, messages, worded
from sensor.model import Capability, Endpoint, Finding, Severity, Status
from sensor.verdicts.baseline import baseline, standard
from sensor.verdicts.coverage import Coverage
from sensor.verdicts.facts import parse
from sensor.verdicts.judge import JudgedProvision, capability_status, judge_device, outcome
from sensor.verdicts.settle import DeviceKnowledge
from sensor.verdicts.silence import shortfalls
from tests.replaying import PCAPS, capture_in, replayed

SHORT = Coverage(
    hours=0.5, flows=20, bytes=100, understood=100, packets=100, logins=3, served=3, outside=3, handshakes=2, carriers=5
)
LONG = replace(SHORT, hours=48.0, flows=2000, packets=10_000)


def finding(
    rule: str, *, role: str | None = "server", remote: bool = False, severity: Severity = Severity.HIGH, **detail: Any
) -> Finding:
    return Finding(
        rule=rule, severity=severity, device="d", peer_device=None, role=role, capability=None, provisions=(),
        client=Endpoint.parse("192.0.2.9:1"),
        server=Endpoint.parse("192.0.2.2:21"), protocol="ftp", time=1, last_time=1, frames=(1,),
        message=Message("update.check"), detail=detail, remote=remote,
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
    return next(worded("reason", *one.because[0].message) for one in judged if one.provision.v3 == v3)


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
        # A router that sent plain DNS alone has shown nothing of how it protects a secret.
        ({"handshakes": 0}, "5.5-1"),
        ({"carriers": 0}, "5.5-1"),
        ({"outside": 0}, "5.5-1"),
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
    (short,) = shortfalls(provision, lacking)
    assert worded("reason", *short) in reason(v3, lacking)


def test_every_measure_has_words() -> None:
    used = {name for enough in standard().enough.values() for name, _ in (*enough.least, *enough.most)}
    assert used == set(messages()["words"]["measure"])


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


def test_on_the_local_network_5_5_7_is_a_hypothesis_and_outside_it_is_broken() -> None:
    assert statuses(login())["5.5-7"] is Status.INSUFFICIENT_EVIDENCE
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


def test_a_factory_pair_that_was_refused_is_a_sign() -> None:
    refused = finding("credential.refused_default", severity=Severity.INFO, accepted=False)
    assert verdicts(refused)[Capability.NO_DEFAULT_PASSWORDS] is Status.SIGN_SEEN
    taken = finding("credential.default", accepted=True)
    assert verdicts(refused, taken)[Capability.NO_DEFAULT_PASSWORDS] is Status.CONCERN


def test_a_check_for_updates_is_a_sign_and_no_pass() -> None:
    def signs(how: str, channel: str | None = None, *, after_start: bool = False) -> dict[str, Status]:
        detail = {"how": how, "channel": channel, "after_start": after_start}
        check = finding("update.check", role="client", severity=Severity.INFO, **detail)
        judged, _ = judge_device(baseline(), [check], LONG)
        return {one.provision.v3: one.status for one in judged if one.because[0].finding is not None}

    sign, unclear = Status.SIGN_SEEN, Status.INSUFFICIENT_EVIDENCE
    anywhere = {"5.3-4A": sign, "5.3-5": sign}
    assert signs("tls", "validated") == {**anywhere, "5.3-2": sign, "5.3-7": sign, "5.3-10": sign}
    assert signs("quic", "hidden") == {**anywhere, "5.3-2": sign, "5.3-7": sign, "5.3-10": sign}
    # A channel that proves nobody, or of which it was not seen that it was used, speaks for no secure way.
    assert signs("tls", "unproven") == {**anywhere, "5.3-2": unclear}
    assert signs("tls") == signs("dns") == anywhere
    # That there is a way to update a readable request shows, that it is a secure one it does not.
    assert signs("request") == {**anywhere, "5.3-2": unclear}


@pytest.mark.parametrize("accepted", [True, False, None])
def test_a_secret_under_a_suite_that_encrypts_nothing_breaks_best_practice(accepted: bool | None) -> None:
    detail = {"mechanism": "token", "accepted": accepted}
    sent = finding("credential.cleartext", role="client", null_cipher=True, **detail)
    assert of_provision("5.5-1", sent).status is Status.VIOLATED
    # What somebody else sends to a device is proof where the device takes it.
    asked = finding("credential.cleartext", role="server", null_cipher=True, **detail)
    assert (of_provision("5.5-1", asked).status is Status.VIOLATED) == (accepted is True)
    plain = finding("credential.cleartext", role="client", **detail)
    assert (of_provision("5.5-1", plain).status is Status.VIOLATED) == (accepted is True)


@pytest.mark.parametrize(
    ("rule", "detail", "v3", "case", "said"),
    [
        ("credential.cleartext", {"mechanism": "password", "accepted": True}, "5.1-3", "5.1-3-2", "FAIL"),
        ("credential.unlimited_attempts", {}, "5.1-5", "5.1-5-2", "INCONCLUSIVE"),
        ("update.check", {"how": "tls", "channel": "validated"}, "5.3-10", "5.3-10-1", "SUPPORTS_PASS"),
        ("update.cleartext", {"what": "image"}, "5.3-7", "5.3-7-1", "INCONCLUSIVE"),
        ("exposure.unauthenticated", {"control": True, "opens": "shell"}, "5.5-5", "5.5-5-2", "FAIL"),
        ("exposure.opened", {"service": "telnet"}, "5.6-1", "5.6-1-2", "INCONCLUSIVE"),
    ],
)
def test_packets_speak_to_test_cases(rule: str, detail: dict[str, object], v3: str, case: str, said: str) -> None:
    judged = of_provision(v3, finding(rule, role="server", **detail))
    assert (judged.provision.case, outcome(judged)) == (case, said)


def test_each_case_is_one_of_its_provision() -> None:
    for one in baseline():
        assert one.case is None or one.case.rpartition("-")[0] == one.v3
        assert one.unit is None or (one.case and one.unit in "abc")
    assert sum(one.case is not None for one in baseline()) > 15


def test_a_check_after_each_start_has_its_own_reason() -> None:
    (provision,) = [one for one in baseline() if one.v3 == "5.3-5"]
    for after, words in ((True, "after each start"), (False, "asked for updates; that")):
        check = finding("update.check", role="client", severity=Severity.INFO, how="dns", after_start=after)
        assert words in next(on.reason for on in provision.on if on.matches(check))


@pytest.mark.parametrize("v3", ["5.3-7", "5.3-10"])
def test_a_readable_manifest_with_a_signature_is_no_concern_yet(v3: str) -> None:
    for signed, status in ((False, Status.CONCERN), (True, Status.INSUFFICIENT_EVIDENCE)):
        manifest = finding("update.cleartext", role="client", what="manifest", signature=signed)
        assert of_provision(v3, manifest).status is status


def of_provision(v3: str, *findings: Finding, coverage: Coverage = SHORT) -> JudgedProvision:
    return next(one for one in judge_device(baseline(), findings, coverage)[0] if one.provision.v3 == v3)


def validation(outcome: str, *why: str, severity: Severity = Severity.HIGH) -> Finding:
    return finding("tls.validation", role="client", severity=severity, outcome=outcome, why=list(why))


def test_what_a_device_does_with_a_certificate_that_does_not_check_out() -> None:
    judged = of_provision("5.5-1", validation("accepted", "lab_ca"))
    assert (judged.status, judged.grounds.strength) == (Status.VIOLATED, "proof")
    judged = of_provision("5.5-1", validation("accepted", "unrelated_issuers"))
    assert (judged.status, judged.grounds.strength) == (Status.CONCERN, "contrast")
    judged = of_provision("5.5-1", validation("accepted", "interceptor"))
    assert (judged.status, judged.grounds.strength) == (Status.CONCERN, "sign")
    refused = validation("refused", severity=Severity.INFO)
    judged = of_provision("5.5-1", refused)
    assert (judged.status, judged.grounds.supporting) == (Status.SIGN_SEEN, (refused,))
    # A private authority alone is a note.
    assert of_provision("5.5-1", validation("accepted", "private_issuer", severity=Severity.INFO)).grounds.against == ()


def test_a_sign_stands_beside_what_speaks_against_and_outranks_silence_alone() -> None:
    refused = validation("refused", severity=Severity.INFO)
    judged = of_provision("5.5-1", login(), refused)
    assert judged.status is Status.VIOLATED and judged.grounds.supporting == (refused,)
    assert verdicts(refused)[Capability.SECURE_COMMUNICATION] is Status.SIGN_SEEN
    hypothesis = finding("transfer.unencrypted", content="text", severity=Severity.LOW)
    assert verdicts(refused, hypothesis)[Capability.SECURE_COMMUNICATION] is Status.INSUFFICIENT_EVIDENCE
    # Enough silence says more than a sign.
    assert statuses(refused, coverage=LONG)["5.5-1"] is Status.NO_VIOLATION_SEEN


def test_a_secret_or_a_person_that_crossed_readable_proves_that_no_cryptography_was_used() -> None:
    assert statuses(login())["5.5-1"] is statuses(login(role="client", remote=True))["5.5-1"] is Status.VIOLATED
    assert statuses(login(accepted=None))["5.5-1"] is Status.INSUFFICIENT_EVIDENCE
    # What an unknown scheme sends may be the answer to a challenge.
    assert statuses(login(mechanism="token", scheme="other", role="client"))["5.5-1"] is Status.INSUFFICIENT_EVIDENCE
    email = finding("personal.email", role="client", remote=True, sent=True)
    assert statuses(email)["5.5-1"] is Status.VIOLATED
    for harmless in (
        finding("personal.email", role="client", remote=True, sent=False),
        finding("personal.email", role="client", sent=True),
        finding("personal.mac", role="client", remote=True, sent=True),
        finding("personal.email", role="client", remote=True, sent=True, severity=Severity.INFO),
    ):
        assert statuses(harmless)["5.5-1"] is Status.INSUFFICIENT_EVIDENCE


@pytest.mark.parametrize(
    ("content", "more", "status"),
    [
        ("text", {}, Status.INSUFFICIENT_EVIDENCE),
        ("telemetry", {}, Status.INSUFFICIENT_EVIDENCE),
        ("control", {}, Status.CONCERN),
        ("image", {}, Status.CONCERN),
        ("image", {"remote": True, "sent": False}, Status.INSUFFICIENT_EVIDENCE),
        ("telemetry", {"remote": True, "sent": True}, Status.CONCERN),
    ],
)
def test_readable_content_is_weighed_by_what_and_where(content: str, more: dict[str, Any], status: Status) -> None:
    judged = of_provision("5.5-1", finding("transfer.unencrypted", content=content, **more))
    assert judged.status is status
    assert (judged.grounds.strength == "hypothesis") == (status is Status.INSUFFICIENT_EVIDENCE)


def test_identifiers_alone_name_no_person() -> None:
    for category in ("mac", "serial", "uuid", "imei"):
        found = finding(f"personal.{category}", role="client", remote=True, sent=True)
        assert statuses(found)["5.8-1"] is Status.INSUFFICIENT_EVIDENCE


def test_each_edition_has_a_status_of_its_own() -> None:
    def editions(protocol: str) -> Mapping[str, Status | None]:
        return of_provision("5.1-3", replace_protocol(login(), protocol)).editions

    assert editions("ftp") == {"v2.1.1": Status.VIOLATED, "v3.1.3": Status.VIOLATED}
    # V2.1.1 speaks of users; that a user logs in over MQTT is a fact of the lab.
    assert editions("mqtt") == {"v2.1.1": Status.INSUFFICIENT_EVIDENCE, "v3.1.3": Status.VIOLATED}
    sent = of_provision("5.1-2A", login(role="client", remote=True))
    assert sent.editions == {"v2.1.1": None, "v3.1.3": Status.RECOMMENDATION_MISSED}


def replace_protocol(found: Finding, protocol: str) -> Finding:
    found.protocol = protocol
    return found


def test_a_port_that_the_device_had_opened_can_be_reached() -> None:
    opened = finding("exposure.opened", role="client", severity=Severity.CRITICAL, service="telnet")
    assert statuses(opened)["5.5-7"] is statuses(opened)["5.6-1"] is Status.CONCERN
    assert statuses(finding("exposure.opened", service="https"))["5.5-7"] is Status.INSUFFICIENT_EVIDENCE


def test_trying_passwords() -> None:
    attempts = finding("credential.unlimited_attempts", severity=Severity.MEDIUM)
    assert statuses(attempts)["5.1-5"] is Status.CONCERN
    assert verdicts(attempts)[Capability.NO_DEFAULT_PASSWORDS] is Status.CONCERN
    locked = finding("credential.unlimited_attempts", severity=Severity.INFO)
    assert statuses(locked)["5.1-5"] is Status.SIGN_SEEN


def test_a_shell_without_a_login_breaks_5_5_5() -> None:
    def used(opens: str | None) -> Status:
        return statuses(finding("exposure.unauthenticated", service="telnet", control=True, opens=opens))["5.5-5"]

    assert used("shell") is used("settings") is Status.VIOLATED
    assert used(None) is Status.CONCERN


def test_all_that_goes_outside_encrypted_well_is_a_sign() -> None:
    good = replace(SHORT, protected=5000)
    assert {statuses(coverage=good)[v3] for v3 in ("5.5-1", "5.8-1", "5.8-2")} == {Status.SIGN_SEEN}
    assert verdicts(coverage=good)[Capability.PERSONAL_DATA] is Status.SIGN_SEEN
    assert statuses(coverage=replace(good, open_outside=1))["5.8-1"] is Status.INSUFFICIENT_EVIDENCE
    private = finding("tls.certificate", role="client", severity=Severity.LOW, why=["untrusted_root"])
    assert statuses(private, coverage=good)["5.8-1"] is Status.INSUFFICIENT_EVIDENCE


def test_the_verdict_is_the_worst_of_what_traffic_can_speak_to_and_names_each_reason_once() -> None:
    one, two = login(), login(accepted=None)
    judged, found = judge_device(baseline(), [one, two], LONG)
    channel = next(v for v in found if v.capability is Capability.SECURE_COMMUNICATION)
    assert channel.status is Status.VIOLATED
    assert [because.finding for because in channel.because].count(one) == 1
    assert all(one.because for one in judged)


@pytest.mark.parametrize("folder", ["home", "mqtt", "trap_firmware"])
def test_a_verdict_rests_on_the_provisions_that_have_its_status(folder: str) -> None:
    """And on all of what is against them: no reason of a provision that did not decide it."""
    records = replayed(capture_in(PCAPS / folder))
    judged = [one for one in records if one["record"] == "provision"]
    verdicts = [one for one in records if one["record"] == "verdict"]
    assert verdicts
    for verdict in verdicts:
        deciding = [
            reason
            for one in judged
            if (one["device"], one["capability"], one["status"])
            == (verdict["device"], verdict["capability"], verdict["status"])
            for reason in one["because"]
        ]
        assert deciding and verdict["because"] and set(verdict["because"]) <= set(deciding), verdict


@pytest.mark.parametrize("status", list(Status))
def test_what_packets_say_of_a_test_case(status: Status) -> None:
    """FAIL where they prove it, support where there is a sign, and never PASS."""
    judged = JudgedProvision(baseline()[0], status, ())
    failed = status in (Status.VIOLATED, Status.RECOMMENDATION_MISSED)
    expected = "FAIL" if failed else "SUPPORTS_PASS" if status is Status.SIGN_SEEN else "INCONCLUSIVE"
    assert outcome(judged) == expected


@pytest.mark.parametrize(
    ("basis", "strength"),
    [("230 after PASS", "proof"), (None, "proof"), ("401 without, 200 with, same resource", "contrast"),
     ("a fault without, 200 with, same operation", "contrast"), ("", "proof")],
)  # fmt: skip
def test_how_strong_a_proof_is(basis: str | None, strength: str) -> None:
    """The protocol's own word is a proof; that something was served with a login and not without is a contrast."""
    judged, _ = judge_device(baseline(), [login(basis=basis)], SHORT)
    violated = [one for one in judged if one.status is Status.VIOLATED]
    assert violated and {one.grounds.strength for one in violated} == {strength}


@pytest.mark.parametrize(
    ("statuses", "worst"),
    [
        ([], Status.NOT_OBSERVABLE),
        ([(Status.SIGN_SEEN, False), (Status.INSUFFICIENT_EVIDENCE, False)], Status.SIGN_SEEN),
        ([(Status.SIGN_SEEN, False), (Status.INSUFFICIENT_EVIDENCE, True)], Status.INSUFFICIENT_EVIDENCE),
        ([(Status.NOT_OBSERVABLE, False), (Status.NO_VIOLATION_SEEN, False)], Status.NO_VIOLATION_SEEN),
        ([(Status.NOT_OBSERVABLE, False)], Status.NOT_OBSERVABLE),
        ([(Status.VIOLATED, True), (Status.SIGN_SEEN, False)], Status.VIOLATED),
        ([(Status.RECOMMENDATION_MISSED, True), (Status.VIOLATED, True)], Status.VIOLATED),
        ([(Status.NO_VIOLATION_SEEN, False), (Status.INSUFFICIENT_EVIDENCE, False)], Status.INSUFFICIENT_EVIDENCE),
    ],
)
def test_a_capabilitys_status(statuses: list[tuple[Status, bool]], worst: Status) -> None:
    """The worst one; a sign outranks the silence of others, never a finding; what cannot be seen hides nothing."""
    assert capability_status(statuses) is worst and capability_status(statuses[::-1]) is worst


def test_a_flaw_of_its_own_channels_takes_the_sign_of_encryption_away() -> None:
    """Everything outside was encrypted: a sign, but where something was found about the channels it made."""
    sealed = replace(SHORT, bytes=100, protected=100, encrypted=100)
    provision = next(one for one in baseline() if one.protected_is_sign)
    weak = {"severity": Severity.LOW, "value": "x", "why": []}

    def status(*found: Finding) -> Status:
        return next(one.status for one in judge_device([provision], found, sealed)[0])

    assert status() is Status.SIGN_SEEN
    assert status(finding("tls.unknown", role="client", remote=True, **weak)) is not Status.SIGN_SEEN
    for harmless in ({"role": "server"}, {"severity": Severity.INFO}):
        one = finding("tls.unknown", **{"role": "client", "remote": True, **weak, **harmless})
        assert status(one) is Status.SIGN_SEEN
    assert status(finding("other.rule", role="client", remote=True, **weak)) is Status.SIGN_SEEN


def test_a_finding_that_facts_take_away_is_named_and_not_held_against_the_device() -> None:
    facts = parse('[[device]]\nid = "d"\nphase = "factory_default"\n', "lab.toml").devices["d"]
    found = finding("credential.default", mechanism="password", username="admin", accepted=True)
    provisions = [one for one in baseline() if one.v3 == "5.1-1"]
    (judged,), _ = judge_device(provisions, [found], LONG, DeviceKnowledge(facts))
    (without,), _ = judge_device(provisions, [], LONG)
    cleared, silent = judged.because
    assert cleared.cleared and cleared.finding is found and silent.finding is None
    assert judged.status is without.status and (silent,) == without.because
    assert judged.grounds.against == () and judged.grounds.deciding is None
