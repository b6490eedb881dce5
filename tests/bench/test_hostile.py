"""Hostile input: what its reading costs stays within bounds, and what is left out is said."""

from __future__ import annotations

import pytest

from bench.hostile.__main__ import exponent
from bench.hostile.inputs import bombs_of_many_connections, capture, gaps_in_the_opening, single_bytes_out_of_order
from sensor.export.records import caveats_of
from tests.replaying import read_bytes


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
