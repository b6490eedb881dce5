"""Reader of users' TOML files: known keys with good values, or a complaint with file and line."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from sensor.lazy_pattern import expression
from sensor.settings.toml_lines import TomlLines, TomlPosition

Check = Callable[[Any], str | None]
"""Returns what is wrong with a value, in words, or None."""

Keys = Mapping[str, Check | None]
"""A table's keys, each with the check of its value; None for further tables, which are checked elsewhere."""


def text(value: Any) -> str | None:
    """A text that is not blank."""
    return None if isinstance(value, str) and value.strip() else "must be a text"


def flag(value: Any) -> str | None:
    """True or false."""
    return None if isinstance(value, bool) else "must be true or false"


def _count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value > 0


def port(value: Any) -> str | None:
    """A port of TCP or UDP."""
    return None if _count(value) and value < 65_536 else "must be a port, 1 to 65535"


def days(value: Any) -> str | None:
    """A number of days."""
    return None if _count(value) else "must be a number of days"


def day(value: Any) -> str | None:
    """A date, as TOML has it."""
    good = isinstance(value, date) and not isinstance(value, datetime)
    return None if good else "must be a date such as 2027-12-31, without quotes"


def timestamp(value: Any) -> str | None:
    """A date and time with its zone, as TOML has it: without one it cannot be compared to packets."""
    good = isinstance(value, datetime) and value.tzinfo is not None
    return None if good else "must be a time with its zone, such as 2026-05-01T10:00:00Z, without quotes"


def peer(value: Any) -> str | None:
    """An address, a network in CIDR, or a name."""
    if text(value) or any(character.isspace() for character in value):
        return "must be an address, a network or a name"
    if "/" in value:
        try:
            ipaddress.ip_network(value, strict=False)
        except ValueError:
            return f"{value!r} is not a network such as 203.0.113.0/24"
    return None


def url(value: Any) -> str | None:
    """A web address."""
    return None if isinstance(value, str) and value.startswith(("https://", "http://")) else "must be a web address"


def word(*words: str) -> Check:
    """One of these words."""

    def check(value: Any) -> str | None:
        return None if value in words else f"{value!r} is not one of {', '.join(words)}{hint(str(value), words)}"

    return check


def hint(wrong: str, known: Sequence[str]) -> str:
    """``; did you mean …?`` where one of the known words is near."""
    import difflib  # only a mistake needs it

    near = difflib.get_close_matches(wrong, known, 1)
    return f"; did you mean {near[0]}?" if near else ""


LARGEST = 2_000_000
"""Characters of a file: facts on a thousand devices take a tenth."""

DEEP_KEY = expression(r"""(?:\.[ \t]*(?:[\w-]+|"[^"\n]*"|'[^'\n]*')[ \t]*){32}""")
"""A key of so many parts: reading it takes the square of their number."""


def tables_of(name: str, source: str) -> dict[str, Any]:
    """The tables of a file's text. ValueError for what is no TOML, and for what nobody would write by hand."""
    if len(source) > LARGEST:
        raise ValueError(f"{name}: is larger than {LARGEST // 1_000_000} MB")
    if DEEP_KEY.search(source):
        raise ValueError(f"{name}: a key has more than 32 parts")
    import tomllib  # its expressions take 5 ms, and most runs read no such file

    try:
        return tomllib.loads(source)
    except tomllib.TOMLDecodeError as error:
        raise ValueError(f"{name}: {error}") from None
    except RecursionError:
        raise ValueError(f"{name}: values are nested too deeply") from None


class Reader:
    """One file being read. ``data`` are its tables; ValueError, also from each method, names file and line."""

    def __init__(self, name: str, source: str) -> None:
        self.name = name
        self.data = tables_of(name, source)
        self._lines = TomlLines(source)

    def line(self, place: TomlPosition, key: str | None = None) -> int:
        """The line of a table, or of a key of it."""
        return self._lines.of(place, key)

    def wrong(self, place: TomlPosition, key: str | None, what: str) -> ValueError:
        """A complaint."""
        return ValueError(f"{self.name}:{self.line(place, key)}: {what}")

    def top(self, known: Sequence[str]) -> None:
        """Complain of other top-level tables than these."""
        for key in self.data:
            if key not in known:
                raise self.wrong(
                    ((key, 0),), None, f"unknown key {key!r}{hint(key, known) or f'; known are {known[0]}'}"
                )

    def table(self, place: TomlPosition, row: Any, keys: Keys, needed: Sequence[str] = ()) -> dict[str, Any]:
        """The table, checked: no other keys than these, no bad value, and all keys that are needed."""
        name = place[-1][0]
        if not isinstance(row, dict):
            raise self.wrong(place[:-1], name, f"{name} must be a table")
        for key, value in row.items():
            if key not in keys:
                near = hint(key, list(keys)) or f"; known are {', '.join(keys)}"
                raise self.wrong(place, key, f"unknown key {key!r} in {name}{near}")
            check = keys[key]
            complaint = check(value) if check is not None else None
            if complaint is not None:
                raise self.wrong(place, key, f"{key}: {complaint}")
        for key in needed:
            if key not in row:
                raise self.wrong(place, None, f"{name} needs {key}")
        return row

    def tables(
        self, around: TomlPosition, name: str, rows: Any, keys: Keys, needed: Sequence[str] = ()
    ) -> list[tuple[TomlPosition, dict[str, Any]]]:
        """Each of the tables of one name, with its place."""
        if not isinstance(rows, list):
            header = ".".join([*(part for part, _ in around), name])
            raise self.wrong(around, name, f"write [[{header}]], one for each")
        places: list[TomlPosition] = [(*around, (name, index)) for index in range(len(rows))]
        return [(place, self.table(place, row, keys, needed)) for place, row in zip(places, rows, strict=True)]
