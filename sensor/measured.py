"""A detector into one that is measured and whose bugs cost an observation, not the run: a sensor that listens for months must go on."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from time import perf_counter

from sensor.detectors._detector import Detector
from sensor.flows.driver import ParserStatistics, Statistics, log_bug
from sensor.flows.limits import Tap
from sensor.model import Finding, Flow, Observation


class InstrumentedDetector(Detector):
    """Stands for ``detector``, called ``name`` in the figures."""

    def __init__(self, detector: Detector, name: str, statistics: Statistics) -> None:
        super().__init__(detector.context)
        self._detector = detector
        self._name = name
        self._strict = statistics.strict
        self._figures = statistics.detectors.setdefault(name, ParserStatistics())
        self.EVENTS, self.SEARCHES_PERSONAL_DATA, self.READS_STREAMS = (
            detector.EVENTS,
            detector.SEARCHES_PERSONAL_DATA,
            detector.READS_STREAMS,
        )

    def observe(self, observation: Observation) -> Iterable[Finding]:
        """As the detector does. Asked for every observation, so it is as plain as can be."""
        figures, found = self._figures, list[Finding]()
        began = perf_counter()
        try:
            found.extend(self._detector.observe(observation))
        except Exception as error:  # noqa: BLE001 (a bug of ours costs what was asked, not the run)
            self._failed(error, observation.frames[0] if observation.frames else 0)
        figures.calls += 1
        figures.seconds += perf_counter() - began
        return found

    def tap(self, flow: Flow, tell: Callable[[Finding], None]) -> Tap | None:
        """As the detector does."""
        return self._detector.tap(flow, tell)

    def ends_flows(self) -> bool:
        """As the detector does."""
        return self._detector.ends_flows()

    def flow_ended(self, flow: Flow) -> Iterable[Finding]:
        """As the detector does."""
        return self._ask(lambda: self._detector.flow_ended(flow), flow.first_frame)

    def finish(self) -> Iterable[Finding]:
        """As the detector does."""
        return self._ask(self._detector.finish, 0)

    def _ask(self, ask: Callable[[], Iterable[Finding]], frame: int) -> list[Finding]:
        figures, found = self._figures, list[Finding]()
        began = perf_counter()
        try:
            found.extend(ask())
        except Exception as error:  # noqa: BLE001 (a bug of ours costs what was asked, not the run)
            self._failed(error, frame)
        figures.calls += 1
        figures.seconds += perf_counter() - began
        return found

    def _failed(self, error: Exception, frame: int) -> None:
        if self._strict:
            raise error
        self._figures.failures += 1
        log_bug(error, f"detector {self._name}", frame)
