"""Two runs, or what sensors know, set against each other: new, worse, better, gone, not seen again."""

from __future__ import annotations

from collections.abc import Container
from datetime import UTC, datetime

from flask import Blueprint

from dashboard.data.answers import COMPARISON
from dashboard.formatting import catalogue
from dashboard.language import language
from dashboard.queries import GROUPED, Content, Unknown
from dashboard.routes import fleet, page, param, queries
from sensor.comparison.forms import as_json, notes, sentence
from sensor.comparison.runs import compare as compare_records
from sensor.records import Record, without_repeats
from sensor.sites.sides import AGO, SITE, NoSide, side
from sensor.store.misfits import UnreadableRun, naming_misfits

blueprint = Blueprint("compare", __name__)

SHOWN = 100
"""Findings of a device on the page; the JSON has all."""

LEFT_OUT = 5
"""Runs of sensors that are left out because they cannot be read: each costs another attempt."""


@page(blueprint, "/compare", "compare.html", params=("before", "after", "language"), answer=COMPARISON)
def compare() -> Content:
    """A run against an earlier one; without names the two that were put in last, with several sensors what they know
    against what they knew a day ago. A side is a run, a sensor, or `site:` and a site; `@yesterday`, `@lastweek` or `@`
    and a time is what they knew then."""
    found = queries().runs()
    sides = _sides()
    content: Content = {
        "run": None,
        "runs": found,
        "sides": sides,
        "shown": SHOWN,
        "before": None,
        "after": None,
        "comparison": None,
        "unread": [],
    }
    first, second = (param("before"), param("after"))
    if sides and first is None and second is None:
        # All that fifty sensors found is read in seconds, not for who only opens the page.
        if sum(one["findings"] for one in found if one["id"] in fleet().runs({})) > GROUPED:
            return content
        first, second = f"{SITE}@yesterday", SITE
    elif len(found) < 2 and not sides:
        return content
    before, after = first or found[-1 if len(found) < 2 else 1]["id"], second or found[0]["id"]
    runs = {one["id"] for one in found}
    unread: dict[str, str] = {}
    while True:
        try:
            return {**content, **_compared(before, after, runs, unread), "unread": without_repeats(unread.values())}
        except UnreadableRun as error:
            sensor = fleet().sensor_of(error.run)
            if sensor is None or error.run in (before, after, *unread) or len(unread) == LEFT_OUT:
                raise
            unread[error.run] = sensor.identity.name
            last = error
        except Unknown:
            # Nothing is left of a side.
            if unread:
                raise last from None
            raise


def _compared(before: str, after: str, runs: set[str], without: Container[str]) -> Content:
    old, new = _records(before, runs, without), _records(after, runs, without)
    with naming_misfits(queries().reader.where.name, [*old, *new]):
        comparison = compare_records(old, new, language=language())
        made = as_json(comparison, before, after)
        for device, shown in zip(comparison.devices, made["devices"], strict=True):
            shown["notes"] = list(notes(device, language()))
    # Two sensors at one time: neither is the earlier one.
    head = catalogue(language())["compare"]["apart"]
    apart = before != after and not {before, after} & runs and "@" not in before + after
    return {
        "before": before,
        "after": after,
        "comparison": made,
        "places": {"before": _places(old), "after": _places(new)},
        "sentence": sentence(comparison, language(), head if apart else None),
    }


def _sides() -> list[list[str]]:
    """What sensors know and knew, to choose from: name, kind (all, site, sensor), what it is called, since when."""
    if not fleet().many():
        return []
    sensors = fleet().sensors()
    sites = sorted({one.identity.site for one in sensors} - {""})
    named = [[SITE, "all", ""], *([f"{SITE}{name}", "site", name] for name in sites if len(sites) > 1)]
    named += [[one.identity.id, "sensor", one.identity.name] for one in sensors]
    return [
        [f"{name}@{since}" if since else name, kind, called, since]
        for name, kind, called in named
        for since in ("", *AGO)
    ]


def _records(name: str, runs: set[str], without: Container[str]) -> list[Record]:
    if name in runs:
        return queries().reader.records(name)
    try:
        return side(queries().reader, name, datetime.now(UTC), without)
    except (NoSide, ValueError):
        raise Unknown("The store has no such run.") from None


def _places(records: list[Record]) -> dict[str, str]:
    """Devices and findings that have a page -> the run that they are in; what stands for another one has none."""
    return {one["id"]: one["run"] for one in records if one["record"] in ("device", "finding") and "@" not in one["id"]}
