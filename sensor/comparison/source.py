"""Records of a run from a JSON Lines file, checked, each thing as it was written last."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from sensor.model import SEVERITIES, STATUSES
from sensor.records import Key, Record, key_of

FIELDS: Final = {
    "capture": ("capture",),
    "device": ("id",),
    "finding": ("id", "rule", "severity", "device", "role", "server", "protocol", "summary", "detail"),
    "verdict": ("device", "capability", "status"),
}
"""Records that a comparison rests on, and what each needs."""


class NoRecords(ValueError):  # noqa: N818 - a sentence for the user
    """A file that holds no records of one run; the text says why."""


def read_records(path: Path, run: str | None = None, fields: Mapping[str, Collection[str]] = FIELDS) -> list[Record]:
    """The records of a file of `replay --json`: of one run, or of all where ``run`` is "". Raises NoRecords, OSError.

    ``run`` None: of the only one that the file holds. ``fields``: the kinds of records that are wanted, and what each
    must have.
    """
    with path.open("rb") as file:
        found = list(_parsed(file, str(path), {**fields, "gone": ("kind", "id")}))
    runs = list(dict.fromkeys(one["run"] for one in found if one["record"] != "gone"))
    if not runs:
        raise NoRecords(f"{path}: holds no records of replay --json")
    if run is None and len(runs) > 1:
        raise NoRecords(f"{path}: holds {len(runs)} runs; name one: {path}#{runs[0]}")
    if run and run not in runs:
        raise NoRecords(f"{path}: has no run {run}")
    # A live run writes a record again when it changes.
    last: dict[tuple[str, Key], Record] = {}
    for one in found:
        if one["record"] == "gone":
            _forget(last, one)
        elif run in (None, "", one["run"]):
            last[one["run"], key_of(one)] = one
    return list(last.values())


def _forget(last: dict[tuple[str, Key], Record], gone: Record) -> None:
    """Take out what a live run reported and is not so any more."""
    kinds = ("provision", "verdict") if gone["kind"] == "judgement" else (gone["kind"],)
    for run, key in list(last):
        if run == gone["run"] and key[0] in kinds and key[1] == gone["id"]:
            del last[run, key]


def looks_like_records(path: Path) -> bool:
    """Whether a file begins as JSON Lines do; captures never do."""
    with path.open("rb") as file:
        return file.read(64).lstrip().startswith(b"{")


def _parsed(lines: Iterable[bytes], name: str, fields: Mapping[str, Collection[str]]) -> Iterator[Record]:
    for number, line in enumerate(lines, 1):
        try:
            record: Any = json.loads(line)
        except (ValueError, RecursionError):
            raise NoRecords(f"{name}: line {number} is no JSON") from None
        if not isinstance(record, dict):
            raise NoRecords(f"{name}: line {number} is no record")
        needed = fields.get(str(record.get("record")))
        if needed is None:
            continue
        if not _is_sound(record, needed):
            raise NoRecords(f"{name}: line {number} is no whole {record['record']} record")
        yield record


def _is_sound(record: Record, needed: Iterable[str]) -> bool:
    """Whether the fields are there, of the kinds that a comparison takes them for."""
    return (
        all(name in record for name in ("run", *needed))
        and (record["record"] != "finding" or record["severity"] in SEVERITIES)
        and record.get("status", STATUSES[0]) in STATUSES
        and isinstance(record.get("detail", {}), dict)
        and all(isinstance(record.get(name, ""), str) for name in ("run", "id", "rule", "protocol", "capture", "key"))
    )
