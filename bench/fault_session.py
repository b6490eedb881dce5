"""One session of pytest for many faults: a fork for each, with the tests that run the fault's lines.

pytest, the libraries and the tests are loaded and collected once. A first fork runs all tests and notes the lines that
each one runs. Then each fault is put into the loaded code of a fork of its own (`bench.fault_code`), and the tests that
reach it run, the quickest first, until one fails.
"""

from __future__ import annotations

import contextlib
import os
import pickle
import shutil
import signal
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from enum import IntEnum
from functools import partial
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec
from importlib.util import spec_from_file_location
from itertools import groupby
from pathlib import Path
from types import FrameType, ModuleType
from typing import Any

import pytest

from bench.fault_code import ROOT, Fault, Put, put

Work = tuple[Fault, Sequence[str]]
"""A fault, and the files of tests that should see it."""

SECONDS = 60
TIMES = 10
"""A run that takes so many times as long as without the fault, and so many seconds more, hangs, which is seen."""


class Outcome(IntEnum):
    """What the tests made of a fault; the status of the process that ran them."""

    NOT_SEEN = 0
    SEEN = 1
    NEEDS_COPY = 4
    """The fault cannot be put into loaded code."""
    NO_CHANGE = 5
    """The fault compiles to the same instructions: it is none."""


BY_STATUS = {each.value: each for each in Outcome}


@dataclass(frozen=True, slots=True)
class Reach:
    """What one test does without a fault."""

    lines: frozenset[tuple[str, int]]
    seconds: float
    failed: bool


class SourceFinder(MetaPathFinder):
    """Imports modules from their source, where a compiled one stands beside it: a fault is only in the source."""

    def __init__(self, modules: Iterable[Path]) -> None:
        inside = [each for each in modules if each.is_relative_to(ROOT)]
        self._sources = {".".join(each.relative_to(ROOT).with_suffix("").parts): each for each in inside}

    def find_spec(
        self, fullname: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        source = self._sources.get(fullname)
        return spec_from_file_location(fullname, source) if source else None


class FaultSession:
    """A plugin of pytest that runs faults instead of the tests. `outcomes` are in the order of the work."""

    def __init__(self, work: Sequence[Work], side_by_side: int) -> None:
        self.outcomes: list[Outcome] = [Outcome.NEEDS_COPY] * len(work)
        self.failing: list[str] = []
        """Tests that fail without a fault; they see none."""
        self._work = work
        self._side_by_side = side_by_side
        self._modules = {str(fault.module) for fault, _ in work}

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        if session.testsfailed:  # collecting failed
            return True
        with tempfile.TemporaryDirectory() as folder:
            reached = self._reached(session, Path(folder))
            self.failing = [item.nodeid for item, reach in zip(session.items, reached, strict=True) if reach.failed]
            tests = [each for each in zip(session.items, reached, strict=True) if not each[1].failed]
            self._run_all(session, tests, Path(folder))
        return True

    def _reached(self, session: pytest.Session, folder: Path) -> list[Reach]:
        """What each test reaches. A fork for each file runs its tests: what is cached by one file is new to the next,
        and the session itself has run none."""
        found: list[Reach] = []
        for number, (_, items) in enumerate(groupby(range(len(session.items)), lambda at: _file(session.items[at]))):
            result, numbers = folder / f"reached.{number}", list(items)
            run = partial(_write, result, lambda numbers=numbers: [self._traced(session, at) for at in numbers])
            os.waitpid(_fork(folder / f"first.{number}", run), 0)
            found += pickle.loads(result.read_bytes())
        return found

    def _traced(self, session: pytest.Session, number: int) -> Reach:
        lines: set[tuple[str, int]] = set()

        def in_module(frame: FrameType, event: str, _: Any) -> Any:
            if event == "line":
                lines.add((frame.f_code.co_filename, frame.f_lineno))
            return in_module

        def anywhere(frame: FrameType, _: str, __: Any) -> Any:
            if frame.f_code.co_filename in self._modules:
                lines.add((frame.f_code.co_filename, frame.f_lineno))
                return in_module
            return None

        failed, began = session.testsfailed, time.monotonic()
        threading.settrace(anywhere)
        sys.settrace(anywhere)
        try:
            _run(session.items[number], session.items[number + 1 : number + 2])
        finally:
            sys.settrace(None)
        return Reach(frozenset(lines), time.monotonic() - began, session.testsfailed > failed)

    def _run_all(self, session: pytest.Session, tests: list[tuple[pytest.Item, Reach]], folder: Path) -> None:
        queue = list(range(len(self._work)))[::-1]
        running: dict[int, tuple[int, float]] = {}
        while queue or running:
            while queue and len(running) < self._side_by_side:
                number = queue.pop()
                fault, files = self._work[number]
                lines = {(str(fault.module), line) for line in fault.lines()}
                chosen = _chosen([each for each in tests if _file(each[0]) in files], lines)
                items = [item for item, _ in chosen]
                child = _fork(folder / str(number), partial(_judge, session, fault, items))
                allowed = SECONDS + TIMES * sum(reach.seconds for _, reach in chosen)
                running[child] = (number, time.monotonic() + allowed)
            child, status = os.waitpid(-1, os.WNOHANG)
            if child in running:
                number, _ = running.pop(child)
                self.outcomes[number] = BY_STATUS.get(os.waitstatus_to_exitcode(status), Outcome.SEEN)
                with contextlib.suppress(ProcessLookupError):  # what its tests left running
                    os.killpg(child, signal.SIGKILL)
                shutil.rmtree(folder / str(number), ignore_errors=True)
                continue
            for each, (_, until) in running.items():
                if time.monotonic() > until:
                    os.killpg(each, signal.SIGKILL)
            time.sleep(0.01)


def _file(item: pytest.Item) -> str:
    return item.nodeid.partition("::")[0]


def _write(to: Path, work: Callable[[], list[Reach]]) -> int:
    to.write_bytes(pickle.dumps(work()))
    return 0


def _chosen(tests: list[tuple[pytest.Item, Reach]], lines: set[tuple[str, int]]) -> list[tuple[pytest.Item, Reach]]:
    """The tests that reach lines, the quickest first; where one alone of a file does, the others of the file follow:
    what it reached may be cached, and theirs."""
    reaching = sorted((each for each in tests if lines & each[1].lines), key=lambda each: each[1].seconds)
    by_file = Counter(_file(item) for item, _ in reaching)
    alone = {file for file, number in by_file.items() if number == 1}
    return reaching + [each for each in tests if _file(each[0]) in alone and each not in reaching]


def _fork(folder: Path, work: Callable[[], int]) -> int:
    """A process without a terminal and with a folder of its own, that ends with what the work returns."""
    child = os.fork()
    if child:
        return child
    status = 1
    try:
        os.setsid()
        null = os.open(os.devnull, os.O_RDWR)
        for each in range(3):
            os.dup2(null, each)
        folder.mkdir()
        os.environ["PYTEST_DEBUG_TEMPROOT"] = os.environ["HYPOTHESIS_STORAGE_DIRECTORY"] = str(folder)
        status = work()
    finally:
        os._exit(status)


def _run(item: pytest.Item, following: Sequence[pytest.Item]) -> None:
    item.config.hook.pytest_runtest_protocol(item=item, nextitem=following[0] if following else None)


def _judge(session: pytest.Session, fault: Fault, items: Sequence[pytest.Item]) -> Outcome:
    try:
        done = put(fault)
    except SyntaxError:
        return Outcome.SEEN
    if done is not Put.DONE:
        return Outcome.NEEDS_COPY if done is Put.NEEDS_RELOAD else Outcome.NO_CHANGE
    for number, item in enumerate(items):
        _run(item, items[number + 1 : number + 2])
        if session.testsfailed:
            return Outcome.SEEN
    return Outcome.NOT_SEEN


def run_session(work: Sequence[Work], side_by_side: int) -> FaultSession:
    """The session of all faults of the work, once it is over."""
    finder = SourceFinder({fault.module for fault, _ in work if compiled(fault.module)})
    sys.meta_path.insert(0, finder)
    try:
        files = sorted({each for _, tests in work for each in tests})
        session = FaultSession(work, side_by_side)
        pytest.main(["-q", "-s", "--no-header", "-p", "no:cacheprovider", "-p", "no:xdist", *files], plugins=[session])
    finally:
        sys.meta_path.remove(finder)
    return session


def compiled(module: Path) -> list[Path]:
    """The compiled forms that stand beside a module's source."""
    return sorted(module.parent.glob(f"{module.stem}.*.so"))
