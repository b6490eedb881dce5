"""Runs of several sensors of a store as one, with the user's corrections."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain

from sensor.records import Record
from sensor.sites.joined import JoinedRuns, SensorRun, join
from sensor.store.fleet_reader import FleetReader, FleetSensor
from sensor.store.misfits import naming_misfits
from sensor.store.reader import RunInfo
from sensor.store.types import Tool
from sensor.text import safe

NAMED = 20
"""Sensors that the name of a report has; each device names its own."""


def runs_of(sensors: Sequence[FleetSensor]) -> list[tuple[FleetSensor, str]]:
    """Each sensor's newest run, and what it listens into beside it."""
    return [(one, run) for one in sensors for run in one.runs]


def joined(reader: FleetReader, sensors: Sequence[FleetSensor]) -> JoinedRuns:
    """What these sensors saw, as one run: a device once, judged by all that was found and heard of it. StoreFailed."""
    with reader.at_once():
        applied = reader.applied_corrections()
        runs = [
            SensorRun(one.identity, run, reader.records(run, as_found=True), reader.traffic(run, as_found=True))
            for one, run in runs_of(sensors)
        ]
        with naming_misfits(reader.where.name, chain.from_iterable(one.records for one in runs)):
            found = join(runs, applied.silent)
        ids = {one["id"]: applied.merged_into(one["id"]) for one in found.records if one["record"] == "device"}
        seen_by: dict[str, list[str]] = {}
        for device, names in found.seen_by.items():
            mine = seen_by.setdefault(ids[device], [])
            mine += [name for name in names if name not in mine]
        return JoinedRuns(applied.records(found.records), applied.cells(found.cells), seen_by)


def called(sensors: Sequence[FleetSensor], site: str | None = None) -> str:
    """What a report of these sensors is called: their site, or their names."""
    if site:
        return safe(site, 60)
    more = len(sensors) - NAMED
    names = ", ".join(safe(one.identity.name, 60) for one in sensors[:NAMED])
    return f"{names} (+{more})" if more > 0 else names


def info_of(name: str, reader: FleetReader, sensors: Sequence[FleetSensor], records: Sequence[Record]) -> RunInfo:
    """Several runs in short, under a name; the versions of the program where they differ."""
    infos = [info for _, run in runs_of(sensors) if (info := reader.run(run)) is not None]
    bounds: dict[str, int] = {}
    for one in infos:
        for bound, count in one.bounds.items():
            bounds[bound] = bounds.get(bound, 0) + count
    return RunInfo(
        id=name,
        captures=tuple(each for one in infos for each in one.captures),
        first_time=min((one.first_time for one in infos if one.first_time), default=None),
        last_time=max((one.last_time for one in infos if one.last_time), default=None),
        devices=sum(one["record"] == "device" for one in records),
        findings=sum(one["record"] == "finding" for one in records),
        worst=None,
        written=max((one.written for one in infos), default=""),
        tool=Tool(
            ", ".join(sorted({one.tool.version for one in infos})),
            _only({one.tool.sha256 for one in infos}),
            _only({one.tool.signatures_sha256 for one in infos}),
        ),
        failures=sum(one.failures for one in infos),
        bounds=bounds,
        files=tuple(each for one in infos for each in one.files),
    )


def _only(values: set[str | None]) -> str | None:
    return values.pop() if len(values) == 1 else None
