"""JSON Schemas (draft 2020-12) of the records of docs/output.md, as files of the package.

They are generated from `sensor.records` (`sensor.schemas.generate`); a test holds them equal.
"""

from __future__ import annotations

import json
from functools import cache
from importlib.resources import files
from typing import Any, Final

VERSION: Final = 1
"""Of the meaning of fields. A field that is added does not change it: readers take what they do not know."""


def identifier(kind: str) -> str:
    """The ``$id`` of the schema of a kind of record."""
    return f"urn:lanwitness:schema:{VERSION}:{kind}"


def folder() -> Any:
    """Where the files are, one for each kind."""
    return files(__name__) / f"v{VERSION}"


@cache
def kinds() -> tuple[str, ...]:
    """Kinds of records, by name."""
    return tuple(sorted(path.name.removesuffix(".json") for path in folder().iterdir() if path.name.endswith(".json")))


@cache
def schema(kind: str) -> dict[str, Any]:
    """The schema of a kind of record; ``expected`` is that of the truth beside a capture of `lanwitness check`."""
    loaded: dict[str, Any] = json.loads((folder() / f"{kind}.json").read_text("utf-8"))
    return loaded
