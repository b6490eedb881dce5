"""What commands on a store share: `--store`, the choice of a run or of a sensor, errors as a sentence."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeVar

import click

from sensor.cli._config import config_option

if TYPE_CHECKING:
    from sensor.store.fleet_reader import FleetReader, FleetSensor
    from sensor.store.reader import RunInfo

LISTED = 20
"""Sensors that a sentence names."""

Command = TypeVar("Command", bound=Callable[..., Any])


def in_store(command: Command) -> Command:
    """Add `--store`, without which the command has nothing to work on, and `--config`, which names it, too."""
    option: Callable[[Command], Command] = click.option(
        "--store",
        required=True,
        metavar="PATH_OR_URL",
        help="The store that replay --store or watch --store fills.",
    )
    return option(config_option(command))


@contextmanager
def store_errors() -> Iterator[None]:
    """A store that cannot be used becomes a sentence and exit status 2."""
    from sensor.store.location import StoreFailed
    from sensor.text import safe

    try:
        yield
    except StoreFailed as error:
        raise click.ClickException(safe(str(error), 400)) from None


def choose_run(found: list[RunInfo], run: str | None, store: str) -> RunInfo:
    """The run of that name, or the one put in last; a sentence where there is none."""
    if not found:
        raise click.ClickException(f"{store}: the store has no run yet; replay --store puts one in")
    for one in found:
        if one.id == run:
            return one
    if run is not None:
        raise click.ClickException(f"{store}: has no run {run}; `lanwitness runs` lists them")
    return found[-1]


def runs_of_sensor(reader: FleetReader, sensor: str | None, store: str) -> list[RunInfo]:
    """The runs of the sensor of that name or id, the one put in last at the end; all of the store for None."""
    found = reader.runs()
    if sensor is None:
        return found
    own = reader.runs_of(sensor_called(reader, sensor, store).identity.id)
    return [one for one in found if one.id in own]


def sensor_called(reader: FleetReader, sensor: str, store: str) -> FleetSensor:
    """The sensor of that name or id, which has a run; a sentence where there is none, or more than one."""
    from sensor.text import safe

    known = reader.fleet()
    called = [one for one in known if sensor in (one.identity.id, one.identity.name)]
    if not called:
        raise click.ClickException(f"{store}: has no sensor {safe(sensor, 60)}; there are: {_names(known)}")
    if len(called) > 1:
        ids = ", ".join(safe(f"{one.identity.id} ({one.identity.site or 'no site'})", 120) for one in called[:LISTED])
        raise click.ClickException(f"{store}: {len(called)} sensors have this name; name one by its id: {ids}")
    if not called[0].runs:
        raise click.ClickException(f"{store}: the store has no run of the sensor {safe(sensor, 60)} any more")
    return called[0]


def sensors_called(reader: FleetReader, names: Iterable[str], store: str) -> list[FleetSensor]:
    """The sensors of these names or ids, each once."""
    found = {one.identity.id: one for one in (sensor_called(reader, name, store) for name in names)}
    return list(found.values())


def sensors_of_site(reader: FleetReader, site: str, store: str) -> list[FleetSensor]:
    """The sensors of a site that have runs; a sentence where there is none."""
    from sensor.text import safe

    known = reader.fleet()
    found = [one for one in known if one.identity.site == site and one.runs]
    if not found:
        sites = ", ".join(dict.fromkeys(safe(one.identity.site, 60) for one in known if one.identity.site)) or "none"
        raise click.ClickException(f"{store}: has no run of a sensor of the site {safe(site, 60)}; sites: {sites}")
    return found


def _names(known: Iterable[FleetSensor]) -> str:
    from itertools import islice

    from sensor.text import safe

    return ", ".join(dict.fromkeys(safe(one.identity.name, 60) for one in islice(known, LISTED))) or "none"


def say_which(reader: FleetReader, info: RunInfo, sensor: str | None) -> None:
    """Say whose run was taken, on standard error, where it could have been another sensor's or interface's."""
    from sensor.replay import complain
    from sensor.text import safe

    known = reader.fleet()
    whose = next((one for one in known if info.id in reader.runs_of(one.identity.id)), None)
    if sensor is None and len(known) > 1:
        of = "of no sensor" if whose is None else f"of the sensor {safe(whose.identity.name, 60)}"
        names = ", ".join(dict.fromkeys(safe(one.identity.name, 60) for one in known[:LISTED]))
        complain(f"the report is of the run {info.id}, {of}; --sensor NAME takes another: {names}")
    if whose is not None and info.id in whose.runs and len(whose.runs) > 1:
        others = ", ".join([one for one in whose.runs if one != info.id][:LISTED])
        complain(f"the report is of the run {info.id}; the sensor also listens into {others} (--run)")
