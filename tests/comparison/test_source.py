"""Records from a file: one run, each thing as it was written last, a sentence where it is no such file."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from sensor.comparison.source import NoRecords, looks_like_records, read_records

DEVICE = {"record": "device", "run": "r1", "id": "02:00:5e:00:53:01", "addresses": []}
FINDING = {
    "record": "finding", "run": "r1", "id": "f1", "rule": "x", "severity": "low", "device": None, "role": None,
    "server": None, "protocol": "http", "summary": "", "detail": {},
}  # fmt: skip


def file_of(folder: Path, *records: Any) -> Path:
    path = folder / "run.jsonl"
    path.write_text("".join(f"{json.dumps(one)}\n" for one in records))
    return path


def test_of_a_live_run_the_last_record_of_each_thing_counts(tmp_path: Path) -> None:
    path = file_of(tmp_path, DEVICE, FINDING, {**FINDING, "severity": "high"}, {"record": "summary", "run": None})
    assert [one.get("severity") for one in read_records(path)] == [None, "high"]


def test_one_of_several_runs_is_named(tmp_path: Path) -> None:
    path = file_of(tmp_path, DEVICE, {**DEVICE, "run": "r2", "id": "other"})
    assert [one["id"] for one in read_records(path, "r2")] == ["other"]
    assert len(read_records(path, "")) == 2
    with pytest.raises(NoRecords, match=r"2 runs.*#r1"):
        read_records(path)
    with pytest.raises(NoRecords, match="no run r3"):
        read_records(path, "r3")


@pytest.mark.parametrize(
    "line",
    ["{", "[1]", '{"record":"device","run":"r1"}', json.dumps({**FINDING, "severity": "dire"}), "[" * 100_000],
)
def test_what_is_no_record_is_said_with_its_line(tmp_path: Path, line: str) -> None:
    path = tmp_path / "run.jsonl"
    path.write_text(f"{json.dumps(DEVICE)}\n{line}\n")
    with pytest.raises(NoRecords, match="line 2"):
        read_records(path)


def test_an_empty_file_holds_no_run(tmp_path: Path) -> None:
    with pytest.raises(NoRecords, match="no records"):
        read_records(file_of(tmp_path))


def test_captures_do_not_look_like_records(tmp_path: Path) -> None:
    assert looks_like_records(file_of(tmp_path, DEVICE))
    capture = tmp_path / "capture"
    for magic in (b"\xd4\xc3\xb2\xa1", b"\x0a\x0d\x0d\x0a", b"\x1f\x8b", b"\x28\xb5\x2f\xfd", b""):
        capture.write_bytes(magic + bytes(60))
        assert not looks_like_records(capture)


def test_what_is_gone_does_not_count(tmp_path: Path) -> None:
    verdict = {"record": "verdict", "run": "r1", "device": DEVICE["id"], "capability": "c", "status": "violated"}
    gone = {"record": "gone", "run": "r1", "kind": "finding", "id": "f1"}
    assert read_records(file_of(tmp_path, DEVICE, FINDING, gone)) == [DEVICE]
    gone |= {"kind": "judgement", "id": DEVICE["id"]}
    assert read_records(file_of(tmp_path, DEVICE, verdict, gone, FINDING)) == [DEVICE, FINDING]
    assert read_records(file_of(tmp_path, DEVICE, {**gone, "run": "r2"}, verdict)) == [DEVICE, verdict]


def test_other_kinds_are_read_where_they_are_wanted(tmp_path: Path) -> None:
    flow = {"record": "flow", "run": "r1", "client": "a", "server": "b", "transport": "tcp", "start": None}
    path = file_of(tmp_path, DEVICE, flow, {**flow, "start": "x"})
    assert read_records(path, fields={"flow": ("client", "start")}) == [flow, {**flow, "start": "x"}]
    with pytest.raises(NoRecords, match="line 2 is no whole flow"):
        read_records(path, fields={"flow": ("bytes",)})
