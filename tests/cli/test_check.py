"""`lanwitness check`: a line a section, and exit status 1 for a problem."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from sensor.cli.main import cli
from sensor.selfcheck import second_decoder
from sensor.selfcheck.check import SectionReport
from sensor.selfcheck.second_decoder import LayerAgreement, SecondReading
from tests.replaying import PCAPS


def test_problems_are_listed_and_exit_1(monkeypatch: pytest.MonkeyPatch) -> None:
    sections = [
        SectionReport("decoder", "compiled", []),
        SectionReport("signatures", "2 files", ["a.toml: no example"]),
    ]
    monkeypatch.setattr("sensor.selfcheck.check.check", lambda: iter(sections))
    result = CliRunner().invoke(cli, ["check"], standalone_mode=False)
    assert result.return_value == 1
    lines = ["decoder: compiled", "signatures: 2 files", "  wrong: a.toml: no example", "1 problems"]
    assert result.output.splitlines() == lines


def test_no_problem_is_exit_0(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sensor.selfcheck.check.check", lambda: iter([SectionReport("decoder", "compiled", [])]))
    result = CliRunner().invoke(cli, ["check"], standalone_mode=False)
    assert result.return_value == 0 and result.output.splitlines()[-1] == "all is well"


def test_a_warning_is_no_problem(monkeypatch: pytest.MonkeyPatch) -> None:
    section = SectionReport("update hosts", "9 of 3 makers", warnings=("the table was last checked 400 days ago",))
    monkeypatch.setattr("sensor.selfcheck.check.check", lambda: iter([section]))
    result = CliRunner().invoke(cli, ["check"], standalone_mode=False)
    assert result.return_value == 0
    assert result.output.splitlines()[1:] == ["  warning: the table was last checked 400 days ago", "all is well"]


def test_a_capture_read_by_two_decoders(tmp_path: Path) -> None:
    result = CliRunner().invoke(cli, ["check", "--capture", str(PCAPS / "ftp_login" / "capture.pcap")])
    assert result.exit_code == 0 and result.output.endswith("the decoders agree\n")
    assert "payload: agree in " in result.output and "by dpkt" in result.output
    text = tmp_path / "text.pcap"
    text.write_text("no capture")
    refused = CliRunner().invoke(cli, ["check", "--capture", str(text)])
    assert refused.exit_code == 2 and "not a capture" in refused.output


def test_decoders_that_differ_are_exit_1(monkeypatch: pytest.MonkeyPatch) -> None:
    layers = {"payload": LayerAgreement("payload", 7, 1, [4])}
    monkeypatch.setattr(second_decoder, "compare", lambda path: SecondReading(layers, 8, notes=["cut short"]))
    result = CliRunner().invoke(cli, ["check", "--capture", __file__], standalone_mode=False)
    assert result.return_value == 1
    lines = ["payload: agree in 7 packets, differ in 1: 4", "note: cut short", "the decoders differ"]
    assert result.output.splitlines()[1:] == lines
