"""Cost and failures of parsers and detectors over a run."""

from __future__ import annotations

import logging
from collections import Counter
from traceback import extract_tb

from sensor.light_dataclass import dataclass
from sensor.reserves import MessageReserve, UnpackingReserve

log = logging.getLogger(__name__)

BUGS_LOGGED = 16
"""Bugs logged of one parser or detector in a run: a flood of frames that meet one would fill a disk."""


@dataclass(slots=True)
class ParserStatistics:
    """Calls, wall time (``seconds``), bytes and failures of one parser or detector over a run."""

    calls: int = 0
    seconds: float = 0.0
    bytes: int = 0
    malformed: int = 0
    failures: int = 0


class Statistics:
    """Costs and failures by the name of a protocol or detector.

    ``strict``: a bug of ours is raised (tests) instead of contained (the field). ``live``: detectors are measured and
    their bugs contained, too.
    """

    def __init__(self, *, strict: bool = False, live: bool = False) -> None:
        self.strict, self.live = strict, live
        self.parsers: dict[str, ParserStatistics] = {}
        self.detectors: dict[str, ParserStatistics] = {}
        self.given_up: Counter[str] = Counter()
        """What was left unread to keep within a bound, by the bound's name."""
        self.unpacking = UnpackingReserve()
        self.messages = MessageReserve()

    def of(self, name: str) -> ParserStatistics:
        """The figures of one protocol."""
        found = self.parsers.get(name)
        if found is None:
            found = self.parsers[name] = ParserStatistics()
        return found

    @property
    def failures(self) -> int:
        """Bugs met in all parsers and detectors."""
        return sum(each.failures for each in (*self.parsers.values(), *self.detectors.values()))


def log_bug(error: Exception, where: str, frame: int, number: int) -> None:
    """Log the ``number``-th bug met there in this run; more than `BUGS_LOGGED` are counted only.

    The message of an unforeseen exception may hold payload: only its kind and place are logged.
    """
    if number > BUGS_LOGGED:
        return
    last = extract_tb(error.__traceback__)[-1]
    log.error("bug: %s in %s at %s, frame %d", type(error).__name__, where, f"{last.name}:{last.lineno}", frame)
