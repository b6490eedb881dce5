"""Known exchanges of datagrams: each is one entry, all else comes up as if none were known. Compiled and plain."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sensor.decode.engine import DATAGRAM, END, EXCHANGED
from tests.decode.wire import GROUP, LOCAL, MODES, SECOND, START, A, B, C, block, ethernet, ip, ip4, udp

QUESTION, ANSWER = b"\x12\x34name?", b"\x12\x34name=7...on"
STRETCHES = {0: ((0, 2),), 1: ((0, 2), (8, 11))}
ENDS = (A, ip("192.0.2.10"), B, ip("192.0.2.11"), 53, None, True)
EXCHANGE = ((0, QUESTION, STRETCHES[0]), (1, ANSWER, STRETCHES[1]))
MILLISECOND = SECOND // 1000


def out(payload: bytes, port: int = 40000, mac: bytes = A, target: bytes = B) -> bytes:
    return ethernet(ip4(udp(payload, port, 53), 17), source=mac, target=target)


def back(payload: bytes, port: int = 40000, mac: bytes = B) -> bytes:
    return ethernet(ip4(udp(payload, 53, port), 17, "192.0.2.11", "192.0.2.10"), source=mac, target=A)


@pytest.fixture(params=MODES)
def mode(request: pytest.FixtureRequest) -> Any:
    return MODES[request.param]


def engine_of(mode: Any, *, knows: bool = True) -> Any:
    made = mode.Engine(local=LOCAL, home_datagram_ports=(123,))
    if knows:
        assert made.learn_exchange(ENDS, EXCHANGE) == 0
    return made


def entries(engine: Any, *packets: bytes | tuple[float, bytes], end: bool = True) -> list[tuple[Any, ...]]:
    found = [entry for batch in engine.process(block(packets)) for entry in batch]
    if end:
        found += [entry for batch in engine.finish() for entry in batch]
    return [entry for entry in found if entry[0] in (DATAGRAM, END, EXCHANGED)]


def kinds(*entries: tuple[Any, ...]) -> list[int]:
    return [entry[0] for entry in entries]


def test_an_exchange_is_one_entry_whatever_stands_in_its_varying_bytes(mode: Any) -> None:
    engine = engine_of(mode)
    found = entries(engine, out(b"\xff\x00name?"), back(b"\x00\xffname=7\xff\x00\x01on"))
    times = (START, START + MILLISECOND)
    (entry, end) = found
    assert (entry[:5], end) == ((EXCHANGED, 0, 0, (1, 2), times), (END, 0, "finished", ()))
    assert [varying[:size] for varying, size in zip(entry[5], (2, 5), strict=True)] == [
        b"\xff\x00",
        b"\x00\xff\xff\x00\x01",
    ]
    assert {len(varying) for varying in entry[5]} == {mode.MAX_VARYING}


def test_a_flow_may_have_several(mode: Any) -> None:
    later = [(0.0, out(QUESTION)), (0.001, back(ANSWER)), (0.007, out(QUESTION)), (0.008, back(ANSWER))]
    found = entries(engine_of(mode), *later)
    assert [entry[3] for entry in found[:2]] == [(1, 2), (3, 4)]
    assert kinds(*found) == [EXCHANGED, EXCHANGED, END]


def test_an_exchange_that_may_be_a_second_copy_is_read(mode: Any) -> None:
    at_once = [(0.0, out(QUESTION)), (0.001, back(ANSWER)), (0.006, out(QUESTION)), (0.007, back(ANSWER))]
    assert kinds(*entries(engine_of(mode), *at_once)) == [EXCHANGED, DATAGRAM, DATAGRAM, END]


@given(st.integers(0, len(QUESTION + ANSWER) - 1), st.integers(0, 7))
def test_one_bit_of_difference_brings_both_up_as_they_were(place: int, bit: int) -> None:
    said = bytearray(QUESTION + ANSWER)
    said[place] ^= 1 << bit
    side, at = (0, place) if place < len(QUESTION) else (1, place - len(QUESTION))
    may_vary = any(first <= at < stop for first, stop in STRETCHES[side])
    packets = out(bytes(said[: len(QUESTION)])), back(bytes(said[len(QUESTION) :]))
    for mode in MODES.values():
        found, plain = (entries(engine_of(mode, knows=knows), *packets) for knows in (True, False))
        assert kinds(*plain) == [DATAGRAM, DATAGRAM, END]
        assert kinds(*found) == [EXCHANGED, END] if may_vary else found == plain


@pytest.mark.parametrize(
    "packets",
    [
        (out(QUESTION + b"?"), back(ANSWER)),
        (out(QUESTION), back(ANSWER[:-1])),
        (out(QUESTION), out(QUESTION), back(ANSWER)),
        (back(ANSWER), out(QUESTION)),
        (out(QUESTION),),
        (out(b""), out(QUESTION + b"!"), back(ANSWER)),
    ],
)
def test_what_is_no_such_exchange_comes_up_as_it_was(mode: Any, packets: tuple[bytes, ...]) -> None:
    found, plain = (entries(engine_of(mode, knows=knows), *packets) for knows in (True, False))
    assert found == plain and EXCHANGED not in kinds(*found)


def test_varying_bytes_come_up_as_they_were(mode: Any) -> None:
    question, answer = b"\xab\xcdname?", b"\xef\x01name=7\x01\x02\x03off"
    found = entries(engine_of(mode), out(question), back(answer))
    assert [entry[6] for entry in found[:2]] == [question, answer]
    assert [entry[2:6] for entry in found[:2]] == [(1, START, 0, 7), (2, START + MILLISECOND, 1, len(answer))]


def test_behind_something_new_a_flow_is_read(mode: Any) -> None:
    found = entries(engine_of(mode), out(QUESTION), back(ANSWER), out(b"other"), out(QUESTION), back(ANSWER))
    assert kinds(*found) == [EXCHANGED, DATAGRAM, DATAGRAM, DATAGRAM, END]


@pytest.mark.parametrize("port, mac, target", [(123, A, B), (40000, C, B), (40000, A, C), (40000, A, GROUP)])
def test_an_exchange_is_of_its_ends_alone(mode: Any, port: int, mac: bytes, target: bytes) -> None:
    found = entries(engine_of(mode), out(QUESTION, port, mac, target), back(ANSWER, port))
    assert kinds(*found) == [DATAGRAM, DATAGRAM, END]


def test_a_cut_datagram_comes_up(mode: Any) -> None:
    engine = engine_of(mode)
    cut = out(QUESTION)[:-1]
    found = [entry for batch in engine.process(block([(0, cut, len(cut) + 1)])) for entry in batch]
    assert DATAGRAM in kinds(*found)


def test_what_is_held_back_is_released(mode: Any) -> None:
    engine = engine_of(mode)
    assert entries(engine, out(QUESTION), out(QUESTION, 40001), end=False) == []
    assert [entry[2] for entry in engine.release()] == [1, 2]
    assert kinds(*entries(engine, back(ANSWER))) == [DATAGRAM, END, END]


def test_a_forgotten_exchange_is_read(mode: Any) -> None:
    engine = engine_of(mode)
    engine.forget(ENDS[:6])  # connections between the same ends
    assert EXCHANGED in kinds(*entries(engine, out(QUESTION), back(ANSWER), end=False))
    engine.forget(ENDS)
    assert kinds(*entries(engine, out(QUESTION, 40001), back(ANSWER, 40001))) == [DATAGRAM, DATAGRAM, END, END]


def test_exchanges_share_their_questions(mode: Any) -> None:
    engine = engine_of(mode)
    other = (EXCHANGE[0], (1, b"\0\0name=8...on", STRETCHES[1]))
    assert (engine.learn_exchange(ENDS, other), engine.learn_exchange(ENDS, EXCHANGE)) == (1, 0)
    found = entries(engine, out(QUESTION), back(b"\x12\x34name=8...on"), out(QUESTION, 40001), back(ANSWER, 40001))
    assert [entry[2] for entry in found[:2]] == [1, 0]


def test_exchanges_that_do_not_fit_are_all_forgotten(mode: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    engine = engine_of(mode)
    monkeypatch.setattr(mode, "MAX_STEPS", 3)
    assert entries(engine, out(QUESTION), end=False) == []
    assert engine.learn_exchange(ENDS, ((0, b"one", ()), (1, b"two", ()))) == -1
    assert kinds(*entries(engine, back(ANSWER))) == [DATAGRAM, DATAGRAM, END]
    assert engine.learn_exchange(ENDS, EXCHANGE) == 0


def test_varying_bytes_are_bounded_and_lie_within(mode: Any) -> None:
    engine = engine_of(mode, knows=False)
    most = mode.MAX_VARYING
    assert engine.learn_exchange(ENDS, ((0, bytes(most + 1), ((0, most),)), (1, b"on", ()))) == 0
    for varying in (((0, most + 1),), ((most, most + 2),)):
        with pytest.raises(ValueError, match="stretch"):
            engine.learn_exchange(ENDS, ((0, bytes(most + 1), varying), (1, b"on", ())))
