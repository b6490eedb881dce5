"""Findings by rule: worst first, each sentence once, frames folded."""

from __future__ import annotations

import pytest

from sensor.report.by_rule import RANGES, by_rule, folded
from tests.replaying import of, replayed
from tests.store.keeping import capture
from tests.test_grouping import finding


def test_the_worst_rule_comes_first_and_each_sentence_stands_once() -> None:
    more = {"advice": "Use TLS."}
    found = [
        finding("a", rule="exposure.disclosure", severity="info", **more),
        finding("b", rule="tls.version", severity="high", key="k", summary="Old.", **more),
        finding("c", rule="tls.version", severity="critical", device="plug", key="k", summary="Old.", **more),
        finding("d", rule="tls.version", severity="low", summary="Other.", **more),
    ]
    first, last = by_rule(found)
    assert (first.rule, first.severity, first.rows, last.rule) == ("tls.version", "critical", 3, "exposure.disclosure")
    assert [(one.summary, len(one.rows)) for one in first.sentences] == [("Old.", 2), ("Other.", 1)]


def test_no_finding_is_left_out() -> None:
    found = of(replayed(capture("home")), "finding")
    rows = [row for rule in by_rule(found) for sentence in rule.sentences for row in sentence.rows]
    assert sorted(one["id"] for row in rows for one in row.findings) == sorted(one["id"] for one in found)
    assert len(rows) < len(found)


@pytest.mark.parametrize(
    ("frames", "text", "more"),
    [
        ([], "", 0),
        ([7], "7", 0),
        ([3, 5, 6, 7, 9], "3, 5–7, 9", 0),
        (list(range(10, 42)), "10–41", 0),
        (list(range(1, 40, 2)), "1, 3, 5, 7, 9, 11", 20 - RANGES),
    ],
)
def test_frames_are_folded(frames: list[int], text: str, more: int) -> None:
    assert folded(frames) == (text, more)
