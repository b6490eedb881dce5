"""Search of a stream in pieces: the same hits whatever the packet borders."""

from __future__ import annotations

import base64
import hashlib
import random

import pytest

from sensor.personas.search import BATCH_BYTES, DATAGRAM_SEPARATOR, MAX_DELAY, OVERLAP, StreamSearch
from tests.personas.personas import personas

ANNA = personas()
STREAM = b"".join(
    (
        b"GET /?m=anna.example%40example.com HTTP/1.1\r\nX: ",
        base64.b64encode(b"-Anna Example-"),
        b"\r\n" + b"x " * 300,
        hashlib.sha512(b"annas75").hexdigest().encode(),
        b" "
        + b"y" * 100
        + b' {"lat": 52.520008, "pad": "'
        + b"z" * 150
        + b'", "lon": 13.404954} johanna.example@example.com ',
        "blue elephant".encode("utf-16-be"),
    )
)
WHOLE = [
    ("email", ("url",)), ("name", ("base64",)), ("account", ("hex", "sha512")), ("location", ("plain",)),
    ("string", ("utf-16",)),
]  # fmt: skip


def read(pieces: list[bytes], *, eager: bool = False) -> list[tuple[str, tuple[str, ...], tuple[int, ...]]]:
    stream, found = StreamSearch(ANNA), []
    for frame, piece in enumerate(pieces, 1):
        if stream.add(piece, frame, frame) or eager:
            found += stream.search()
    found += stream.flush()
    return [(ANNA.seeds[hit.seed].kind, hit.encoding, hit.frames) for hit in found]


def cut(data: bytes, size: int) -> list[bytes]:
    return [data[at : at + size] for at in range(0, len(data), size)]


@pytest.mark.parametrize("eager", [False, True])
@pytest.mark.parametrize("size", [1, 2, 3, 7, 64, 1000, 10_000])
def test_packet_borders_do_not_matter(size: int, eager: bool) -> None:
    assert [found[:2] for found in read(cut(STREAM, size), eager=eager)] == WHOLE


def test_packet_borders_anywhere() -> None:
    chance = random.Random(7)
    for _ in range(60):
        pieces, rest = [], STREAM
        while rest:
            size = chance.choice((1, 5, 40, 200))
            pieces.append(rest[:size])
            rest = rest[size:]
        assert [found[:2] for found in read(pieces, eager=chance.random() < 0.5)] == WHOLE


def test_frames_are_those_that_brought_the_value() -> None:
    assert read([b"a anna.exam", b"ple@exam", b"ple.com ", b"more"]) == [("email", ("plain",), (1, 2, 3))]
    assert read([b"lat 52.520008 ", b"- ", b"lon 13.404954"]) == [("location", ("plain",), (1, 3))]
    long = [b"-" * 1000] * 20
    assert read([*long, b" annas75 ", *long])[0][2] == (21,)


def test_no_match_across_datagrams() -> None:
    assert read([b"Anna Exa" + DATAGRAM_SEPARATOR, b"mple" + DATAGRAM_SEPARATOR]) == []
    assert read([b"annas75" + DATAGRAM_SEPARATOR, b"annas75" + DATAGRAM_SEPARATOR]) == [
        ("account", ("plain",), (1,)),
        ("account", ("plain",), (2,)),
    ]


def test_a_value_at_the_end_of_the_stream_is_found() -> None:
    assert read([b"annas75"]) == [("account", ("plain",), (1,))]
    assert read([b"annas7", b"5", b"0"]) == []


def test_memory_is_bounded() -> None:
    stream = StreamSearch(ANNA)
    for frame in range(5000):
        if stream.add(b"x" * 100, frame, frame):
            stream.search()
        assert (
            stream.pending_bytes < BATCH_BYTES + 100
            and len(stream._overlap) <= OVERLAP
            and len(stream._marks) < 2 * BATCH_BYTES
        )


def test_a_search_is_due_after_the_delay() -> None:
    stream = StreamSearch(ANNA)
    assert not stream.add(b"annas75 ", 1, 1_000_000_000)
    assert stream.add(b" ", 2, 40_000_000_000)


def test_a_search_is_due_by_bytes_or_by_time() -> None:
    """The time counts from the first byte that was not searched."""
    stream = StreamSearch(ANNA)
    assert [stream.add(b"x", 1, at) for at in (10, 10 + MAX_DELAY - 1, 10 + MAX_DELAY)] == [False, False, True]
    stream.search()
    assert not stream.add(b"x", 1, 10 + MAX_DELAY) and not stream.add(b"y" * (BATCH_BYTES - 2), 1, 11 + MAX_DELAY)
    assert stream.add(b"z", 1, 11 + MAX_DELAY)


def test_frames_are_remembered_for_the_bytes_that_are() -> None:
    stream = StreamSearch(ANNA)
    for frame in range(1, 50):
        stream.add(b"\n" * OVERLAP, frame, frame)
        stream.search()
        assert [mark[1] for mark in stream._marks] == [frame]
    stream.add(b"anna.exam", 60, 60)
    stream.search()
    stream.add(b"ple@example.com ", 61, 61)
    stream.add(b"\n" * 64, 62, 62)
    (hit,) = stream.search(last=True)
    assert hit.frames == (60, 61) and hit.time == 61
