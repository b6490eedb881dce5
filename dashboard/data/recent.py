"""Recent changes of a run, and the data of a device's charts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from dashboard.data.rows import change_of
from sensor.catalogue import LANGUAGES
from sensor.records import Record
from sensor.store.reader import RunInfo, StoreReader
from sensor.store.rows import microseconds, timestamp
from sensor.store.types import TrafficCell
from sensor.wording import in_language

NEW = 5
"""New devices, findings and changes."""

FRESH = timedelta(hours=24)
"""What is new is not older than this at the end of the run ..."""

SETTLED = timedelta(hours=2)
"""... and came when the run had gone on so long: at first everything is new."""

DAY = 24
"""Hours of the strip of traffic on the first page."""

RECENT = 72
"""Hours of a device's chart by hour."""


def recent_changes(
    reader: StoreReader,
    info: RunInfo,
    devices: Sequence[Record],
    names: Mapping[str, str],
    language: str = LANGUAGES[0],
) -> dict[str, Any] | None:
    """New devices about which nobody was asked yet, new findings and changed marks at the end of a run; None for a run
    shorter than `SETTLED` of a network that was not seen before."""
    if not info.first_time or not info.last_time:
        return None
    first, last = (datetime.fromisoformat(time) for time in (info.first_time, info.last_time))
    # An earlier run of the same network knows most of it; else all of it would be new.
    known = reader.seen_before(info.id)
    known = known if 2 * len(known) > len(devices) else set()
    if last - first < SETTLED and not known:
        return None
    since = f"{max(first + SETTLED, last - FRESH):%Y-%m-%dT%H:%M:%S.%f}Z"
    came = [one for one in devices if (one["id"] not in known if known else (one["first_seen"] or "") >= since)]
    came = sorted((one for one in came if "yours" not in one.get("corrected", ())), key=_first_seen, reverse=True)
    found = reader.newest(info.id, microseconds(since) or 0, NEW)
    history = reader.history(run=info.id, most=NEW)
    changes = [one for one in history if one.before is not None and (timestamp(one.at) or "") >= since]
    return {
        "since": since,
        "devices": [[one["id"], names.get(one["id"], one["id"])] for one in came[:NEW]],
        "devices_count": len(came),
        "findings": [
            {name: one.get(name) for name in ("id", "severity", "summary", "time", "key")}
            for one in (in_language(each, language) for each in found)
        ],
        "changes": [{**change_of(one), "name": names.get(one.device, one.device)} for one in changes],
    }


def traffic(reader: StoreReader, run: str, device: str) -> dict[str, Any]:
    """A device's bytes: by hour where the run is short, else by day with the last hours beside it; and by party."""
    days = reader.days(run, device)
    if not days:
        return {"all": [], "recent": [], "parties": []}
    last = max(one.at for one in days) * 24 + 23
    hours = reader.hours(run, device, since=last - RECENT - 23)
    end = max((one.at for one in hours), default=last)
    recent = [TrafficCell(device, one.at, one.protection, "", one.bytes) for one in hours if one.at > end - RECENT]
    by_day = [TrafficCell(device, one.at * 24, one.protection, "", one.bytes) for one in days]
    whole = sum(one.bytes for one in recent) == sum(one.bytes for one in by_day)
    parties = [TrafficCell(device, 0, one.protection, one.party, one.bytes) for one in days]
    charts = {"all": recent if whole else by_day, "recent": [] if whole else recent, "parties": parties}
    return {name: [cell._asdict() for cell in summed(cells)] for name, cells in charts.items()}


def summed(cells: Iterable[TrafficCell]) -> list[TrafficCell]:
    """Cells of the same hour, protection and party as one."""
    amounts: dict[tuple[str, int, str, str], int] = {}
    for cell in cells:
        amounts[cell[:4]] = amounts.get(cell[:4], 0) + cell.bytes
    return [TrafficCell(*key, amount) for key, amount in sorted(amounts.items())]


def last_day(info: RunInfo) -> range | None:
    """The hours of the last day of a run; None where the whole run is no longer than that."""
    if not info.first_time or not info.last_time:
        return None
    first, last = (int(datetime.fromisoformat(time).timestamp() // 3600) for time in (info.first_time, info.last_time))
    return range(last - DAY + 1, last + 1) if last - first >= DAY else None


def _first_seen(device: Record) -> str:
    return str(device["first_seen"] or "")
