"""SARIF 2.1.0 for a maker's CI: results by a key that other captures and units share."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final
from urllib.parse import quote

from sensor import __version__
from sensor.export.formats._format import Format, json_document
from sensor.export.formats._values import name_of, without_none
from sensor.export.run_records import RunRecords
from sensor.records import FindingRecord

LEVELS: Final[Mapping[str, str]] = {
    "critical": "error", "high": "error", "medium": "warning", "low": "note", "info": "none",
}  # fmt: skip

SCORES: Final[Mapping[str, str]] = {"critical": "9.0", "high": "7.0", "medium": "4.0", "low": "0.1", "info": "0.0"}
"""GitHub's ``security-severity``: the lowest number of the class that it shows."""


def document(run: RunRecords) -> dict[str, Any]:
    """One SARIF run for each run of ours."""
    return {
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [_run(run, name) for name in run.runs()],
    }


def _run(run: RunRecords, name: str) -> dict[str, Any]:
    findings = [one for one in run.findings if one["run"] == name]
    rules = list(dict.fromkeys(one["rule"] for one in findings))
    worst = {rule: max((one for one in findings if one["rule"] == rule), key=_severity) for rule in rules}
    made: dict[str, Any] = without_none(
        {
            "tool": {
                "driver": {
                    "name": "LANwitness",
                    "semanticVersion": __version__,
                    "rules": [_rule(rule, worst[rule]) for rule in rules],
                }
            },
            "automationDetails": {"id": f"lanwitness/{name}"},
            "artifacts": [
                {"location": {"uri": quote(one["capture"]), "description": None}, "length": None}
                for one in run.captures
                if one["run"] == name
            ],
        }
    )
    made["results"] = [_result(run, one, rules.index(one["rule"])) for one in findings]
    return made


def _severity(finding: FindingRecord) -> float:
    return float(SCORES[finding["severity"]])


def _rule(rule: str, worst: FindingRecord) -> dict[str, Any]:
    return {
        "id": rule,
        "name": "".join(word.capitalize() for word in rule.replace("_", ".").split(".")),
        "shortDescription": {"text": rule.replace(".", ": ").replace("_", " ")},
        "help": {"text": worst["advice"]} if worst["advice"] else None,
        "defaultConfiguration": {"level": LEVELS[worst["severity"]]},
        "properties": {
            "tags": ["security", *filter(None, [worst["capability"]])],
            "security-severity": SCORES[worst["severity"]],
        },
    }


def _result(run: RunRecords, finding: FindingRecord, index: int) -> dict[str, Any]:
    device = run.device(finding["run"], finding["device"])
    logical = {"name": name_of(device), "fullyQualifiedName": device["id"], "kind": "device"} if device else None
    places = [
        {
            "physicalLocation": {"artifactLocation": {"uri": quote(one["capture"])}},
            "logicalLocations": [logical] if logical else None,
        }
        for one in finding["evidence"]
    ]
    made: dict[str, Any] = without_none(
        {
            "ruleId": finding["rule"],
            "ruleIndex": index,
            "kind": "informational" if finding["severity"] == "info" else "fail",
            "level": LEVELS[finding["severity"]],
            "message": {"text": finding["summary"]},
            "locations": places or ([{"logicalLocations": [logical]}] if logical else None),
            "partialFingerprints": {"lanwitnessKey/v1": finding["key"]} if finding["key"] else None,
            "occurrenceCount": max(finding["count"], 1),
            "properties": {
                "finding": finding["id"],
                "severity": finding["severity"],
                "client": finding["client"],
                "server": finding["server"],
                "protocol": finding["protocol"],
                "provisions": finding["provisions"],
                "frames": [frame for one in finding["evidence"] for frame in one["frames"]],
            },
        }
    )
    return made


def text(run: RunRecords) -> Iterator[str]:
    """The whole log."""
    yield from json_document(document(run))


FORMAT = Format("SARIF 2.1.0", text=text)
