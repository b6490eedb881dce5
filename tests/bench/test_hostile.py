"""Hostile input: what its reading costs stays within bounds, and what is left out is said."""

from __future__ import annotations

import subprocess
import sys

import pytest

from bench.hostile import parsers
from bench.hostile.__main__ import exponent
from bench.hostile.inputs import bombs_of_many_connections, capture, gaps_in_the_opening, single_bytes_out_of_order
from sensor.export.records import caveats_of
from tests.replaying import ROOT, read_bytes


@pytest.mark.parametrize(("power", "costs"), [(1, (3, 6, 12)), (2, (3, 12, 48)), (0, (5, 5, 5))])
def test_growth_is_the_power_of_the_size(power: float, costs: tuple[float, ...]) -> None:
    assert exponent((1, 2, 4), costs) == pytest.approx(power)


def test_noise_is_given_up_and_said() -> None:
    for generator in (gaps_in_the_opening, single_bytes_out_of_order):
        result = read_bytes(capture(generator, 1))
        assert result.bounds["identifications"] > 0
        assert any("identifications" in one["sentence"] for one in caveats_of(result))


def test_bombs_of_many_connections_are_cut_and_said() -> None:
    result = read_bytes(capture(bombs_of_many_connections, 2))
    assert result.bounds["unpacking"] > 0


def searched(*arguments: str) -> str:
    """What the search over parsers prints; it fails where one grows faster, or holds more, than it may."""
    done = subprocess.run(
        [sys.executable, "-m", "bench.hostile.parsers", *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_some_parsers_are_linear() -> None:
    tests = [f"tests/protocols/test_{name}.py" for name in ("ftp", "mqtt", "sip", "telnet")]
    assert "ftp.control.Ftp " in (found := searched(*tests, "--sizes", "1", "2", "4", "--base", "512"))
    assert "mqtt.Mqtt " in found and "too much" not in found


@pytest.mark.nightly
def test_all_parsers_are_linear() -> None:
    assert searched("tests/protocols").count("chunked") > 60


@pytest.mark.parametrize(("most", "status"), [(1.1, 1), (1.3, 0)])
def test_what_grows_too_fast_is_a_failure(most: float, status: int, monkeypatch: pytest.MonkeyPatch) -> None:
    growth = parsers.Growth("x", "cut", 1.2, parsers.Work(10, 10))
    monkeypatch.setattr(parsers, "conversations", lambda _: {"x": None})
    monkeypatch.setattr(parsers, "search", lambda *_: [growth])
    monkeypatch.setattr(parsers, "MOST_GROWTH", most)
    monkeypatch.setattr(sys, "argv", ["parsers"])
    assert parsers.main() == status
