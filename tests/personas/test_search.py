"""A stream in pieces: the same is found however it is cut, each with the frames that brought it."""

from __future__ import annotations

import base64
import hashlib
import random

import pytest

from sensor.personas.search import BATCH, BETWEEN, TAIL, Reading
from tests.personas.people import made

ANNA = made()
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
    ("email", ("url",)), ("name", ("base64",)), ("account", ("hex", "sha512")), ("location", ("plain",)), ("string", ("utf-16",)),
]  # fmt: skip


def read(pieces: list[bytes], *, eager: bool = False) -> list[tuple[str, tuple[str, ...], tuple[int, ...]]]:
    reading, found = Reading(ANNA), []
    for frame, piece in enumerate(pieces, 1):
        if reading.take(piece, frame, frame) or eager:
            found += reading.search()
    found += reading.cut()
    return [(ANNA.seeds[hit.seed].kind, hit.encoding, hit.frames) for hit in found]


def cut(data: bytes, size: int) -> list[bytes]:
    return [data[at : at + size] for at in range(0, len(data), size)]


@pytest.mark.parametrize("eager", [False, True])
@pytest.mark.parametrize("size", [1, 2, 3, 7, 64, 1000, 10_000])
def test_borders_of_packets_do_not_matter(size: int, eager: bool) -> None:
    assert [found[:2] for found in read(cut(STREAM, size), eager=eager)] == WHOLE


def test_borders_anywhere() -> None:
    chance = random.Random(7)
    for _ in range(60):
        pieces, rest = [], STREAM
        while rest:
            size = chance.choice((1, 5, 40, 200))
            pieces.append(rest[:size])
            rest = rest[size:]
        assert [found[:2] for found in read(pieces, eager=chance.random() < 0.5)] == WHOLE


def test_the_frames_are_those_that_brought_it() -> None:
    assert read([b"a anna.exam", b"ple@exam", b"ple.com ", b"more"]) == [("email", ("plain",), (1, 2, 3))]
    assert read([b"lat 52.520008 ", b"- ", b"lon 13.404954"]) == [("location", ("plain",), (1, 3))]
    long = [b"-" * 1000] * 20
    assert read([*long, b" annas75 ", *long])[0][2] == (21,)


def test_datagrams_are_kept_apart() -> None:
    assert read([b"Anna Exa" + BETWEEN, b"mple" + BETWEEN]) == []
    assert read([b"annas75" + BETWEEN, b"annas75" + BETWEEN]) == [
        ("account", ("plain",), (1,)),
        ("account", ("plain",), (2,)),
    ]


def test_what_ends_with_the_stream_is_told_at_its_end() -> None:
    assert read([b"annas75"]) == [("account", ("plain",), (1,))]
    assert read([b"annas7", b"5", b"0"]) == []


def test_little_is_kept() -> None:
    reading = Reading(ANNA)
    for frame in range(5000):
        if reading.take(b"x" * 100, frame, frame):
            reading.search()
        assert reading.held < BATCH + 100 and len(reading._tail) <= TAIL and len(reading._marks) < 2 * BATCH


def test_nobody_waits_long() -> None:
    reading = Reading(ANNA)
    assert not reading.take(b"annas75 ", 1, 1_000_000_000)
    assert reading.take(b" ", 2, 40_000_000_000)
