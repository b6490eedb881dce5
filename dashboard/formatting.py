"""Text for people of the values of records: short names, times, details of a finding."""

from __future__ import annotations

import tomllib
from datetime import UTC, datetime
from functools import cache
from importlib.resources import files
from typing import Any

from markupsafe import Markup

from sensor.records import Record
from sensor.report.page import source_text, time_text

NAME = 48
"""Characters of a name in a table or a title; the device's own page has more of it."""

VALUES = 12
"""Values of a list that a page shows: enough to see what it is about; the JSON has all."""


@cache
def catalogue(language: str = "en") -> dict[str, Any]:
    """The dashboard's texts: glossary, meaning of severities, names of a finding's details."""
    return tomllib.loads(files("dashboard").joinpath("texts", f"{language}.toml").read_text("utf-8"))


def short(value: object, limit: int = NAME) -> str:
    """Text cut to the width of a table's cell."""
    text = str(value)
    return text if len(text) <= limit else text[: limit - 1] + "…"


def distinct(reasons: list[Record]) -> list[Record]:
    """Reasons without repeats: several signatures may rest on one value."""
    return list({(one["field"], one["value"], repr(one["evidence"])): one for one in reasons}.values())


def run_title(run: Record) -> str:
    """The title of a run: its captures and their time."""
    captures = ", ".join(short(source_text(name), 60) for name in run["captures"][:3]) or run["id"]
    return f"{captures} ({time_text(run['first_time'])[:16]})"


def time_element(time: str | None, *, seconds: bool = False) -> Markup | str:
    """A record's time as an element that the script converts to the reader's time zone; marked UTC without a script."""
    if not time:
        return "–"
    text = time_text(time) if seconds else time_text(time)[:16]
    kind = "s" if seconds else "m"
    return Markup('<time datetime="{}" data-to="{}">{} UTC</time>').format(time, kind, text)


def ago(time: str | None, now: datetime | None = None) -> str:
    """How long ago that was, in the largest unit that fits."""
    if not time:
        return "never"
    seconds = max(0.0, ((now or datetime.now(UTC)) - datetime.fromisoformat(time)).total_seconds())
    for name, size in (("day", 86400), ("hour", 3600), ("minute", 60)):
        if seconds >= size:
            count = int(seconds // size)
            return f"{count} {name}{'' if count == 1 else 's'} ago"
    return "just now"


LENGTHS = {
    "<8": "fewer than 8 characters long",
    "8-11": "8 to 11 characters long",
    "12-15": "12 to 15 characters long",
    "16+": "16 characters long or more",
}
"""Classes of a secret's length (docs/output.md) for people."""


def plain(value: Any) -> str:
    """A value of a finding's detail as text for people; a secret as what may be shown of it."""
    if value is None:
        return "not known"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, dict):
        if "fingerprint" in value:
            begins = f"begins with {value['mask']}, " if value.get("mask") else ""
            length = LENGTHS.get(str(value.get("length")), "of unknown length")
            return f"{begins}{length}, fingerprint {value['fingerprint']} (the secret itself is not kept)"
        return "; ".join(f"{str(name).replace('_', ' ')}: {plain(each)}" for name, each in list(value.items())[:VALUES])
    if isinstance(value, list):
        more = f" and {len(value) - VALUES} more" if len(value) > VALUES else ""
        return ", ".join(plain(each) for each in value[:VALUES]) + more
    if isinstance(value, int | float):
        return f"{value:,}"
    return str(value)
