"""Each row of the standards map on our own captures: the one it names shows it, the one that must stay silent does."""

from __future__ import annotations

from functools import cache

import pytest

from sensor.run import Result
from sensor.verdicts.baseline import FindingRule, baseline
from tests.replaying import PCAPS, capture_in, read

ROWS = [(provision.v3, number, on) for provision in baseline() for number, on in enumerate(provision.on)]
WITHOUT = {
    ("5.1-1", 1): "two units of one model that take the same factory pair: tests/detectors/test_factory.py",
    ("5.1-1", 2): "the same secret on several devices: tests/detectors/test_factory.py",
    ("5.1-2", 0): "a secret made from what the device tells: tests/detectors/test_factory.py",
    ("5.1-1", 3): "a factory pair that a device refused: tests/detectors/test_factory.py",
    ("5.1-5", 0): "many refusals without a lock: tests/verdicts/test_judge.py",
    ("5.1-5", 1): "a lock after refusals: tests/verdicts/test_judge.py",
    ("5.3-2", 0): "a check over TLS: tests/verdicts/test_updates_on_the_wire.py",
    ("5.3-2", 2): "a check over a channel that proves nobody: tests/verdicts/test_judge.py",
    ("5.3-5", 2): "a check long after a start: tests/verdicts/test_judge.py",
    ("5.3-5", 1): "a device that says whether new software waits: tests/detectors/test_update_states.py",
    ("5.3-7", 0): "a manifest with a signature: tests/verdicts/test_judge.py",
    ("5.3-7", 4): "a check over TLS: tests/verdicts/test_judge.py",
    ("5.3-10", 0): "a manifest with a signature: tests/verdicts/test_judge.py",
    ("5.3-10", 3): "a check over TLS: tests/verdicts/test_updates_on_the_wire.py",
    ("5.3-10", 4): "a check over TLS 1.3: tests/verdicts/test_judge.py",
    ("5.5-1", 1): "a secret under a NULL suite: tests/verdicts/test_judge.py",
    ("5.5-1", 3): "a certificate of the laboratory's: tests/verdicts/test_judge.py",
    ("5.5-1", 4): "two issuers with nothing in common: tests/verdicts/test_judge.py",
    ("5.5-7", 0): "a port that the device had opened: tests/verdicts/test_judge.py",
    ("5.6-1", 0): "a port that the device had opened: tests/verdicts/test_judge.py",
    ("5.5-7", 1): "an accepted login from outside: tests/verdicts/test_judge.py",
    ("5.5-7", 2): "a login from outside whose answer is not known: tests/verdicts/test_judge.py",
    ("5.8-2", 0): "pictures that a device sends to the internet: tests/verdicts/test_judge.py",
    ("5.4-3", 0): "two units of one maker with one secret at a service: tests/detectors/test_factory.py",
    ("5.4-3", 1): "unlike devices with one secret at a service: tests/detectors/test_factory.py",
    ("5.4-3", 2): "the same secret on two units: tests/detectors/test_factory.py",
    ("5.4-3", 3): "the same secret on several devices: tests/detectors/test_factory.py",
    ("5.4-4", 0): "two units of one maker with one secret at a service: tests/detectors/test_factory.py",
    ("5.4-4", 1): "unlike devices with one secret at a service: tests/detectors/test_factory.py",
}
"""Rows that no capture of ours shows, and where they are tested instead."""


@cache
def result(name: str) -> Result:
    return read(capture_in(PCAPS / name))


def speaks(name: str, v3: str, on: FindingRule) -> bool:
    """Whether the row decides about a finding of a judged device.

    The first of the provision's rows that fits counts.
    """
    provision = next(one for one in baseline() if one.v3 == v3)
    found = result(name)
    return any(
        next((row for row in provision.on if row.matches(finding)), None) is on
        for finding in found.findings.values()
        for device in (finding.device, *finding.detail.get("devices", ()))
        if device in found.judged
    )


@pytest.mark.parametrize(
    ("v3", "number", "on"), ROWS, ids=lambda value: str(value) if not isinstance(value, FindingRule) else value.rule
)
def test_the_row_fires_and_stays_silent(v3: str, number: int, on: FindingRule) -> None:
    assert (on.fires is None) == ((v3, number) in WITHOUT)
    assert on.fires is None or speaks(on.fires, v3, on)
    assert on.silent is None or not speaks(on.silent, v3, on)
    assert on.silent is not None or (v3, number) in WITHOUT


def test_what_stays_silent_is_heard_at_all() -> None:
    """A capture without a judged device would be silent about everything."""
    for name in {on.silent for _, _, on in ROWS if on.silent}:
        assert result(name).judged and any(
            flow.flows for flow in (one.coverage for one in result(name).judged.values())
        )
