"""Runs into the store, whole or not at all, what changed of one that goes on, and devices out of it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any

from sqlalchemy import ColumnElement, Connection, Table, delete, insert, or_, select, text, true, update

from sensor.light_dataclass import dataclass
from sensor.model import STATUSES
from sensor.store import schema
from sensor.store.applied_corrections import Correction
from sensor.store.corrections import standing
from sensor.store.database import TIDY_LOCK, open_store, translate_errors
from sensor.store.journal import drop
from sensor.store.live_writer import LiveRunWriter
from sensor.store.location import StoreFailed, StoreLocation, StoreState
from sensor.store.orders import Order, answer, orders_for
from sensor.store.policies import enrolled_as
from sensor.store.retention import RetentionLimits, RetentionResult, by_age, by_age_of_sensors, by_size, wasted
from sensor.store.rows import rows_of, storable, traffic_rows
from sensor.store.scrub import names_pattern, scrubbed, without
from sensor.store.types import SHARED_PARTS, Change, StoredRun

BATCH = 1000
"""Rows handed over at a time: enough to be quick, little enough that a run of 100,000 findings stays out of memory
twice."""


NAMES = frozenset({"client", "server", "peer_device", "name", "address", "peer", "peer_name", "destination"})
"""Columns that identify a device or peer, and nothing else."""


UNNAMED = frozenset(
    {
        schema.runs,
        schema.captures,
        schema.evidence,
        schema.traffic,
        schema.days,
        schema.changes,
        schema.capture_counts,
        schema.concerned,
        schema.sensors,
        schema.corrections,
        schema.sensor_identities,
        schema.device_seen,
        schema.orders,
    }
)
"""Tables whose other rows name no device, or whose device's rows go with it."""


@dataclass(frozen=True, slots=True)
class ForgottenDevice:
    """From how many runs a device was taken, and how many findings went with it."""

    runs: int
    findings: int


class Writer:
    """An open store to write to. One transaction a run: who reads sees all of it or nothing, whenever this process
    dies."""

    def __init__(self, where: StoreLocation) -> None:
        """Open, make or migrate it. Raises StoreFailed."""
        self.where = where
        self._engine = open_store(where, write=True)
        self._live: dict[str, LiveRunWriter] = {}
        self._file = self._identity()

    def keep(self, stored_run: StoredRun) -> None:
        """Put a run in place of an earlier one of the same name. Raises StoreFailed; then the store is as it was."""
        self._live.pop(stored_run.run, None)
        self._check_file()
        rows = rows_of(stored_run.run, stored_run.records)
        for capture in rows[schema.captures]:
            if stored_run.sha256 is not None or stored_run.size is not None:  # else each record tells its own
                capture.update(sha256=stored_run.sha256, size=stored_run.size)
        known = {row["id"] for row in rows[schema.devices]}
        rows.update(traffic_rows(stored_run.run, (cell for cell in stored_run.traffic if cell.device in known)))
        statuses = {row["status"] for row in rows[schema.verdicts]}
        run = {
            "id": stored_run.run,
            "written": stored_run.written,
            "tool_version": stored_run.tool.version,
            "tool_sha256": stored_run.tool.sha256,
            "signatures_sha256": stored_run.tool.signatures_sha256,
            "worst": min(statuses, key=STATUSES.index, default=None),
            "failures": stored_run.failures,
            "bounds": storable(stored_run.bounds),
        }
        with translate_errors(self.where), self._engine.begin() as connection:
            connection.execute(delete(schema.runs).where(schema.runs.c.id == stored_run.run))
            connection.execute(insert(schema.runs), [run])
            for table in schema.metadata.sorted_tables:
                for batch in _batches(rows.get(table, [])):
                    connection.execute(insert(table), batch)

    def change(self, change: Change) -> None:
        """Write what is new or changed of a run that goes on, in one transaction. Raises StoreFailed; then the store is
        as it was, and the same change can be given again."""
        known = self._live.pop(change.run, None)
        self._check_file()
        with translate_errors(self.where), self._engine.begin() as connection:
            live = known or LiveRunWriter(connection, change.run)
            live.write(connection, change)
        self._live[change.run] = live

    def forget(self, device: str) -> ForgottenDevice:
        """Remove a device (its id) from every run: its rows, and its names from those of others. Raises StoreFailed.

        In SQLite what is removed is overwritten (secure_delete), the file is rewritten without it and the log emptied.
        """
        self._live.clear()
        # What a killed program left behind may name it.
        drop(self.where)
        with translate_errors(self.where), self._engine.begin() as connection:
            mine = connection.execute(select(schema.devices).where(schema.devices.c.id == device)).mappings().all()
            findings = 0
            for row in mine:
                names = names_pattern(filter(None, (device, row["mac"], row["hostname"], *(row["addresses"] or ()))))
                forgotten = _forget_in(connection, row["run"], device, names)
                _forget_corrections(connection, row["run"], device, forgotten, names)
                findings += len(forgotten)
            connection.execute(delete(schema.device_seen).where(schema.device_seen.c.device == device))
        if mine and self.where.path is not None:
            self._erase()
        return ForgottenDevice(len(mine), findings)

    def _erase(self) -> None:
        if self._vacuum():
            raise StoreFailed(
                f"{self.where.name}: the device is out of the store, but another program that reads it "
                "keeps the old log; "
                "close it and run forget again",
                StoreState.LOCKED,
            )

    def _vacuum(self) -> bool:
        """Write the file anew without what was removed, and empty the log; whether a reader kept it from that."""
        with translate_errors(self.where):
            raw = self._engine.raw_connection()
            try:
                # Neither can stand in a transaction, and SQLAlchemy begins one for all that goes through it.
                cursor = raw.cursor()
                cursor.execute("VACUUM")
                return bool(cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0])
            finally:
                raw.close()

    def batch(self, run: str) -> str | None:
        """The last batch of a run that was written (see `journal`)."""
        with translate_errors(self.where), self._engine.begin() as connection:
            return connection.scalar(select(schema.runs.c.batch).where(schema.runs.c.id == run))

    def orders(self, sensor: str) -> list[Order]:
        """What a hub wants of this sensor and was not answered yet."""
        with translate_errors(self.where), self._engine.begin() as connection:
            return orders_for(connection, sensor)

    def answer(self, order: str, sensor: str, state: str, at: int, data: bytes | None = None) -> None:
        """Say how far this sensor is with an order."""
        with translate_errors(self.where), self._engine.begin() as connection:
            answer(connection, order, sensor, state, at, data)

    def corrections(self) -> list[Correction]:
        """What users said and did not undo."""
        with translate_errors(self.where), self._engine.begin() as connection:
            return standing(connection)

    def remove(self, run: str) -> bool:
        """Take a run out of the store, with what users said of its findings; False where there is none. Raises
        StoreFailed."""
        self._live.pop(run, None)
        with translate_errors(self.where), self._engine.begin() as connection:
            connection.execute(delete(schema.corrections).where(schema.corrections.c.run == run))
            return connection.execute(delete(schema.runs).where(schema.runs.c.id == run)).rowcount > 0

    def tidy(self, retention: RetentionLimits, now: int, sensor: str | None = None) -> RetentionResult:
        """Take out what is too old or too much at ``now`` (µs since 1970 UTC), and give its room back to the disk.

        Of a database that sensors share only what ``sensor`` (an id) wrote, and nothing for one that is enrolled: its
        hub does it. None: everything, by each sensor's days. A file is one machine's. Raises StoreFailed.
        """
        self._live.clear()
        with translate_errors(self.where), self._engine.begin() as connection:
            if self.where.path is not None:
                aged = by_age(connection, retention, now)
            elif sensor is None:
                # One program at a time: `serve` may do this while `hub tidy` does.
                connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": TIDY_LOCK})
                aged = by_age_of_sensors(connection, retention, now)
            elif enrolled_as(connection) is not None:
                return RetentionResult((), 0)
            else:
                aged = by_age(connection, retention, now, schema.runs.c.sensor == sensor)
        with translate_errors(self.where), self._engine.begin() as connection:
            cut = by_size(connection, retention)
        if self.where.path is not None:
            with translate_errors(self.where), self._engine.begin() as connection:
                waste = wasted(connection)
            if waste:
                self._vacuum()
        return RetentionResult(aged.runs + cut.runs, aged.rows + cut.rows)

    def _identity(self) -> tuple[int, int] | None:
        """Which file it is; None for another database."""
        if self.where.path is None:
            return None
        with translate_errors(self.where):
            status = self.where.path.stat()
        return status.st_dev, status.st_ino

    def _check_file(self) -> None:
        """Rows written to a file that was moved or removed would be lost with it."""
        if self._identity() != self._file:
            raise StoreFailed(f"{self.where.name}: is not the file any more that it was", StoreState.MISSING)

    def close(self) -> None:
        """Let go of the store."""
        self._engine.dispose()

    def __enter__(self) -> Writer:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()


def _forget_in(connection: Connection, run: str, device: str, names: re.Pattern[str] | None) -> frozenset[str]:
    """Forget a device in one run; the findings that went with it."""
    found = schema.findings.c
    rows = connection.execute(select(found.id, found.device, found.detail).where(found.run == run)).all()
    forgotten = frozenset(
        row.id for row in rows if row.device == device or device in ((row.detail or {}).get("devices") or ())
    )
    for one in forgotten:
        connection.execute(delete(schema.findings).where(found.run == run, found.id == one))
    connection.execute(delete(schema.devices).where(schema.devices.c.run == run, schema.devices.c.id == device))
    _forget_state(connection, run, {device, *forgotten})
    for table in schema.metadata.sorted_tables:
        if table not in UNNAMED:
            _scrub(connection, table, table.c.run == run, forgotten, names)
    return forgotten


def _forget_state(connection: Connection, run: str, names: set[str]) -> None:
    """Take a device and its findings out of what a live run goes on with. What is of the network as a whole (leases,
    names, late counts) is learned anew."""
    table = schema.live_state.c
    gone = table.key.in_(names) | table.part.in_(SHARED_PARTS)
    connection.execute(delete(schema.live_state).where(table.run == run, gone))


def _forget_corrections(
    connection: Connection, run: str, device: str, forgotten: frozenset[str], names: re.Pattern[str] | None
) -> None:
    """Forget what users said of a device and of its findings; its names go out of what they said of others."""
    corrections = schema.corrections.c
    connection.execute(delete(schema.corrections).where(or_(corrections.device == device, corrections.other == device)))
    for one in forgotten:
        connection.execute(delete(schema.corrections).where(corrections.run == run, corrections.finding == one))
    _scrub(connection, schema.corrections, true(), forgotten, names)


def _scrub(
    connection: Connection,
    table: Table,
    which: ColumnElement[bool],
    forgotten: frozenset[str],
    names: re.Pattern[str] | None,
) -> None:
    """Take the names out of a table's other rows. Whole columns that only named the device become null."""
    for row in connection.execute(select(table).where(which)).mappings().all():
        changed: dict[str, Any] = {}
        for column in table.c:
            before = row[column.name]
            if column.primary_key or before is None:
                continue
            after = without(before, forgotten) if column.name == "because" else before
            after = after if names is None else scrubbed(after, names)
            if after != before:
                changed[column.name] = None if column.name in NAMES else after
        if changed:
            key = [column == row[column.name] for column in table.primary_key.columns]
            connection.execute(update(table).where(*key).values(changed))


def _batches(rows: Iterable[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    each = iter(rows)
    while batch := list(islice(each, BATCH)):
        yield batch
