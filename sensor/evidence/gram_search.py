"""Search for pieces of four and eight bytes: by themselves, in Hyperscan, or as integers."""

from __future__ import annotations

from collections.abc import Iterable
from sys import byteorder
from typing import Protocol

from sensor.evidence.encoded_forms import TooManyReadings
from sensor.personal_data.multipattern import HyperscanDatabase, hyperscan

SIZES = (4, 8)
"""Bytes of the pieces: those of C's integers."""

FEW_GRAMS, MANY_GRAMS, DATABASE_GRAMS = 64, 32_768, 4096
"""Pieces up to which each is searched for by itself; up to which Hyperscan is worth its compiling; and pieces of one of
its databases, so that compiling takes ten megabytes."""

MOST_PLACES, PLACES_SHARE = 32_768, 16
"""Places of pieces in data, beside one for so many bytes of it: with more it is full of secrets, or crafted."""


class GramSearch(Protocol):
    """A search for many pieces at once."""

    def places(self, data: bytes) -> list[tuple[int, int]]:
        """Where a piece stands, and its size, in order. Raises TooManyReadings."""


def most_places(data: bytes) -> int:
    """How many places of pieces are taken of data."""
    return MOST_PLACES + len(data) // PLACES_SHARE


class _Each:
    """Few pieces, each searched for by itself."""

    def __init__(self, grams: Iterable[bytes]) -> None:
        self._grams = list(grams)

    def places(self, data: bytes) -> list[tuple[int, int]]:
        found: list[tuple[int, int]] = []
        most = most_places(data)
        for gram in self._grams:
            at = data.find(gram)
            while at >= 0:
                found.append((at, len(gram)))
                at = data.find(gram, at + 1)
            if len(found) > most:
                raise TooManyReadings
        return sorted(found)


class _Compiled:
    """Pieces in Hyperscan's databases."""

    def __init__(self, grams: list[bytes]) -> None:
        self._parts: list[tuple[HyperscanDatabase, list[int]]] = []
        for first in range(0, len(grams), DATABASE_GRAMS):
            part = grams[first : first + DATABASE_GRAMS]
            expressions = [b"".join(b"\\x%02x" % byte for byte in gram) for gram in part]
            database = HyperscanDatabase(expressions, [hyperscan.HS_FLAG_DOTALL] * len(part))
            self._parts.append((database, [len(gram) for gram in part]))

    def places(self, data: bytes) -> list[tuple[int, int]]:
        found: list[tuple[int, int]] = []
        most = most_places(data)
        for database, sizes in self._parts:
            ends = database.ends(data, most)
            found += ((end - sizes[number], sizes[number]) for end, number in ends)
            if len(found) >= most:
                raise TooManyReadings
        return sorted(found)


class _Integers:
    """Pieces compared as integers, which the standard library does a hundred times faster than a loop over slices."""

    def __init__(self, grams: Iterable[bytes]) -> None:
        self._numbers: dict[int, set[int]] = {size: set() for size in SIZES}
        for gram in grams:
            self._numbers[len(gram)].add(int.from_bytes(gram, byteorder))

    def places(self, data: bytes) -> list[tuple[int, int]]:
        found: list[tuple[int, int]] = []
        most = most_places(data)
        for size, numbers in self._numbers.items():
            for first in range(size) if numbers else ():
                whole = memoryview(data)[first : first + max(0, len(data) - first) // size * size]
                integers = (whole.cast("I") if size == SIZES[0] else whole.cast("Q")).tolist()
                if not numbers.isdisjoint(integers):
                    found += [(first + size * at, size) for at, each in enumerate(integers) if each in numbers]
                if len(found) > most:
                    raise TooManyReadings
        return sorted(found)


def gram_search(grams: list[bytes]) -> GramSearch:
    """The search that costs least for so many pieces, each of one of `SIZES`."""
    if len(grams) <= FEW_GRAMS:
        return _Each(grams)
    return _Compiled(grams) if hyperscan is not None and len(grams) <= MANY_GRAMS else _Integers(grams)
