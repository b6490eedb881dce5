"""Totals of runs for metrics, of each sensor's newest or of the newest, counted by the database.

100,000 findings cost as much as ten.
"""

from __future__ import annotations

from dataclasses import field

from sqlalchemy import Connection, func, select

from sensor.light_dataclass import dataclass
from sensor.model import SEVERITIES, STATUSES
from sensor.records import Record
from sensor.store import schema
from sensor.store.applied_corrections import AppliedCorrections
from sensor.store.fleet_reader import FleetReader, FleetSensor
from sensor.store.known_devices import with_times
from sensor.store.rows import CLAIMS, PROTECTIONS, check_verdict

LOOKED = 20_000
"""Findings looked at one by one because a mute may fit them; beyond that the rest counts as not silenced."""


@dataclass(slots=True)
class Totals:
    """``run`` None: the store is empty. Times in µs since 1970 UTC. Devices are as the user knows them: named, and what
    he merged is one."""

    runs: int = 0
    run: str | None = None
    written: int | None = None
    last_packet: int | None = None
    findings: dict[tuple[str, str], int] = field(default_factory=dict)
    """(rule, severity) -> how many."""
    silenced: dict[tuple[str, str], int] = field(default_factory=dict)
    """Those of them that the user muted or accepted."""
    devices: list[Record] = field(default_factory=list)
    """Device records without reasons and destinations."""
    verdicts: dict[str, dict[str, str]] = field(default_factory=dict)
    """Judged device -> capability -> status."""
    sensor: Record | None = None
    """How the sensor of a live run does: ``state``, ``packets``, ``dropped``, ``at``, ``last_packet``."""


class TotalsReader(FleetReader):
    """An open store to be counted."""

    def by_sensor(self) -> list[tuple[FleetSensor | None, Totals]]:
        """The numbers of each sensor's newest run; those of the newest run where no sensor has one. Raises
        StoreFailed."""
        found: list[tuple[FleetSensor | None, Totals]] = [
            (one, self.totals(next(iter(one.runs)))) for one in self.fleet() if one.runs
        ]
        return found or [(None, self.totals())]

    def totals(self, run: str | None = None) -> Totals:
        """The numbers of a run, of the newest for None. Raises StoreFailed."""
        with self._reading() as connection:
            found = Totals(runs=connection.execute(select(func.count()).select_from(schema.runs)).scalar() or 0)
            runs = schema.runs.c
            which = select(runs.id, runs.written).order_by(runs.written.desc(), runs.id.desc()).limit(1)
            newest = connection.execute(which if run is None else which.where(runs.id == run)).first()
            if newest is None:
                return found
            found.run, found.written = newest
            last = select(func.max(schema.captures.c.last_time)).where(schema.captures.c.run == found.run)
            found.last_packet = connection.execute(last).scalar()
            applied = self._applied(connection)
            _findings(connection, found, applied)
            with self._naming(newest.id):
                _devices(connection, found, applied)
            query = select(schema.sensors).where(schema.sensors.c.run == found.run)
            row = connection.execute(query).mappings().first()
            found.sensor = dict(row) if row is not None else None
            return found


def _findings(connection: Connection, found: Totals, applied: AppliedCorrections) -> None:
    columns = schema.findings.c
    counted = select(columns.rule, columns.rank, func.count()).where(columns.run == found.run)
    for rule, rank, count in connection.execute(counted.group_by(columns.rule, columns.rank)):
        severity = SEVERITIES[rank] if 0 <= rank < len(SEVERITIES) else "info"
        found.findings[rule, severity] = found.findings.get((rule, severity), 0) + count
    rules = {one.rule for one in applied.mutes}
    accepted = [finding for run, finding in applied.accepted_ids if run == found.run]
    if not rules and not accepted:
        return
    query = select(
        columns.id,
        columns.rule,
        columns.severity,
        columns.device,
        columns.role,
        columns.client,
        columns.server,
        columns.detail,
    )
    query = query.where(columns.run == found.run)
    if None not in rules:
        query = query.where(columns.rule.in_(rules) | columns.id.in_(accepted))
    for row in connection.execute(query.order_by(columns.rank).limit(LOOKED)).mappings():
        finding = {**row, "run": found.run, "detail": row["detail"] or {}}
        if applied.silent(finding):
            key = (finding["rule"], finding["severity"])
            found.silenced[key] = found.silenced.get(key, 0) + 1


def _devices(connection: Connection, found: Totals, applied: AppliedCorrections) -> None:
    claims: dict[str, Record] = {}
    for row in connection.execute(select(schema.claims).where(schema.claims.c.run == found.run)).mappings():
        claims.setdefault(row["device"], {})[row["field"]] = {
            "value": row["value"],
            "confidence": row["confidence"],
            "because": [],
        }
    rows = connection.execute(
        select(schema.devices).where(schema.devices.c.run == found.run).order_by(schema.devices.c.position)
    )
    records: list[Record] = [
        {
            "record": "device",
            **{name: row[name] for name in ("run", "id", "mac", "hostname", "first_seen", "last_seen", "in_scope")},
            "addresses": row["addresses"] or [],
            **dict.fromkeys(CLAIMS),
            **claims.get(row["id"], {}),
            "bytes": {name: row[f"bytes_{name}"] or 0 for name in PROTECTIONS},
            "destinations": [],
            "probably_same": [],
        }
        for row in with_times(connection, found.run or "", [dict(row) for row in rows.mappings()])
    ]
    found.devices = applied.records(records)
    judged = {one["id"] for one in found.devices if one["in_scope"]}
    columns = schema.verdicts.c
    query = select(columns.device, columns.capability, columns.status).where(columns.run == found.run)
    for device, capability, status in connection.execute(query):
        check_verdict(capability, status)
        device_id = applied.merged_into(device)
        if device_id in judged:
            of = found.verdicts.setdefault(device_id, {})
            of[capability] = min(of.get(capability, status), status, key=STATUSES.index)
