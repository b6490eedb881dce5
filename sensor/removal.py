"""A device, a run, or what is too old, out of a store, the packets that are kept beside it, and what alerts remember: the only place that knows of all."""

from __future__ import annotations

from pathlib import Path

from sensor.alerts.forget import forget as forget_alerts
from sensor.evidence.recorder import forget as forget_packets
from sensor.evidence.storage import Folder, beside
from sensor.store.location import State, StoreFailed, StoreLocation
from sensor.store.reader import Reader
from sensor.store.retention import Retention, Tidied
from sensor.store.writer import Forgotten, Writer


def forget(where: StoreLocation, state: Path, device: str) -> Forgotten:
    """Remove a device (its id), and all that the user said is part of it, from every run, for good. Raises StoreFailed; OSError of the packets' folder.

    ``state``: the state folder, where the packets of a store are that is no file.
    """
    _must_be(where)
    folder = Folder(beside(where, state))
    runs: set[str] = set()
    findings = 0
    with Writer(where) as writer:
        with Reader(where) as reader:
            ids = list(dict.fromkeys([device, *reader.decided().ids(device)]))
            # First the packets: which are its own is told by what the store is about to forget.
            for info in reader.runs():
                found = reader.records(info.id, as_found=True)
                for one in ids:
                    forget_packets(folder, info.id, found, one)
                if any(record["record"] == "device" and record["id"] in ids for record in found):
                    runs.add(info.id)
        for one in ids:
            findings += writer.forget(one).findings
        forget_alerts(state, ids)
    return Forgotten(len(runs), findings)


def remove(where: StoreLocation, state: Path, run: str) -> bool:
    """Take a run out, with its packets; False where there is none. Raises as `forget` does."""
    _must_be(where)
    with Writer(where) as writer:
        there = writer.remove(run)
    if there:
        Folder(beside(where, state)).drop(run)
    return there


def tidy(where: StoreLocation, state: Path, retention: Retention, now: int) -> Tidied:
    """Take out what is too old or too much at ``now`` (µs since 1970 UTC). Raises as `forget` does."""
    _must_be(where)
    with Writer(where) as writer:
        gone = writer.tidy(retention, now)
    for run in gone.runs:
        Folder(beside(where, state)).drop(run)
    return gone


def _must_be(where: StoreLocation) -> None:
    if where.path is not None and not where.path.exists():
        raise StoreFailed(f"{where.name}: there is no store", State.MISSING)
