"""EVE lines, as readers of Suricata's take them."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from sensor.export.formats.eve import signature_id
from tests.export.exported import NAMES, hostile, lines_of, run_of, without_transactions

TABLE = Path(__file__).parents[1] / "published" / "eve.csv"
"""Fields by object, of those that Suricata publishes in etc/schema.json and in the chapter on EVE of its guide (7.0.10,
2026-11-30): names and types alone. No package of Debian's carries the schema, whose licence is the GPL."""

TYPES = {"string": str, "integer": int, "object": dict}

EVENT_TYPES = {"alert", "flow", "tls", "quic", "http", "dns", "dhcp", "mqtt"}

TIME = re.compile(r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}\+0000$")


@cache
def published() -> dict[tuple[str, str], type]:
    """Types by object and field."""
    with TABLE.open(newline="") as file:
        return {(row["object"], row["field"]): TYPES[row["type"]] for row in csv.DictReader(file)}


def misfits(line: dict[str, Any]) -> Iterator[str]:
    """Fields that Suricata does not publish, or of another type."""
    for name, value in line.items():
        if name in EVENT_TYPES and isinstance(value, dict):
            for key, each in value.items():
                if type(each) is not published().get((name, key)):
                    yield f"{name}.{key}"
        elif type(value) is not published().get(("", name)):
            yield name


def test_a_line_that_suricata_does_not_know_is_found_out() -> None:
    wrong = {"timestamp": 1, "event_type": "dns", "source": "x", "dns": {"rrname": 5, "riddle": "x"}, "smb": {}}
    assert list(misfits(wrong)) == ["timestamp", "source", "dns.rrname", "dns.riddle", "smb"]


@pytest.mark.parametrize("name", NAMES)
def test_lines_have_suricatas_form(name: str) -> None:
    run = run_of(name)
    lines = lines_of("eve", run)
    assert sum(one["event_type"] == "alert" for one in lines) == len(run.findings)
    assert sum(one["event_type"] == "flow" for one in lines) == len(run.flows)
    for one in lines:
        assert TIME.match(one["timestamp"]) and one.get("proto") in (None, "TCP", "UDP")
        assert one["event_type"] in EVENT_TYPES and not list(misfits(one))
        assert all(isinstance(one[port], int) for port in ("src_port", "dest_port") if port in one)
        if one["event_type"] == "alert":
            alert = one["alert"]
            assert alert["severity"] in (1, 2, 3, 4) and 0 < alert["signature_id"] < 2**31 and alert["gid"] != 1
            assert alert["action"] == "allowed" and alert["metadata"]["rule"][0] in alert["signature"]


def test_flows_and_their_protocols_have_one_id() -> None:
    lines = lines_of("eve", run_of("home"))
    kinds = {one["event_type"] for one in lines}
    assert {"alert", "flow", "tls", "http", "dns", "dhcp", "mqtt", "quic"} == kinds
    flows = {one["flow_id"] for one in lines if one["event_type"] == "flow"}
    others = [one for one in lines if one["event_type"] not in ("flow", "alert")]
    assert others and all(one["flow_id"] in flows for one in others)
    assert len(flows) == sum(one["event_type"] == "flow" for one in lines) and max(flows) < 2**53
    assert any(one.get("tls", {}).get("sni") for one in others)


def test_what_was_asked_in_a_flow() -> None:
    lines = lines_of("eve", run_of("home"))
    of_kind = {kind: [one for one in lines if one["event_type"] == kind] for kind in EVENT_TYPES}
    # As tshark counts in the capture: dns.flags.response==0, http.response, tls.handshake.type==1, dhcp.option.dhcp==5.
    assert sum(one["dns"]["type"] == "query" for one in of_kind["dns"]) == 182
    assert sum("status" in one["http"] for one in of_kind["http"]) == 44
    assert len(of_kind["tls"]) + len(of_kind["quic"]) == 43
    assert sum(one["dhcp"]["type"] == "reply" for one in of_kind["dhcp"]) == 13
    answers = [one["dns"] for one in of_kind["dns"] if one["dns"].get("rrname") == "iot.plugs.example"]
    assert {"A": ["203.0.113.45"]} in [one.get("grouped") for one in answers]
    assert any(one["tls"].get("ja3", {}).get("hash") for one in of_kind["tls"])


def test_records_have_a_line_for_each_conversation() -> None:
    run = without_transactions(run_of("home"))
    lines = lines_of("eve", run)
    assert sum(one["event_type"] == "dns" for one in lines) == sum(one["application"] == "dns" for one in run.flows)


def test_a_rule_has_one_number() -> None:
    assert signature_id("tls.version") == signature_id("tls.version") != signature_id("tls.cipher")


def test_what_has_no_time_is_no_line() -> None:
    lines = lines_of("eve", hostile())
    assert lines and "alert" not in {one["event_type"] for one in lines}
