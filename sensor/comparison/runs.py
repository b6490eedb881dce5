"""Two runs set against each other by device: what is new, worse, better, gone, not seen again."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import field
from typing import Any, Final, Literal

from sensor.comparison.keys import finding_key, issue_of, place_of, stable, subject
from sensor.light_dataclass import dataclass
from sensor.model import SEVERITIES, STATUSES
from sensor.needs import phrase, texts
from sensor.records import claimed_in
from sensor.wording import in_language

Record = Mapping[str, Any]

Change = Literal["new", "worse", "better", "gone", "not_seen_again", "same"]

CHANGES: Final[tuple[Change, ...]] = ("new", "worse", "better", "gone", "not_seen_again", "same")
"""In the order in which a person reads them."""

WORSE: Final = frozenset({"new", "worse"})

AGAINST: Final = frozenset({"violated", "concern", "recommendation_missed"})
"""Statuses that rest on a finding."""

HOURS, CONVERSATIONS = 24, 10
"""From so much on silence counts (docs/output.md, ``no_violation_seen``)."""

SESSIONS: Final = frozenset({"boot", "use", "idle"})
"""Sessions of a laboratory that together stand in for the hours."""

READABLE: Final = ("credential.cleartext", "credential.challenge", "transfer.", "personal.", "update.cleartext")
"""Rules of what crossed readable."""


@dataclass(frozen=True, slots=True)
class FindingChange:
    """Findings of one key in both runs. ``before`` and ``after``: their ids; severities: the worst of them, None where
    there is none. ``reason``: why it counts as gone: ``encrypted`` ``refused`` ``silence``, else None.
    """

    change: Change
    key: str
    rule: str
    severity_before: str | None
    severity_after: str | None
    before: tuple[str, ...]
    after: tuple[str, ...]
    summary: str
    reason: str | None = None
    silenced: bool = False
    """The user muted or accepted all that stands in the second run."""

    @property
    def matters(self) -> bool:
        """Whether it is more than a remark in either run, and not silenced."""
        return not self.silenced and {self.severity_before, self.severity_after} - {None, "info"} != set()


@dataclass(frozen=True, slots=True)
class VerdictChange:
    """A capability's status in both runs; None where the device was not judged."""

    change: Change
    capability: str
    before: str | None
    after: str | None


@dataclass(slots=True)
class DeviceChange:
    """A device of both runs, or of one. ``paired``: ``as`` (the user said so), ``id``, ``model`` (the only one of its
    model in both), None for a device of one run. ``heard_enough``: in the second run, so that silence counts.
    """

    before: str | None
    after: str | None
    name: str
    subject: str
    paired: str | None
    heard_enough: bool
    findings: list[FindingChange] = field(default_factory=list)
    verdicts: list[VerdictChange] = field(default_factory=list)

    @property
    def got_worse(self) -> bool:
        """Whether a finding that is no remark is new or worse, or a status is."""
        return any(one.change in WORSE and one.matters for one in self.findings) or any(
            one.change == "worse" for one in self.verdicts
        )


@dataclass(slots=True)
class RunComparison:
    """The devices, those that got worse first."""

    devices: list[DeviceChange]

    @property
    def got_worse(self) -> bool:
        """Whether anything did."""
        return any(one.got_worse for one in self.devices)

    def counts(self) -> dict[str, int]:
        """How many findings there are of each change, without remarks."""
        found: dict[str, int] = dict.fromkeys(CHANGES, 0)
        for device in self.devices:
            for one in device.findings:
                found[one.change] += one.matters
        return found


class Pairing(ValueError):  # noqa: N818 - a sentence for the user
    """A device that was to be set against another one is in neither run; the text says which."""


@dataclass(slots=True)
class _Side:
    """The records of one run by device."""

    devices: dict[str, Record]
    findings: dict[str | None, dict[str, list[Record]]]
    """Device -> issue -> findings."""
    verdicts: dict[str, dict[str, Record]]

    @classmethod
    def of(cls, records: Iterable[Record]) -> _Side:
        made = cls({}, {}, {})
        listed = list(records)
        for one in listed:
            if one["record"] == "device":
                made.devices[one["id"]] = one
        for one in listed:
            if one["record"] == "finding":
                device = one["device"] if one["device"] in made.devices else None
                key = one.get("key") or finding_key(one, made.devices.get(device or ""))
                made.findings.setdefault(device, {}).setdefault(issue_of(key), []).append(one)
            elif one["record"] == "verdict":
                made.verdicts.setdefault(one["device"], {})[one["capability"]] = one
        return made


def compare(
    before: Iterable[Record], after: Iterable[Record], pairs: Mapping[str, str] | None = None, language: str = "en"
) -> RunComparison:
    """The records of a run against those of an earlier one. ``pairs``: ids of devices before -> after that the user
    sets against each other. Raises Pairing, and FileNotFoundError where there is no catalogue of the language.
    """
    old, new = _Side.of(before), _Side.of(after)
    catalogue = texts(language)
    devices = []
    for first, second, how in _paired(old.devices, new.devices, pairs or {}):
        was, now = old.devices.get(first or ""), new.devices.get(second or "")
        known = now or was
        devices.append(
            DeviceChange(
                before=first,
                after=second,
                name=phrase(known, catalogue) if known is not None else "",
                subject=subject(known),
                paired=how,
                heard_enough=second is not None and _heard_enough(new.verdicts.get(second, {})),
            )
        )
        _compare_findings(devices[-1], old.findings.get(first, {}), new.findings.get(second, {}), now, language)
        _compare_verdicts(devices[-1], old.verdicts.get(first or "", {}), new.verdicts.get(second or "", {}))
    devices.sort(key=lambda one: (not one.got_worse, one.name, one.after or one.before or ""))
    return RunComparison([one for one in devices if one.findings or one.verdicts or one.paired is None])


def _paired(
    old: Mapping[str, Record], new: Mapping[str, Record], pairs: Mapping[str, str]
) -> list[tuple[str | None, str | None, str | None]]:
    """(before, after, how), each device once; last the findings of no device."""
    for side, ids, which in ((old, pairs.keys(), "first"), (new, pairs.values(), "second")):
        for one in ids:
            if one not in side:
                raise Pairing(f"--as names {one}, which is not in the {which} run")
    if len(set(pairs.values())) < len(pairs):
        raise Pairing("--as sets two devices against the same one")
    found: list[tuple[str | None, str | None, str | None]] = [(first, pairs[first], "as") for first in pairs]
    left = {one for one in old if one not in pairs}
    free = {one for one in new if one not in pairs.values()}
    same = left & free
    found += [(one, one, "id") for one in old if one in same]
    first_of, second_of = _only_of_model(old, left - same), _only_of_model(new, free - same)
    models = [(first_of[one], second_of[one]) for one in first_of if one in second_of]
    found += [(first, second, "model") for first, second in models]
    # An id may stand for one device of the first run and for another of the second.
    firsts, seconds = {first for first, _, _ in found}, {second for _, second, _ in found}
    found += [(one, None, None) for one in old if one not in firsts]
    found += [(None, one, None) for one in new if one not in seconds]
    return [*found, (None, None, "id")]


def _only_of_model(devices: Mapping[str, Record], ids: set[str]) -> dict[str, str]:
    """Model -> id, of the models that stand there once."""
    found: dict[str, list[str]] = {}
    for one in devices:
        if (model := claimed_in(devices[one], "model")) is not None:
            found.setdefault(model.lower(), []).append(one)
    return {model: ids_of[0] for model, ids_of in found.items() if len(ids_of) == 1 and ids_of[0] in ids}


def _heard_enough(verdicts: Mapping[str, Record]) -> bool:
    """Whether silence of the device counts: a day and ten conversations, or the laboratory's sessions."""
    coverage = next((one["coverage"] for one in verdicts.values() if one.get("coverage")), None)
    if coverage is None:
        return False
    long = coverage["hours"] >= HOURS or set(coverage.get("sessions") or ()) >= SESSIONS
    return bool(long and coverage["flows"] >= CONVERSATIONS)


def _compare_findings(
    device: DeviceChange,
    before: Mapping[str, list[Record]],
    after: Mapping[str, list[Record]],
    now: Record | None,
    language: str,
) -> None:
    for one in dict.fromkeys((*before, *after)):
        was, is_now = before.get(one, []), after.get(one, [])
        first, second = _worst(was), _worst(is_now)
        reason = None
        if not was:
            change: Change = "new"
        elif is_now:
            rank = _rank(second) - _rank(first)
            change = "worse" if rank < 0 else "better" if rank > 0 and _shows_better(is_now) else "same"
        else:
            reason = _refuted(one, was, after, now) or ("silence" if device.heard_enough else None)
            change = "gone" if reason else "not_seen_again"
        shown = min(is_now or was, key=lambda found: SEVERITIES.index(found["severity"]))
        device.findings.append(
            FindingChange(
                change, f"{device.subject}/{one}", shown["rule"], first, second, _ids(was), _ids(is_now),
                _summary(shown, language), reason,
                bool(is_now) and all(found.get("muted") or found.get("accepted") for found in is_now),
            )
        )  # fmt: skip
    worst = {one.key: min(_rank(one.severity_before), _rank(one.severity_after)) for one in device.findings}
    device.findings.sort(key=lambda one: (CHANGES.index(one.change), worst[one.key], one.key))


def _summary(finding: Record, language: str) -> str:
    """What was found, in the language; as the file has it where its message is no sound one, or a newer version's."""
    try:
        found = str(in_language({**finding}, language)["summary"])
    except (AttributeError, KeyError, RecursionError, TypeError, ValueError):
        return str(finding["summary"])
    return found if found != finding.get("message_id") else str(finding["summary"])


def _shows_better(after: Sequence[Record]) -> bool:
    """Whether milder findings show that it became better: a log-in that was refused, or whose answer was not heard,
    says nothing of those that would be accepted.
    """
    return all(one["detail"].get("accepted") is True for one in after if one["rule"].startswith("credential."))


def _refuted(missing: str, was: Sequence[Record], after: Mapping[str, list[Record]], now: Record | None) -> str | None:
    """What in the second run shows that it is so no more: the factory pair was refused at the same service, or
    everything to the same destination was encrypted.
    """
    first = was[0]
    if first["rule"] == "credential.default":
        refused = {
            _service(one) for found in after.values() for one in found if one["rule"].endswith("refused_default")
        }
        return "refused" if {_service(one) for one in was} <= refused else None
    if first["role"] != "client" or not first["rule"].startswith(READABLE) or now is None:
        return None
    name = place_of(missing).rpartition(":")[0]
    there = [one for one in now.get("channels") or () if name in map(stable, one["names"])]
    return "encrypted" if there and all(one["encrypted"] and not one["cleartext"] for one in there) else None


def _service(finding: Record) -> tuple[str, str]:
    return finding["protocol"], str(finding["server"]).rpartition(":")[2]


def _compare_verdicts(device: DeviceChange, before: Mapping[str, Record], after: Mapping[str, Record]) -> None:
    for capability in dict.fromkeys((*before, *after)):
        was, now = (side[capability]["status"] if capability in side else None for side in (before, after))
        change: Change = "same"
        if was is None:
            change = "new"
        elif now is None:
            change = "not_seen_again"
        elif now in AGAINST and STATUSES.index(now) < STATUSES.index(was):
            change = "worse"
        elif was in AGAINST and STATUSES.index(now) > STATUSES.index(was):
            mended = set(before[capability].get("against") or ["?"]) <= _mended(device)
            change = "better" if mended or device.heard_enough else "not_seen_again"
        device.verdicts.append(VerdictChange(change, capability, was, now))


def _mended(device: DeviceChange) -> set[str]:
    """The ids of the first run's findings that are shown to be gone, or better."""
    return {name for one in device.findings if one.change in ("gone", "better") for name in one.before}


def _worst(findings: Sequence[Record]) -> str | None:
    return min((one["severity"] for one in findings), key=SEVERITIES.index, default=None)


def _rank(severity: str | None) -> int:
    return SEVERITIES.index(severity) if severity is not None else len(SEVERITIES)


def _ids(findings: Sequence[Record]) -> tuple[str, ...]:
    return tuple(one["id"] for one in findings)
