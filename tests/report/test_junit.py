"""Verdicts and provisions as test cases: failures, skips, valid XML for any device's name."""

from __future__ import annotations

from typing import Any
from xml.etree import ElementTree as Xml

import pytest

from sensor.model import STATUSES
from sensor.report.junit import _grouped, junit


def device(name: str, *statuses: str) -> dict[str, Any]:
    marks = [
        {"capability": f"c{n}", "status": status, "because": ["f1", "a sentence"]} for n, status in enumerate(statuses)
    ]
    provision = {
        "provision": {"v3.1.3": "5.3-4A", "v2.1.1": "5.3-4"},
        "modal": "should",
        "title": "t",
        "status": "not_observable",
        "because": [],
    }
    return {
        "id": "02:00:00:00:00:01",
        "name": name,
        "marks": marks,
        "provisions": [provision],
        "findings": [{"id": "f1", "summary": "A password crossed"}],
    }


def report(*devices: dict[str, Any]) -> dict[str, Any]:
    return {"run": "r1", "first_time": "2026-05-01T10:00:00.000000Z", "devices": list(devices)}


@pytest.mark.parametrize(
    "fail_on,failed", [("violated", 1), ("concern", 2), ("recommendation_missed", 3), ("insufficient_evidence", 4)]
)
def test_what_fails(fail_on: str, failed: int) -> None:
    root = Xml.fromstring(junit(report(device("cam", *STATUSES)), fail_on))
    cases = {case.get("name"): case for case in root.iter("testcase")}
    failures = [name for name, case in cases.items() if case.find("failure") is not None]
    assert failures == [f"c{n}" for n in range(failed)]
    skipped = {
        STATUSES[int(str(name)[1:])]
        for name, case in cases.items()
        if case.find("skipped") is not None and str(name)[0] == "c"
    }
    unsettled = {
        "insufficient_evidence", "none_on_record", "partly_on_record", "not_observable", "not_applicable",
    }  # fmt: skip
    assert skipped == unsettled - set(STATUSES[:failed])
    assert (root.get("tests"), root.get("failures")) == ("12", str(failed))
    suite = root.find("testsuite")
    assert suite is not None and suite.get("timestamp") == "2026-05-01T10:00:00"
    failure = cases["c0"].find("failure")
    assert (
        failure is not None
        and failure.get("type") == "violated"
        and failure.text == "f1: A password crossed\na sentence"
    )
    assert "5.3-4A (should) t [V2.1.1: 5.3-4]" in cases


@pytest.mark.parametrize(("severity", "failed"), [("critical", True), ("high", True), ("medium", False), (None, False)])
def test_a_recommendation_fails_where_it_is_missed_gravely(severity: str | None, failed: bool) -> None:
    one = device("cam", "recommendation_missed", "insufficient_evidence")
    for mark in one["marks"]:
        mark.update(severity=severity, headline="Sent its password readable to 203.0.113.40 over the internet")
    missed, unclear, _ = Xml.fromstring(junit(report(one))).iter("testcase")
    failure = missed.find("failure")
    assert (failure is not None) is failed
    assert failure is None or "to 203.0.113.40 over the internet" in str(failure.get("message"))
    assert unclear.find("skipped") is not None


def test_what_passed_says_what_it_is() -> None:
    case = next(Xml.fromstring(junit(report(device("cam", "no_violation_seen")))).iter("testcase"))
    assert case.find("failure") is None and str(case.findtext("system-out")).startswith("no_violation_seen: ")


def test_any_name_makes_a_document() -> None:
    name = 'cam\0\x1b[31m<&"]]>\ud800\ufffe\U0001f600'
    suite = Xml.fromstring(junit(report(device(name)))).find("testsuite")
    assert suite is not None and suite.get("name") == 'cam\ufffd\ufffd[31m<&"]]>\ufffd\ufffd\U0001f600'


def test_nobody_to_judge() -> None:
    assert Xml.fromstring(junit({"run": "r1", "first_time": None, "devices": []})).get("tests") == "0"


def test_findings_that_say_the_same_are_one_line() -> None:
    summaries = {"a1": "A token crossed.", "b2": "A token crossed.", "c3": "Data crossed."}
    assert _grouped(["a1", "c3", "b2", "no id"], summaries) == [
        "a1, b2: A token crossed.",
        "c3: Data crossed.",
        "no id",
    ]


def test_each_suite_and_the_whole_say_their_numbers() -> None:
    root = Xml.fromstring(junit(report(device("a", "violated", "concern"), device("b", "violated")), "violated"))
    suites = root.findall("testsuite")
    for one in (*suites, root):
        cases = one.findall(".//testcase")
        assert int(one.attrib["tests"]) == len(cases) > 0
        assert int(one.attrib["failures"]) == len(one.findall(".//failure")) > 0
        assert int(one.attrib["skipped"]) == len(one.findall(".//skipped"))


def test_a_run_that_was_left_out_is_an_error_of_its_own() -> None:
    """A gate of CI must not pass because what would have failed could not be read."""
    report = {"run": "Home", "devices": [], "first_time": None, "left_out": ["attic\x00", "hall"]}
    root = Xml.fromstring(junit(report))
    assert (root.get("tests"), root.get("errors"), root.get("failures")) == ("2", "2", "0")
    assert [one.get("name") for one in root.iter("testcase")] == ["attic\ufffd", "hall"]
    assert all(one.find("error") is not None for one in root.iter("testcase"))
