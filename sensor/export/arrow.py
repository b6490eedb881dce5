"""Records as Arrow tables, one a kind; columns by the types of `sensor.records`, always the same."""

from __future__ import annotations

import json
import types
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Annotated, Any, Literal, NotRequired, Union, get_args, get_origin, get_type_hints, is_typeddict

from sensor.records import (
    CaptureRecord,
    DeviceRecord,
    FindingRecord,
    FlowRecord,
    LedgerRecord,
    ProvisionRecord,
    VerdictRecord,
)

TYPES: Mapping[str, Any] = {
    "capture": CaptureRecord,
    "device": DeviceRecord,
    "finding": FindingRecord,
    "provision": ProvisionRecord,
    "verdict": VerdictRecord,
    "ledger": LedgerRecord,
    "flow": FlowRecord,
}

INSTALL = "Arrow and Parquet need pyarrow: pip install 'lanwitness[parquet]'"


def pyarrow() -> Any:
    """The library, loaded when it is needed. Raises ImportError with what to install."""
    try:
        import pyarrow as library
    except ImportError:
        raise ImportError(INSTALL) from None
    return library


def arrow_table(kind: str, records: Iterable[Mapping[str, Any]]) -> Any:
    """A `pyarrow.Table` of the records of one kind. Raises ImportError.

    Times are UTC timestamps, maps of counts are maps; what has no fixed form (``detail``) is JSON as text.
    """
    library = pyarrow()
    hints = get_type_hints(TYPES[kind], include_extras=True)
    schema = library.schema([(name, _arrow_type(hint, library)) for name, hint in hints.items()])
    rows = [{name: _value(hint, record.get(name)) for name, hint in hints.items()} for record in records]
    return library.Table.from_pylist(rows, schema=schema)


def _plain(hint: Any) -> Any:
    """A hint without None and without what only says that a field may be missing."""
    if get_origin(hint) is NotRequired:
        return _plain(get_args(hint)[0])
    if get_origin(hint) in (Union, types.UnionType):
        some = [one for one in get_args(hint) if one is not types.NoneType]
        return _plain(some[0]) if len(some) == 1 else Any
    return hint


def _is_time(hint: Any) -> bool:
    return get_origin(hint) is Annotated and getattr(hint.__metadata__[0], "format", None) == "date-time"


def _arrow_type(hint: Any, library: Any) -> Any:
    hint = _plain(hint)
    if _is_time(hint):
        return library.timestamp("us", "UTC")
    if get_origin(hint) is Annotated:
        return _arrow_type(get_args(hint)[0], library)
    if get_origin(hint) is Literal:
        return library.string()
    if get_origin(hint) is list:
        return library.list_(_arrow_type(get_args(hint)[0], library))
    if get_origin(hint) is dict and get_args(hint)[1] is int:
        return library.map_(library.string(), library.int64())
    if is_typeddict(hint):
        parts = get_type_hints(hint, include_extras=True)
        return library.struct([(name, _arrow_type(part, library)) for name, part in parts.items()])
    known = {int: library.int64(), float: library.float64(), bool: library.bool_()}
    return known.get(hint, library.string())


def _value(hint: Any, value: Any) -> Any:
    """A value in the form that its Arrow type takes."""
    hint = _plain(hint)
    if value is None:
        return None
    if _is_time(hint):
        return datetime.fromisoformat(value)
    if get_origin(hint) is Annotated:
        return _value(get_args(hint)[0], value)
    if get_origin(hint) is list:
        return [_value(get_args(hint)[0], one) for one in value]
    if get_origin(hint) is dict and get_args(hint)[1] is int:
        return list(value.items())
    if is_typeddict(hint):
        return {name: _value(part, value.get(name)) for name, part in get_type_hints(hint, include_extras=True).items()}
    return value if isinstance(value, str | int | float) else json.dumps(value, ensure_ascii=True)
