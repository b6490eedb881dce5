"""Records of JSON as the dataclasses of `lanwitness.records`."""

from __future__ import annotations

import dataclasses
import types
from collections.abc import Mapping
from functools import cache
from typing import Any, Union, get_args, get_origin, get_type_hints

from lanwitness.records import KINDS


def decoded(record: Mapping[str, Any]) -> Any:
    """A record as a dataclass; fields that it does not know are left out, those that are missing are None."""
    return _value(KINDS[record["record"]], record)


@cache
def _fields(made: type[Any]) -> tuple[tuple[str, str, Any], ...]:
    """Name, key and type of each field."""
    hints = get_type_hints(made)
    return tuple((one.name, one.metadata.get("key", one.name), hints[one.name]) for one in dataclasses.fields(made))


def _value(hint: Any, value: Any) -> Any:
    if value is None:
        return None
    if dataclasses.is_dataclass(hint):
        made: Any = hint
        return made(**{name: _value(kind, value.get(key)) for name, key, kind in _fields(made)})
    origin, arguments = get_origin(hint), get_args(hint)
    if origin in (Union, types.UnionType):
        some = [one for one in arguments if one is not types.NoneType]
        made = next((one for one in some if dataclasses.is_dataclass(one)), None)
        # Text or a part: a part is an object in JSON.
        return _value(made, value) if made is not None and isinstance(value, dict) else _value(some[0], value)
    if origin is list:
        return [_value(arguments[0], one) for one in value]
    return value
