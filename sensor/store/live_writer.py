"""Writing of a live run's changes: only new and changed rows, and every change of a status."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from sqlalchemy import Connection, Table, bindparam, delete, select, update

from sensor.model import STATUSES
from sensor.records import Record, key_of
from sensor.store import schema
from sensor.store.rows import rows_of, storable, traffic_rows
from sensor.store.seen import see
from sensor.store.types import Change, Removed
from sensor.store.upsert import Row, add, upsert

Key = tuple[Any, ...]

PARTS = {
    schema.claims: "device",
    schema.reasons: "device",
    schema.destinations: "device",
    schema.evidence: "finding",
    schema.concerned: "finding",
}
"""Tables whose rows are parts of a device's or a finding's record, by the column that says whose; parents before
children."""

LISTED: dict[Table, tuple[str, ...]] = {
    schema.captures: ("capture",),
    schema.devices: ("id",),
    schema.findings: ("id",),
    schema.provisions: ("device", "v3"),
    schema.verdicts: ("device", "capability"),
}
"""Tables with a row for each record, by what makes it the same at two times; each row has its place in the order of
all."""


class LiveRunWriter:
    """What the store holds of a run that goes on: places and statuses, and what each row said when this program wrote
    it.

    Made from the store itself, so that a program that starts again goes on where the last one was killed. To be thrown
    away when a transaction fails.
    """

    def __init__(self, connection: Connection, run: str) -> None:
        self.run = run
        self._load(connection)

    def _load(self, connection: Connection) -> None:
        run = self.run
        self._tidied = self._last_tidied(connection)
        self._places: dict[Table, dict[Key, int]] = {}
        self._next: dict[Table, int] = {}
        self._statuses: dict[tuple[str, str, str], str] = {}
        self._written: dict[tuple[Any, ...], int] = {}
        for table, names in LISTED.items():
            columns = [table.c[name] for name in names]
            rows = connection.execute(select(table.c.position, *columns).where(table.c.run == run)).all()
            self._places[table] = {tuple(row[1:]): row[0] for row in rows}
            self._next[table] = max((row[0] for row in rows), default=-1) + 1
        for kind, table, name in KINDS:
            for row in connection.execute(
                select(table.c.device, table.c[name], table.c.status).where(table.c.run == run)
            ):
                self._statuses[kind, row[0], row[1]] = row[2]

    def write(self, connection: Connection, change: Change) -> None:
        """Everything of a change, in the caller's transaction."""
        self._check_devices(connection)
        self._run_row(connection, change)
        for one in change.removed:
            self._remove(connection, one)
        batch = _Batch()
        for record in _parents_first({key_of(record): record for record in change.records}.values()):
            self._record(batch, record, change.written if change.at is None else change.at)
        batch.write(connection, self.run)
        self._counts(connection, change)
        self._state(connection, change)
        verdicts = {status for (kind, _, _), status in self._statuses.items() if kind == "verdict"}
        values = {"written": change.written, "worst": min(verdicts, key=STATUSES.index, default=None)}
        connection.execute(update(schema.runs).where(schema.runs.c.id == self.run).values(values))

    def _check_devices(self, connection: Connection) -> None:
        """Another program may have forgotten a device or taken what is too old since: what is known of rows is worth
        nothing then."""
        there = set(connection.scalars(select(schema.devices.c.id).where(schema.devices.c.run == self.run)))
        known = {key[0] for key in self._places[schema.devices]}
        if there != known or self._last_tidied(connection) != self._tidied:
            self._load(connection)

    def _last_tidied(self, connection: Connection) -> int | None:
        return connection.scalar(select(schema.runs.c.tidied).where(schema.runs.c.id == self.run))

    def _run_row(self, connection: Connection, change: Change) -> None:
        row: Row = {
            "id": self.run,
            "written": change.written,
            "tool_version": change.tool.version,
            "tool_sha256": change.tool.sha256,
            "signatures_sha256": change.tool.signatures_sha256,
        }
        given: Row = {}
        if change.bounds is not None:
            given["bounds"] = storable(change.bounds)
        if change.failures is not None:
            given["failures"] = change.failures
        if change.batch is not None:
            given["batch"] = change.batch
        if change.identity is not None:
            given["sensor"] = change.identity.id
        upsert(
            connection,
            schema.runs,
            [{**row, "bounds": {}, "failures": 0, "batch": None, "sensor": None, **given}],
            set_={**row, **given},
        )

    def _record(self, batch: _Batch, record: Record, at: int) -> None:
        rows = rows_of(self.run, [record])
        mine = next((table for table in LISTED if rows.get(table)), None)
        if mine is None:
            return
        (row,) = rows.pop(mine)
        if "device" in mine.c and mine is not schema.findings and (row["device"],) not in self._places[schema.devices]:
            return  # its device is not in the run: nothing can show it
        key = tuple(row[name] for name in LISTED[mine])
        places = self._places[mine]
        if key not in places:
            places[key] = self._next[mine]
            self._next[mine] += 1
        row["position"] = places[key]
        if self._is_new(mine, key, [row]):
            batch.put(mine, [row])
        for kind, table, name in KINDS:
            if mine is table:
                self._status(batch, kind, row["device"], row[name], row["status"], at)
        parent = {schema.devices: "device", schema.findings: "finding"}.get(mine)
        for table, whose in PARTS.items():
            if whose == parent:
                self._parts(batch, table, row["id"], rows.get(table, []))

    def _parts(self, batch: _Batch, table: Table, owner: str, rows: list[Row]) -> None:
        if table is schema.destinations:
            # Their bytes grow all the time, and there may be hundreds: row by row.
            batch.put(table, [row for row in rows if self._is_new(table, (owner, row["position"]), [row])])
            if self._is_new(table, (owner,), [{"": len(rows)}]):
                batch.cut(table, owner, len(rows))
                for written in [
                    s for s in self._written if s[:2] == (table, owner) and len(s) == 3 and s[2] >= len(rows)
                ]:
                    del self._written[written]
        elif self._is_new(table, (owner,), rows):
            batch.cut(table, owner, 0)
            batch.put(table, rows)
            if table is schema.claims:
                # Their reasons go with them.
                self._written.pop((schema.reasons, owner), None)

    def _is_new(self, table: Table, key: Key, rows: list[Row]) -> bool:
        """Whether these rows say something else than the last time; from now on they are known."""
        written = hash(json.dumps(rows, sort_keys=True, default=str))
        known = self._written.get((table, *key)) == written
        self._written[(table, *key)] = written
        return not known

    def _status(self, batch: _Batch, kind: str, device: str, name: str, status: str, at: int) -> None:
        before = self._statuses.get((kind, device, name))
        if before != status:
            self._statuses[kind, device, name] = status
            row = {"run": self.run, "device": device, "kind": kind, "name": name, "at": at}
            batch.put(schema.changes, [{**row, "before": before, "after": status}])

    def _state(self, connection: Connection, change: Change) -> None:
        """What the run goes on with after a restart, whose run it is, and which devices that sensor has seen."""
        table = schema.live_state
        rows = [
            {"run": self.run, "part": part, "key": key, "value": value}
            for (part, key), value in change.state.items()
            if value is not None
        ]
        if rows:
            upsert(connection, table, rows)
        for (part, key), value in change.state.items():
            if value is None:
                connection.execute(
                    delete(table).where(table.c.run == self.run, table.c.part == part, table.c.key == key)
                )
        if change.identity is not None:
            see(connection, change.identity, change)

    def _remove(self, connection: Connection, removed: Removed) -> None:
        if removed.kind == "finding":
            tables: Iterable[tuple[Table, str]] = [(schema.findings, "id")]
        elif removed.kind == "device":
            tables = [(schema.devices, "id")]
        else:
            tables = [(schema.provisions, "device"), (schema.verdicts, "device")]
        for table, column in tables:
            connection.execute(delete(table).where(table.c.run == self.run, table.c[column] == removed.id))
        if removed.kind != "finding":
            for where in [where for where in self._statuses if where[1] == removed.id]:
                del self._statuses[where]
        dropped = [schema.provisions, schema.verdicts] if removed.kind != "finding" else [schema.findings]
        for table in [*dropped, *([schema.devices] if removed.kind == "device" else [])]:
            places = self._places[table]
            for key in [key for key in places if key[0] == removed.id]:
                del places[key]
        for written in [written for written in self._written if written[1] == removed.id]:
            del self._written[written]

    def _counts(self, connection: Connection, change: Change) -> None:
        devices = self._places[schema.devices]
        known = [cell for cell in change.traffic if (cell.device,) in devices]
        for table, rows in traffic_rows(self.run, known).items():
            add(connection, table, rows, ("bytes",))
        captured: list[Row] = [{"run": self.run, **one._asdict()} for one in change.captured]
        add(connection, schema.capture_counts, captured, ("packets", "bytes", "dropped"))
        sensor = change.sensor
        if sensor is not None:
            names = ("at", "state", "message", "source", "packets", "bytes", "dropped", "last_packet", "more")
            upsert(
                connection,
                schema.sensors,
                [{"run": self.run, **{name: storable(getattr(sensor, name)) for name in names}}],
            )


class _Batch:
    """Rows that are to be written and parts that are to be taken out first: a statement for each table, not for each
    row."""

    def __init__(self) -> None:
        self._rows: dict[Table, list[Row]] = {}
        self._cuts: dict[Table, list[Row]] = {}

    def put(self, table: Table, rows: list[Row]) -> None:
        """In place of those of the same key."""
        self._rows.setdefault(table, []).extend(rows)

    def cut(self, table: Table, owner: str, position: int) -> None:
        """Take a record's parts out, destinations from a place on."""
        self._cuts.setdefault(table, []).append({"owner": owner, "place": position})

    def write(self, connection: Connection, run: str) -> None:
        """Parts out, then rows in, parents first."""
        for table, whose in PARTS.items():
            if cuts := self._cuts.get(table):
                where = [table.c.run == run, table.c[whose] == bindparam("owner")]
                if table is schema.destinations:
                    where.append(table.c.position >= bindparam("place"))
                connection.execute(delete(table).where(*where), cuts)
        for table in schema.metadata.sorted_tables:
            if rows := self._rows.get(table):
                # A status that changed twice at one time: what it was before the first, and what it became by the last.
                upsert(connection, table, rows, only=("after",) if table is schema.changes else ())


KINDS = (("provision", schema.provisions, "v3"), ("verdict", schema.verdicts, "capability"))
"""What has a status that may change: kind, table, the column of its name."""

_FIRST = {"capture": 0, "device": 1, "finding": 2}


def _parents_first(records: Iterable[Record]) -> list[Record]:
    return sorted(records, key=lambda record: _FIRST.get(record["record"], 3))
