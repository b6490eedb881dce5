"""A signature file's entries, taken or refused with the reason."""

from __future__ import annotations

from typing import Any

import pytest

from sensor.devices.signatures.schema import domains_of, entries_of, makers_of

GOOD: dict[str, Any] = {
    "name": "hs", "pattern": r"^HS1\d\d", "vendor": "TP-Link", "category": "plug", "source": "kasa",
    "examples": [{"value": "HS110"}],
}  # fmt: skip
TABLE: dict[str, Any] = {
    "name": "ci", "pattern": r"ci=(\d+)", "source": "hap", "columns": ["category"], "example": "ci={key}",
    "rows": {"5": ["light"]},
}  # fmt: skip


def test_entries_and_tables_come_out_alike() -> None:
    good, bad = entries_of("x", {"field": "x", "signature": [GOOD], "table": [TABLE]})
    assert bad == []
    assert [entry["name"] for entry in good] == ["hs", "ci"]
    assert good[0]["says"] == {"vendor": "TP-Link", "category": "plug"} and good[0]["rows"] is None
    assert good[1]["rows"] == {"5": {"category": "light"}} and good[1]["examples"] == [
        {"value": "ci=5", "category": "light"}
    ]


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"pattern": "("}, "not a regular expression"),
        ({"pattern": "(a+)+"}, "exponential"),
        ({"category": "toaster"}, "not on the list"),
        ({"source": ""}, "source is missing"),
        ({"examples": []}, "no example"),
        ({"examples": [{"vendor": "x"}]}, "no example"),
        ({"weight": 99}, "weight"),
        ({"weights": {"colour": 1}}, "weight"),
        ({"vendor": None, "category": None}, "no text"),
        ({"colour": "red"}, "unknown key 'colour'"),
        ({"not": "x"}, "no list"),
    ],
)
def test_a_bad_entry_is_refused_and_the_rest_stays(change: dict[str, Any], reason: str) -> None:
    other = {**GOOD, "name": "other"}
    good, bad = entries_of("x", {"field": "x", "signature": [{**GOOD, **change}, other]})
    assert [entry["name"] for entry in good] == ["other"]
    assert len(bad) == 1 and bad[0][0] == "hs" and reason in bad[0][1]


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"columns": ["colour"]}, "columns"),
        ({"rows": {}}, "no rows"),
        ({"rows": {"5": ["light", "x"]}}, "has not 1 values"),
        ({"rows": {"5": ["toaster"]}}, "not on the list"),
        ({"example": "ci=5"}, "{key}"),
    ],
)
def test_a_bad_table_is_refused(change: dict[str, Any], reason: str) -> None:
    good, bad = entries_of("x", {"field": "x", "table": [{**TABLE, **change}]})
    assert good == [] and reason in bad[0][1]


def test_names_and_file_names_are_checked() -> None:
    good, bad = entries_of("x", {"field": "y", "also": [], "signature": [GOOD, GOOD], "colour": 1})
    assert len(good) == 1
    assert {reason for _, reason in bad} == {
        "unknown key 'colour'",
        "field is 'y' but the file is named 'x'",
        "the name is used twice",
    }
    assert entries_of("x", {"field": "x", "signature": "no"})[1] == [("", "signature is no list of tables")]
    assert entries_of("x", {"field": "x", "signature": ["no"]})[1][0][0] == ""


def test_the_form_of_makers_and_domains_is_checked() -> None:
    good, bad = makers_of(
        {
            "maker": [
                {"name": "A", "also": ["B"]},
                {"name": 7},
                {"name": "C", "colour": 1},
                {"name": "D", "makes": "toaster"},
            ],
            "x": 1,
        }
    )
    assert [row["name"] for row in good] == ["A"]
    assert bad[0] == ("", "unknown key 'x'") and [name for name, _ in bad[1:]] == ["7", "C", "D"]
    assert makers_of({"maker": 1}) == ([], [("", "maker is no list of tables")])
    found, bad = domains_of({
        "owner": [{"name": "A", "domains": ["a.example"]}, {"name": "B"},
        {"name": "C", "domains": ["c.example"], "weight": 99}],
        "tracker": [{"name": "ads", "domains": ["t.example"]}],
    })  # fmt: skip
    assert found == {
        "a.example": ["A", "vendor", 2.0, None, 0.0, None],
        "t.example": ["ads", "tracker", 0.0, None, 0.0, None],
    }
    assert [name for name, _ in bad] == ["B", "C"]
