"""Bare FINs and RSTs: with the end of their flow where a reader has used all before them. Compiled and plain."""

from __future__ import annotations

from typing import Any

import pytest

from sensor.decode.engine import END, SEGMENT
from tests.decode.test_engine_paths import ANSWER, QUESTION, connection
from tests.decode.wire import ACK, FIN, LOCAL, MODES, RST, A, B, block, ethernet, ip4, tcp


@pytest.fixture(params=MODES)
def mode(request: pytest.FixtureRequest) -> Any:
    return MODES[request.param]


def client(payload: bytes, seq: int, ack: int, flags: int = ACK) -> bytes:
    """A segment of the client in the numbers of `connection` from its start."""
    sent = tcp(payload, 40000, 80, (0xFFFFFFFE + seq) % (1 << 32), flags, ack=7000 + ack)
    return ethernet(ip4(sent, 6), source=A, target=B)


def server(payload: bytes, seq: int, ack: int, flags: int = ACK) -> bytes:
    sent = tcp(payload, 80, 40000, 7000 + seq, flags, ack=(0xFFFFFFFE + ack) % (1 << 32))
    return ethernet(ip4(sent, 6, "192.0.2.11", "192.0.2.10"), source=B, target=A)


def entries(mode: Any, packets: list[bytes], engine: Any = None) -> list[tuple[Any, ...]]:
    """Kind and frame of each entry of a connection, and the frames that came with its end."""
    engine = engine or mode.Engine(local=LOCAL)
    found = [entry for batch in engine.process(block(packets)) for entry in batch]
    found += [entry for batch in engine.finish() for entry in batch]
    return [
        (END, tuple(each[0] for each in entry[3])) if entry[0] == END else entry[::2][:2]
        for entry in found
        if entry[0] in (SEGMENT, END)
    ]


OPEN = connection()[:4]


def test_fins_come_with_the_end(mode: Any) -> None:
    assert entries(mode, connection()) == [(SEGMENT, 3), (SEGMENT, 4), (END, (5, 6))]


def test_a_reset_comes_with_the_end(mode: Any) -> None:
    packets = [*OPEN, client(b"", 7, 3, RST)]
    assert entries(mode, packets) == [(SEGMENT, 3), (SEGMENT, 4), (END, (5,))]


def test_payload_behind_a_fin_brings_it_up_first(mode: Any) -> None:
    packets = [*OPEN, client(b"", 7, 3, ACK | FIN), server(b"more", 3, 8), server(b"", 7, 8, ACK | FIN)]
    assert entries(mode, packets) == [(SEGMENT, 3), (SEGMENT, 4), (SEGMENT, 5), (SEGMENT, 6), (END, (7,))]


@pytest.mark.parametrize(
    "odd",
    [
        server(b"late", 9, 7),  # bytes before it are missing
        client(b"next", 7, 20),  # it acknowledges bytes that were not seen
        server(b"\0\0\0", 3, 7),  # a bare ACK's frame may be padded so
    ],
)
def test_where_something_may_wait_a_fin_comes_up(mode: Any, odd: bytes) -> None:
    packets = [*OPEN, odd, server(b"", 20, 7, ACK | FIN), client(b"", 11, 3, ACK | FIN)]
    assert entries(mode, packets) == [*((SEGMENT, frame) for frame in range(3, 8)), (END, ())]


def test_where_a_segment_is_cut_a_fin_comes_up(mode: Any) -> None:
    packets = connection()
    engine = mode.Engine(local=LOCAL)
    made = block(packets)
    made.table[3 * 5 + 1] -= 1  # of the answer, the capture lacks a byte
    found = [entry for batch in engine.process(made) for entry in batch if entry[0] == SEGMENT]
    assert [entry[2] for entry in found] == [3, 4, 5, 6]


def test_a_segment_that_comes_again_lets_nothing_wait(mode: Any) -> None:
    packets = [*OPEN, server(ANSWER, 1, 7), client(QUESTION, 1, 1), *connection()[4:]]
    assert entries(mode, packets) == [*((SEGMENT, frame) for frame in range(3, 7)), (END, (7, 8))]


def test_where_the_start_is_not_known_a_fin_comes_up(mode: Any) -> None:
    assert entries(mode, connection()[2:]) == [*((SEGMENT, frame) for frame in range(1, 5)), (END, ())]


def test_many_resets_do_not_wait(mode: Any) -> None:
    packets = [*OPEN, *(client(b"", 7, 3, RST) for _ in range(mode.MAX_CLOSING + 1)), client(b"", 7, 3, RST)]
    last = 4 + mode.MAX_CLOSING + 2
    assert entries(mode, packets) == [*((SEGMENT, frame) for frame in range(3, last)), (END, (last,))]


def test_who_wants_them_has_them_with_the_next_batch(mode: Any) -> None:
    engine = mode.Engine(local=LOCAL)
    packets = connection()
    (first,) = [entry for batch in engine.process(block(packets[:3])) for entry in batch if entry[0] == SEGMENT]
    list(engine.process(block(packets[3:5], first_frame=4)))
    engine.close_at_once(first[1], True)
    (waited, came) = [
        entry for batch in engine.process(block(packets[5:6], first_frame=6)) for entry in batch if entry[0] == SEGMENT
    ]
    assert (waited[2], waited[7] & FIN, came[2]) == (5, FIN, 6)
    engine.close_at_once(first[1], False)
    assert [entry for batch in engine.finish() for entry in batch][-1][3] == ()


def test_a_snapshot_has_them(mode: Any) -> None:
    engine = mode.Engine(local=LOCAL)
    list(engine.process(block(connection())))
    assert [(entry[2], entry[4], entry[5], entry[6]) for entry in engine.release()] == [
        (5, 1, 7003, 5),
        (6, 0, 5, 7004),
    ]
