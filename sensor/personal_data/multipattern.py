"""Many patterns over bytes into the places where they end, in one pass: by Hyperscan where it is installed, else by the standard library; both say the same.

Python code looks at the places found and at nothing else, so that the cost of a byte in which nothing stands is a fraction of a nanosecond.
"""

from __future__ import annotations

import importlib
import re
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

hyperscan: Any = None
with suppress(ImportError):  # no wheel for this platform: slower, the same answers
    hyperscan = importlib.import_module("hyperscan")

HITS = 2048
"""Places looked at in one piece of data: a page with more is a list, and the list's beginning tells what it is."""

Hit = tuple[int, str]
"""Where a pattern ends, and its name."""


class Search:
    """``patterns``: name -> expression in what both engines read alike: literals, classes, groups, ``?`` and ``{n,m}``, ``(?i)`` at the front.

    An expression matches from each start to one end only (no open end), so that "where it ends" means the same to both engines. ``fast`` False keeps to
    the standard library.
    """

    def __init__(self, patterns: Mapping[str, bytes], *, fast: bool = True) -> None:
        self._names = tuple(patterns)
        self._database: Any = None
        self._scratch: Any = None
        self._slow: list[tuple[str, re.Pattern[bytes]]] = []
        if fast and hyperscan is not None:
            self._database = hyperscan.Database()
            self._database.compile(
                expressions=[patterns[name] for name in self._names],
                ids=list(range(len(self._names))),
                flags=[hyperscan.HS_FLAG_DOTALL] * len(self._names),
            )
        else:
            for name, pattern in patterns.items():
                ignore_case = pattern.startswith(b"(?i)")
                bare = pattern.removeprefix(b"(?i)")
                self._slow.append((name, re.compile(b"(?=(" + bare + b"))", re.DOTALL | re.I * ignore_case)))

    def hits(self, data: bytes) -> list[Hit]:
        """The first `HITS` places, in order, each pattern once a place."""
        if self._database is None:
            return self._by_library(data)
        found: list[Hit] = []
        names = self._names

        def take(number: int, _start: int, end: int, _flags: int, _context: object) -> bool | None:
            found.append((end, names[number]))
            return len(found) >= HITS or None

        with suppress(hyperscan.ScanTerminated):
            self._database.scan(data, match_event_handler=take)
        return sorted(set(found))

    def any(self, data: bytes) -> bool:
        """Whether one of the patterns stands anywhere in ``data``."""
        if self._database is None:
            return any(pattern.search(data) for _, pattern in self._slow)
        found = False

        def stop(_number: int, _start: int, _end: int, _flags: int, _context: object) -> bool:
            nonlocal found
            found = True
            return True

        with suppress(hyperscan.ScanTerminated):
            self._database.scan(data, match_event_handler=stop)
        return found

    def _by_library(self, data: bytes) -> list[Hit]:
        found: set[Hit] = set()
        for name, pattern in self._slow:
            for match in pattern.finditer(data):
                found.add((match.end(1), name))
                if len(found) > HITS * len(self._slow):
                    break
        return sorted(found)[:HITS]
