"""A detector that breaks costs what it was asked, in a live run; in tests it breaks them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from sensor.detectors._detector import Detector
from sensor.events import Lookup
from sensor.flows.driver import Statistics
from sensor.measured import InstrumentedDetector
from sensor.model import Endpoint, Finding, Flow, Observation, Transport

FLOW = Flow(1, Transport.UDP, Endpoint(b"", None, b""), Endpoint(b"", None, b""), 1, 1, 5)


class Broken(Detector):
    EVENTS = (Lookup,)
    SEARCHES_PERSONAL_DATA = True

    def observe(self, observation: Observation) -> Iterator[Finding]:
        yield "finding"  # type: ignore[misc]
        raise ZeroDivisionError("payload")


def test_a_bug_costs_one_observation(caplog: pytest.LogCaptureFixture) -> None:
    statistics = Statistics(live=True)
    made = InstrumentedDetector(Broken(None), "broken", statistics)  # type: ignore[arg-type]
    observation: Any = Observation(None, FLOW, 1, (7,))  # type: ignore[arg-type]
    assert list(made.observe(observation)) == ["finding"] and list(made.finish()) == []
    figures = statistics.detectors["broken"]
    assert (figures.calls, figures.failures, statistics.failures) == (2, 1, 1) and figures.seconds > 0
    assert (
        "ZeroDivisionError in detector broken" in caplog.text
        and "frame 7" in caplog.text
        and "payload" not in caplog.text
    )
    assert (Lookup,) == made.EVENTS and made.SEARCHES_PERSONAL_DATA and not made.READS_STREAMS and not made.ends_flows()


def test_in_tests_it_is_raised() -> None:
    made = InstrumentedDetector(Broken(None), "broken", Statistics(strict=True, live=True))  # type: ignore[arg-type]
    observation: Any = Observation(None, FLOW, 1, (7,))  # type: ignore[arg-type]
    with pytest.raises(ZeroDivisionError):
        made.observe(observation)
