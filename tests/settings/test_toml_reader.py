"""A user's file against its schema: what is wrong is named with file, line and the nearest known word."""

from __future__ import annotations

import datetime
from typing import Any

import pytest

from sensor.settings import toml_reader as checks
from sensor.settings.toml_reader import Keys, Reader

KEYS: Keys = {"name": checks.text, "port": checks.port, "kind": checks.word("plug", "light"), "inner": None}

ZONE = datetime.UTC


@pytest.mark.parametrize(
    ("check", "good", "bad"),
    [
        (checks.text, ["x", " x "], ["", "  ", 1, None, ["x"]]),
        (checks.flag, [True, False], [1, "true", None]),
        (checks.port, [1, 65535], [0, 65536, -1, True, "80", 80.0]),
        (checks.days, [1, 400], [0, -1, True, "5"]),
        (checks.day, [datetime.date(2027, 1, 1)], ["2027-01-01", datetime.datetime(2027, 1, 1, tzinfo=ZONE), 2027]),
        (checks.timestamp, [datetime.datetime(2027, 1, 1, tzinfo=ZONE)],
         [datetime.datetime(2027, 1, 1), datetime.date(2027, 1, 1), "now"]),
        (checks.peer, ["203.0.113.7", "203.0.113.0/24", "2001:db8::/32", "cloud.example"],
         ["", "a b", "203.0.113.0/99", 5]),
        (checks.url, ["https://x.example/"], ["x.example", "ftp://x.example", 5]),
        (checks.word("plug", "light"), ["plug"], ["plugs", 1, None]),
    ],
)  # fmt: skip
def test_values(check: checks.Check, good: list[Any], bad: list[Any]) -> None:
    assert [value for value in good if check(value) is not None] == []
    assert [value for value in bad if check(value) is None] == []


@pytest.mark.parametrize(
    ("source", "complaint"),
    [
        ('[[thing]]\nname = "x"\nnmae = "y"\n', "lab.toml:3: unknown key 'nmae' in thing; did you mean name?"),
        ('[[thing]]\nzzz = "y"\n', "lab.toml:2: unknown key 'zzz' in thing; known are name, port, kind, inner"),
        ('[[thing]]\nname = "x"\nport = 0\n', "lab.toml:3: port: must be a port"),
        (
            '[[thing]]\nname = "x"\nkind = "plum"\n',
            "lab.toml:3: kind: 'plum' is not one of plug, light; did you mean plug?",
        ),
        ('\n[[thing]]\nkind = "plug"\n', "lab.toml:2: thing needs name"),
        ('[thing]\nname = "x"\n', "lab.toml:1: write [[thing]], one for each"),
        ("thing = [1]\n", "lab.toml:1: thing must be a table"),
        ('[[thnig]]\nname = "x"\n', "lab.toml:1: unknown key 'thnig'; did you mean thing?"),
        ("thing = \n", "lab.toml: "),
    ],
)
def test_complaints(source: str, complaint: str) -> None:
    with pytest.raises(ValueError, match=r"lab\.toml") as caught:
        reader = Reader("lab.toml", source)
        reader.top(("thing",))
        reader.tables((), "thing", reader.data.get("thing", []), KEYS, ("name",))
    assert str(caught.value).startswith(complaint)


def test_what_is_right_is_handed_on() -> None:
    reader = Reader("lab.toml", '[[thing]]\nname = "x"\n[[thing]]\nname = "y"\nport = 80\n')
    reader.top(("thing",))
    found = reader.tables((), "thing", reader.data["thing"], KEYS, ("name",))
    assert [(place, row["name"]) for place, row in found] == [((("thing", 0),), "x"), ((("thing", 1),), "y")]


@pytest.mark.parametrize(
    ("source", "complaint"),
    [
        ("x = " + "[" * 100_000, "nested too deeply"),
        ("x = " + "{a=" * 100_000, "nested too deeply"),
        ("x" + ".a" * 100_000 + " = 1", "more than 32 parts"),
        ("x" + " . 'a'" * 100_000 + " = 1", "more than 32 parts"),
        ("".join(f"k{number} = {number}\n" for number in range(700_000)), "larger than 2 MB"),
    ],
    ids=["arrays", "tables", "parts", "quoted parts", "10 MB"],
)
def test_what_nobody_writes_by_hand_is_a_sentence(source: str, complaint: str) -> None:
    """No RecursionError, and no minute for a file of a quarter of a megabyte."""
    with pytest.raises(ValueError, match=complaint):
        Reader("f.toml", source)


def test_a_key_of_many_parts_is_still_read() -> None:
    assert Reader("f.toml", "x" + ".a" * 31 + " = 1").data["x"]["a"]["a"]
