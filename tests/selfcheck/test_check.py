"""`lanwitness check`: passes on what is shipped, names what is broken, and goes on."""

from __future__ import annotations

import pytest

from sensor.selfcheck import check as module
from sensor.selfcheck.check import SectionReport, check


def test_what_is_shipped_is_well() -> None:
    found = check()
    assert [problem for section in found for problem in section.problems] == []
    assert {section.name for section in found} == {
        "decoder",
        "protocols",
        "signatures",
        "standards map",
        "disclosure policies",
        "update hosts",
        "MAC prefixes",
        "reliability of claims",
        "accuracy",
    }


def test_a_broken_part_is_named_and_the_rest_still_checked(monkeypatch: pytest.MonkeyPatch) -> None:
    def _broken() -> SectionReport:
        raise ValueError("bad table")

    monkeypatch.setattr(module, "SECTIONS", (_broken, module._baseline))
    first, second = check()
    assert first.problems == ("ValueError: bad table",) and first.name == "broken"
    assert second.problems == ()
