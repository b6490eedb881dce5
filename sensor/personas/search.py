"""Bytes of a stream, piece by piece, into the seeds that stand in them and the frames that brought those; the same whatever the borders of the packets."""

from __future__ import annotations

import base64
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from sensor.personas.edges import BEFORE, LOOK, alone
from sensor.personas.forms import Form, Seed, digests, forms, telephone
from sensor.personas.literals import Literal, Literals

LONGEST = 128 + 4
"""Bytes of the longest thing looked for: SHA-512 in hex, with an escape before it."""

TAIL = LONGEST + BEFORE + LOOK
"""Bytes of a stream kept until the next piece comes."""

NEAR = 240
"""Bytes that the two coordinates of a place may stand apart."""

FRAMES = 16
"""Frames named of one hit."""

DIGITS = {"md5": 32, "sha1": 40, "sha256": 64, "sha512": 128}

PREFIX = 20
"""Characters of a digest in base64 by which it is known: 120 bits."""

BATCH = 8192
"""Bytes of a direction that are gathered before they are searched: a search has a price of its own, however short."""

PATIENCE = 30_000_000_000
"""Nanoseconds that they may wait for more, by the packets' clock."""

BETWEEN = b"\xff\xff"
"""Stands between datagrams: no form of any value holds it."""


class Hit(NamedTuple):
    """``seed`` by its number, how it was encoded (outermost first), the frames that brought it and when its end came (ns)."""

    seed: int
    encoding: tuple[str, ...]
    frames: tuple[int, ...]
    time: int


class Personas:
    """What is searched for, compiled. ``seeds`` by number."""

    def __init__(self, values: Sequence[tuple[Seed, str]], *, fast: bool = True) -> None:
        self.seeds = tuple(seed for seed, _ in values)
        found: dict[Literal, dict[tuple[int, Form], None]] = {}
        self._digests: dict[bytes, list[tuple[int, tuple[str, ...]]]] = {}
        for number, (seed, text) in enumerate(values):
            for form in forms(seed.kind, text):
                if form.edge == "digits" and (dialled := telephone(text)) is not None:
                    form = form._replace(edge=f"digits{dialled[0]}")
                key = Literal(form.literal.lower() if form.caseless else form.literal, form.caseless)
                found.setdefault(key, {})[number, form] = None
            for name, digest in digests(seed.kind, text):
                self._digests.setdefault(digest.hex().encode()[:32], []).append((number, ("hex", name)))
                for alphabet in (base64.b64encode, base64.urlsafe_b64encode):
                    form = Form(alphabet(digest)[:PREFIX], False, ("base64", name), "none")
                    found.setdefault(Literal(form.literal, False), {})[number, form] = None
        self._forms = tuple(tuple(which) for which in found.values())
        self._literals = Literals(tuple(found), fast=fast)

    @property
    def patterns(self) -> int:
        """How many literals are looked for."""
        return self._literals.count

    def places(self, window: bytes, low: int, high: int) -> Iterator[tuple[int, int, int, tuple[str, ...], int]]:
        """(start, end, seed, encoding, half of a place or -1) of what stands on its own and ends from ``low`` to ``high``."""
        for end, number in self._literals.hits(window):
            if number == self._literals.count:
                end -= 1
                if low <= end <= high:
                    yield from self._digest(window, end)
            elif low <= end <= high:
                for seed, form in self._forms[number]:
                    if alone(window, end, form):
                        yield end - len(form.literal), end, seed, form.encoding, form.half

    def _digest(self, window: bytes, end: int) -> Iterator[tuple[int, int, int, tuple[str, ...], int]]:
        """What the run of hex digits that ends at ``end`` is the hash of."""
        for name, digits in DIGITS.items():
            if end >= digits:
                for seed, encoding in self._digests.get(window[end - digits : end - digits + 32].lower(), ()):
                    if encoding[-1] == name:
                        yield end - digits, end, seed, encoding, -1

    def find(self, data: bytes) -> list[tuple[int, tuple[str, ...]]]:
        """(seed, encoding) of what stands in one object, each once."""
        if not self._literals.hits(data + b"\n"):
            return []
        reading = Reading(self)
        reading.take(data, 0, 0)
        return list(dict.fromkeys((hit.seed, hit.encoding) for hit in reading.cut()))


class Reading:
    """One direction of a stream. ``take`` tells whether it is time to ``search``; the answer is the same whenever that is done."""

    __slots__ = ("_at", "_decided", "_due", "_halves", "_marks", "_personas", "_pieces", "_tail", "held")

    def __init__(self, personas: Personas) -> None:
        self.held = 0
        """Bytes that wait to be searched."""
        self._personas = personas
        self._pieces: list[bytes] = []
        self._due = 0
        self._tail = b""
        self._at = 0  # of the tail's first byte in the stream
        self._decided = 0  # where it ends: all that ended before was looked at with what stood behind it
        self._marks: list[tuple[int, int, int]] = []
        self._halves: dict[tuple[int, tuple[str, ...], int], tuple[int, tuple[int, ...]]] = {}

    def take(self, data: bytes, frame: int, time: int) -> bool:
        """The next bytes, which came in ``frame``."""
        size = len(data)
        if not self.held:
            self._due = time + PATIENCE
        self._pieces.append(data)
        self._marks.append((size, frame, time))
        self.held += size
        return self.held >= BATCH or time >= self._due

    def search(self, *, last: bool = False) -> list[Hit]:
        """What stands in all that came; ``last``: no bytes come after them, else what stands at the very end is told with the bytes behind it."""
        window = b"".join((self._tail, *self._pieces))
        end = self._at + len(window)
        decided = end if last else max(self._decided, end - LOOK)
        # A byte that is in no form, so that what ends with the stream ends.
        looked = window + b"\n" if last else window
        low, high = self._decided + 1 - self._at, decided - self._at
        found = [
            hit
            for start, stop, seed, encoding, half in self._personas.places(looked, low, high)
            if (hit := self._hit(self._at + start, self._at + stop, end, seed, encoding, half)) is not None
        ]
        self._pieces.clear()
        self.held = 0
        self._decided = decided
        self._tail = b"" if last else window[-TAIL:]
        self._at = end - len(self._tail)
        self._forget(len(self._tail))
        return found

    def cut(self) -> list[Hit]:
        """Bytes were lost, or no more come: what stood at the end is told."""
        if not self._pieces and not self._tail:
            return []
        found = self.search(last=True)
        self._halves.clear()
        return found

    def _forget(self, kept: int) -> None:
        """Marks of bytes that are no longer there."""
        marks, at = self._marks, len(self._marks)
        while at and kept > 0:
            at -= 1
            kept -= marks[at][0]
        del marks[:at]

    def _hit(self, start: int, stop: int, end: int, seed: int, encoding: tuple[str, ...], half: int) -> Hit | None:
        frames, time = self._frames(start, stop, end)
        if half >= 0:
            other = self._halves.pop((seed, encoding, 1 - half), None)
            if other is None or stop - other[0] > NEAR * (2 if "utf-16" in encoding else 1):
                self._halves[seed, encoding, half] = (stop, frames)
                return None
            frames = tuple(dict.fromkeys(other[1] + frames))
        return Hit(seed, encoding, frames, time)

    def _frames(self, start: int, stop: int, end: int) -> tuple[tuple[int, ...], int]:
        """Frames of the bytes from ``start`` to ``stop``, of which ``end`` is behind the last that came, and the time of the last."""
        frames: list[int] = []
        time = 0
        for size, frame, when in reversed(self._marks):
            if end - size < stop and end > start:
                frames.append(frame)
                time = max(time, when)
            end -= size
            if end <= start:
                break
        return tuple(dict.fromkeys(reversed(frames)))[:FRAMES], time
