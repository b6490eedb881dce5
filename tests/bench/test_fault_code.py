"""Putting a fault into loaded code: what takes it, and what must be loaded anew."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

from bench.fault_code import Fault, Put, put

CODE = '''"""A module — with more than ASCII."""
LIMIT = 3


class Level:
    LEAST = 2

    def high(self, level: int) -> bool:
        if level < 3:
            return False
        return any(level > each for each in (4, 5))


def least(levels: list[int], start: int = 0) -> int:
    return min(levels, default=start)


def counter():
    count = 0

    def add():
        return count

    return add


pair = (lambda: 1, lambda: 1)
'''


@pytest.fixture
def loaded(tmp_path: Path) -> Iterator[ModuleType]:
    path = tmp_path / "level_of_a_test.py"
    path.write_text(CODE, "utf-8")
    spec = importlib.util.spec_from_file_location("level_of_a_test", path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["level_of_a_test"] = module
    spec.loader.exec_module(module)
    yield module
    del sys.modules["level_of_a_test"]


def fault(module: ModuleType, before: str, after: str) -> Fault:
    path = Path(str(module.__file__))
    start = path.read_bytes().index(before.encode())
    return Fault(path, path.read_bytes()[:start].count(b"\n") + 1, start, before, after)


def test_a_fault_stands_in_the_function_of_objects_that_are_there_already(loaded: ModuleType) -> None:
    level = loaded.Level()
    assert not level.high(4)
    assert put(fault(loaded, "level < 3", "level < 9")) is Put.DONE
    assert not level.high(8)
    assert Path(str(loaded.__file__)).read_text("utf-8") == CODE


def test_a_fault_stands_in_an_expression_within_a_function(loaded: ModuleType) -> None:
    assert put(fault(loaded, "level > each", "level >= each")) is Put.DONE
    assert loaded.Level().high(4)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("LIMIT = 3", "LIMIT = 4"),  # runs when the module is loaded
        ("LEAST = 2", "LEAST = 3"),  # … when the class is made
        ("start: int = 0", "start: int = 1"),  # … when the function is made
        ("lambda: 1,", "lambda: 2,"),  # one of two on a line
        ("any(level > each for each in (4, 5))", "level > 4"),  # code that is no more
    ],
)
def test_what_ran_when_the_module_was_loaded_needs_that_again(loaded: ModuleType, before: str, after: str) -> None:
    assert put(fault(loaded, before, after)) is Put.NEEDS_RELOAD


def test_the_same_instructions_are_no_fault(loaded: ModuleType) -> None:
    assert put(fault(loaded, "level < 3", "(level < 3)")) is Put.NO_CHANGE


def test_what_is_no_python_is_none(loaded: ModuleType) -> None:
    with pytest.raises(SyntaxError):
        put(fault(loaded, "return False", "return ("))


def test_the_lines_of_a_fault_are_those_of_its_statement_alone(loaded: ModuleType) -> None:
    assert fault(loaded, "level < 3", "True").lines() == range(9, 10)
    assert fault(loaded, "any", "all").lines() == range(11, 12)
    assert fault(loaded, "count = 0", "pass").lines() == range(19, 20)
