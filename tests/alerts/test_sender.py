"""A channel that fails is tried again, later each time; nothing is lost and nothing is told twice in the log."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from sensor.alerts.sender import FIRST, LONGEST, LOOK, Sender, Undelivered, pause
from sensor.alerts.spool import QueuedMessage, Spool


class Fake:
    name = "webhook"

    def __init__(self, *answers: Exception | None) -> None:
        self.answers = list(answers)
        self.got: list[int] = []
        self.closed = False
        self.arrived = threading.Event()

    def deliver(self, message: QueuedMessage) -> None:
        answer = self.answers.pop(0) if self.answers else None
        if answer is not None:
            raise answer
        self.got.append(message.body["n"])
        self.arrived.set()

    def close(self) -> None:
        self.closed = True


def sender(tmp_path: Path, *answers: Exception | None, count: int = 1) -> tuple[Sender, Fake, list[str]]:
    channel, sentences = Fake(*answers), list[str]()
    spool = Spool(tmp_path)
    for number in range(count):
        spool.put({"n": number}, at=0.0, now=1e9)
    return Sender(channel, spool, sentences.append, clock=lambda: 1e9), channel, sentences


def test_all_that_waits_is_sent_in_order(tmp_path: Path) -> None:
    one, channel, sentences = sender(tmp_path, count=3)
    assert one.step() == LOOK
    assert channel.got == [0, 1, 2] and sentences == []
    assert one.counts() == {"sent": 3, "failed": 0, "dropped": 0, "waiting": 0}


def test_a_failure_is_tried_again_and_reported_once(tmp_path: Path) -> None:
    down = [Undelivered("it cannot be reached") for _ in range(3)]
    one, channel, sentences = sender(tmp_path, *down, Undelivered("the address answers 500"), count=2)
    waits = [one.step() for _ in range(4)]
    for number, wait in enumerate(waits):
        assert FIRST * 2**number <= wait <= FIRST * 2**number * 1.2
    assert channel.got == [] and one.counts()["waiting"] == 2
    one.step()
    assert channel.got == [0, 1]
    assert sentences == [
        "alerts by webhook wait: it cannot be reached",
        "alerts by webhook wait: the address answers 500",
        "alerts by webhook arrive again",
    ]
    assert one.counts() == {"sent": 2, "failed": 4, "dropped": 0, "waiting": 0}


def test_a_bug_in_a_channel_ends_nothing_and_its_text_stays_inside(tmp_path: Path) -> None:
    one, channel, sentences = sender(tmp_path, KeyError("what was sent"))
    one.step()
    assert sentences == ["alerts by webhook wait: a bug of this program (KeyError)"]
    one.step()
    assert channel.got == [0]


@pytest.mark.parametrize("failures", [1, 2, 12, 1000, 10**9])
def test_pauses_are_bounded(failures: int) -> None:
    assert FIRST <= pause(failures) <= LONGEST


def test_a_pause_the_receiver_asks_for_stays_within_the_bound() -> None:
    assert pause(1, 120) == 120 and pause(1, 10**6) == LONGEST


def test_it_waits_no_longer_than_until_the_next_may_go(tmp_path: Path) -> None:
    one, _, _ = sender(tmp_path, count=0)
    one.spool.put({"n": 1}, at=1e9 + 30, now=1e9)
    assert one.step() == 30
    one.spool.put({"n": 1}, at=1e9 + 1e6, now=1e9)
    assert one.step() == 30


def test_the_thread_sends_what_comes_later_and_ends(tmp_path: Path) -> None:
    one, channel, _ = sender(tmp_path, count=0)
    one.start()
    one.spool.put({"n": 7}, at=0.0, now=1e9)
    one.wake()
    assert channel.arrived.wait(10)
    one.close()
    assert channel.got == [7] and channel.closed
    assert not [thread for thread in threading.enumerate() if thread.name == "alerts-webhook"]


def test_what_may_be_sent_is_sent_before_the_end(tmp_path: Path) -> None:
    one, channel, _ = sender(tmp_path, count=50)
    one.spool.put({"n": 99}, at=2e9, now=1e9)
    one.start()
    one.close(20)
    assert channel.got == list(range(50)) and len(one.spool) == 1


def test_the_end_does_not_wait_for_a_long_pause(tmp_path: Path) -> None:
    one, channel, sentences = sender(tmp_path, Undelivered("down", 3000.0))
    one.start()
    while not sentences:
        threading.Event().wait(0.01)
    one.close()
    assert channel.closed and len(Spool(tmp_path)) == 1
