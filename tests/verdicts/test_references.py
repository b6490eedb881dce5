"""References of the standards map: each has its edition, its date and its state, and the editions agree."""

from __future__ import annotations

import re
import tomllib

import pytest

from sensor.verdicts.baseline import STATES, Provision, baseline, parse, standard

DATE = re.compile(r"\d{4}(-\d{2}){0,2}|not verified")
OTHER_NAME = "11-ComMech"
"""IXIT 11 in V1.1.1 of TS 103 701; V2.1.1 calls it SecComMech."""


def test_every_document_has_edition_date_state_and_source() -> None:
    for name, one in standard().frameworks.items():
        assert one.title and one.edition and one.source and one.state in STATES, name
        assert DATE.fullmatch(one.date), name


@pytest.mark.parametrize("one", baseline(), ids=lambda one: one.v3)
def test_every_reference_has_edition_date_and_state(one: Provision) -> None:
    assert one.see
    for reference in one.see:
        of = standard().frameworks[reference.framework]
        assert (reference.edition, reference.date) == (of.edition, of.date)
        assert reference.state in (of.state, "not verified") and reference.verified == (
            reference.state != "not verified"
        )


@pytest.mark.parametrize("one", baseline(), ids=lambda one: one.v3)
def test_a_test_group_is_that_of_its_provision_and_named_as_its_edition_names_it(one: Provision) -> None:
    for reference in one.see:
        if reference.framework.startswith("ts103701"):
            assert re.match(r"[\w.-]+", reference.item)[0] in (one.v3, one.v2)  # type: ignore[index]
            assert ("SecComMech" in reference.item) <= (reference.framework == "ts103701")
            assert (OTHER_NAME in reference.item) <= (reference.framework == "ts103701_v1")


def test_confidentiality_is_scm_3_and_storage_no_matter_of_the_wire() -> None:
    for one in baseline():
        items = [reference.item.split()[0] for reference in one.see if reference.framework == "en18031"]
        if one.v3 in ("5.5-6", "5.5-7", "5.8-1", "5.8-2"):
            assert "SCM-3" in items and "SCM-2" not in items, one.v3
        assert not any(item.startswith("SSM") for item in items), one.v3


def test_a_document_without_an_edition_is_refused() -> None:
    row = 'title = "t", edition = "{}", date = "2024", state = "{}", source = "s"'
    text = "[enough]\n[frameworks]\nx = {{ {} }}\n"
    for edition, state in (("", "text"), ("1", "read")):
        with pytest.raises(ValueError, match="without its edition"):
            parse(tomllib.loads("provision = []\n" + text.format(row.format(edition, state))))
