"""OCSF events against the published schema, as ocsf-json-schema carries it."""

from __future__ import annotations

from functools import cache
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from ocsf_json_schema import OcsfJsonSchemaEmbedded, get_ocsf_schema

from sensor.export.formats.ocsf import VERSION
from tests.export.exported import NAMES, hostile, lines_of, run_of


@cache
def validators() -> dict[int, Draft202012Validator]:
    """By the number of the class."""
    published = OcsfJsonSchemaEmbedded(get_ocsf_schema(version=VERSION))
    names = {2003: "compliance_finding", 2004: "detection_finding"}
    return {number: Draft202012Validator(published.get_class_schema(name)) for number, name in names.items()}


def errors(event: dict[str, Any]) -> list[str]:
    """Sentences on what the schema refuses."""
    return [one.message for one in validators()[event["class_uid"]].iter_errors(event)]


@pytest.mark.parametrize("name", NAMES)
def test_events_fit_the_schema(name: str) -> None:
    run = run_of(name)
    lines = lines_of("ocsf", run)
    assert not [(one["class_uid"], errors(one)) for one in lines if errors(one)]
    findings = [one for one in lines if one["class_uid"] == 2004]
    assert len(findings) == len(run.findings) and len(lines) == len(findings) + len(run.verdicts)
    for one, record in zip(findings, run.findings, strict=True):
        assert one["type_uid"] == 200401 and one["finding_info"]["uid"] == record["id"]
        assert one["severity"].lower()[:4] == record["severity"][:4]


@pytest.mark.parametrize(
    "wrong",
    [
        {"rule": "tls.version"},
        {"severity_id": 7},
        {"time": "2026-11-30"},
        {"finding_info": {"title": "no uid"}},
        {"evidences": [{"connection_info": {"protocol_name": "ftp"}}]},
    ],
    ids=lambda one: next(iter(one)),
)
def test_the_schema_refuses_a_wrong_event(wrong: dict[str, Any]) -> None:
    event = next(one for one in lines_of("ocsf", run_of("home")) if one["class_uid"] == 2004)
    assert not errors(event) and errors({**event, **wrong})


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
        assert not errors(one)
