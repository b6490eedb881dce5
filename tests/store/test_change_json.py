"""A change comes back from JSON as it was, and holds no secret that the store does not hold."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from sensor.store.change_json import batch_name, change_from, json_of
from sensor.store.types import Change, SensorIdentity
from tests.store.keeping import TOOL
from tests.store.test_journal import WHOLE

STATE: dict[tuple[str, str], str | None] = {("device", "a"): "{}", ("finding", "b"): None}


def test_a_change_comes_back() -> None:
    change = replace(WHOLE, identity=SensorIdentity("id", "cellar", "home", "", "eth0"), state=STATE)
    assert change_from(json.loads(json.dumps(json_of(change)))) == change


def test_a_file_of_an_older_version_has_neither_identity_nor_state() -> None:
    data = json_of(WHOLE)
    del data["identity"], data["state"]
    assert change_from(json.loads(json.dumps(data))) == WHOLE


@pytest.mark.parametrize("data", [{}, {"run": 1}, {**json_of(WHOLE), "gone": [[1]]}, {**json_of(WHOLE), "tool": None}])
def test_nonsense_is_an_error(data: dict[str, object]) -> None:
    with pytest.raises((KeyError, TypeError, ValueError)):
        change_from(data)


def test_values_of_secrets_are_left_out() -> None:
    secret = {"mask": "", "length": "8-11", "fingerprint": "k1:0", "value": "canary-of-a-test"}
    text = json.dumps(json_of(Change("r1", TOOL, 1, [{"record": "finding", "id": "f", "detail": {"secret": secret}}])))
    assert "canary" not in text and "8-11" in text


def test_no_two_batches_have_a_name() -> None:
    assert len({batch_name() for _ in range(1000)}) == 1000
