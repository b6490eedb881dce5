"""Suricata's EVE JSON: alert lines of findings; flow, tls, http, dns and mqtt lines of flows."""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Mapping
from typing import Any, Final
from uuid import UUID

from sensor.export.formats._format import Format, json_line
from sensor.export.formats._values import end_of, identifier, seconds, tls_of, without_none
from sensor.export.run_records import RunRecords
from sensor.records import FindingRecord, FlowRecord, Record

GENERATOR: Final = 7176
"""``gid`` of our alerts, so that no number of a rule of Suricata's (gid 1) is one of ours."""

SEVERITIES: Final[Mapping[str, int]] = {"critical": 1, "high": 1, "medium": 2, "low": 3, "info": 4}
"""Suricata counts from 1, the worst."""

EVENT_TYPES: Final[Mapping[str, str]] = {"tls": "tls", "http": "http", "dns": "dns", "mqtt": "mqtt"}
"""Applications whose flows have a line of their own kind."""

APPLICATIONS: Final[Mapping[str, str]] = {"domain": "dns", "https": "tls", "quic": "quic"}


def signature_id(rule: str) -> int:
    """A number for a rule, the same for ever: its CRC-32, within what Suricata takes (31 bits)."""
    return zlib.crc32(rule.encode()) & 0x7FFFFFFF


def lines(record: Record) -> Iterator[dict[str, Any]]:
    """The lines of a record; none for kinds that have none."""
    if record["record"] == "finding" and record["time"]:
        yield without_none(_alert(record))  # type: ignore[arg-type]
    elif record["record"] == "flow" and record["start"]:
        yield from map(without_none, _flow(record))  # type: ignore[arg-type]


def _timestamp(time: str | None) -> str | None:
    """Suricata's form: microseconds and an offset without a colon."""
    return time.replace("Z", "+0000") if time else None


def _ends(record: Mapping[str, Any], transport: str | None) -> dict[str, Any]:
    client, server = end_of(record["client"]), end_of(record["server"])
    return {
        "src_ip": client.address,
        "src_port": client.port,
        "dest_ip": server.address,
        "dest_port": server.port,
        "proto": transport.upper() if transport in ("tcp", "udp") else None,
    }


def _alert(record: FindingRecord) -> dict[str, Any]:
    tls = tls_of(record)
    return {
        "timestamp": _timestamp(record["time"]),
        "event_type": "alert",
        **_ends(record, None),
        "app_proto": APPLICATIONS.get(record["protocol"], record["protocol"]),
        "alert": {
            "action": "allowed",
            "gid": GENERATOR,
            "signature_id": signature_id(record["rule"]),
            "rev": 1,
            "signature": f"LANwitness {record['rule']}: {record['summary']}",
            "category": record["capability"] or record["rule"].partition(".")[0],
            "severity": SEVERITIES[record["severity"]],
            "metadata": {
                "rule": [record["rule"]],
                "finding": [record["id"]],
                "severity": [record["severity"]],
                "device": [record["device"]] if record["device"] else [],
                "count": [str(record["count"])],
            },
        },
        "tls": {"sni": tls.get("server_name"), "subject": tls.get("subject"), "version": tls.get("version")},
    }


def _flow(record: FlowRecord) -> Iterator[dict[str, Any]]:
    application = APPLICATIONS.get(record["application"] or "", record["application"])
    head = {
        "timestamp": _timestamp(record["end"] or record["start"]),
        "flow_id": UUID(identifier(record["client"], record["server"], record["start"] or "")).int >> 75,
        **_ends(record, record["transport"]),
        "app_proto": application,
    }
    begun, ended = seconds(record["start"]), seconds(record["end"])
    yield {
        **head,
        "event_type": "flow",
        "flow": {
            "start": _timestamp(record["start"]),
            "end": _timestamp(record["end"]),
            "age": int(ended - begun) if begun is not None and ended is not None else None,
        },
    }
    kind = next((one for one in (application, *record["layers"]) if one in EVENT_TYPES), None)
    if kind is not None:
        content = {"sni": record["server_name"]} if kind == "tls" else {}
        yield {**head, "timestamp": _timestamp(record["start"]), "event_type": kind, kind: content}


def text(run: RunRecords) -> Iterator[str]:
    """Alerts first, then the flows, each in their order."""
    for record in (*run.findings, *run.flows):
        for line in lines({**record}):
            yield json_line(line)


FORMAT = Format(
    "Suricata's EVE JSON: alert, flow, tls, http, dns and mqtt lines", text=text, flows=True, live=lambda: lines
)
