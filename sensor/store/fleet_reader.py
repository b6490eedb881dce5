"""Reading of a store with several sensors: who they are, how they do, findings over the runs of all."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, func, select, union_all

from sensor.lazy_pattern import expression
from sensor.light_dataclass import dataclass
from sensor.records import Record
from sensor.store import schema
from sensor.store.finding_queries import MOST, FindingQuery, Page, by_id, columns_of, count_of, filters_of, ordering
from sensor.store.reader import StoreReader
from sensor.store.types import Sensor, SensorIdentity

AT_ONCE = 120_000_000
"""µs: runs of one sensor whose reports are no further apart go on at the same time (two interfaces)."""

REMAINDER = 1_000_000_007
"""A prime (µs): sums of a hundred thousand remainders fit into every database's integers."""

KEY_LABEL = expression(r"k[0-9a-f]{3}")
"""The id of a key of fingerprints (`sensor.vault.key_label`); what else a sensor says is none."""


@dataclass(frozen=True, slots=True)
class FleetSensor:
    """A sensor of the store. Times in µs since 1970 UTC.

    ``runs``: its newest run, and what it listens into beside it, with when each was written last; empty where retention
    took them. ``health``: what it said last. ``days``: for how long its rows stay; ``fingerprint_key``: the id of the
    key that its fingerprints are made with; None where the store does not say.
    """

    identity: SensorIdentity
    version: str
    first_seen: int
    last_seen: int
    runs: dict[str, int]
    health: Sensor | None
    days: int | None = None
    fingerprint_key: str | None = None

    @property
    def heard(self) -> int:
        """When it was heard last."""
        return max(self.last_seen, self.health.at if self.health is not None else 0)

    @property
    def lag(self) -> float | None:
        """Seconds between the last packet that it read and its last report; None before the first packet."""
        if self.health is None or self.health.last_packet is None:
            return None
        return max(0, self.health.at - self.health.last_packet) / 1_000_000


class FleetReader(StoreReader):
    """An open store, read over all of its sensors."""

    def fleet(self) -> list[FleetSensor]:
        """The sensors that ever wrote here, by site, bench and name."""
        with self._reading() as connection:
            return _fleet(connection)

    def runs_of(self, sensor: str) -> set[str]:
        """All runs of a sensor, by its id."""
        with self._reading() as connection:
            return set(connection.scalars(select(schema.runs.c.id).where(schema.runs.c.sensor == sensor)))

    def corrections_stamp(self) -> str:
        """Changes whenever a correction does, or a mute ends."""
        columns = schema.corrections.c
        query = select(func.count(columns.id), func.max(columns.id), func.count(columns.undone_at))
        with self._reading() as connection:
            counts = connection.execute(query).one()
            mutes = len(self._applied(connection).mutes) if counts[0] else 0
            return ".".join(map(str, (*counts, mutes)))

    def findings_revision(self, run: str) -> tuple[object, ...]:
        """Changes whenever findings of a run come, go, are seen again or weigh otherwise, or destinations get names."""
        found, peers = schema.findings.c, schema.destinations.c
        # Columns of one index. What is seen again has a later last time; the remainder keeps the sum small.
        sums = (func.sum(one % REMAINDER) for one in (found.rank, found.time, found.last_time))
        columns = (func.count(), *sums)
        with self._reading() as connection:
            return (
                *connection.execute(select(*columns).where(found.run == run)).one(),
                *connection.execute(select(func.count(), func.count(peers.name)).where(peers.run == run)).one(),
            )

    def findings_of_runs(
        self, runs: Sequence[str], wanted: FindingQuery, *, order: str = "severity", page: int = 1, size: int = 50
    ) -> Page:
        """A page of the findings of several runs, as `findings` of one; what is alike is so within its run."""
        if not runs:
            return Page([], 0, 0, 1, 1)
        with self._reading() as connection:
            applied = self._applied(connection)
            columns = schema.findings.c
            size = min(max(size, 1), MOST)
            where = {run: filters_of(connection, applied, run, wanted) for run in runs}
            filtered = any(len(each) > 1 for each in where.values())
            of = count_of(connection, [columns.run.in_(runs)])
            if wanted.grouped or filtered:
                total = sum(count_of(connection, each, grouped=wanted.grouped) for each in where.values())
            else:
                total = of
            pages = max(1, -(-total // size))
            page = min(max(page, 1), pages)
            # Each run gives as many as may be shown: an index has the findings of one run in this order.
            parts = [
                columns_of(each, wanted).order_by(*ordering(order, few=bool(wanted.device))).limit(page * size)
                for each in where.values()
                if not wanted.grouped
            ] or [columns_of(each, wanted) for each in where.values()]
            whole = union_all(*(select(part.subquery()) for part in parts)).subquery()
            rows = connection.execute(
                select(whole.c.run, whole.c.id, whole.c.alike)
                .order_by(*ordering(order, of=whole.c), whole.c.run)
                .limit(size)
                .offset((page - 1) * size)
            ).all()
            found: dict[tuple[str, str], Record] = {}
            for run in dict.fromkeys(row.run for row in rows):
                ids = [row.id for row in rows if row.run == run]
                with self._naming(run):
                    found |= {(run, one["id"]): one for one in by_id(connection, applied, run, ids)}
            shown = [
                {**found[row.run, row.id], **({"alike": row.alike} if wanted.grouped else {})}
                for row in rows
                if (row.run, row.id) in found
            ]
            return Page(shown, total, of, page, pages)

    def seen_by(self, runs: Sequence[str], key: str, site: str) -> list[tuple[str, str]]:
        """(run, device) of these runs for a device of a site, by its key (`sensor.store.seen`)."""
        seen, table = schema.device_seen.c, schema.devices.c
        query = (
            select(table.run, table.id)
            .join(schema.runs, schema.runs.c.id == table.run)
            .join(schema.device_seen, (seen.sensor == schema.runs.c.sensor) & (seen.device == table.id))
            .where(seen.key == key, seen.site == site, table.run.in_(runs))
            .order_by(table.run)
        )
        with self._reading() as connection:
            return [(run, device) for run, device in connection.execute(query)]


def _fleet(connection: Connection) -> list[FleetSensor]:
    runs, states = schema.runs.c, schema.sensors
    mine: dict[str, list[tuple[str, int, Sensor | None]]] = {}
    joined = schema.runs.outerjoin(states, states.c.run == runs.id)
    query = (
        select(runs.id.label("name"), runs.written, runs.sensor, *(c for c in states.c if c.name != "run"))
        .select_from(joined)
        .where(runs.sensor.is_not(None))
        .order_by(runs.written.desc(), runs.id.desc())
    )
    for row in connection.execute(query).mappings():
        health = None if row["at"] is None else _health(row)
        mine.setdefault(row["sensor"], []).append((row["name"], row["written"], health))
    found = []
    for row in connection.execute(select(schema.sensor_identities)).mappings():
        own = mine.get(row["id"], [])
        newest = own[0][1] if own else 0
        health = own[0][2] if own else None
        names = ("id", "name", "site", "bench", "interface")
        found.append(
            FleetSensor(
                identity=SensorIdentity(**{name: row[name] for name in names}),
                version=row["tool_version"],
                first_seen=row["first_seen"],
                last_seen=row["last_seen"],
                runs={name: written for name, written, _ in own if newest - written <= AT_ONCE},
                health=health,
                days=row["days"],
                fingerprint_key=_key_of(health),
            )
        )
    return sorted(found, key=lambda one: (one.identity.site, one.identity.bench, one.identity.name, one.identity.id))


def _key_of(health: Sensor | None) -> str | None:
    key = health.more.get("fingerprint_key") if health is not None else None
    return key if isinstance(key, str) and KEY_LABEL.fullmatch(key) else None


def _health(row: Any) -> Sensor:
    names = ("at", "state", "message", "source", "packets", "bytes", "dropped", "last_packet")
    return Sensor(**{name: row[name] for name in names}, more=row["more"] if isinstance(row["more"], dict) else {})
