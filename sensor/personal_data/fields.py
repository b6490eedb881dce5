"""Fields with known names, as JSON, XML, forms, headers and ``name=value`` text write them.

The names are in ``signatures/personal.toml``.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from sensor.lazy_pattern import expression
from sensor.light_dataclass import dataclass
from sensor.shipped_tables import shipped_table

MAX_NAME_BYTES = 96
"""Bytes before a separator in which a field's name stands."""

MAX_VALUE_BYTES = 256
"""Bytes of a value that are read: an address with street and town is shorter."""

MAX_NAME_WORDS = 4
"""Words of a field's name that are compared, the last ones first."""

KEY = expression(rb"[:=>]\s{0,2}(?:[\"']\\?)?([A-Za-z0-9_.\-\[\]$]{1,64})")
"""The separator, an optional closing quote and the name, matched against the reversed bytes.

Matching backwards makes the cost that of the name, whatever stands before it.
"""

QUOTED = expression(rb"\s{0,4}(?:\\?\"([^\"\\]{0,256})[\"\\]|\\?'([^'\\]{0,256})['\\])")
BARE = expression(rb"\s{0,4}([^\"'\s&;,<>{}()\[\]|]{1,256})")
LINE = expression(rb"[ \t]{0,4}([^\"'\r\n&;<>{}\[\]|]{1,256})")
LIST = expression(rb"\s{0,4}\[\s{0,4}([0-9+\-., ]{5,80})\]")
ELEMENT = expression(rb"\s{0,8}(?:<!\[CDATA\[)?([^<>]{1,256})(?:\]\]>)?\s{0,8}</")

SPACED = frozenset({"name", "address", "coordinates", "phone", "ssid"})
"""Categories whose values may contain blanks without quotes around them."""

HUMPS = expression(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z]+|[A-Z]+|\d+")


@dataclass(frozen=True, slots=True)
class Field:
    """A known field: ``name`` as written, ``category``, ``value`` as text, first byte and end of the value."""

    name: str
    category: str
    value: str
    start: int
    end: int


@cache
def categories() -> dict[str, str]:
    """Name without separators in lower case -> category."""
    found: dict[str, str] = {}
    for row in _rows():
        for name in row["names"]:
            found[name.replace("_", "")] = row["category"]
    return found


def _rows() -> Any:
    return shipped_table("signatures", "personal.toml")["field"]


def examples() -> list[tuple[str, str]]:
    """(category, text) of every example in the table."""
    return [(row["category"], text) for row in _rows() for text in row["examples"]]


def field_pattern() -> bytes:
    """Regular expression for a known name and the separator after it, in either case."""
    names = sorted({name for row in _rows() for name in row["names"]})
    words = "|".join(name.replace("_", "[_. -]?") for name in names)
    return b"(?i)(?:" + words.encode() + rb")\]?(?:\\?[\"'])?\s{0,2}[:=>]"


def words_of(name: str) -> list[str]:
    """``deviceSerialNumber`` -> ``device serial number``."""
    return [word.lower() for word in HUMPS.findall(name)]


def category_of(name: str) -> str | None:
    """Category of a field by its name: the last words decide; None for an unknown name."""
    words = words_of(name)
    known = categories()
    for count in range(min(MAX_NAME_WORDS, len(words)), 0, -1):
        found = known.get("".join(words[-count:]))
        if found is not None:
            return found
    return None


def field_at(data: bytes, end: int) -> Field | None:
    """The field whose separator ends at ``end``; None where the name is part of another word or no value follows."""
    key = KEY.match(data[max(0, end - MAX_NAME_BYTES) : end][::-1])
    if key is None:
        return None
    name = key[1][::-1].decode("ascii").strip("[].-_$")
    category = category_of(name)
    if category is None:
        return None
    value = _value(data, end, category)
    if value is None:
        return None
    start, stop = value
    raw = data[start:stop]
    text = raw.decode("utf-8", "replace").strip()
    if not text or "\ufffd" in text:
        return None
    if data[end - 1 : end] == b"=" and category in SPACED and not text.startswith("+"):
        text = text.replace("+", " ")
    return Field(name, category, text, start, stop)


def named_field(name: str, raw: bytes) -> Field | None:
    """A field whose name and value were located otherwise (an input of a page); None for an unknown name."""
    category = category_of(name)
    text = raw.decode("utf-8", "replace").strip()
    if category is None or not text or "\ufffd" in text:
        return None
    return Field(name, category, text, 0, len(raw))


def _value(data: bytes, end: int, category: str) -> tuple[int, int] | None:
    separator = data[end - 1 : end]
    if separator == b">":
        found = ELEMENT.match(data, end)
        return found.span(1) if found else None
    quoted = QUOTED.match(data, end)
    if quoted is not None:
        return quoted.span(1 if quoted[1] is not None else 2)
    if category == "coordinates":
        listed = LIST.match(data, end)
        if listed is not None:
            return listed.span(1)
    form = LINE if separator == b":" and category in SPACED else BARE
    if category == "coordinates":
        form = LINE
    bare = form.match(data, end)
    return bare.span(1) if bare else None
