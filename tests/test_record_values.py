"""The words of values in records: those of the model, and no others."""

from __future__ import annotations

import re
from typing import get_args

import pytest

from sensor.model import Capability, Protection, SensorState, Severity, Status
from sensor.record_values import (
    CapabilityName,
    Mac,
    ProtectionName,
    Rule,
    SensorStateName,
    SeverityName,
    StatusName,
    Time,
)


@pytest.mark.parametrize(
    ("alias", "words"),
    [
        (SeverityName, {one.name.lower() for one in Severity}),
        (StatusName, {one.value for one in Status}),
        (CapabilityName, {one.value for one in Capability}),
        (ProtectionName, {one.value for one in Protection}),
        (SensorStateName, {str(one) for one in SensorState}),
    ],
)
def test_words_are_those_of_the_model(alias: object, words: set[str]) -> None:
    assert set(get_args(alias)[1].enum) == words


@pytest.mark.parametrize(
    ("alias", "good", "bad"),
    [
        (Time, "2026-05-01T10:00:00.000001Z", "2026-05-01T10:00:00Z"),
        (Mac, "02:00:5e:00:53:01", "02-00-5E-00-53-01"),
        (Rule, "decrypted.credential.cleartext", "credential"),
    ],
)
def test_forms(alias: object, good: str, bad: str) -> None:
    pattern = get_args(alias)[1].pattern
    assert re.search(pattern, good) and not re.search(pattern, bad)
