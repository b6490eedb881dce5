"""A home over days and years as a stream: the same devices each day, two replaced, addresses that move."""

from __future__ import annotations

import struct
from dataclasses import dataclass

from tests.live.test_saved_state import pieces

BEGIN = 1_790_000_000
"""Seconds since 1970 at which the first day begins: a full hour."""

DAY, HOUR = 86_400, 3_600
AWAKE = 20
"""Hours of a day in which somebody is heard; in the night the sensor is updated."""

HEADER = struct.pack("<IHHiIII", 0xA1B23C4D, 2, 4, 0, 0, 262_144, 1)


@dataclass(frozen=True, slots=True)
class Household:
    """Conversations of a capture of ours, between ``client`` and ``device``; from day ``replaced`` on the device has
    another MAC, and from day ``moved`` on another address."""

    capture: str
    device: str
    successor: str
    replaced: int | None = None
    moved: int | None = None


CLIENT = "a4:c3:f0:17:6d:05"
CAMERA, SWITCH = "ec:71:db:4e:51:0a", "50:c7:bf:4e:51:0a"
NEW_CAMERA, NEW_SWITCH = "ec:71:db:4e:51:aa", "50:c7:bf:4e:51:aa"


def households(days: int) -> list[Household]:
    """A camera that is replaced after a third of the time, a switch after two thirds; addresses move in between."""
    return [
        Household("http_tls", CAMERA, NEW_CAMERA, replaced=days // 3, moved=days // 2),
        Household("telnet", SWITCH, NEW_SWITCH, replaced=2 * days // 3),
    ]


def first_day(households: list[Household], device: str) -> int:
    """The day on which a device is heard first."""
    return next((one.replaced or 0 for one in households if one.successor == device), 0)


def day(number: int, homes: list[Household], hours: int = AWAKE) -> bytes:
    """A pcap stream of one day: each household talks once in each of so many hours."""
    packets: list[tuple[int, bytes]] = []
    for place, home in enumerate(homes):
        _, known = pieces(home.capture)
        start = known[0][0]
        for hour in range(hours):
            at = (BEGIN + number * DAY + hour * HOUR + 600 * place) * 1_000_000_000
            for time, record in known:
                packets.append((at + time - start, _renamed(record[16:], number, home, place)))
    packets.sort(key=lambda one: one[0])
    return HEADER + b"".join(
        struct.pack("<IIII", time // 1_000_000_000, time % 1_000_000_000, len(data), len(data)) + data
        for time, data in packets
    )


def _renamed(frame: bytes, number: int, home: Household, place: int) -> bytes:
    """With the MAC and address that the device has on that day; each household has a range of its own."""
    device, successor = (bytes.fromhex(name.replace(":", "")) for name in (home.device, home.successor))
    if home.replaced is not None and number >= home.replaced:
        frame = frame.replace(device, successor)
    host = 10 + place + (50 if home.moved is not None and number >= home.moved else 0)
    return frame.replace(bytes((192, 168, 50, 10)), bytes((192, 168, 50, host)))
