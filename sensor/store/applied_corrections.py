"""The user's corrections applied to records: names, kinds, merged, muted and accepted ones."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from sensor.devices.device import OUT_OF_SCOPE
from sensor.light_dataclass import dataclass
from sensor.records import Record, peer_address, rank_of, without_repeats
from sensor.store.moved_marks import moved
from sensor.store.rows import CLAIMS, PROTECTIONS, timestamp
from sensor.store.types import TrafficCell, summed
from sensor.wording import because

KINDS = ("name", "category", "yours", "merge", "apart", "mute", "accept")


@dataclass(frozen=True, slots=True)
class Correction:
    """One correction by a user. Times in µs since 1970 UTC. What is not part of its ``kind`` is None.

    name, category: ``device`` has this ``value`` (None: again what is inferred) · yours: ``device`` is the user's,
    ``value`` "yes" or "no" · merge: ``device`` is part of
    ``other`` · apart: they are two · mute: findings with this ``rule``, ``device`` and ``destination`` (None: any),
    ``until`` then (None: for good) · accept: ``finding`` of ``run``.
    """

    number: int
    kind: str
    by: str
    at: int
    device: str | None = None
    other: str | None = None
    rule: str | None = None
    destination: str | None = None
    run: str | None = None
    finding: str | None = None
    value: str | None = None
    note: str | None = None
    until: int | None = None
    undone_by: str | None = None
    undone_at: int | None = None

    def attribution(self) -> Record:
        """Who and when, for a page: ``number``, ``by``, ``at`` and ``until`` in RFC 3339, ``note``."""
        return {
            "number": self.number,
            "by": self.by,
            "at": timestamp(self.at),
            "until": timestamp(self.until),
            "note": self.note,
        }


class AppliedCorrections:
    """All that stands at a time ``now`` (µs since 1970 UTC). The last correction of the same thing counts."""

    def __init__(self, corrections: Iterable[Correction], now: int) -> None:
        self._named: dict[tuple[str, str], Correction] = {}
        self._part_of: dict[str, str] = {}
        self._apart: set[frozenset[str]] = set()
        self._accepted: dict[tuple[str | None, str | None], Correction] = {}
        self.mutes: list[Correction] = []
        for one in sorted(corrections, key=lambda one: one.number):
            if one.undone_at is not None:
                continue
            if one.kind in ("name", "category", "yours") and one.device is not None:
                self._named[one.kind, one.device] = one
            elif one.kind in ("merge", "apart") and one.device is not None and one.other is not None:
                self._joined(one.kind, one.device, one.other)
            elif one.kind == "accept":
                self._accepted[one.run, one.finding] = one
            elif one.kind == "mute" and (one.until is None or one.until > now):
                self.mutes.append(one)
        self._parts: dict[str, list[str]] = {}
        for part in self._part_of:
            self._parts.setdefault(self.merged_into(part), []).append(part)

    def _joined(self, kind: str, device: str, other: str) -> None:
        pair = frozenset((device, other))
        if kind == "apart":
            self._apart.add(pair)
            for one, another in ((device, other), (other, device)):
                if self._part_of.get(one) == another:
                    del self._part_of[one]
        elif device not in self._chain(other):  # else a ring, which has no end
            self._apart.discard(pair)
            self._part_of[device] = other

    def merged_into(self, device: str) -> str:
        """The id of the device that this one is part of; its own where it is part of none."""
        return self._chain(device)[-1]

    def _chain(self, device: str) -> list[str]:
        """The device, the one that it was merged into, the one that this was merged into, and so on."""
        found = [device]
        while found[-1] in self._part_of:
            found.append(self._part_of[found[-1]])
        return found

    def ids(self, device: str) -> list[str]:
        """The device and all that are part of it."""
        merged_into = self.merged_into(device)
        return [merged_into, *self._parts.get(merged_into, [])]

    @property
    def merges(self) -> bool:
        """Whether any device is part of another."""
        return bool(self._part_of)

    @property
    def accepted_ids(self) -> list[tuple[str, str]]:
        """(run, finding) of all that is accepted."""
        return [(run, finding) for run, finding in self._accepted if run is not None and finding is not None]

    @property
    def device_mutes(self) -> dict[str, list[Correction]]:
        """Device -> what mutes all that is of it: mutes with neither rule nor destination."""
        found: dict[str, list[Correction]] = {}
        for one in self.mutes:
            if one.device is not None and one.rule is None and one.destination is None:
                found.setdefault(self.merged_into(one.device), []).append(one)
        return found

    def muted(self, finding: Record) -> Correction | None:
        """What mutes a ``finding`` record, if anything does. A mute for a device leaves findings alone that are about
        others as well."""
        if not self.mutes:
            return None
        devices = {self.merged_into(one) for one in devices_of(finding)}
        detail = finding["detail"]
        peer = peer_address(finding)
        peers = {one.lower() for one in (peer, detail.get("server_name") or detail.get("host")) if isinstance(one, str)}
        for one in self.mutes:
            fits = one.rule in (None, finding["rule"]) and (one.destination is None or one.destination in peers)
            if fits and (one.device is None or devices == {self.merged_into(one.device)}):
                return one
        return None

    def accepted(self, finding: Record) -> Correction | None:
        """What accepts a ``finding`` record, if anything does."""
        return self._accepted.get((finding["run"], finding["id"]))

    def silent(self, finding: Record) -> bool:
        """Whether it raises no alert: it is muted or accepted."""
        return self.muted(finding) is not None or self.accepted(finding) is not None

    def records(self, found: Iterable[Record], silent: Iterable[str] = ()) -> list[Record]:
        """A run's records as the user knows them. ``silent``: muted and accepted findings that are not among them.

        A corrected device says so in ``corrected``, one of several in ``merged``; a finding that is muted or accepted
        has ``muted`` or ``accepted`` with who and when; marks move (`moved_marks`). Nothing is left out but verdicts of
        what is no such device.
        """
        rows = [self._finding(one) if one["record"] == "finding" else one for one in found]
        rows = moved(rows, {*silent, *(one["id"] for one in rows if "muted" in one or "accepted" in one)})
        if not self._named and not self._part_of and not self._apart:
            return rows
        devices: dict[str, Record] = {}
        judged: dict[tuple[str, str, str], Record] = {}
        for one in sorted(rows, key=lambda one: one.get("id", one.get("device")) in self._part_of):
            if one["record"] == "device":
                merged_into = self.merged_into(one["id"])
                devices[merged_into] = (
                    _joined(devices[merged_into], one) if merged_into in devices else {**one, "id": merged_into}
                )
            elif one["record"] in ("provision", "verdict"):
                key = (
                    one["record"],
                    self.merged_into(one["device"]),
                    one["provision"]["v3.1.3"] if one["record"] == "provision" else one["capability"],
                )
                judged[key] = _worse(judged[key], one) if key in judged else {**one, "device": key[1]}
        devices = {merged_into: self._device(one) for merged_into, one in devices.items()}
        return list(self._ordered(rows, devices, judged))

    def _ordered(
        self, rows: list[Record], devices: dict[str, Record], judged: dict[tuple[str, str, str], Record]
    ) -> Iterator[Record]:
        """Each device where the first of its parts stood, and so its judgement."""
        left = dict(devices)
        for one in rows:
            if one["record"] == "device":
                if (merged_into := self.merged_into(one["id"])) in left:
                    yield left.pop(merged_into)
            elif one["record"] not in ("provision", "verdict"):
                yield one
        mine: dict[str, list[Record]] = {}
        for (_, device, _), one in judged.items():
            mine.setdefault(device, []).append(one)
        for device, one in devices.items():
            if one["in_scope"]:
                yield from mine.get(device, [])

    def _device(self, device: Record) -> Record:
        same = [
            one
            for one in device["probably_same"]
            if frozenset((device["id"], one["id"])) not in self._apart and self.merged_into(one["id"]) != device["id"]
        ]
        found = {**device, "probably_same": same}
        corrected: Record = {}
        name, category = (self._of(kind, device["id"]) for kind in ("name", "category"))
        if name is not None and name.value is not None:
            corrected["name"] = {**name.attribution(), "was": device["hostname"]}
            found["hostname"] = name.value
        if category is not None and category.value is not None:
            was = device["category"]
            corrected["category"] = {**category.attribution(), "was": was["value"] if was else None}
            reason = {"field": "user", "value": category.value, "signature": f"said by {category.by}", "evidence": []}
            found["category"] = {"value": category.value, "confidence": 1.0, "because": [reason]}
            found["in_scope"] = category.value not in OUT_OF_SCOPE
        if (yours := self._of("yours", device["id"])) is not None:
            corrected["yours"] = {**yours.attribution(), "was": None, "value": yours.value}
        if corrected:
            found["corrected"] = corrected
        parts = [one for one in self.ids(device["id"]) if one != device["id"]]
        return {**found, "merged": parts} if parts else found

    def named(self, words: list[str]) -> list[str]:
        """The devices in whose given names all these words stand."""
        given = ((of, (one.value or "").casefold()) for (kind, of), one in self._named.items() if kind == "name")
        return [self.merged_into(of) for of, name in given if all(word.casefold() in name for word in words)]

    def _of(self, kind: str, device: str) -> Correction | None:
        """The correction of the device or of one that is part of it, the device's own first."""
        names = (self._named.get((kind, one)) for one in self.ids(device))
        return next((one for one in names if one is not None), None)

    def _finding(self, finding: Record) -> Record:
        found = finding
        for mark, correction in (("muted", self.muted(finding)), ("accepted", self.accepted(finding))):
            if correction is not None:
                found = {**found, mark: correction.attribution()}
        if not self._part_of:
            return found
        ids = {name: self.merged_into(finding[name]) for name in ("device", "peer_device") if finding[name] is not None}
        devices = finding["detail"].get("devices")
        if devices and finding["device"] is None:
            found = {
                **found,
                "detail": {**finding["detail"], "devices": list(dict.fromkeys(map(self.merged_into, devices)))},
            }
        return {**found, **ids}

    def cells(self, found: Iterable[TrafficCell]) -> list[TrafficCell]:
        """Bytes by hour or day of the devices as the user knows them."""
        return sorted(
            TrafficCell(*one) for one in summed((one._replace(device=self.merged_into(one.device)) for one in found), 1)
        )


def devices_of(finding: Record) -> list[str]:
    """Whom a finding is about: one device, those that share something, or none of this network."""
    return [finding["device"]] if finding["device"] else list(finding["detail"].get("devices") or ())


def _joined(one: Record, other: Record) -> Record:
    """Two records of one device."""
    found = {**one, "addresses": list(dict.fromkeys([*one["addresses"], *other["addresses"]]))}
    found["hostname"] = one["hostname"] or other["hostname"]
    found["first_seen"] = min(filter(None, (one["first_seen"], other["first_seen"])), default=None)
    found["last_seen"] = max(filter(None, (one["last_seen"], other["last_seen"])), default=None)
    for name in CLAIMS:
        found[name] = max(one.get(name), other.get(name), key=lambda claim: claim["confidence"] if claim else -1.0)
    found["bytes"] = {name: (one["bytes"][name] or 0) + (other["bytes"][name] or 0) for name in PROTECTIONS}
    peers: dict[tuple[Any, ...], Record] = {}
    for peer in [*one["destinations"], *other["destinations"]]:
        key = (peer["name"], peer["address"], peer["party"])
        before = peers.get(key)
        sums = ("bytes", *(name for name in PROTECTIONS if name in peer))
        peers[key] = {**peer, **{name: (peer[name] or 0) + ((before or {}).get(name) or 0) for name in sums}}
    found["destinations"] = sorted(peers.values(), key=lambda peer: -peer["bytes"])
    found["probably_same"] = [*one["probably_same"], *other["probably_same"]]
    found["in_scope"] = one["in_scope"] or other["in_scope"]
    if "channels" in one and "channels" in other:
        found["channels"] = sorted([*one["channels"], *other["channels"]], key=lambda channel: -channel["bytes"])
        found["channels_more"] = one["channels_more"] + other["channels_more"]
    return found


def _worse(one: Record, other: Record) -> Record:
    """The worse of two of a device's provisions or verdicts, with the reasons of all that are as bad."""
    worst = min(one, other, key=rank_of)
    same = [record for record in (one, other) if record["status"] == worst["status"]]
    named: Record = {
        name: list(dict.fromkeys(each for record in same for each in record.get(name) or ()))
        for name in ("against", "for")
        if name in worst
    }
    reasons = without_repeats(reason for record in same for reason in record.get("reasons") or record["because"])
    return {**worst, "device": one["device"], "reasons": reasons, "because": because(reasons), **named}
