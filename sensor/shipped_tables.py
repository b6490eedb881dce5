"""Tables that come with the program as TOML files, and the parsed form of each in the user's cache.

Reading the TOML of a small replay takes 30 ms, the same as JSON 2 ms. A parsed form counts only for the very bytes that
it was made from, and under the conditions of `private_cache`.
"""

from __future__ import annotations

import hashlib
import json
from datetime import date
from importlib import import_module
from pathlib import Path
from typing import Any

from sensor.private_cache import load_cached, store_cached

FORMAT = b"1"
"""Changes with the form of the JSON."""


def shipped_file(package: str, *path: str) -> Path:
    """A file of a package, which is a folder; importlib.resources takes 8 ms to import."""
    return Path(import_module(package).__path__[0], *path)


def shipped_table(package: str, *path: str) -> dict[str, Any]:
    """The tables of a package's TOML file. FileNotFoundError where there is none."""
    text = shipped_file(package, *path).read_bytes()
    kind = "toml." + ".".join((package, *path))
    key = hashlib.blake2b(text, digest_size=16, person=FORMAT).hexdigest()
    stored = load_cached(kind, key)
    if stored is not None:
        return _decoded(stored)
    import tomllib  # as a fallback: its expressions take 5 ms

    tables = tomllib.loads(text.decode("utf-8"))
    encoded = _encoded(tables)
    if encoded is not None:
        store_cached(kind, key, encoded)
    return tables


def _encoded(tables: dict[str, Any]) -> bytes | None:
    """As JSON: the tables, and beside them where dates stand, which JSON lacks. None where that loses anything."""
    dates: list[list[str | int]] = []
    _find_dates(tables, [], dates)
    try:
        encoded = json.dumps([tables, dates], default=_date_text).encode()
    except TypeError:
        return None
    return encoded if _decoded(encoded) == tables else None


def _decoded(encoded: bytes) -> dict[str, Any]:
    tables: dict[str, Any]
    tables, dates = json.loads(encoded)
    for *path, last in dates:
        place: Any = tables
        for step in path:
            place = place[step]
        place[last] = date.fromisoformat(place[last])
    return tables


def _find_dates(value: Any, path: list[str | int], found: list[list[str | int]]) -> None:
    if type(value) is date:
        found.append(path)
    elif isinstance(value, dict):
        for name, one in value.items():
            _find_dates(one, [*path, name], found)
    elif isinstance(value, list):
        for number, one in enumerate(value):
            _find_dates(one, [*path, number], found)


def _date_text(value: object) -> str:
    if type(value) is date:
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} has no form in JSON")
