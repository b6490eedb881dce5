"""A replay against an earlier one: which run is the baseline, the record, the lines for people."""

from __future__ import annotations

import json
from pathlib import Path

import click
import pytest

from sensor.cli.main import cli
from sensor.export.compared import SHOWN, Baseline, compared_lines, comparison_record
from tests.replaying import PCAPS, capture_in, read, replayed

BEFORE, AFTER = capture_in(PCAPS / "change_before"), capture_in(PCAPS / "change_after")


def run(*arguments: object) -> int:
    return int(cli.main([str(one) for one in arguments], standalone_mode=False) or 0)


@pytest.fixture(autouse=True)
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LANWITNESS_STATE", str(tmp_path / "state"))


def test_new_is_exit_status_3_only_where_it_was_asked_for(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before, after = tmp_path / "before.jsonl", tmp_path / "after.jsonl"
    run("replay", "--plain", "--json", before, BEFORE)
    capsys.readouterr()
    assert run("replay", "--plain", "--compare-with", before, "--json", after, AFTER) == 0
    assert "new: scale" in capsys.readouterr().out
    assert run("replay", "--plain", "--compare-with", before, "--fail-on", "new", AFTER) == 3
    assert run("replay", "--plain", "--compare-with", before, "--fail-on", "new", BEFORE) == 0
    *_, record, summary = map(json.loads, after.read_text().splitlines())
    assert record["record"] == "comparison" and record["worse"] and record["with"] == str(before)
    assert {one["change"] for one in record["changes"]} >= {"new", "gone", "not_seen_again"}
    assert summary["records"]["comparison"] == 1


def test_each_capture_is_set_against_its_own_earlier_run() -> None:
    both = [*replayed(BEFORE), *replayed(AFTER)]
    renamed = [{**one, "capture": f"{one['run']}.pcap"} if one["record"] == "capture" else one for one in both]
    result = read(BEFORE)
    result.capture = f"/elsewhere/{result.id}.pcap"
    found = Baseline("both", renamed).compare(result)
    assert not found.got_worse and {one.change for each in found.devices for one in each.findings} == {"same"}


def test_a_capture_of_another_name_is_set_against_all_of_them() -> None:
    result = read(AFTER)
    result.capture = "other.pcap"
    both = [*replayed(BEFORE), *replayed(AFTER)]
    found = Baseline("both", both).compare(result)
    assert not found.got_worse
    assert all(one["change"] != "same" for one in comparison_record(result, Baseline("both", both), found)["changes"])


def test_the_page_shows_a_few_lines() -> None:
    found = Baseline("none", []).compare(read(capture_in(PCAPS / "home")))
    lines = list(compared_lines(found))
    assert len(lines) == SHOWN + 2 and lines[-1].startswith("and ") and "new" in lines[0]


@pytest.mark.parametrize("content", [None, "{}\n", "no json"])
def test_what_is_no_earlier_replay_is_said(tmp_path: Path, content: str | None) -> None:
    path = tmp_path / "before.jsonl"
    if content is not None:
        path.write_text(content)
    with pytest.raises(click.BadParameter, match=r"before\.jsonl"):
        run("replay", "--compare-with", path, BEFORE)


def test_new_needs_something_that_it_is_new_to() -> None:
    with pytest.raises(click.UsageError, match="--compare-with"):
        run("replay", "--fail-on", "new", BEFORE)
