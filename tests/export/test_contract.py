"""Records field by field as docs/output.md promises them: every key there, none that is not, each of its type."""

from __future__ import annotations

import re
from datetime import datetime
from functools import cache
from typing import Any

import pytest

from sensor.model import Capability, Severity, Status
from tests.replaying import PCAPS, Record, capture_in, of, replayed

CAPTURES = ("home", "ftp_login", "mqtt", "mdns_ssdp", "rlogin", "trap_firmware")
CAPABILITIES = {one.value for one in Capability}
STATUSES = {one.value for one in Status}
SEVERITIES = {one.name.lower() for one in Severity}
CLAIMS = ("vendor", "category", "model", "firmware", "os")
GROUNDS = (
    "editions", "severity", "strength", "against", "for", "reasons", "headline", "headline_id", "headline_parameters",
    "settle", "ts103701",
)  # fmt: skip
FIELDS = {
    "device": {
        "record", "run", "id", "mac", "mac_randomized", "addresses", "hostname", "first_seen", "last_seen", "vendor",
        "category", "model", "firmware",
        "os", "bytes", "destinations", "probably_same", "platform", "like", "hidden", "in_scope",
        "channels", "channels_more",
    },
    "finding": {
        "record", "run", "id", "key", "rule", "severity", "device", "peer_device", "role", "capability", "provisions",
        "client", "server", "protocol", "time",
        "last_time", "count", "evidence", "message_id", "parameters", "summary", "advice", "detail",
    },
    "provision": {
        "record", "run", "device", "provision", "capability", "modal", "status", "because", "settled_by", *GROUNDS,
    },
    "verdict": {"record", "run", "device", "capability", "status", "because", "coverage", *GROUNDS},
}  # fmt: skip
COVERAGE = {
    "hours", "boots", "flows", "bytes", "bytes_understood", "encrypted_share", "packets_lost", "set_up_seen",
}  # fmt: skip
ENDPOINT = re.compile(r"\[[0-9a-f:.]+\]:\d+|[0-9.]+:\d+|[0-9.]+|[0-9a-f:]+")
PROVISION = re.compile(r"EN 303 645 5\.\d{1,2}-\d{1,2}[AB]?")
OUTPUT = (PCAPS.parent / "docs" / "output.md").read_text("utf-8")
MAC = re.compile(r"(?:[0-9a-f]{2}:){5}[0-9a-f]{2}")


@cache
def records(name: str) -> list[Record]:
    return replayed(capture_in(PCAPS / name))


def every(kind: str) -> list[Record]:
    return [record for name in CAPTURES for record in of(records(name), kind)]


def is_time(value: Any) -> bool:
    return (
        isinstance(value, str)
        and re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", value) is not None
        and bool(datetime.fromisoformat(value))
    )


def are_evidence(value: Any) -> bool:
    return isinstance(value, list) and all(
        set(one) == {"capture", "frames"}
        and one["frames"]
        and all(isinstance(frame, int) and frame >= 1 for frame in one["frames"])
        for one in value
    )


@pytest.mark.parametrize("kind", FIELDS)
def test_every_key_and_no_other(kind: str) -> None:
    found = every(kind)
    assert len(found) > 10
    for record in found:
        assert set(record) == FIELDS[kind] and re.fullmatch(r"r[0-9a-f]{12}", record["run"])


def test_no_unknown_is_an_empty_text() -> None:
    def texts(value: Any) -> Any:
        if isinstance(value, dict):
            for name, each in value.items():
                if name not in ("mask",):
                    yield from texts(each)
        elif isinstance(value, list):
            for each in value:
                yield from texts(each)
        elif isinstance(value, str):
            yield value

    for kind in FIELDS:
        for record in every(kind):
            assert all(text.strip() for name, value in record.items() if name != "detail" for text in texts(value)), (
                kind
            )


def test_devices() -> None:
    for record in every("device"):
        assert record["mac"] is None or MAC.fullmatch(record["mac"])
        assert isinstance(record["mac_randomized"], bool | None) and isinstance(record["in_scope"], bool)
        assert (
            is_time(record["first_seen"])
            and is_time(record["last_seen"])
            and record["first_seen"] <= record["last_seen"]
        )
        assert set(record["bytes"]) == {"encrypted", "cleartext", "unknown"}
        for name in CLAIMS:
            claim = record[name]
            if claim is not None:
                assert (
                    set(claim) == {"value", "confidence", "because"}
                    and 0 <= claim["confidence"] <= 1
                    and claim["because"]
                )
                for reason in claim["because"]:
                    assert set(reason) == {"field", "value", "signature", "evidence"} and are_evidence(
                        reason["evidence"]
                    )
        for one in record["destinations"]:
            assert set(one) >= {"name", "address", "party", "bytes"}
            assert all(f"`{key}`" in OUTPUT for key in one)
            assert one["party"] in ("local", "vendor", "infrastructure", "third", "tracker", None)


def test_findings() -> None:
    devices = {record["id"] for record in every("device")}
    for record in every("finding"):
        assert record["severity"] in SEVERITIES and record["capability"] in CAPABILITIES | {None}
        assert record["device"] in devices | {None} and record["peer_device"] in devices | {None}
        assert record["role"] in ("client", "server", None) and (record["device"] is None) >= (
            record["role"] is None and record["rule"] != "credential.shared"
        )
        assert all(PROVISION.fullmatch(one) for one in record["provisions"])
        assert all(end is None or ENDPOINT.fullmatch(end) for end in (record["client"], record["server"]))
        assert is_time(record["time"]) and is_time(record["last_time"]) and record["time"] <= record["last_time"]
        assert (
            record["count"] >= 1
            and are_evidence(record["evidence"])
            and sum(len(one["frames"]) for one in record["evidence"]) <= 32
        )
        assert record["summary"].endswith((".", "…")) and record["protocol"] == record["protocol"].lower()
        secret = record["detail"].get("secret")
        assert secret is None or set(secret) == {"mask", "length", "fingerprint"}
        assert secret is None or secret["length"] in ("<8", "8-11", "12-15", "16+")


def test_provisions_and_verdicts() -> None:
    for name in CAPTURES:
        found = records(name)
        in_scope = {r["id"] for r in of(found, "device") if r["in_scope"]}
        findings = {r["id"] for r in of(found, "finding")}
        assert {r["device"] for r in of(found, "verdict")} == in_scope == {r["device"] for r in of(found, "provision")}
        for device in in_scope:
            assert [r["capability"] for r in of(found, "verdict") if r["device"] == device] == [
                one.value for one in Capability
            ]
        for record in of(found, "provision"):
            assert (
                set(record["provision"]) == {"v2.1.1", "v3.1.3"}
                and record["modal"] in ("shall", "should")
                and record["status"] in STATUSES
            )
            assert record["because"] and not (record["modal"] == "should" and record["status"] == "violated")
            if record["status"] in ("violated", "concern", "recommendation_missed"):
                assert set(record["because"]) & findings
        for record in of(found, "verdict"):
            assert record["status"] in STATUSES and record["because"] and set(record["coverage"]) >= COVERAGE
            # The worst of its provisions that traffic can speak to.
            mine = [
                p["status"]
                for p in of(found, "provision")
                if p["device"] == record["device"] and p["capability"] == record["capability"]
            ]
            order = [one.value for one in Status]
            speaking = [status for status in mine if status != "not_observable"] or mine
            assert record["status"] == min(speaking, key=order.index)
