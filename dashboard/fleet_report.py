"""The report of several sensors as one: of a site, a bench, or all that the store has."""

from __future__ import annotations

from dataclasses import replace

from dashboard.data.sensors import Narrowed
from dashboard.fleet import Fleet
from dashboard.queries import Unknown
from dashboard.readable_runs import Runs, of_readable
from sensor.catalogue import LANGUAGES
from sensor.report.build import Report, build
from sensor.sites.stored import called, info_of, joined
from sensor.store.fleet_reader import FleetSensor
from sensor.store.misfits import naming_misfits


def report(fleet: Fleet, narrowed: Narrowed, device: str | None = None, language: str = LANGUAGES[0]) -> Report:
    """Everything of the sensors that are asked for, or of one device that they heard, as `lanwitness report --site` has
    it. A run that cannot be read is left out, and ``left_out`` names its sensor. Raises Unknown."""
    runs = fleet.runs(narrowed)
    if not runs:
        raise Unknown("There is no such sensor.")
    site = narrowed["site"] if set(narrowed) == {"site"} else None
    name = called(_with_runs(runs), site)
    reader = fleet.reader
    with reader.at_once():
        found, unread = of_readable(reader, runs, lambda left: _report(fleet, name, left, device, language))
    return {**found, **({"left_out": unread} if unread else {})}


def _report(fleet: Fleet, name: str, runs: Runs, device: str | None, language: str) -> Report:
    reader, sensors = fleet.reader, _with_runs(runs)
    found = joined(reader, sensors)
    info = info_of(name, reader, sensors, found.records)
    own = None if device is None else reader.applied_corrections().merged_into(device)
    try:
        with naming_misfits(reader.where.name, found.records):
            return build(info, found.records, found.cells, own, language=language, seen_by=found.seen_by)
    except KeyError:
        if own is None or any(one["id"] == own for one in found.records if one["record"] == "device"):
            raise
        raise Unknown("This run has no such device.") from None


def _with_runs(runs: Runs) -> list[FleetSensor]:
    """The sensors of these runs, each with these alone."""
    sensors = {one.identity.id: one for one in runs.values()}
    return [replace(one, runs={run: at for run, at in one.runs.items() if run in runs}) for one in sensors.values()]
