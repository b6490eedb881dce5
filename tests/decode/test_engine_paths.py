"""Known paths: a connection that follows one to its end is one entry, any other comes up as if none were known.
Compiled and plain.
"""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import sensor.decode.engine as installed
from sensor.decode.engine import END, REPEATED, SEGMENT
from tests.decode.wire import ACK, FIN, LOCAL, MODES, PSH, SECOND, START, SYN, A, B, C, block, ethernet, ip, ip4, tcp

QUESTION, ANSWER = b"state?", b"on"
ENDS = (A, ip("192.0.2.10"), B, ip("192.0.2.11"), 80, None)
PATH = ((0, 0, 0, 0, QUESTION), (1, 0, 6, 0, ANSWER), (1, 2, 6, 1, b""), (0, 6, 3, 1, b""))


def connection(
    port: int = 40000, question: bytes = QUESTION, answer: bytes = ANSWER, mac: bytes = A, start: int = 0xFFFFFFFE
) -> list[bytes]:
    """One with the numbers that `PATH` has, which wrap around."""

    def out(payload: bytes, seq: int, ack: int, flags: int) -> bytes:
        sent = tcp(payload, port, 80, start + seq, flags, ack=(7000 + ack) % (1 << 32))
        return ethernet(ip4(sent, 6), source=mac, target=B)

    def back(payload: bytes, seq: int, ack: int, flags: int) -> bytes:
        sent = tcp(payload, 80, port, 7000 + seq, flags, ack=(start + ack) % (1 << 32))
        return ethernet(ip4(sent, 6, "192.0.2.11", "192.0.2.10"), source=B, target=mac)

    return [
        out(b"", 0, 0, SYN),
        back(b"", 0, 1, SYN | ACK),
        out(question, 1, 1, ACK | PSH),
        back(answer, 1, 7, ACK | PSH),
        back(b"", 1 + len(answer), 7, ACK | FIN),
        out(b"", 7, 2 + len(answer), ACK | FIN),
        back(b"", 2 + len(answer), 8, ACK),
    ]


@pytest.fixture(params=MODES)
def mode(request: pytest.FixtureRequest) -> Any:
    return MODES[request.param]


def engine_of(mode: Any, *, knows: bool = True) -> Any:
    made = mode.Engine(local=LOCAL, home_ports=(1883,))
    if knows:
        assert made.learn(ENDS, PATH) == 0
    return made


def entries(engine: Any, *packets: bytes, end: bool = True) -> list[tuple[Any, ...]]:
    found = [entry for batch in engine.process(block(packets)) for entry in batch]
    if end:
        found += [entry for batch in engine.finish() for entry in batch]
    return [entry for entry in found if entry[0] in (SEGMENT, END, REPEATED)]


def test_a_connection_that_follows_a_path_is_one_entry(mode: Any) -> None:
    engine = engine_of(mode)
    millisecond = SECOND // 1000
    assert entries(engine, *connection(), end=False) == []
    (found,) = next(engine.finish())[-1:]
    assert found == (REPEATED, 0, "finished", 0, (3, 4, 5, 6), tuple(START + n * millisecond for n in (2, 3, 4, 5)))
    info = engine.flow(0)
    assert (info.packets, info.payload) == ((3, 4), (6, 2))


@given(st.integers(0, 7), st.integers(0, 7))
def test_one_bit_of_difference_brings_all_of_it_up(place: int, bit: int) -> None:
    said = bytearray(QUESTION + ANSWER)
    said[place] ^= 1 << bit
    packets = connection(question=bytes(said[:6]), answer=bytes(said[6:]))
    for mode in MODES.values():
        found, plain = (entries(engine_of(mode, knows=knows), *packets) for knows in (True, False))
        # Of a header's flags, what is held back has those that a stream's reader looks at.
        assert [(*one[:7], *one[8:]) for one in found] == [(*one[:7], *one[8:]) for one in plain]
        assert [one[7] & (FIN | 4) for one in found[:-1]] == [one[7] & (FIN | 4) for one in plain[:-1]]


def test_a_path_is_of_its_ends_alone(mode: Any) -> None:
    for packets in (connection(mac=C), connection(port=1883)):
        assert [entry[0] for entry in entries(engine_of(mode), *packets)] == [SEGMENT] * 2 + [END]


def test_a_connection_that_ends_within_a_path_is_brought_up(mode: Any) -> None:
    assert [entry[0] for entry in entries(engine_of(mode), *connection()[:5])] == [SEGMENT] * 3 + [END]


def test_a_segment_that_comes_twice_is_no_step(mode: Any) -> None:
    packets = connection()
    found = entries(engine_of(mode), *packets[:4], packets[3], *packets[4:])
    assert [entry[2] for entry in found if entry[0] == SEGMENT] == [3, 4, 5]
    assert [segment[0] for segment in found[-1][3]] == [6, 7]


def test_what_is_held_back_is_released_in_the_captures_order(mode: Any) -> None:
    engine = engine_of(mode)
    one, other = connection(40000), connection(40001)
    both = [packet for pair in zip(one[:4], other[:4], strict=True) for packet in pair]
    assert entries(engine, *both, end=False) == []
    assert [entry[2] for entry in engine.release()] == [5, 6, 7, 8]
    assert engine.release() == []
    assert [entry[0] for entry in entries(engine, *one[4:])] == [END] * 2


def test_a_path_that_is_forgotten_is_not_followed(mode: Any) -> None:
    engine = engine_of(mode)
    engine.forget(ENDS)
    assert [entry[0] for entry in entries(engine, *connection())] == [SEGMENT] * 2 + [END]
    assert engine.learn(ENDS, PATH) >= 0


def test_paths_share_their_beginnings(mode: Any) -> None:
    engine = engine_of(mode)
    other = (*PATH[:1], (1, 0, 6, 0, b"no"), *PATH[2:])
    assert (engine.learn(ENDS, other), engine.learn(ENDS, PATH), engine.learn(ENDS, other)) == (1, 0, 1)
    found = entries(engine, *connection(40000), *connection(40001, answer=b"no"), *connection(40002))
    assert [entry[3] for entry in found] == [0, 1, 0]


def test_a_segment_is_compared_with_the_steps_learned_last(mode: Any) -> None:
    engine = engine_of(mode)
    answers = [f"{number:02}".encode() for number in range(mode.MAX_BESIDE)]
    for answer in answers:
        engine.learn(ENDS, (*PATH[:1], (1, 0, 6, 0, answer), *PATH[2:]))
    found = entries(engine, *connection(40000), *connection(40001, answer=answers[0]))
    assert [entry[0] for entry in found] == [SEGMENT] * 2 + [END, REPEATED]


@pytest.mark.parametrize(
    ("answer", "known"),
    [(b"T9:Zq=a1", True), (b"a0:bc=a1", True), (b"99:Zq=a1", False), (b"TT:Zq=a1", False), (b"T9:Z-=a1", False)]
    + [(b"T9:Zq=a2", False), (b"T9:Zq=b1", False), (b"T9;Zq=a1", False)],
)
def test_in_stretches_that_vary_digits_and_letters_are_alike(mode: Any, answer: bytes, known: bool) -> None:
    engine = engine_of(mode, knows=False)
    path = (*PATH[:1], (1, 0, 6, 0, b"A0:Bc=a1"), (1, 8, 6, 1, b""), (0, 6, 9, 1, b""))
    assert engine.learn(ENDS, path, [(), ((0, 2), (3, 5)), (), ()]) == 0
    found = entries(engine, *connection(answer=answer))
    assert [entry[0] for entry in found] == ([REPEATED] if known else [SEGMENT] * 2 + [END])


def test_a_stretch_that_varies_is_of_its_segment(mode: Any) -> None:
    with pytest.raises(ValueError, match="stretch"):
        engine_of(mode, knows=False).learn(ENDS, PATH, [(), ((0, 3),), (), ()])


def test_paths_that_do_not_fit_are_all_forgotten(mode: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    engine = engine_of(mode)
    assert entries(engine, *connection()[:4], end=False) == []
    monkeypatch.setattr(mode, "MAX_STEPS", 5)
    assert engine.learn(ENDS, (*PATH[:1], (1, 0, 6, 0, b"no"), *PATH[2:])) == -1
    found = entries(engine, *connection()[4:], *connection(40001))
    assert [entry[0] for entry in found] == [SEGMENT] * 4 + [END] * 2
    assert engine.learn(ENDS, PATH) == 0


@pytest.mark.skipif(not installed.Engine.compiled, reason="a minute of plain Python, of the same source")
def test_no_more_is_held_back_than_its_bound() -> None:
    engine = engine_of(installed)
    most = installed.MAX_WAITING // 2
    for port in range(20_000, 20_000 + most, 512):
        assert entries(engine, *(packet for n in range(512) for packet in connection(port + n)[:4]), end=False) == []
    assert [entry[0] for entry in entries(engine, *connection(10_000)[:4], end=False)] == [SEGMENT] * 2
    assert len(engine.release()) == installed.MAX_WAITING
