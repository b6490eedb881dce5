"""Search for many literals and for digests in one pass: Hyperscan or the standard library."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from sensor.personal_data.multipattern import HyperscanDatabase, hyperscan

MAX_HITS = 4096
"""Places reported for one window: a window with more is a list or an attempt to cost time."""

GRAM_BYTES = 4
"""Bytes by which the standard library's engine looks a literal up; no literal is shorter."""

DIGEST = (
    rb"(?:^|[^0-9A-Fa-f]|%[0-9A-Fa-f]{2})"
    rb"[0-9A-Fa-f]{32}(?:[0-9A-Fa-f]{8}(?:[0-9A-Fa-f]{24}(?:[0-9A-Fa-f]{64})?)?)?"
    rb"[^0-9A-Fa-f]"
)
"""A run of 32, 40, 64 or 128 hex digits (MD5, SHA-1, SHA-256, SHA-512) with the byte after it.

One expression costs less than a literal for each digest.
"""


class Literal(NamedTuple):
    """Bytes to search for; ``caseless``: ASCII letters match in either case."""

    data: bytes
    caseless: bool


class LiteralSearch:
    """``literals`` by number; number ``len(literals)`` is that of `DIGEST`, whose end is one byte behind the run."""

    def __init__(self, literals: Sequence[Literal], *, fast: bool = True) -> None:
        self.count = len(literals)
        self._database: HyperscanDatabase | None = None
        if fast and hyperscan is not None:
            caseless, flag = hyperscan.HS_FLAG_CASELESS, hyperscan.HS_FLAG_DOTALL
            self._database = HyperscanDatabase(
                [*(b"".join(b"\\x%02x" % byte for byte in one.data) for one in literals), DIGEST],
                [*(flag | caseless * one.caseless for one in literals), flag],
            )
        else:
            self._grams: dict[bytes, list[tuple[int, bytes, bool]]] = {}
            for number, one in enumerate(literals):
                data = one.data.lower() if one.caseless else one.data
                self._grams.setdefault(data[:GRAM_BYTES].lower(), []).append((number, data, one.caseless))
            self._digest = re.compile(b"(?=(" + DIGEST + b"))", re.DOTALL)

    def hits(self, data: bytes) -> list[tuple[int, int]]:
        """(end, number of the literal) of the first `MAX_HITS` places in order, each once."""
        if self._database is None:
            return self._by_library(data)
        return sorted(self._database.ends(data, MAX_HITS))

    def _by_library(self, data: bytes) -> list[tuple[int, int]]:
        found: set[tuple[int, int]] = set()
        low, grams = data.lower(), self._grams
        for at in range(len(low) - GRAM_BYTES + 1):
            for number, literal, caseless in grams.get(low[at : at + GRAM_BYTES], ()):
                if (low if caseless else data).startswith(literal, at):
                    found.add((at + len(literal), number))
        found.update((match.end(1), self.count) for match in self._digest.finditer(data))
        return sorted(found)[:MAX_HITS]
