"""Rows of a store that no program of ours wrote: a sentence names the run that they are in."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from sensor.records import Record
from sensor.schemas.fit import misfit
from sensor.store.location import StoreFailed, StoreState
from sensor.text import safe

NO_RECORD = (AttributeError, IndexError, KeyError, OverflowError, RecursionError, TypeError, ValueError)
"""Python's errors over such rows: any sensor of a hub may write anything into its own."""

KINDS = frozenset({"capture", "device", "finding", "provision", "verdict"})
"""Records that a store has of a run."""


class UnreadableRun(StoreFailed):
    """Rows of one run are no records; what other runs hold can be read."""

    def __init__(self, sentence: str, run: str) -> None:
        super().__init__(sentence, StoreState.DAMAGED)
        self.run = run


@contextmanager
def naming_misfits(store: str, records: Iterable[Record]) -> Iterator[None]:
    """An error over ``records``, of which one does not fit the schema of its kind, is UnreadableRun. Where all fit
    it is a fault of ours, and stays what it is.

    Looked at after an error alone: records of an older version do not fit either, and can be read.
    """
    try:
        yield
    except NO_RECORD:
        for one in records:
            kind = str(one["record"])
            if kind not in KINDS or (place := misfit(one)) is not None:
                raise no_record(store, one["run"], f"{kind}: {place}" if kind in KINDS else kind) from None
        raise


def no_record(store: str, run: object, place: str | None = None) -> UnreadableRun:
    """The sentence: a run's row that is no record, and where."""
    where = f" ({safe(place, 80)})" if place else ""
    return UnreadableRun(f"{store}: run {safe(str(run), 60)} holds rows that cannot be read{where}", str(run))
