"""What is shipped for Prometheus and Grafana: rules that pass their tests, and no metric in them that the product does
not have.
"""

from __future__ import annotations

import importlib.util
import json
import re
import subprocess
from pathlib import Path

import pytest

from dashboard.data.metrics import families
from sensor.live.metrics import families as watched
from sensor.model import SensorState
from tests.programs import needed

DEPLOY = Path(__file__).resolve().parents[2] / "deploy"
METRIC = re.compile(r"\blanwitness_[a-z_]+")


def promtool(*arguments: str) -> str:
    found = subprocess.run(
        [needed("promtool", "prometheus"), *arguments], cwd=DEPLOY / "prometheus", capture_output=True, text=True
    )
    assert found.returncode == 0, found.stdout + found.stderr
    return found.stdout


def test_the_rules_are_rules() -> None:
    assert "9 rules found" in promtool("check", "rules", "lanwitness.rules.yml")


def test_a_ratio_is_called_so() -> None:
    """https://prometheus.io/docs/practices/naming: base units, and ratio for what lies between 0 and 1."""
    names = [one.name for one in (*watched().values(), *families().values())]
    assert "lanwitness_watch_lost_ratio" in names
    assert not [name for name in names if name.endswith(("_share", "_percent", "_rate"))]


def test_the_rules_fire_when_they_should_and_only_then() -> None:
    promtool("test", "rules", "lanwitness.rules.test.yml")


def test_each_rule_is_tested_to_fire_and_to_be_silent() -> None:
    rules = (DEPLOY / "prometheus" / "lanwitness.rules.yml").read_text("utf-8")
    tests = (DEPLOY / "prometheus" / "lanwitness.rules.test.yml").read_text("utf-8")
    for name in re.findall(r"- alert: (\w+)", rules):
        assert re.search(rf"alertname: {name} }}", tests), f"{name} is never silent"
        assert re.search(rf"alertname: {name}\n\s+exp_alerts:", tests), f"{name} never fires"


def test_the_example_is_a_configuration() -> None:
    promtool("check", "config", "prometheus.yml")


@pytest.mark.parametrize("name", ["prometheus/lanwitness.rules.yml", "grafana/lanwitness.json"])
def test_every_metric_named_is_one_of_ours(name: str) -> None:
    named = set(METRIC.findall((DEPLOY / name).read_text("utf-8")))
    counters = {f"{one.name}_total" if one.type == "counter" else one.name for one in watched().values()}
    assert named and named <= {one.name for one in families().values()} | counters
    assert named & counters


def test_every_state_named_is_one_of_the_sensors() -> None:
    text = (DEPLOY / "prometheus" / "lanwitness.rules.yml").read_text("utf-8")
    named = {state for found in re.findall(r'state=~?"([a-z_|]+)"', text) for state in found.split("|")}
    assert named and named <= set(SensorState)


def test_the_grafana_dashboard_is_what_its_maker_makes() -> None:
    spec = importlib.util.spec_from_file_location("grafana_build", DEPLOY / "grafana" / "build.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    board = json.loads((DEPLOY / "grafana" / "lanwitness.json").read_text("utf-8"))
    assert board == module.dashboard(), "run deploy/grafana/build.py"
    named = {one["name"] for one in board["templating"]["list"]}
    assert set(re.findall(r"\$\{?(?!__)(\w+)", json.dumps(board["panels"]))) == named
    ids = [panel["id"] for panel in board["panels"]]
    assert len(set(ids)) == len(ids) and all(panel["targets"] and panel["title"] for panel in board["panels"])
    # Nothing overlaps: no cell of the grid is taken twice.
    cells = [
        (x, y)
        for grid in (panel["gridPos"] for panel in board["panels"])
        for x in range(grid["x"], grid["x"] + grid["w"])
        for y in range(grid["y"], grid["y"] + grid["h"])
    ]
    assert len(set(cells)) == len(cells) and max(x for x, _ in cells) < 24


def test_every_query_of_the_dashboard_is_promql(tmp_path: Path) -> None:
    """`promtool check rules` reads each as a recording rule."""
    board = json.loads((DEPLOY / "grafana" / "lanwitness.json").read_text("utf-8"))
    queries = [
        target["expr"].replace("$instance", ".*").replace("$watch", ".*")
        for panel in board["panels"]
        for target in panel["targets"]
    ]
    rules = [{"record": f"q{number}", "expr": expr} for number, expr in enumerate(queries)]
    path = tmp_path / "queries.yml"
    path.write_text(json.dumps({"groups": [{"name": "queries", "rules": rules}]}), "utf-8")
    assert f"{len(queries)} rules found" in promtool("check", "rules", str(path))
