"""Parts of which the JSON Schemas of answers are made, and where named ones stand."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from sensor.model import SEVERITIES, STATUSES, Capability
from sensor.schemas.generate import object_of

Schema = dict[str, Any]

PLACE: Final = "#/components/schemas/"
"""Where the description has schemas by name."""

TEXT: Final[Schema] = {"type": "string"}
COUNT: Final[Schema] = {"type": "integer", "minimum": 0}
NUMBER: Final[Schema] = {"type": "number", "minimum": 0}
YES_NO: Final[Schema] = {"type": "boolean"}
NULL: Final[Schema] = {"type": "null"}
TIME: Final[Schema] = {"type": "string", "format": "date-time"}
STATUS: Final[Schema] = {"enum": list(STATUSES)}
SEVERITY: Final[Schema] = {"enum": list(SEVERITIES)}
CAPABILITY: Final[Schema] = {"enum": [one.value for one in Capability]}

COMPONENTS: dict[str, Schema] = {}
"""Schemas by name, as the description's components."""


def ref(name: str) -> Schema:
    """A schema by its name."""
    return {"$ref": PLACE + name}


def maybe(schema: Schema) -> Schema:
    """The same, or null."""
    return {"anyOf": [schema, NULL]}


def listed(schema: Schema) -> Schema:
    """A list of them."""
    return {"type": "array", "items": schema}


def by_name(schema: Schema) -> Schema:
    """An object whose keys are names."""
    return {"type": "object", "additionalProperties": schema}


def fields(may: Mapping[str, Schema] | None = None, /, **must: Schema) -> Schema:
    """An object with fields that it must have, and those that it ``may``."""
    return {"type": "object", "properties": {**must, **(may or {})}, "required": list(must)}


def part(name: str, schema: Schema) -> Schema:
    """Give a schema a name, and refer to it."""
    COMPONENTS[name] = schema
    return ref(name)


def of_record(name: str, shape: Any, without: tuple[str, ...], extra: Schema) -> Schema:
    """A record without some of its fields and with those of ``extra``."""
    made, parts = object_of(shape)
    COMPONENTS.update(parts)
    properties = {key: each for key, each in made["properties"].items() if key not in without}
    required = [key for key in made["required"] if key not in without]
    whole = {"properties": properties | extra["properties"], "required": [*required, *extra["required"]]}
    return part(name, {"type": "object", **whole})


def or_nothing(schema: Schema) -> Schema:
    """The answer of a store that may be empty."""
    return {"anyOf": [schema, ref("Nothing")]}
