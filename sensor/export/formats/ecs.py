"""Elastic Common Schema 8.17: documents of findings, devices, verdicts and flows, for `_bulk`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final, cast

from sensor import __version__
from sensor.export.formats._format import Format, Shape, json_line
from sensor.export.formats._values import End, end_of, identifier, name_of, tls_of, without_none
from sensor.export.run_records import RunRecords
from sensor.records import DeviceRecord, FindingRecord, FlowRecord, Record, VerdictRecord, claimed_in

VERSION: Final = "8.17.0"

SEVERITIES: Final[Mapping[str, int]] = {"info": 10, "low": 21, "medium": 47, "high": 73, "critical": 99}
"""As Elastic Security's risk scores stand for low to critical; lower for what is a remark."""

CATEGORIES: Final[Mapping[str, str]] = {
    "credential": "authentication",
    "tls": "network",
    "transfer": "network",
    "personal": "network",
    "update": "vulnerability",
    "exposure": "configuration",
    "network": "network",
}
"""``event.category`` by the first word of a rule, of the words that ECS allows."""


def document(record: Record, devices: Mapping[str, DeviceRecord]) -> dict[str, Any] | None:
    """A record as a document; None for kinds that have none. ``devices``: those of its run, by id."""
    makers = {"finding": _finding, "device": _device, "verdict": _verdict, "flow": _flow}
    maker = makers.get(record["record"])
    if maker is None:
        return None
    made: dict[str, Any] = without_none(maker(record, devices))  # type: ignore[operator]
    return made if "@timestamp" in made else None


def _head(record: Mapping[str, Any], time: str | None, kind: str, category: str, types: list[str]) -> dict[str, Any]:
    return {
        "@timestamp": time,
        "ecs": {"version": VERSION},
        "event": {
            "kind": kind,
            "category": [category],
            "type": types,
            "module": "lanwitness",
            "dataset": f"lanwitness.{record['record']}",
        },
        "observer": {"vendor": "LANwitness", "product": "LANwitness", "type": "sensor", "version": __version__},
        "labels": {"run": record["run"]},
    }


def _end(end: End) -> dict[str, Any]:
    return {"address": end.address or end.mac, "ip": end.address, "port": end.port, "mac": _mac(end.mac)}


def _mac(mac: str | None) -> str | None:
    """ECS has hyphens and capitals (RFC 7042)."""
    return mac.replace(":", "-").upper() if mac else None


def _of_device(device: DeviceRecord | None, name: str | None) -> dict[str, Any]:
    if device is None:
        return {"device": {"id": name}}
    return {
        "device": {
            "id": device["id"],
            "manufacturer": claimed_in(device, "vendor"),
            "model": {"name": claimed_in(device, "model")},
        },
        "host": {
            "id": device["id"],
            "name": name_of(device),
            "hostname": device["hostname"],
            "ip": device["addresses"],
            "mac": [_mac(device["mac"])] if device["mac"] else None,
            "type": claimed_in(device, "category"),
            "os": {"name": claimed_in(device, "os")},
        },
    }


def _finding(record: FindingRecord, devices: Mapping[str, DeviceRecord]) -> dict[str, Any]:
    rule, detail = record["rule"], record["detail"]
    client, server = end_of(record["client"]), end_of(record["server"])
    about = devices.get(record["device"] or "")
    found = _head(record, record["last_time"] or record["time"], "alert", "network", ["info"])
    found["event"] |= {
        "category": [CATEGORIES.get(rule.removeprefix("decrypted.").partition(".")[0], "network")],
        "id": f"{record['run']}-{record['id']}",
        "action": rule,
        "severity": SEVERITIES[record["severity"]],
        "start": record["time"],
        "end": record["last_time"],
        "reason": record["summary"],
    }
    if rule.startswith("credential.") and detail.get("accepted") is not None:
        found["event"]["outcome"] = "success" if detail["accepted"] else "failure"
    tls = tls_of(record)
    return {
        **found,
        **_of_device(about, record["device"]),
        "message": record["summary"],
        "rule": {"id": rule, "name": rule, "category": record["capability"], "ruleset": "lanwitness"},
        "source": _end(client),
        "destination": _end(server),
        "network": {"protocol": record["protocol"]},
        "user": {"name": detail.get("username") if rule.startswith("credential.") else None},
        "tls": {
            "cipher": tls.get("cipher"),
            "client": {"server_name": tls.get("server_name")},
            "server": {"subject": tls.get("subject")},
        },
        "vulnerability": {
            "id": detail["cve"] if rule == "update.component" else None,
            "enumeration": "CVE" if rule == "update.component" else None,
            "severity": record["severity"].capitalize() if rule == "update.component" else None,
        },
        "related": {"ip": [one.address for one in (client, server) if one.address]},
    }


def _device(record: DeviceRecord, devices: Mapping[str, DeviceRecord]) -> dict[str, Any]:
    found = _head(record, record["last_seen"] or record["first_seen"], "asset", "host", ["info"])
    found["event"] |= {"start": record["first_seen"], "end": record["last_seen"]}
    return {**found, **_of_device(record, record["id"]), "message": f"device {name_of(record)}"}


def _verdict(record: VerdictRecord, devices: Mapping[str, DeviceRecord]) -> dict[str, Any]:
    device = devices.get(record["device"])
    time = device["last_seen"] if device is not None else None
    found = _head(record, time, "state", "configuration", ["info"])
    found["event"] |= {"action": f"{record['capability']}.{record['status']}", "reason": record["headline"]}
    if record["severity"]:
        found["event"]["severity"] = SEVERITIES[record["severity"]]
    return {**found, **_of_device(device, record["device"]), "message": record["headline"]}


def _flow(record: FlowRecord, devices: Mapping[str, DeviceRecord]) -> dict[str, Any]:
    client, server = end_of(record["client"]), end_of(record["server"])
    found = _head(record, record["end"] or record["start"], "event", "network", ["connection", "end"])
    found["event"] |= {"start": record["start"], "end": record["end"]}
    carried = record["transport"] if record["transport"] in ("tcp", "udp") else None
    return {
        **found,
        **_of_device(devices.get(record["device"] or ""), record["device"]),
        "source": _end(client),
        "destination": {**_end(server), "domain": record["server_name"]},
        "network": {
            "transport": carried,
            "protocol": record["application"],
            "bytes": record["bytes"],
            "packets": record["packets"],
        },
        "tls": {"client": {"server_name": record["server_name"]}},
        "related": {"ip": [one.address for one in (client, server) if one.address]},
    }


def text(run: RunRecords) -> Iterator[str]:
    """A line that says what to do (``create``, so that a second import adds nothing), a line with the document."""
    by_run: dict[str, dict[str, DeviceRecord]] = {}
    for device in run.devices:
        by_run.setdefault(device["run"], {})[device["id"]] = device
    for kind in ("device", "finding", "verdict", "flow"):
        for number, record in enumerate(run.by_kind()[kind]):
            made = document(record, by_run.get(record["run"], {}))
            if made is not None:
                name = record.get("id") or record.get("capability") or str(number)
                yield json_line({"create": {"_id": identifier(kind, record["run"], record.get("device") or "", name)}})
                yield json_line(made)


def live() -> Shape:
    """Documents of records as they come, with what is known of their devices by then."""
    devices: dict[str, DeviceRecord] = {}

    def shape(record: Record) -> Iterator[dict[str, Any]]:
        if record["record"] == "device":
            devices[record["id"]] = cast("DeviceRecord", record)
        elif record["record"] == "gone" and record["kind"] == "device":
            devices.pop(record["id"], None)
        made = document(record, devices)
        if made is not None:
            yield made

    return shape


FORMAT = Format("Elastic Common Schema, NDJSON for _bulk", text=text, flows=True, live=live)
