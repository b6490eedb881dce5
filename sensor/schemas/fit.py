"""Whether a record of JSON fits the schema of its kind, by the keywords that our schemas use."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from sensor.schemas import schema

DEEPEST = 32
"""Parts within parts; ours go six deep."""

_TYPES: Mapping[str, tuple[type, ...]] = {
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
    "null": (type(None),),
    "array": (list,),
    "object": (dict,),
}


def misfit(record: Mapping[str, Any]) -> str | None:
    """Where a record of a known kind does not fit its schema (``addresses[0]``); None where it fits."""
    whole = schema(record["record"])
    return _misfit(dict(record), whole, whole["$defs"], "", DEEPEST)


def _misfit(value: Any, wanted: Mapping[str, Any], parts: Mapping[str, Any], place: str, depth: int) -> str | None:
    if not depth:
        return place
    if "$ref" in wanted:
        return _misfit(value, parts[wanted["$ref"].rpartition("/")[2]], parts, place, depth - 1)
    if "anyOf" in wanted:
        places = [_misfit(value, one, parts, place, depth - 1) for one in wanted["anyOf"]]
        return None if None in places else max(filter(None, places), key=len, default=place)
    if not _plain_fits(value, wanted):
        return place
    if isinstance(value, list) and "items" in wanted:
        pairs = ((f"{place}[{number}]", one, wanted["items"]) for number, one in enumerate(value))
    elif isinstance(value, dict):
        named, rest = wanted.get("properties", {}), wanted.get("additionalProperties")
        missing = [name for name in wanted.get("required", ()) if name not in value]
        if missing:
            return f"{place}.{missing[0]}".lstrip(".")
        pairs = (
            (f"{place}.{name}".lstrip("."), one, named.get(name, rest))
            for name, one in value.items()
            if name in named or rest
        )
    else:
        return None
    for where, one, kind in pairs:
        deeper = _misfit(one, kind, parts, where, depth - 1)
        if deeper is not None:
            return deeper
    return None


def _plain_fits(value: Any, wanted: Mapping[str, Any]) -> bool:
    """The keywords that look at a value alone."""
    kinds = wanted.get("type")
    allowed = [kinds] if isinstance(kinds, str) else kinds or []
    if allowed and not any(isinstance(value, _TYPES[one]) for one in allowed):
        return False
    if isinstance(value, bool) and allowed and "boolean" not in allowed:
        return False
    if "const" in wanted and value != wanted["const"]:
        return False
    if "enum" in wanted and value not in wanted["enum"]:
        return False
    if isinstance(value, str):
        return "pattern" not in wanted or re.search(wanted["pattern"], value) is not None
    if isinstance(value, int | float) and not isinstance(value, bool):
        return bool(wanted.get("minimum", value) <= value <= wanted.get("maximum", value))
    return True
