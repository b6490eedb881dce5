"""What `/metrics` of `watch` and of `serve` share: tokens, state sets, formats."""

from __future__ import annotations

from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry, Gauge
from prometheus_client.core import GaugeMetricFamily

from sensor.model import SensorState
from sensor.prometheus import add_states, authorized, exposition, read_token

TOKEN = "0123456789abcdef"


@pytest.mark.parametrize("header", [f"Bearer {TOKEN}", f"bearer {TOKEN}", f"BEARER  {TOKEN} "])
def test_the_token_is_accepted(header: str) -> None:
    assert authorized(header, TOKEN)


@pytest.mark.parametrize(
    "header",
    ["", TOKEN, f"Basic {TOKEN}", "Bearer", "Bearer ", f"Bearer {TOKEN}x", f"Bearer {TOKEN[:-1]}", "Bearer \xff\udcff"],
)
def test_anything_else_is_refused(header: str) -> None:
    assert not authorized(header, TOKEN)


def test_a_token_is_read_from_its_file(tmp_path: Path) -> None:
    path = tmp_path / "token"
    path.write_text(f" {TOKEN}\n")
    assert read_token(path) == TOKEN
    for weak in ("", TOKEN[:-1], f"{TOKEN} {TOKEN}", f"{TOKEN}\x01"):
        path.write_text(weak)
        with pytest.raises(ValueError, match="at least 16 characters"):
            read_token(path)
    path.write_bytes(b"\xff" * 20)
    with pytest.raises(UnicodeDecodeError):
        read_token(path)


def test_one_state_is_1_and_all_others_0() -> None:
    family = GaugeMetricFamily("state", "of a source", labels=["source", "state"])
    add_states(family, ["eth1"], SensorState, SensorState.LOSING)
    values = {sample.labels["state"]: sample.value for sample in family.samples}
    assert set(values) == {state.value for state in SensorState}
    assert [state for state, value in values.items() if value] == ["losing"]
    assert {sample.labels["source"] for sample in family.samples} == {"eth1"}


def test_the_scraper_chooses_the_format() -> None:
    registry = CollectorRegistry()
    Gauge("one", "of a test", registry=registry).set(1)
    text, kind = exposition(registry, "")
    open_metrics, open_kind = exposition(registry, "application/openmetrics-text; version=1.0.0")
    assert kind.startswith("text/plain") and b"one 1.0" in text
    assert open_kind.startswith("application/openmetrics-text") and open_metrics.endswith(b"# EOF\n")
