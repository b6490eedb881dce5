"""Multi-pattern search in one pass: Hyperscan where installed, else the standard library.

Both engines give the same places. Python code examines those places only, so that a byte without a match costs a
fraction of a nanosecond.
"""

from __future__ import annotations

import hashlib
import importlib
import os
import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any

from sensor.private_cache import load_cached, store_cached

hyperscan: Any = None
with suppress(ImportError):  # no wheel for this platform: slower, the same places
    hyperscan = importlib.import_module("hyperscan")

MAX_HITS = 2048
"""Places reported for one object: of a longer list the beginning is enough."""

NO_SIGNS = frozenset[str]()

Hit = tuple[int, str]
"""Where a pattern ends, and its name."""


class HyperscanDatabase:
    """Compiled ``expressions`` with their ``flags``, known by number.

    ``stored_as``: the name of fixed expressions, which are compiled once in an installation (`private_cache`). What a
    user searches for is compiled in each run, and never written.
    """

    def __init__(self, expressions: Sequence[bytes], flags: Sequence[int], *, stored_as: str | None = None) -> None:
        key = _key(expressions, flags) if stored_as is not None else ""
        stored = load_cached(stored_as, key) if stored_as is not None else None
        if stored is not None:
            # Refused where it was compiled for another processor or by another version.
            with suppress(hyperscan.error):
                self._database = hyperscan.loadb(stored, hyperscan.HS_MODE_BLOCK)
                self._database.scratch = hyperscan.Scratch(self._database)
                return
        self._database = hyperscan.Database()
        self._database.compile(expressions=list(expressions), ids=list(range(len(expressions))), flags=list(flags))
        if stored_as is not None:
            store_cached(stored_as, key, hyperscan.dumpb(self._database))

    def ends(self, data: bytes, most: int) -> set[tuple[int, int]]:
        """(end, number of the expression) of the first ``most`` matches."""
        found: list[tuple[int, int]] = []

        def take(number: int, _start: int, end: int, _flags: int, _context: object) -> bool | None:
            found.append((end, number))
            return len(found) >= most or None

        try:
            self._database.scan(data, match_event_handler=take)
        except hyperscan.ScanTerminated:
            return set(found)  # `suppress` costs as much as the search of a short text
        return set(found)


def _key(expressions: Sequence[bytes], flags: Sequence[int]) -> str:
    """What a stored database depends on."""
    parts = (hyperscan.__version__, os.uname().machine, list(expressions), list(flags))
    return hashlib.blake2b(repr(parts).encode(), digest_size=12).hexdigest()


class PatternSearch:
    """``patterns``: name -> expression in the syntax that both engines share.

    That is literals, classes, groups, ``?`` and ``{n,m}``, ``(?i)`` at the front. An expression matches from each
    start to one end only (no open end), so that both engines agree on where it ends. ``fast`` False uses the standard
    library.
    ``stored_as``: see `HyperscanDatabase`. ``signs``: patterns of which it only matters whether they match anywhere
    (`hits_and_signs`).
    """

    def __init__(
        self,
        patterns: Mapping[str, bytes],
        *,
        signs: Mapping[str, bytes] | None = None,
        fast: bool = True,
        stored_as: str | None = None,
    ) -> None:
        patterns = {**patterns, **(signs or {})}
        self._names = tuple(patterns)
        self._signs = frozenset(signs or ())
        self._database: HyperscanDatabase | None = None
        self._slow: list[tuple[str, re.Pattern[bytes]]] = []
        if fast and hyperscan is not None:
            self._database = HyperscanDatabase(
                [patterns[name] for name in self._names],
                [
                    hyperscan.HS_FLAG_DOTALL | (hyperscan.HS_FLAG_SINGLEMATCH if name in self._signs else 0)
                    for name in self._names
                ],
                stored_as=stored_as,
            )
        else:
            for name, pattern in patterns.items():
                ignore_case = pattern.startswith(b"(?i)")
                bare = pattern.removeprefix(b"(?i)")
                self._slow.append((name, re.compile(b"(?=(" + bare + b"))", re.DOTALL | re.I * ignore_case)))

    def hits(self, data: bytes) -> list[Hit]:
        """The first `MAX_HITS` places in order, each pattern once per place."""
        return self.hits_and_signs(data)[0]

    def hits_and_signs(self, data: bytes) -> tuple[list[Hit], frozenset[str]]:
        """`hits` of what is no sign, and the signs that match anywhere, in one pass. Where there are more places than
        are reported, all signs, for one may stand behind them.
        """
        if self._database is None:
            return self._by_library(data)
        signs = self._signs
        ends = self._database.ends(data, MAX_HITS + len(signs))
        if not ends:
            return [], NO_SIGNS
        names = self._names
        found = sorted([(end, names[number]) for end, number in ends])
        if not signs:
            return found, NO_SIGNS
        seen = signs.intersection([name for _, name in found]) if len(found) < MAX_HITS else signs
        return [hit for hit in found if hit[1] not in signs][:MAX_HITS] if seen else found, seen

    def any(self, data: bytes) -> bool:
        """Whether one of the patterns matches anywhere in ``data``."""
        if self._database is None:
            return any(pattern.search(data) for _, pattern in self._slow)
        return bool(self._database.ends(data, 1))

    def _by_library(self, data: bytes) -> tuple[list[Hit], frozenset[str]]:
        found: set[Hit] = set()
        signs: set[str] = set()
        for name, pattern in self._slow:
            if name in self._signs:
                signs.update([name] if pattern.search(data) else [])
                continue
            for match in pattern.finditer(data):
                found.add((match.end(1), name))
                if len(found) > MAX_HITS * len(self._slow):
                    break
        return sorted(found)[:MAX_HITS], frozenset(signs) if len(found) < MAX_HITS else self._signs
