"""Zeek's logs as TSV: conn, dns, http, ssl, dhcp of traffic; known_devices; notice of findings."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from sensor.export.formats._format import Format
from sensor.export.formats._values import end_of, identifier, seconds, tls_of
from sensor.export.run_records import RunRecords
from sensor.export.transactions import Transaction, flow_key
from sensor.lazy_pattern import expression
from sensor.records import FindingRecord, FlowRecord

Columns = Mapping[str, str]
Row = Mapping[str, Any]

CONNECTION: Columns = {
    "ts": "time",
    "uid": "string",
    "id.orig_h": "addr",
    "id.orig_p": "port",
    "id.resp_h": "addr",
    "id.resp_p": "port",
}
LOGS: Final[Mapping[str, Columns]] = {
    "conn": {
        **CONNECTION, "proto": "enum", "service": "string", "duration": "interval", "bytes": "count",
        "packets": "count",
    },
    "dns": {
        **CONNECTION, "proto": "enum", "rtt": "interval", "query": "string", "qtype_name": "string",
        "rcode_name": "string", "answers": "vector[string]",
    },
    "http": {
        **CONNECTION, "method": "string", "host": "string", "uri": "string", "status_code": "count",
        "username": "string",
    },
    "ssl": {
        **CONNECTION, "version": "string", "cipher": "string", "server_name": "string", "next_protocol": "string",
        "established": "bool", "subject": "string", "issuer": "string",
    },
    "dhcp": {
        "ts": "time", "uids": "set[string]", "client_addr": "addr", "server_addr": "addr", "mac": "string",
        "host_name": "string", "requested_addr": "addr", "assigned_addr": "addr", "lease_time": "interval",
        "msg_types": "vector[string]",
    },
    "known_devices": {"ts": "time", "mac": "string", "dhcp_host_name": "string"},
    "notice": {**CONNECTION, "note": "enum", "msg": "string", "sub": "string", "src": "addr", "dst": "addr"},
}  # fmt: skip
"""Columns and their types, by log. ``bytes`` and ``packets`` are of both sides, which Zeek tells apart."""

DHCP_SERVER: Final = 67
"""RFC 2131 4.1."""

SERVICES: Final[Mapping[str, str]] = {"tls": "ssl", "domain": "dns", "https": "ssl"}
"""Zeek's names of services, where they are others."""

LOG_OF: Final[Mapping[str, str]] = {"dns": "dns", "http": "http", "tls": "ssl", "dhcp": "dhcp"}
"""The log of each kind of transaction."""

ESCAPED = expression(r"[\x00-\x1f\x7f\\]")


def _rows(run: RunRecords) -> Iterator[tuple[str, Row]]:
    """Each line with the log that it is of."""
    by_ends: dict[tuple[str | None, str | None], list[FindingRecord]] = {}
    for finding in run.findings:
        by_ends.setdefault((finding["client"], finding["server"]), []).append(finding)
    names = {(one["run"], one["id"]): one for one in run.devices}
    described: dict[str, set[str]] = {}
    for exchange in run.transactions:
        log, line = LOG_OF[exchange["kind"]], _transaction(exchange)
        described.setdefault(flow_key(exchange), set()).add(log)
        if line is not None:
            yield log, line
    leases = any(exchange["kind"] == "dhcp" for exchange in run.transactions)
    for flow in run.flows:
        row, about = _connection(flow), by_ends.get((flow["client"], flow["server"]), [])
        if row is None:
            continue
        yield "conn", row
        service = row["service"]
        if service in described.get(flow_key(flow), ()) or (service == "dhcp" and leases):
            continue
        if service == "dns":
            yield "dns", row
        elif service == "http":
            yield "http", {**row, **_http(about)}
        elif service == "ssl":
            yield "ssl", {**row, "server_name": flow["server_name"], **_tls(about)}
        elif service == "dhcp":
            device = names.get((flow["run"], flow["device"] or ""))
            named = {"mac": device["mac"], "host_name": device["hostname"]} if device is not None else {}
            ends = {"client_addr": row["id.orig_h"], "server_addr": row["id.resp_h"]}
            yield "dhcp", {"ts": row["ts"], "uids": [row["uid"]], **ends, **named}
    for one in run.devices:
        if one["mac"] and one["first_seen"]:
            yield (
                "known_devices",
                {"ts": seconds(one["first_seen"]), "mac": one["mac"], "dhcp_host_name": one["hostname"]},
            )
    for finding in run.findings:
        yield "notice", _notice(finding)


def _head(flow: FlowRecord | Transaction, time: str | None) -> dict[str, Any] | None:
    """What all logs of a connection have; None for what is no IP or has no time."""
    client, server, at = end_of(flow["client"]), end_of(flow["server"]), seconds(time)
    if client.address is None or server.address is None or at is None:
        return None
    return {
        "ts": at,
        "uid": _uid(flow["run"], flow["client"], flow["server"], flow["start"] or ""),
        "id.orig_h": client.address,
        "id.orig_p": client.port or 0,
        "id.resp_h": server.address,
        "id.resp_p": server.port or 0,
        "proto": flow["transport"] if flow["transport"] in ("tcp", "udp") else "unknown_transport",
    }


def _transaction(one: Transaction) -> Row | None:
    """The line of a question and its answer."""
    head, detail = _head(one, one["time"]), one["detail"]
    if head is None:
        return None
    if one["kind"] == "dns":
        answered = seconds(detail.get("answered"))
        took = answered - head["ts"] if detail.get("asked") and answered is not None else None
        question = {"query": detail["name"], "qtype_name": detail["kind"], "rtt": took}
        return {**head, **question, "rcode_name": detail.get("code"), "answers": detail.get("answers") or None}
    if one["kind"] == "http":
        request = {"method": detail["method"], "host": detail["host"], "uri": detail["path"]}
        return {**head, **request, "status_code": detail["status"], "username": detail["username"]}
    if one["kind"] == "tls":
        named = {key: detail[key] for key in ("cipher", "server_name", "established", "subject", "issuer")}
        return {**head, **named, "version": _version(detail["version"]), "next_protocol": detail["alpn"]}
    return {
        "ts": head["ts"],
        "uids": [head["uid"]],
        "client_addr": detail.get("address"),
        "server_addr": head["id.resp_h"] if head["id.resp_p"] == DHCP_SERVER else head["id.orig_h"],
        "mac": detail["mac"],
        "host_name": detail.get("hostname"),
        "requested_addr": detail.get("requested"),
        "assigned_addr": detail.get("address"),
        "lease_time": detail.get("seconds"),
        "msg_types": detail["messages"],
    }


def _version(version: str | None) -> str | None:
    """Zeek's names: TLSv12, SSLv3."""
    if version is None:
        return None
    name, _, number = version.partition(" ")
    return f"{name}v{number.removesuffix('.0') if name == 'SSL' else number.replace('.', '')}"


def _connection(flow: FlowRecord) -> dict[str, Any] | None:
    """What all logs of a flow have; None for what is no IP."""
    head = _head(flow, flow["start"])
    if head is None:
        return None
    begun, ended, service = head["ts"], seconds(flow["end"]), flow["application"]
    return {
        **head,
        "service": SERVICES.get(service, service) if service else None,
        "duration": ended - begun if ended is not None else None,
        "bytes": flow["bytes"],
        "packets": flow["packets"],
    }


def _http(about: Iterable[FindingRecord]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for one in about:
        detail = one["detail"]
        if one["rule"].startswith("update."):
            found |= {"host": detail.get("host"), "uri": detail.get("path")}
        elif one["rule"].startswith("credential."):
            found |= {"username": detail.get("username")}
    return found


def _tls(about: Iterable[FindingRecord]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for one in about:
        found |= tls_of(one)
    return {**found, "version": _version(found.get("version"))}


def _notice(finding: FindingRecord) -> Row:
    client, server = end_of(finding["client"]), end_of(finding["server"])
    return {
        "ts": seconds(finding["time"]),
        "id.orig_h": client.address,
        "id.orig_p": client.port,
        "id.resp_h": server.address,
        "id.resp_p": server.port,
        "note": "LANwitness::" + "_".join(re.split(r"\W|_", finding["rule"])),
        "msg": finding["summary"],
        "sub": f"{finding['severity']} {finding['id']}",
        "src": client.address,
        "dst": server.address,
    }


def _uid(*parts: str) -> str:
    """Zeek's begin with C and have 17 letters and digits behind it."""
    return "C" + identifier(*parts).replace("-", "")[:17]


def _cell(value: Any, kind: str) -> str:
    if value is None:
        return "-"
    if kind in ("time", "interval"):
        return f"{value:.6f}"
    if kind == "bool":
        return "T" if value else "F"
    if isinstance(value, list):
        return ",".join(_cell(one, "string").replace(",", "\\x2c") for one in value) or "(empty)"
    text = str(value)
    if text in ("", "-", "(empty)"):
        return "(empty)" if text == "" else f"\\x{ord(text[0]):02x}{text[1:]}"
    return ESCAPED.sub(lambda found: f"\\x{ord(found[0]):02x}", text)


def _log(name: str, rows: Iterable[Row]) -> Iterator[str]:
    """A log in Zeek's form: what stands in it is said in its head."""
    columns = LOGS[name]
    yield "#separator \\x09\n#set_separator\t,\n#empty_field\t(empty)\n#unset_field\t-\n"
    yield f"#path\t{name}\n"
    yield "\t".join(("#fields", *columns)) + "\n"
    yield "\t".join(("#types", *columns.values())) + "\n"
    for row in sorted(rows, key=lambda one: one["ts"] or 0):
        yield "\t".join(_cell(row.get(column), kind) for column, kind in columns.items()) + "\n"


def files(run: RunRecords) -> Iterator[tuple[str, bytes]]:
    """``conn.log`` …; a log without a line is no file, as with Zeek."""
    found: dict[str, list[Row]] = {}
    for name, row in _rows(run):
        found.setdefault(name, []).append(row)
    for name, rows in found.items():
        yield f"{name}.log", "".join(_log(name, rows)).encode("utf-8", "backslashreplace")


FORMAT = Format("Zeek's logs: conn, dns, http, ssl, dhcp, known_devices, notice", files=files, flows=True)
