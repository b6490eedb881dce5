"""The store into what is asked of it: its runs in short, one run's records as `replay --json` gives them, bytes by hour."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Table, func, select

from sensor.store import schema
from sensor.store.corrections import standing
from sensor.store.database import open_store, told
from sensor.store.decided import Correction, Decided
from sensor.store.kept import Cell, Record, Tool
from sensor.store.place import Place
from sensor.store.rows import CLAIMS, PROTECTIONS, moment, part_of, record_of


@dataclass(frozen=True, slots=True)
class RunInfo:
    """A run in short. Times are RFC 3339; ``written`` is when it was put into the store; ``worst`` status of any verdict, None without one."""

    id: str
    captures: tuple[str, ...]
    first_time: str | None
    last_time: str | None
    devices: int
    findings: int
    worst: str | None
    written: str
    tool: Tool
    failures: int
    bounds: dict[str, int]
    files: tuple[Record, ...]
    """One for each capture: ``capture`` (path), ``sha256`` (None where it could not be hashed), ``size`` in bytes."""


class Reader:
    """An open store to read. It never writes and never waits for a writer (SQLite's WAL mode, PostgreSQL).

    What it gives is as the user knows it: corrections (`sensor.store.corrections`) are applied to all of it.
    """

    def __init__(self, where: Place, clock: Callable[[], float] = time.time) -> None:
        """Open it. Raises StoreFailed. ``clock``: seconds since 1970 UTC, for what is muted until a time."""
        self.where = where
        self._clock = clock
        self._engine = open_store(where, write=False)

    def runs(self) -> list[RunInfo]:
        """All runs, in the order in which they were put in."""
        with told(self.where), self._engine.begin() as connection:
            counts = [_counted(connection, table) for table in (schema.devices, schema.findings)]
            captures: dict[str, list[dict[str, Any]]] = {}
            for row in _rows(connection, schema.captures):
                captures.setdefault(row["run"], []).append(row)
            query = select(schema.runs).order_by(schema.runs.c.written, schema.runs.c.id)
            return [
                _info(row, captures.get(row["id"], []), *(count.get(row["id"], 0) for count in counts))
                for row in map(dict, connection.execute(query).mappings())
            ]

    def records(self, run: str) -> list[Record]:
        """A run's records: capture, devices, findings, provisions and verdicts; an empty list where there is no such run."""
        with told(self.where), self._engine.begin() as connection:
            return self._decided(connection).records(_records(connection, run))

    def traffic(self, run: str) -> list[Cell]:
        """Payload bytes by device, hour, protection and party."""
        with told(self.where), self._engine.begin() as connection:
            query = select(schema.traffic).where(schema.traffic.c.run == run)
            cells = [
                Cell(row.device, row.hour, row.protection, row.party, row.bytes) for row in connection.execute(query)
            ]
            return self._decided(connection).cells(cells)

    def corrections(self, *, everything: bool = False) -> list[Correction]:
        """What users said and did not undo, the oldest first. ``everything``: also what they did: who said what, and when."""
        with told(self.where), self._engine.begin() as connection:
            return standing(connection, everything=everything)

    def decided(self) -> Decided:
        """What stands of the corrections now: which findings are to be silent, which devices are one."""
        with told(self.where), self._engine.begin() as connection:
            return self._decided(connection)

    def _decided(self, connection: Connection) -> Decided:
        return Decided(standing(connection), int(self._clock() * 1_000_000))

    def close(self) -> None:
        """Let go of the store."""
        self._engine.dispose()

    def __enter__(self) -> Reader:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()


def _rows(connection: Connection, table: Table, run: str | None = None) -> list[dict[str, Any]]:
    query = select(table)
    if run is not None:
        query = query.where(table.c.run == run)
    if "position" in table.c:
        query = query.order_by(table.c.position)
    return [dict(row) for row in connection.execute(query).mappings()]


def _counted(connection: Connection, table: Table) -> dict[str, int]:
    """Run -> how many rows it has."""
    query = select(table.c.run, func.count()).group_by(table.c.run)
    return {row[0]: row[1] for row in connection.execute(query)}


def _info(row: dict[str, Any], captures: list[dict[str, Any]], devices: int, findings: int) -> RunInfo:
    first = [capture["first_time"] for capture in captures if capture["first_time"] is not None]
    last = [capture["last_time"] for capture in captures if capture["last_time"] is not None]
    return RunInfo(
        id=row["id"],
        captures=tuple(capture["capture"] for capture in captures),
        first_time=moment(min(first, default=None)),
        last_time=moment(max(last, default=None)),
        devices=devices,
        findings=findings,
        worst=row["worst"],
        written=moment(row["written"]) or "",
        tool=Tool(row["tool_version"], row["tool_sha256"], row["signatures_sha256"]),
        failures=row["failures"],
        bounds=row["bounds"],
        files=tuple({name: capture[name] for name in ("capture", "sha256", "size")} for capture in captures),
    )


def _records(connection: Connection, run: str) -> Iterator[Record]:
    for row in _rows(connection, schema.captures, run):
        yield record_of("capture", row, without=("sha256", "size"))
    devices = _rows(connection, schema.devices, run)
    claims: dict[str, dict[str, Any]] = {}
    for row in _rows(connection, schema.claims, run):
        claim = part_of(row, without=("device", "field"))
        claims.setdefault(row["device"], {})[row["field"]] = {**claim, "because": []}
    for row in _rows(connection, schema.reasons, run):
        reason = part_of(row, without=("device", "claim"))
        claims[row["device"]][row["claim"]]["because"].append(reason)
    peers = _grouped(connection, schema.destinations, run)
    for row in devices:
        sizes = {name: row[f"bytes_{name}"] for name in PROTECTIONS}
        yield {
            **record_of("device", row, without=[f"bytes_{name}" for name in PROTECTIONS]),
            **dict.fromkeys(CLAIMS),
            **claims.get(row["id"], {}),
            "bytes": sizes,
            "destinations": [part_of(peer, without=("device",)) for peer in peers.get(row["id"], [])],
        }
    frames: dict[str, list[Record]] = {}
    for row in _rows(connection, schema.evidence, run):
        frames.setdefault(row["finding"], []).append({"capture": row["capture"], "frames": row["frames"]})
    for row in _rows(connection, schema.findings, run):
        yield {**record_of("finding", row), "evidence": frames.get(row["id"], [])}
    provisions = _grouped(connection, schema.provisions, run)
    verdicts = _grouped(connection, schema.verdicts, run)
    for device in devices:
        for row in provisions.get(device["id"], []):
            names = {"v2.1.1": row["v2"], "v3.1.3": row["v3"]}
            yield {**record_of("provision", row, without=("v2", "v3")), "provision": names}
        for row in verdicts.get(device["id"], []):
            yield record_of("verdict", row)


def _grouped(connection: Connection, table: Table, run: str) -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = {}
    for row in _rows(connection, table, run):
        found.setdefault(row["device"], []).append(row)
    return found
