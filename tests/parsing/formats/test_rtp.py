"""RTP packets from RFC 3550 §5.1, and frames of them in another connection (RFC 2326 §10.12)."""

from __future__ import annotations

import struct

import pytest

from sensor.model import Side
from sensor.parsing.formats.rtp import KEEP, MAX_CHANNELS, Interleaved, RtpPacket, packet
from sensor.parsing.formats.sdp import Media

C, S = Side.CLIENT, Side.SERVER


def rtp(payload: bytes = b"voice", first: int = 0x80, kind: int = 0, more: bytes = b"") -> bytes:
    return bytes([first, kind]) + struct.pack(">HII", 7, 8, 9) + more + payload


@pytest.mark.parametrize(
    ("data", "payload", "kind"),
    [
        (rtp(), b"voice", 0),
        (rtp(b""), b"", 0),
        (rtp(kind=0x80 | 96), b"voice", 96),  # the marker is no part of the number
        (rtp(kind=63), b"voice", 63),
        (rtp(first=0x82, more=bytes(8)), b"voice", 0),  # two contributing sources
        (rtp(first=0x90, more=b"\xbe\xde\0\2" + bytes(8)), b"voice", 0),  # an extension of two words
        (rtp(first=0x91, more=bytes(4) + b"\xbe\xde\0\0"), b"voice", 0),
        (rtp(b"voice\0\0\3", first=0xA0), b"voice", 0),  # padding counts itself
        (rtp(b"\0\2", first=0xA0), b"", 0),
    ],
)
def test_a_packet(data: bytes, payload: bytes, kind: int) -> None:
    assert packet(data) == RtpPacket(kind, 7, 8, 9, payload)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        rtp(b"")[:11],
        rtp(first=0x40),
        rtp(first=0xC0),
        rtp(kind=64),  # RTCP (RFC 5761 §4)
        rtp(kind=0x80 | 72),
        rtp(kind=95),
        rtp(b"", first=0x81),  # a source that is not there
        rtp(b"\0\0\0", first=0x90),
        rtp(b"\0\0\0\1", first=0x90),
        rtp(b"\0\x09", first=0xA0),  # more padding than packet
    ],
)
def test_what_is_none(data: bytes) -> None:
    assert packet(data) is None


def test_frames_of_a_connection_are_reported_once_a_channel() -> None:
    frames = Interleaved()
    frames.add(S, 0, rtp(b"ab", kind=96))
    frames.add(S, 0, rtp(b"cde", kind=96))
    frames.add(S, 2, rtp(b"f"))
    frames.add(C, 0, rtp(b"g"))
    frames.add(S, 1, b"\x80\xc8\0\6" + bytes(24))
    found = list(frames.report("cam/1", Media(((96, "video/H264"),), "audio")))
    assert [(t.side, t.name, t.media_type, t.size, t.data, t.complete) for t in found] == [
        (S, "cam/1", "video/H264", 5, b"abcde", False),
        (S, "cam/1", "audio/PCMU", 1, b"f", False),
        (C, "cam/1", "audio/PCMU", 1, b"g", False),
    ]
    assert frames.frames == 5
    assert list(frames.report("cam/1", Media())) == []


def test_what_is_stored_is_bounded() -> None:
    frames = Interleaved()
    for _ in range(3):
        frames.add(S, 0, rtp(b"x" * (KEEP - 1)))
    for number in range(1, 2 * MAX_CHANNELS):
        frames.add(S, number, rtp(b"y"))
    frames.add(S, 1, rtp(b"y"))
    found = list(frames.report(None, Media()))
    assert len(found) == MAX_CHANNELS
    assert (found[0].size, len(found[0].data), found[1].size) == (3 * (KEEP - 1), KEEP, 2)


@pytest.mark.parametrize("size", [12, 13, 15])
def test_an_extension_that_is_not_there_is_no_packet(size: int) -> None:
    """RFC 3550 §5.3.1: four bytes at least."""
    assert packet((rtp(b"", first=0x90) + bytes(9))[:size]) is None
    assert packet(rtp(b"", first=0x90) + b"\0\0\0\0") is not None


def test_each_number_of_a_header() -> None:
    """RFC 3550 5.1: sequence, timestamp and source in the order of the network."""
    data = bytes.fromhex("80e0 0102 03040506 0708090a") + b"voice"
    assert packet(data) == RtpPacket(96, 0x0102, 0x03040506, 0x0708090A, b"voice")
    data = bytes.fromhex("80e0 ff02 fe040506 fd08090a") + b"voice"
    assert packet(data) == RtpPacket(96, 0xFF02, 0xFE040506, 0xFD08090A, b"voice")


def test_padding_of_a_packet_without_a_payload_is_none() -> None:
    """The last byte is one of the header: it counts nothing."""
    assert packet(rtp(b"", first=0xA0)) == RtpPacket(0, 7, 8, 9, b"")
