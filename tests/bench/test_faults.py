"""Seeded faults: which ones a piece of code can be given, and whether tests see them."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench import faults

CODE = '''"""A module — with more than ASCII."""
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import os


def level(words: list[str], seen: int) -> bool:
    """Docstring with 5 == 5."""
    if words and seen < 3:
        return words[0] in ("high", "critical")
    return not seen
'''


@pytest.fixture
def module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(faults, "ROOT", tmp_path)
    (tmp_path / "sensor" / "room").mkdir(parents=True)
    (tmp_path / "tests" / "room").mkdir(parents=True)
    path = tmp_path / "sensor" / "room" / "level.py"
    path.write_text(CODE, "utf-8")
    return path


def test_the_faults_of_a_module(module: Path) -> None:
    found = {(fault.line, fault.before, fault.after) for fault in faults.Finder(module).faults}
    assert found == {
        (10, "words and seen < 3", "False"),
        (10, "words and seen < 3", "True"),
        (10, "words and seen < 3", "((words))"),
        (10, "words and seen < 3", "((seen < 3))"),
        (10, "seen < 3", "(seen <= 3)"),
        (10, "3", "4"),
        (11, 'words[0] in ("high", "critical")', '(words[0] not in ("high", "critical"))'),
        (11, '("high", "critical")', '("critical",)'),
        (11, '("high", "critical")', '("high",)'),
        (11, "0", "1"),
        (12, "not seen", "(seen)"),
    }


ANSWERS = """
from functools import cache

MOST = 8


@cache
class Answers:
    def read(self, side, code):
        if code < 300 and side is Side.CLIENT:
            self._lost = False
            yield from self.answer(side.other)
        for one, two in zip([], [], strict=True):
            yield one
"""


def test_the_faults_of_a_parser(module: Path) -> None:
    """Sides, classes of answers, states and events; not a limit, a decorator, or zip()'s strictness."""
    module.write_text(ANSWERS)
    found = {(fault.before, fault.after) for fault in faults.Finder(module).faults}
    assert found >= {
        ("300", "400"),
        ("Side.CLIENT", "Side.SERVER"),
        ("self._lost = False", "pass"),
        ("yield from self.answer(side.other)", "pass"),
        ("side.other", "side"),
        ("yield one", "pass"),
    }
    assert not {before for before, _ in found} & {"8", "cache", "strict=True"}
    assert [after for before, after in found if before == "True"] == []


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("SIZE = 4", set()), ("SIZE = 4 * 1024 * 2", set()), ("LASTS = 24 * 3600.0 + 1", set()), ("ON = True", set()),
        ("size = 4 * 1024", {"4"}), ("SIZE = limit(4)", {"4"}), ("SIZES = (4, 5)", {"4", "5"}),
    ],
)  # fmt: skip
def test_limits_of_a_module_stay(module: Path, line: str, found: set[str]) -> None:
    module.write_text(f"{line}\n")
    assert {fault.before for fault in faults.Finder(module).faults} == found


def test_rooms(module: Path) -> None:
    assert faults.room(module) == "sensor/room"


def test_each_fault_stands_where_it_is_said(module: Path) -> None:
    text = module.read_bytes()
    for fault in faults.Finder(module).faults:
        before = fault.before.encode()
        assert text[fault.start : fault.start + len(before)] == before


def test_a_fault_is_seen_by_a_test_that_depends_on_it(module: Path, tmp_path: Path) -> None:
    test = tmp_path / "tests" / "room" / "test_level.py"
    test.write_text(
        "from sensor.room.level import level\n\n\n"
        "def test_it() -> None:\n    assert level(['high'], 1) and level([], 0)\n"
    )
    assert faults.tests_of(module) == ["tests/room/test_level.py"]
    assert faults.passes(tmp_path, ["tests/room/test_level.py"])
    results = {
        (fault.before, fault.after): faults.seen(fault, tmp_path, ["tests/room/test_level.py"])
        for fault in faults.Finder(module).faults
        if fault.line == 11 and fault.before.startswith("(")
    }
    assert results == {
        ('("high", "critical")', '("critical",)'): True,
        ('("high", "critical")', '("high",)'): False,
    }
    assert module.read_text("utf-8") == CODE
