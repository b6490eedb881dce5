"""Records by kind; what a format must not show."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from sensor.comparison.source import NoRecords
from sensor.export.run_records import RunRecords, read_whole, without_values
from tests.export.exported import records_of, run_of


def test_a_file_holds_whole_records_of_this_version(tmp_path: Path) -> None:
    path = tmp_path / "mqtt.jsonl"
    found = [one for one in records_of("mqtt") if one["record"] != "transaction"]
    path.write_text("".join(json.dumps(one) + "\n" for one in found))
    assert read_whole(path) == found
    [device, *_] = [one for one in records_of("mqtt") if one["record"] == "device"]
    path.write_text(json.dumps({**device, "addresses": [5]}))
    with pytest.raises(NoRecords, match=r"a device record is none of this version: addresses\[0\]"):
        read_whole(path)


def test_each_record_is_in_the_list_of_its_kind() -> None:
    run = run_of("home")
    kinds = {name: len(found) for name, found in run.by_kind().items()}
    for kind, count in kinds.items():
        assert count == sum(one["record"] == kind for one in records_of("home")), kind
    assert min(kinds.values()) > 0
    assert RunRecords.of([{"record": "summary"}, {"record": "sensor"}]) == RunRecords()


def test_a_device_is_one_of_its_run() -> None:
    run = run_of("home", "mqtt")
    [first, second] = run.runs()
    device = run.devices[0]
    assert run.device(first, device["id"]) == device
    assert run.device(second, device["id"]) is None and run.device(first, None) is None


def test_the_end_is_that_of_the_last_packet() -> None:
    run = run_of("home", "mqtt")
    assert run.until() == max(one["last_time"] or "" for one in run.captures)
    assert RunRecords().until() is None


def test_values_are_left_out_wherever_they_stand() -> None:
    secret: dict[str, Any] = {"mask": "", "fingerprint": "k1:0", "value": "x"}
    record = {"detail": {"secret": secret, "values": [{"deep": secret}], "value": "stays: it is no secret's"}}
    assert without_values(record) == {
        "detail": {
            "secret": {"mask": "", "fingerprint": "k1:0"},
            "values": [{"deep": {"mask": "", "fingerprint": "k1:0"}}],
            "value": "stays: it is no secret's",
        }
    }


def test_every_text_can_be_written() -> None:
    capture = {**records_of("mqtt")[0], "capture": "caf\udce9/\u00e9", "caveats": [{"sentence": "\ud800"}]}
    [found] = RunRecords.of([capture]).captures
    assert found["capture"] == "caf\\udce9/\u00e9" and found["caveats"][0]["sentence"] == "\\ud800"
