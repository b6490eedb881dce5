"""Reliability of claims: its file, the page that shows it, and the measurement behind both."""

from __future__ import annotations

import importlib.util
import sys
import xml.etree.ElementTree as ET
from datetime import date
from pathlib import Path
from types import ModuleType

import pytest

from sensor import run
from sensor.records import CLAIMED
from sensor.selfcheck.reliability import Count, Measured, Reliability, band_of, reliability
from tests.replaying import ROOT, SHARED


def bench() -> ModuleType:
    spec = importlib.util.spec_from_file_location("holdout", ROOT / "bench" / "holdout.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    return module


def measured(*bands: Count) -> Reliability:
    return Reliability(date(2026, 1, 2), (Measured("captures", 9, 2, bands, ()),), {})


def test_the_page_shows_the_file() -> None:
    page = ROOT / "docs" / "classification.md"
    assert page.read_text("utf-8") == bench().page(page.read_text("utf-8"), reliability())
    assert (page.parent / "reliability.svg").read_text("utf-8") == reliability().svg()


def test_a_claim_of_nine_tenths_is_right_nine_of_ten_times() -> None:
    for one in reliability().sets:
        sure = [band for band in one.bands if float(band.name.split()[0]) >= 0.9]
        assert sum(band.right for band in sure) >= 0.9 * sum(band.claims for band in sure) > 0
    assert reliability().problems() == []


def test_the_interval_is_wilson_s() -> None:
    # Brown, Cai and DasGupta 2001: 18 of 20 has the 95 % score interval 0.699 to 0.972.
    assert Count("", 20, 18).least == pytest.approx(0.699, abs=0.001)
    assert Count("", 5, 0).least == 0.0


def test_a_band_is_a_defect_only_beyond_chance() -> None:
    assert measured(Count("0.9 to 0.97", 10, 8)).problems() == []
    assert measured(Count("0.9 to 0.97", 100, 80)).problems() == [
        "captures: of 100 claims of 0.9 to 0.97 only 80 were right",
        "values are claimed from 0.5, and the bands allow it from 0.97",
    ]
    # What is noted and not claimed states nothing.
    assert measured(Count("0 to 0.5", 100, 0)).problems() == []


def test_the_threshold_is_where_no_band_speaks_against_it() -> None:
    sure, low = Count("0.7 to 0.8", 100, 75), Count("0.5 to 0.7", 100, 62)
    assert measured(sure, low).threshold() == 0.5
    # Half of the values may be wrong; fewer are right than stated; too few to decide.
    assert measured(sure, Count("0.5 to 0.7", 40, 24)).threshold() == 0.7
    assert measured(Count("0.7 to 0.8", 100, 60), low).threshold() == 0.8
    assert measured(sure, Count("0.5 to 0.7", 4, 0)).threshold() == 0.5
    # What is noted may be claimed once enough of it was right.
    assert measured(sure, low, Count("0 to 0.5", 10, 10)).threshold() == 0.5
    assert measured(sure, low, Count("0 to 0.5", 40, 38)).threshold() == 0.0
    # The sets count together.
    twice = (*measured(Count("0.5 to 0.7", 10, 0)).sets, *measured(Count("0.5 to 0.7", 15, 5)).sets)
    assert Reliability(date(2026, 1, 2), twice, {}).threshold() == 0.7


def test_a_threshold_below_the_measured_one_is_a_defect() -> None:
    assert measured(Count("0.5 to 0.7", 40, 24)).problems() == [
        "values are claimed from 0.5, and the bands allow it from 0.7"
    ]


def test_the_threshold_in_use_is_the_measured_one() -> None:
    assert reliability().threshold() == CLAIMED


@pytest.mark.parametrize(("confidence", "band"), [(0.45, "0 to 0.5"), (0.5, "0.5 to 0.7"), (0.999, "0.97 to 1")])
def test_a_confidence_lies_in_one_band(confidence: float, band: str) -> None:
    assert band_of(confidence) == band


def test_the_summary_counts_the_sure_claims() -> None:
    found = measured(Count("0.8 to 0.9", 7, 1), Count("0.9 to 0.97", 10, 9), Count("0.97 to 1", 2, 2)).summary()
    assert found == (
        "measured 2026-01-02 without each maker's own facts: "
        "11 of 12 claims of 0.9 and more right (captures: 9 devices, 2 makers)"
    )


def test_the_curve_is_an_image() -> None:
    drawn = ET.fromstring(measured(Count("0.9 to 0.97", 10, 9)).svg())
    assert drawn.tag.endswith("svg")
    assert len(drawn.findall("{*}circle")) == 1


@pytest.mark.skipif(not (SHARED / "captures" / "devices").is_dir(), reason="the labelled captures are not at hand")
def test_the_file_is_of_this_version(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run, "_signatures", run._signatures)  # the measurement replaces it
    module = bench()
    tally = module.captures(module.Holdout(tmp_path / "signatures"), 1, whole=False, only=reliability().sample)
    assert tally.sample == reliability().sample
