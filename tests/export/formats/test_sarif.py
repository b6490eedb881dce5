"""SARIF logs, read by sarif-pydantic: nothing is lost, so nothing is unknown to it."""

from __future__ import annotations

from urllib.parse import urlparse

import pytest
from sarif_pydantic import Sarif

from tests.export.exported import NAMES, document_of, hostile, run_of


@pytest.mark.parametrize("name", NAMES)
def test_the_library_reads_it_whole(name: str) -> None:
    run = run_of(name)
    made = document_of("sarif", run)
    read = Sarif.model_validate(made)
    assert read.version == "2.1.0" and len(read.runs) == 1
    [first] = made["runs"]
    results = read.runs[0].results or []
    assert len(results) == len(run.findings)
    rules = [one["id"] for one in first["tool"]["driver"]["rules"]]
    assert len(rules) == len(set(rules)) and {one["rule"] for one in run.findings} == set(rules)
    for one in first["results"]:
        assert rules[one["ruleIndex"]] == one["ruleId"]
        # 3.27.10: the level is "none" exactly where the kind is not "fail".
        assert (one["level"] == "none") == (one["kind"] != "fail")


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
    Sarif.model_validate(made)
    uris = {
        place["physicalLocation"]["artifactLocation"]["uri"]
        for one in made["runs"][0]["results"]
        for place in one["locations"]
    }
    assert all(uri.isascii() and " " not in uri and not urlparse(uri).scheme for uri in uris)
