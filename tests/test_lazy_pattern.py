"""Tests for sensor.lazy_pattern: it finds what the compiled expression does, and is compiled once, at its first use."""

from __future__ import annotations

import re
import subprocess
import sys

import pytest

from sensor.lazy_pattern import expression, expression_of
from tests.replaying import ROOT


def test_it_is_compiled_once_and_late() -> None:
    made = []

    def source() -> bytes:
        made.append(1)
        return rb"b+"

    pattern = expression_of(source, re.IGNORECASE)
    assert made == []
    assert pattern.search(b"aBbc") is not None
    assert pattern.match(b"aBbc") is None
    assert pattern.fullmatch(b"BB") is not None
    assert [match.span() for match in pattern.finditer(b"bab")] == [(0, 1), (2, 3)]
    assert made == [1]


@pytest.mark.parametrize("name", [name for name in dir(re.Pattern) if not name.startswith("_")])
def test_whatever_is_asked_for_first_is_the_compiled_ones(name: str) -> None:
    compiled = re.compile("(?P<sign>[a-c])x", re.IGNORECASE)
    lazy = expression("(?P<sign>[a-c])x", re.IGNORECASE)
    assert getattr(lazy, name) == getattr(compiled, name)
    assert lazy.sub("-", "AxBx") == "--"


def test_a_wrong_expression_is_said_at_its_first_use() -> None:
    wrong = expression("(")
    for _ in range(2):
        with pytest.raises(re.error):
            wrong.search("text")


COMPILE_ALL = """
import gc, importlib, pkgutil, sensor
from sensor.lazy_pattern import LazyPattern

for module in pkgutil.walk_packages(sensor.__path__, "sensor."):
    if not module.name.endswith("__main__"):
        importlib.import_module(module.name)
waiting = [one for one in gc.get_objects() if type(one) is LazyPattern]
assert all(one.groups >= 0 for one in waiting)
print(len(waiting))
"""


def test_every_expression_of_the_program_can_be_compiled() -> None:
    """In a process of its own: what other tests used is compiled already."""
    done = subprocess.run([sys.executable, "-c", COMPILE_ALL], cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) > 200
