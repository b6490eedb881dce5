"""A MISP event: a device object for each device, a network connection for each finding, known flaws."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from sensor.export.formats._format import Format, json_document
from sensor.export.formats._values import SEVERITY_LEVELS, end_of, identifier, name_of, seconds
from sensor.export.run_records import RunRecords
from sensor.records import DeviceRecord, FindingRecord, claimed_in

Template = tuple[str, str, str, str]

DEVICE: Final[Template] = ("device", "0c64b41a-e583-4f4d-ac92-d484163b9e52", "10", "misc")
CONNECTION: Final[Template] = ("network-connection", "af16764b-f8e5-4603-9de1-de34d272f80b", "7", "network")
"""Name, UUID, version and category of templates of misp-objects, as of pymisp 2.5.34 (2026-11)."""

THREAT_LEVELS: Final = ("4", "3", "2", "1", "1")
"""MISP's levels (1 high, 4 undefined) by the place in `SEVERITY_LEVELS`."""

YOUR_ORGANISATION_ONLY: Final = "0"
COMPLETED: Final = "2"

TYPES: Final[Mapping[str, str]] = {
    "name": "text",
    "MAC-address": "mac-address",
    "ip-address": "ip-src",
    "device-type": "text",
    "OS": "text",
    "ip-src": "ip-src",
    "ip-dst": "ip-dst",
    "mac-src": "mac-address",
    "mac-dst": "mac-address",
    "src-port": "port",
    "dst-port": "port",
    "layer7-protocol": "text",
    "first-packet-seen": "datetime",
    "last-packet-seen": "datetime",
    "count": "counter",
}
CATEGORIES: Final[Mapping[str, str]] = {
    "mac-address": "Network activity",
    "ip-src": "Network activity",
    "ip-dst": "Network activity",
    "port": "Network activity",
}
"""The category of an attribute by its type; what is not named here is ``Other``."""


def document(run: RunRecords) -> dict[str, Any]:
    """The event: not published, for one's own organisation, without flags for detection (``to_ids``)."""
    name = " ".join(run.runs())
    last = run.until()
    stamp = str(int(seconds(last) or 0))
    levels = [SEVERITY_LEVELS[one["severity"]] for one in run.findings]
    objects = [
        *(_device(one, stamp) for one in run.devices),
        *(made for one in run.findings if (made := _connection(one, stamp)) is not None),
    ]
    flaws = {one["detail"]["cve"]: one for one in run.findings if one["rule"] == "update.component"}
    return {
        "Event": {
            "uuid": identifier("misp", name),
            "info": f"LANwitness: {len(run.findings)} findings at {len(run.devices)} devices",
            "date": (last or "1970-01-01")[:10],
            "timestamp": stamp,
            "published": False,
            "analysis": COMPLETED,
            "distribution": YOUR_ORGANISATION_ONLY,
            "threat_level_id": THREAT_LEVELS[max(levels, default=0)],
            "Tag": [{"name": "tlp:amber"}],
            "Attribute": [
                {
                    **_attribute("vulnerability", cve, identifier("misp", name, cve), stamp, "External analysis"),
                    "comment": one["summary"],
                }
                for cve, one in flaws.items()
            ],
            "Object": objects,
        }
    }


def _attribute(kind: str, value: str, name: str, stamp: str, category: str) -> dict[str, Any]:
    return {
        "uuid": name,
        "type": kind,
        "category": category,
        "value": value,
        "to_ids": False,
        "disable_correlation": False,
        "distribution": "5",
        "timestamp": stamp,
    }


def _object(template: Template, name: str, stamp: str, comment: str, values: list[tuple[str, Any]]) -> dict[str, Any]:
    found, uuid, version, category = template
    attributes = []
    for number, (relation, value) in enumerate(values):
        if value is not None:
            kind = TYPES[relation]
            made = _attribute(kind, str(value), identifier(name, str(number)), stamp, CATEGORIES.get(kind, "Other"))
            attributes.append({**made, "object_relation": relation})
    return {
        "uuid": identifier(name),
        "name": found,
        "meta-category": category,
        "template_uuid": uuid,
        "template_version": version,
        "comment": comment,
        "distribution": "5",
        "timestamp": stamp,
        "Attribute": attributes,
    }


def _device(device: DeviceRecord, stamp: str) -> dict[str, Any]:
    known = [claimed_in(device, field) for field in ("vendor", "model", "firmware")]
    values = [
        ("name", name_of(device)),
        ("MAC-address", device["mac"]),
        *(("ip-address", one) for one in device["addresses"]),
        ("device-type", claimed_in(device, "category")),
        ("OS", claimed_in(device, "os")),
    ]
    name = f"misp {device['run']} {device['id']}"
    return _object(DEVICE, name, stamp, " ".join(one for one in known if one), values)


def _connection(finding: FindingRecord, stamp: str) -> dict[str, Any] | None:
    client, server = end_of(finding["client"]), end_of(finding["server"])
    if client.address is None and server.address is None:
        return None
    values = [
        ("ip-src", client.address),
        ("ip-dst", server.address),
        ("mac-src", client.mac),
        ("mac-dst", server.mac),
        ("src-port", client.port),
        ("dst-port", server.port),
        ("layer7-protocol", finding["protocol"]),
        ("first-packet-seen", finding["time"]),
        ("last-packet-seen", finding["last_time"]),
        ("count", finding["count"]),
    ]
    comment = f"{finding['rule']} ({finding['severity']}): {finding['summary']}"
    return _object(CONNECTION, f"misp {finding['run']} {finding['id']}", stamp, comment, values)


def text(run: RunRecords) -> Iterator[str]:
    """The whole event."""
    yield from json_document(document(run))


FORMAT = Format("a MISP event", text=text)
