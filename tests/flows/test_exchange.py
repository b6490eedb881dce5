"""A flow of datagrams that are each read by itself: what it learns, and when a conversation takes it over."""

from __future__ import annotations

from typing import Any

import pytest

from sensor.flows.exchange import MAX_READ, Exchange
from sensor.flows.known_exchanges import Heard, Spoken
from sensor.model import Endpoint, Flow, Transport
from tests.decode.wire import A, B, ip

FIRST = Spoken("dns", ((0, b"one", 1, 10),), Heard((), 0))


class Known:
    """Reads all that does not begin with a question mark."""

    def __init__(self) -> None:
        self.learned: list[list[tuple[int, bytes]]] = []

    def read(self, _flow: Flow, _application: str, datagram: tuple[int, bytes, int, int]) -> Heard | None:
        return None if datagram[1].startswith(b"?") else Heard((), 0)

    def learn(self, _flow: Flow, _application: str, said: list[tuple[int, bytes, Heard]]) -> None:
        self.learned.append([one[:2] for one in said])


class Reader:
    """A conversation that observes each datagram."""

    def __init__(self, observed: Any) -> None:
        self.read: list[tuple[Any, ...]] = []
        self.over = False
        self._observed = observed

    def datagram(self, *datagram: Any) -> None:
        self.read.append(datagram)
        self._observed(datagram)


class Made:
    """An exchange, and what it did."""

    def __init__(self, spoken: Spoken = FIRST) -> None:
        self.known = Known()
        self.heard: list[Any] = []
        self.left: list[Any] = []
        self.ignored: list[int] = []
        ends = Endpoint(ip("192.0.2.10"), 40000, A), Endpoint(ip("192.0.2.11"), 53, B)
        flow = Flow(1, Transport.UDP, *ends, 10, 10, 1, application="dns", layers=("dns",))
        known: Any = self.known
        self.exchange = Exchange(flow, 7, spoken, known, self.made, self, self.heard.append, self.left.append)

    def made(self, _wants: object, emit: Any) -> Any:
        return Reader(emit)

    def ignore(self, slot: int) -> None:
        self.ignored.append(slot)

    def skip(self, slot: int, side: int, seq: int) -> None:
        raise AssertionError("a flow of datagrams has nothing to skip")

    def feed(self, *said: tuple[int, bytes]) -> None:
        for number, (side, data) in enumerate(said, 2):
            (self.left[-1] if self.left else self.exchange).datagram(side, data, number, 10 * number)


def test_questions_and_as_many_answers_are_an_exchange() -> None:
    made = Made()
    made.feed((1, b"answer"), (0, b"two"), (0, b"three"), (1, b"its"))
    assert made.known.learned == [[(0, b"one"), (1, b"answer")]]
    assert (made.exchange.last, made.exchange.weigh()) == (50, 3 + 6 + 3 + 5 + 3)
    made = Made()
    made.feed((0, b"two"), (1, b"answer"), (1, b"its"))
    assert made.known.learned == [[(0, b"one"), (0, b"two"), (1, b"answer"), (1, b"its")]]
    assert not made.left and not made.heard


def test_longer_ones_and_answers_without_a_question_are_none() -> None:
    made = Made()
    made.feed((0, b"two"), (0, b"three"), (1, b"a"), (1, b"b"))
    assert made.known.learned == []
    made = Made()
    made.feed((1, b"a"), (1, b"b"), (0, b"c"), (1, b"d"))
    assert made.known.learned == [[(0, b"one"), (1, b"a")]]


@pytest.mark.parametrize("odd", [(1, b"?"), (0, b"one")])
def test_a_conversation_takes_over_what_is_unusual_and_has_read_the_rest(odd: tuple[int, bytes]) -> None:
    made = Made()
    made.feed((1, b"answer"), odd, (1, b"more"))
    assert [one[:2] for one in made.left[0].read] == [(0, b"one"), (1, b"answer"), odd, (1, b"more")]
    assert [one[:2] for one in made.heard] == [odd, (1, b"more")]
    assert (made.exchange.flow.application, made.exchange.flow.layers) == (None, ())


def test_a_long_flow_is_a_conversation() -> None:
    made = Made()
    made.feed(*((number % 2, b"%d" % number) for number in range(1, MAX_READ + 2)))
    assert (len(made.left), len(made.heard)) == (1, 2)


def test_behind_known_exchanges_all_is_read() -> None:
    made = Made(Spoken("dns", ((0, b"one", 1, 10), (1, b"answer", 2, 11))))
    made.feed((0, b"two"))
    assert (len(made.left[0].read), len(made.heard), made.known.learned) == (3, 1, [])


def test_one_that_nobody_can_afford_is_left() -> None:
    made = Made()
    made.exchange.abandon()
    assert (made.exchange.over, made.ignored) == (True, [7])
