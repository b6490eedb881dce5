"""Records restored from rows: of a whole run, of one device, or the devices as rows of a table."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sqlalchemy import Connection, Select, Table, func, select

from sensor.catalogue import LANGUAGES
from sensor.records import Record
from sensor.store import schema
from sensor.store.applied_corrections import AppliedCorrections
from sensor.store.finding_queries import about, silent
from sensor.store.known_devices import with_times
from sensor.store.rows import CLAIMS, PROTECTIONS, check_verdict, part_of, record_of, timestamp
from sensor.wording import headed
from sensor.wording import restored as restored_sentences

Row = dict[str, Any]

MARK = ("severity", "headline", "headline_id", "headline_parameters")
"""What a mark has of the verdict besides capability and status."""

UNREAD = "-"
"""The id of a headline that was not read yet."""

LIGHT = (
    *("id", "mac", "mac_randomized", "addresses", "hostname", "first_seen", "last_seen", "in_scope"),
    *(f"bytes_{name}" for name in PROTECTIONS),
)
"""Columns of a device for a row of a list."""

NO_CLAIMS = dict.fromkeys(CLAIMS)

BATCH = 1000
"""Findings whose evidence is looked up at a time."""


def capture_of(row: Row) -> Record:
    """A ``capture`` record, without what only the store knows of the file."""
    record = record_of("capture", row, without=("sha256", "size"))
    record.pop("path", None)
    return record


def restored(
    connection: Connection, run: str, devices: list[str] | None = None, most: int | None = None
) -> Iterator[Record]:
    """The records of a run as they were given. ``devices``: only what is theirs, and at most so many of their findings,
    the worst first."""
    for row in _rows(connection, schema.captures, run):
        yield capture_of(row)
    found = _rows(connection, schema.devices, run, "id", devices)
    yield from _devices(connection, run, found, devices)
    yield from _findings(connection, run, devices, most)
    provisions: dict[str, list[Record]] = {}
    for one in _provisions(connection, run, devices):
        provisions.setdefault(one["device"], []).append(one)
    verdicts = grouped(connection, schema.verdicts, run, devices)
    for device in found:
        yield from provisions.get(device["id"], [])
        for row in verdicts.get(device["id"], []):
            yield record_of("verdict", row)


def _devices(
    connection: Connection, run: str, found: list[Row], devices: list[str] | None, *, full: bool = True
) -> Iterator[Record]:
    """``full``: with reasons and destinations."""
    claims: dict[str, dict[str, Any]] = {}
    for row in _rows(connection, schema.claims, run, "device", devices):
        claim = part_of(row, without=("device", "field"))
        claims.setdefault(row["device"], {})[row["field"]] = {**claim, "because": []}
    for row in _rows(connection, schema.reasons, run, "device", devices) if full else ():
        reason = part_of(row, without=("device", "claim"))
        claims[row["device"]][row["claim"]]["because"].append(reason)
    peers = grouped(connection, schema.destinations, run, devices) if full else {}
    for row in with_times(connection, run, found):
        sizes = {name: row[f"bytes_{name}"] for name in PROTECTIONS}
        yield {
            **record_of("device", row, without=[f"bytes_{name}" for name in PROTECTIONS]),
            **dict.fromkeys(CLAIMS),
            **claims.get(row["id"], {}),
            "bytes": sizes,
            "destinations": [part_of(peer, without=("device",)) for peer in peers.get(row["id"], [])],
        }


def _provisions(connection: Connection, run: str, devices: list[str] | None) -> Iterator[Record]:
    for row in _rows(connection, schema.provisions, run, "device", devices):
        names = {"v2.1.1": row["v2"], "v3.1.3": row["v3"]}
        yield {**record_of("provision", row, without=("v2", "v3")), "provision": names}


def _findings(connection: Connection, run: str, devices: list[str] | None, most: int | None) -> Iterator[Record]:
    table, proof = schema.findings, schema.evidence
    query: Select[Any] = select(table).where(table.c.run == run)
    if devices is not None:
        query = query.where(about(connection, run, devices))
    if most is not None:
        query = query.order_by(table.c.rank + 0, table.c.time, table.c.id).limit(most)
    rows = sorted((dict(row) for row in connection.execute(query).mappings()), key=lambda row: row["position"])
    frames: dict[str, list[Record]] = {}
    some = (
        [None]
        if devices is None
        else [
            ids[start : start + BATCH] for ids in [[row["id"] for row in rows]] for start in range(0, len(ids), BATCH)
        ]
    )
    for ids in some:
        where = [proof.c.run == run, *([] if ids is None else [proof.c.finding.in_(ids)])]
        for row in connection.execute(select(proof).where(*where).order_by(proof.c.position)).mappings():
            frames.setdefault(row["finding"], []).append({"capture": row["capture"], "frames": row["frames"]})
    for one in rows:
        yield {**record_of("finding", one), "evidence": frames.get(one["id"], [])}


def device_rows(connection: Connection, applied: AppliedCorrections, run: str) -> list[Record]:
    """The devices of a run without reasons and destinations, with ``marks`` (capability, status, severity and
    headline)."""
    records = list(_devices(connection, run, _rows(connection, schema.devices, run), None, full=False))
    verdicts = schema.verdicts.c
    query = (
        select(verdicts.device, verdicts.capability, verdicts.status, verdicts.more)
        .where(verdicts.run == run)
        .order_by(verdicts.position)
    )
    for device, capability, status, more in connection.execute(query):
        check_verdict(capability, status, (more or {}).get("severity"))
        records.append(
            restored_sentences(
                {
                    "record": "verdict",
                    "run": run,
                    "device": device,
                    "capability": capability,
                    "status": status,
                    "because": [],
                    **{name: (more or {}).get(name) for name in MARK},
                }
            )
        )
    quiet = silent(connection, applied, run)
    if quiet:
        records += _provisions(connection, run, sorted({one for one in quiet.values() if one is not None}))
    found = applied.records(records, quiet)
    devices = {one["id"]: {**one, "marks": []} for one in found if one["record"] == "device"}
    for one in found:
        if one["record"] == "verdict" and one["device"] in devices:
            mark = {name: one[name] for name in ("capability", "status", *MARK)}
            mark |= {"but_for": one["but_for"]} if "but_for" in one else {}
            devices[one["device"]]["marks"].append(mark)
    return list(devices.values())


def light_rows(connection: Connection, applied: AppliedCorrections, run: str) -> list[Record]:
    """The same with less of each: of a mark no headline, of a claim no more than its value and confidence. What is
    silent or merged changes marks: then they are the same.

    A list of 500 devices shows 25 of them, and is sorted by all: `with_headlines` has the rest of those.
    """
    if applied.merges or silent(connection, applied, run):
        return device_rows(connection, applied, run)
    marks: dict[str, list[Record]] = {}
    verdicts = schema.verdicts.c
    severity = verdicts.more["severity"].as_string()
    judged = select(verdicts.device, verdicts.capability, verdicts.status, severity).where(verdicts.run == run)
    for device, capability, status, worst in connection.execute(judged.order_by(verdicts.position)).all():
        check_verdict(capability, status, worst)
        mark = {"capability": capability, "status": status, "severity": worst, "headline_id": UNREAD}
        marks.setdefault(device, []).append(mark)
    claims: dict[str, dict[str, Any]] = {}
    stored = schema.claims.c
    for device, field, value, confidence in connection.execute(
        select(stored.device, stored.field, stored.value, stored.confidence).where(stored.run == run)
    ).all():
        claims.setdefault(device, {})[field] = {"value": value, "confidence": confidence, "because": []}
    table = schema.devices.c
    query = select(*(table[name] for name in LIGHT)).where(table.run == run).order_by(table.position)
    rows = with_times(connection, run, [dict(row) for row in connection.execute(query).mappings().all()])
    found = applied.records(
        {
            "record": "device",
            "run": run,
            **{name: row[name] for name in ("id", "mac", "mac_randomized", "addresses", "hostname", "in_scope")},
            **{name: timestamp(row[name]) for name in ("first_seen", "last_seen")},
            **({"not_heard_since": timestamp(row["not_heard_since"])} if "not_heard_since" in row else {}),
            **NO_CLAIMS,
            **claims.get(row["id"], {}),
            "bytes": {name: row[f"bytes_{name}"] for name in PROTECTIONS},
            "destinations": [],
            "probably_same": [],
        }
        for row in rows
    )
    # Verdicts of what the user says is no such device do not count.
    return [
        {**one, "marks": [] if "corrected" in one and not one["in_scope"] else marks.get(one["id"], [])}
        for one in found
    ]


def with_headlines(connection: Connection, run: str, rows: list[Record]) -> list[Record]:
    """Rows of `light_rows` with the headlines of their marks."""
    ids = [one["id"] for one in rows if any(mark["headline_id"] == UNREAD for mark in one["marks"])]
    if not ids:
        return rows
    verdicts = schema.verdicts.c
    query = select(verdicts.device, verdicts.capability, verdicts.more)
    found: dict[tuple[str, str], Record] = {}
    for device, capability, more in connection.execute(query.where(verdicts.run == run, verdicts.device.in_(ids))):
        found[device, capability] = {name: (more or {}).get(name) for name in MARK}
    return [
        {
            **one,
            "marks": [
                headed({**mark, **found[one["id"], mark["capability"]]}, LANGUAGES[0])
                if mark["headline_id"] == UNREAD
                else mark
                for mark in one["marks"]
            ],
        }
        for one in rows
    ]


def finding_counts(connection: Connection, applied: AppliedCorrections, run: str) -> dict[str, int]:
    """Device -> how many findings are about it, those that are about several with them."""
    found: dict[str, int] = {}
    for table in (schema.findings, schema.concerned):
        device = table.c.device
        query = select(device, func.count()).where(table.c.run == run, device.is_not(None)).group_by(device)
        for name, count in connection.execute(query):
            whole = applied.merged_into(name)
            found[whole] = found.get(whole, 0) + count
    return found


def _rows(
    connection: Connection, table: Table, run: str | None = None, name: str = "", values: list[str] | None = None
) -> list[Row]:
    """Rows in the order in which they were made; ``values``: only those whose ``name`` is one of these."""
    query = select(table)
    if run is not None:
        query = query.where(table.c.run == run)
    if values is not None:
        query = query.where(table.c[name].in_(values))
    if "position" in table.c:
        query = query.order_by(table.c.position)
    return [dict(row) for row in connection.execute(query).mappings().all()]


def grouped(
    connection: Connection, table: Table, run: str | None, devices: list[str] | None = None, *, by: str = "device"
) -> dict[str, list[Row]]:
    """A table's rows by device (or another column)."""
    found: dict[str, list[Row]] = {}
    for row in _rows(connection, table, run, by, devices):
        found.setdefault(row[by], []).append(row)
    return found
