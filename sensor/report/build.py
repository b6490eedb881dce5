"""The report's content: records, hourly bytes and the standards map as one dict (``report --json``)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from sensor.catalogue import LANGUAGES, messages
from sensor.model import SEVERITIES, Capability, Status
from sensor.needs import described, needs
from sensor.records import Record, rank_of
from sensor.report.period import Period
from sensor.store.reader import RunInfo
from sensor.store.types import TrafficCell
from sensor.verdicts.baseline import Provision, baseline
from sensor.wording import in_language

FORMAT = 2
"""Raised when a field of the report changes its meaning."""

UNTESTED = frozenset({Status.NOT_OBSERVABLE.value, Status.INSUFFICIENT_EVIDENCE.value})

EVER = Period()

Report = dict[str, Any]


def build(
    info: RunInfo,
    records: Iterable[Record],
    cells: Iterable[TrafficCell],
    device: str | None = None,
    period: Period = EVER,
    language: str = LANGUAGES[0],
    seen_by: Mapping[str, list[str]] | None = None,
) -> Report:
    """The report of a run or of one of its devices, restricted to a period, with its sentences in a language.

    ``device``: its id; KeyError where the run has no such device. ``seen_by``: of runs that were joined
    (`sensor.sites`), the sensors that heard each device.
    """
    kinds: dict[str, list[Record]] = {}
    for record in records:
        kinds.setdefault(record["record"], []).append(in_language(record, language))
    found = [r for r in kinds.get("finding", []) if period.has(r)]
    names = {one["id"]: name_of(one, language) for one in kinds.get("device", [])}
    if device is not None and device not in names:
        raise KeyError(device)
    traffic = [cell for cell in cells if period.counts(cell)]
    devices = []
    for one in kinds.get("device", []):
        if device is None or one["id"] == device:
            mine = [r for r in found if one["id"] in (r["device"], *(r["detail"].get("devices") or ()))]
            cells = [cell for cell in traffic if cell.device == one["id"]]
            devices.append(_device(one, mine, kinds, names, cells, language))
            if seen_by is not None:
                devices[-1]["seen_by"] = seen_by.get(one["id"], [])
    judged = sorted((one for one in devices if one["marks"]), key=lambda one: (_rank(one["marks"]), one["name"]))
    shown = {r["id"] for one in devices for r in one["findings"]}
    return {
        "report": "lanwitness",
        "format": FORMAT,
        "run": info.id,
        "device": device,
        "period": period.shown(),
        "first_time": info.first_time,
        "last_time": info.last_time,
        "read": info.written,
        "tool": {
            "version": info.tool.version,
            "sha256": info.tool.sha256,
            "signatures_sha256": info.tool.signatures_sha256,
        },
        "captures": [
            {**{k: v for k, v in capture.items() if k not in ("record", "run")}, **file}
            for capture, file in zip(kinds.get("capture", []), info.files, strict=True)
        ],
        "parser_failures": info.failures,
        "bounds_hit": info.bounds,
        "needs": needs([r for r in found if device is None or r["id"] in shown], kinds.get("device", []), language),
        "devices": judged,
        "untested": _untested(judged),
        "not_judged": [one for one in devices if not one["marks"]],
        "other_findings": [] if device else [r for r in found if r["id"] not in shown],
    }


def _device(
    device: Record,
    found: list[Record],
    kinds: Mapping[str, list[Record]],
    names: Mapping[str, str],
    cells: list[TrafficCell],
    language: str,
) -> Record:
    verdicts = [r for r in kinds.get("verdict", []) if r["device"] == device["id"]]
    provisions = [_provision(r, language) for r in kinds.get("provision", []) if r["device"] == device["id"]]
    given = {k: v for k, v in device.items() if k not in ("record", "run")}
    order = [capability.value for capability in Capability]
    return {
        **given,
        "name": names[device["id"]],
        "kind": described(device, language),
        "marks": [
            {
                **{name: verdict[name] for name in ("capability", "status", "because")},
                **{name: verdict.get(name) for name in ("severity", "headline", "headline_id", "headline_parameters")},
            }
            for verdict in sorted(verdicts, key=lambda verdict: order.index(verdict["capability"]))
        ],
        "needs": needs(found, [device], language),
        "coverage": verdicts[0]["coverage"] if verdicts else None,
        "provisions": provisions,
        "not_tested": [one for one in provisions if one["status"] in UNTESTED],
        "findings": sorted(found, key=lambda r: (SEVERITIES.index(r["severity"]), r["time"] or "")),
        "hourly_bytes": [cell._asdict() for cell in cells],
    }


def _untested(judged: list[Record]) -> list[Record]:
    """Each provision that traffic did not settle for some device, with the names of those devices."""
    found: dict[str, Record] = {}
    for device in judged:
        for one in device["not_tested"]:
            number = one["provision"]["v3.1.3"]
            fields = {name: one[name] for name in ("provision", "capability", "title", "why", "lab")}
            found.setdefault(number, {**fields, "devices": []})["devices"].append(device["name"])
    order = [row.v3 for row in baseline()]
    return sorted(
        found.values(),
        key=lambda one: order.index(one["provision"]["v3.1.3"]) if one["provision"]["v3.1.3"] in order else 0,
    )


def _provision(record: Record, language: str) -> Record:
    row = _map().get((record["provision"]["v2.1.1"], record["provision"]["v3.1.3"]))
    words, number = messages(language)["words"], record["provision"]["v3.1.3"]
    lab = words["lab"][number] if row is not None else None
    reasons = [_without(text, lab) for text in record["because"]]
    given = {k: v for k, v in record.items() if k not in ("record", "run", "device")}
    return {
        **given,
        "because": [reason for reason in reasons if reason],
        "title": words["provision"][number] if row is not None else None,
        "why": words["why"][number] if row is not None else None,
        "lab": lab,
        "see": [f"{one.framework} {one.item}{'' if one.verified else ' (unverified)'}" for one in row.see]
        if row
        else [],
    }


def _map() -> dict[tuple[str | None, str], Provision]:
    return {(one.v2, one.v3): one for one in baseline()}


def _without(text: str, lab: str | None) -> str:
    """A reason without what the lab has to do, which stands beside it."""
    return text.removesuffix(lab).rstrip() if lab else text


def _rank(marks: list[Record]) -> list[tuple[int, int]]:
    return sorted(rank_of(mark) for mark in marks)


def name_of(device: Record, language: str = LANGUAGES[0]) -> str:
    """The name of a device for people: its own, else maker and kind, else its address."""
    known = device["hostname"] or described(device, language)
    return str(known or next(iter(device["addresses"]), device["id"]))
