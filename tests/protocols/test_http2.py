"""HTTP/2 frames by RFC 9113: bodies of several streams, padding, ends, losses, look-alikes."""

from __future__ import annotations

import gzip
import struct

import pytest

from sensor.events import Enough, Skip, Transfer
from sensor.model import Transport
from sensor.parsing.cursor import Malformed
from sensor.parsing.parser import Match, Opening
from sensor.protocols.http2 import PREFACE, Http2, recognise
from tests.conversation import C, Run, S, converse, events


def frame(kind: int, stream: int, payload: bytes = b"", flags: int = 0) -> bytes:
    return struct.pack(">I", len(payload))[1:] + bytes([kind, flags]) + struct.pack(">I", stream) + payload


HELLO = [(C, PREFACE + frame(4, 0)), (S, frame(4, 0) + frame(4, 0, flags=1))]


def test_bodies_of_two_streams_interleaved() -> None:
    script = [
        *HELLO,
        (
            C,
            frame(1, 1, b"\x82", 5)
            + frame(1, 3, b"\x83", 4)
            + frame(0, 3, b'{"on":', 0)
            + frame(0, 3, b"\x02true}\0\0", 9),
        ),
        (
            S,
            frame(1, 1, b"\x88", 4)
            + frame(0, 1, b"hel")
            + frame(1, 3, b"\x88", 5)
            + frame(0, 1, b"lo")
            + frame(0, 1, b"", 1),
        ),
    ]
    assert [(t.side, t.data, t.size, t.complete) for t in events(converse(Http2, script), Transfer)] == [
        (C, b'{"on":true}', 11, True),
        (S, b"hello", 5, True),
    ]


def test_packed_bodies_and_bodies_that_break_off() -> None:
    packed = gzip.compress(b"temperature 21")
    script = [*HELLO, (S, frame(0, 1, packed, 1) + frame(0, 3, b"half") + frame(3, 3, bytes(4)) + frame(0, 5, b"rest"))]
    assert [(t.data, t.complete) for t in events(converse(Http2, script), Transfer)] == [
        (b"temperature 21", True),
        (b"half", False),
        (b"rest", False),
    ]


def test_long_frames_are_skipped_and_a_loss_ends_it() -> None:
    run = Run(Http2())
    for side, data in HELLO:
        run.feed(side, data)
    run.feed(S, frame(0, 1, bytes(200_000), 1)[:60_000])
    run.feed(S, bytes(140_009))
    assert sum(s.length for s in events(run.parsed, Skip)) > 100_000  # type: ignore[arg-type]
    assert [t.size for t in events(run.parsed, Transfer)] == [200_000]
    run.gap(S, 10)
    assert isinstance(run.parsed[-1], Enough)


def test_what_does_not_begin_with_settings() -> None:
    with pytest.raises(Malformed):
        Run(Http2()).feed(S, frame(0, 1, b"x"))


@pytest.mark.parametrize(
    ("client", "server", "match"),
    [
        (PREFACE, b"", Match.SURE),
        (PREFACE[:10], b"", Match.MORE),
        (b"", frame(4, 0, bytes(12)), Match.WEAK),
        (b"GET / HTTP/1.1\r\n", b"", Match.NO),
        (b"", b"\0\0\x05\x04\0\0\0\0\0", Match.NO),
    ],
)
def test_what_is_recognised(client: bytes, server: bytes, match: Match) -> None:
    assert recognise(Opening(client, server, 40000, 80, Transport.TCP)) is match
