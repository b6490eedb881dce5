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


@pytest.mark.parametrize("width", [1, 2])
@pytest.mark.parametrize(("gap", "found"), [(1, True), (200, True), (240 - 6, True), (240 - 5, False), (400, False)])
def test_how_far_apart_the_coordinates_of_a_place_may_be(width: int, gap: int, found: bool) -> None:
    """240 characters from the end of the one to the end of the other: `13.404` has six."""
    text = "=52.520" + "-" * gap + "13.404="
    data = text.encode() if width == 1 else text.encode("utf-16-le")
    assert bool(read([data])) is found
    assert bool(read(cut(data, 50), eager=True)) is bool(read([data]))


def test_each_place_is_one_hit_with_the_frames_of_both_coordinates() -> None:
    """A coordinate belongs to one place; a later one of the same kind takes the place of an earlier."""
    pieces = [b" 52.520", b" - 13.404 ", b" - 13.404 ", b" - 52.520 ", b" 52.520 ", b" 13.404 "]
    assert [frames for _, _, frames in read(pieces, eager=True)] == [(1, 2), (3, 4), (5, 6)]
    assert read([b" 52.520 ", b" 52.520 ", b" 13.404 "]) == [("location", ("plain",), (2, 3))]
    stream = StreamSearch(ANNA)
    stream.add(b" 52.520 ", 1, 1)
    assert stream.flush() == []
    stream.add(b" 13.404 ", 2, 2)
    assert stream.flush() == [], "a gap of the stream is between them"


def test_frames_of_a_hit_are_bounded_and_its_time_is_the_last() -> None:
    stream = StreamSearch(ANNA)
    for number, letter in enumerate(b"anna.example@example.com "):
        stream.add(bytes((letter,)), number + 1, 100 - number)
    (hit,) = stream.flush()
    assert hit.frames == tuple(range(1, 17)) and hit.time == 100
    stream.add(b"annas75 ", 7, 70)
    stream.add(b"=annas", 8, 80)
    stream.add(b"75 ", 8, 90)
    stream.add(b"annas75", 9, 85)
    assert [(one.frames, one.time) for one in stream.flush()] == [((7,), 70), ((8,), 90), ((9,), 85)]


@pytest.mark.parametrize("name", ["md5", "sha1", "sha256", "sha512"])
@pytest.mark.parametrize("size", [1, 31, 32, 33, 64, 127, 128, 200])
def test_a_digest_is_found_across_packets(name: str, size: int) -> None:
    """And is no part of a longer run of digits, on either side."""
    digest = hashlib.new(name, b"annas75").hexdigest().encode()
    for eager in (False, True):
        data = b"id%3D" + digest + b"&" + digest + b"\r\n" + digest
        found = read(cut(data, size), eager=eager)
        assert [one[:2] for one in found] == [("account", ("hex", name))] * 3
        for other in (b"0" + digest, digest + b"0", digest[:-1], digest[1:] + b"0"):
            assert read(cut(b"=" + other + b"=", size), eager=eager) == []


def test_two_personas_with_one_value_are_both_found() -> None:
    both = personas(file='[[persona]]\nid="a"\naccount="annas75"\n[[persona]]\nid="b"\naccount="Annas75"\n')
    found = both.find(b" annas75 " + hashlib.md5(b"annas75").hexdigest().encode())
    assert sorted({both.seeds[seed].persona for seed, _ in found}) == ["a", "b"] and len(found) == 4
    assert both.find(b"annas75 annas75") == both.find(b"annas75"), "each once"
    assert both.find(b"nothing of it") == []
