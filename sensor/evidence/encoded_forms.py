"""Readings of payload: all that a stretch of bytes may mean, with the places of the bytes.

Encodings are base64, hex, URL and other escapes, wide characters, nested and cut. For the opposite rule, data that was
encoded on purpose, see `sensor.personal_data.decoding`.
"""

from __future__ import annotations

import re
from array import array
from bisect import bisect_left, bisect_right
from collections import deque
from collections.abc import Iterator
from functools import lru_cache
from itertools import accumulate
from typing import NamedTuple

from sensor.evidence.packet import ByteRange
from sensor.lazy_pattern import expression
from sensor.personal_data.base64_runs import decode_alignments

MAX_DEPTH = 3
"""Nested encodings that are decoded."""

READ_BYTES, READ_TIMES = 64 * 1024, 12
"""Bytes that all readings of a stretch may cost together, beside so many times its own length: twice what traffic of
devices takes. A stretch that costs more is crafted, and is covered whole."""

ESCAPE_BYTES, COPIED_BYTES = 32, 8
"""Bytes that an escape counts in a reading, and copied bytes that count as one: what they cost beside searching."""

ESCAPES_AT_ONCE = 16 * 1024
"""Escapes that are undone in one step: some 3 MB of pieces."""

MIN_DECODED = 3
"""Decoded bytes of a run that are looked at."""

_BASE64 = expression(rb"[A-Za-z0-9+/_\-]{8,}")
_HEX = expression(rb"[0-9A-Fa-f]{2}(?:[:\-. ]?[0-9A-Fa-f]{2}){3,}")
_NOT_HEX = expression(rb"[^0-9A-Fa-f]")
_NAMED = {b"amp": b"&", b"lt": b"<", b"gt": b">", b"quot": b'"', b"apos": b"'"}
_LETTERS = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"b": b"\b", b"f": b"\f", b"0": b"\0"}

# A group around each whole pattern: `re.Pattern.split` gives what stands between escapes, and the escapes.
_ESCAPES = (
    # URLs (RFC 3986 2.1), with the form's own sign for a blank.
    expression(rb"(%[0-9A-Fa-f]{2}|\+)"),
    # JSON, JavaScript, C; XML and HTML.
    expression(rb"(\\u00[0-9A-Fa-f]{2}|\\x[0-9A-Fa-f]{2}|\\[^\r\n]|&#x?[0-9A-Fa-f]{1,4};|&(?:amp|lt|gt|quot|apos);)"),
    # Quoted-printable (RFC 2045 6.7).
    expression(rb"(=[0-9A-F]{2}|=\r\n)"),
)
_FRAMING = (
    # Chunks (RFC 9112 7.1), and lines that were folded or wrapped.
    expression(rb"(\r\n[0-9A-Fa-f]{1,8}\r\n)"),
    expression(rb"([\r\n]+[ \t]?)"),
    # Wide characters; Telnet's doubled 255 (RFC 854).
    expression(rb"(\0)"),
    expression(rb"(\xff\xff)"),
)
_MAY_BE_READ_ON = expression(rb"[%+\\&=\r\n\0]|\xff\xff|[A-Za-z0-9/_\-]{8}|[0-9A-Fa-f]{2}(?:[:\-. ]?[0-9A-Fa-f]{2}){3}")
"""What each of the patterns above begins with or needs: most decoded bytes have none of it."""


@lru_cache(2048)
def _unescape(found: bytes) -> bytes:
    """The bytes that one escape stands for."""
    if found == b"+":
        return b" "
    if found == b"\xff\xff":
        return b"\xff"
    if found[:1] in (b"\r", b"\n", b"\0") or found == b"=\r\n":
        return b""
    if found[:1] in (b"%", b"="):
        return bytes((int(found[1:], 16),))
    if found[:2] in (b"\\u", b"\\x") and len(found) > 2:
        return bytes((int(found[-2:], 16),))
    if found[:1] == b"\\":
        return _LETTERS.get(found[1:], found[1:])
    if found[:2] == b"&#":
        code = int(found[3:-1], 16) if found[2:3] in b"xX" else int(re.sub(rb"[^0-9]", b"", found) or b"0")
        return chr(code).encode("utf-8", "replace")
    return _NAMED[found[1:-1]]


class TooManyReadings(Exception):  # noqa: N818 - a result, not an error
    """A stretch that can be read in more ways than are read."""


class ReadingBudget:
    """Bytes of readings that are left for a stretch."""

    def __init__(self, length: int) -> None:
        self.left = READ_BYTES + READ_TIMES * length

    def spend(self, size: int) -> None:
        """Take ``size`` bytes. Raises TooManyReadings."""
        self.left -= size
        if self.left < 0:
            raise TooManyReadings


class TextReading:
    """A stretch with ``depth`` kinds of escapes or framing undone; each byte keeps its place in the stretch."""

    __slots__ = ("_ends", "_lengths", "_meant", "_parent", "_starts", "data", "depth")

    def __init__(self, data: bytes, parent: TextReading | None = None) -> None:
        self.data = data
        self.depth: int = 0 if parent is None else parent.depth + 1
        self._parent = parent
        # Of each escape: where its meaning stands in ``data``, how long that is, and its range in the parent.
        self._meant, self._lengths = array("I"), array("B")
        self._starts, self._ends = array("I"), array("I")

    def place(self, start: int, end: int) -> ByteRange:
        """Range in the stretch of the bytes from ``start`` to ``end``."""
        if self._parent is None:
            return start, end
        return self._parent.place(self._source(start)[0], self._source(end - 1)[1])

    def _source(self, at: int) -> ByteRange:
        """Range in the parent of one byte: itself, or the escape that means it."""
        number = bisect_right(self._meant, at) - 1
        if number < 0:
            return at, at + 1
        beyond = at - self._meant[number] - self._lengths[number]
        if beyond < 0:
            return self._starts[number], self._ends[number]
        return self._ends[number] + beyond, self._ends[number] + beyond + 1

    def rewritten(self, pattern: re.Pattern[bytes], budget: ReadingBudget) -> TextReading:
        """The reading with what ``pattern`` finds replaced by what it means. Raises TooManyReadings where this alone
        would cost more than the budget has left, and takes nothing from it.
        """
        made = TextReading(b"", self)
        most = budget.left // ESCAPE_BYTES
        out: list[bytes] = []
        source = target = 0
        rest = self.data
        while len(parts := pattern.split(rest, ESCAPES_AT_ONCE)) > 1:
            # Text, escape, text, escape, ..., what follows.
            rest = parts.pop()
            most -= len(parts) // 2
            if most < 0:
                raise TooManyReadings
            places = list(accumulate(map(len, parts), initial=source))
            made._starts.extend(places[1::2])
            made._ends.extend(places[2::2])
            source = places[-1]
            parts[1::2] = map(_unescape, parts[1::2])
            places = list(accumulate(map(len, parts), initial=target))
            made._meant.extend(places[1::2])
            made._lengths.extend(map(len, parts[1::2]))
            target = places[-1]
            out.append(b"".join(parts))
        made.data = b"".join((*out, rest))
        return made

    def fresh(self, around: int) -> list[ByteRange]:
        """Ranges of ``data`` that the parent does not have: what escapes mean, with ``around`` bytes on either side."""
        if self._parent is None:
            return [(0, len(self.data))]
        found: list[ByteRange] = []
        first, last = 0, -1
        for at, length in zip(self._meant, self._lengths, strict=True):
            if at - around > last:
                if last >= 0:
                    found.append((first, last))
                first = max(0, at - around)
            last = at + length + around
        return [*found, (first, min(last, len(self.data)))]

    def is_fresh(self, start: int, end: int) -> bool:
        """Whether a run of bytes touches what an escape means: otherwise the parent has the same run."""
        number = bisect_left(self._meant, start)
        if number < len(self._meant) and self._meant[number] <= end:
            return True
        return self._parent is None or (number > 0 and self._meant[number - 1] + self._lengths[number - 1] >= start)

    @property
    def cost(self) -> int:
        """What it counts in a budget, beside the bytes that are searched."""
        return len(self.data) // COPIED_BYTES + ESCAPE_BYTES * len(self._meant)


def text_readings(data: bytes, budget: ReadingBudget) -> Iterator[TextReading]:
    """A stretch as it is, then with escapes and framing undone, the least changed first. Raises TooManyReadings."""
    first = TextReading(data)
    budget.spend(first.cost)
    yield first
    # A reading is made when its turn comes: what the budget does not reach is never made.
    queue = deque((first, pattern) for pattern in (*_ESCAPES, *_FRAMING))
    seen = {hash(data)}
    while queue:
        parent, pattern = queue.popleft()
        if not pattern.search(parent.data):
            continue
        reading = parent.rewritten(pattern, budget)
        if (known := hash(reading.data)) in seen:
            continue
        seen.add(known)
        budget.spend(reading.cost)
        yield reading
        if reading.depth < MAX_DEPTH:
            queue.extend((reading, each) for each in _ESCAPES)


class EncodedRun(NamedTuple):
    """A run of base64 or hex digits; any match in what it means covers it whole."""

    data: bytes
    hexadecimal: bool
    depth: int
    place: ByteRange
    open_left: bool
    open_right: bool


def encoded_runs(reading: TextReading) -> Iterator[EncodedRun]:
    """The runs in a reading that its parent does not have; open where they touch its ends."""
    if reading.depth < MAX_DEPTH:
        for run, hexadecimal, left, right in _runs(reading.data):
            if reading.is_fresh(*run.span()):
                place = reading.place(*run.span())
                yield EncodedRun(run[0], hexadecimal, reading.depth + 1, place, left, right)


def _runs(data: bytes) -> Iterator[tuple[re.Match[bytes], bool, bool, bool]]:
    for kind in (_BASE64, _HEX):
        for run in kind.finditer(data):
            yield run, kind is _HEX, run.start() == 0, run.end() == len(data)


class DecodedPiece(NamedTuple):
    """Decoded bytes of a run; ``framed``: lines, chunks and wide characters in them were not undone."""

    data: bytes
    open_left: bool
    open_right: bool
    framed: bool


def decoded_pieces(run: EncodedRun) -> list[DecodedPiece]:
    """All that a run may mean, decoded and decoded again."""
    queue = deque(
        (DecodedPiece(data, run.open_left, run.open_right, framed=True), run.depth)
        for data in _decoded(run.data, hexadecimal=run.hexadecimal)
    )
    found: dict[bytes, DecodedPiece] = {}
    while queue:
        piece, depth = queue.popleft()
        if len(piece.data) < MIN_DECODED or piece.data in found:
            continue
        found[piece.data] = piece
        if depth < MAX_DEPTH and _may_be_encoded(piece.data) and _MAY_BE_READ_ON.search(piece.data):
            queue.extend((inner, depth + 1) for inner in _decoded_again(piece))
    return list(found.values())


def _decoded_again(piece: DecodedPiece) -> Iterator[DecodedPiece]:
    data, left, right, framed = piece
    for pattern in (*_ESCAPES, *_FRAMING) if framed else _ESCAPES:
        if pattern.search(data):
            yield DecodedPiece(pattern.sub(lambda found: _unescape(found[0]), data), left, right, framed=False)
    for run, hexadecimal, first, last in _runs(data):
        for inner in _decoded(run[0], hexadecimal=hexadecimal):
            yield DecodedPiece(inner, left and first, right and last, framed=True)


_PRINTED = bytes((9, 10, 13, *range(32, 127)))


def _may_be_encoded(data: bytes) -> bool:
    """Whether decoded bytes may be encoded once more: they are text of one or two bytes per character."""
    if len(data) < 6:
        return False
    odd = len(data.translate(None, _PRINTED))
    return 4 * odd <= len(data) or 5 * data.count(0) >= 2 * len(data)


def _decoded(run: bytes, *, hexadecimal: bool) -> Iterator[bytes]:
    if not hexadecimal:
        yield from decode_alignments(run)
        return
    digits = _NOT_HEX.sub(b"", run)
    for start in (0, 1):
        yield bytes.fromhex(digits[start : start + (len(digits) - start) // 2 * 2].decode())
