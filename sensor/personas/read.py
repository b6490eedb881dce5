"""A lab's TOML file of personas into what is searched for: every value checked, none of them repeated in a complaint (docs/output.md)."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from sensor.personas.forms import KINDS, Seed, coordinates, telephone
from sensor.personas.search import Personas
from sensor.settings.toml_reader import Keys, Reader, text

SHORTEST = 5
"""Bytes of a value below which chance would write it."""

LONGEST = 1024
"""Characters of a value: longer than any address, and what is longer is searched by its beginning anyway."""

MOST = 20_000
"""Values in one file: a hundred times what a lab seeds."""


def _texts(value: Any) -> str | None:
    texts = value if isinstance(value, list) else [value]
    good = all(isinstance(one, str) and one.strip() for one in texts)
    return None if good else "must be a text, or a list of texts"


def _place(value: Any) -> str | None:
    return None if coordinates(value) is not None else PLACE_WANTED


PLACE_WANTED = 'must be "latitude, longitude" in degrees, each with at least three decimals'

PERSONA: Keys = {"id": text, **dict.fromkeys(KINDS, _texts), "location": _place}
"""Everything that a persona may say (docs/output.md; a test holds the page to it)."""


def read_personas(path: Path) -> Personas:
    """Read the file and compile the search; ValueError with file, line and a suggestion where it cannot be used, OSError where it cannot be read."""
    try:
        return parse(path.read_text("utf-8"), path.name)
    except UnicodeDecodeError:
        raise ValueError(f"{path.name}: is no UTF-8 text") from None


def parse(source: str, name: str, *, fast: bool = True) -> Personas:
    """The same from text; ``name`` is how the file is called in complaints. ``fast`` False keeps to the standard library."""
    reader = Reader(name, source)
    reader.top(("persona",))
    rows = reader.tables((), "persona", reader.data.get("persona", []), PERSONA)
    if not rows:
        raise ValueError(f"{name}: no [[persona]] in this file")
    values: list[tuple[Seed, str]] = []
    taken: set[str] = set()
    for number, (place, row) in enumerate(rows, 1):
        persona = str(row.get("id", f"persona {number}")).strip()
        if persona in taken:
            raise reader.wrong(place, "id", "two personas have this id")
        taken.add(persona)
        if len(row) == ("id" in row):
            raise reader.wrong(place, None, "this persona has nothing to search for")
        for kind in KINDS:
            for value in _values(kind, row.get(kind)):
                complaint = _too_little(kind, value)
                if complaint:
                    raise reader.wrong(place, kind, f"{kind}: {complaint}")
                values.append((Seed(persona, kind, value), value))
    if len(values) > MOST:
        raise ValueError(f"{name}: {len(values):,} values; {MOST:,} can be searched for at a time")
    return Personas(values, fast=fast)


def _values(kind: str, said: Any) -> list[str]:
    if said is None:
        return []
    if kind == "location":
        place = coordinates(said)
        return [f"{place[0]},{place[1]}"] if place is not None else []
    return [one.strip() for one in (said if isinstance(said, list) else [said])]


def _too_little(kind: str, text: str) -> str | None:
    if len(text) > LONGEST:
        return f"is longer than {LONGEST} characters"
    if kind == "phone" and telephone(text) is None:
        return "must be a whole number with its country, such as +44 20 7946 0123"
    if kind == "email" and not re.fullmatch(r"[^@\s]+@[^@\s]+\.[^@\s]+", text):
        return "must be an address such as anna@example.com"
    if kind == "mac" and not re.fullmatch(r"(?i)(?:[0-9a-f]{2}[:.-]?){5}[0-9a-f]{2}", text):
        return "must be a hardware address such as 02:00:5e:00:53:01"
    if len(text.encode("utf-8")) < SHORTEST:
        return f"is too short to be told from chance; at least {SHORTEST} characters are needed"
    return None
