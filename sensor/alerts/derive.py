"""Derivation of alerts from changed records and the known state. Pure: no clock, no file, no state."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import field
from typing import Any, Protocol

from sensor.alerts.alert import Alert, called, claimed, clean
from sensor.catalogue import texts_of, worded
from sensor.light_dataclass import dataclass
from sensor.model import STATUSES, Capability, SensorState, Status
from sensor.records import Record
from sensor.settings.keys import RISING
from sensor.settings.keys import AlertSettings as Rules
from sensor.wording import in_language

BAD = {Status.VIOLATED.value: "high", Status.CONCERN.value: "medium", Status.RECOMMENDATION_MISSED.value: "low"}
"""Statuses that raise an alert, with its severity where the record names none. The others say that too little was
seen, or that traffic cannot show it."""

GOOD = Status.NO_VIOLATION_SEEN.value

CAPABILITIES = tuple(one.value for one in Capability)


class KnownState(Protocol):
    """What was alerted or learned before. `sensor.alerts.state.AlertState` keeps it across restarts."""

    @property
    def devices(self) -> Mapping[str, str]:
        """Device id -> what it was called last."""

    @property
    def findings(self) -> Mapping[str, int]:
        """Fingerprint of a finding (see `same`) -> anything."""

    @property
    def verdicts(self) -> Mapping[str, str]:
        """``device capability`` -> the worst status alerted since it last was good."""

    @property
    def learning(self) -> bool:
        """Whether the first hour of the very first start is not over yet: what is there is learned without a word."""


class LimitsState(Protocol):
    """Which limits were told of."""

    limits: list[str]
    changed: bool


@dataclass(slots=True)
class Step:
    """What follows from a change: alerts, and what is known from then on."""

    alerts: list[Alert] = field(default_factory=list)
    devices: dict[str, str] = field(default_factory=dict)
    findings: dict[str, int] = field(default_factory=dict)
    verdicts: dict[str, str] = field(default_factory=dict)


def derive(records: Iterable[Record], known: KnownState, rules: Rules, now: float) -> Step:
    """``records``: those of a run that are new or changed (docs/output.md). ``now``: seconds since 1970 UTC."""
    step = Step()
    ordered = sorted(records, key=lambda one: ORDER.get(one.get("record", ""), len(ORDER)))
    for record in ordered:
        kind = record.get("record")
        if kind == "device":
            _device(step, record, known, rules, now)
        elif kind == "finding":
            _finding(step, record, known, rules, now)
        elif kind == "verdict":
            _verdict(step, record, known, rules, now)
    return step


ORDER = {"device": 0, "finding": 1, "verdict": 2}
"""Devices first: the others' alerts name them."""


def same(finding: Record) -> str:
    """A fingerprint that findings of one kind share: a device that sends the same thing to one more address, or after a
    restart, says nothing new."""
    detail = finding.get("detail") or {}
    parts = [
        finding.get("rule"),
        finding.get("severity"),
        finding.get("device"),
        finding.get("peer_device"),
        finding.get("protocol"),
        *(detail.get(name) if isinstance(detail.get(name), str) else None for name in ("mechanism", "content")),
        *(sorted(map(str, detail["devices"])) if isinstance(detail.get("devices"), list) else ()),
    ]
    return hashlib.blake2b("\0".join(map(str, parts)).encode("utf-8", "replace"), digest_size=8).hexdigest()


def _device(step: Step, device: Record, known: KnownState, rules: Rules, now: float) -> None:
    name, name_before = called(device), known.devices.get(device["id"])
    if name_before is not None:
        if name != name_before:
            step.devices[device["id"]] = name
        return
    step.devices[device["id"]] = name
    if known.learning or not rules.new_device:
        return
    random = bool(device.get("mac_randomized"))
    words = texts_of("sensor.needs", rules.language)["category"]
    what = claimed(device, "category")
    about = {
        "name": name,
        "what": words.get(what, what) if what else None,
        "maker": claimed(device, "vendor") or None,
        "random": random,
    }
    step.alerts.append(
        Alert(
            key=f"new_device {device['id']}",
            kind="new_device",
            severity="low" if random else "medium",
            time=now,
            title=worded("alert", "new_device.title", about, rules.language),
            text=clean(
                worded("alert", "new_device.text" if what else "new_device.text.unknown", about, rules.language)
            ),
            device=device["id"],
            name=name,
        )
    )


def _finding(step: Step, finding: Record, known: KnownState, rules: Rules, now: float) -> None:
    severity = finding.get("severity")
    if rules.finding == "off" or severity not in RISING or RISING.index(severity) < RISING.index(rules.finding):
        return
    print_ = same(finding)
    if print_ in known.findings or print_ in step.findings:
        return
    step.findings[print_] = 1
    if known.learning and severity != "critical":
        return
    name = _name(step, known, finding.get("device"))
    title = "finding.title" if name else "finding.title.of_nobody"
    shown = in_language(finding, rules.language)
    step.alerts.append(
        Alert(
            key=f"finding {print_}",
            kind="finding",
            severity=severity,
            time=now,
            title=clean(worded("alert", title, {"name": name, "family": family(finding["rule"])}, rules.language)),
            text=clean(f"{shown.get('summary') or ''} {shown.get('advice') or ''}".strip()),
            device=finding.get("device"),
            name=name,
            rule=finding["rule"],
            capability=finding.get("capability"),
            finding=finding.get("id"),
        )
    )


def family(rule: Any) -> str:
    """``credential`` of ``credential.cleartext``."""
    return str(rule).partition(".")[0]


def _verdict(step: Step, verdict: Record, known: KnownState, rules: Rules, now: float) -> None:
    device, capability, status = verdict.get("device"), verdict.get("capability"), verdict.get("status")
    if not isinstance(device, str) or capability not in CAPABILITIES or status not in STATUSES:
        return
    where = f"{device} {capability}"
    before = step.verdicts.get(where, known.verdicts.get(where))
    if status == GOOD and before not in (None, GOOD):
        step.verdicts[where] = GOOD
        if before in BAD and rules.verdict_better and not known.learning:
            step.alerts.append(_better(step, known, device, capability, now, rules.language))
    if status not in BAD or (before in BAD and STATUSES.index(before) <= STATUSES.index(status)):
        return
    step.verdicts[where] = status
    if known.learning or not rules.verdict_worse:
        return
    name = _name(step, known, device) or device
    headline = in_language(verdict, rules.language).get("headline")
    about = {
        "name": name,
        "capability": capability,
        "status": status,
        "headline": headline if isinstance(headline, str) and headline else None,
    }
    step.alerts.append(
        Alert(
            key=f"verdict {where} {status}",
            kind="verdict",
            severity=verdict["severity"] if verdict.get("severity") in RISING else BAD[status],
            time=now,
            title=clean(worded("alert", "verdict.title", about, rules.language)),
            text=clean(worded("alert", "verdict.text", about, rules.language)),
            device=device,
            name=name,
            capability=capability,
            status=status,
        )
    )


def _better(step: Step, known: KnownState, device: str, capability: str, now: float, language: str) -> Alert:
    name = _name(step, known, device) or device
    about = {"name": name, "capability": capability}
    return Alert(
        key=f"better {device} {capability}",
        kind="better",
        severity="info",
        time=now,
        title=clean(worded("alert", "better.title", about, language)),
        text=clean(worded("alert", "better.text", {}, language)),
        device=device,
        name=name,
        capability=capability,
        status=GOOD,
    )


def _name(step: Step, known: KnownState, device: Any) -> str | None:
    if not isinstance(device, str):
        return None
    return step.devices.get(device) or known.devices.get(device) or clean(device, 64)


HEALTH = {"blind": "high", "losing": "medium", "well": "info"}
"""How the sensor is -> how grave."""

MENDABLE = frozenset({"one_station", "one_way", "duplicates", "doubled", "cut", "dropped", "limit", "hidden"})
"""Kinds of caveats that are worth an alert: something can be done about them."""


def limits(caveats: Iterable[Mapping[str, Any]], known: LimitsState, now: float, rules: Rules) -> list[Alert]:
    """What limits what the sensor sees, each kind once in its life; ``known`` remembers them."""
    alerts = []
    for caveat in caveats:
        kind = caveat["kind"]
        if kind in MENDABLE and kind not in known.limits:
            known.limits.append(kind)
            known.changed = True
            title = worded("alert", "limit.title", {}, rules.language)
            sentence = in_language({"record": "capture", "caveats": [caveat]}, rules.language)["caveats"][0]["sentence"]
            alerts.append(Alert(f"limit {kind}", "sensor", "low", now, title, clean(sentence), status=kind))
    return alerts


SENSOR_HEALTH = {
    SensorState.DOWN: "blind",
    SensorState.SILENT: "blind",
    SensorState.OWN_ONLY: "blind",
    SensorState.LOSING: "losing",
    SensorState.ONE_WAY: "losing",
    SensorState.ONE_STATION: "well",
    SensorState.DUPLICATES: "well",
    SensorState.OK: "well",
}
"""State of the sensor -> a key of `HEALTH`. The other states cause no alert: starting, ended, unknown."""


def health(state: str, why: str, before: str, rules: Rules, now: float) -> Alert | None:
    """How the sensor is (a key of `HEALTH`) and what was told last into an alert; None where nothing changed. ``why``:
    a sentence."""
    if state == before or state not in HEALTH or not rules.sensor:
        return None
    title = worded("alert", f"sensor.{state}.title", {}, rules.language)
    text = worded("alert", f"sensor.{state}.text", {"why": why}, rules.language)
    return Alert(f"sensor {state}", "sensor", HEALTH[state], now, title, clean(text.strip()), status=state)
