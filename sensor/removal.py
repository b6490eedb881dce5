"""Removal of a device, of a run, or of what retention ends: store, evidence packets and alerts.
state.

Every deletion goes through here. What cannot be removed is reported in a sentence, and the same deletion can be tried
again.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Protocol

from sensor.alerts.forget import forget as forget_alerts
from sensor.config import Config
from sensor.evidence.recorder import forget_device as forget_packets
from sensor.evidence.storage import EvidenceFolder, evidence_path
from sensor.files import error_reason
from sensor.identity import load_id
from sensor.light_dataclass import dataclass
from sensor.store.location import StoreFailed, StoreLocation, StoreState
from sensor.store.orders import Orders, is_finding_of
from sensor.store.reader import StoreReader
from sensor.store.retention import RetentionLimits, RetentionResult
from sensor.store.writer import ForgottenDevice, Writer


class RemovalFailed(Exception):  # noqa: N818 - a sentence for the user
    """A device could not be removed. It is still in the store, so that the removal can be tried again; the text says
    what is in the way."""


@dataclass(frozen=True, slots=True)
class Removal:
    """``runs`` that left the store, ``rows`` removed from runs that stay. ``left``: a sentence on what is still there,
    "" for nothing."""

    runs: tuple[str, ...]
    rows: int = 0
    left: str = ""


class RetentionStore(Protocol):
    """An open store that ends what is too old: `sensor.store.writer.Writer`."""

    def tidy(self, retention: RetentionLimits, now: int, sensor: str | None = None) -> RetentionResult:
        """Remove what is too old or too much at ``now`` (µs since 1970 UTC), of a shared database what ``sensor``
        wrote. Raises StoreFailed."""


def forget(where: StoreLocation, state: Path, device: str) -> ForgottenDevice:
    """Remove a device (its id), and all that the user merged into it, from every run, for good. Raises StoreFailed,
    RemovalFailed.

    ``state``: the state folder; it has the packets of a store that is no file. The store goes last: it tells which
    packets and alerts are the device's.
    """
    _must_be(where)
    folder = EvidenceFolder(evidence_path(where, state))
    runs: set[str] = set()
    findings = 0
    with Writer(where) as writer:
        _order(where, device)
        with StoreReader(where) as reader:
            ids = list(dict.fromkeys([device, *reader.applied_corrections().ids(device)]))
            try:
                for info in reader.runs():
                    found = reader.records(info.id, as_found=True)
                    for one in ids:
                        forget_packets(folder, info.id, found, one)
                    if any(record["record"] == "device" and record["id"] in ids for record in found):
                        runs.add(info.id)
            except OSError as error:
                raise RemovalFailed(_not_removed("its packets beside the store", error)) from None
        try:
            forget_alerts(state, ids)
        except OSError as error:
            raise RemovalFailed(_not_removed("what alerts remember of it", error)) from None
        for one in ids:
            findings += writer.forget(one).findings
    return ForgottenDevice(len(runs), findings)


def _order(where: StoreLocation, device: str) -> None:
    """Order the sensors of a shared store to forget a device, and all that was merged into it, while the store still
    says what its packets are known by."""
    if where.path is not None:
        return
    with Orders(where) as orders, StoreReader(where) as reader:
        orders.tidy(time.time_ns() // 1000)
        for one in dict.fromkeys([device, *reader.applied_corrections().ids(device)]):
            names, findings = {one}, set[str]()
            for info in reader.runs():
                for record in reader.records(info.id, as_found=True):
                    if record["record"] == "device" and record["id"] == one:
                        names |= {name for name in (record["mac"], record["hostname"], *record["addresses"]) if name}
                    elif record["record"] == "finding" and is_finding_of(record, one):
                        findings.add(record["id"])
            if holders := orders.holders([one]):
                orders.forget(one, names, findings, holders, time.time_ns() // 1000)


def remove(where: StoreLocation, state: Path, run: str) -> Removal:
    """Remove a run with its packets, or the packets that an earlier removal left behind. Raises StoreFailed; then
    nothing is removed."""
    _must_be(where)
    with Writer(where) as writer:
        found = writer.remove(run)
    return Removal((run,) if found else (), left=_drop(EvidenceFolder(evidence_path(where, state)), [run]))


def tidy(where: StoreLocation, state: Path, retention: RetentionLimits, now: int) -> Removal:
    """Remove what is too old or too much at ``now`` (µs since 1970 UTC), with the packets of runs that go. Of a
    database that sensors share only what this one wrote. Raises StoreFailed."""
    _must_be(where)
    with Writer(where) as writer:
        return _tidy(writer, EvidenceFolder(evidence_path(where, state)), retention, now, _own_id(where, state))


def tidy_hub(where: StoreLocation, state: Path, retention: RetentionLimits, now: int) -> Removal:
    """The same of everything, by each sensor's own days; ``retention`` is for those without. Raises StoreFailed."""
    _must_be(where)
    with Writer(where) as writer:
        return _tidy(writer, EvidenceFolder(evidence_path(where, state)), retention, now, None)


def daily(
    where: StoreLocation, state: Path, retention: RetentionLimits, say: Callable[[str], None]
) -> Callable[[RetentionStore, int], None]:
    """The retention of a live run, for `sensor.store.recorder.Recorder`: called with its open store and the time in µs
    since 1970 UTC.

    ``say`` takes the sentence on what is left behind.
    """
    folder, sensor = EvidenceFolder(evidence_path(where, state)), _own_id(where, state)

    def apply(store: RetentionStore, now: int) -> None:
        if left := _tidy(store, folder, retention, now, sensor).left:
            say(left)

    return apply


def _tidy(
    store: RetentionStore, folder: EvidenceFolder, retention: RetentionLimits, now: int, sensor: str | None
) -> Removal:
    removed = store.tidy(retention, now, sensor)
    return Removal(removed.runs, removed.rows, _drop(folder, removed.runs))


def _drop(folder: EvidenceFolder, runs: Iterable[str]) -> str:
    """Remove the packets of runs that left the store; the sentence on those that are still there."""
    failed: dict[str, str] = {}
    for run in runs:
        try:
            folder.drop(run)
        except OSError as error:
            failed[run] = _reason(error)
        except ValueError:
            continue  # no packets are ever written under such a name
    if not failed:
        return ""
    whose = f"run {next(iter(failed))}" if len(failed) == 1 else f"{len(failed):,} runs"
    return f"the packets of {whose} are still beside the store: {', '.join(dict.fromkeys(failed.values()))}"


def _own_id(where: StoreLocation, state: Path) -> str | None:
    """The id of this sensor, for a database that others may share; None for a file. "" where it has none: no run is
    its own."""
    if where.path is not None:
        return None
    try:
        return load_id(Config(state).sensor_file)
    except OSError:
        return ""


def _not_removed(what: str, error: OSError) -> str:
    return f"{what} cannot be removed: {_reason(error)}; the device is still in the store"


def _reason(error: OSError) -> str:
    return error_reason(error, "unknown error")


def _must_be(where: StoreLocation) -> None:
    if where.path is not None and not where.path.exists():
        raise StoreFailed(f"{where.name}: there is no store", StoreState.MISSING)
