"""Records as rows: the fields that were named, nothing cut, nothing a spreadsheet calculates."""

from __future__ import annotations

import csv
import io
import json
from typing import Any

import click
import pytest

from sensor.cli.main import cli
from sensor.export.rows import DEFAULTS, FAMILIES, SELECTABLE, SHAPES, Rows, UnknownField
from tests.replaying import PCAPS, capture_in, of, replayed
from tests.store.keeping import capture

MAC = "02:00:5e:00:53:01"
RECORDS: list[dict[str, Any]] = [
    {"record": "device", "id": MAC, "vendor": {"value": "Example", "confidence": 0.9, "because": []},
     "addresses": ["192.0.2.1", "2001:db8::1"], "in_scope": True, "model": None},
    {"record": "finding", "rule": "transfer.unencrypted", "device": MAC, "severity": "low", "count": 2, "id": "a",
     "key": "k", "summary": "Data crossed.", "time": None, "detail": {"username": "=1+1|<b>"}},
    {"record": "finding", "rule": "tls.version", "device": MAC, "severity": "high", "count": 1, "id": "b", "key": "l",
     "summary": "An old\u202e version that has a long sentence", "time": None, "detail": {}},
]  # fmt: skip


def rows(form: str, selected: str = "finding", fields: str | None = None, **more: Any) -> str:
    stream = io.StringIO()
    made = Rows(stream, form, selected, fields.split(",") if fields else None, **more)
    for record in RECORDS:
        made.add(record)
    made.write()
    return stream.getvalue()


def test_csv_has_titles_and_the_fields_that_were_named() -> None:
    found = list(csv.reader(io.StringIO(rows("csv", "device", "id,vendor,model,addresses,in_scope"))))
    assert found[0] == ["id", "vendor", "model", "addresses", "in_scope"]
    assert found[1:] == [[MAC, "Example", "", "192.0.2.1,2001:db8::1", "true"]]


def test_no_cell_is_calculated_and_none_is_markup() -> None:
    assert list(csv.reader(io.StringIO(rows("csv", "transfer", "detail.username"))))[1] == ["'=1+1|<b>"]
    assert rows("markdown", "transfer", "detail.username").splitlines()[2] == r"| =1+1\|\<b\> |"
    assert "\u202e" not in rows("table") + rows("csv", fields="summary") + rows("markdown", fields="summary")


def test_json_lines_keep_types_and_dots_lead_into_fields() -> None:
    found = [json.loads(line) for line in rows("jsonl", "finding", "rule,count,detail.username").splitlines()]
    assert found[0] == {"rule": "transfer.unencrypted", "count": 2, "detail.username": "=1+1|<b>"}
    assert found[1]["detail.username"] is None


def test_findings_can_be_chosen_by_the_first_word_of_their_rule() -> None:
    assert rows("csv", "tls", "rule").split() == ["rule", "tls.version"]


def test_equal_findings_can_be_one_row() -> None:
    found = replayed(capture("home"))
    both = []
    for group in (False, True):
        stream = io.StringIO()
        made = Rows(stream, "jsonl", fields=["rule", "count"], group=group)
        for record in found:
            made.add(record)
        made.write()
        both.append([json.loads(line) for line in stream.getvalue().splitlines()])
    assert len(both[0]) == len(of(found, "finding")) > len(both[1])
    assert sum(one["count"] for one in both[0]) == sum(one["count"] for one in both[1])


@pytest.mark.parametrize("width", [None, 200, 80, 40, 20])
def test_a_table_never_cuts_an_address(width: int | None) -> None:
    text = rows("table", "finding", "device,rule,summary", width=width)
    assert text.count(MAC) == 2
    if width is not None and width >= 40:
        assert max(map(len, text.splitlines())) <= width


def test_what_has_no_room_is_named_and_the_last_field_is_wrapped() -> None:
    made = Rows(io.StringIO(), "table", fields=["device", "rule", "id"], width=40)
    for record in RECORDS:
        made.add(record)
    made.write()
    assert made.left_out == ["rule", "id"] or made.left_out == ["id"]
    assert "long sentence" in " ".join(rows("table", fields="device,summary", width=50).split())
    assert len(rows("table", fields="device,summary", width=50).splitlines()) > 3


def test_a_field_that_no_record_has_is_refused() -> None:
    with pytest.raises(UnknownField, match=r"severty.*severity"):
        Rows(io.StringIO(), "csv", fields=["severty"])


def test_each_kind_has_fields_that_its_records_have() -> None:
    assert set(DEFAULTS) == set(SHAPES) and set(SELECTABLE) == {*SHAPES, *FAMILIES}
    for kind in SELECTABLE:
        Rows(io.StringIO(), "table", kind)


def run(*arguments: object) -> int:
    return int(cli.main([str(one) for one in arguments], standalone_mode=False) or 0)


def test_the_command_prints_rows_or_nothing(
    capsys: pytest.CaptureFixture[str], tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LANWITNESS_STATE", str(tmp_path))
    path = capture_in(PCAPS / "ftp_login")
    assert run("replay", "--format", "csv", "--record", "credential", "--fields", "rule,protocol", path) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "rule,protocol" and "credential.cleartext,ftp" in lines[1:]
    assert run("replay", "-q", "--fail-on", "concern", path) == 3
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize(
    "arguments", [["--fields", "id"], ["--group"], ["--record", "device"], ["--format", "csv", "--json", "-"]]
)
def test_options_that_contradict_each_other_are_refused(arguments: list[str]) -> None:
    with pytest.raises(click.UsageError):
        run("replay", *arguments, capture_in(PCAPS / "ftp_login"))
