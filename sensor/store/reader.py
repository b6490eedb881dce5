"""Reading of a store: runs in short, a run's records as `replay --json` gives them, bytes by hour."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import field
from typing import Any, Self

from sqlalchemy import Connection, Select, Table, func, select

from sensor.light_dataclass import dataclass
from sensor.records import Record
from sensor.store import schema
from sensor.store.applied_corrections import AppliedCorrections, Correction
from sensor.store.corrections import standing
from sensor.store.database import UNREADABLE, open_store, translate_errors
from sensor.store.finding_queries import (
    FindingQuery,
    Page,
    alike,
    by_id,
    choices,
    counts,
    destination_names,
    newest,
    page_of,
    silent,
    urgent,
)
from sensor.store.known_devices import first_times
from sensor.store.location import StoreLocation
from sensor.store.misfits import NO_RECORD, UnreadableRun, no_record
from sensor.store.record_reader import (
    capture_of,
    device_rows,
    finding_counts,
    grouped,
    light_rows,
    restored,
    with_headlines,
)
from sensor.store.rows import timestamp
from sensor.store.search import Hits, search
from sensor.store.traffic_queries import StatusChange, Sum, by_day, by_hour, by_protection, history
from sensor.store.types import CaptureCount, Sensor, StoredState, Tool, TrafficCell


@dataclass(frozen=True, slots=True)
class RunInfo:
    """A run in short. Times are RFC 3339; ``written`` is when it was put into the store; ``worst`` status of any
    verdict, None without one."""

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
    paths: dict[str, str] = field(default_factory=dict)
    """Captures as they were named -> where they were on this machine."""


class StoreReader:
    """An open store to read. It never writes and never waits for a writer (SQLite's WAL mode, PostgreSQL).

    What it gives is as the user knows it: corrections (`sensor.store.corrections`) are applied to all of it.
    """

    def __init__(self, where: StoreLocation, clock: Callable[[], float] = time.time) -> None:
        """Open it. Raises StoreFailed. ``clock``: seconds since 1970 UTC, for what is muted until a time."""
        self.where = where
        self._clock = clock
        self._engine = open_store(where, write=False)
        self._own = threading.local()

    @contextmanager
    def at_once(self) -> Iterator[None]:
        """Let this thread's calls within it be of one state of the store, over one connection: what a page needs is
        some thirty queries. Raises StoreFailed."""
        if getattr(self._own, "connection", None) is not None:
            yield
            return
        with self._reading() as connection:
            self._own.connection, self._own.applied = connection, None
            try:
                yield
            finally:
                self._own.connection = self._own.applied = None

    @contextmanager
    def _reading(self) -> Iterator[Connection]:
        connection = getattr(self._own, "connection", None)
        if connection is not None:
            yield connection
            return
        with translate_errors(self.where), self._engine.begin() as connection:
            yield connection

    @contextmanager
    def _restoring(self, run: str) -> Iterator[Connection]:
        """The same where rows of a run become records."""
        with self._reading() as connection, self._naming(run):
            yield connection

    @contextmanager
    def _naming(self, run: str) -> Iterator[None]:
        try:
            yield
        except UNREADABLE:
            raise UnreadableRun(f"{self.where.name}: the file is damaged", run) from None
        except NO_RECORD:
            raise no_record(self.where.name, run) from None

    def runs(self) -> list[RunInfo]:
        """All runs, in the order in which they were put in."""
        with self._reading() as connection:
            return _infos(connection, select(schema.runs).order_by(schema.runs.c.written, schema.runs.c.id))

    def run(self, run: str | None = None) -> RunInfo | None:
        """One run in short; without a name the one put in (or changed) last. None where there is none."""
        query = select(schema.runs).order_by(schema.runs.c.written.desc(), schema.runs.c.id.desc()).limit(1)
        if run is not None:
            query = query.where(schema.runs.c.id == run)
        with self._reading() if run is None else self._restoring(run) as connection:
            return next(iter(_infos(connection, query, one=True)), None)

    def stamp(self) -> str:
        """Changes whenever a run, its sensor's state or a correction changes; used as an ETag."""
        runs, sensors, corrections = schema.runs.c, schema.sensors.c, schema.corrections.c
        queries = (
            select(func.count(runs.id), func.max(runs.written)),
            select(func.max(sensors.at)),
            select(func.count(corrections.id), func.max(corrections.id), func.count(corrections.undone_at)),
        )
        with self._reading() as connection:
            parts = [part for query in queries for part in connection.execute(query).one()]
        return ".".join("" if part is None else str(part) for part in parts)

    def captures(self, run: str) -> list[Record]:
        """What `records` has of the captures of a run alone."""
        with self._restoring(run) as connection:
            rows = grouped(connection, schema.captures, run, by="run").get(run, [])
            return [capture_of(row) for row in rows]

    def records(self, run: str, *, as_found: bool = False) -> list[Record]:
        """A run's records: capture, devices, findings, provisions and verdicts; an empty list where there is no such
        run. ``as_found``: without corrections."""
        with self._restoring(run) as connection:
            found = restored(connection, run)
            return list(found) if as_found else self._applied(connection).records(found)

    def device(self, run: str, device: str, *, findings: int | None = None) -> list[Record]:
        """What `records` has of one device (and of those that are part of it): captures, the device, its findings
        (``findings``: at most so many, the worst first), provisions and verdicts. Without a ``device`` record where the
        run has no such device."""
        with self._restoring(run) as connection:
            applied = self._applied(connection)
            ids = applied.ids(device)
            return applied.records(restored(connection, run, ids, findings), silent(connection, applied, run, ids))

    def devices(self, run: str) -> list[Record]:
        """The devices as rows of a table: `records` of them without reasons and destinations; ``marks`` (capability and
        status of each verdict) with them."""
        with self._restoring(run) as connection:
            return device_rows(connection, self._applied(connection), run)

    def light_devices(self, run: str) -> list[Record]:
        """The same without the headlines of marks: `with_headlines` adds them to those that are shown."""
        with self._restoring(run) as connection:
            return light_rows(connection, self._applied(connection), run)

    def with_headlines(self, run: str, rows: list[Record]) -> list[Record]:
        """Rows of `light_devices` with the headlines of their marks."""
        with self._restoring(run) as connection:
            return with_headlines(connection, run, rows)

    def finding_counts(self, run: str) -> dict[str, int]:
        """Device -> how many findings are about it."""
        with self._reading() as connection:
            return finding_counts(connection, self._applied(connection), run)

    def findings(
        self, run: str, wanted: FindingQuery | None = None, *, order: str = "severity", page: int = 1, size: int = 50
    ) -> Page:
        """A page of a run's findings (`sensor.store.finding_queries`): ``order`` one of ORDERS, ``page`` from 1."""
        with self._restoring(run) as connection:
            return page_of(connection, self._applied(connection), run, wanted or FindingQuery(), order, page, size)

    def finding(self, run: str, finding: str) -> Record | None:
        """One finding, with its ``state``."""
        with self._restoring(run) as connection:
            return next(iter(by_id(connection, self._applied(connection), run, [finding])), None)

    def alike(self, run: str, finding: str) -> list[str]:
        """The open findings of the same rule, device and other end as this one, itself with them (ids)."""
        with self._reading() as connection:
            return alike(connection, self._applied(connection), run, finding)

    def choices(self, run: str) -> dict[str, list[str]]:
        """What there is to ask of `findings`: severity, capability, rule, device (ids), state -> values that are
        there."""
        with self._reading() as connection:
            return choices(connection, self._applied(connection), run)

    def urgent(self, run: str) -> list[Record]:
        """The findings from which `sensor.needs` works out what needs a person, without the sentences that it words
        itself."""
        with self._restoring(run) as connection:
            return urgent(connection, self._applied(connection), run)

    def newest(self, run: str, since: int, size: int) -> list[Record]:
        """The open findings that began at ``since`` (µs since 1970) or later, the newest first, without remarks and
        evidence."""
        with self._restoring(run) as connection:
            return newest(connection, self._applied(connection), run, since, size)

    def count(self) -> int:
        """How many runs there are."""
        with self._reading() as connection:
            return connection.execute(select(func.count()).select_from(schema.runs)).scalar_one()

    def destination_names(self, run: str, devices: Sequence[str]) -> dict[str, dict[str, str]]:
        """Device -> address -> the name under which the device asked for it."""
        with self._reading() as connection:
            return destination_names(connection, run, devices)

    def counts(self, run: str) -> list[tuple[str, str, int]]:
        """(rule, severity, findings)."""
        with self._reading() as connection:
            return counts(connection, run)

    def hours(
        self, run: str, device: str | None = None, *, since: int | None = None, until: int | None = None
    ) -> list[Sum]:
        """Bytes by hour, protection and party, of a device or of all; hours counted from 1970 UTC, ``since`` <= hour <
        ``until``."""
        with self._reading() as connection:
            return by_hour(connection, self._applied(connection), run, device, since, until)

    def days(
        self, run: str, device: str | None = None, *, since: int | None = None, until: int | None = None
    ) -> list[Sum]:
        """The same by days, which go further back: hours become days after a time (`sensor.store.retention`)."""
        with self._reading() as connection:
            return by_day(connection, self._applied(connection), run, device, since, until)

    def by_protection(self, run: str, devices: Sequence[str], since: int, until: int) -> dict[str, dict[str, int]]:
        """Device -> protection -> bytes of the hours from ``since`` until before ``until``; devices without any are
        left out."""
        with self._reading() as connection:
            return by_protection(connection, self._applied(connection), run, devices, since, until)

    def search(self, runs: Sequence[str], words: str, size: int) -> Hits:
        """Devices, destinations and findings of these runs in which all ``words`` stand; at most ``size`` of each."""
        with self._reading() as connection:
            return search(connection, self._applied(connection), runs, words, size, self._naming)

    def seen_before(self, run: str) -> set[str]:
        """The devices of a run that stand in a run put in before it, or that its sensor had seen before it began."""
        devices, runs = schema.devices.c, schema.runs.c
        other = schema.devices.alias()
        earlier = select(runs.written).where(runs.id == run).scalar_subquery()
        query = (
            select(devices.id)
            .join(other, other.c.id == devices.id)
            .join(schema.runs, runs.id == other.c.run)
            .where(devices.run == run, other.c.run != run, runs.written < earlier)
            .distinct()
        )
        with self._reading() as connection:
            began = connection.scalar(
                select(func.min(schema.captures.c.first_time)).where(schema.captures.c.run == run)
            )
            seen = {name for name, first in first_times(connection, run).items() if first < (began or 0)}
            return {*connection.scalars(query), *seen}

    def history(
        self, device: str | None = None, *, run: str | None = None, kinds: Sequence[str] = ("verdict",), most: int = 200
    ) -> list[StatusChange]:
        """When statuses changed, the newest first: of a device over all runs, or of all devices of live runs.
        ``kinds``: verdict, provision."""
        with self._reading() as connection:
            return history(connection, self._applied(connection), device, run, kinds, most)

    def sensor(self, run: str) -> Sensor | None:
        """How the sensor of a live run does; None for a finished capture."""
        with self._reading() as connection:
            row = connection.execute(select(schema.sensors).where(schema.sensors.c.run == run)).mappings().first()
            return (
                None
                if row is None
                else Sensor(**{**{name: row[name] for name in row if name != "run"}, "more": _dict(row["more"])})
            )

    def live_state(self, sensor: str, source: str) -> StoredState | None:
        """What a sensor's last run on this source goes on with; None where it has none."""
        runs, states = schema.runs.c, schema.sensors.c
        newest = (
            select(runs.id, states.last_packet)
            .join(schema.sensors, states.run == runs.id)
            .where(runs.sensor == sensor, states.source == source)
            .order_by(runs.written.desc(), runs.id.desc())
            .limit(1)
        )
        table = schema.live_state.c
        with self._reading() as connection:
            found = connection.execute(newest).first()
            if found is None:
                return None
            rows = connection.execute(select(table.part, table.key, table.value).where(table.run == found.id))
            parts = {(part, key): value for part, key, value in rows}
            return StoredState(found.id, parts, found.last_packet) if parts else None

    def capture_counts(self, run: str, since: int | None = None) -> list[CaptureCount]:
        """What the sensor of a live run captured, hour by hour from ``since`` (counted from 1970 UTC)."""
        columns = schema.capture_counts.c
        query = (
            select(columns.hour, columns.packets, columns.bytes, columns.dropped)
            .where(columns.run == run)
            .order_by(columns.hour)
        )
        with self._reading() as connection:
            return [
                CaptureCount(*row)
                for row in connection.execute(query if since is None else query.where(columns.hour >= since))
            ]

    def traffic(self, run: str, *, as_found: bool = False) -> list[TrafficCell]:
        """Payload bytes by device, hour, protection and party. ``as_found``: without corrections."""
        with self._reading() as connection:
            query = select(schema.traffic).where(schema.traffic.c.run == run)
            cells = [
                TrafficCell(row.device, row.hour, row.protection, row.party, row.bytes)
                for row in connection.execute(query)
            ]
            return cells if as_found else self._applied(connection).cells(cells)

    def corrections(self, *, everything: bool = False) -> list[Correction]:
        """What users said and did not undo, the oldest first. ``everything``: also what they did: who said what, and
        when."""
        with self._reading() as connection:
            return standing(connection, everything=everything)

    def applied_corrections(self) -> AppliedCorrections:
        """What stands of the corrections now: which findings are to be silent, which devices are one."""
        with self._reading() as connection:
            return self._applied(connection)

    def _applied(self, connection: Connection) -> AppliedCorrections:
        known: AppliedCorrections | None = getattr(self._own, "applied", None)
        if known is None:
            known = AppliedCorrections(standing(connection), int(self._clock() * 1_000_000))
            if getattr(self._own, "connection", None) is not None:
                self._own.applied = known
        return known

    def close(self) -> None:
        """Let go of the store."""
        self._engine.dispose()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()


def _infos(connection: Connection, query: Select[Any], *, one: bool = False) -> list[RunInfo]:
    rows = [dict(row) for row in connection.execute(query).mappings()]
    only = rows[0]["id"] if one and rows else None
    counts = [_counted(connection, table, only) for table in (schema.devices, schema.findings)]
    captures = grouped(connection, schema.captures, only, by="run")
    return [_info(row, captures.get(row["id"], []), *(count.get(row["id"], 0) for count in counts)) for row in rows]


def _counted(connection: Connection, table: Table, run: str | None) -> dict[str, int]:
    """Run -> how many rows it has."""
    query = select(table.c.run, func.count()).group_by(table.c.run)
    return {row[0]: row[1] for row in connection.execute(query if run is None else query.where(table.c.run == run))}


def _info(row: dict[str, Any], captures: list[dict[str, Any]], devices: int, findings: int) -> RunInfo:
    first = [capture["first_time"] for capture in captures if capture["first_time"] is not None]
    last = [capture["last_time"] for capture in captures if capture["last_time"] is not None]
    return RunInfo(
        id=row["id"],
        captures=tuple(capture["capture"] for capture in captures),
        first_time=timestamp(min(first, default=None)),
        last_time=timestamp(max(last, default=None)),
        devices=devices,
        findings=findings,
        worst=row["worst"],
        written=timestamp(row["written"]) or "",
        tool=Tool(row["tool_version"], row["tool_sha256"], row["signatures_sha256"]),
        failures=row["failures"],
        bounds={name: count for name, count in _dict(row["bounds"]).items() if isinstance(count, int)},
        files=tuple({name: capture[name] for name in ("capture", "sha256", "size")} for capture in captures),
        paths={
            capture["capture"]: path
            for capture in captures
            if isinstance(path := _dict(capture["more"]).get("path"), str) and path
        },
    )


def _dict(more: Any) -> dict[str, Any]:
    """What a sensor wrote beside its columns: nothing where that is no dict."""
    return more if isinstance(more, dict) else {}
