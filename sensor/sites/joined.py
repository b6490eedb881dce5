"""Records of several runs as those of one: devices and findings once, verdicts of all."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Sequence
from dataclasses import field

from sensor.light_dataclass import dataclass
from sensor.model import SEVERITIES, STATUSES
from sensor.records import Record, without_repeats
from sensor.sites.coverage import Hearing, together
from sensor.sites.judged import judged
from sensor.store.rows import CLAIMS, PROTECTIONS
from sensor.store.seen import device_key
from sensor.store.types import SensorIdentity, TrafficCell

Ids = dict[str, str]


@dataclass(slots=True)
class SensorRun:
    """A run of a sensor, with its records as they were found (without corrections) and its bytes by hour."""

    sensor: SensorIdentity
    run: str
    records: list[Record]
    cells: list[TrafficCell] = field(default_factory=list)

    def of(self, kind: str) -> list[Record]:
        """Its records of a kind."""
        return [one for one in self.records if one["record"] == kind]

    @property
    def span(self) -> tuple[str | None, str | None]:
        """From when to when it listened."""
        captures = self.of("capture")
        first = [one["first_time"] for one in captures if one["first_time"]]
        last = [one["last_time"] for one in captures if one["last_time"]]
        return min(first, default=None), max(last, default=None)


@dataclass(slots=True)
class JoinedRuns:
    """Records and bytes of several runs as one; ``seen_by``: device -> names of the sensors that heard it."""

    records: list[Record]
    cells: list[TrafficCell]
    seen_by: dict[str, list[str]]


def join(runs: Sequence[SensorRun], is_silent: Callable[[Record], bool] = lambda _: False) -> JoinedRuns:
    """The runs as one. A device is the same for sensors of one site, by its maker's MAC; what else has one id gets
    different ones. ``is_silent``: whether the user accepted or muted a finding; one that two sensors found is so where
    it is at both."""
    devices, found = _Devices(), _Findings(is_silent)
    captures = [{**one, "sensor": each.sensor.name} for each in runs for one in each.of("capture")]
    for one in runs:
        devices.add(one)
    for one in runs:
        found.add(one, devices.ids[one.run])
    records = [*captures, *devices.records.values(), *found.records.values()]
    about: dict[str, list[Record]] = {}
    for finding in found.records.values():
        for device in (finding["device"], *(finding["detail"].get("devices") or ())):
            if device is not None:
                about.setdefault(device, []).append(finding)
    for device, where in devices.sightings.items():
        records += _judged(device, where, found, about.get(device, []))
    return JoinedRuns(records, devices.cells(), {name: devices.seen_by(name) for name in devices.records})


class _Devices:
    """Devices by their id in the whole, joined from those of each run."""

    def __init__(self) -> None:
        self.records: dict[str, Record] = {}
        self.ids: dict[str, Ids] = {}
        """Run -> id there -> id in the whole."""
        self.sightings: dict[str, list[tuple[SensorRun, str]]] = {}
        self._by_key: dict[tuple[str, str], str] = {}

    def add(self, run: SensorRun) -> None:
        ids = self.ids.setdefault(run.run, {})
        for one in run.of("device"):
            key = run.sensor.site, device_key(run.sensor.id, one)
            name = self._by_key.get(key)
            if name is None:
                name = self._by_key[key] = _free(one["id"], self.sightings, run.sensor)
            ids[one["id"]] = name
            self.sightings.setdefault(name, []).append((run, one["id"]))
        for one in run.of("device"):
            same = [{**each, "id": ids.get(each["id"], each["id"])} for each in one["probably_same"]]
            moved = {**one, "id": ids[one["id"]], "probably_same": same}
            before = self.records.get(moved["id"])
            self.records[moved["id"]] = moved if before is None else _joined(before, moved)

    def seen_by(self, device: str) -> list[str]:
        return list(dict.fromkeys(run.sensor.name for run, _ in self.sightings[device]))

    def cells(self) -> list[TrafficCell]:
        """Bytes of an hour: the most that a sensor heard, for two may have heard the same packets."""
        by_run: dict[tuple[str, int, str, str], int] = {}
        for name, where in self.sightings.items():
            for run, device in where:
                for one in run.cells:
                    if one.device == device:
                        key = name, one.hour, one.protection, one.party
                        by_run[key] = max(by_run.get(key, 0), one.bytes)
        return [TrafficCell(*key, amount) for key, amount in sorted(by_run.items())]


class _Findings:
    """Findings by their id in the whole."""

    def __init__(self, is_silent: Callable[[Record], bool]) -> None:
        self.records: dict[str, Record] = {}
        self.ids: dict[str, Ids] = {}
        self._is_silent = is_silent
        self._silent: dict[str, bool] = {}

    def add(self, run: SensorRun, devices: Ids) -> None:
        ids = self.ids.setdefault(run.run, {})
        for one in run.of("finding"):
            moved = {**one, "sensors": [run.sensor.name]}
            for name in ("device", "peer_device"):
                if one[name] is not None:
                    moved[name] = devices.get(one[name], one[name])
            if one["detail"].get("devices"):
                whose = [devices.get(each, each) for each in one["detail"]["devices"]]
                moved["detail"] = {**one["detail"], "devices": whose}
            before = self.records.get(one["id"])
            if before is not None and not _same(before, moved):
                moved["id"] = _free(one["id"], self.records, run.sensor)
                before = None
            silent = self._is_silent(one)
            if before is None:
                self.records[moved["id"]], self._silent[moved["id"]] = moved, silent
            else:
                self.records[before["id"]] = self._folded(before, moved, silent=silent)
            ids[one["id"]] = moved["id"]

    def _folded(self, one: Record, other: Record, *, silent: bool) -> Record:
        """One finding of two sensors: the worse, which is silent where both are."""
        worse = min(one, other, key=_badness)
        open_one = other if self._silent[one["id"]] and not silent else one
        self._silent[one["id"]] = self._silent[one["id"]] and silent
        return {
            **worse,
            "run": open_one["run"],
            "time": min(filter(None, (one["time"], other["time"])), default=None),
            "last_time": max(filter(None, (one["last_time"], other["last_time"])), default=None),
            # Two sensors may have counted the same packets.
            "count": max(one["count"], other["count"]),
            "evidence": [*one["evidence"], *other["evidence"]],
            "sensors": list(dict.fromkeys([*one["sensors"], *other["sensors"]])),
        }


def _judged(
    device: str, where: Iterable[tuple[SensorRun, str]], findings: _Findings, about: Iterable[Record]
) -> list[Record]:
    by_run, heard = [], []
    for run, name in where:
        own = [
            one
            for one in run.records
            if one["record"] in ("provision", "verdict") and one["device"] == name and one["status"] in STATUSES
        ]
        coverage = next((one["coverage"] for one in own if one["record"] == "verdict"), None)
        if coverage is None:
            continue
        ids = findings.ids[run.run]
        by_run.append([_with_ids(one, ids) for one in own])
        hours = frozenset(one.hour for one in run.cells if one.device == name and one.bytes)
        heard.append(Hearing(coverage, *run.span, hours))
    if len(by_run) < 2:
        return [{**one, "device": device} for records in by_run for one in records]
    return judged(device, by_run, together(heard), about)


def _with_ids(record: Record, ids: Ids) -> Record:
    """A provision or verdict that names findings by their ids in the whole."""

    def renamed(value: object) -> object:
        if isinstance(value, str):
            return ids.get(value, value)
        if isinstance(value, dict) and value.get("message_id") == "cleared":
            given = value["parameters"]
            return {**value, "parameters": {**given, "finding": ids.get(given["finding"], given["finding"])}}
        return value

    names = [name for name in ("reasons", "because", "against", "for") if record.get(name)]
    return {**record, **{name: [renamed(one) for one in record[name]] for name in names}}


def _same(one: Record, other: Record) -> bool:
    return all(one[name] == other[name] for name in ("rule", "device", "role", "server"))


def _badness(finding: Record) -> tuple[bool, int]:
    return finding["detail"].get("accepted") is not True, SEVERITIES.index(finding["severity"])


def _free(name: str, taken: Container[str], sensor: SensorIdentity) -> str:
    """The id, or one that says whose it is where it is taken."""
    for found in (name, f"{name}@{sensor.name}", f"{name}@{sensor.id}"):
        if found not in taken:
            return found
    number = 2
    while (found := f"{name}@{sensor.id}.{number}") in taken:
        number += 1
    return found


def _joined(one: Record, other: Record) -> Record:
    """Two sensors' records of one device. Bytes are those of the one that heard more: they are not added up."""
    sizes = {id(each): sum(amount or 0 for amount in each["bytes"].values()) for each in (one, other)}
    busy, quiet = sorted((one, other), key=lambda each: -sizes[id(each)])
    found = {**busy, "addresses": list(dict.fromkeys([*one["addresses"], *other["addresses"]]))}
    found["hostname"] = one["hostname"] or other["hostname"]
    found["first_seen"] = min(filter(None, (one["first_seen"], other["first_seen"])), default=None)
    found["last_seen"] = max(filter(None, (one["last_seen"], other["last_seen"])), default=None)
    found.pop("not_heard_since", None)
    silent = [each.get("not_heard_since") for each in (one, other)]
    if all(silent):
        found["not_heard_since"] = max(silent)  # type: ignore[type-var]
    for name in CLAIMS:
        found[name] = max(one.get(name), other.get(name), key=lambda claim: claim["confidence"] if claim else -1.0)
    peers = {(peer["name"], peer["address"], peer["party"]): peer for peer in quiet["destinations"]}
    for peer in busy["destinations"]:
        key = peer["name"], peer["address"], peer["party"]
        before = peers.get(key, {})
        more = {name: max(peer[name] or 0, before.get(name) or 0) for name in ("bytes", *PROTECTIONS) if name in peer}
        peers[key] = {**peer, **more}
    found["destinations"] = sorted(peers.values(), key=lambda peer: -peer["bytes"])
    for name in ("probably_same", "hidden"):
        found[name] = without_repeats([*one.get(name, ()), *other.get(name, ())])
    found["in_scope"] = one["in_scope"] or other["in_scope"]
    return found
