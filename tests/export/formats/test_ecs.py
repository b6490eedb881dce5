"""ECS documents: only fields that ECS publishes, of the types it says, in the form of `_bulk`."""

from __future__ import annotations

import csv
import ipaddress
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from sensor.export.formats.ecs import CATEGORIES, VERSION
from tests.export.exported import NAMES, hostile, lines_of, run_of

KEYWORD, LONG, IP, DATE, TEXT = "keyword", "long", "ip", "date", "match_only_text"

FIELDS = {
    "@timestamp": DATE, "message": TEXT, "ecs.version": KEYWORD, "labels.run": KEYWORD,
    "event.kind": KEYWORD, "event.category": KEYWORD, "event.type": KEYWORD, "event.module": KEYWORD,
    "event.dataset": KEYWORD, "event.id": KEYWORD, "event.action": KEYWORD, "event.severity": LONG,
    "event.start": DATE, "event.end": DATE, "event.reason": KEYWORD, "event.outcome": KEYWORD,
    "observer.vendor": KEYWORD, "observer.product": KEYWORD, "observer.type": KEYWORD, "observer.version": KEYWORD,
    "device.id": KEYWORD, "device.manufacturer": KEYWORD, "device.model.name": KEYWORD,
    "host.id": KEYWORD, "host.name": KEYWORD, "host.hostname": KEYWORD, "host.ip": IP, "host.mac": KEYWORD,
    "host.type": KEYWORD, "host.os.name": KEYWORD,
    "rule.id": KEYWORD, "rule.name": KEYWORD, "rule.category": KEYWORD, "rule.ruleset": KEYWORD,
    "source.address": KEYWORD, "source.ip": IP, "source.port": LONG, "source.mac": KEYWORD,
    "destination.address": KEYWORD, "destination.ip": IP, "destination.port": LONG, "destination.mac": KEYWORD,
    "destination.domain": KEYWORD,
    "network.protocol": KEYWORD, "network.transport": KEYWORD, "network.bytes": LONG, "network.packets": LONG,
    "user.name": KEYWORD, "tls.cipher": KEYWORD, "tls.client.server_name": KEYWORD, "tls.server.subject": KEYWORD,
    "vulnerability.id": KEYWORD, "vulnerability.enumeration": KEYWORD, "vulnerability.severity": KEYWORD,
    "related.ip": IP,
}  # fmt: skip
"""Types of the index for the fields that we write, as published in generated/csv/fields.csv of elastic/ecs 8.17
(2026-11-30); the table of Elastic's npm packages knows types of JSON alone."""

TABLE = Path(__file__).parents[1] / "published" / "ecs.csv"
"""Fields that ECS 8.11.5 and 9.4.0 both have (`@elastic/ecs` on npm, 2026-11-30; see published/ecs_fields.py)."""

OWN = "lanwitness"
"""Where fields of our own would be."""

ALLOWED = {
    "event.kind": {"alert", "asset", "enrichment", "event", "metric", "state", "pipeline_error", "signal"},
    "event.category": {
        "api", "authentication", "configuration", "database", "driver", "email", "file", "host", "iam",
        "intrusion_detection", "library", "malware", "network", "package", "process", "registry", "session", "threat",
        "vulnerability", "web",
    },
    "event.type": {
        "access", "admin", "allowed", "change", "connection", "creation", "deletion", "denied", "device", "end",
        "error", "group", "indicator", "info", "installation", "protocol", "start", "user",
    },
    "event.outcome": {"failure", "success", "unknown"},
}  # fmt: skip
"""Words that ECS allows."""


def fields(value: Any, name: str = "") -> Iterator[tuple[str, Any]]:
    """The fields of a document with dots, lists item by item."""
    if isinstance(value, dict):
        for key, each in value.items():
            yield from fields(each, f"{name}.{key}" if name else key)
    elif isinstance(value, list):
        for each in value:
            yield from fields(each, name)
    else:
        yield name, value


@cache
def published() -> dict[str, tuple[str, bool]]:
    """Type of JSON, and whether it is a list, of each published field."""
    with TABLE.open(newline="") as file:
        return {row["field"]: (row["type"], row["several"] == "yes") for row in csv.DictReader(file)}


JSON_TYPES = {"string": str, "number": int, "boolean": bool}


def misfits(value: Any, name: str = "") -> Iterator[str]:
    """Fields of a document that ECS does not publish, or not with such a value."""
    kind, several = published().get(name, (None, False))
    if name.partition(".")[0] == OWN or (kind == "object" and isinstance(value, dict)):
        return
    if kind is None and isinstance(value, dict):
        for key, each in value.items():
            yield from misfits(each, f"{name}.{key}" if name else key)
        return
    values = value if several and isinstance(value, list) else [value]
    if (
        kind not in JSON_TYPES
        or several != isinstance(value, list)
        or not all(type(each) is JSON_TYPES[kind] for each in values)
    ):
        yield name


def is_of(kind: str, value: Any) -> bool:
    if kind == LONG:
        return isinstance(value, int) and not isinstance(value, bool)
    if kind == IP:
        return bool(ipaddress.ip_address(value))
    if kind == DATE:
        return bool(re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+Z", value))
    return isinstance(value, str)


@pytest.mark.parametrize("name", NAMES)
def test_documents_have_the_fields_that_ecs_publishes(name: str) -> None:
    lines = lines_of("ecs", run_of(name))
    assert lines and len(lines) % 2 == 0
    for action, document in zip(lines[::2], lines[1::2], strict=True):
        assert set(action) == {"create"} and set(action["create"]) == {"_id"}
        assert {"@timestamp", "ecs", "event"} <= set(document) and document["ecs"]["version"] == VERSION
        assert not list(misfits(document))
        for field, value in fields(document):
            assert is_of(FIELDS[field], value), (field, value)
            assert value in ALLOWED.get(field, {value}), (field, value)
    assert len({one["create"]["_id"] for one in lines[::2]}) == len(lines) // 2


def test_a_document_that_ecs_does_not_know_is_found_out() -> None:
    wrong = {
        "@timestamp": 5, "event": {"category": "network", "severity": "high", "riddle": "x"}, "host": {"ip": ["::1"]},
        "labels": {"run": "r1"}, "vulnerability": {"id": ["CVE-2026-1"]}, "source": "192.0.2.1", "made": {"up": 1},
        "lanwitness": {"rule": 1},
    }  # fmt: skip
    assert sorted(misfits(wrong)) == [
        "@timestamp", "event.category", "event.riddle", "event.severity", "made.up", "source",
        "vulnerability.id",
    ]  # fmt: skip


def test_every_finding_device_verdict_and_flow_has_one() -> None:
    run = run_of("home")
    documents = lines_of("ecs", run)[1::2]
    for kind, found in (
        ("finding", run.findings),
        ("device", run.devices),
        ("verdict", run.verdicts),
        ("flow", run.flows),
    ):
        assert sum(one["event"]["dataset"] == f"lanwitness.{kind}" for one in documents) == len(found), kind


def test_a_login_in_the_clear() -> None:
    run = run_of("home")
    [finding] = [one for one in run.findings if one["severity"] == "critical" and one["rule"] == "credential.cleartext"]
    [one] = [one for one in lines_of("ecs", run)[1::2] if one["event"].get("id", "").endswith(finding["id"])]
    assert one["event"]["category"] == ["authentication"] and one["event"]["severity"] == 99
    assert (
        one["destination"]["ip"] in (finding["server"] or "") and one["user"]["name"] == finding["detail"]["username"]
    )
    assert one["host"]["mac"] == [(finding["device"] or "").replace(":", "-").upper()]


def test_hostile_and_missing_values() -> None:
    for line in lines_of("ecs", hostile())[1::2]:
        assert "@timestamp" in line, "what has no time is no document"
    assert set(CATEGORIES.values()) <= ALLOWED["event.category"]
