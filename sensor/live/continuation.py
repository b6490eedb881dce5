"""Rule by which a stream on standard input goes on with an earlier run, or is another capture.

A stream has no name: its first packets decide. What is older than the last packet that was heard is another capture.
So is one in which no station of the run is heard; the router alone is enough, whoever else is new.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator

from sensor.capture import Block
from sensor.light_dataclass import dataclass
from sensor.run_state import RunState

PACKETS = 256
"""First packets that are looked at, and waited for."""

SECONDS = 30.0
"""How long they are waited for once the first has come: a quiet network brings few."""

STATIONS = 2
"""Stations that must have been heard by then, none of them of the run: one alone may be a guest that announces itself.
"""

ETHERNET = 1
"""Its link type (tcpdump.org/linktypes.html): two MACs begin a frame."""

ROW = 5
"""Numbers of a packet in a block's table: begin, size, size as sent, time, link type."""


@dataclass(frozen=True, slots=True)
class FirstPackets:
    """The beginning of a stream: the first packet's time (ns), how many packets, and the stations of their frames.
    ``whole``: nothing comes after them."""

    time: int | None
    count: int
    stations: frozenset[bytes]
    whole: bool = False

    def suffices(self, known: Collection[bytes]) -> bool:
        """Whether more packets would not change the decision. ``known``: the stations of the run."""
        return self.whole or self.count >= PACKETS or not known or not self.stations.isdisjoint(known)


def first_packets(blocks: Iterable[Block], *, whole: bool) -> FirstPackets:
    """What these blocks begin with."""
    time, count, stations = None, 0, set[bytes]()
    for at, captured, when, link, data in _packets(blocks):
        time = when if time is None else time
        count += 1
        if link == ETHERNET and captured >= 12:
            frame = bytes(data[at : at + 12])
            stations |= {mac for mac in (frame[:6], frame[6:]) if not mac[0] & 1 and any(mac)}
        if count >= PACKETS:
            break
    return FirstPackets(time, count, frozenset(stations), whole)


def _packets(blocks: Iterable[Block]) -> Iterator[tuple[int, int, int, int, bytes]]:
    for block in blocks:
        for row in range(0, ROW * block.count, ROW):
            at, captured, _, time, link = block.table[row : row + ROW]
            yield at, captured, time, link, block.data


def stations_of(state: RunState) -> frozenset[bytes]:
    """The MACs that a run has heard."""
    hosts = {host.mac for device in state.devices.values() for host in device.hosts}
    return frozenset(hosts.union(*(device.senders for device in state.devices.values())) - {b""})


def is_another(first: FirstPackets, state: RunState) -> bool:
    """Whether a stream that begins so is another capture than the run of this state."""
    if first.time is None:
        return False
    if first.time < state.counted.last_time:
        return True
    known = stations_of(state)
    if not known or not first.stations or not first.stations.isdisjoint(known):
        # Of packets without MACs (a tunnel, a cooked capture) their time alone is known.
        return False
    return first.suffices(known) or len(first.stations) >= STATIONS
