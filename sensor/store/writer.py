"""Runs into the store, whole or not at all, and devices out of it: the only code that writes rows."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any

from sqlalchemy import Connection, Table, delete, insert, select, update

from sensor.model import Status
from sensor.store import schema
from sensor.store.database import open_store, told
from sensor.store.forgetting import names_pattern, scrubbed, without
from sensor.store.kept import Kept
from sensor.store.place import Place, StoreFailed
from sensor.store.rows import rows_of, storable

BATCH = 1000
"""Rows handed over at a time: enough to be quick, little enough that a run of 100,000 findings stays out of memory twice."""

ORDER = [status.value for status in Status]
"""Worst first."""


NAMES = frozenset({"client", "server", "peer_device", "name", "address"})
"""Columns that say who somebody is, and nothing else."""


@dataclass(frozen=True, slots=True)
class Forgotten:
    """From how many runs a device was taken, and how many findings went with it."""

    runs: int
    findings: int


class Writer:
    """An open store to write to. One transaction a run: who reads sees all of it or nothing, whenever this process dies."""

    def __init__(self, where: Place) -> None:
        """Open, make or migrate it. Raises StoreFailed."""
        self.where = where
        self._engine = open_store(where, write=True)

    def keep(self, kept: Kept) -> None:
        """Put a run in place of an earlier one of the same name. Raises StoreFailed; then the store is as it was."""
        rows = rows_of(kept.run, kept.records)
        for capture in rows[schema.captures]:
            capture.update(sha256=kept.sha256, size=kept.size)
        known = {row["id"] for row in rows[schema.devices]}
        rows[schema.traffic] = [
            {"run": kept.run, **cell._asdict()} for cell in kept.traffic if cell.device in known and cell.bytes
        ]
        statuses = {row["status"] for row in rows[schema.verdicts]}
        run = {
            "id": kept.run,
            "written": kept.written,
            "tool_version": kept.tool.version,
            "tool_sha256": kept.tool.sha256,
            "signatures_sha256": kept.tool.signatures_sha256,
            "worst": min(statuses, key=ORDER.index, default=None),
            "failures": kept.failures,
            "bounds": storable(kept.bounds),
        }
        with told(self.where), self._engine.begin() as connection:
            connection.execute(delete(schema.runs).where(schema.runs.c.id == kept.run))
            connection.execute(insert(schema.runs), [run])
            for table in schema.metadata.sorted_tables:
                for batch in _batches(rows.get(table, [])):
                    connection.execute(insert(table), batch)

    def forget(self, device: str) -> Forgotten:
        """Remove a device (its id) from every run: its rows, and its names from those of others. Raises StoreFailed.

        In SQLite what is removed is overwritten (secure_delete), the file is rewritten without it and the log emptied.
        """
        with told(self.where), self._engine.begin() as connection:
            mine = connection.execute(select(schema.devices).where(schema.devices.c.id == device)).mappings().all()
            findings = 0
            for row in mine:
                names = names_pattern(
                    filter(None, (device, row["mac"], row["hostname"], *(row["addresses"] or ())))
                )  # fmt: skip
                findings += _forget_in(connection, row["run"], device, names)
        if mine and self.where.path is not None:
            self._erase()
        return Forgotten(len(mine), findings)

    def _erase(self) -> None:
        with told(self.where):
            raw = self._engine.raw_connection()
            try:
                # Neither can stand in a transaction, and SQLAlchemy begins one for all that goes through it.
                cursor = raw.cursor()
                cursor.execute("VACUUM")
                busy = cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
            finally:
                raw.close()
        if busy:
            raise StoreFailed(
                f"{self.where.name}: the device is out of the store, but another program that reads it keeps the old log; "
                "close it and run forget again"
            )

    def close(self) -> None:
        """Let go of the store."""
        self._engine.dispose()

    def __enter__(self) -> Writer:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()


def _forget_in(connection: Connection, run: str, device: str, names: re.Pattern[str] | None) -> int:
    """Forget a device in one run; how many findings went with it."""
    found = schema.findings.c
    rows = connection.execute(select(found.id, found.device, found.detail).where(found.run == run)).all()
    gone = frozenset(
        row.id for row in rows if row.device == device or device in ((row.detail or {}).get("devices") or ())
    )
    for one in gone:
        connection.execute(delete(schema.findings).where(found.run == run, found.id == one))
    connection.execute(delete(schema.devices).where(schema.devices.c.run == run, schema.devices.c.id == device))
    for table in schema.metadata.sorted_tables:
        if table not in (schema.runs, schema.captures, schema.evidence, schema.traffic):
            _scrub(connection, table, run, gone, names)
    return len(gone)


def _scrub(connection: Connection, table: Table, run: str, gone: frozenset[str], names: re.Pattern[str] | None) -> None:
    """Take the names out of a table's other rows. Whole columns that only named the device become null."""
    for row in connection.execute(select(table).where(table.c.run == run)).mappings().all():
        changed: dict[str, Any] = {}
        for column in table.c:
            before = row[column.name]
            if column.primary_key or before is None:
                continue
            after = without(before, gone) if column.name == "because" else before
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
