"""Workers answer in order, and the death of one costs the capture that it read."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator

import pytest

from sensor.replay.workers import AHEAD, Lost, Workers


def test_answers_come_in_order_whoever_is_first() -> None:
    def read(place: int, path: str) -> str:
        time.sleep(0.2 if place % 5 == 0 else 0)
        return f"{path} of {os.getpid() != parent}"

    parent = os.getpid()
    paths = [f"capture {number}" for number in range(4 * AHEAD)]
    found = list(Workers(2, read).answers(paths))
    assert found == [(place, path, f"{path} of True") for place, path in enumerate(paths)]


def test_no_more_are_begun_than_may_wait() -> None:
    handed: list[str] = []

    def paths() -> Iterator[str]:
        for number in range(100):
            handed.append(str(number))
            yield str(number)

    answers = Workers(2, lambda place, path: path).answers(paths())
    next(answers)
    assert len(handed) <= 2 * AHEAD + 2
    answers.close()


@pytest.mark.parametrize("victim", [0, 3, 6])
def test_a_worker_that_dies_names_its_capture_alone(victim: int) -> None:
    def read(place: int, path: str) -> str:
        if place == victim:
            os.kill(os.getpid(), signal.SIGKILL)
        return path

    found = [answer for _, _, answer in Workers(2, read).answers(map(str, range(7)))]
    expected: list[str | Lost] = [str(number) for number in range(7)]
    expected[victim] = Lost("the process that read it ended (SIGKILL)")
    assert found == expected


def test_all_may_die() -> None:
    found = [answer for _, _, answer in Workers(2, lambda place, path: os._exit(3)).answers(["a", "b", "c"])]
    assert found == [Lost("the process that read it ended (status 3)")] * 3


def test_too_little_memory_is_a_sentence() -> None:
    def read(place: int, path: str) -> str:
        raise MemoryError

    assert [answer for _, _, answer in Workers(1, read).answers(["a"])] == [
        Lost("this machine has too little memory for it")
    ]


def test_no_process_is_left() -> None:
    workers = Workers(2, lambda place, path: os.getpid())
    answers = workers.answers(["a", "b", "c"])
    _, _, process = next(answers)
    answers.close()
    assert isinstance(process, int)
    with pytest.raises(ProcessLookupError):
        os.kill(process, 0)
