"""JUnit XML of a report: a suite a device, a test case a verdict and provision, for a laboratory's CI.

A status as bad as ``fail_on`` or worse fails; without it a violation, a concern, and a recommendation that was missed
gravely. One that traffic did not settle is skipped; the rest passes, which is no proof, and the case says so.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any
from xml.etree import ElementTree as Xml

from sensor.junit_xml import set_counts, xml_text
from sensor.model import STATUSES, Severity, Status
from sensor.report.build import Report

UNSETTLED = frozenset(
    {"insufficient_evidence", "none_on_record", "partly_on_record", "not_observable", "not_applicable"}
)

GRAVE = frozenset({Severity.CRITICAL.name.lower(), Severity.HIGH.name.lower()})
"""Severities that fail a recommendation: a password that anyone on the internet can read is no passed case."""


def junit(report: Report, fail_on: str | None = None) -> str:
    """The document. ``fail_on``: a status of docs/output.md."""
    root = Xml.Element("testsuites", name=xml_text(f"LANwitness {report['run']}"))
    if left_out := report.get("left_out"):
        suite = Xml.SubElement(root, "testsuite", name="sensors")
        for sensor in left_out:
            case = Xml.SubElement(suite, "testcase", classname="sensors", name=xml_text(sensor), time="0")
            Xml.SubElement(case, "error", type="unreadable", message="a capture of this sensor could not be read")
        set_counts(suite)
    for device in report["devices"]:
        suite = Xml.SubElement(root, "testsuite", name=xml_text(device["name"]), id=xml_text(device["id"]))
        if report["first_time"]:
            suite.set("timestamp", report["first_time"][:19])
        if "seen_by" in device:
            properties = Xml.SubElement(suite, "properties")
            for sensor in device["seen_by"]:
                Xml.SubElement(properties, "property", name="sensor", value=xml_text(sensor))
        summaries = {one["id"]: one["summary"] for one in device["findings"]}
        for mark in device["marks"]:
            _case(suite, f"{device['id']}.verdict", mark["capability"], mark, summaries, fail_on)
        for one in device["provisions"]:
            number, old = one["provision"]["v3.1.3"], one["provision"]["v2.1.1"]
            name = f"{number} ({one['modal']}) {one['title'] or ''}".strip()
            _case(
                suite,
                f"{device['id']}.provision",
                name if old == number else f"{name} [V2.1.1: {old or 'none'}]",
                one,
                summaries,
                fail_on,
            )
        set_counts(suite)
    set_counts(root)
    Xml.indent(root, " ")
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + Xml.tostring(root, encoding="unicode") + "\n"


def _case(
    suite: Xml.Element,
    classname: str,
    name: str,
    judged: Mapping[str, Any],
    summaries: Mapping[str, str],
    fail_on: str | None,
) -> None:
    case = Xml.SubElement(suite, "testcase", classname=xml_text(classname), name=xml_text(name), time="0")
    status = judged["status"]
    reasons = "\n".join(_grouped(judged["because"], summaries))
    if _fails(judged, fail_on):
        first = judged.get("headline") or reasons.partition("\n")[0]
        failure = Xml.SubElement(case, "failure", type=status, message=xml_text(f"{status}: {first}"))
        failure.text = xml_text(reasons)
    elif status in UNSETTLED:
        Xml.SubElement(case, "skipped", message=xml_text(f"{status}: {reasons}"))
    else:
        Xml.SubElement(case, "system-out").text = xml_text(f"{status}: {reasons}")


def _grouped(because: Iterable[str], summaries: Mapping[str, str]) -> list[str]:
    """The reasons, findings that say the same as one line with their ids."""
    lines: dict[str, list[str]] = {}
    for one in because:
        lines.setdefault(summaries.get(one, one), []).append(one)
    return [f"{', '.join(ids)}: {text}" if ids != [text] else text for text, ids in lines.items()]


def _fails(judged: Mapping[str, Any], fail_on: str | None) -> bool:
    status = judged["status"]
    if fail_on is None and status == Status.RECOMMENDATION_MISSED.value:
        return judged.get("severity") in GRAVE
    return STATUSES.index(status) <= STATUSES.index(fail_on or Status.CONCERN.value)
