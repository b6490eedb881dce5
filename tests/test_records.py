"""The types of the records against records as they are written, and the questions that readers ask of them."""

from __future__ import annotations

import json
from functools import cache
from typing import Any, NotRequired, get_origin, get_type_hints

import pytest

from sensor import records
from sensor.export.disclosed import ledger_records
from sensor.export.records import Summary, flow_record
from sensor.export.records import records as records_of
from sensor.model import Claim, Endpoint, Flow, Transport
from sensor.records import CLAIMED, Record, claimed, claimed_in, key_of, peer_address, rank_of, without_repeats
from tests.replaying import PCAPS, capture_in, read

KINDS = {
    "capture": records.CaptureRecord,
    "device": records.DeviceRecord,
    "finding": records.FindingRecord,
    "provision": records.ProvisionRecord,
    "verdict": records.VerdictRecord,
    "ledger": records.LedgerRecord,
    "flow": records.FlowRecord,
    "summary": records.SummaryRecord,
}
PARTS = (
    ("device", "bytes", records.ByteCounts),
    ("device", "destinations", records.DestinationRecord),
    ("device", "category", records.ClaimRecord),
    ("finding", "evidence", records.EvidenceEntry),
    ("provision", "provision", records.ProvisionNumbers),
    ("verdict", "coverage", records.CoverageRecord),
    ("ledger", "personal", records.LedgerLine),
    ("ledger", "volumes", records.LedgerVolume),
)


@cache
def written() -> dict[str, list[Record]]:
    result = read(capture_in(PCAPS / "home"))
    ends = (Endpoint(b"\xc0\x00\x02\x01", 1, b""), Endpoint(b"\xc0\x00\x02\x02", 2, b""))
    flow = flow_record(result.id, Flow(1, Transport.TCP, *ends, 1, 2, 1), None)
    found: dict[str, list[Record]] = {}
    for record in (*records_of(result), *ledger_records(result), flow, Summary().record(1.0, [result.id])):
        found.setdefault(record["record"], []).append(json.loads(json.dumps(record)))
    return found


@pytest.mark.parametrize("kind", KINDS)
def test_a_record_has_the_keys_of_its_type(kind: str) -> None:
    assert written()[kind]
    for record in written()[kind]:
        hints = get_type_hints(KINDS[kind], include_extras=True)
        optional = {key for key, hint in hints.items() if get_origin(hint) is NotRequired} - record.keys()
        assert list(record) == [key for key in hints if key not in optional]


@pytest.mark.parametrize(("kind", "key", "shape"), PARTS)
def test_parts_have_the_keys_of_their_type(kind: str, key: str, shape: Any) -> None:
    values = [record[key] for record in written()[kind] if record[key]]
    parts = [part for value in values for part in (value if isinstance(value, list) else [value])]
    assert parts
    for part in parts:
        assert set(part) == set(get_type_hints(shape))


def test_a_claim_below_the_threshold_is_none() -> None:
    assert claimed(None) is None and claimed(Claim("camera", CLAIMED - 0.01, ())) is None
    assert claimed(Claim("camera", CLAIMED, ())) == "camera"
    assert claimed_in({"category": {"value": "camera", "confidence": CLAIMED}}, "category") == "camera"


@pytest.mark.parametrize(
    "claim",
    [None, "camera", {}, {"value": "camera"}, {"value": "camera", "confidence": 0.49}, {"value": 7, "confidence": 1}],
)
def test_what_claims_nothing(claim: Any) -> None:
    assert claimed_in({"category": claim}, "category") is None and claimed_in({}, "category") is None


def test_keys_of_judgements_differ() -> None:
    keys = {key_of(record) for kind in ("device", "finding", "provision", "verdict") for record in written()[kind]}
    assert len(keys) == sum(len(written()[kind]) for kind in ("device", "finding", "provision", "verdict"))


@pytest.mark.parametrize(("role", "peer"), [("client", "2001:db8::1"), ("server", "192.0.2.1"), (None, "192.0.2.1")])
def test_the_peer_is_the_other_end(role: str | None, peer: str) -> None:
    assert peer_address({"role": role, "client": "192.0.2.1:4000", "server": "[2001:db8::1]:80"}) == peer


def test_no_peer_without_an_endpoint() -> None:
    assert peer_address({"role": "client", "client": None, "server": None}) is None


def test_judged_records_stand_by_status_and_severity() -> None:
    pairs = [
        ("concern", "low"),
        ("violated", "medium"),
        ("concern", None),
        ("violated", "critical"),
        ("on_record", None),
    ]
    ranked = sorted(({"status": status, "severity": severity} for status, severity in pairs), key=rank_of)
    assert [(one["status"], one["severity"]) for one in ranked] == [
        ("violated", "critical"), ("violated", "medium"), ("concern", "low"), ("concern", None), ("on_record", None),
    ]  # fmt: skip
    assert rank_of({"status": "concern"}) == rank_of({"status": "concern", "severity": None})


def test_each_value_stands_once_where_it_came_first() -> None:
    assert without_repeats(["b", "a", "b", "c", "a"]) == ["b", "a", "c"]
    assert without_repeats([{"id": "x"}, {"id": "y"}, {"id": "x"}]) == [{"id": "x"}, {"id": "y"}]
    assert without_repeats(["1", 1, True, None, "1"]) == ["1", 1, True, None]
    assert without_repeats(iter(())) == []


def test_what_it_looks_at_grows_with_the_list_alone() -> None:
    class Counting:
        compared = 0

        def __init__(self, name: int) -> None:
            self.name = name

        def __repr__(self) -> str:
            Counting.compared += 1
            return str(self.name)

    assert len(without_repeats([Counting(number % 1000) for number in range(3000)])) == 1000
    assert Counting.compared == 3000
