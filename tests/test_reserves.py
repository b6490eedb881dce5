"""What is usual is always granted; what goes beyond draws on what the run has left."""

from __future__ import annotations

import gzip

from sensor.events import DATA_LIMIT, Transfer
from sensor.parsing.formats.http_body import Unpacker
from sensor.protocols.http import Http
from sensor.reserves import (
    BYTES_PER_MESSAGE,
    FIRST_MESSAGES,
    MESSAGE_RESERVE,
    REFILL,
    RESERVE,
    USUAL_BYTES,
    USUAL_GROWTH,
    MessageReserve,
    UnpackingReserve,
    usual,
)
from tests.conversation import C, Run, S, events


def test_usual_growth() -> None:
    assert (usual(0), usual(100)) == (USUAL_BYTES, USUAL_BYTES + 100 * USUAL_GROWTH)


def test_the_reserve_is_drawn_on_and_filled_again() -> None:
    reserve = UnpackingReserve()
    assert reserve.limit(0, 10 * RESERVE) == usual(0) + RESERVE
    reserve.grew(0, usual(0) + 1000, DATA_LIMIT)
    assert reserve.limit(0, 10 * RESERVE) == usual(0) + RESERVE - 1000
    reserve.grew(400, usual(400), DATA_LIMIT)
    assert reserve.limit(0, 10 * RESERVE) == usual(0) + RESERVE - 1000 + 400 * REFILL
    reserve.grew(RESERVE, 0, DATA_LIMIT)
    assert reserve.limit(0, 10 * RESERVE) == usual(0) + RESERVE and not reserve.cut


def test_when_the_reserve_is_spent_bodies_are_read_to_their_usual_growth_and_counted() -> None:
    """A flood of bombs keeps nobody's ordinary page from being read."""
    reserve = UnpackingReserve()
    page = b"".join(b"<p>%d</p>" % number for number in range(2000))
    bomb = gzip.compress(bytes(DATA_LIMIT - 1), 9)
    for _ in range(2 * RESERVE // DATA_LIMIT):
        Unpacker().decode(bomb, ["gzip"], reserve)
    assert reserve.cut
    cut = Unpacker().decode(bomb, ["gzip"], reserve).data
    assert usual(len(bomb)) <= len(cut) < 2 * usual(len(bomb))
    assert Unpacker().decode(gzip.compress(page), ["gzip"], reserve).data == page


def test_a_parser_draws_on_the_reserve_that_it_is_given() -> None:
    reserve, body = UnpackingReserve(), gzip.compress(bytes(100_000), 9)
    parser = Http()
    parser.unpacking = reserve
    run = Run(parser)
    run.feed(C, b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
    run.feed(S, b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
    assert [len(transfer.data) for transfer in events(run.close(), Transfer)] == [100_000]
    assert reserve.limit(0, RESERVE) < RESERVE


def test_messages_of_a_few_bytes_draw_on_the_reserve() -> None:
    reserve = MessageReserve()
    assert reserve.grants(FIRST_MESSAGES + 10, 0, 10 * BYTES_PER_MESSAGE, 0) == 0
    assert reserve.grants(FIRST_MESSAGES + 11, 0, 10 * BYTES_PER_MESSAGE, 0) == 1
    assert reserve.grants(FIRST_MESSAGES + 11, 1, 10 * BYTES_PER_MESSAGE, 0) == 1
    assert reserve.grants(MESSAGE_RESERVE + FIRST_MESSAGES, 1, 0, 0) == MESSAGE_RESERVE
    assert reserve.grants(FIRST_MESSAGES + 1, 0, 0, 0) is None, "the reserve is spent"
    assert reserve.grants(FIRST_MESSAGES, 0, 0, 0) == 0, "what is usual is granted all the same"
    assert reserve.grants(FIRST_MESSAGES + 2, 0, 0, 2 * BYTES_PER_MESSAGE) == 2, "what crosses fills it"
