"""The sides of a comparison that are named by sensors: what each knows now, or knew at a time."""

from __future__ import annotations

from collections.abc import Container, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import chain

from sensor.records import Record
from sensor.report.period import Period
from sensor.sites.earlier import KINDS, as_of
from sensor.sites.joined import SensorRun, join
from sensor.store.fleet_reader import FleetReader, FleetSensor
from sensor.store.misfits import naming_misfits
from sensor.store.rows import microseconds

SITE = "site:"
"""Begins the name of all sensors of a site."""

AGO = {"yesterday": timedelta(days=1), "lastweek": timedelta(days=7)}
"""Times by a word: so long before now."""

HISTORY = 100_000
"""Changes of statuses of a run that are looked at."""


class NoSide(LookupError):  # noqa: N818 - a sentence for the user
    """Nothing is called so, or nothing was heard by then; the text says which."""


def split(name: str, now: datetime) -> tuple[str, int | None]:
    """``cellar@yesterday``: the name, and the time in µs since 1970 UTC; None for now. ValueError for no time."""
    called, at, time = name.rpartition("@")
    if not at:
        return name, None
    if time in AGO:
        return called, _microseconds(now - AGO[time])
    until = Period.of(None, time).until
    assert until is not None
    return called, _microseconds(until)


def sensors_of(known: Sequence[FleetSensor], name: str) -> list[FleetSensor]:
    """The sensors that are meant: one by its name or id, those of ``site:NAME``, of ``site:`` all. NoSide."""
    if name.startswith(SITE):
        found = [one for one in known if name == SITE or one.identity.site == name.removeprefix(SITE)]
        if not found:
            raise NoSide("no sensor is of that site")
        return found
    found = [one for one in known if name in (one.identity.id, one.identity.name)]
    if not found:
        raise NoSide("no sensor has that name")
    if len(found) > 1:
        raise NoSide("several sensors have that name; name one by its id")
    return found


def side(reader: FleetReader, name: str, now: datetime, without: Container[str] = ()) -> list[Record]:
    """The records of a side (``NAME``, ``NAME@TIME``), with the user's corrections, but for those of the runs
    ``without``. NoSide, ValueError, StoreFailed."""
    called, at = split(name, now)
    with reader.at_once():
        sensors = sensors_of(reader.fleet(), called)
        applied = reader.applied_corrections()
        runs = [
            SensorRun(one.identity, run, reader.records(run, as_found=True))
            for one, run in runs_at(reader, sensors, at)
            if run not in without
        ]
        if not runs:
            raise NoSide("nothing was heard by then")
        with naming_misfits(reader.where.name, chain.from_iterable(one.records for one in runs)):
            known = [replace(one, records=_known(reader, one, at)) for one in runs]
            return applied.records(join(known, applied.silent).records)


def runs_at(reader: FleetReader, sensors: Sequence[FleetSensor], at: int | None) -> list[tuple[FleetSensor, str]]:
    """The runs that each sensor was in at a time (µs): those of now that had begun, else the last one that had."""
    infos = reader.runs() if at is not None else []
    found = []
    for one in sensors:
        mine = list(one.runs)
        if at is not None:
            own = reader.runs_of(one.identity.id)
            there = [each.id for each in infos if each.id in own and (microseconds(each.first_time) or 0) <= at]
            mine = [run for run in mine if run in there] or there[-1:]
        found += [(one, run) for run in mine]
    return found


def _known(reader: FleetReader, run: SensorRun, at: int | None) -> list[Record]:
    if at is None:
        return run.records
    return as_of(run.records, reader.history(run=run.run, kinds=KINDS, most=HISTORY), at)


def _microseconds(time: datetime) -> int:
    return int(time.astimezone(UTC).timestamp() * 1_000_000)
