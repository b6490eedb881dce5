"""`lanwitness check`: a line a section, and exit status 1 for a problem."""

from __future__ import annotations

import pytest
from click.testing import CliRunner

from sensor.cli.main import cli
from sensor.selfcheck.check import SectionReport


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
