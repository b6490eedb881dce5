"""What a careless reading of the standard gets wrong, each held against a capture of ours."""

from __future__ import annotations

from functools import cache
from typing import Any

import pytest

from sensor.run import Options
from sensor.verdicts.baseline import baseline
from sensor.verdicts.facts import parse
from tests.replaying import PCAPS, Record, capture_in, of, replayed

CAMERA = "ec:71:db:1c:44:02"


@cache
def records(name: str, facts: str = "") -> tuple[Record, ...]:
    options = Options(strict=True, facts=parse(facts, "lab.toml") if facts else None)
    return tuple(replayed(capture_in(PCAPS / name), options=options))


def statuses(name: str, device: str, facts: str = "") -> dict[str, str]:
    told = [r for r in of(records(name, facts), "provision") if r["device"] == device]
    return {r["provision"]["v3.1.3"]: r["status"] for r in told}


def holders(name: str, rule: str) -> list[str]:
    """Judged devices that answer for a finding of the rule."""
    judged = {r["device"] for r in of(records(name), "verdict")}
    return sorted({r["device"] for r in of(records(name), "finding", rule)} & judged)


def fact(text: str, device: str = CAMERA) -> str:
    return f'[[device]]\nid = "{device}"\n{text}\n'


def test_numbers_are_the_standards_own_and_not_a_mapping_tables() -> None:
    titles = {one.v3: one.title.lower() for one in baseline()}
    assert "simple" in titles["5.3-3"] and "check" not in titles["5.3-3"]
    assert "origin" in titles["5.3-9"] and "trust" in titles["5.3-10"]


def test_a_factory_pair_in_the_factory_state_breaks_nothing() -> None:
    assert CAMERA in holders("home", "credential.default")
    assert statuses("home", CAMERA)["5.1-1"] == "concern"
    set_up = statuses("home", CAMERA, fact('phase = "factory_default"'))
    assert set_up["5.1-1"] in ("insufficient_evidence", "no_violation_seen")
    account = '[[device.account]]\nset_by = "factory"\nunique = false'
    assert statuses("home", CAMERA, fact('phase = "in_use"\n' + account))["5.1-1"] == "violated"


def test_a_password_that_its_user_chose_is_no_default_and_still_crosses_readable() -> None:
    told = statuses("home", CAMERA, fact('phase = "in_use"\n[[device.account]]\nset_by = "user"'))
    assert told["5.1-1"] == "insufficient_evidence" and told["5.1-3"] == "violated"


@pytest.mark.parametrize("name", ["trap_firmware", "home"])
def test_firmware_that_crosses_readable_may_be_signed(name: str) -> None:
    (device, *_) = holders(name, "update.cleartext")
    told = statuses(name, device)
    assert told["5.3-7"] == "concern" and told["5.3-10"] in ("concern", "insufficient_evidence")
    assert statuses(name, device, fact("update_signed = true", device))["5.3-7"] != "violated"


def test_local_disclosure_is_not_sent_to_a_service() -> None:
    devices = holders("mdns_ssdp", "exposure.disclosure")
    assert devices
    for device in devices:
        told = statuses("mdns_ssdp", device)
        assert told["5.8-1"] not in ("violated", "concern", "recommendation_missed")
        assert told["5.8-2"] not in ("violated", "concern")
    assert any(statuses("mdns_ssdp", device)["5.6-2"] == "concern" for device in devices)


def test_a_recommendation_is_missed_and_a_requirement_waits_for_the_way_out() -> None:
    (device, *_) = holders("ftp_login", "credential.cleartext")
    told = statuses("ftp_login", device)
    assert told["5.5-6"] == "recommendation_missed" and told["5.5-7"] == "insufficient_evidence"
    reach = '[[device.channel]]\nrole = "server"\nremote = {}'
    assert statuses("ftp_login", device, fact(reach.format("true"), device))["5.5-7"] == "violated"
    assert statuses("ftp_login", device, fact(reach.format("false"), device))["5.5-7"] != "violated"


@pytest.mark.parametrize("name", ["ftp_login", "home", "quic", "mqtt_tls"])
def test_what_was_not_seen_is_neither_missing_nor_there(name: str) -> None:
    """No capture of ours lasts a day: no provision may be called clear, and no update mechanism absent."""
    for record in of(records(name), "provision"):
        assert record["status"] != "no_violation_seen"
        if record["provision"]["v3.1.3"] in ("5.3-2", "5.3-4A", "5.3-5"):
            assert record["status"] in ("insufficient_evidence", "sign_seen")
            assert not any("no update" in reason.lower() for reason in record["because"])


def test_control_without_a_login_counts_for_the_radio_directive() -> None:
    (device, *_) = holders("rlogin", "exposure.unauthenticated")
    told = statuses("rlogin", device)
    assert told["5.5-4"] == "recommendation_missed" and told["5.5-5"] == "violated"
    fresh = fact('phase = "factory_default"', device)
    assert statuses("rlogin", device, fresh)["5.5-5"] == "concern"


def test_tls_1_3_hides_certificates_and_its_silence_says_so() -> None:
    hidden = [
        r["coverage"]["certificates_hidden"]
        for r in of(records("http_tls"), "verdict") + of(records("quic"), "verdict")
    ]
    assert any(hidden)
    for name in ("http_tls", "quic"):
        for found in of(records(name), "finding", "tls.certificate"):
            assert found["detail"]["value"], "a certificate that nobody saw"


def test_a_maker_without_a_row_is_unknown_and_never_without_a_policy() -> None:
    told: set[Any] = set()
    for record in of(records("home"), "verdict"):
        if record["capability"] == "vulnerability_disclosure":
            told.add(record["status"])
            assert record["status"] in ("partly_on_record", "on_record", "none_on_record", "not_observable")
            if record["status"] == "none_on_record":
                assert any("says nothing of whether there is one" in reason for reason in record["because"])
    assert {"partly_on_record", "none_on_record", "not_observable"} <= told


def test_a_recorder_whose_telnet_takes_a_factory_pair_is_told_of_that_pair() -> None:
    """Malware of 2016 (Mirai) tried that pair at every device that it reached."""
    recorder = "90:02:a9:5f:33:e1"
    (pair,) = [r for r in of(records("home"), "finding", "credential.default") if r["device"] == recorder]
    told = {r["capability"]: r for r in of(records("home"), "verdict") if r["device"] == recorder}
    assert pair["protocol"] == "telnet" and pair["id"] in told["no_default_passwords"]["because"]
    assert told["no_default_passwords"]["status"] == "concern"


def test_how_the_home_communicates() -> None:
    """Six let a readable secret in or send one; two are doubtful; three showed nothing that counts."""
    told = [r for r in of(records("home"), "verdict") if r["capability"] == "secure_communication"]
    counts = {status: sum(r["status"] == status for r in told) for status in {r["status"] for r in told}}
    assert counts == {"violated": 6, "concern": 2, "insufficient_evidence": 3}
    sensor = next(r for r in told if r["device"] == "24:0a:c4:88:42:10")
    assert sensor["headline"] == "Sent its password unencrypted to 203.0.113.40 over the internet"
    assert (sensor["severity"], sensor["strength"]) == ("critical", "proof")
    assert {"case": "5.5-1-2", "unit": "a", "outcome": "FAIL"} in sensor["ts103701"]


def test_passwords_are_decided_by_the_pair_alone() -> None:
    pairs = {r["device"] for r in of(records("home"), "finding", "credential.default")}
    for record in of(records("home"), "verdict"):
        if record["capability"] == "no_default_passwords":
            assert (record["status"] == "concern") == (record["device"] in pairs)
