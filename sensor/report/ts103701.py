"""Content of the report for laboratories, in the order of TS 103 701: ICS, IXIT, channels, cases.

A pass comes only out of a laboratory's own result: traffic alone fails a case, supports one or leaves it open.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from sensor.catalogue import LANGUAGES, messages
from sensor.model import Capability
from sensor.records import Record, claimed_in
from sensor.report.build import name_of
from sensor.store.reader import RunInfo
from sensor.verdicts.baseline import Provision, baseline
from sensor.verdicts.facts import DeviceFacts, Facts
from sensor.verdicts.ixit import TABLES, compare
from sensor.verdicts.laboratory import LabResult
from sensor.wording import in_language

FORMAT = 1
"""Raised when a field changes its meaning."""

FAIL, PASS, INCONCLUSIVE, SUPPORTS = "FAIL", "PASS", "INCONCLUSIVE", "SUPPORTS_PASS"

NOT_APPLICABLE = "NOT_APPLICABLE"

SUPPORTING = frozenset({"sign_seen", "on_record"})
"""Statuses that speak for a provision, and pass nothing."""

MAX_FRAMES = 32


def build(
    info: RunInfo,
    records: Iterable[Record],
    facts: Facts | None,
    made: str,
    device: str | None = None,
    language: str = LANGUAGES[0],
) -> Record:
    """The content for one device or all judged ones. KeyError where the run has no such judged device."""
    kinds: dict[str, list[Record]] = {}
    for record in records:
        kinds.setdefault(record["record"], []).append(in_language(record, language))
    judged = {record["device"] for record in kinds.get("provision", [])}
    if device is not None and device not in judged:
        raise KeyError(device)
    chosen = [one for one in kinds.get("device", []) if one["id"] in judged and device in (None, one["id"])]
    lab = facts.lab if facts is not None else None
    return {
        "report": "lanwitness-ts103701",
        "format": FORMAT,
        "made": made,
        "run": info.id,
        "first_time": info.first_time,
        "last_time": info.last_time,
        "tool": {"version": info.tool.version, "sha256": info.tool.sha256},
        "captures": [
            {"capture": capture["capture"], **file}
            for capture, file in zip(kinds.get("capture", []), info.files, strict=True)
        ],
        "facts": facts.name if facts is not None else None,
        "laboratory": {key: getattr(lab, key, None) for key in ("name", "tester", "order", "place")},
        "devices": [_device(one, kinds, facts, language) for one in chosen],
    }


def _device(record: Record, kinds: Mapping[str, list[Record]], facts: Facts | None, language: str) -> Record:
    about = facts.about(one for one in (record["id"], record["mac"], *record["addresses"]) if one) if facts else None
    findings = [
        one
        for one in kinds.get("finding", [])
        if record["id"] in (one["device"], *(one["detail"].get("devices") or ()))
    ]
    statuses = {one["provision"]["v3.1.3"]: one for one in kinds.get("provision", []) if one["device"] == record["id"]}
    channels = list(record.get("channels") or ())
    titles = messages(language)["words"]["provision"]
    provisions = [_provision(one, titles[one.v3], statuses.get(one.v3), findings, about) for one in baseline()]
    return {
        "id": record["id"],
        "name": name_of(record, language),
        "product": {
            **{key: claimed_in(record, key) for key in ("vendor", "model", "firmware")},
            **{key: getattr(about, key, None) for key in ("hardware", "serial", "sample")},
            "mac": record["mac"],
        },
        "outcome": overall(provisions),
        "provisions": provisions,
        "ixit": _ixit(findings, channels),
        "channels": channels,
        "channels_more": record.get("channels_more", 0),
        "comparison": [
            {
                "result": one.result,
                "declared": asdict(one.declared) if one.declared is not None else None,
                "seen": list(one.seen),
                "why": list(one.why),
            }
            for one in (compare(about.declared, channels) if about is not None and about.declared else ())
        ],
    }


def _provision(
    one: Provision, title: str, status: Record | None, findings: Sequence[Record], about: DeviceFacts | None
) -> Record:
    """A row of the ICS, and the cases of one provision."""
    reason = about.not_applicable.get(one.v3) if about is not None else None
    results = [result for result in about.results if result.provision == one.v3] if about is not None else []
    cases = [_by_laboratory(result) for result in results]
    if status is not None and reason is None:
        cases = [*_by_traffic(one, status, findings), *cases]
    return {
        "v2.1.1": one.v2,
        "v3.1.3": one.v3,
        "title": title,
        "capability": one.capability.value if isinstance(one.capability, Capability) else None,
        "modal": one.modal,
        "annex": one.annex,
        "applicable": reason is None,
        "reason": reason,
        "status": status["status"] if status is not None else None,
        "ixit": [ref.item for ref in one.see if ref.framework == "ts103701"],
        "cases": cases,
        "outcome": NOT_APPLICABLE if reason is not None else _outcome(cases),
    }


def _by_laboratory(result: LabResult) -> Record:
    return {
        "case": result.case,
        "unit": None,
        "source": "laboratory",
        "outcome": result.outcome.upper(),
        "because": [result.note] if result.note else [],
        "evidence": [],
        "by": result.by,
        "date": result.date,
        "file": result.evidence,
        "sha256": result.sha256,
    }


def _by_traffic(one: Provision, status: Record, findings: Sequence[Record]) -> list[Record]:
    """What packets say of the provision's cases: its own list of them, or one line without a number."""
    named = {reason for reason in status["because"] if isinstance(reason, str)}
    mine = [finding for finding in findings if finding["id"] in named]
    frames = [
        {"finding": finding["id"], "capture": part["capture"], "frames": part["frames"][:MAX_FRAMES]}
        for finding in mine
        for part in finding["evidence"]
    ]
    sentences = [finding["summary"] for finding in mine] or [one for one in status["because"] if isinstance(one, str)]
    outcome = FAIL if status["status"] == "violated" else SUPPORTS if status["status"] in SUPPORTING else INCONCLUSIVE
    cases = status.get("ts103701") or [{"case": None, "unit": None, "outcome": outcome}]
    rest = {"because": sentences, "evidence": frames, "by": None, "date": None, "file": None, "sha256": None}
    return [
        {"case": case["case"], "unit": case["unit"], "source": "traffic", "outcome": case["outcome"], **rest}
        for case in cases
    ]


def _outcome(cases: Sequence[Record]) -> str:
    """A failed case fails the provision; it passes where the laboratory says so and nothing is against it."""
    outcomes = {(case["source"], case["outcome"]) for case in cases}
    if any(outcome == FAIL for _, outcome in outcomes):
        return FAIL
    by_laboratory = {outcome for source, outcome in outcomes if source == "laboratory"}
    return PASS if by_laboratory == {PASS} else INCONCLUSIVE


def overall(provisions: Sequence[Record]) -> str:
    """FAIL where a *shall* fails, PASS where all that apply pass, else INCONCLUSIVE. Recommendations fail nothing."""
    shall = [one["outcome"] for one in provisions if one["modal"] == "shall" and one["applicable"]]
    if FAIL in shall:
        return FAIL
    return PASS if shall and all(outcome == PASS for outcome in shall) else INCONCLUSIVE


IXIT: Mapping[str, str] = {
    "1-AuthMech": "Authentication mechanisms",
    "7-UpdMech": "Update mechanisms",
    "11-ComMech": f"{TABLES['ixit_11'].capitalize()} (11-SecComMech in V2.1.1)",
    "21-PersData": "Personal data",
    "28-LogIntf": f"{TABLES['ixit_28'].capitalize()} (V2.1.1)",
}
"""Tables of which traffic shows something, by number and short name."""


def _ixit(findings: Sequence[Record], channels: Sequence[Record]) -> list[Record]:
    """The tables with what was observed; the maker completes and corrects them."""
    rows: dict[str, list[dict[str, Any]]] = {name: [] for name in IXIT}
    for one in findings:
        detail, kind = one["detail"], one["rule"].partition(".")[0]
        base = {"protocol": one["protocol"], "server": one["server"], "finding": one["id"]}
        if kind == "credential" and one["role"] == "server":
            mechanism = {key: detail.get(key) for key in ("mechanism", "scheme", "accepted")}
            rows["1-AuthMech"].append({**base, **mechanism})
        elif kind == "update":
            shown = {key: detail.get(key) for key in ("host", "path", "how")}
            rows["7-UpdMech"].append({"kind": one["rule"], **base, **shown})
        elif kind == "personal":
            rows["21-PersData"].append({"category": one["rule"].partition(".")[2], "remote": one.get("remote"), **base})
    for number, channel in enumerate(channels):
        keys = ("transport", "port", "protocol", "peer", "names", "cleartext", "encrypted")
        table = "28-LogIntf" if channel["role"] == "server" else "11-ComMech"
        rows[table].append({"channel": number, **{key: channel[key] for key in keys}})
    return [{"table": name, "title": IXIT[name], "rows": _unique(found)} for name, found in rows.items()]


def _unique(rows: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """Rows that differ in more than the finding that they rest on, in their order."""
    found: dict[str, dict[str, Any]] = {}
    for row in rows:
        found.setdefault(repr({key: value for key, value in row.items() if key != "finding"}), row)
    return list(found.values())
