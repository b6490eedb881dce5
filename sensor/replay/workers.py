"""Worker processes that read captures apart, one at a time each; their answers come in order."""

from __future__ import annotations

import multiprocessing
import signal
import traceback
from collections.abc import Callable, Generator, Iterable
from multiprocessing.connection import Connection, wait
from pathlib import Path
from typing import Generic, TypeVar

from sensor.light_dataclass import dataclass

AHEAD = 4
"""Captures for each worker that may be read before their turn has come: their results wait in memory."""

Answer = TypeVar("Answer")


@dataclass(frozen=True, slots=True)
class Lost:
    """Why there is no answer, as a sentence; ``bug``: of this program."""

    reason: str
    bug: bool = False


class _Worker(Generic[Answer]):
    """A process that answers one call after the other. It is a fork: ``read`` and what it holds are not sent."""

    def __init__(self, read: Callable[[int, str], Answer], others: Iterable[_Worker[Answer]]) -> None:
        fork = multiprocessing.get_context("fork")
        self.connection, there = fork.Pipe()
        self.place: int | None = None
        """The place of the capture that it reads, None where it waits."""
        ours = [self.connection, *(other.connection for other in others)]
        self.process = fork.Process(target=_serve, args=(there, ours, read), daemon=True)
        self.process.start()
        there.close()

    def end(self) -> None:
        """End the process, whatever it does."""
        self.connection.close()
        self.process.terminate()
        self.process.join()


class Workers(Generic[Answer]):
    """``count`` processes that call ``read`` with the place and the path of a capture."""

    def __init__(self, count: int, read: Callable[[int, str], Answer]) -> None:
        self._read = read
        self._workers: list[_Worker[Answer]] = []
        self._count = count

    def answers(self, paths: Iterable[str]) -> Generator[tuple[int, str, Answer | Lost], None, None]:
        """Place, path and answer of each capture, in the order of ``paths``."""
        waiting = iter(enumerate(paths))
        given: dict[int, str] = {}
        answered: dict[int, Answer | Lost] = {}
        turn, more = 0, True
        try:
            while more or given:
                while more and len(given) < self._count * AHEAD and (worker := self._idle()) is not None:
                    place, path = next(waiting, (-1, ""))
                    if place < 0:
                        more = False
                    else:
                        given[place] = path
                        worker.place = place
                        worker.connection.send((place, path))
                self._collect(answered)
                while turn in answered:
                    yield turn, given.pop(turn), answered.pop(turn)
                    turn += 1
        finally:
            for worker in self._workers:
                worker.end()
            self._workers = []

    def _idle(self) -> _Worker[Answer] | None:
        """A worker that waits, made while there are fewer than asked for."""
        found = next((worker for worker in self._workers if worker.place is None), None)
        if found is None and len(self._workers) < self._count:
            found = _Worker(self._read, self._workers)
            self._workers.append(found)
        return found

    def _collect(self, answered: dict[int, Answer | Lost]) -> None:
        """Wait for an answer, or for the end of a worker, which costs the capture that it read and no other."""
        busy = {worker.connection: worker for worker in self._workers if worker.place is not None}
        for connection in wait(list(busy)) if busy else ():
            assert isinstance(connection, Connection)
            worker = busy[connection]
            place, worker.place = worker.place, None
            assert place is not None
            try:
                answered[place] = connection.recv()
            except (EOFError, OSError):
                worker.process.join()
                answered[place] = Lost(_reason(worker.process.exitcode))
                worker.end()
                self._workers.remove(worker)


def _reason(status: int | None) -> str:
    name = signal.Signals(-status).name if status is not None and -status in set(signal.Signals) else f"status {status}"
    return f"the process that read it ended ({name})"


def _serve(there: Connection, ours: list[Connection], read: Callable[[int, str], object]) -> None:
    """A worker's life: until the other end, which no other process may hold open, is closed."""
    for connection in ours:
        connection.close()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the terminal sends it to all: the parent ends its workers
    while True:
        try:
            place, path = there.recv()
        except EOFError:
            return
        try:
            answer = read(place, path)
        except MemoryError:
            answer = Lost("this machine has too little memory for it")
        except Exception as error:  # noqa: BLE001 - a bug of ours costs one capture; its text may hold payload
            last = traceback.extract_tb(error.__traceback__)[-1]
            where = f"{Path(last.filename).name}:{last.lineno}"
            answer = Lost(f"a bug of this program: {type(error).__name__} at {where}; please report it", bug=True)
        there.send(answer)
