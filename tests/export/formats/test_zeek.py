"""Zeek's logs, read as `zeek-cut` does: by what their heads say."""

from __future__ import annotations

import ipaddress
from typing import Any

import pytest

from tests.export.exported import NAMES, files_of, hostile, run_of, without_transactions


def cut(content: bytes) -> tuple[str, list[dict[str, Any]]]:
    """Path and rows of a log; every value of the type that the head gives."""
    head: dict[str, list[str]] = {}
    rows = []
    for line in content.decode().removesuffix("\n").split("\n"):
        if line.startswith("#separator "):
            assert line == "#separator \\x09"
        elif line.startswith("#"):
            name, *values = line.split("\t")
            head[name] = values
        else:
            cells = line.split("\t")
            assert len(cells) == len(head["#fields"]) == len(head["#types"])
            rows.append(
                {
                    field: None if cell == "-" else value(cell, kind)
                    for field, kind, cell in zip(head["#fields"], head["#types"], cells, strict=True)
                }
            )
    return head["#path"][0], rows


def value(cell: str, kind: str) -> Any:
    if kind in ("time", "interval"):
        return float(cell)
    if kind in ("count", "port"):
        return int(cell)
    if kind == "bool":
        return {"T": True, "F": False}[cell]
    if kind.startswith(("set[", "vector[")):
        return [] if cell == "(empty)" else cell.split(",")
    return str(ipaddress.ip_address(cell)) if kind == "addr" else cell


@pytest.mark.parametrize("name", NAMES)
def test_logs_are_what_their_heads_say(name: str) -> None:
    run = run_of(name)
    logs = dict(map(cut, files_of("zeek", run).values()))
    assert len(logs["notice"]) == len(run.findings)
    uids = {one["uid"] for one in logs["conn"]}
    assert len(uids) == len(logs["conn"]) and all(one.startswith("C") and len(one) == 18 for one in uids)
    for path in {"dns", "http", "ssl"} & set(logs):
        assert {one["uid"] for one in logs[path]} <= uids
    assert [one["ts"] for one in logs["conn"]] == sorted(one["ts"] for one in logs["conn"])


def test_a_home_has_each_log() -> None:
    run = run_of("home")
    logs = dict(map(cut, files_of("zeek", run).values()))
    assert set(logs) == {"conn", "dns", "http", "ssl", "dhcp", "known_devices", "notice"}
    assert {one["mac"] for one in logs["known_devices"]} == {one["mac"] for one in run.devices if one["mac"]}
    assert any(one["server_name"] for one in logs["ssl"]) and any(
        one["version"] or one["subject"] for one in logs["ssl"]
    )
    assert any(one["username"] for one in logs["http"]) and any(one["host_name"] for one in logs["dhcp"])
    # As tshark counts: dns.flags.response==0, tls.handshake.type==1, dhcp.option.dhcp==5, http.response.
    assert len(logs["dns"]) == 182 and len(logs["ssl"]) == 43 and len(logs["dhcp"]) == 13
    assert sum(one["status_code"] is not None for one in logs["http"]) == 44
    assert {"TLSv10", "TLSv12", "TLSv13"} <= {one["version"] for one in logs["ssl"]}
    [plug] = [one for one in logs["dhcp"] if one["host_name"] == "ESP_0B3F2A"]
    assert plug["assigned_addr"] == "192.168.178.50" and plug["msg_types"] == ["DISCOVER", "REQUEST", "ACK"]
    assert plug["lease_time"] == 43200 and plug["mac"] == "68:57:2d:0b:3f:2a"


def test_records_have_a_line_for_each_conversation() -> None:
    run = without_transactions(run_of("home"))
    logs = dict(map(cut, files_of("zeek", run).values()))
    assert len(logs["dns"]) == sum(one["application"] == "dns" for one in run.flows)
    assert len(logs["dhcp"]) == sum(one["application"] == "dhcp" for one in run.flows)
    assert max(one["bytes"] for one in logs["conn"]) == max(one["bytes"] for one in run.flows)


def test_hostile_text_makes_no_line_and_no_column() -> None:
    run = hostile()
    path, rows = cut(files_of("zeek", run)["notice.log"])
    assert path == "notice" and len(rows) == len(run.findings)
    assert all("\x1b" not in one["msg"] and "\\x09" in one["msg"] for one in rows)
