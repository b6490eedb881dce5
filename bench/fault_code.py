"""A small fault of a module's code: its text, its lines, and putting it into code that is loaded."""

from __future__ import annotations

import ast
import gc
import os
from dataclasses import dataclass
from enum import Enum, auto
from inspect import CO_OPTIMIZED
from pathlib import Path
from types import CodeType, FunctionType
from typing import Any

ROOT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True, slots=True)
class Fault:
    """One change: ``before`` at ``start`` of the module's text becomes ``after``."""

    module: Path
    line: int
    start: int
    before: str
    after: str

    def __str__(self) -> str:
        before, after = (" ".join(text.split())[:90] for text in (self.before, self.after))
        return f"{os.path.relpath(self.module, ROOT)}:{self.line}: {before} -> {after}"

    def changed(self) -> bytes:
        """The module's text with the fault in it."""
        whole = self.module.read_bytes()
        return whole[: self.start] + self.after.encode() + whole[self.start + len(self.before.encode()) :]

    def lines(self) -> range:
        """The lines of the statement that holds the fault, without the statements inside of it."""
        first = self.module.read_bytes()[: self.start].count(b"\n") + 1
        last = first + self.before.count("\n")
        best = range(first, last + 1)
        narrowest = 1 << 30
        for node in ast.walk(ast.parse(self.module.read_bytes())):
            if not isinstance(node, ast.stmt) or not node.lineno <= first <= last <= (node.end_lineno or 0):
                continue
            end = node.end_lineno or 0
            if body := getattr(node, "body", None):
                if first >= body[0].lineno:
                    continue
                end = max(node.lineno, body[0].lineno - 1)
            if end - node.lineno < narrowest:
                narrowest, best = end - node.lineno, range(node.lineno, end + 1)
        return best


class Put(Enum):
    """What became of a fault that was to be put into loaded code."""

    DONE = auto()
    """It stands in the functions that are loaded."""
    NEEDS_RELOAD = auto()
    """It stands in code that ran when the module was loaded, or in functions that cannot take it."""
    NO_CHANGE = auto()
    """It compiles to the same instructions."""


Place = tuple[str, int]
"""Where code stands in a module: its qualified name, and which one of that name."""


def put(fault: Fault) -> Put:
    """Put a fault into all loaded functions of its module; the module's text is left alone."""
    name = str(fault.module)
    before = compile(fault.module.read_bytes(), name, "exec", dont_inherit=True)
    after = compile(fault.changed(), name, "exec", dont_inherit=True)
    if _outline(before) == _outline(after):
        return Put.NO_CHANGE
    old, new = _inner(before), _inner(after)
    if old.keys() != new.keys() or _outline(before, deep=False) != _outline(after, deep=False):
        return Put.NEEDS_RELOAD
    changed = {where for where in old if _outline(old[where]) != _outline(new[where])}
    places: dict[tuple[str, int], Place] = {}
    for where, code in old.items():
        run_at_load = not code.co_flags & CO_OPTIMIZED  # the body of a class
        if run_at_load and _outline(code, deep=False) != _outline(new[where], deep=False):
            return Put.NEEDS_RELOAD
        place = (code.co_qualname, code.co_firstlineno)
        if place in places and {where, places[place]} & changed:  # two lambdas on one line
            return Put.NEEDS_RELOAD
        places[place] = where
    done = False
    for function in [each for each in gc.get_objects() if isinstance(each, FunctionType)]:
        code = function.__code__
        where_is = places.get((code.co_qualname, code.co_firstlineno)) if code.co_filename == name else None
        if where_is in changed and where_is is not None:
            try:
                function.__code__ = new[where_is]
            except ValueError:  # it closes over more, or less
                return Put.NEEDS_RELOAD
            done = True
    return Put.DONE if done else Put.NEEDS_RELOAD


def _inner(code: CodeType) -> dict[Place, CodeType]:
    """All code within code, by its place."""
    found: dict[Place, CodeType] = {}
    numbers: dict[str, int] = {}

    def walk(outer: CodeType) -> None:
        for each in outer.co_consts:
            if isinstance(each, CodeType):
                number = numbers[each.co_qualname] = numbers.get(each.co_qualname, -1) + 1
                found[each.co_qualname, number] = each
                walk(each)

    walk(code)
    return found


def _outline(code: CodeType, *, deep: bool = True) -> tuple[Any, ...]:
    """What code does, lines aside; of the code within it only that it is there, unless `deep`."""
    constants = tuple(
        (_outline(each) if deep else None) if isinstance(each, CodeType) else (type(each), repr(each))
        for each in code.co_consts
    )
    return (code.co_code, code.co_names, code.co_varnames, code.co_freevars, code.co_cellvars, constants)
