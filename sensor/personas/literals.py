"""Many literals and the shape of digests over bytes into the places where they end, in one pass: by Hyperscan, or the same by the standard library."""

from __future__ import annotations

import importlib
import re
from collections.abc import Sequence
from contextlib import suppress
from typing import Any, NamedTuple

hyperscan: Any = None
with suppress(ImportError):  # no wheel for this platform: slower, the same answers
    hyperscan = importlib.import_module("hyperscan")

HITS = 4096
"""Places looked at in one window: more is a list, or somebody's attempt to cost time."""

GRAM = 4
"""Bytes by which the standard library's way looks a literal up; none is shorter."""

DIGEST = rb"(?:^|[^0-9A-Fa-f]|%[0-9A-Fa-f]{2})[0-9A-Fa-f]{32}(?:[0-9A-Fa-f]{8}(?:[0-9A-Fa-f]{24}(?:[0-9A-Fa-f]{64})?)?)?[^0-9A-Fa-f]"
"""A run of 32, 40, 64 or 128 hex digits (MD5, SHA-1, SHA-256, SHA-512) with the byte after it: one expression costs less than a literal for each digest."""


class Literal(NamedTuple):
    """Bytes to look for; ``caseless`` in ASCII letters of either case."""

    data: bytes
    caseless: bool


class Literals:
    """``literals`` by number; the number ``len(literals)`` is that of `DIGEST`, whose end is one byte behind the run."""

    def __init__(self, literals: Sequence[Literal], *, fast: bool = True) -> None:
        self.count = len(literals)
        self._database: Any = None
        if fast and hyperscan is not None:
            self._compile(literals)
        else:
            self._grams: dict[bytes, list[tuple[int, bytes, bool]]] = {}
            for number, one in enumerate(literals):
                data = one.data.lower() if one.caseless else one.data
                self._grams.setdefault(data[:GRAM].lower(), []).append((number, data, one.caseless))
            self._digest = re.compile(b"(?=(" + DIGEST + b"))", re.DOTALL)

    def _compile(self, literals: Sequence[Literal]) -> None:
        caseless, flag = hyperscan.HS_FLAG_CASELESS, hyperscan.HS_FLAG_DOTALL
        expressions = [b"".join(b"\\x%02x" % byte for byte in one.data) for one in literals]
        self._database = hyperscan.Database()
        self._database.compile(
            expressions=[*expressions, DIGEST],
            ids=list(range(len(literals) + 1)),
            flags=[flag | caseless * one.caseless for one in literals] + [flag],
        )

    def hits(self, data: bytes) -> list[tuple[int, int]]:
        """(where it ends, its number), the first `HITS`, in order, each once a place."""
        if self._database is None:
            return self._by_library(data)
        found: list[tuple[int, int]] = []

        def take(number: int, _start: int, end: int, _flags: int, _context: object) -> bool | None:
            found.append((end, number))
            return len(found) >= HITS or None

        with suppress(hyperscan.ScanTerminated):
            self._database.scan(data, match_event_handler=take)
        return sorted(set(found)) if found else found

    def _by_library(self, data: bytes) -> list[tuple[int, int]]:
        found: set[tuple[int, int]] = set()
        low, grams = data.lower(), self._grams
        for at in range(len(low) - GRAM + 1):
            for number, literal, caseless in grams.get(low[at : at + GRAM], ()):
                if (low if caseless else data).startswith(literal, at):
                    found.add((at + len(literal), number))
        found.update((match.end(1), self.count) for match in self._digest.finditer(data))
        return sorted(found)[:HITS]
