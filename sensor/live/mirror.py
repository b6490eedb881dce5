"""State of the mirror port, judged by samples of an interface's packets.

Whether the home's traffic is seen, in both directions, once, and from which stations.
"""

from __future__ import annotations

from collections import Counter, deque
from pathlib import Path
from typing import Any, NamedTuple

from sensor.capture import Block
from sensor.catalogue import LANGUAGES, Message, worded
from sensor.model import SensorState

SAMPLE = 96
"""Packets looked at of a block, one after the other, so that copies that follow each other are met."""

A_SECOND = 2000
"""Packets looked at in a second of the clock: some milliseconds of work."""

WINDOW = 30.0
"""Seconds of a half window: what is said rests on the last half minute to minute."""

ENOUGH = 20
"""Packets of a window before anything is said of them: the broadcasts of a quiet home's minute."""

SILENCE = 60.0
"""Seconds without a packet before that is said."""

PAIRS, ADDRESSES, TAGS = 4096, 1024, 64
"""Pairs of stations, addresses behind a station and VLAN tags kept of a window: far more than a home has."""

COPIES = 64
"""Packets back in which a copy is looked for, so many milliseconds after the first at most: a switch sends both within
microseconds."""
COPY_NS = 20_000_000

ETHERNET = 1


class SourceState(NamedTuple):
    """How a source does: ``word`` for programs, ``why`` for a person: a message, or a sentence that the system gave."""

    word: SensorState
    why: Message | str

    @property
    def message(self) -> str:
        """The sentence, in the language of records."""
        return self.message_in(LANGUAGES[0])

    @property
    def data(self) -> dict[str, Any]:
        """As records have it; nothing of a sentence that the system gave."""
        return self.why.data if isinstance(self.why, Message) else {}

    def message_in(self, language: str) -> str:
        """The sentence in a language."""
        return self.why if isinstance(self.why, str) else worded("caveat", *self.why, language)


class _Window:
    def __init__(self) -> None:
        self.packets = self.ethernet = self.group = self.own = self.others = 0
        self.copies = self.copyable = 0
        self.pairs: Counter[bytes] = Counter()
        self.behind: dict[bytes, set[bytes]] = {}
        self.tags: set[int] = set()


class Mirror:
    """``own``: MACs of the listening machine, empty where they are not known (a stream from elsewhere)."""

    def __init__(self, own: frozenset[bytes] = frozenset()) -> None:
        self.own = own
        self._old, self._new = _Window(), _Window()
        self._turned = self._second = 0.0
        self._looked = 0
        self._last: float | None = None
        self._began: float | None = None
        self._seen: deque[tuple[int, int]] = deque(maxlen=COPIES)

    def see(self, block: Block, now: float) -> None:
        """A block that came at ``now`` (seconds of a clock that only goes forward)."""
        self._turn(now)
        self._last = now
        if now - self._second >= 1.0:
            self._second, self._looked = now, 0
        count = min(block.count, SAMPLE, A_SECOND - self._looked)
        self._looked += max(0, count)
        table = block.table
        for row in range(0, 5 * count, 5):
            self._packet(block.data, table[row], table[row + 1], table[row + 3], table[row + 4])

    def _turn(self, now: float) -> None:
        if self._began is None:
            self._began = self._turned = now
        if now - self._turned >= WINDOW:
            # After a long silence both are old.
            self._old = self._new if now - self._turned < 2 * WINDOW else _Window()
            self._new = _Window()
            self._turned = now

    def _packet(self, data: bytes, at: int, captured: int, time: int, link: int) -> None:
        window = self._new
        window.packets += 1
        if link != ETHERNET or captured < 14:
            return
        window.ethernet += 1
        head = data[at : at + 14]
        target, source = head[:6], head[6:12]
        if target[0] & 1:
            window.group += 1
            return
        if source in self.own or target in self.own:
            window.own += 1
            return
        window.others += 1
        start, kind = at + 12, head[12:]
        if kind in (b"\x81\x00", b"\x88\xa8") and captured >= 18:
            if len(window.tags) < TAGS:
                window.tags.add(int.from_bytes(data[at + 14 : at + 16], "big") & 0x0FFF)
            start = at + 16
            kind = data[start : start + 2]
        pair = source + target
        if pair in window.pairs or len(window.pairs) < PAIRS:
            window.pairs[pair] += 1
        if kind == b"\x08\x00" and at + captured >= start + 22:
            address = data[start + 14 : start + 18]
            known = window.behind.setdefault(source, set()) if len(window.behind) < PAIRS else set()
            if len(known) < ADDRESSES:
                known.add(address)
        window.copyable += 1
        # Without the addresses of the cards and the tag, which a copy may lack.
        mark = hash(data[start : at + captured])
        for before, then in self._seen:
            if before == mark and abs(time - then) <= COPY_NS:
                window.copies += 1
                break
        self._seen.append((mark, time))

    def state(self, now: float) -> SourceState:
        """What is the matter, the worst first."""
        self._turn(now)
        assert self._began is not None
        quiet = now - (self._last if self._last is not None else self._began)
        if quiet >= SILENCE:
            minutes = int(quiet // 60)
            return SourceState(SensorState.SILENT, Message("mirror.silent", {"minutes": minutes}))
        packets = self._sum("packets")
        if packets < ENOUGH:
            return SourceState(SensorState.STARTING, Message("mirror.few"))
        if 2 * self._sum("ethernet") < packets:
            return SourceState(SensorState.UNKNOWN, Message("mirror.unknown"))
        others = self._sum("others")
        if 50 * others < packets:
            seen = Message("mirror.own_only" if self.own else "mirror.broadcast_only")
            return SourceState(SensorState.OWN_ONLY, seen)
        if others < ENOUGH:
            return SourceState(SensorState.OK, Message("mirror.ok"))
        pairs = self._old.pairs + self._new.pairs
        unanswered = sum(count for pair, count in pairs.items() if pair[6:] + pair[:6] not in pairs)
        if 10 * unanswered > 9 * others:
            return SourceState(SensorState.ONE_WAY, Message("mirror.one_way"))
        if self._one_station(pairs):
            return SourceState(SensorState.ONE_STATION, Message("mirror.one_station"))
        if 10 * self._sum("copies") > 3 * self._sum("copyable"):
            return SourceState(SensorState.DUPLICATES, Message("mirror.duplicates"))
        return SourceState(SensorState.OK, self._well())

    def _sum(self, name: str) -> int:
        return int(getattr(self._old, name)) + int(getattr(self._new, name))

    def _one_station(self, pairs: Counter[bytes]) -> bool:
        """Two network cards talk to each other alone, and one of them for several addresses on this side of a
        router."""
        if len({card for pair in pairs for card in (pair[:6], pair[6:])}) != 2:
            return False
        behind = [
            self._old.behind.get(card, set()) | self._new.behind.get(card, set()) for card in {p[:6] for p in pairs}
        ]
        return any(sum(1 for address in each if _private(address)) >= 3 for each in behind)

    @property
    def vlans(self) -> list[int]:
        """VLANs whose tagged packets are heard (IEEE 802.1Q: 0 is a priority alone, 4095 is reserved)."""
        return [tag for tag in self._tags() if 0 < tag < 0xFFF]

    def _tags(self) -> list[int]:
        return sorted(self._old.tags | self._new.tags)

    def _well(self) -> Message:
        tags = self._tags()
        if not tags:
            return Message("mirror.ok")
        listed = ", ".join(str(tag) for tag in tags[:8])
        return Message("mirror.tagged", {"tags": listed, "more": len(tags) - 8 if len(tags) > 8 else None})


def _private(address: bytes) -> bool:
    """RFC 1918."""
    first, second = address[0], address[1]
    return first == 10 or (first == 172 and 16 <= second < 32) or (first == 192 and second == 168)


def own_addresses() -> frozenset[bytes]:
    """The MACs of this machine's interfaces."""
    found = set()
    for path in Path("/sys/class/net").glob("*/address"):
        try:
            address = bytes.fromhex(path.read_text("ascii").strip().replace(":", ""))
        except (OSError, ValueError):
            continue
        if len(address) == 6 and any(address):
            found.add(address)
    return frozenset(found)
