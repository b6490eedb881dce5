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


@pytest.mark.parametrize(
    ("name", "text", "left"),
    [
        ("cam", "cam", "cam"), ("cams", "cams", GONE), ("cams", "a cams.", f"a {GONE}."), ("cams", "cams.1", "cams.1"),
        ("cams", "xcams", "xcams"), ("cams", "cams-1", f"{GONE}-1"), ("cams", "CAMS/x", f"{GONE}/x"),
        ("a.b+c", "a.b+c", GONE), ("a.b+c", "axb+c", "axb+c"),
        ("192.0.2.1", "192.0.2.1-192.0.2.2", f"{GONE}-192.0.2.2"),
        ("192.0.2.1", "192.0.2.1.", f"{GONE}."), ("192.0.2.1", "x192.0.2.1", "x192.0.2.1"),
        ("fe80::1", "fe80::1%eth0", f"{GONE}%eth0"),
        ("fe80::1", "fe80::1.5", f"{GONE}.5"), ("fe80::1", "afe80::1", "afe80::1"),
        ("02:00:5e:00:53:01", "x02005e005301y", f"x{GONE}y"), ("02:00:5e:00:53:01", "02-00-5E-00-53-01", GONE),
        ("02:00:5e:00:53:01", "02:00:5e:00:53:01:02", "02:00:5e:00:53:01:02"),
        ("02:00:5e:00:53", "02005e0053", "02005e0053"),
    ],
)  # fmt: skip
def test_where_a_name_ends(name: str, text: str, left: str) -> None:
    """Four characters at least; nothing of a longer word or address; a MAC of six bytes also without its colons."""
    pattern = names_pattern([name])
    assert (scrubbed(text, pattern) if pattern is not None else text) == left


def test_the_longest_of_several_names_is_taken_and_keys_are_searched() -> None:
    pattern = names_pattern(["cam-garden", "cam-garden-2", "tv", "cam-garden"])
    assert pattern is not None
    value = {"cam-garden-2": ["cam-garden", {"x": ("cam-garden",), "n": 5}], "none": None}
    assert scrubbed(value, pattern) == {GONE: [GONE, {"x": ("cam-garden",), "n": 5}], "none": None}
    assert names_pattern([]) is None and names_pattern(["", "abc"]) is None


@pytest.mark.parametrize(
    ("reason", "stays"),
    [
        ("f1", False), ("f2", True), ("", True), ({"parameters": {"finding": "f1"}}, False),
        ({"parameters": {"finding": "f2"}}, True),
        ({"parameters": {}}, True), (None, True), (3, True),
    ],
)  # fmt: skip
def test_reasons_of_findings_that_are_gone(reason: object, stays: bool) -> None:
    assert without([reason, "b"], frozenset({"f1"})) == ([reason, "b"] if stays else ["b"])
