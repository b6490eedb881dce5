"""EVE lines, as readers of Suricata's take them."""

from __future__ import annotations

import re

import pytest

from sensor.export.formats.eve import signature_id
from tests.export.exported import NAMES, hostile, lines_of, run_of

TIME = re.compile(r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}\+0000$")


@pytest.mark.parametrize("name", NAMES)
def test_lines_have_suricatas_form(name: str) -> None:
    run = run_of(name)
    lines = lines_of("eve", run)
    assert sum(one["event_type"] == "alert" for one in lines) == len(run.findings)
    assert sum(one["event_type"] == "flow" for one in lines) == len(run.flows)
    for one in lines:
        assert TIME.match(one["timestamp"]) and one.get("proto") in (None, "TCP", "UDP")
        assert one["event_type"] in {"alert", "flow", "tls", "http", "dns", "mqtt"}
        assert all(isinstance(one[port], int) for port in ("src_port", "dest_port") if port in one)
        if one["event_type"] == "alert":
            alert = one["alert"]
            assert alert["severity"] in (1, 2, 3, 4) and 0 < alert["signature_id"] < 2**31 and alert["gid"] != 1
            assert alert["action"] == "allowed" and alert["metadata"]["rule"][0] in alert["signature"]


def test_flows_and_their_protocols_have_one_id() -> None:
    lines = lines_of("eve", run_of("home"))
    kinds = {one["event_type"] for one in lines}
    assert {"alert", "flow", "tls", "http", "dns", "mqtt"} == kinds
    flows = {one["flow_id"] for one in lines if one["event_type"] == "flow"}
    others = [one for one in lines if one["event_type"] not in ("flow", "alert")]
    assert others and all(one["flow_id"] in flows for one in others)
    assert len(flows) == sum(one["event_type"] == "flow" for one in lines) and max(flows) < 2**53
    assert any(one.get("tls", {}).get("sni") for one in others)


def test_a_rule_has_one_number() -> None:
    assert signature_id("tls.version") == signature_id("tls.version") != signature_id("tls.cipher")


def test_what_has_no_time_is_no_line() -> None:
    lines = lines_of("eve", hostile())
    assert lines and "alert" not in {one["event_type"] for one in lines}
