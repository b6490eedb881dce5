"""What `/metrics` of `watch` and of `serve` share: tokens, state sets, formats."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry, Gauge
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from sensor import __version__
from sensor.model import SensorState
from sensor.prometheus import add_states, authorized, exposition, read_token, registry_of

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
    family = GaugeMetricFamily("state", "of a source", labels=["source", "state", "sensor"])
    add_states(family, ["eth1"], ["well", "ill"], "ill", ["a"])
    assert [sample.labels["sensor"] for sample in family.samples] == ["a", "a"]


def test_the_scraper_chooses_the_format() -> None:
    registry = CollectorRegistry()
    Gauge("one", "of a test", registry=registry).set(1)
    text, kind = exposition(registry, "")
    open_metrics, open_kind = exposition(registry, "application/openmetrics-text; version=1.0.0")
    assert kind.startswith("text/plain") and b"one 1.0" in text
    assert open_kind.startswith("application/openmetrics-text") and open_metrics.endswith(b"# EOF\n")


class _Figures(Collector):
    def collect(self) -> Iterator[Metric]:
        yield GaugeMetricFamily("lanwitness_x", "One figure.", value=1)


def test_a_program_says_its_build_its_process_and_its_python() -> None:
    text = exposition(registry_of("serve", _Figures()), "text/plain")[0].decode()
    assert f'lanwitness_build_info{{program="serve",version="{__version__}"}} 1.0' in text
    values = dict(line.rsplit(" ", 1) for line in text.splitlines() if not line.startswith("#"))
    assert float(values["process_resident_memory_bytes"]) > 1e6 and float(values["process_open_fds"]) > 2
    assert any(name.startswith("python_info{") for name in values) and values["lanwitness_x"] == "1.0"
