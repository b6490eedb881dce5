"""OCSF events, read by py-ocsf-models."""

from __future__ import annotations

import pytest
from py_ocsf_models.events.findings.compliance_finding import ComplianceFinding
from py_ocsf_models.events.findings.detection_finding import DetectionFinding

from tests.export.exported import NAMES, hostile, lines_of, run_of


@pytest.mark.parametrize("name", NAMES)
def test_the_models_read_it(name: str) -> None:
    run = run_of(name)
    lines = lines_of("ocsf", run)
    findings = [DetectionFinding.model_validate(one) for one in lines if one["class_uid"] == 2004]
    verdicts = [ComplianceFinding.model_validate(one) for one in lines if one["class_uid"] == 2003]
    assert len(findings) == len(run.findings) and len(verdicts) == len(run.verdicts)
    for one, record in zip(findings, run.findings, strict=True):
        assert one.type_uid == 200401 and one.finding_info.uid == record["id"]
        assert one.severity.lower()[:4] == record["severity"][:4]


def test_traffic_never_shows_a_pass() -> None:
    run = run_of("home")
    said = {
        one["compliance"]["status_code"]: one["compliance"]["status"]
        for one in lines_of("ocsf", run)
        if one["class_uid"] == 2003
    }
    assert said["violated"] == "Fail" and "Pass" not in said.values()
    assert {one["status"] for one in run.verdicts} == set(said)


def test_hostile_and_missing_values() -> None:
    for one in lines_of("ocsf", hostile()):
        (DetectionFinding if one["class_uid"] == 2004 else ComplianceFinding).model_validate(one)
