"""A STIX 2.1 bundle: devices as infrastructure, findings as observed data with a note, known flaws."""

from __future__ import annotations

import ipaddress
import json
import uuid
from collections.abc import Iterator, Mapping
from typing import Any, Final

from sensor.export.formats._format import Format, json_document
from sensor.export.formats._values import end_of, identifier, name_of, without_none
from sensor.export.run_records import RunRecords
from sensor.records import DeviceRecord, FindingRecord

OBSERVABLES: Final = uuid.UUID("00abedb4-aa42-466c-9c01-fed23315a9b7")
"""The namespace that STIX 2.1 (2.9) gives for identifiers of observables."""

NEVER: Final = "1970-01-01T00:00:00.000Z"
"""Where a capture has no time at all."""


class Bundle:
    """Objects by id, each once, in the order in which they came."""

    def __init__(self, made: str) -> None:
        self._made = made
        self.objects: dict[str, dict[str, Any]] = {}
        self._author = self.add("identity", "lanwitness", {"name": "LANwitness", "identity_class": "system"})

    def add(self, kind: str, name: str, content: Mapping[str, Any]) -> str:
        """A domain object or relationship; its id, which is the same whenever it is made."""
        found = f"{kind}--{identifier('stix', kind, name)}"
        author = {} if kind == "identity" else {"created_by_ref": self._author}
        head = {"type": kind, "spec_version": "2.1", "id": found, "created": self._made, "modified": self._made}
        self.objects.setdefault(found, without_none({**head, **author, **content}))
        return found

    def observable(self, kind: str, contributing: Mapping[str, Any], more: Mapping[str, Any] | None = None) -> str:
        """An observable; its id follows from ``contributing`` (STIX 2.1, 2.9)."""
        content = without_none(dict(contributing))
        name = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        found = f"{kind}--{uuid.uuid5(OBSERVABLES, name)}"
        head = {"type": kind, "spec_version": "2.1", "id": found}
        self.objects[found] = {**self.objects.get(found, {}), **head, **content, **without_none(dict(more or {}))}
        return found

    def address(self, text: str) -> str:
        """An IPv4 or IPv6 address."""
        kind = "ipv4-addr" if ipaddress.ip_address(text).version == 4 else "ipv6-addr"
        return self.observable(kind, {"value": text})

    def relate(self, source: str, word: str, target: str) -> None:
        """A relationship between two objects."""
        content = {"relationship_type": word, "source_ref": source, "target_ref": target}
        self.add("relationship", f"{source} {word} {target}", content)


def document(run: RunRecords) -> dict[str, Any]:
    """The bundle."""
    bundle = Bundle(run.until() or NEVER)
    devices = {(one["run"], one["id"]): _device(bundle, one) for one in run.devices}
    for finding in run.findings:
        _finding(bundle, finding, devices.get((finding["run"], finding["device"] or "")))
    name = "\x1f".join(bundle.objects)
    return {"type": "bundle", "id": f"bundle--{identifier('stix', name)}", "objects": list(bundle.objects.values())}


def _device(bundle: Bundle, device: DeviceRecord) -> str:
    found = bundle.add(
        "infrastructure",
        f"{device['run']} {device['id']}",
        {
            "name": name_of(device),
            "infrastructure_types": ["unknown"],
            "first_seen": device["first_seen"],
            "last_seen": device["last_seen"] if device["first_seen"] != device["last_seen"] else None,
        },
    )
    parts = [bundle.observable("mac-addr", {"value": device["mac"]})] if device["mac"] else []
    for part in (*parts, *map(bundle.address, device["addresses"])):
        bundle.relate(found, "consists-of", part)
    return found


def _finding(bundle: Bundle, finding: FindingRecord, device: str | None) -> None:
    ends: list[str | None] = []
    ports: list[int | None] = []
    for text in (finding["client"], finding["server"]):
        end = end_of(text)
        ports.append(end.port)
        if end.address:
            ends.append(bundle.address(end.address))
        else:
            ends.append(bundle.observable("mac-addr", {"value": end.mac}) if end.mac else None)
    source, target = ends
    about = [device] if device else []
    if source or target:
        traffic = bundle.observable(
            "network-traffic",
            {
                "src_ref": source,
                "dst_ref": target,
                "src_port": ports[0],
                "dst_port": ports[1],
                "protocols": [finding["protocol"] or "ip"],
            },
        )
        observed = {
            "first_observed": finding["time"] or NEVER,
            "last_observed": finding["last_time"] or finding["time"] or NEVER,
            "number_observed": min(max(finding["count"], 1), 999_999_999),
            "object_refs": list(filter(None, [traffic, source, target])),
        }
        about.append(bundle.add("observed-data", f"{finding['run']} {finding['id']}", observed))
    if about:
        note = {
            "abstract": f"{finding['rule']} ({finding['severity']})",
            "content": f"{finding['summary']} {finding['advice']}".strip(),
            "labels": [finding["rule"], finding["severity"]],
            "object_refs": about,
        }
        bundle.add("note", f"{finding['run']} {finding['id']}", note)
    if finding["rule"] == "update.component" and device is not None:
        cve = finding["detail"]["cve"]
        reference = {"source_name": "cve", "external_id": cve, "url": finding["detail"].get("source")}
        flaw = bundle.add("vulnerability", cve, {"name": cve, "external_references": [reference]})
        bundle.relate(device, "has", flaw)


def text(run: RunRecords) -> Iterator[str]:
    """The whole bundle."""
    yield from json_document(document(run))


FORMAT = Format("a STIX 2.1 bundle", text=text)
