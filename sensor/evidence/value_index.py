"""Search for secret values in all readings of a stretch of payload, with their places.

Letters match in either case, and any piece of a value that is long enough counts as the value: too much is covered
rather than too little. What it costs grows with the stretch alone (`ReadingBudget`, `COMPARED`).
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import field
from operator import attrgetter
from typing import NamedTuple

from sensor.evidence.encoded_forms import (
    DecodedPiece,
    EncodedRun,
    ReadingBudget,
    TextReading,
    TooManyReadings,
    decoded_pieces,
    encoded_runs,
    text_readings,
)
from sensor.evidence.gram_search import gram_search, most_places
from sensor.evidence.packet import ByteRange
from sensor.lazy_pattern import expression
from sensor.light_dataclass import dataclass

MIN_VALUE_BYTES = 4
"""Bytes of a value that is searched for everywhere.

Shorter ones occur by chance; they are covered only in the frames where they were found.
"""

LONG_VALUE, GRAM, STRIDE = 24, 8, 4
"""Of a value of `LONG_VALUE` bytes each piece of `GRAM` + `STRIDE` - 1 is found.

Of a shorter one each piece of `MIN_VALUE_BYTES` is.
"""

EDGE = GRAM + STRIDE - 1
"""Bytes at an open end that may be a value's beginning or end without more of it."""

MIN_EDGE = 3
"""Bytes at an open end that count, but where keys are typed: there a single letter does."""

MAX_PIECES = 400_000
"""Pieces of all values that are indexed (some 60 MB): with more `ValueIndex` refuses, and everything is covered."""

CANDIDATES = 16
"""Places of values that are compared for one piece."""

COMPARED = 64
"""Bytes that are compared with values for each byte that is searched; data with more coincidences is crafted."""

MAX_SHORT = 64
"""Short values that are searched for in one stretch; with more it is covered whole."""

MAX_DECODED_BYTES = 4 * 1024 * 1024
"""Bytes of decoded runs that are remembered, for the same words come again in every message."""

BATCH_BYTES = 128 * 1024
"""Bytes of readings that are searched at a time."""

CLOSED = EDGE + 1
"""An end that is none of a value: what stands there begins or ends by itself."""

_PARTS = expression(rb"[^$*:,;|\s\0=/&?\"'()<>]+")
_HEX_VALUE = expression(rb"(?:[0-9a-fA-F]{2}){4,}")


class TooManyValues(Exception):  # noqa: N818 - a result, not an error
    """More values than the index may hold."""


def value_parts(value: bytes) -> set[bytes]:
    """A value and its components: a crackable hash joins challenge, answer and names in one text, the bytes in hex."""
    found = {value, *(part for part in _PARTS.findall(value) if len(part) >= MIN_VALUE_BYTES)}
    found |= {bytes.fromhex(part.decode()) for part in found if _HEX_VALUE.fullmatch(part)}
    return found


def forms_enough(value: bytes, *, composed: bool = False) -> set[bytes]:
    """Bytes of which one must be seen whole, in small letters, for the value to be located.

    Of a value ``composed`` of parts (`value_parts`) the longest one is enough.
    """
    enough = {value}
    if composed:
        texts = [part for part in _PARTS.findall(value) if len(part) >= GRAM]
        longest = max(texts, key=len, default=value)
        enough |= {longest, bytes.fromhex(longest.decode())} if _HEX_VALUE.fullmatch(longest) else {longest}
    return {one.lower() for one in enough}


@dataclass(slots=True)
class Located:
    """What a search found in a stretch: places to cover, values that stand there whole, places of short values."""

    places: list[ByteRange] = field(default_factory=list)
    whole: set[bytes] = field(default_factory=set)
    short: dict[bytes, list[ByteRange]] = field(default_factory=dict)


Owner = TextReading | EncodedRun
"""What a piece of a batch is a reading of."""


class _Piece(NamedTuple):
    """Bytes of a batch: where they are in it, and the reading (``text``, in small letters) that has them at ``at``."""

    start: int
    owner: Owner
    text: bytes
    at: int


class _Batch:
    """Pieces of readings in a row: one search goes over all of them."""

    def __init__(self) -> None:
        self.pieces: list[_Piece] = []
        self.size = 0
        self._data: list[bytes] = []

    def add(self, owner: Owner, text: bytes, start: int, end: int) -> None:
        self.pieces.append(_Piece(self.size, owner, text, start))
        self._data.append(text[start:end])
        self.size += end - start

    def joined(self) -> bytes:
        return b"".join(self._data)

    def number(self, at: int) -> int:
        """The number of the piece that holds the byte."""
        return bisect_right(self.pieces, at, key=attrgetter("start")) - 1

    def end(self, number: int) -> int:
        """Where a piece ends in the batch."""
        return self.pieces[number + 1].start if number + 1 < len(self.pieces) else self.size


class ValueIndex:
    """Index of the values to search for; ``whole``: values (`forms_enough`) of which it is asked whether they stand
    somewhere whole. Raises TooManyValues."""

    def __init__(self, values: Iterable[bytes], whole: Collection[bytes] = ()) -> None:
        self.values: list[bytes] = []
        self._grams: dict[bytes, list[tuple[int, int]]] = {}
        self._whole = frozenset(whole)
        self._whole_sizes: dict[bytes, set[int]] = {}
        self._prefixes: set[bytes] = set()
        self._suffixes: set[bytes] = set()
        self._decoded: dict[tuple[bytes, bool, int], list[DecodedPiece]] = {}
        self._decoded_bytes = 0
        known: set[bytes] = set()
        pieces = 0
        for value in values:
            for part in value_parts(value):
                low = part.lower()
                if len(low) < MIN_VALUE_BYTES or low in known:
                    continue
                known.add(low)
                pieces += len(low)
                if pieces > MAX_PIECES:
                    raise TooManyValues
                self._add(low)
        self._all = b"\n".join(self.values)
        self._engine = gram_search(list(self._grams))

    def _add(self, value: bytes) -> None:
        number = len(self.values)
        self.values.append(value)
        size, step = (GRAM, STRIDE) if len(value) >= LONG_VALUE else (MIN_VALUE_BYTES, 1)
        for at in range(0, len(value) - size + 1, step):
            self._grams.setdefault(value[at : at + size], []).append((number, at))
        if value in self._whole:
            self._whole_sizes.setdefault(value[:size], set()).add(len(value))
        for size in range(1, min(EDGE, len(value)) + 1):
            self._prefixes.add(value[:size])
            self._suffixes.add(value[-size:])

    def pieces_of(self, run: EncodedRun) -> list[DecodedPiece]:
        """All that a run may mean (`decoded_pieces`), remembered for a while."""
        if run.open_left or run.open_right:
            return decoded_pieces(run)
        key = (run.data, run.hexadecimal, run.depth)
        known = self._decoded.get(key)
        if known is None:
            known = self._decoded[key] = decoded_pieces(run)
            self._decoded_bytes += len(run.data) + sum(len(piece.data) + 128 for piece in known)
            if self._decoded_bytes > MAX_DECODED_BYTES:
                self._decoded.clear()
                self._decoded_bytes = 0
        return known

    def at_edges(self, data: bytes, left: int, right: int) -> Iterator[ByteRange]:
        """Where data (in small letters) begins with ``left`` bytes of a value or more, or ends with ``right``."""
        length = len(data)
        for size in range(min(EDGE, length), min(left, right) - 1, -1):
            if size >= left and data[:size] in self._suffixes:
                yield 0, size
            if size >= right and data[-size:] in self._prefixes:
                yield length - size, length
        if max(left, right) <= length <= EDGE and data in self._all:
            yield 0, length

    def match(self, data: bytes, batch: _Batch, found: Located) -> None:
        """Add what stands in a batch, whose joined bytes are ``data``, to ``found``."""
        compared = COMPARED * len(data)
        # The common run of data and value that a piece lies in is found from its first piece. It is named by the value
        # and the distance between both; the other pieces in it lead to the same range again.
        run_ends: dict[tuple[int, int], int] = {}
        spans: list[ByteRange] = []
        owner: Owner | None = None
        text, shift, piece_end, covered = b"", 0, 0, 0
        for place, size in self._engine.places(data):
            if place >= piece_end:
                number = batch.number(place)
                start, its_owner, text, first = batch.pieces[number]
                shift, piece_end = first - start, batch.end(number)
                if its_owner is not owner:
                    _place(owner, spans, found)
                    owner, covered = its_owner, 0
                    run_ends.clear()
            if place + size > piece_end:
                continue  # across two pieces
            at, end = place + shift, place + shift + size
            gram = text[at:end]
            for length in self._whole_sizes.get(gram, ()):
                compared -= length
                if (value := text[at : at + length]) in self._whole:
                    found.whole.add(value)
            if isinstance(owner, EncodedRun):
                spans.append((at, end))
                continue
            if size == MIN_VALUE_BYTES and end <= covered:
                continue  # where a short value goes on beyond it, a later piece of it says so
            for value_number, offset in self._grams[gram][:CANDIDATES]:
                key = (value_number, at - offset)
                if end <= run_ends.get(key, 0):
                    continue
                value = self.values[value_number]
                before = _common_before(text, at, value, offset)
                after = _common_after(text, end, value, offset + size)
                run_ends[key] = end + after
                compared -= before + after
                spans.append((at - before, end + after))
                if before + size + after == len(value) and value in self._whole:
                    found.whole.add(value)
                covered = max(covered, end + after)
            if compared < 0:
                raise TooManyReadings
        _place(owner, spans, found)


def _place(owner: Owner | None, spans: list[ByteRange], found: Located) -> None:
    """Add ranges of a reading, which are forgotten then, to the places."""
    if not spans:
        return
    if isinstance(owner, EncodedRun):
        found.places.append(owner.place)
    elif owner is not None:
        spans.sort()
        start, end = spans[0]
        for first, last in spans:
            if first >= end:
                found.places.append(owner.place(start, end))
                start, end = first, last
            end = max(end, last)
        found.places.append(owner.place(start, end))
    spans.clear()


def search(
    indexes: Sequence[ValueIndex],
    data: bytes,
    *,
    short: Collection[bytes] = (),
    edges: tuple[int, int] = (MIN_EDGE, MIN_EDGE),
) -> Located:
    """The values of the indexes in all readings of a stretch. ``short``: values of less than `MIN_VALUE_BYTES`, in
    small letters; ``edges``: bytes of a value that count at the left and right end.

    Raises TooManyReadings: the stretch is to be covered whole.
    """
    found = Located()
    if not indexes and not short:
        return found
    if len(short) > MAX_SHORT:
        raise TooManyReadings
    budget = ReadingBudget(len(data))
    batch = _Batch()
    seen: set[tuple[bytes, bool, ByteRange]] = set()
    for reading in text_readings(data, budget):
        low = reading.data.lower()
        for start, end in reading.fresh(EDGE):
            budget.spend(end - start)
            batch.add(reading, low, start, end)
        for index in indexes:
            found.places += (reading.place(*span) for span in index.at_edges(low, *_least(edges, reading.depth)))
        for run in encoded_runs(reading):
            key = (run.data, run.hexadecimal, run.place)
            if key in seen:
                continue
            seen.add(key)
            pieces = indexes[0].pieces_of(run) if indexes else decoded_pieces(run)
            budget.spend(sum([len(piece.data) for piece in pieces]))
            for piece in pieces:
                batch.add(run, piece.data.lower(), 0, len(piece.data))
            if run.open_left or run.open_right:
                found.places += _edges_of_run(run, pieces, indexes, edges)
        if batch.size > BATCH_BYTES:
            _search_batch(batch, indexes, short, found)
            batch = _Batch()
    _search_batch(batch, indexes, short, found)
    return found


def _least(edges: tuple[int, int], depth: int) -> tuple[int, int]:
    """Bytes that count at the ends of a reading in which escapes or framing were undone: no single letter."""
    return (max(edges[0], 2), max(edges[1], 2)) if depth else edges


def _edges_of_run(
    run: EncodedRun, pieces: Iterable[DecodedPiece], indexes: Iterable[ValueIndex], edges: tuple[int, int]
) -> Iterator[ByteRange]:
    for piece in pieces:
        left, right = _least(edges, not piece.framed)
        low = piece.data.lower()
        for index in indexes:
            if any(index.at_edges(low, left if piece.open_left else CLOSED, right if piece.open_right else CLOSED)):
                yield run.place
                return


def _search_batch(batch: _Batch, indexes: Iterable[ValueIndex], short: Iterable[bytes], found: Located) -> None:
    data = batch.joined()
    for index in indexes:
        index.match(data, batch, found)
    for value in short:
        at = data.find(value)
        while at >= 0:
            number = batch.number(at)
            if at + len(value) <= batch.end(number):
                start, owner, _, first = batch.pieces[number]
                place = at - start + first
                found.short.setdefault(value, []).append(
                    owner.place if isinstance(owner, EncodedRun) else owner.place(place, place + len(value))
                )
                if len(found.short[value]) > most_places(data):
                    raise TooManyReadings
            at = data.find(value, at + 1)


def _common_after(data: bytes, at: int, value: bytes, offset: int) -> int:
    """How many bytes from ``at`` on are those of ``value`` from ``offset`` on."""
    same, differs = 0, min(len(data) - at, len(value) - offset)
    if data[at : at + differs] == value[offset : offset + differs]:
        return differs
    while differs - same > 1:
        middle = (same + differs) // 2
        if data[at + same : at + middle] == value[offset + same : offset + middle]:
            same = middle
        else:
            differs = middle
    return same


def _common_before(data: bytes, at: int, value: bytes, offset: int) -> int:
    """How many bytes before ``at`` are those of ``value`` before ``offset``."""
    most, count = min(at, offset), 0
    while count < most and data[at - count - 1] == value[offset - count - 1]:
        count += 1
    return count
