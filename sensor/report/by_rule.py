"""Findings of a report by rule and sentence, equal ones as one row, frames folded."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import NamedTuple

from sensor.grouping import EqualFindings, equal_findings
from sensor.model import SEVERITIES
from sensor.records import Record

RANGES = 6
"""Ranges of frames named in one row: enough to look; the JSON has all."""


class Sentence(NamedTuple):
    """What is said of some devices in the same words, with what to do."""

    summary: str
    advice: str
    rows: list[EqualFindings]


class Rule(NamedTuple):
    """A rule with its sentences; ``severity`` is the worst."""

    rule: str
    severity: str
    sentences: list[Sentence]

    @property
    def rows(self) -> int:
        """How many rows it has."""
        return sum(len(one.rows) for one in self.sentences)


def by_rule(findings: Iterable[Record]) -> list[Rule]:
    """All findings by rule, the worst rule first."""
    rules: dict[str, dict[tuple[str, str], list[EqualFindings]]] = {}
    for one in equal_findings(findings):
        about = rules.setdefault(one.first["rule"], {})
        about.setdefault((one.first["summary"], one.first["advice"]), []).append(one)
    found = [
        Rule(
            name,
            min((row.first["severity"] for rows in about.values() for row in rows), key=SEVERITIES.index),
            [Sentence(*words, rows) for words, rows in about.items()],
        )
        for name, about in rules.items()
    ]
    return sorted(found, key=lambda one: (SEVERITIES.index(one.severity), one.rule))


def folded(frames: Sequence[int]) -> tuple[str, int]:
    """Frames as ranges (``3, 5–9``), and how many frames are left out beyond `RANGES`."""
    starts = [0, *(at for at, (one, after) in enumerate(pairwise(frames), 1) if after != one + 1)]
    ends = [*starts[1:], len(frames)]
    spans = [frames[start:end] for start, end in zip(starts, ends, strict=True)] if frames else []
    shown = spans[:RANGES]
    text = ", ".join(str(span[0]) if len(span) == 1 else f"{span[0]}–{span[-1]}" for span in shown)
    return text, len(frames) - sum(map(len, shown))
