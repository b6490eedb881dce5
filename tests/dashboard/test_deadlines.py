"""Deadlines of receiving: late requests, many of one address, few threads left."""

import socket
from collections.abc import Iterator

import pytest

from dashboard.deadlines import BODY, HEADER, PER_ADDRESS, RESERVED, SLOWEST, YOUNG, Deadlines


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


class Peers:
    """Connected sockets by number; ``ended`` tells which the other side was hung up on."""

    def __init__(self) -> None:
        self.pairs: list[tuple[socket.socket, socket.socket]] = []

    def new(self) -> socket.socket:
        self.pairs.append(socket.socketpair())
        return self.pairs[-1][0]

    def ended(self) -> list[int]:
        found = []
        for number, (_, far) in enumerate(self.pairs):
            far.setblocking(False)
            try:
                if far.recv(1) == b"":
                    found.append(number)
            except BlockingIOError:
                continue
        return found


@pytest.fixture
def peers() -> Iterator[Peers]:
    made = Peers()
    yield made
    for pair in made.pairs:
        for one in pair:
            one.close()


def test_a_header_and_a_body_have_their_time(peers: Peers) -> None:
    clock = Clock()
    limits = Deadlines(24, clock)
    limits.begin(1, peers.new(), "192.0.2.1")
    clock.now += HEADER - 1
    limits.body(1, 4 * SLOWEST, lambda: True)
    limits.begin(2, peers.new(), "192.0.2.2")
    clock.now += HEADER - 0.1
    limits.check()
    assert peers.ended() == []
    clock.now += 0.2
    limits.check()
    assert peers.ended() == [1]
    clock.now += BODY + 4
    limits.check()
    assert peers.ended() == [0, 1] and limits.ended == 2


def test_a_body_that_is_there_has_no_deadline(peers: Peers) -> None:
    clock = Clock()
    limits = Deadlines(24, clock)
    for key, (length, left) in enumerate(((0, True), (5000, False))):
        limits.begin(key, peers.new(), "192.0.2.1")
        limits.body(key, length, lambda left=left: left)  # type: ignore[misc]
    clock.now += 1000
    limits.check()
    assert peers.ended() == []


def test_one_address_ends_its_own_oldest(peers: Peers) -> None:
    limits = Deadlines(24, Clock())
    limits.begin(0, peers.new(), "198.51.100.7")
    for key in range(1, PER_ADDRESS + 2):
        limits.begin(key, peers.new(), "192.0.2.1")
    assert peers.ended() == [1]


def test_the_oldest_make_room_where_threads_run_short(peers: Peers) -> None:
    clock = Clock()
    limits = Deadlines(RESERVED + 2, clock)
    for key in range(4):
        limits.begin(key, peers.new(), f"192.0.2.{key}")
    limits.check()
    assert peers.ended() == []  # they may be complete in a moment
    clock.now += YOUNG
    limits.check()
    assert peers.ended() == [0, 1]


def test_what_is_done_is_not_touched(peers: Peers) -> None:
    clock = Clock()
    limits = Deadlines(24, clock)
    limits.begin(0, peers.new(), "192.0.2.1")
    limits.done(0)
    clock.now += 1000
    limits.check()
    limits.body(0, 10, lambda: True)
    limits.check()
    assert peers.ended() == []
