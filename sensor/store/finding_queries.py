"""Queries for findings: filtered, sorted, counted and paged by the database.

A page of 50 findings costs a page of 50, whatever the size of the run.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    String,
    Table,
    and_,
    cast,
    false,
    func,
    literal_column,
    not_,
    or_,
    select,
    true,
    union_all,
)

from sensor.light_dataclass import dataclass
from sensor.model import SEVERITIES
from sensor.records import OPEN_DOORS, Record
from sensor.store import schema
from sensor.store.applied_corrections import AppliedCorrections, Correction
from sensor.store.rows import record_of

MOST = 200
"""Findings on one page, whatever is asked for."""

ORDERS = ("severity", "newest", "oldest", "device", "rule")
"""What a page of findings can be sorted by; the worst first, then the earliest, where that decides nothing."""

STATES = ("open", "muted", "accepted")

SHARED = 5000
"""Findings about several devices that are looked for; a home has a handful."""

GROUP = 500
"""Findings of a group that are accepted together."""

SILENT = 20_000
"""Muted and accepted findings that move marks."""

URGENT = 300
"""Findings from which what needs a person is worked out."""

NAMED = 5000
"""Names of destinations that are looked up for it."""


@dataclass(frozen=True, slots=True)
class FindingQuery:
    """Which findings: all that is given must be so, each being one of its values. Times in µs since 1970 UTC: ``since``
    <= last seen, first seen < ``until``."""

    severity: Sequence[str] = ()
    capability: Sequence[str] = ()
    device: Sequence[str] = ()
    rule: Sequence[str] = ()
    state: Sequence[str] = ()
    since: int | None = None
    until: int | None = None
    grouped: bool = False
    """Those of one rule, device and other end are one row: the worst, the first of them, with ``alike``, how many."""


@dataclass(frozen=True, slots=True)
class Page:
    """A page of findings: the records, each with ``state`` (one of `STATES`); ``total`` that were asked for, ``of``
    that the run has; pages from 1."""

    findings: list[Record]
    total: int
    of: int
    page: int
    pages: int


def page_of(
    connection: Connection,
    applied: AppliedCorrections,
    run: str,
    wanted: FindingQuery,
    order: str,
    page: int,
    size: int,
) -> Page:
    """The page with this number, or the nearest that there is."""
    found = schema.findings.c
    size = min(max(size, 1), MOST)
    where = filters_of(connection, applied, run, wanted)
    of = count_of(connection, [found.run == run])
    if wanted.grouped:
        return _groups(connection, applied, run, where, of, order, page, size)
    total = of if len(where) == 1 else count_of(connection, where)
    pages = max(1, -(-total // size))
    page = min(max(page, 1), pages)
    # First the names alone, which stand in an index; rows with their texts only for those that are shown.
    chosen = (
        select(found.id)
        .where(*where)
        .order_by(*ordering(order, few=bool(wanted.device)))
        .limit(size)
        .offset((page - 1) * size)
    )
    return Page(by_id(connection, applied, run, connection.scalars(chosen).all()), total, of, page, pages)


def _groups(
    connection: Connection,
    applied: AppliedCorrections,
    run: str,
    where: list[ColumnElement[bool]],
    of: int,
    order: str,
    page: int,
    size: int,
) -> Page:
    ranked = _ranked(where).subquery()
    first = ranked.c.place == 1
    total = connection.execute(select(func.count()).select_from(ranked).where(first)).scalar() or 0
    pages = max(1, -(-total // size))
    page = min(max(page, 1), pages)
    rows = connection.execute(
        select(ranked.c.id, ranked.c.alike)
        .where(first)
        .order_by(*ordering(order, of=ranked.c))
        .limit(size)
        .offset((page - 1) * size)
    ).all()
    counts = {row.id: row.alike for row in rows}
    shown = by_id(connection, applied, run, list(counts))
    return Page([{**one, "alike": counts[one["id"]]} for one in shown], total, of, page, pages)


ALIKE = (
    schema.findings.c.rule,
    schema.findings.c.device,
    func.coalesce(schema.findings.c.peer_name, schema.findings.c.peer),
)
"""What findings of one group share: the rule, the device, the name or address of the other end."""


def alike(connection: Connection, applied: AppliedCorrections, run: str, finding: str) -> list[str]:
    """The findings of this one's group (ids), itself with them, as far as they are neither muted nor accepted."""
    found = schema.findings.c
    one = connection.execute(select(*ALIKE).where(found.run == run, found.id == finding)).first()
    if one is None:
        return []
    same = [column.is_not_distinct_from(value) for column, value in zip(ALIKE, one, strict=True)]
    state = _state(connection, applied, run, "open")
    return list(connection.scalars(select(found.id).where(found.run == run, *same, state).limit(GROUP)))


def by_id(
    connection: Connection,
    applied: AppliedCorrections,
    run: str,
    ids: Sequence[str],
    *,
    proof: bool = True,
    sentences: bool = True,
) -> list[Record]:
    """These findings of a run, in this order; those that are not there are left out. ``proof``: with their evidence;
    ``sentences``: with those that are made of messages."""
    frames: dict[str, list[Record]] = {}
    rows: dict[str, Record] = {}
    for start in range(0, len(ids), MOST):
        some = ids[start : start + MOST]
        table = schema.evidence
        query = select(table).where(table.c.run == run, table.c.finding.in_(some)).order_by(table.c.position)
        for row in connection.execute(query).mappings() if proof else ():
            frames.setdefault(row["finding"], []).append({"capture": row["capture"], "frames": row["frames"]})
        found = select(schema.findings).where(schema.findings.c.run == run, schema.findings.c.id.in_(some))
        for row in connection.execute(found).mappings().all():
            rows[row["id"]] = {
                **record_of("finding", dict(row), sentences=sentences),
                "evidence": frames.get(row["id"], []),
            }
    shown = applied.records(rows[one] for one in ids if one in rows)
    return [
        {**one, "state": "accepted" if "accepted" in one else "muted" if "muted" in one else "open"} for one in shown
    ]


def count_of(connection: Connection, where: list[ColumnElement[bool]], *, grouped: bool = False) -> int:
    """How many findings, or groups of alike ones, for which all of this is so."""
    counted = select(*ALIKE).where(*where).distinct().subquery() if grouped else None
    query = (
        select(func.count()).select_from(schema.findings).where(*where)
        if counted is None
        else select(func.count()).select_from(counted)
    )
    return connection.execute(query).scalar() or 0


def columns_of(where: list[ColumnElement[bool]], wanted: FindingQuery) -> Select[Any]:
    """The columns that findings are ordered by, with ``alike``; of grouped ones the first of each group."""
    found = schema.findings.c
    names = (found.run, found.id, found.rank, found.time, found.device, found.rule)
    if not wanted.grouped:
        return select(*names, literal_column("1").label("alike")).where(*where)
    ranked = _ranked(where).subquery()
    return select(*(ranked.c[name.name] for name in names), ranked.c.alike).where(ranked.c.place == 1)


def _ranked(where: list[ColumnElement[bool]]) -> Select[Any]:
    """Findings with their place in their group, and how many that has."""
    found = schema.findings.c
    return select(
        found.run,
        found.id,
        found.rank,
        found.time,
        found.device,
        found.rule,
        func.row_number().over(order_by=ordering("severity", few=True), partition_by=ALIKE).label("place"),
        func.count().over(partition_by=ALIKE).label("alike"),
    ).where(*where)


def ordering(order: str, *, few: bool = False, of: Any = None) -> list[ColumnElement[Any]]:
    """What findings are sorted by for one of `ORDERS`. ``few``: what is chosen is little of the run, so that no index
    is to be walked for the order's sake. ``of``: the columns, of the findings themselves for None."""
    found = schema.findings.c if of is None else of
    # Where a null stands is what SQLite's indexes have; PostgreSQL would put it at the other end.
    rank = found.rank + 0 if few else found.rank.asc()
    worst: list[ColumnElement[Any]] = [rank, found.time.asc().nulls_first(), found.id.asc()]
    if order == "newest":
        return [found.time.desc().nulls_last(), found.id.desc()]
    if order == "oldest":
        return worst[1:]
    return [found[order].asc().nulls_first(), *worst] if order in ("device", "rule") else worst


def filters_of(
    connection: Connection, applied: AppliedCorrections, run: str, wanted: FindingQuery
) -> list[ColumnElement[bool]]:
    """The conditions of a query in a run; that it is of the run stands first."""
    found = schema.findings.c
    where: list[ColumnElement[bool]] = [found.run == run]
    if wanted.severity:
        where.append(found.rank.in_([SEVERITIES.index(one) for one in wanted.severity if one in SEVERITIES]))
    if wanted.capability:
        where.append(found.capability.in_(wanted.capability))
    if wanted.rule:
        where.append(found.rule.in_(wanted.rule))
    if wanted.device:
        where.append(about(connection, run, [part for one in wanted.device for part in applied.ids(one)]))
    if wanted.since is not None:
        where.append(found.last_time >= wanted.since)
    if wanted.until is not None:
        where.append(found.time < wanted.until)
    if wanted.state:
        where.append(
            or_(
                false(),
                *(_state(connection, applied, run, one) for one in dict.fromkeys(wanted.state) if one in STATES),
            )
        )
    return where


def about(connection: Connection, run: str, devices: list[str]) -> ColumnElement[bool]:
    """Findings about these devices, also those that are about several."""
    found, shared = schema.findings.c, schema.concerned.c
    # Named one by one: with a subquery in an "or" SQLite walks over all findings.
    several = connection.scalars(
        select(shared.finding).where(shared.run == run, shared.device.in_(devices)).limit(SHARED)
    ).all()
    alone = found.device.in_(devices)
    return or_(alone, found.id.in_(set(several))) if several else alone


def _state(connection: Connection, applied: AppliedCorrections, run: str, state: str) -> ColumnElement[bool]:
    found = schema.findings.c
    accepted = found.id.in_([finding for of, finding in applied.accepted_ids if of == run])
    if state == "accepted":
        return accepted
    shared = _shared(connection, run) if any(mute.device is not None for mute in applied.mutes) else {}
    ids = [query for mute in applied.mutes for query in _muted(applied, run, mute, shared)]
    if not ids:
        return false() if state == "muted" else not_(accepted)
    muted = union_all(*ids)
    return (
        and_(found.id.in_(muted), not_(accepted)) if state == "muted" else and_(found.id.not_in(muted), not_(accepted))
    )


def silent(
    connection: Connection, applied: AppliedCorrections, run: str, devices: Sequence[str] | None = None
) -> dict[str, str | None]:
    """The muted and accepted findings of a run, or of some devices (at most `SILENT`) -> the device."""
    if not applied.mutes and not applied.accepted_ids:
        return {}
    found = schema.findings.c
    where = or_(*(_state(connection, applied, run, one) for one in ("muted", "accepted")))
    mine = [] if devices is None else [about(connection, run, list(devices))]
    query = select(found.id, found.device).where(found.run == run, where, *mine).limit(SILENT)
    return {row.id: row.device for row in connection.execute(query)}


def _shared(connection: Connection, run: str) -> dict[str, set[str]]:
    """The findings about several devices, with these."""
    shared = schema.concerned.c
    found: dict[str, set[str]] = {}
    for finding, device in connection.execute(
        select(shared.finding, shared.device).where(shared.run == run).limit(SHARED)
    ):
        found.setdefault(finding, set()).add(device)
    return found


def _muted(
    applied: AppliedCorrections, run: str, mute: Correction, shared: dict[str, set[str]]
) -> Iterator[Select[Any]]:
    """The findings that `AppliedCorrections.muted` would find, as queries each of which an index answers."""
    found = schema.findings.c
    where: list[ColumnElement[bool]] = [found.run == run]
    if mute.rule is not None:
        where.append(found.rule == mute.rule)
    whose: list[ColumnElement[bool]] = [true()]
    if mute.device is not None:
        ids = applied.ids(mute.device)
        alone = [finding for finding, devices in shared.items() if devices <= set(ids)]
        whose = [found.device.in_(ids), *([found.id.in_(alone)] if alone else [])]
    for part in whose:
        for end in (found.peer, found.peer_name) if mute.destination is not None else ():
            yield select(found.id).where(*where, part, end == mute.destination)
        if mute.destination is None:
            yield select(found.id).where(*where, part)


def choices(connection: Connection, applied: AppliedCorrections, run: str) -> dict[str, list[str]]:
    """What there is to ask for: severities worst first, capabilities, rules, ids of devices that have findings,
    states."""
    found = schema.findings
    ranks = _values(connection, found, "rank", run)
    shared = _values(connection, schema.concerned, "device", run)
    devices = {applied.merged_into(one) for one in (*_values(connection, found, "device", run), *shared)}
    return {
        "severity": [SEVERITIES[int(rank)] for rank in ranks if int(rank) < len(SEVERITIES)],
        "capability": _values(connection, found, "capability", run),
        "rule": _values(connection, found, "rule", run),
        "device": sorted(devices),
        "state": [
            "open",
            *(["muted"] if applied.mutes else []),
            *(["accepted"] if any(of == run for of, _ in applied.accepted_ids) else []),
        ],
    }


def _values(connection: Connection, table: Table, name: str, run: str) -> list[str]:
    """The different values of a column that stands first in an index after the run: one look into it for each, not a
    walk over all rows."""
    column = table.c[name]
    first = select(func.min(column).label("value")).where(table.c.run == run).cte("found", recursive=True)
    after = select(func.min(column)).where(table.c.run == run, column > first.c.value).scalar_subquery()
    chain = first.union_all(select(after).where(first.c.value.is_not(None)))
    query: Select[Any] = select(cast(chain.c.value, String)).where(chain.c.value.is_not(None))
    return [str(value) for value in connection.scalars(query)]


def urgent(connection: Connection, applied: AppliedCorrections, run: str) -> list[Record]:
    """The findings from which `sensor.needs` works out what needs a person (at most twice `URGENT`).

    First those of rules that let strangers in, then the most severe. Remarks, and what is muted or accepted, are left
    out.
    """
    found = schema.findings.c
    worst = select(found.id, found.rank).where(found.run == run).order_by(*ordering("severity")).limit(URGENT)
    # A query for each rule: an index has the findings of one rule in this order, not those of several.
    doors = [row for rule in sorted(OPEN_DOORS) for row in connection.execute(worst.where(found.rule == rule))]
    doors = sorted(doors, key=lambda row: row.rank)[:URGENT]
    ids = list(dict.fromkeys(row.id for row in (*doors, *connection.execute(worst))))
    found_rows = by_id(connection, applied, run, ids, proof=False, sentences=False)
    return [one for one in found_rows if one["state"] == "open"]


def newest(connection: Connection, applied: AppliedCorrections, run: str, since: int, size: int) -> list[Record]:
    """The open findings of a run that began at ``since`` (µs since 1970) or later, the newest first, without remarks
    and without their evidence."""
    found = schema.findings.c
    where = [found.run == run, found.rank < len(SEVERITIES) - 1, found.time >= since]
    query = select(found.id).where(*where, _state(connection, applied, run, "open")).order_by(*ordering("newest"))
    return by_id(connection, applied, run, connection.scalars(query.limit(size)).all(), proof=False)


def destination_names(connection: Connection, run: str, devices: Sequence[str]) -> dict[str, dict[str, str]]:
    """Device -> address -> the name under which the device asked for it (at most `NAMED`)."""
    found = schema.destinations.c
    query = (
        select(found.device, found.address, found.name)
        .where(found.run == run, found.device.in_(list(devices)), found.name.is_not(None), found.address.is_not(None))
        .limit(NAMED)
    )
    names: dict[str, dict[str, str]] = {}
    for device, address, name in connection.execute(query):
        names.setdefault(device, {}).setdefault(address, name)
    return names


def counts(connection: Connection, run: str) -> list[tuple[str, str, int]]:
    """(rule, severity, findings), for metrics."""
    found = schema.findings.c
    query = select(found.rule, found.rank, func.count()).where(found.run == run).group_by(found.rule, found.rank)
    return [
        (rule, SEVERITIES[rank], count) for rule, rank, count in connection.execute(query) if rank < len(SEVERITIES)
    ]
