"""Secret values and bytes of the wire into where the values stand in them: as they are, in base64, hex, URL and other escapes, wide, nested, cut.

Letters count in either case, and any piece of a value that is long enough to tell something counts as the value: too much is found rather than too little.
"""

from __future__ import annotations

import binascii
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from sys import byteorder

from sensor.evidence.packet import Range

SHORTEST = 4
"""Bytes of a value that are looked for everywhere; shorter ones stand in everything, and are looked for where they were found only."""

LONG, GRAM, STRIDE = 24, 8, 4
"""Of a value of `LONG` bytes each piece of `GRAM` + `STRIDE` - 1 is found; of a shorter one each of `SHORTEST`."""

EDGE = GRAM + STRIDE - 1
"""Bytes at an open end that may be a value's beginning or end and no more of it."""

PIECES = 400_000
"""Pieces of all values that are remembered (some 60 MB): beyond it `Index` refuses, and everything is to be covered."""

DEPTH = 3
"""Encodings in one another that are undone."""

SMALL = 40
"""Bytes that are looked at one by one, which costs less than getting ready to do better."""

VIEWS = 2048
"""Readings of one stretch of bytes: what has more is made to have more, and is covered whole."""

FILLER = ord("*")

_PARTS = re.compile(rb"[^$*:,;|\s\0=/&?\"'()<>]+")
_HEX_VALUE = re.compile(rb"(?:[0-9a-fA-F]{2}){4,}")
_BASE64 = re.compile(rb"[A-Za-z0-9+/_\-]{8,}")
_HEX = re.compile(rb"[0-9A-Fa-f]{2}(?:[:\-. ]?[0-9A-Fa-f]{2}){3,}")
_URL_SAFE = bytes.maketrans(b"-_", b"+/")
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


def _meant(found: bytes) -> bytes:
    """What one escape stands for."""
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


class TooMany(Exception):  # noqa: N818 - an answer, not an error
    """More values than can be looked for at once."""


@dataclass(slots=True)
class View:
    """One reading of a stretch: ``data``, where each byte of it stands (None: at its own place), or the ``whole`` that it is a reading of."""

    data: bytes
    starts: list[int] | None = None
    ends: list[int] | None = None
    whole: Range | None = None
    open_left: bool = False
    open_right: bool = False
    framed: bool = True
    """As it was sent: what frames it (lines, chunks, wide characters) may still part it."""

    def place(self, start: int, end: int) -> Range:
        """Where bytes of it stand in the stretch."""
        if self.whole is not None:
            return self.whole
        if self.starts is None or self.ends is None:
            return start, end
        return self.starts[start], self.ends[end - 1]


def views(data: bytes, *, open_left: bool = True, open_right: bool = True) -> Iterator[View]:
    """All readings of a stretch, itself first. ``open``: what came before or follows is not known."""
    waiting = [(View(data, open_left=open_left, open_right=open_right), 0)]
    seen: set[tuple[bytes, Range | None]] = set()
    while waiting:
        view, depth = waiting.pop()
        if (view.data, view.whole) in seen:
            continue
        seen.add((view.data, view.whole))
        yield view
        if depth < DEPTH and (depth == 0 or view.whole is None or _is_text(view.data)):
            waiting += [(inner, depth + 1) for inner in _inside(view)]


_PRINTED = bytes((9, 10, 13, *range(32, 127)))


def _is_text(data: bytes) -> bool:
    """Whether something decoded may be encoded once more: it is text, of one or two bytes a character."""
    if len(data) < 6:
        return False
    odd = len(data.translate(None, _PRINTED))
    return 4 * odd <= len(data) or 5 * data.count(0) >= 2 * len(data)


def _inside(view: View) -> Iterator[View]:
    for pattern in (*_ESCAPES, *_FRAMING) if view.framed else _ESCAPES:
        if pattern.search(view.data):
            yield _rewritten(view, pattern)
    for kind in (_BASE64, _HEX):
        for token in kind.finditer(view.data):
            whole = view.place(*token.span())
            left = view.open_left and token.start() == 0
            right = view.open_right and token.end() == len(view.data)
            for decoded in _decoded(token[0], hexadecimal=kind is _HEX):
                if len(decoded) >= 3:
                    yield View(decoded, whole=whole, open_left=left, open_right=right)


def _rewritten(view: View, pattern: re.Pattern[bytes]) -> View:
    out = bytearray()
    data, at = view.data, 0
    starts: list[int] = []
    ends: list[int] = []
    known_starts, known_ends = view.starts or range(len(data)), view.ends or range(1, len(data) + 1)
    for found in pattern.finditer(data):
        start, end = found.span()
        meant = _meant(found[0])
        out += data[at:start] + meant
        if view.whole is None:
            starts += [*known_starts[at:start], *[known_starts[start]] * len(meant)]
            ends += [*known_ends[at:start], *[known_ends[end - 1]] * len(meant)]
        at = end
    out += data[at:]
    if view.whole is not None:
        return View(bytes(out), None, None, view.whole, view.open_left, view.open_right, framed=False)
    starts += known_starts[at:]
    ends += known_ends[at:]
    return View(bytes(out), starts, ends, None, view.open_left, view.open_right, framed=False)


def _decoded(token: bytes, *, hexadecimal: bool) -> Iterator[bytes]:
    if hexadecimal:
        digits = re.sub(rb"[^0-9A-Fa-f]", b"", token)
        for start in (0, 1):
            yield bytes.fromhex(digits[start : start + (len(digits) - start) // 2 * 2].decode())
        return
    plain = token.translate(_URL_SAFE)
    for start in range(4):
        piece = plain[start:]
        piece = piece[: len(piece) - (len(piece) % 4 == 1)]
        yield binascii.a2b_base64(piece + b"=" * (-len(piece) % 4))


def parts(value: bytes) -> set[bytes]:
    """A value and what it is put together from: what a cracking tool would take is challenge, answer and names in one text, the bytes in hex."""
    found = {value, *(part for part in _PARTS.findall(value) if len(part) >= SHORTEST)}
    found |= {bytes.fromhex(part.decode()) for part in found if _HEX_VALUE.fullmatch(part)}
    return found


class Index:
    """Values to look for. Raises TooMany."""

    def __init__(self, values: Iterable[bytes]) -> None:
        self._values: list[bytes] = []
        self._short: dict[bytes, list[tuple[int, int]]] = {}
        self._long: dict[bytes, list[tuple[int, int]]] = {}
        self._numbers: dict[int, set[int]] = {SHORTEST: set(), GRAM: set()}
        self._heads: set[bytes] = set()
        self._tails: set[bytes] = set()
        known: set[bytes] = set()
        pieces = 0
        for value in values:
            for part in parts(value):
                low = part.lower()
                if len(low) < SHORTEST or low in known:
                    continue
                known.add(low)
                pieces += len(low)
                if pieces > PIECES:
                    raise TooMany
                self._add(low)

    def _add(self, value: bytes) -> None:
        number = len(self._values)
        self._values.append(value)
        size, step, table = (GRAM, STRIDE, self._long) if len(value) >= LONG else (SHORTEST, 1, self._short)
        for at in range(0, len(value) - size + 1, step):
            table.setdefault(value[at : at + size], []).append((number, at))
            self._numbers[size].add(int.from_bytes(value[at : at + size], byteorder))
        for size in range(1, min(EDGE, len(value)) + 1):
            self._heads.add(value[:size])
            self._tails.add(value[-size:])

    def find(self, view: View) -> Iterator[Range]:
        """Where in the stretch one of the values, or a telling piece of one, stands in this reading of it."""
        data = view.data.lower()
        for table, size in ((self._short, SHORTEST), (self._long, GRAM)):
            if not self._any(data, size):
                continue
            for at in range(len(data) - size + 1):
                for number, offset in islice(table.get(data[at : at + size], ()), 16):
                    start, end = self._extended(data, at, size, self._values[number], offset)
                    yield view.place(start, end)
                    if view.whole is not None:
                        return
        for size in range(min(EDGE, len(data)), 0 if view.framed else 1, -1):
            if view.open_left and data[:size] in self._tails:
                yield view.place(0, size)
            if view.open_right and data[-size:] in self._heads:
                yield view.place(len(data) - size, len(data))
        if (
            view.open_left
            and view.open_right
            and 0 < len(data) <= EDGE
            and any(data in value for value in self._values)
        ):
            yield view.place(0, len(data))

    def _any(self, data: bytes, size: int) -> bool:
        """Whether a piece of that size is in ``data`` at all: as numbers, which the library compares a hundred times faster than we can."""
        numbers = self._numbers[size]
        if not numbers or len(data) < size:
            return False
        if len(data) < SMALL:
            return True
        for at in range(min(size, len(data))):
            whole = memoryview(data[at : at + (len(data) - at) // size * size])
            if not numbers.isdisjoint((whole.cast("I") if size == SHORTEST else whole.cast("Q")).tolist()):
                return True
        return False

    @staticmethod
    def _extended(data: bytes, at: int, size: int, value: bytes, offset: int) -> Range:
        start, end, low, high = at, at + size, offset, offset + size
        while start and low and data[start - 1] == value[low - 1]:
            start, low = start - 1, low - 1
        while end < len(data) and high < len(value) and data[end] == value[high]:
            end, high = end + 1, high + 1
        return start, end


def stands(value: bytes, readings: Iterable[View], *, composed: bool = False) -> bool:
    """Whether a value stands whole in one of the readings; of one ``composed`` of parts (`parts`), the longest of them."""
    needed = {value}
    if composed:
        texts = [part for part in _PARTS.findall(value) if len(part) >= GRAM]
        longest = max(texts, key=len, default=value)
        needed |= {longest, bytes.fromhex(longest.decode())} if _HEX_VALUE.fullmatch(longest) else {longest}
    return any(one.lower() in data for view in readings for data in (view.data.lower(),) for one in needed)
