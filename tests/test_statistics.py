"""Cost and failures: what is counted, and what a log may show of a bug."""

from __future__ import annotations

import pytest

from sensor.statistics import BUGS_LOGGED, ParserStatistics, Statistics, log_bug


def test_failures_of_parsers_and_detectors_are_one_sum() -> None:
    statistics = Statistics()
    statistics.of("http").failures += 2
    statistics.detectors["transfers"] = ParserStatistics(failures=1)
    assert statistics.of("http").failures == 2 and statistics.failures == 3


def test_the_log_names_kind_and_place_of_a_bug_and_no_payload(caplog: pytest.LogCaptureFixture) -> None:
    try:
        raise ValueError("hunter2")
    except ValueError as error:
        log_bug(error, "parser http", 7, 1)
    assert "ValueError in parser http at test_the_log_names" in caplog.text and "frame 7" in caplog.text
    assert "hunter2" not in caplog.text


def test_a_flood_of_bugs_is_counted_not_logged(caplog: pytest.LogCaptureFixture) -> None:
    for number in range(1, 1000):
        try:
            raise ValueError
        except ValueError as error:
            log_bug(error, "parser http", number, number)
    assert len(caplog.records) == BUGS_LOGGED
