"""Rows of the pages: runs, devices, the sensor's health, a provision of the standards map."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from dashboard.data.overview import MARK_ORDER
from sensor.catalogue import LANGUAGES, messages
from sensor.model import Capability
from sensor.needs import described
from sensor.records import Record, claimed_in
from sensor.report.build import name_of
from sensor.report.charts import PROTECTIONS
from sensor.store.finding_queries import FindingQuery
from sensor.store.reader import RunInfo
from sensor.store.rows import EPOCH, timestamp
from sensor.store.traffic_queries import StatusChange
from sensor.store.types import Sensor
from sensor.verdicts.baseline import baseline
from sensor.wording import headed, sensor_message

Content = dict[str, Any]

FILTERS = ("severity", "capability", "device", "rule", "state", "since", "until")


def run_of(info: RunInfo) -> Content:
    """A run in short."""
    return {
        "id": info.id,
        "captures": list(info.captures),
        "first_time": info.first_time,
        "last_time": info.last_time,
        "devices": info.devices,
        "findings": info.findings,
        "worst": info.worst,
        "read": info.written,
        "version": info.tool.version,
        "parser_failures": info.failures,
        "bounds_hit": info.bounds,
    }


def row_of(device: Record, day: Mapping[str, int] | None, language: str) -> Content:
    """A device as a row of a list. ``day``: payload bytes of its last day by protection; None for all of the run."""
    marks = {mark["capability"]: mark for mark in device["marks"]}
    amounts = device["bytes"] if day is None else day
    return {
        "id": device["id"],
        **title_of(device, language),
        "category": claimed_in(device, "category"),
        "addresses": device["addresses"],
        "last_seen": device["last_seen"],
        "not_heard_since": device.get("not_heard_since"),
        "bytes": sum(amount or 0 for amount in device["bytes"].values()),
        "traffic": {name: amounts.get(name) or 0 for name in PROTECTIONS},
        "marks": [headed(marks[name], language) for name in marks_of() if name in marks],
        "but_for": len({each for mark in marks.values() if "but_for" in mark for each in mark["but_for"]["findings"]}),
    }


def title_of(device: Record, language: str) -> Content:
    """``name``: what the user calls it, else what it is, else its own name; ``called``: its own name beside that."""
    kind = described(device, language)
    given = "name" in device.get("corrected", ())
    name = str(device["hostname"] or "") if given or not kind else kind
    called = kind if given else device["hostname"] if kind else None
    name = name or name_of(device)
    return {
        "name": name[:1].upper() + name[1:],
        "called": called or next(iter(device["addresses"]), "") or device["id"],
    }


def marks_in(device: Record) -> dict[str, str]:
    """A row's marks: capability -> status."""
    return {mark["capability"]: mark["status"] for mark in device["marks"]}


def change_of(change: StatusChange) -> Content:
    """A status that changed; ``better`` than before, in the order of one mark over several devices."""
    known = change.before is not None
    return {
        "better": known and MARK_ORDER.index(change.after) > MARK_ORDER.index(str(change.before)),
        "run": change.run,
        "device": change.device,
        "capability": change.name,
        "at": timestamp(change.at),
        "before": change.before,
        "after": change.after,
    }


def health(info: RunInfo, sensor: Sensor | None, captures: list[Record], language: str = LANGUAGES[0]) -> Content:
    """The sensor's health: ``state`` is ``finished`` for a capture that was read, else the live sensor's state."""
    if sensor is None:
        packets = sum(one["packets"] or 0 for one in captures)
        return {
            "live": False,
            "state": "finished",
            "message": "",
            "packets": packets,
            "dropped": None,
            "last_packet": info.last_time,
            "at": None,
        }
    return {
        "live": True,
        "state": sensor.state,
        "message": sensor_message(sensor.message, sensor.more, language),
        "packets": sensor.packets,
        "dropped": sensor.dropped,
        "last_packet": timestamp(sensor.last_packet),
        "at": timestamp(sensor.at),
    }


def devices_of(finding: Record) -> list[str]:
    """The devices of a finding: one, or those that share a secret."""
    return [finding["device"]] if finding["device"] else list(finding["detail"].get("devices") or ())


def marks_of() -> list[str]:
    """The five capabilities, in the order of the pages."""
    return [capability.value for capability in Capability]


def finding_query(params: Mapping[str, str], *, grouped: bool = False) -> FindingQuery:
    """The query of these parameters; a time that cannot be read is left out."""
    given = {
        name: (params[name],) if name in params else ()
        for name in ("severity", "capability", "device", "rule", "state")
    }
    return FindingQuery(**given, since=_time(params.get("since")), until=_time(params.get("until")), grouped=grouped)


def _time(text: str | None) -> int | None:
    """A time or a date as µs since 1970; without a zone it is UTC."""
    try:
        given = datetime.fromisoformat(text or "")
    except ValueError:
        return None
    return (given.replace(tzinfo=given.tzinfo or UTC) - EPOCH) // timedelta(microseconds=1)


def provision_of(name: str, language: str = LANGUAGES[0]) -> Content:
    """The row of the standards map for a provision of a finding (``EN 303 645 5.5-1``, numbered as in V3.1.3)."""
    number = name.rpartition(" ")[2]
    for row in baseline():
        if row.v3 == number:
            title = messages(language)["words"]["provision"][number]
            return {"v3.1.3": row.v3, "v2.1.1": row.v2, "title": title, "modal": row.modal}
    return {"v3.1.3": number, "v2.1.1": None, "title": None, "modal": None}
