"""RTP packets (RFC 3550 §5.1), and RTP interleaved in another connection."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import field

from sensor.events import Transfer
from sensor.light_dataclass import dataclass
from sensor.model import Side
from sensor.parsing.formats.sdp import Media

HEADER = 12

CONTROL = range(64, 96)
"""Payload numbers that RTCP's packet types take with their marker bit off (RFC 5761 §4)."""


@dataclass(frozen=True, slots=True)
class RtpPacket:
    """An RTP header's fields and its payload."""

    payload_type: int
    sequence: int
    stamp: int
    source: int
    payload: bytes


def packet(data: bytes) -> RtpPacket | None:
    """RFC 3550 §5.1; None for what is none."""
    if len(data) < HEADER or data[0] >> 6 != 2 or data[1] & 0x7F in CONTROL:
        return None
    start = HEADER + 4 * (data[0] & 0x0F)
    if data[0] & 0x10:
        if len(data) < start + 4:
            return None
        start += 4 + 4 * int.from_bytes(data[start + 2 : start + 4], "big")
    end = len(data)
    if data[0] & 0x20 and end > start:
        end -= data[-1]
    if end < start:
        return None
    numbers = (
        data[1] & 0x7F,
        int.from_bytes(data[2:4], "big"),
        int.from_bytes(data[4:8], "big"),
        int.from_bytes(data[8:12], "big"),
    )
    return RtpPacket(*numbers, data[start:end])


KEEP = 16 * 1024
"""Bytes of payload stored of one stream: a few packets identify the codec."""

MAX_CHANNELS = 16
"""Streams of one connection: picture and sound of a few cameras behind one recorder."""


@dataclass(slots=True)
class _Channel:
    payload_type: int
    size: int = 0
    payload_start: bytearray = field(default_factory=bytearray)


class Interleaved:
    """Frames of RTP between the messages of a control connection (RFC 2326 §10.12): counted, and reported once a
    channel."""

    __slots__ = ("_channels", "frames")

    def __init__(self) -> None:
        self.frames = 0
        self._channels: dict[tuple[Side, int], _Channel] = {}

    def add(self, side: Side, number: int, data: bytes) -> None:
        """One frame of a channel; RTCP's and unknown ones only count."""
        self.frames += 1
        found = packet(data)
        if found is None:
            return
        channel = self._channels.get((side, number))
        if channel is None:
            if len(self._channels) >= MAX_CHANNELS:
                return
            channel = self._channels[side, number] = _Channel(found.payload_type)
        channel.size += len(found.payload)
        if len(channel.payload_start) < KEEP:
            channel.payload_start += found.payload[:KEEP]

    def report(self, name: str | None, media: Media) -> Iterator[Transfer]:
        """The media seen so far, once."""
        for (side, _), channel in self._channels.items():
            yield Transfer(
                side=side,
                application="rtp",
                name=name,
                media_type=media.of(channel.payload_type),
                size=channel.size,
                data=bytes(channel.payload_start[:KEEP]),
                complete=False,
            )
        self._channels.clear()
