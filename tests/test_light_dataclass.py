"""Tests for sensor.light_dataclass: it behaves as the standard library's, whichever method is called first."""

from __future__ import annotations

import copy
import dataclasses
import inspect
import pickle
from collections.abc import Callable
from dataclasses import field
from typing import Any

import pytest

import sensor.light_dataclass

light: Callable[..., Any] = vars(sensor.light_dataclass)["dataclass"]


def library(*, frozen: bool = False, **more: Any) -> Any:
    return dataclasses.dataclass(unsafe_hash=frozen, **more)


def classes(decorate: Any) -> list[Any]:
    @decorate(frozen=True, slots=True)
    class Plain:
        first: int
        second: str = "two"
        secret: str = field(default="", repr=False)
        aside: int = field(default=0, compare=False)

    @decorate(slots=True)
    class Changing:
        first: int
        many: list[int] = field(default_factory=list)

    @decorate(frozen=True, slots=True, kw_only=True)
    class Named:
        first: int

    @decorate(frozen=True, slots=True)
    class Inherits(Named):
        """Has a field of its own before the one that is named."""

        own: int

        def __repr__(self) -> str:
            return "own words"

    @decorate(slots=True, eq=False)
    class ByIdentity:
        first: int

    @decorate(slots=True)
    class Prepared:
        first: int
        late: int = field(init=False)

        def __post_init__(self) -> None:
            self.late = self.first + 1

    @decorate(slots=True, frozen=True)
    class Empty:
        pass

    return [Plain, Changing, Named, Inherits, ByIdentity, Prepared, Empty]


CALLS: dict[str, Callable[[Any], Any]] = {
    "positional": lambda cls: repr(cls(1)),
    "by name": lambda cls: repr(cls(first=1)),
    "of both": lambda cls: repr(cls(5, first=1)),
    "too many": lambda cls: cls(1, 2, 3, 4, 5),
    "none": lambda cls: repr(cls()),
    "equal": lambda cls: (cls(first=1) == cls(first=1), cls(first=1) == cls(first=2), cls(first=1) == 1),
    "beside the comparison": lambda cls: (cls(1, aside=1) == cls(1, aside=2), hash(cls(1, aside=1)) == hash(cls(1))),
    "hash": lambda cls: cls.__hash__ is not object.__hash__ and hash(cls(first=1)) == hash(cls(first=1)),
    "hash of what is equal": lambda cls: hash(cls(first=1)),
    "fresh lists": lambda cls: cls(1).many is cls(1).many,
    "pattern": lambda cls: cls.__match_args__,
    "values": lambda cls: dataclasses.asdict(cls(first=1)),
    "changed": lambda cls: repr(dataclasses.replace(cls(first=1), first=3)),
    "copied": lambda cls: repr(copy.copy(cls(first=1))),
    "slots": lambda cls: setattr(cls(first=1), "unknown", 1),
    "after init": lambda cls: cls(1).late,
}


def outcome(call: Callable[[Any], Any], cls: Any) -> object:
    try:
        return call(cls)
    except (TypeError, AttributeError) as error:
        return type(error).__name__, str(error).replace("library", "light")


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
def test_a_first_and_a_second_call_do_what_the_librarys_does(call: Callable[[Any], Any]) -> None:
    for ours, theirs in zip(classes(light), classes(library), strict=True):
        if call is CALLS["hash of what is equal"] and theirs.__hash__ is object.__hash__:
            continue  # the address of an object
        expected = outcome(call, theirs)
        assert [outcome(call, ours), outcome(call, ours)] == [expected, expected], ours


def test_the_written_method_takes_the_place_of_the_first() -> None:
    plain = classes(light)[0]
    before = plain.__init__
    plain(1)
    assert plain.__init__ is not before
    assert list(inspect.signature(plain).parameters) == ["first", "second", "secret", "aside"]


def test_an_object_can_be_pickled() -> None:
    from sensor.model import Endpoint

    end = Endpoint(b"\xc0\x00\x02\x01", 80, b"")
    assert pickle.loads(pickle.dumps(end)) == end
