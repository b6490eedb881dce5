"""A forgotten device's names, found as whole names and nowhere else."""

from __future__ import annotations

import pytest

from sensor.store.scrub import GONE, names_pattern, scrubbed, without

PATTERN = names_pattern(["02:00:00:aa:bb:cc", "192.0.2.1", "fe80::1", "cam-1", "tv"])
assert PATTERN is not None


@pytest.mark.parametrize(
    "text",
    [
        "192.0.2.1",
        "192.0.2.1:80",
        "to 192.0.2.1.",
        "[fe80::1]:80",
        "02:00:00:AA:BB:CC",
        "uuid:2f40020000aabbccff",
        "02-00-00-aa-bb-cc",
        "CAM-1",
    ],
)
def test_found(text: str) -> None:
    assert GONE in scrubbed({"k": [text]}, PATTERN)["k"][0]


@pytest.mark.parametrize(
    "text", ["192.0.2.10", "192.0.2.1.5", "1192.0.2.1", "fe80::1:2", "fe80::12", "cam-12", "mycam-1x", "tv", ""]
)
def test_left_alone(text: str) -> None:
    assert scrubbed([text, 3, None], PATTERN) == [text, 3, None]


def test_no_names_no_pattern_and_reasons() -> None:
    assert names_pattern(["tv"]) is None
    assert without(["a", "b", "because"], frozenset({"b"})) == ["a", "because"]
