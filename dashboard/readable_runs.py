"""Runs of a store without those whose rows cannot be read, with the sensors that these are of.

Any sensor of a hub may write anything into its own rows.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TypeVar

from sensor.records import Record, without_repeats
from sensor.store.fleet_reader import FleetReader, FleetSensor
from sensor.store.misfits import UnreadableRun, naming_misfits

T = TypeVar("T")

Runs = dict[str, FleetSensor]
"""Run -> its sensor."""

MOST = 3
"""Runs of one sensor that are left out one by one; then all of it is, for each costs another attempt."""


def of_readable(reader: FleetReader, runs: Mapping[str, FleetSensor], make: Callable[[Runs], T]) -> tuple[T, list[str]]:
    """What ``make`` gives of the runs that it can read, and the names of the sensors that have others."""
    left, failed = dict(runs), Counter[str]()
    names: dict[str, str] = {}
    while True:
        try:
            with naming_misfits(reader.where.name, records_of(reader, left)):
                return make(left), without_repeats(names.values())
        except UnreadableRun as error:
            if error.run not in left:
                raise
            own = left.pop(error.run).identity
            names[own.id] = own.name
            failed[own.id] += 1
            if failed[own.id] == MOST:
                left = {run: one for run, one in left.items() if one.identity.id != own.id}


def records_of(reader: FleetReader, runs: Iterable[str]) -> Iterator[Record]:
    """The records of these runs, read when they are looked at: after an error alone."""
    for run in list(runs):
        yield from reader.records(run, as_found=True)
