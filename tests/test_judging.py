"""Findings to the devices they are about, and what a lab says of a device over what was inferred."""

from __future__ import annotations

from sensor.catalogue import Message
from sensor.judging import about, fill_phases, judgements, state
from sensor.model import Finding, Severity, Status
from sensor.verdicts.coverage import CoverageLedger
from sensor.verdicts.facts import parse
from tests.replaying import PCAPS, capture_in, read


def test_each_device_is_judged_by_its_own_findings() -> None:
    result = read(capture_in(PCAPS / "ftp_login"))
    ledger = CoverageLedger(lambda end: None, lambda address: False)
    judged = judgements(result.devices, result.findings.values(), ledger, {}, result.first_time)
    assert set(judged) == {device.id for device in result.devices if device.in_scope}
    for name, judgement in judged.items():
        mine = {id(one) for one in result.findings.values() if name in (one.device, *one.detail.get("devices", ()))}
        named = {id(reason.finding) for each in judgement.provisions for reason in each.because if reason.finding}
        assert named <= mine
    assert not judgements([], result.findings.values(), ledger, {}, 0)
    bare = judgements(result.devices, [], ledger, {}, result.first_time)
    assert all(v.status is not Status.VIOLATED for one in bare.values() for v in one.verdicts)


def contradiction(device: str, address: str) -> Finding:
    return Finding(
        rule="network.contradiction", severity=Severity.INFO, device=None, peer_device=device, role=None,
        capability=None, provisions=(), client=None, server=None, protocol="arp", time=1, last_time=1, frames=(1,),
        message=Message("network.contradiction.address"), detail={"address": address},
        identity=("network.contradiction", address),
    )  # fmt: skip


def test_a_contradiction_stands_beside_what_rests_on_the_address() -> None:
    result = read(capture_in(PCAPS / "ftp_login"))
    ledger = CoverageLedger(lambda end: None, lambda address: False)
    login = next(one for one in result.findings.values() if one.rule == "credential.cleartext")
    assert login.device is not None and login.server is not None
    touching, other = contradiction(login.device, login.server.host), contradiction(login.device, "192.168.1.250")
    elsewhere = contradiction("00:00:5e:00:53:01", login.server.host)
    plain = judgements(result.devices, result.findings.values(), ledger, {}, result.first_time)
    all_of = [*result.findings.values(), touching, other, elsewhere]
    judged = judgements(result.devices, all_of, ledger, {}, result.first_time)
    named = {id(each.finding) for one in judged[login.device].verdicts for each in one.because}
    assert id(touching) in named and not named & {id(other), id(elsewhere)}
    assert (touching.severity, other.severity) == (Severity.MEDIUM, Severity.INFO)
    statuses = [[one.status for one in each[login.device].verdicts] for each in (plain, judged)]
    assert statuses[0] == statuses[1], "it decides nothing"


def test_what_the_lab_says_is_certain() -> None:
    result = read(capture_in(PCAPS / "ftp_login"))
    device = result.devices[0]
    facts = parse(
        f'[[device]]\nid = "{device.id}"\nvendor = "Example"\nmodel = "Cam 2"\nunder_test = false\nphase = "set_up"\n',
        "facts.toml",
    )
    told = about(result.devices, facts)
    assert set(told) == {device.id}
    from sensor.devices.signatures.matcher import Signatures

    state(result.devices, told, Signatures().makers)
    assert device.vendor is not None and (device.vendor.value, device.vendor.confidence) == ("Example", 1.0)
    assert device.model is not None and device.model.value == "Cam 2" and not device.in_scope
    finding = next(one for one in result.findings.values() if one.device == device.id)
    finding.detail["phase"] = None
    fill_phases([finding], told)
    assert finding.detail["phase"] == "set_up"
    assert about(result.devices, None) == {}
