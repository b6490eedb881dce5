"""Search for secret values in bytes of the wire, in every encoding, with their positions.

Encodings are base64, hex, URL and other escapes, wide characters, nested and cut. Letters match in either case, and any
piece of a value that is long enough counts as the value: too much is covered rather than too little. For the opposite
rule, data that was encoded on purpose, see `sensor.personal_data.decoding`.
"""

from __future__ import annotations

import re
from array import array
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from sys import byteorder

from sensor.evidence.packet import ByteRange
from sensor.personal_data.base64_runs import decode_alignments

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

MAX_PIECES = 400_000
"""Pieces of all values that are indexed (some 60 MB): with more `ValueIndex` refuses, and everything is covered."""

MAX_DEPTH = 3
"""Nested encodings that are decoded."""

SMALL_DATA = 40
"""Bytes that are searched one by one, which costs less than preparing a faster search."""

MAX_READINGS = 2048
"""Readings of one stretch of bytes: a stretch with more is crafted, and is covered whole."""

FILLER = ord("*")

_PARTS = re.compile(rb"[^$*:,;|\s\0=/&?\"'()<>]+")
_HEX_VALUE = re.compile(rb"(?:[0-9a-fA-F]{2}){4,}")
_BASE64 = re.compile(rb"[A-Za-z0-9+/_\-]{8,}")
_HEX = re.compile(rb"[0-9A-Fa-f]{2}(?:[:\-. ]?[0-9A-Fa-f]{2}){3,}")
_NAMED = {b"amp": b"&", b"lt": b"<", b"gt": b">", b"quot": b'"', b"apos": b"'"}
_LETTERS = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"b": b"\b", b"f": b"\f", b"0": b"\0"}

_ESCAPES = (
    # URLs (RFC 3986 2.1), with the form's own sign for a blank.
    re.compile(rb"%[0-9A-Fa-f]{2}|\+"),
    # JSON, JavaScript, C; XML and HTML.
    re.compile(rb"\\u00[0-9A-Fa-f]{2}|\\x[0-9A-Fa-f]{2}|\\[^\r\n]|&#x?[0-9A-Fa-f]{1,4};|&(?:amp|lt|gt|quot|apos);"),
    # Quoted-printable (RFC 2045 6.7).
    re.compile(rb"=[0-9A-F]{2}|=\r\n"),
)
_FRAMING = (
    # Chunks (RFC 9112 7.1), and lines that were folded or wrapped.
    re.compile(rb"\r\n[0-9A-Fa-f]{1,8}\r\n"),
    re.compile(rb"[\r\n]+[ \t]?"),
    # Wide characters; Telnet's doubled 255 (RFC 854).
    re.compile(rb"\0"),
    re.compile(rb"\xff\xff"),
)


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


class TooManyValues(Exception):  # noqa: N818 - a result, not an error
    """More values than the index may hold."""


@dataclass(slots=True)
class Reading:
    """One reading of a stretch of bytes: ``data`` as decoded.

    ``starts`` and ``ends`` give the position of each byte in the stretch (None: at its own place). ``whole`` is the
    range that was decoded as one piece, so that any match covers it whole. ``open_left``, ``open_right``: what stands
    before or after is unknown.
    """

    data: bytes
    starts: Sequence[int] | None = None
    ends: Sequence[int] | None = None
    whole: ByteRange | None = None
    open_left: bool = False
    open_right: bool = False
    framed: bool = True
    """As sent: framing (lines, chunks, wide characters) may still split it."""

    def place(self, start: int, end: int) -> ByteRange:
        """Position of its bytes in the stretch."""
        if self.whole is not None:
            return self.whole
        if self.starts is None or self.ends is None:
            return start, end
        return self.starts[start], self.ends[end - 1]


def readings(data: bytes, *, open_left: bool = True, open_right: bool = True) -> Iterator[Reading]:
    """All readings of a stretch, itself first.

    ``open_left``, ``open_right``: what stands before or after is unknown.
    """
    queue = [(Reading(data, open_left=open_left, open_right=open_right), 0)]
    seen: set[tuple[bytes, ByteRange | None]] = set()
    while queue:
        reading, depth = queue.pop()
        if (reading.data, reading.whole) in seen:
            continue
        seen.add((reading.data, reading.whole))
        yield reading
        if depth < MAX_DEPTH and (depth == 0 or reading.whole is None or _may_be_encoded(reading.data)):
            queue += [(inner, depth + 1) for inner in _decode_once(reading)]


_PRINTED = bytes((9, 10, 13, *range(32, 127)))


def _may_be_encoded(data: bytes) -> bool:
    """Whether decoded bytes may be encoded once more: they are text of one or two bytes per character."""
    if len(data) < 6:
        return False
    odd = len(data.translate(None, _PRINTED))
    return 4 * odd <= len(data) or 5 * data.count(0) >= 2 * len(data)


def _decode_once(reading: Reading) -> Iterator[Reading]:
    for pattern in (*_ESCAPES, *_FRAMING) if reading.framed else _ESCAPES:
        if pattern.search(reading.data):
            yield _rewritten(reading, pattern)
    for kind in (_BASE64, _HEX):
        for token in kind.finditer(reading.data):
            whole = reading.place(*token.span())
            left = reading.open_left and token.start() == 0
            right = reading.open_right and token.end() == len(reading.data)
            for decoded in _decoded(token[0], hexadecimal=kind is _HEX):
                if len(decoded) >= 3:
                    yield Reading(decoded, whole=whole, open_left=left, open_right=right)


def _rewritten(reading: Reading, pattern: re.Pattern[bytes]) -> Reading:
    out = bytearray()
    data, at = reading.data, 0
    starts, ends = array("I"), array("I")  # a fifth of the memory of lists
    known_starts, known_ends = reading.starts or range(len(data)), reading.ends or range(1, len(data) + 1)
    for found in pattern.finditer(data):
        start, end = found.span()
        meant = _unescape(found[0])
        out += data[at:start] + meant
        if reading.whole is None:
            starts.extend((*known_starts[at:start], *[known_starts[start]] * len(meant)))
            ends.extend((*known_ends[at:start], *[known_ends[end - 1]] * len(meant)))
        at = end
    out += data[at:]
    if reading.whole is not None:
        return Reading(bytes(out), None, None, reading.whole, reading.open_left, reading.open_right, framed=False)
    starts.extend(known_starts[at:])
    ends.extend(known_ends[at:])
    return Reading(bytes(out), starts, ends, None, reading.open_left, reading.open_right, framed=False)


def _decoded(token: bytes, *, hexadecimal: bool) -> Iterator[bytes]:
    if hexadecimal:
        digits = re.sub(rb"[^0-9A-Fa-f]", b"", token)
        for start in (0, 1):
            yield bytes.fromhex(digits[start : start + (len(digits) - start) // 2 * 2].decode())
        return
    yield from decode_alignments(token)


def value_parts(value: bytes) -> set[bytes]:
    """A value and its components: a crackable hash joins challenge, answer and names in one text, the bytes in hex."""
    found = {value, *(part for part in _PARTS.findall(value) if len(part) >= MIN_VALUE_BYTES)}
    found |= {bytes.fromhex(part.decode()) for part in found if _HEX_VALUE.fullmatch(part)}
    return found


class ValueIndex:
    """Index of the values to search for. Raises TooManyValues."""

    def __init__(self, values: Iterable[bytes]) -> None:
        self._values: list[bytes] = []
        self._short: dict[bytes, list[tuple[int, int]]] = {}
        self._long: dict[bytes, list[tuple[int, int]]] = {}
        self._numbers: dict[int, set[int]] = {MIN_VALUE_BYTES: set(), GRAM: set()}
        self._prefixes: set[bytes] = set()
        self._suffixes: set[bytes] = set()
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

    def _add(self, value: bytes) -> None:
        number = len(self._values)
        self._values.append(value)
        size, step, table = (
            (GRAM, STRIDE, self._long) if len(value) >= LONG_VALUE else (MIN_VALUE_BYTES, 1, self._short)
        )
        for at in range(0, len(value) - size + 1, step):
            table.setdefault(value[at : at + size], []).append((number, at))
            self._numbers[size].add(int.from_bytes(value[at : at + size], byteorder))
        for size in range(1, min(EDGE, len(value)) + 1):
            self._prefixes.add(value[:size])
            self._suffixes.add(value[-size:])

    def find(self, reading: Reading) -> Iterator[ByteRange]:
        """Positions in the stretch where a value, or a long enough piece of one, stands in this reading."""
        data = reading.data.lower()
        for table, size in ((self._short, MIN_VALUE_BYTES), (self._long, GRAM)):
            # The common run of data and value that a piece lies in is found from its first piece. It is named by the
            # value and the distance between both; the other pieces in it lead to the same range again.
            run_ends: dict[tuple[int, int], int] = {}
            for at in self._positions(data, size):
                for number, offset in islice(table.get(data[at : at + size], ()), 16):
                    if at + size <= run_ends.get((number, at - offset), 0):
                        continue
                    start, end = self._extended(data, at, size, self._values[number], offset)
                    run_ends[number, at - offset] = end
                    yield reading.place(start, end)
                    if reading.whole is not None:
                        return
        for size in range(min(EDGE, len(data)), 0 if reading.framed else 1, -1):
            if reading.open_left and data[:size] in self._suffixes:
                yield reading.place(0, size)
            if reading.open_right and data[-size:] in self._prefixes:
                yield reading.place(len(data) - size, len(data))
        if (
            reading.open_left
            and reading.open_right
            and 0 < len(data) <= EDGE
            and any(data in value for value in self._values)
        ):
            yield reading.place(0, len(data))

    def _positions(self, data: bytes, size: int) -> Iterable[int]:
        """Where a piece of that size may stand in ``data``, in order.

        Pieces are compared as integers: the standard library does that a hundred times faster than a loop over slices,
        and nearly all data has no piece at all.
        """
        numbers = self._numbers[size]
        if not numbers or len(data) < size:
            return ()
        if len(data) < SMALL_DATA:
            return range(len(data) - size + 1)
        found: list[int] = []
        for first in range(size):
            whole = memoryview(data[first : first + (len(data) - first) // size * size])
            integers = (whole.cast("I") if size == MIN_VALUE_BYTES else whole.cast("Q")).tolist()
            if not numbers.isdisjoint(integers):
                found += [first + size * place for place, each in enumerate(integers) if each in numbers]
        return sorted(found)

    @staticmethod
    def _extended(data: bytes, at: int, size: int, value: bytes, offset: int) -> ByteRange:
        start, end, low, high = at, at + size, offset, offset + size
        while start and low and data[start - 1] == value[low - 1]:
            start, low = start - 1, low - 1
        while end < len(data) and high < len(value) and data[end] == value[high]:
            end, high = end + 1, high + 1
        return start, end


def contains_whole(value: bytes, readings: Iterable[Reading], *, composed: bool = False) -> bool:
    """Whether a value stands whole in one of the readings.

    Of a value ``composed`` of parts (`value_parts`) the longest one is enough.
    """
    needed = {value}
    if composed:
        texts = [part for part in _PARTS.findall(value) if len(part) >= GRAM]
        longest = max(texts, key=len, default=value)
        needed |= {longest, bytes.fromhex(longest.decode())} if _HEX_VALUE.fullmatch(longest) else {longest}
    return any(one.lower() in data for reading in readings for data in (reading.data.lower(),) for one in needed)
