"""JSON of Python's own values and of a few classes of ours, to be read by other versions too.

Addresses and hardware addresses stand in it as text, so that `lanwitness forget` finds them. A field that this version
does not know is left out, one that is missing has its default; what cannot be read is a ValueError. No class is made
but those of `CLASSES`.
"""

from __future__ import annotations

import ipaddress
import json
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from enum import Enum
from functools import cache
from types import UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

from sensor.catalogue import Message
from sensor.devices.device import Bytes
from sensor.devices.host import Host
from sensor.devices.linked_identities import FirstUse
from sensor.devices.reverse_names import ReverseName
from sensor.model import Capability, Endpoint, Finding, Protection, Severity, Side, Transport, mac_text
from sensor.run_state import CountedBefore, DeviceState
from sensor.verdicts.commissioning import Commissioning
from sensor.verdicts.coverage import Coverage
from sensor.verdicts.seen_channels import SeenChannel, SeenChannels

CLASSES: dict[str, type[Any]] = {
    one.__name__: one
    for one in (
        Bytes,
        Commissioning,
        CountedBefore,
        Coverage,
        DeviceState,
        Endpoint,
        Finding,
        FirstUse,
        Host,
        Message,
        ReverseName,
        SeenChannel,
        SeenChannels,
    )
}
WORDS: dict[str, type[Enum]] = {one.__name__: one for one in (Capability, Protection, Severity, Side, Transport)}

PLAIN = (str, int, float, bool, type(None))
DEEPEST = 40
"""Values in values: what a run holds is far flatter."""


def encode(value: Any) -> str:
    """The text. TypeError for what is of no known class."""
    plain = _plain(value)
    text = json.dumps(plain, ensure_ascii=False, separators=(",", ":"))
    # What is no UTF-8 in a name (PEP 383) no database takes.
    return text if text.isascii() or _is_utf8(text) else json.dumps(plain, separators=(",", ":"))


def decode(text: str) -> Any:
    """The value. ValueError for what `encode` did not write."""
    try:
        return _value(json.loads(text), 0)
    except (TypeError, KeyError, AttributeError, IndexError, RecursionError) as error:
        raise ValueError(type(error).__name__) from None


def _is_utf8(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _plain(value: Any) -> Any:
    kind = type(value)
    if isinstance(value, Enum):
        return {"word": kind.__name__, "is": value.name}
    if kind in PLAIN:
        return value
    if kind is bytes:
        return _bytes(value)
    if kind is list:
        return [_plain(one) for one in value]
    if kind.__name__ in CLASSES:
        return {"class": kind.__name__, "has": {name: _plain(getattr(value, name)) for name in _fields(kind)}}
    if kind is tuple:
        return {"tuple": [_plain(one) for one in value]}
    if kind in (set, frozenset):
        return {kind.__name__: sorted((_plain(one) for one in value), key=repr)}
    if kind in (dict, OrderedDict):
        return {"dict": [[_plain(name), _plain(one)] for name, one in value.items()]}
    raise TypeError(kind.__name__)


def _bytes(value: bytes) -> dict[str, str]:
    if len(value) == 6:
        return {"mac": mac_text(value) or ""}
    if len(value) in (4, 16):
        return {"address": str(ipaddress.ip_address(value))}
    return {"hex": value.hex()}


def _fields(kind: type[Any]) -> list[str]:
    if is_dataclass(kind):
        return [one.name for one in fields(kind)]
    return list(getattr(kind, "_fields", None) or kind.__slots__)


def _value(plain: Any, depth: int) -> Any:
    if depth > DEEPEST:
        raise ValueError("too deep")
    if isinstance(plain, list):
        return [_value(one, depth + 1) for one in plain]
    if not isinstance(plain, dict):
        return plain
    (kind, given), *_ = plain.items()
    if kind in ("mac", "address", "hex"):
        return _read_bytes(kind, given)
    if kind == "word":
        return WORDS[given][plain["is"]]
    if kind == "class":
        return _made(CLASSES[given], {name: _value(one, depth + 1) for name, one in plain["has"].items()})
    if kind == "dict":
        return {_value(name, depth + 1): _value(one, depth + 1) for name, one in given}
    makers = {"tuple": tuple, "set": set, "frozenset": frozenset}
    return makers[kind](_value(one, depth + 1) for one in given)


def _read_bytes(kind: str, text: str) -> bytes:
    try:
        if kind == "address":
            return ipaddress.ip_address(text).packed
        return bytes.fromhex(text.replace(":", ""))
    except ValueError:
        return b""  # the name of a device that was forgotten stood here


def _made(kind: type[Any], given: dict[str, Any]) -> Any:
    if kind is Host:
        if not (isinstance(given["mac"], bytes) and isinstance(given["address"], bytes)):
            raise ValueError("Host")
        host = Host(given["mac"], given["address"], 0, 0)
        for name in set(Host.__slots__) & given.keys():
            setattr(host, name, given[name])
        return host
    known = {name: given[name] for name in _fields(kind) if name in given}
    kinds = _kinds(kind.__name__)
    if not all(fits(value, kinds[name]) for name, value in known.items()):
        raise ValueError(kind.__name__)
    return kind(**known)


@cache
def _kinds(name: str) -> dict[str, Any]:
    """The fields of a class, and what each is a value of."""
    return get_type_hints(CLASSES[name])


def fits(value: Any, kind: Any) -> bool:
    """Whether a value is of a kind, as annotations of our classes have it (``dict[int, int]``)."""
    if kind in (Any, object):
        return True
    origin, inner = get_origin(kind), get_args(kind)
    if origin in (UnionType, Union):
        return any(fits(value, one) for one in inner)
    if origin is None:
        return isinstance(value, (int, float) if kind is float else kind)
    if not isinstance(value, origin):
        return False
    if isinstance(value, Mapping):
        return all(fits(name, inner[0]) and fits(one, inner[1]) for name, one in value.items())
    if isinstance(value, tuple) and inner[-1] is not Ellipsis:
        return len(value) == len(inner) and all(map(fits, value, inner))
    return all(fits(one, inner[0]) for one in value)
