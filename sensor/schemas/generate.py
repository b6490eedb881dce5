"""The JSON Schemas made of the types of `sensor.records`.

A type's docstring is its description, `Annotated` holds further keywords, what is not `NotRequired` is required.
"""

from __future__ import annotations

import inspect
import types
from collections.abc import Mapping
from dataclasses import asdict
from typing import (
    Annotated,
    Any,
    Final,
    Literal,
    NotRequired,
    Union,
    get_args,
    get_origin,
    get_type_hints,
    is_typeddict,
)

from sensor.records import CaptureRecord, ComparisonRecord, FlowRecord, LedgerRecord, SummaryRecord
from sensor.schemas import identifier
from sensor.schemas.added import (
    GoneRecord,
    SensorRecord,
    StoredDeviceRecord,
    StoredFindingRecord,
    StoredProvisionRecord,
    StoredVerdictRecord,
)
from sensor.schemas.expected import ExpectedTruth

KINDS: Final[Mapping[str, Any]] = {
    "capture": CaptureRecord,
    "comparison": ComparisonRecord,
    "device": StoredDeviceRecord,
    "finding": StoredFindingRecord,
    "flow": FlowRecord,
    "gone": GoneRecord,
    "ledger": LedgerRecord,
    "provision": StoredProvisionRecord,
    "sensor": SensorRecord,
    "summary": SummaryRecord,
    "verdict": StoredVerdictRecord,
    "expected": ExpectedTruth,
}
"""The type of each kind of record, and that of the truth beside a capture."""

DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"


def generate(kind: str) -> dict[str, Any]:
    """The schema of a kind, with the types of its parts in ``$defs``. Further fields are allowed."""
    parts: dict[str, Any] = {}
    top = _object(KINDS[kind], parts)
    head = {"$schema": DIALECT, "$id": identifier(kind), "title": f"LANwitness record: {kind}"}
    return {**head, **top, "$defs": dict(sorted(parts.items()))}


def object_of(shape: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    """The schema of a record's type, and those of its parts by name, to which it refers as ``#/$defs/NAME``."""
    parts: dict[str, Any] = {}
    return _object(shape, parts), parts


def _object(shape: Any, parts: dict[str, Any]) -> dict[str, Any]:
    hints = get_type_hints(shape, include_extras=True)
    text = inspect.getdoc(shape) or ""
    described = {} if text.startswith("dict(") else {"description": " ".join(text.replace("``", "").split())}
    return {
        "type": "object",
        **described,
        "properties": {name: _schema(hint, parts) for name, hint in hints.items()},
        "required": [name for name, hint in hints.items() if _required(shape, name, hint)],
    }


def _required(shape: Any, name: str, hint: Any) -> bool:
    """`NotRequired` is looked for in the hint: in an annotation that is text the class does not see it."""
    return name in shape.__required_keys__ and get_origin(hint) is not NotRequired


def _schema(hint: Any, parts: dict[str, Any]) -> dict[str, Any]:
    origin, arguments = get_origin(hint), get_args(hint)
    if hint is Any:
        return {}
    if origin is NotRequired:
        return _schema(arguments[0], parts)
    if origin is Annotated:
        more = {
            name: list(value) if isinstance(value, tuple) else value
            for name, value in asdict(arguments[1]).items()
            if value is not None
        }
        return {**_schema(arguments[0], parts), **more}
    if origin in (Union, types.UnionType):
        return _union([_schema(one, parts) for one in arguments])
    if origin is Literal:
        return {"const": arguments[0]} if len(arguments) == 1 else {"enum": list(arguments)}
    if origin is list:
        return {"type": "array", "items": _schema(arguments[0], parts)}
    if origin is dict:
        values = _schema(arguments[1], parts)
        return {"type": "object", **({"additionalProperties": values} if values else {})}
    if is_typeddict(hint):
        name = hint.__name__
        if name not in parts:
            parts[name] = {}
            parts[name] = _object(hint, parts)
        return {"$ref": f"#/$defs/{name}"}
    if hint is int:
        return {"type": "integer", "minimum": 0}  # every number of a record counts something
    return {"type": {str: "string", float: "number", bool: "boolean", types.NoneType: "null"}[hint]}


def _union(found: list[dict[str, Any]]) -> dict[str, Any]:
    """``["string", "null"]`` where that says all; an ``enum`` takes null in, a reference stands in ``anyOf``."""
    plain = [one for one in found if one != {"type": "null"}]
    if len(plain) == len(found) or len(plain) > 1 or "$ref" in plain[0]:
        return {"anyOf": found}
    [only] = plain
    more = {"enum": [*only["enum"], None]} if "enum" in only else {}
    return {**only, "type": [only["type"], "null"], **more}
