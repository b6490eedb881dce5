"""A live run in the form of another format."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest

from sensor.cli.watch import watch as command
from sensor.export.jsonlines import JsonLines
from sensor.export.shaped_lines import ShapedLines, live_formats
from sensor.live.outputs import JsonOutput
from sensor.run import Options
from tests.live.watching import data_of, watch
from tests.replaying import PCAPS, capture_in, of, replayed

FTP = capture_in(PCAPS / "ftp_login")


@pytest.mark.parametrize("form", ["ecs", "eve"])
def test_a_live_run_is_written_as_it_goes_on(form: str, tmp_path: Path) -> None:
    path = tmp_path / "out.ndjson"
    with path.open("wb", buffering=0) as stream:
        output = JsonOutput(ShapedLines(JsonLines(stream, "out"), form), "w1", time.monotonic)
        watch(data_of(FTP), output, options=Options(flows=True, strict=True), on_flow=output.flow)
    lines = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    findings = {one["id"] for one in of(replayed(FTP), "finding")}
    if form == "ecs":
        found = [one for one in lines if one["event"]["kind"] == "alert"]
        assert {one["host"]["id"] for one in found} == {one["device"] for one in of(replayed(FTP), "finding")}
        assert len({one["event"]["id"] for one in found}) == len(findings)
        assert any(one["event"]["dataset"] == "lanwitness.flow" for one in lines)
    else:
        assert sum(one["event_type"] == "alert" for one in lines) >= len(findings)
        assert any(one["event_type"] == "flow" for one in lines)


def test_the_command_offers_what_there_is() -> None:
    [option] = [one for one in command.params if one.name == "json_as"]
    assert option.type.choices == ("records", *live_formats())  # type: ignore[attr-defined]


def test_a_document_is_no_live_format(tmp_path: Path) -> None:
    with (tmp_path / "x").open("wb") as stream, pytest.raises(ValueError, match="sarif"):
        ShapedLines(JsonLines(stream, "x"), "sarif")
