"""TOML file of personas: every value is validated, no error message repeats one."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from sensor.personas.forms import KINDS, Seed, coordinates, telephone
from sensor.personas.search import Personas
from sensor.settings.toml_reader import Keys, Reader, text

MIN_VALUE_BYTES = 5
"""Least bytes of a value: shorter ones occur by chance."""

MAX_VALUE_CHARACTERS = 1024
"""Characters of a value: longer than any address; the search compares the beginning only."""

MAX_VALUES = 20_000
"""Values in one file: a hundred times what a lab seeds."""


def _texts_error(value: Any) -> str | None:
    texts = value if isinstance(value, list) else [value]
    good = all(isinstance(one, str) and one.strip() for one in texts)
    return None if good else "must be a text, or a list of texts"


def _coordinates_error(value: Any) -> str | None:
    return None if coordinates(value) is not None else COORDINATES_EXPECTED


COORDINATES_EXPECTED = 'must be "latitude, longitude" in degrees, each with at least three decimals'

PERSONA_KEYS: Keys = {"id": text, **dict.fromkeys(KINDS, _texts_error), "location": _coordinates_error}
"""Keys of a persona (a test compares docs/output.md with them)."""


def read_personas(path: Path) -> Personas:
    """Read the file and compile the search.

    Raises ValueError with file, line and a suggestion for a file that cannot be used, OSError for one that cannot be
    read.
    """
    try:
        return parse(path.read_text("utf-8"), path.name)
    except UnicodeDecodeError:
        raise ValueError(f"{path.name}: is no UTF-8 text") from None


def parse(source: str, name: str, *, fast: bool = True) -> Personas:
    """The same from text; ``name`` stands for the file in error messages.

    ``fast`` False uses the standard library only.
    """
    reader = Reader(name, source)
    reader.top(("persona",))
    rows = reader.tables((), "persona", reader.data.get("persona", []), PERSONA_KEYS)
    if not rows:
        raise ValueError(f"{name}: no [[persona]] in this file")
    values: list[tuple[Seed, str]] = []
    ids: set[str] = set()
    for number, (place, row) in enumerate(rows, 1):
        persona = str(row.get("id", f"persona {number}")).strip()
        if persona in ids:
            raise reader.wrong(place, "id", "two personas have this id")
        ids.add(persona)
        if len(row) == ("id" in row):
            raise reader.wrong(place, None, "this persona has nothing to search for")
        for kind in KINDS:
            for value in _values(kind, row.get(kind)):
                complaint = _value_error(kind, value)
                if complaint:
                    raise reader.wrong(place, kind, f"{kind}: {complaint}")
                values.append((Seed(persona, kind, value), value))
    if len(values) > MAX_VALUES:
        raise ValueError(f"{name}: {len(values):,} values; {MAX_VALUES:,} can be searched for at a time")
    return Personas(values, fast=fast)


def _values(kind: str, entry: Any) -> list[str]:
    if entry is None:
        return []
    if kind == "location":
        place = coordinates(entry)
        return [f"{place[0]},{place[1]}"] if place is not None else []
    return [one.strip() for one in (entry if isinstance(entry, list) else [entry])]


def _value_error(kind: str, text: str) -> str | None:
    if len(text) > MAX_VALUE_CHARACTERS:
        return f"is longer than {MAX_VALUE_CHARACTERS} characters"
    if kind == "phone" and telephone(text) is None:
        return "must be a whole number with its country, such as +44 20 7946 0123"
    if kind == "email" and not re.fullmatch(r"[^@\s]+@[^@\s]+\.[^@\s]+", text):
        return "must be an address such as anna@example.com"
    if kind == "mac" and not re.fullmatch(r"(?i)(?:[0-9a-f]{2}[:.-]?){5}[0-9a-f]{2}", text):
        return "must be a hardware address such as 02:00:5e:00:53:01"
    if len(text.encode("utf-8")) < MIN_VALUE_BYTES:
        return f"is too short to be told from chance; at least {MIN_VALUE_BYTES} characters are needed"
    return None
