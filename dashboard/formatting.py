"""Text for people of the values of records: short names, times, details of a finding."""

from __future__ import annotations

from typing import Any

from markupsafe import Markup

from sensor.catalogue import LANGUAGES, counted, texts_of
from sensor.records import Record
from sensor.report.page import source_text, time_text
from sensor.text import size

NAME = 48
"""Characters of a name in a table or a title; the device's own page has more of it."""

VALUES = 12
"""Values of a list that a page shows: enough to see what it is about; the JSON has all."""


def catalogue(language: str = LANGUAGES[0]) -> dict[str, Any]:
    """The dashboard's own texts; those that the report uses as well are in its catalogue."""
    return texts_of("dashboard", language)


def number_text(count: int | None, language: str) -> str:
    """A whole number as the language groups its digits."""
    return f"{count or 0:,}".replace(",", str(catalogue(language)["number"]["group"]))


def size_text(count: int | None, language: str) -> str:
    """Bytes for people, with the language's decimal sign."""
    return size(count).replace(".", str(catalogue(language)["number"]["point"]))


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


def plain(value: Any, language: str = LANGUAGES[0]) -> str:
    """A value of a finding's detail as text for people; a secret as what may be shown of it."""
    words = catalogue(language)["value"]
    if value is None:
        return str(words["unknown"])
    if isinstance(value, bool):
        return str(words["yes"] if value else words["no"])
    if isinstance(value, dict):
        if "fingerprint" in value:
            begins = words["begins"].format(mask=value["mask"]) if value.get("mask") else ""
            length = words["length"].get(str(value.get("length")), words["length"]["unknown"])
            return str(words["secret"].format(begins=begins, length=length, fingerprint=value["fingerprint"]))
        parts = list(value.items())[:VALUES]
        return "; ".join(f"{str(name).replace('_', ' ')}: {plain(each, language)}" for name, each in parts)
    if isinstance(value, list):
        more = words["more"].format(count=len(value) - VALUES) if len(value) > VALUES else ""
        return ", ".join(plain(each, language) for each in value[:VALUES]) + more
    if isinstance(value, int):
        return number_text(value, language)
    return f"{value:,}" if isinstance(value, float) else str(value)


def ago(seconds: int, language: str = LANGUAGES[0]) -> str:
    """How long ago something was, in words: seconds, minutes, hours or days."""
    words = catalogue(language)["ago"]
    for forms, length in ((words["days"], 86_400), (words["hours"], 3600), (words["minutes"], 60)):
        if seconds >= length:
            return counted(forms, seconds // length)
    return str(words["now"])
