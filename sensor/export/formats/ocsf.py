"""OCSF 1.5: a Detection Finding a finding, a Compliance Finding a verdict, one a line."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from sensor import __version__
from sensor.export.formats._format import Format, json_line
from sensor.export.formats._values import end_of, milliseconds, name_of, without_none
from sensor.export.run_records import RunRecords
from sensor.records import DeviceRecord, FindingRecord, VerdictRecord

VERSION: Final = "1.5.0"
DETECTION, COMPLIANCE = 2004, 2003
CREATED: Final = 1

SEVERITIES: Final[Mapping[str, tuple[int, str]]] = {
    "info": (1, "Informational"),
    "low": (2, "Low"),
    "medium": (3, "Medium"),
    "high": (4, "High"),
    "critical": (5, "Critical"),
}

FAIL, WARNING, UNKNOWN = (3, "Fail"), (2, "Warning"), (0, "Unknown")
COMPLIANT: Final[Mapping[str, tuple[int, str]]] = {
    "violated": FAIL,
    "concern": WARNING,
    "recommendation_missed": WARNING,
}
"""Statuses that say something against a device. All others are unknown: traffic never shows a pass."""


def _event(kind: int, run: str, name: str, time: str | None, severity: str) -> dict[str, Any]:
    number, word = SEVERITIES[severity]
    return {
        "category_uid": 2,
        "category_name": "Findings",
        "class_uid": kind,
        "class_name": "Detection Finding" if kind == DETECTION else "Compliance Finding",
        "activity_id": CREATED,
        "activity_name": "Create",
        "type_uid": kind * 100 + CREATED,
        "time": milliseconds(time) or 0,
        "severity_id": number,
        "severity": word,
        "metadata": {
            "version": VERSION,
            "uid": f"{run}-{name}",
            "product": {"name": "LANwitness", "vendor_name": "LANwitness", "version": __version__},
        },
    }


def _resource(device: DeviceRecord | None) -> list[dict[str, Any]]:
    return [{"uid": device["id"], "name": name_of(device), "type": "device"}] if device is not None else []


def _finding(finding: FindingRecord, device: DeviceRecord | None) -> dict[str, Any]:
    client, server = end_of(finding["client"]), end_of(finding["server"])
    return {
        **_event(DETECTION, finding["run"], finding["id"], finding["last_time"], finding["severity"]),
        "message": finding["summary"],
        "finding_info": {
            "uid": finding["id"],
            "title": finding["rule"],
            "desc": finding["summary"],
            "types": [finding["rule"]],
            "first_seen_time": milliseconds(finding["time"]),
            "last_seen_time": milliseconds(finding["last_time"]),
            "analytic": {"name": finding["rule"], "uid": finding["rule"], "type_id": 1, "type": "Rule"},
        },
        "evidences": [
            {
                "src_endpoint": {"ip": client.address, "port": client.port, "mac": client.mac},
                "dst_endpoint": {"ip": server.address, "port": server.port, "mac": server.mac},
                "connection_info": {"protocol_name": finding["protocol"], "direction_id": 0, "direction": "Unknown"},
            }
        ],
        "count": max(finding["count"], 1),
        "remediation": {"desc": finding["advice"]} if finding["advice"] else None,
        "resources": _resource(device),
    }


def _verdict(verdict: VerdictRecord, device: DeviceRecord | None) -> dict[str, Any]:
    name = f"{verdict['device']}-{verdict['capability']}"
    number, word = COMPLIANT.get(verdict["status"], UNKNOWN)
    time = device["last_seen"] if device is not None else None
    return {
        **_event(COMPLIANCE, verdict["run"], name, time, verdict["severity"] or "info"),
        "message": verdict["headline"],
        "finding_info": {"uid": name, "title": verdict["capability"], "desc": verdict["headline"]},
        "compliance": {
            "standards": ["ETSI EN 303 645 V3.1.3"],
            "requirements": [verdict["capability"]],
            "control": verdict["capability"],
            "status_id": number,
            "status": word,
            "status_code": verdict["status"],
        },
        "resources": _resource(device),
    }


def text(run: RunRecords) -> Iterator[str]:
    """Findings first, then verdicts."""
    devices = {(one["run"], one["id"]): one for one in run.devices}
    for finding in run.findings:
        yield json_line(without_none(_finding(finding, devices.get((finding["run"], finding["device"] or "")))))
    for verdict in run.verdicts:
        yield json_line(without_none(_verdict(verdict, devices.get((verdict["run"], verdict["device"])))))


FORMAT = Format("OCSF 1.5: detection and compliance findings", text=text)
