"""Compiled signatures: all files of the folder as one plain structure, cached as JSON.

Reading the TOML takes nearly a second. The installation puts the JSON beside the files (`python -m
sensor.devices.signatures.compiled`); without it, it goes to the user's cache folder. It counts only for files of the
very bytes that it was made from. A bad file or entry is refused with file, line and reason; the rest works.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from pathlib import Path
from typing import Any

from sensor.devices.signatures.makers import keys_of
from sensor.devices.signatures.schema import Problem, add_domain, domains_of, entries_of, makers_of
from sensor.files import write_atomic

SHIPPED = Path(__file__).resolve().parents[3] / "signatures"

FORMAT = 5
"""Changes with the form of the JSON."""

MAKERS, DESTINATIONS, CLOUDS = "makers.toml", "destinations.toml", "clouds.toml"

Texts = dict[str, bytes | OSError]
"""Path below the folder -> its bytes, or why it cannot be read."""

INSTALLED = "index.json"
"""Name of the JSON beside the files of an installation."""


def load_compiled(folder: Path, cache: str | None = None) -> dict[str, Any]:
    """What `read` returns for ``folder``, from the JSON if that is still right.

    ``cache``: folder for the JSON, None for the user's, "" for no cache.
    """
    texts = _texts(folder)
    stamp = _stamp(texts)
    if cache == "":
        return read(folder, texts)
    found = _load(folder / INSTALLED, stamp)
    if found is not None:
        return found
    home = cache or os.environ.get("XDG_CACHE_HOME") or str(Path("~/.cache").expanduser())
    place = Path(home) / "lanwitness" / f"signatures-{stamp[:24]}.json"
    found = _load(place, stamp)
    if found is None:
        found = read(folder, texts)
        try:
            place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            for old in place.parent.glob("signatures-*"):
                old.unlink(missing_ok=True)
            _store(found, place, stamp)
        except OSError:
            pass  # a read-only home only costs reading the TOML again
    return found


def install(folder: Path, target: Path) -> None:
    """Write the JSON of ``folder`` to ``target``, so that no start reads the TOML again. OSError."""
    texts = _texts(folder)
    _store(read(folder, texts), target / INSTALLED, _stamp(texts))


def _texts(folder: Path) -> Texts:
    names = [f"devices/{path.name}" for path in sorted((folder / "devices").glob("*.toml"))]
    found: Texts = {}
    for name in (*names, MAKERS, DESTINATIONS, CLOUDS):
        try:
            found[name] = (folder / name).read_bytes()
        except FileNotFoundError:
            pass
        except OSError as error:
            found[name] = error
    return found


def _stamp(texts: Texts) -> str:
    stamp = hashlib.sha256(f"{FORMAT}".encode())
    for name, text in texts.items():
        stamp.update(f"\n{name} ".encode() + (hashlib.sha256(text).digest() if isinstance(text, bytes) else b"!"))
    return stamp.hexdigest()


def _load(place: Path, stamp: str) -> dict[str, Any] | None:
    try:
        found = json.loads(place.read_bytes())
    except (OSError, ValueError):
        return None
    return found if isinstance(found, dict) and found.get("stamp") == stamp else None


def _store(found: dict[str, Any], place: Path, stamp: str) -> None:
    # Most fields never occur in a capture: a start reads their entries only as a text.
    entries = {field: json.dumps(rows) for field, rows in found["entries"].items()}
    write_atomic(place, json.dumps({"stamp": stamp, **found, "entries": entries}).encode("utf-8"), 0o644)


def read(folder: Path, texts: Texts | None = None) -> dict[str, Any]:
    """All signature files of ``folder``: ``fields`` ``entries`` ``makers`` ``mention`` ``domains`` ``problems``."""
    texts = _texts(folder) if texts is None else texts
    problems: list[str] = []
    fields: dict[str, list[str]] = {}
    entries: dict[str, list[list[Any]]] = {}
    for name in texts:
        if name in (MAKERS, DESTINATIONS, CLOUDS):
            continue
        field = name.removeprefix("devices/").removesuffix(".toml")
        data = _toml(name, texts, problems)
        if not data:
            continue
        good, bad = entries_of(field, data)
        problems += _named(bad, name, texts)
        entries[field] = [
            [
                f"{field}/{e['name']}",
                e["pattern"],
                e["literals"],
                e["says"],
                e["weights"],
                e["rows"],
                e["listed"],
            ]
            for e in good
        ]
        also = data.get("also", [])
        for other in (field, *(also if isinstance(also, list) else ())):
            fields.setdefault(str(other), []).append(field)
    data = _toml(MAKERS, texts, problems)
    makers, bad = makers_of(data)
    problems += _named(bad, MAKERS, texts)
    mention = data.get("mention", [])
    domains, bad = domains_of(_toml(DESTINATIONS, texts, problems))
    problems += _named(bad, DESTINATIONS, texts)
    clouds, bad = domains_of(_toml(CLOUDS, texts, problems))
    problems += _named(bad, CLOUDS, texts)
    for domain, says in clouds.items():
        add_domain(domains, domain, says)
    return {
        "fields": fields,
        "entries": entries,
        "problems": problems,
        "makers": [{**row, "keys": keys_of(row)} for row in makers],
        "mention": [field for field in mention if isinstance(field, str)] if isinstance(mention, list) else [],
        "domains": domains,
    }


def _toml(name: str, texts: Texts, problems: list[str]) -> dict[str, Any]:
    import tomllib  # its expressions take 5 ms, and a start finds the JSON

    text = texts.get(name, b"")
    try:
        if isinstance(text, OSError):
            raise text
        return tomllib.loads(text.decode("utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        problems.append(f"{name}: {error}")
        return {}


def _named(bad: list[Problem], name: str, texts: Texts) -> list[str]:
    """The problems with file and line."""
    text = texts.get(name, b"")
    lines = text.decode("utf-8", "replace").splitlines() if bad and isinstance(text, bytes) else []
    return [f"{name}: {_line(lines, entry)}{reason}" for entry, reason in bad]


def _line(lines: list[str], entry: str) -> str:
    if not entry:
        return ""
    for number, line in enumerate(lines, 1):
        if re.match(rf'\s*name\s*=\s*"{re.escape(entry)}"', line):
            return f"line {number}: {entry}: "
    return f"{entry}: "


if __name__ == "__main__":
    install(SHIPPED, SHIPPED)
