"""Our check of a record against jsonschema's: the same answer, also where something in a record is off."""

from __future__ import annotations

import copy
import random
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from sensor.schemas import schema
from sensor.schemas.fit import DEEPEST, misfit
from tests.export.exported import records_of

ODD: tuple[Any, ...] = (
    None,
    True,
    0,
    -1,
    0.5,
    2.5,
    "",
    "x",
    [],
    [1],
    {},
    {"a": 1},
    "2026-01-01T00:00:00Z",
)


def altered(record: dict[str, Any], chance: random.Random) -> dict[str, Any]:
    """A copy in which one value somewhere is another, or is gone."""
    made = copy.deepcopy(record)
    place: Any = made
    while True:
        keys = [key for key in (place if isinstance(place, dict) else range(len(place))) if key != "record"]
        key = chance.choice(keys)
        below = place[key]
        if isinstance(below, dict | list) and below and chance.random() < 0.7:
            place = below
            continue
        if isinstance(place, dict) and chance.random() < 0.2:
            del place[key]
        else:
            place[key] = chance.choice(ODD)
        return made


@pytest.mark.parametrize("kind", ["capture", "device", "finding", "flow", "ledger", "provision", "verdict"])
def test_it_says_what_jsonschema_says(kind: str) -> None:
    validator, chance = Draft202012Validator(schema(kind)), random.Random(kind)
    records = [one for one in records_of("home") if one["record"] == kind]
    assert records and all(misfit(one) is None for one in records)
    wrong = 0
    for _ in range(150):
        made = altered(chance.choice(records), chance)
        assert (misfit(made) is None) == validator.is_valid(made), made
        wrong += misfit(made) is not None
    assert wrong > 30


def test_the_place_is_named() -> None:
    device = next(one for one in records_of("home") if one["record"] == "device")
    assert misfit({**device, "addresses": ["192.0.2.1", 5]}) == "addresses[1]"
    assert misfit({**device, "bytes": {**device["bytes"], "cleartext": -1}}) == "bytes.cleartext"
    assert misfit({name: value for name, value in device.items() if name != "mac"}) == "mac"


def test_no_depth_of_nesting_breaks_it() -> None:
    deep: Any = 1
    for _ in range(10 * DEEPEST):
        deep = [deep]
    finding = next(one for one in records_of("home") if one["record"] == "finding")
    assert misfit({**finding, "detail": {"deep": deep}}) is None and misfit({**finding, "provisions": deep}) is not None
