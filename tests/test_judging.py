"""Findings to the devices they are about, and what a lab says of a device over what was inferred."""

from __future__ import annotations

from sensor.judging import about, fill_phases, judgements, state
from sensor.model import Status
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
