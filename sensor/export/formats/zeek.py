"""Zeek's logs as TSV: conn, dns, http, ssl, dhcp of flows; known_devices; notice of findings."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from sensor.export.formats._format import Format
from sensor.export.formats._values import end_of, identifier, seconds, tls_of
from sensor.export.run_records import RunRecords
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
    "dns": {**CONNECTION, "proto": "enum", "query": "string"},
    "http": {**CONNECTION, "host": "string", "uri": "string", "username": "string"},
    "ssl": {**CONNECTION, "version": "string", "cipher": "string", "server_name": "string", "subject": "string"},
    "dhcp": {
        "ts": "time", "uids": "set[string]", "client_addr": "addr", "server_addr": "addr", "mac": "string",
        "host_name": "string",
    },
    "known_devices": {"ts": "time", "mac": "string", "dhcp_host_name": "string"},
    "notice": {**CONNECTION, "note": "enum", "msg": "string", "sub": "string", "src": "addr", "dst": "addr"},
}  # fmt: skip
"""Columns and their types, by log. ``bytes`` and ``packets`` are of both sides, which Zeek tells apart."""

SERVICES: Final[Mapping[str, str]] = {"tls": "ssl", "domain": "dns", "https": "ssl"}
"""Zeek's names of services, where they are others."""

ESCAPED = re.compile(r"[\x00-\x1f\x7f\\]")


def _rows(run: RunRecords) -> Iterator[tuple[str, Row]]:
    """Each line with the log that it is of."""
    by_ends: dict[tuple[str | None, str | None], list[FindingRecord]] = {}
    for finding in run.findings:
        by_ends.setdefault((finding["client"], finding["server"]), []).append(finding)
    names = {(one["run"], one["id"]): one for one in run.devices}
    for flow in run.flows:
        row, about = _connection(flow), by_ends.get((flow["client"], flow["server"]), [])
        if row is None:
            continue
        yield "conn", row
        service = row["service"]
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
            yield "dhcp", {"ts": row["ts"], "uids": row["uid"], **ends, **named}
    for one in run.devices:
        if one["mac"] and one["first_seen"]:
            yield (
                "known_devices",
                {"ts": seconds(one["first_seen"]), "mac": one["mac"], "dhcp_host_name": one["hostname"]},
            )
    for finding in run.findings:
        yield "notice", _notice(finding)


def _connection(flow: FlowRecord) -> dict[str, Any] | None:
    """What all logs of a flow have; None for what is no IP."""
    client, server = end_of(flow["client"]), end_of(flow["server"])
    begun, ended = seconds(flow["start"]), seconds(flow["end"])
    if client.address is None or server.address is None or begun is None:
        return None
    service = flow["application"]
    return {
        "ts": begun,
        "uid": _uid(flow["run"], flow["client"], flow["server"], flow["start"] or ""),
        "id.orig_h": client.address,
        "id.orig_p": client.port or 0,
        "id.resp_h": server.address,
        "id.resp_p": server.port or 0,
        "proto": flow["transport"] if flow["transport"] in ("tcp", "udp") else "unknown_transport",
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
    return found


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
