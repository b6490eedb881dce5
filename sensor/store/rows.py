"""Conversion of a run's records (docs/output.md) to rows of `schema` and back, without secrets."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Table

from sensor.lazy_pattern import expression
from sensor.model import CAPABILITIES, SEVERITIES, STATUSES
from sensor.records import Record, peer_address
from sensor.store import schema
from sensor.store.types import TrafficCell
from sensor.wording import restored, without_sentences

Rows = dict[Table, list[dict[str, Any]]]

TIMES = frozenset({"first_time", "last_time", "first_seen", "last_seen", "time", "not_heard_since"})
CLAIMS = ("vendor", "category", "model", "firmware", "os", "platform")
PROTECTIONS = ("encrypted", "cleartext", "unknown")

VERDICT: dict[str, frozenset[str | None]] = {
    "capability": frozenset(CAPABILITIES),
    "status": frozenset(STATUSES),
    "severity": frozenset({*SEVERITIES, None}),
}
WORDS: dict[str, dict[str, frozenset[str | None]]] = {
    "finding": {"severity": frozenset(SEVERITIES)},
    "provision": {**VERDICT, "capability": frozenset({*CAPABILITIES, None})},
    "verdict": VERDICT,
}
"""By kind of record the fields that lists are ordered by or that pages have sentences for, with their values. Any
sensor of a hub may write another."""

SHOWN = frozenset({"mask", "length", "fingerprint"})
"""What a store may hold of a secret (docs/output.md, "What may stand where")."""

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
NAIVE = EPOCH.replace(tzinfo=None)
SURROGATE = expression("[\ud800-\udfff]")
# Keys that rows of a table have of themselves, or that stand in tables of their own.
_ELSEWHERE = frozenset({"record", "run", "position", "more", "rank", "peer", "peer_name"})


def microseconds(text: str | None) -> int | None:
    """``2026-05-01T10:00:01.120034Z`` as microseconds since 1970."""
    return None if text is None else (datetime.fromisoformat(text) - EPOCH) // timedelta(microseconds=1)


def timestamp(time: int | None) -> str | None:
    """The reverse of `microseconds`."""
    return None if time is None else (NAIVE + timedelta(microseconds=time)).isoformat(timespec="microseconds") + "Z"


def storable(value: Any) -> Any:
    """Text as every database takes it: NUL, which PostgreSQL refuses, and halves of surrogate pairs as escapes. Secrets
    lose their values."""
    if isinstance(value, str):
        if "\0" in value:
            value = value.replace("\0", "\\x00")
        return value if value.isascii() else SURROGATE.sub(_escape, value)
    if isinstance(value, dict):
        if "fingerprint" in value:
            value = {name: each for name, each in value.items() if name in SHOWN}
        return {storable(name): storable(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [storable(each) for each in value]
    return value


def _escape(found: re.Match[str]) -> str:
    code = ord(found[0])
    # U+DC80..DCFF stand for bytes that are not UTF-8 (PEP 383).
    return f"\\x{code - 0xDC00:02x}" if 0xDC80 <= code <= 0xDCFF else f"\\u{code:04x}"


def rows_of(run: str, records: Iterable[Record]) -> Rows:
    """All rows of a run but those of `schema.runs` and `schema.traffic`. Records of other kinds (flow, summary) are
    left out."""
    found: Rows = defaultdict(list)
    for record in records:
        clean: Record = storable(without_sentences(record))
        kind = clean["record"]
        if kind == "capture":
            _add(found, schema.captures, run, clean)
        elif kind == "device":
            _device(found, run, clean)
        elif kind == "finding":
            for number, one in enumerate(clean.pop("evidence", [])):
                found[schema.evidence].append(
                    {
                        "run": run,
                        "finding": clean["id"],
                        "position": number,
                        "capture": one["capture"],
                        "frames": one["frames"],
                    }
                )
            _add(found, schema.findings, run, clean)
            _worked_out(found, run, clean)
        elif kind == "provision":
            names = clean.pop("provision")
            _add(found, schema.provisions, run, {**clean, "v2": names["v2.1.1"], "v3": names["v3.1.3"]})
        elif kind == "verdict":
            _add(found, schema.verdicts, run, clean)
    return found


def _add(found: Rows, table: Table, run: str, values: Mapping[str, Any], **keys: object) -> None:
    """One row: what has a column goes there, the rest into ``more``."""
    columns = table.c.keys()
    row: dict[str, Any] = {**dict.fromkeys(columns), "run": run, **keys}
    more = {}
    for name, value in values.items():
        if name in columns and name not in _ELSEWHERE:
            row[name] = microseconds(value) if name in TIMES else value
        elif name not in _ELSEWHERE:
            more[name] = value
    if "position" in columns:
        row["position"] = len(found[table])
    if "more" in columns:
        row["more"] = more or None
    found[table].append(row)


def _worked_out(found: Rows, run: str, record: Record) -> None:
    """What the database sorts and filters findings by."""
    row, detail = found[schema.findings][-1], record.get("detail") or {}
    name = detail.get("server_name") or detail.get("host")
    row["rank"] = SEVERITIES.index(record["severity"]) if record["severity"] in SEVERITIES else len(SEVERITIES)
    row["peer"], row["peer_name"] = (
        one.lower() if isinstance(one, str) else None for one in (peer_address(record), name)
    )
    if record.get("device") is None:
        for device in dict.fromkeys(detail.get("devices") or ()):
            found[schema.concerned].append({"run": run, "device": device, "finding": record["id"]})


def _device(found: Rows, run: str, record: Record) -> None:
    key = {"device": record["id"]}
    amounts = record.pop("bytes")
    for name in [name for name, value in record.items() if isinstance(value, dict) and "confidence" in value]:
        claim = record.pop(name)
        for reason in claim.pop("because"):
            _add(found, schema.reasons, run, reason, claim=name, **key)
        _add(found, schema.claims, run, {**claim, "field": name}, **key)
    for name in CLAIMS:
        record.pop(name, None)
    for destination in record.pop("destinations"):
        _add(found, schema.destinations, run, destination, **key)
    _add(found, schema.devices, run, {**record, **{f"bytes_{name}": amounts[name] for name in PROTECTIONS}})


def traffic_rows(run: str, cells: Iterable[TrafficCell]) -> Rows:
    """Bytes as rows of hours and of days, each key once."""
    found: dict[Table, dict[tuple[Any, ...], int]] = {schema.traffic: defaultdict(int), schema.days: defaultdict(int)}
    for device, hour, protection, party, amount in cells:
        if amount:
            found[schema.traffic][device, hour, protection, party] += amount
            found[schema.days][device, hour // 24, protection, party] += amount
    return {
        table: [
            {"run": run, "device": key[0], at: key[1], "protection": key[2], "party": key[3], "bytes": amount}
            for key, amount in sums.items()
        ]
        for (table, sums), at in zip(found.items(), ("hour", "day"), strict=True)
    }


def record_of(kind: str, row: Mapping[str, Any], *, without: Iterable[str] = (), sentences: bool = True) -> Record:
    """A row's columns and ``more`` as a record. ``sentences``: with those that are made of messages. ValueError for a
    word that is none of `WORDS`, and for a detail that is none."""
    record: Record = {"record": kind, "run": row["run"]}
    hidden = _ELSEWHERE.union(without) if without else _ELSEWHERE
    for name, value in row.items():
        if name not in hidden:
            record[name] = timestamp(value) if name in TIMES else value
    # Any sensor of a hub may write anything there, such as another one's run; its columns the database has checked.
    record = {**record, **(row.get("more") or {}), **record}
    for field, words in WORDS.get(kind, {}).items():
        if record.get(field) not in words:
            raise ValueError(field)
    if kind == "finding" and not isinstance(record.get("detail") or {}, dict):
        raise ValueError("detail")
    return restored(record) if sentences else record


def check_verdict(capability: str, status: str, severity: str | None = None) -> None:
    """The same of columns that are read without the rest of their record. ValueError as of `record_of`."""
    for field, value in (("capability", capability), ("status", status), ("severity", severity)):
        if value not in WORDS["verdict"][field]:
            raise ValueError(field)


def part_of(row: Mapping[str, Any], *, without: Iterable[str]) -> Record:
    """A row that is a part of a record: the same without kind and run."""
    record = record_of("", row, without=without)
    del record["record"], record["run"]
    return record
