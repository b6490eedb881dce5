"""Several captures as one, in the order of their packets' times.

Blocks hold records of one capture each; each capture is read only as far as it is needed.

A frame's number tells which capture it is of (`place`). Captures that were taken at the same time are open together; of
those that follow one another only one is, so that a folder of a thousand takes no more memory than one of two.
"""

from __future__ import annotations

import hashlib
import heapq
from collections.abc import Callable, Iterator, Sequence
from dataclasses import field
from typing import Protocol

from sensor.capture.records import Block, NotACapture
from sensor.capture.walk import FIELDS
from sensor.files import error_reason
from sensor.light_dataclass import dataclass

HEAD = 64 * 1024
"""Bytes of a capture that its name is made of, besides its counters: hashing all of it would cost more than reading it.
"""

BITS = 40
"""Bits of a frame's number within its capture: a million million packets."""


def place(frame: int) -> tuple[int, int]:
    """(number of the capture, number of the frame in it from 1) of a joined run's frame."""
    return frame >> BITS, frame & ((1 << BITS) - 1)


class Openable(Protocol):
    """What is asked of a capture, as `sensor.capture.Capture` has it."""

    @property
    def damage(self) -> str | None:
        """What is wrong with it, in a sentence."""

    @property
    def link_types(self) -> list[str]:
        """Names of its link types."""

    @property
    def dropped(self) -> int | None:
        """Packets that the program which wrote it says it lost."""

    @property
    def position(self) -> int:
        """Bytes of the file read so far."""

    @property
    def size(self) -> int | None:
        """Bytes of the file, where that is known."""

    def __iter__(self) -> Iterator[Block]:
        """Its blocks, once."""

    def close(self) -> None:
        """Close the file."""


@dataclass(slots=True)
class Part:
    """One of the captures: what was read of it. ``head`` its beginning; times in ns since 1970 UTC, 0 where there was
    no packet; ``dropped`` packets that its program says it lost, None where it says nothing.
    """

    path: str
    packets: int = 0
    sent: int = 0
    """Bytes, as sent."""
    first_time: int = 0
    last_time: int = 0
    truncated: int = 0
    link_types: list[str] = field(default_factory=list)
    damage: str | None = None
    dropped: int | None = None
    head: bytes = field(default=b"", repr=False)

    @property
    def name(self) -> str:
        """What it is known by, whatever its file is called: the name that a run of it alone has."""
        known = (self.packets, self.sent, self.first_time, self.last_time)
        return "r" + hashlib.sha256(self.head + repr(known).encode()).hexdigest()[:12]

    def count(self, block: Block) -> list[int]:
        """Count a block's records; their times."""
        table = block.table[: block.count * FIELDS]
        times = table[3::FIELDS].tolist()
        captured, sent = table[1::FIELDS], table[2::FIELDS]
        if times:
            self.first_time = min(times) if not self.packets else min(self.first_time, *times)
            self.last_time = max(self.last_time, *times)
        self.packets += block.count
        self.sent += sum(sent)
        self.truncated += sum(map(int.__lt__, captured, sent))
        if len(self.head) < HEAD:
            self.head += bytes(block.data[: HEAD - len(self.head)])
        return times


def joined_name(parts: Sequence[Part]) -> str:
    """A run's name: the same for the same captures in any order."""
    names = sorted(part.name for part in parts)
    return names[0] if len(names) == 1 else "r" + hashlib.sha256("\n".join(names).encode()).hexdigest()[:12]


@dataclass(slots=True)
class _Open:
    """A capture being read: its present block with the times of its records, and how many of those are done."""

    blocks: Iterator[Block]
    capture: Openable
    block: Block | None = None
    times: list[int] = field(default_factory=list)
    done: int = 0


class Joined:
    """Captures by path as one. ``open_one`` opens a path; what it raises (NotACapture, OSError) costs that one only and
    is told to ``say``. ``ended`` is called with a path when it was read to its end, before it is closed. Iterating
    yields each block once; ``parts`` are complete then.
    """

    def __init__(
        self,
        paths: Sequence[str],
        open_one: Callable[[str], Openable],
        say: Callable[[str], None],
        ended: Callable[[str], None] = lambda _path: None,
    ) -> None:
        self._open_one, self._say, self._ended = open_one, say, ended
        self._behind = 0
        self.unread = 0
        """Captures that could not be read at all."""
        begun = [one for path in paths if (one := self._begin(path)) is not None]
        # By their content, so that the order they are named in says nothing.
        begun.sort(key=lambda one: one[:2])
        self.parts = [Part(path) for _, path, _, _ in begun]
        self._reading = {number: block for number, (*_, block) in enumerate(begun) if block is not None}
        self._waiting = sorted(((first, number) for number, (_, _, first, _) in enumerate(begun)), reverse=True)
        self.size: int | None = None

    @property
    def position(self) -> int:
        """Bytes of all files read so far."""
        return self._behind + sum(one.capture.position for one in self._reading.values())

    @property
    def damage(self) -> str | None:
        """What is wrong with the captures, of each that is damaged."""
        damages = [f"{part.path}: {part.damage}" for part in self.parts if part.damage is not None]
        return "; ".join(damages) or None

    @property
    def dropped(self) -> int | None:
        """Of all captures that tell, together."""
        counts = [part.dropped for part in self.parts if part.dropped is not None]
        return sum(counts) if counts else None

    @property
    def link_types(self) -> list[str]:
        """Of all captures, each once."""
        return list(dict.fromkeys(link for part in self.parts for link in part.link_types))

    def close(self) -> None:
        """Close what is open."""
        for one in self._reading.values():
            one.capture.close()
        self._reading.clear()

    def __iter__(self) -> Iterator[Block]:
        heads: list[tuple[int, int]] = []
        while self._waiting or heads:
            while self._waiting and (not heads or self._waiting[-1] <= heads[0]):
                number = self._waiting.pop()[1]
                if (time := self._next(number)) is not None:
                    heapq.heappush(heads, (time, number))
            if not heads:
                continue
            number = heapq.heappop(heads)[1]
            rivals = [*heads[:1], *self._waiting[-1:]]
            yield self._turn(number, min(rivals, default=None))
            if (time := self._next(number)) is not None:
                heapq.heappush(heads, (time, number))

    def _begin(self, path: str) -> tuple[bytes, str, int, _Open | None] | None:
        """What a capture begins with, its path, and the time of its first record; standard input stays open, for it
        cannot be opened again.
        """
        try:
            capture = self._open_one(path)
        except (NotACapture, OSError) as error:
            self._refuse(path, error)
            return None
        one = _Open(iter(capture), capture)
        try:
            one.block = next(one.blocks, None)
        except OSError:
            one.block = None  # reported when it is read
        block = one.block
        first = block.table[3] if block is not None and block.count else 0
        head = hashlib.sha256(bytes(block.data[:HEAD]) if block is not None else b"").digest()
        if path != "-":
            capture.close()
        return head, path, first, one if path == "-" else None

    def _refuse(self, path: str, error: Exception) -> None:
        why = str(error) if isinstance(error, NotACapture) else error_reason(error, "cannot be read")
        self.unread += 1
        self._say(f"{path}: {why}")

    def _next(self, number: int) -> int | None:
        """The time of a capture's next record; None, and it is closed, where there is none."""
        part = self.parts[number]
        one = self._reading.get(number)
        if one is None:
            try:
                capture = self._open_one(part.path)
            except (NotACapture, OSError) as error:
                self._refuse(part.path, error)
                return None
            one = self._reading[number] = _Open(iter(capture), capture)
        if one.block is not None and not one.times:  # standard input's first
            one.times = part.count(one.block)
        while one.block is None or one.done >= one.block.count:
            try:
                one.block = next(one.blocks, None)
            except OSError as error:
                why = error_reason(error, "unknown error")
                part.damage = f"reading failed: {why}; what came before it was read"
                one.block = None
            if one.block is None:
                self._over(number, one)
                return None
            one.times, one.done = part.count(one.block), 0
        return one.times[one.done]

    def _over(self, number: int, one: _Open) -> None:
        part = self.parts[number]
        part.link_types = one.capture.link_types
        part.damage = one.capture.damage or part.damage
        part.dropped = one.capture.dropped
        self._behind += one.capture.position
        self._ended(part.path)
        one.capture.close()
        del self._reading[number]

    def _turn(self, number: int, rival: tuple[int, int] | None) -> Block:
        """The records of a capture up to the one that a rival's comes before."""
        one = self._reading[number]
        block, start = one.block, one.done
        assert block is not None
        end = block.count
        if rival is not None:
            times = one.times
            end = next((at for at in range(start + 1, end) if (times[at], number) > rival), end)
        one.done = end
        table = block.table if end - start == block.count else block.table[start * FIELDS : end * FIELDS]
        return Block(
            block.data,
            table,
            end - start,
            (number << BITS) + block.first_frame + start,
            b"" if start else block.secrets,
        )
