"""A user's TOML file into what he decided of his devices: names, kinds, which records are one. What he says always wins.

[[device]]
id = "50:c7:bf:00:53:02"        # as printed: MAC or address
name = "Kitchen plug"
category = "plug"
vendor = "TP-Link"
model = "HS110"
merge = ["02:00:5e:00:53:01"]   # further records that are this device
apart = ["192.168.1.9"]         # records that are not, whatever they share
"""

from __future__ import annotations

import difflib
import re
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sensor.devices.device import CATEGORIES, OUT_OF_SCOPE, Device
from sensor.model import Claim, Reason

KEYS = ("id", "name", "category", "vendor", "model", "firmware", "merge", "apart")
CLAIMS = ("category", "vendor", "model", "firmware")


@dataclass(frozen=True, slots=True)
class Decision:
    """What the user said of one device."""

    name: str | None
    claims: tuple[tuple[str, str], ...]
    apart: frozenset[str]


class Users:
    """The user's decisions by device id; ``merges`` maps a record to the one it is part of."""

    def __init__(self, decisions: dict[str, Decision], merges: dict[str, str], origin: str) -> None:
        self.decisions = decisions
        self.merges = merges
        self._origin = origin

    def apply(self, devices: list[Device]) -> list[Device]:
        """The devices as the user knows them."""
        for device in devices:
            decision = self.decisions.get(device.id)
            if decision is None:
                continue
            device.hostname = decision.name or device.hostname
            for kind, value in decision.claims:
                setattr(device, kind, Claim(value, 1.0, (Reason("user", value, self._origin, ()),)))
            if device.category is not None and ("category", device.category.value) in decision.claims:
                device.in_scope = device.category.value not in OUT_OF_SCOPE
            device.probably_same = tuple(same for same in device.probably_same if same.id not in decision.apart)
        return devices


def read_users(path: Path) -> Users:
    """Read the file; ValueError with file, line and a suggestion where it cannot be used, OSError where it cannot be read."""
    text = path.read_text("utf-8")
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ValueError(f"{path}: {error}") from None
    decisions: dict[str, Decision] = {}
    merges: dict[str, str] = {}
    for key in data:
        if key != "device":
            raise ValueError(_unknown(path, text, key, ("device",)))
    rows = data.get("device", [])
    if not isinstance(rows, list):
        raise ValueError(f"{path}: write [[device]], one for each device")
    for row in rows:
        name, decision, merged = _row(path, text, row)
        if name in decisions:
            raise ValueError(f"{path}: {name} is named twice")
        decisions[name] = decision
        merges |= dict.fromkeys(merged, name)
    if circular := sorted(set(merges.values()) & set(merges)):
        raise ValueError(f"{path}: {circular[0]} is merged into another device and cannot take others")
    return Users(decisions, merges, path.name)


def _row(path: Path, text: str, row: dict[str, Any]) -> tuple[str, Decision, list[str]]:
    for key in row:
        if key not in KEYS:
            raise ValueError(_unknown(path, text, key, KEYS))
    for key in (*CLAIMS, "id", "name"):
        if key in row and (not isinstance(row[key], str) or not row[key].strip()):
            raise ValueError(f"{path}:{_line(text, key)}: {key} must be a text")
    for key in ("merge", "apart"):
        if not isinstance(row.get(key, []), list) or not all(isinstance(one, str) for one in row.get(key, [])):
            raise ValueError(f"{path}:{_line(text, key)}: {key} must be a list of device ids")
    if "id" not in row:
        raise ValueError(f"{path}: a device has no id")
    if "category" in row and row["category"] not in CATEGORIES:
        near = difflib.get_close_matches(row["category"], sorted(CATEGORIES), 1)
        hint = f"; did you mean {near[0]}?" if near else ""
        raise ValueError(
            f"{path}:{_line(text, 'category', row['category'])}: no such category {row['category']!r}{hint}"
        )
    claims = tuple((kind, row[kind]) for kind in CLAIMS if kind in row)
    apart = frozenset(one.lower() for one in row.get("apart", []))
    return row["id"].lower(), Decision(row.get("name"), claims, apart), [one.lower() for one in row.get("merge", [])]


def _unknown(path: Path, text: str, key: str, known: tuple[str, ...]) -> str:
    near = difflib.get_close_matches(key, known, 1)
    return f"{path}:{_line(text, key)}: unknown key {key!r}" + (f"; did you mean {near[0]}?" if near else "")


def _line(text: str, key: str, value: str = "") -> int:
    wanted = re.compile(rf"^\s*\[*{re.escape(key)}\b.*{re.escape(value)}")
    return next((number for number, line in enumerate(text.splitlines(), 1) if wanted.match(line)), 1)
