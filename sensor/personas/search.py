"""Search for persona values in a stream: hits and their frames, whatever the packet borders."""

from __future__ import annotations

import base64
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from sensor.personas.edges import BYTES_AFTER, BYTES_BEFORE, is_whole_value
from sensor.personas.forms import Form, Seed, digests, forms, telephone
from sensor.personas.literals import Literal, LiteralSearch

MAX_MATCH_BYTES = 128 + 4
"""Bytes of the longest match: SHA-512 in hex, with an escape before it."""

OVERLAP = MAX_MATCH_BYTES + BYTES_BEFORE + BYTES_AFTER
"""Bytes of a stream that are searched again with the next piece."""

MAX_COORDINATE_GAP = 240
"""Bytes that the two coordinates of a place may be apart."""

MAX_FRAMES = 16
"""Frames listed for one hit."""

DIGITS = {"md5": 32, "sha1": 40, "sha256": 64, "sha512": 128}

DIGEST_PREFIX = 20
"""Characters of a digest in base64 that identify it: 120 bits."""

BATCH_BYTES = 8192
"""Bytes of a direction that are gathered before a search: each search has a fixed cost."""

MAX_DELAY = 30_000_000_000
"""Nanoseconds that gathered bytes wait for more, by the packets' clock."""

DATAGRAM_SEPARATOR = b"\xff\xff"
"""Separator between datagrams: no form of any value contains it."""


class Hit(NamedTuple):
    """A value in the stream. ``seed``: its number; ``encoding``: outermost first.

    ``frames``: those that brought it; ``time``: of its last byte (ns).
    """

    seed: int
    encoding: tuple[str, ...]
    frames: tuple[int, ...]
    time: int


class Personas:
    """The values of all personas, compiled. ``seeds`` by number."""

    def __init__(self, values: Sequence[tuple[Seed, str]], *, fast: bool = True) -> None:
        self.seeds = tuple(seed for seed, _ in values)
        found: dict[Literal, dict[tuple[int, Form], None]] = {}
        self._digests: dict[bytes, list[tuple[int, tuple[str, ...]]]] = {}
        for number, (seed, text) in enumerate(values):
            for form in forms(seed.kind, text):
                if form.edge == "digits" and (number_parts := telephone(text)) is not None:
                    form = form._replace(edge=f"digits{number_parts[0]}")
                key = Literal(form.literal.lower() if form.caseless else form.literal, form.caseless)
                found.setdefault(key, {})[number, form] = None
            for name, digest in digests(seed.kind, text):
                self._digests.setdefault(digest.hex().encode()[:32], []).append((number, ("hex", name)))
                for alphabet in (base64.b64encode, base64.urlsafe_b64encode):
                    form = Form(alphabet(digest)[:DIGEST_PREFIX], False, ("base64", name), "none")
                    found.setdefault(Literal(form.literal, False), {})[number, form] = None
        self._forms = tuple(tuple(which) for which in found.values())
        self._literals = LiteralSearch(tuple(found), fast=fast)

    @property
    def patterns(self) -> int:
        """Number of literals that are searched for."""
        return self._literals.count

    def matches(self, window: bytes, low: int, high: int) -> Iterator[tuple[int, int, int, tuple[str, ...], int]]:
        """(start, end, seed, encoding, half) of each whole value that ends from ``low`` to ``high``.

        ``half``: 0 or 1 for one coordinate of a place, else -1.
        """
        for end, number in self._literals.hits(window):
            if number == self._literals.count:
                end -= 1
                if low <= end <= high:
                    yield from self._digest(window, end)
            elif low <= end <= high:
                for seed, form in self._forms[number]:
                    if is_whole_value(window, end, form):
                        yield end - len(form.literal), end, seed, form.encoding, form.half

    def _digest(self, window: bytes, end: int) -> Iterator[tuple[int, int, int, tuple[str, ...], int]]:
        """The values whose hash is the run of hex digits that ends at ``end``."""
        for name, digits in DIGITS.items():
            if end >= digits:
                for seed, encoding in self._digests.get(window[end - digits : end - digits + 32].lower(), ()):
                    if encoding[-1] == name:
                        yield end - digits, end, seed, encoding, -1

    def find(self, data: bytes) -> list[tuple[int, tuple[str, ...]]]:
        """(seed, encoding) of each value in one object, each once."""
        if not self._literals.hits(data + b"\n"):
            return []
        stream = StreamSearch(self)
        stream.add(data, 0, 0)
        return list(dict.fromkeys((hit.seed, hit.encoding) for hit in stream.flush()))


class StreamSearch:
    """Search of one direction of a stream.

    ``add`` returns whether a search is due; the hits are the same whenever it is made.
    """

    __slots__ = (
        "_at", "_decided", "_due", "_halves", "_marks", "_overlap", "_personas", "_pieces", "pending_bytes",
    )  # fmt: skip

    def __init__(self, personas: Personas) -> None:
        self.pending_bytes = 0
        """Bytes that are not searched yet."""
        self._personas = personas
        self._pieces: list[bytes] = []
        self._due = 0
        self._overlap = b""
        self._at = 0  # offset of the overlap's first byte in the stream
        self._decided = 0  # matches that end up to this offset are decided: the bytes after them were known
        self._marks: list[tuple[int, int, int]] = []
        self._halves: dict[tuple[int, tuple[str, ...], int], tuple[int, tuple[int, ...]]] = {}

    def add(self, data: bytes, frame: int, time: int) -> bool:
        """Add the next bytes, which ``frame`` brought at ``time`` (ns)."""
        size = len(data)
        if not self.pending_bytes:
            self._due = time + MAX_DELAY
        self._pieces.append(data)
        self._marks.append((size, frame, time))
        self.pending_bytes += size
        return self.pending_bytes >= BATCH_BYTES or time >= self._due

    def search(self, *, last: bool = False) -> list[Hit]:
        """Hits in all bytes added so far. ``last``: no bytes follow.

        Otherwise a match at the very end is reported together with the bytes after it.
        """
        window = b"".join((self._overlap, *self._pieces))
        end = self._at + len(window)
        decided = end if last else max(self._decided, end - BYTES_AFTER)
        # A byte that is in no form ends a match at the end of the stream.
        looked = window + b"\n" if last else window
        low, high = self._decided + 1 - self._at, decided - self._at
        found = [
            hit
            for start, stop, seed, encoding, half in self._personas.matches(looked, low, high)
            if (hit := self._hit(self._at + start, self._at + stop, end, seed, encoding, half)) is not None
        ]
        self._pieces.clear()
        self.pending_bytes = 0
        self._decided = decided
        self._overlap = b"" if last else window[-OVERLAP:]
        self._at = end - len(self._overlap)
        self._drop_marks(len(self._overlap))
        return found

    def flush(self) -> list[Hit]:
        """Hits up to a gap or the end of the stream."""
        if not self._pieces and not self._overlap:
            return []
        found = self.search(last=True)
        self._halves.clear()
        return found

    def _drop_marks(self, size: int) -> None:
        """Forget the frames of bytes before the last ``size`` ones."""
        marks, at = self._marks, len(self._marks)
        while at and size > 0:
            at -= 1
            size -= marks[at][0]
        del marks[:at]

    def _hit(self, start: int, stop: int, end: int, seed: int, encoding: tuple[str, ...], half: int) -> Hit | None:
        frames, time = self._frames(start, stop, end)
        if half >= 0:
            other = self._halves.pop((seed, encoding, 1 - half), None)
            if other is None or stop - other[0] > MAX_COORDINATE_GAP * (2 if "utf-16" in encoding else 1):
                self._halves[seed, encoding, half] = (stop, frames)
                return None
            frames = tuple(dict.fromkeys(other[1] + frames))
        return Hit(seed, encoding, frames, time)

    def _frames(self, start: int, stop: int, end: int) -> tuple[tuple[int, ...], int]:
        """(frames, time) of the bytes from ``start`` to ``stop``; ``end`` is the offset after the newest byte.

        The time is that of the last of these frames (ns).
        """
        frames: list[int] = []
        time = 0
        for size, frame, when in reversed(self._marks):
            if end - size < stop and end > start:
                frames.append(frame)
                time = max(time, when)
            end -= size
            if end <= start:
                break
        return tuple(dict.fromkeys(reversed(frames)))[:MAX_FRAMES], time
