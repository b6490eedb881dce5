"""Suricata's EVE JSON: alert lines of findings; lines of flows and of what was asked in them."""

from __future__ import annotations

import ipaddress
import zlib
from collections.abc import Container, Iterator, Mapping
from typing import Any, Final
from uuid import UUID

from sensor.export.formats._format import Format, json_line
from sensor.export.formats._values import end_of, identifier, seconds, tls_of, without_none
from sensor.export.run_records import RunRecords
from sensor.export.transactions import Transaction, flow_key
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


def _head(record: FlowRecord | Transaction, time: str | None) -> dict[str, Any]:
    """What all lines of a flow begin with."""
    return {
        "timestamp": _timestamp(time),
        "flow_id": UUID(identifier(record["client"], record["server"], record["start"] or "")).int >> 75,
        **_ends(record, record["transport"]),
    }


def _flow(record: FlowRecord, described: Container[str] = ()) -> Iterator[dict[str, Any]]:
    """``described``: kinds that the flow has lines of transactions for."""
    application = APPLICATIONS.get(record["application"] or "", record["application"])
    head = {**_head(record, record["end"] or record["start"]), "app_proto": application}
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
    if kind is not None and kind not in described:
        content = {"sni": record["server_name"]} if kind == "tls" else {}
        yield {**head, "timestamp": _timestamp(record["start"]), "event_type": kind, kind: content}


def _transaction(one: Transaction) -> Iterator[dict[str, Any]]:
    """A line for what was asked; of DNS one for the question and one for the answer, as Suricata has them."""
    detail, kind = one["detail"], one["kind"]
    if kind == "dns":
        question = {"version": 2, "rrname": detail["name"], "rrtype": detail["kind"]}
        if detail.get("asked"):
            yield _line(one, "dns", {"type": "query", **question}, one["time"])
        if "answered" in detail:
            answer = {"type": "answer", **question, "rcode": detail["code"], "grouped": _grouped(detail)}
            yield _line(one, "dns", answer, detail["answered"])
    elif kind == "http":
        content = {
            "hostname": detail["host"],
            "url": detail["path"],
            "http_method": detail["method"],
            "status": detail["status"],
        }
        yield _line(one, "http", content, one["time"])
    elif kind == "tls" and detail["channel"] == "quic":
        yield _line(one, "quic", {"sni": detail["server_name"]}, one["time"])
    elif kind == "tls":
        content = {
            "sni": detail["server_name"],
            "version": detail["version"],
            "subject": detail["subject"],
            "issuerdn": detail["issuer"],
            "ja3": {"hash": detail["ja3"]},
            "ja3s": {"hash": detail["ja3s"]},
            "ja4": detail["ja4"],
        }
        yield _line(one, "tls", content, one["time"])
    else:
        content = {
            "type": "reply" if detail.get("address") else "request",
            "client_mac": detail["mac"],
            "assigned_ip": detail.get("address"),
            "dhcp_type": detail["messages"][-1].lower(),
            "hostname": detail.get("hostname"),
            "lease_time": detail.get("seconds"),
        }
        yield _line(one, "dhcp", content, one["time"])


def _line(one: Transaction, kind: str, content: dict[str, Any], time: str | None) -> dict[str, Any]:
    return {**_head(one, time), "event_type": kind, "app_proto": kind, kind: content}


def _grouped(detail: Mapping[str, Any]) -> dict[str, list[str]]:
    """Answers by their kind: what is no address in the answer to a question for addresses is an alias."""
    kind, found = detail["kind"], dict[str, list[str]]()
    if kind not in ("A", "AAAA", "CNAME", "PTR", "NS"):
        return found
    for answer in detail["answers"]:
        alias = kind in ("A", "AAAA") and not _is_address(answer)
        found.setdefault("CNAME" if alias else kind, []).append(answer)
    return found


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def text(run: RunRecords) -> Iterator[str]:
    """Alerts first, then the flows, then what was asked in them, each in their order."""
    described: dict[str, set[str]] = {}
    for one in run.transactions:
        described.setdefault(flow_key(one), set()).add(one["kind"])
    for finding in run.findings:
        for line in lines({**finding}):
            yield json_line(line)
    for flow in run.flows:
        if flow["start"]:
            yield from (json_line(without_none(line)) for line in _flow(flow, described.get(flow_key(flow), ())))
    for one in run.transactions:
        yield from (json_line(without_none(line)) for line in _transaction(one))


FORMAT = Format(
    "Suricata's EVE JSON: alert, flow, tls, quic, http, dns, dhcp and mqtt lines",
    text=text,
    flows=True,
    live=lambda: lines,
)
