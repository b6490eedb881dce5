"""Records as docs/output.md says: times, nulls, reasons; plain JSON."""

from __future__ import annotations

import pytest

from sensor.export.records import Summary, time_text
from tests.replaying import PCAPS, of, replayed

KEYS = {
    "capture": {"run", "capture", "packets", "bytes", "first_time", "last_time", "link_types", "truncated_packets",
        "undecoded_packets", "lost_bytes", "damage"},
    "device": {"run", "id", "mac", "mac_randomized", "addresses", "hostname", "first_seen", "last_seen", "vendor",
        "category", "model", "firmware", "os",
               "bytes", "destinations", "in_scope"},
    "finding": {"run", "id", "rule", "severity", "device", "peer_device", "role", "capability", "provisions", "client",
        "server", "protocol", "time",
                "last_time", "count", "evidence", "summary", "advice", "detail"},
    "provision": {"run", "device", "provision", "modal", "status", "because"},
    "verdict": {"run", "device", "capability", "status", "because", "coverage"},
}  # fmt: skip
"""The contract's keys; a record may have more."""


@pytest.mark.parametrize(
    ("nanoseconds", "text"),
    [
        (1_777_888_999_123_456_789, "2026-05-04T10:03:19.123456Z"),
        (1_000, "1970-01-01T00:00:00.000001Z"),
        (0, None),
        (-5, None),
        (10**30, None),
    ],
)
def test_times(nanoseconds: int, text: str | None) -> None:
    assert time_text(nanoseconds) == text


@pytest.fixture(scope="module")
def found() -> list[dict[str, object]]:
    return replayed(PCAPS / "ftp_login" / "capture.pcap")


@pytest.mark.parametrize("kind", sorted(KEYS))
def test_every_record_has_the_contracts_keys(found: list[dict[str, object]], kind: str) -> None:
    records = of(found, kind)
    assert records
    for record in records:
        assert KEYS[kind] <= set(record)


def test_unknown_is_null_never_empty(found: list[dict[str, object]]) -> None:
    def walk(value: object, key: str = "") -> None:
        if isinstance(value, dict):
            for name, inner in value.items():
                walk(inner, name)
        elif isinstance(value, list):
            for inner in value:
                walk(inner, key)
        else:
            assert value != "" or key in ("mask", "value", "username")

    walk(found)


def test_reasons_name_findings_of_the_run(found: list[dict[str, object]]) -> None:
    ids = {record["id"] for record in of(found, "finding")}
    broken = [v for v in of(found, "verdict") if v["status"] == "violated"]
    assert broken
    assert all(set(verdict["because"]) <= ids for verdict in broken)


def test_no_secret_without_reveal(found: list[dict[str, object]]) -> None:
    secrets = [record["detail"]["secret"] for record in of(found, "finding") if "secret" in record["detail"]]  # type: ignore[index, operator]
    assert secrets and all(set(secret) == {"mask", "length", "fingerprint"} for secret in secrets)


def test_summary_counts() -> None:
    summary = Summary()
    for record in (
        {"record": "verdict", "status": "concern"},
        {"record": "finding", "severity": "low"},
        {"record": "capture", "damage": "cut"},
    ):
        summary.count(record)
    said = summary.record(1.23456, ["r1"])
    assert said["records"] == {"capture": 1, "finding": 1, "verdict": 1}
    assert (said["status"], said["severity"], said["damaged_captures"], said["elapsed_seconds"], said["run"]) == (
        {"concern": 1},
        {"low": 1},
        1,
        1.235,
        "r1",
    )
