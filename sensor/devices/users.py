"""Decisions of the user about devices, from a TOML file: names, kinds, merges. They always win.

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

from pathlib import Path
from typing import Any

from sensor.devices.device import CATEGORIES, OUT_OF_SCOPE, Device
from sensor.light_dataclass import dataclass
from sensor.model import Claim, Reason
from sensor.settings.toml_reader import Keys, Reader, hint, text

CLAIMS = ("category", "vendor", "model", "firmware")


def _category(value: Any) -> str | None:
    good = isinstance(value, str) and value in CATEGORIES
    return None if good else f"there is no {value!r}{hint(str(value), sorted(CATEGORIES))}"


def _ids(value: Any) -> str | None:
    good = isinstance(value, list) and all(isinstance(one, str) for one in value)
    return None if good else "must be a list of device ids"


KEYS: Keys = {
    "id": text,
    "name": text,
    **dict.fromkeys(CLAIMS, text),
    "category": _category,
    "merge": _ids,
    "apart": _ids,
}


@dataclass(frozen=True, slots=True)
class Decision:
    """The user's decision about one device."""

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
    """Read the file. ValueError with file, line and a suggestion where it cannot be used, OSError where not read."""
    reader = Reader(str(path), path.read_text("utf-8"))
    reader.top(("device",))
    decisions: dict[str, Decision] = {}
    merges: dict[str, str] = {}
    for place, row in reader.tables((), "device", reader.data.get("device", []), KEYS, needed=("id",)):
        name = row["id"].lower()
        if name in decisions:
            raise reader.wrong(place, "id", f"{name} is named twice")
        claims = tuple((kind, row[kind]) for kind in CLAIMS if kind in row)
        decisions[name] = Decision(row.get("name"), claims, frozenset(one.lower() for one in row.get("apart", [])))
        merges |= dict.fromkeys((one.lower() for one in row.get("merge", [])), name)
    if circular := sorted(set(merges.values()) & set(merges)):
        raise ValueError(f"{path}: {circular[0]} is merged into another device and cannot take others")
    return Users(decisions, merges, path.name)
