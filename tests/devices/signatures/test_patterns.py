"""Patterns that may run long are refused; literals never hide a match."""

from __future__ import annotations

import re
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sensor.devices.signatures.patterns import FLAGS, danger, literals
from tests.devices.seen import TABLES


@pytest.mark.parametrize(
    "pattern",
    [r"(a+)+$", r"(?:\w+\s?)*x", r"(a|b+)*", r"(.*?,){8,9}", r"(\w)\1", r".*a.*b.*c.*d", r"(", r"a{2,99}+{3,}"],
)
def test_dangerous_ones_are_refused(pattern: str) -> None:
    assert danger(pattern)


@pytest.mark.parametrize(
    "pattern", [r"^HS1\d\d", r"(?:\d{1,3}\.){3}\d", r"(?:Tapo[-_ ]?)?P\d+", r"a.*b.*c", r"^(?:x+|y+|z+|v+)$"]
)
def test_harmless_ones_are_not(pattern: str) -> None:
    assert danger(pattern) is None


@pytest.mark.parametrize(
    ("pattern", "wanted"),
    [
        (r"^HS1\d\d", ("hs1",)),
        (r"Philips-hue(?:\d)?", ("philips-hue",)),
        (r"^(?:foo|quux)bar$", ("bar",)),
        (r"^(?:foobar|quuxes)$", ("foobar", "quuxes")),
        (r"^\w+$", ()),
        (r"(?:abc)?d", ("d",)),
    ],
)
def test_what_no_match_can_do_without(pattern: str, wanted: tuple[str, ...]) -> None:
    assert literals(pattern) == wanted


@settings(max_examples=60, deadline=None)
@given(st.from_regex(re.compile(r"(?:ab|c{2,3}|x[yz]+)(?:q|-r)?[0-9]{1,2}", re.ASCII), fullmatch=True))
def test_every_match_holds_a_literal(text: str) -> None:
    found = literals(r"(?:ab|c{2,3}|x[yz]+)(?:q|-r)?[0-9]{1,2}")
    assert found and any(one in text.lower() for one in found)


def test_no_shipped_pattern_runs_long() -> None:
    """The longest value that is kept, of bytes that keep repeats going, against every shipped pattern.

    A handful of milliseconds each.
    """
    lures = ["a" * 512, "1." * 256, "-" * 512, "a-1 " * 128, "DS-2" * 128, "_ipp._tcp ty=HP " + "a " * 240]
    slowest = 0.0
    for file in TABLES.files:
        for entry in TABLES.entries(file):
            compiled = re.compile(entry.source, FLAGS)
            began = time.perf_counter()
            for lure in lures:
                compiled.search(lure)
            slowest = max(slowest, time.perf_counter() - began)
    assert slowest < 0.5
