"""A replay against an earlier one: the ``comparison`` record, and a few lines for people."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import PurePath

from sensor.catalogue import LANGUAGES
from sensor.comparison.forms import sentence
from sensor.comparison.runs import WORSE, RunComparison, compare
from sensor.export.records import records
from sensor.needs import texts
from sensor.records import ComparisonRecord, Record
from sensor.result import Result

SHOWN = 12
"""Lines on the page; the record has all."""


class Baseline:
    """An earlier replay's records, of one or several captures; ``name`` for messages."""

    def __init__(self, name: str, found: Sequence[Record]) -> None:
        self.name = name
        self._runs: dict[str, list[Record]] = {}
        self._by_capture: dict[str, str] = {}
        for one in found:
            self._runs.setdefault(one["run"], []).append(one)
            if one["record"] == "capture":
                self._by_capture[PurePath(one["capture"]).name] = one["run"]

    def compare(self, result: Result, language: str = LANGUAGES[0]) -> RunComparison:
        """A result against the run of the capture of the same file name; without one, against all of them."""
        run = self._by_capture.get(PurePath(result.capture).name)
        before = self._runs[run] if run is not None else [one for each in self._runs.values() for one in each]
        return compare(before, records(result), language=language)


def comparison_record(result: Result, baseline: Baseline, found: RunComparison) -> ComparisonRecord:
    """The ``comparison`` record of a run: all that is not the same."""
    return {
        "record": "comparison",
        "run": result.id,
        "with": baseline.name,
        "worse": found.got_worse,
        "counts": found.counts(),
        "changes": [
            {
                "change": one.change,
                "key": one.key,
                "device": device.after or device.before,
                "before": list(one.before),
                "after": list(one.after),
                "severity_before": one.severity_before,
                "severity_after": one.severity_after,
                "reason": one.reason,
            }
            for device in found.devices
            for one in device.findings
            if one.change != "same"
        ],
    }


def compared_lines(found: RunComparison, language: str = LANGUAGES[0]) -> Iterator[str]:
    """The outcome, then what is new or worse, at most `SHOWN`."""
    words = texts(language)["compare"]
    yield sentence(found, language)
    worse = [
        f"{words[one.change]}: {device.name or words['no_device']}: {one.summary}"
        for device in found.devices
        for one in device.findings
        if one.change in WORSE and one.matters
    ]
    yield from worse[:SHOWN]
    if len(worse) > SHOWN:
        yield words["more"].format(count=len(worse) - SHOWN)
