"""`lanwitness procedures`: all, those of a provision, one by its id, and a wrong number."""

from __future__ import annotations

from click.testing import CliRunner, Result

from sensor.cli.main import cli
from sensor.verdicts.procedures import procedures


def run(*arguments: str) -> Result:
    return CliRunner().invoke(cli, ["procedures", *arguments])


def test_all_are_printed() -> None:
    found = run()
    assert found.exit_code == 0 and all(one.text() in found.output for one in procedures())


def test_a_provision_and_an_id_choose() -> None:
    assert run("5.1-5").output == run("lw-pw-3").output
    assert run("5.1-5").output.startswith("LW-PW-3  ") and "LW-PW-1" not in run("5.1-5").output


def test_a_wrong_number_is_refused_with_the_nearest() -> None:
    found = run("5.1-55")
    assert found.exit_code == 2 and "did you mean 5.1-5?" in found.output
    assert run("5.1-4").exit_code == 2
