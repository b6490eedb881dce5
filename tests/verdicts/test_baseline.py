"""The standards map: complete in both numberings, well-formed, and its rules exist."""

from __future__ import annotations

import pytest

from sensor.model import Capability, Status
from sensor.verdicts.baseline import baseline, parse

V3 = (
    ["5.1-1", "5.1-2", "5.1-2A", "5.1-3", "5.1-4", "5.1-5"],
    ["5.2-1", "5.2-2", "5.2-3"],
    ["5.3-1", "5.3-2", "5.3-3", "5.3-4A", "5.3-4B", "5.3-5", "5.3-6A", "5.3-6B", "5.3-7", "5.3-8", "5.3-9", "5.3-10", "5.3-11", "5.3-12",
     "5.3-13", "5.3-14", "5.3-15A", "5.3-15B", "5.3-16"],
    ["5.5-1", "5.5-2", "5.5-3", "5.5-4", "5.5-5", "5.5-6", "5.5-7", "5.5-8"],
    ["5.8-1", "5.8-2", "5.8-3"],
)  # fmt: skip
"""Clauses 5.1, 5.2, 5.3, 5.5, 5.8 of EN 303 645 V3.1.3, Annex B: 6, 3, 19, 8 and 3 provisions."""

RECOMMENDED = {
    "5.1-2A", "5.2-2", "5.2-3", "5.3-1", "5.3-4A", "5.3-4B", "5.3-5", "5.3-6A", "5.3-6B", "5.3-9", "5.3-11", "5.3-12", "5.3-14", "5.3-15A",
    "5.3-15B", "5.5-2", "5.5-3", "5.5-4", "5.5-6", "5.8-1",
}  # fmt: skip
"""Status R in Annex B of V3.1.3; the others are M (with conditions)."""


def test_every_provision_of_the_five_clauses_is_there_once() -> None:
    for capability, wanted in zip(Capability, V3, strict=True):
        assert [p.v3 for p in baseline() if p.capability is capability] == wanted


def test_modals_are_the_standards_own() -> None:
    assert {p.v3 for p in baseline() if p.modal == "should"} == RECOMMENDED
    assert {p.modal for p in baseline()} == {"shall", "should"}


def test_v2_numbers_drop_the_split_letters_and_5_1_2a_is_new() -> None:
    for provision in baseline():
        assert provision.v2 == (None if provision.v3 == "5.1-2A" else provision.v3.rstrip("AB"))


def test_a_recommendation_can_never_be_violated_and_a_concern_names_its_missing_fact() -> None:
    for provision in baseline():
        for on in provision.on:
            assert not (provision.modal == "should" and on.status is Status.VIOLATED)
            assert not (provision.traffic != "prove" and on.status is Status.VIOLATED)
            assert provision.traffic != "nothing" and on.reason


def test_what_traffic_cannot_show_says_what_a_lab_does() -> None:
    assert all(provision.lab for provision in baseline())


def test_a_broken_map_is_refused() -> None:
    with pytest.raises((KeyError, ValueError, TypeError)):
        parse('[[provision]]\ncapability = "nonsense"\nv3 = "1"\n')
