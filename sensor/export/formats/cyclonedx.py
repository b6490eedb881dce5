"""CycloneDX 1.6: devices as components, their firmware and named components within, known flaws."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sensor import __version__
from sensor.export.formats._format import Format, json_document
from sensor.export.formats._values import identifier, name_of, without_none
from sensor.export.run_records import RunRecords
from sensor.records import DeviceRecord, FindingRecord, claimed_in


def document(run: RunRecords) -> dict[str, Any]:
    """The bill of materials of a network: what was seen of its devices, which is never all that is in them."""
    flaws = [one for one in run.findings if one["rule"] == "update.component"]
    name = " ".join(run.runs())
    made: dict[str, Any] = without_none(
        {
            "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
            "bomFormat": "CycloneDX",
            "specVersion": "1.6",
            "serialNumber": f"urn:uuid:{identifier('cyclonedx', name)}",
            "version": 1,
            "metadata": {
                "timestamp": run.until(),
                "tools": {"components": [{"type": "application", "name": "LANwitness", "version": __version__}]},
            },
            "components": [_device(one, flaws) for one in run.devices],
            "vulnerabilities": _vulnerabilities(flaws),
        }
    )
    return made


def _reference(run: str, device: str | None, *more: str) -> str:
    return "/".join((run, device or "", *more))


def _device(device: DeviceRecord, flaws: list[FindingRecord]) -> dict[str, Any]:
    reference = _reference(device["run"], device["id"])
    firmware = claimed_in(device, "firmware")
    parts: list[dict[str, Any]] = []
    if firmware:
        parts.append({"type": "firmware", "bom-ref": f"{reference}/firmware", "name": "firmware", "version": firmware})
    seen: set[str] = set()
    for one in flaws:
        part = _part(one)
        if one["run"] == device["run"] and one["device"] == device["id"] and part not in seen:
            seen.add(part)
            detail = one["detail"]
            parts.append(
                {"type": "library", "bom-ref": part, "name": detail["component"], "version": str(detail["version"])}
            )
    vendor = claimed_in(device, "vendor")
    properties = {
        "lanwitness:mac": device["mac"],
        "lanwitness:category": claimed_in(device, "category"),
        "lanwitness:hostname": device["hostname"],
        "lanwitness:os": claimed_in(device, "os"),
    }
    return {
        "type": "device",
        "bom-ref": reference,
        "manufacturer": {"name": vendor} if vendor else None,
        "name": claimed_in(device, "model") or name_of(device),
        "properties": [{"name": name, "value": value} for name, value in properties.items() if value],
        "components": parts,
    }


def _part(finding: FindingRecord) -> str:
    detail = finding["detail"]
    return _reference(finding["run"], finding["device"], str(detail["component"]), str(detail["version"]))


def _vulnerabilities(flaws: list[FindingRecord]) -> list[dict[str, Any]]:
    """One for each CVE, with all components that have it."""
    found: dict[str, dict[str, Any]] = {}
    for one in flaws:
        detail = one["detail"]
        made = found.setdefault(
            detail["cve"],
            {
                "bom-ref": detail["cve"],
                "id": detail["cve"],
                "source": {"name": "CVE", "url": detail.get("source")},
                "ratings": [{"source": {"name": "LANwitness"}, "severity": one["severity"]}],
                "description": one["summary"],
                "recommendation": one["advice"] or None,
                "affects": [],
            },
        )
        if one["device"] and {"ref": _part(one)} not in made["affects"]:
            made["affects"].append({"ref": _part(one)})
    return list(found.values())


def text(run: RunRecords) -> Iterator[str]:
    """The whole document."""
    yield from json_document(document(run))


FORMAT = Format("a CycloneDX 1.6 bill of materials of the devices", text=text)
