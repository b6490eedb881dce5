"""A format: what it is called, how records become its files, what it needs; and those that there are."""

from __future__ import annotations

import importlib
import json
import pkgutil
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cache
from typing import Any

from sensor.export import formats as package
from sensor.export.run_records import RunRecords
from sensor.light_dataclass import dataclass
from sensor.records import Record

Shape = Callable[[Record], Iterable[Mapping[str, Any]]]
"""A record as lines of a format; it may remember earlier ones."""


@dataclass(frozen=True, slots=True)
class Format:
    """Either ``text``, the pieces of one file, or ``files``: names and contents of several, for a folder."""

    title: str
    text: Callable[[RunRecords], Iterable[str]] | None = None
    files: Callable[[RunRecords], Iterator[tuple[str, bytes]]] | None = None
    flows: bool = False
    """Whether it has lines of flows, so that a capture is read with them."""
    live: Callable[[], Shape] | None = None
    """Makes what shapes the records of a live run one by one, where the format can."""


class Missing(RuntimeError):  # noqa: N818 - a sentence for the user
    """A library that a format needs is not installed; the text says what to install."""


@cache
def formats() -> dict[str, Format]:
    """All formats by name."""
    names = sorted(one.name for one in pkgutil.iter_modules(package.__path__) if not one.name.startswith("_"))
    return {name: importlib.import_module(f"{package.__name__}.{name}").FORMAT for name in names}


def json_line(value: Any) -> str:
    """One JSON value as one line."""
    return json.dumps(value, ensure_ascii=True, separators=(",", ":")) + "\n"


def json_document(value: Any) -> Iterator[str]:
    """One JSON value as a file for people, too."""
    yield json.dumps(value, ensure_ascii=False, indent=1) + "\n"
