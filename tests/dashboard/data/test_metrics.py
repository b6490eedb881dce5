"""`/metrics` of a store: promtool, a real Prometheus, bounds at 500 devices and 100,000 findings."""

from __future__ import annotations

import json
import re
import sqlite3
import subprocess
import sys
import time
import urllib.error
import urllib.request
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from prometheus_client.parser import text_string_to_metric_families

from dashboard import create_app
from dashboard.data.metrics import DEVICES, NAME, families, label
from sensor.store.location import store_location
from sensor.store.reader import StoreReader
from tests.programs import free_port, needed, running
from tests.store.several import ATTIC, BENCH, HALL, SENSORS, run_of, several
from tests.store.test_metric_queries import CAMERA, PHONE, PLUG, RECORDS, device, finding, put, verdicts

DOCS = (Path(__file__).resolve().parents[3] / "docs" / "output.md").read_text("utf-8")
Samples = dict[tuple[str, tuple[tuple[str, str], ...]], float]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "home.db"


def scraped(path: Path) -> str:
    app = create_app(str(path))
    response = app.test_client().get("/metrics")
    assert response.status_code == 200
    return response.get_data(as_text=True)


def samples(text: str) -> Samples:
    found = [one for family in text_string_to_metric_families(text) for one in family.samples]
    made = {(one.name, tuple(sorted(one.labels.items()))): one.value for one in found}
    assert len(made) == len(found), "a series stands there twice"
    return made


def value(found: Samples, metric: str, /, **labels: str) -> float | None:
    return found.get((f"lanwitness_{metric}", tuple(sorted(labels.items()))))


def checked(text: str) -> None:
    """`promtool check metrics` finds nothing to say."""
    found = subprocess.run(
        [needed("promtool", "prometheus"), "check", "metrics"], input=text, capture_output=True, text=True
    )
    assert (found.returncode, found.stdout, found.stderr) == (0, "", "")


def test_the_samples_are_those_of_the_newest_run(path: Path) -> None:
    put(path)
    found = samples(scraped(path))
    assert value(found, "runs") == 1
    assert value(found, "findings", rule="credential.cleartext", severity="high") == 2
    assert value(found, "devices", judged="true") == 2 and value(found, "devices", judged="false") == 1
    assert value(found, "device_info", device=CAMERA, name="hall-cam") == 1
    assert value(found, "device_payload_bytes", device=CAMERA, protection="cleartext") == 7
    assert value(found, "device_first_seen_timestamp_seconds", device=PHONE) == 1_777_629_600
    assert value(found, "last_packet_timestamp_seconds") == 1_777_629_600
    states = {labels: state for (name, labels), state in found.items() if name == "lanwitness_device_verdict"}
    assert sum(states.values()) == 10, "one status of each judged device's five capabilities is 1"
    assert value(found, "device_verdict", device=PLUG, capability="secure_communication", status="concern") == 1
    assert value(found, "device_verdict", device=PLUG, capability="secure_communication", status="violated") == 0


def test_each_sensor_has_series_of_its_own(path: Path) -> None:
    several(path)
    text = scraped(path)
    checked(text)
    found = samples(text)
    for one in SENSORS:
        names = {"name": one.name, "site": one.site, "bench": one.bench, "interface": one.interface}
        assert value(found, "sensor_info", sensor=one.id, version="0.0.test", **names) == 1
        assert value(found, "sensor_state", sensor=one.id, state="ok") == 1
        assert value(found, "sensor_reported_timestamp_seconds", sensor=one.id) == pytest.approx(time.time(), abs=600)
    with closing(StoreReader(store_location(str(path)))) as reader:
        for one in (ATTIC, BENCH):
            counts: dict[tuple[str, str], int] = {}
            for rule, severity, count in reader.counts(run_of(one)):
                counts[rule, severity] = count
            assert counts and counts == {
                (dict(labels)["rule"], dict(labels)["severity"]): number
                for (name, labels), number in found.items()
                if name == "lanwitness_findings" and dict(labels).get("sensor") == one.id
            }
    seen = {dict(labels)["sensor"] for name, labels in found if name == "lanwitness_device_info" and camera in labels}
    assert seen == {ATTIC.id, HALL.id}


camera = ("device", "ec:71:db:1c:44:02")


def test_promtool_has_nothing_to_say(path: Path) -> None:
    put(path)
    checked(scraped(path))


def test_nor_of_an_empty_store(path: Path) -> None:
    put(path)
    with sqlite3.connect(path) as raw:
        raw.execute("PRAGMA foreign_keys = ON")
        raw.execute("DELETE FROM runs")
    raw.close()
    text = scraped(path)
    checked(text)
    assert value(samples(text), "runs") == 0


HOSTILE = 'a"b\\c\n{x="1"} 1\u202e' + "n" * 200


def test_names_cannot_break_out_and_are_cut(path: Path) -> None:
    put(path, [RECORDS[0], device(CAMERA, hostname=HOSTILE)])
    text = scraped(path)
    checked(text)
    [name] = [dict(labels)["name"] for (metric, labels) in samples(text) if metric == "lanwitness_device_info"]
    assert len(name) == NAME and "\n" not in name and "\u202e" not in name
    assert label(HOSTILE) == name


def test_rules_that_are_none_are_one(path: Path) -> None:
    put(path, [RECORDS[0], device(CAMERA), *(finding(f"f{n}", f"made up {n}", "low") for n in range(99))])
    assert value(samples(scraped(path)), "findings", rule="other", severity="low") == 99


def test_what_may_not_stand_in_a_label(path: Path) -> None:
    secret = {
        "username": "anton",
        "secret": {"mask": "S", "length": "8-11", "fingerprint": "k1:5d0c"},
        "server_name": "cloud.example",
    }
    put(path, [*RECORDS, finding("f9", "credential.default", "critical", detail=secret)])
    text = scraped(path)
    for word in ("anton", "k1:", "cloud.example", "203.0.113.9", "192.168.1.2"):
        assert word not in text
    known = {"rule", "severity", "judged", "device", "name", "protection", "capability", "status", "state"}
    own = {key for name, labels in samples(text) for key, _ in labels if name != "python_info"}
    assert own <= known | {"program", "version"}


def test_it_is_bounded_with_500_devices_and_100_000_findings(path: Path) -> None:
    macs = [f"02:00:00:00:{number >> 8:02x}:{number & 255:02x}" for number in range(500)]
    put(
        path,
        [
            RECORDS[0],
            *(device(mac, cleartext=number) for number, mac in enumerate(macs)),
            *(one for mac in macs for one in verdicts(mac, personal_data="concern")),
        ],
    )
    with sqlite3.connect(path) as raw:
        rows = ((f"f{n}", n, macs[n % 500]) for n in range(100_000))
        raw.executemany(
            "INSERT INTO findings (run, id, position, rule, severity, device, rank, detail) "
            "VALUES ('r1', ?, ?, 'tls.version', 'low', ?, 3, '{}')",
            rows,
        )
    raw.close()
    text = scraped(path)
    checked(text)
    found = samples(text)
    assert value(found, "findings", rule="tls.version", severity="low") == 100_000
    assert len(text) < 1_000_000 and len(found) < 7500
    own = {dict(labels)["device"] for name, labels in found if name == "lanwitness_device_payload_bytes"}
    assert len(own) == DEVICES + 1 and macs[499] in own and macs[0] not in own
    # The rest is one: 0 + 1 + … + 399 bytes, and the worst of their verdicts.
    assert value(found, "device_payload_bytes", device="other", protection="cleartext") == 399 * 400 / 2
    assert value(found, "device_verdict", device="other", capability="personal_data", status="concern") == 1


def test_every_metric_is_documented() -> None:
    assert not {one.name for one in families().values() if f"`{one.name}`" not in DOCS}


def queried(port: int, query: str) -> list[dict[str, Any]]:
    """What a query gives; nothing while Prometheus still starts (503)."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/api/v1/query?query={quote(query)}", timeout=10) as answer:
            result: list[dict[str, Any]] = json.load(answer)["data"]["result"]
            return result
    except urllib.error.HTTPError as error:
        with error:
            assert error.code == 503
        return []


def test_a_real_prometheus_scrapes_it(path: Path, tmp_path: Path) -> None:
    program = needed("prometheus", "prometheus")
    put(path)
    ours, theirs = free_port(), free_port()
    config = tmp_path / "prometheus.yml"
    config.write_text(
        "scrape_configs: [{job_name: lanwitness, scrape_interval: 1s, "
        f"static_configs: [{{targets: ['127.0.0.1:{ours}']}}]}}]\n",
        "utf-8",
    )
    ours_too = tmp_path / "lanwitness.toml"
    ours_too.write_text(
        f'[store]\npath = "{path}"\nstate = "{tmp_path}/state"\n[dashboard]\nport = {ours}\nbind = "127.0.0.1"\n',
        "utf-8",
    )
    serve = [sys.executable, "-m", "sensor", "serve", "--config", str(ours_too)]
    prometheus = [
        program,
        f"--config.file={config}",
        f"--storage.tsdb.path={tmp_path / 'tsdb'}",
        f"--web.listen-address=127.0.0.1:{theirs}",
    ]
    with running(serve, ours, tmp_path / "serve.log"), running(prometheus, theirs, tmp_path / "prometheus.log"):
        end = time.monotonic() + 60
        while not (found := queried(theirs, "lanwitness_findings")):
            assert time.monotonic() < end, (tmp_path / "prometheus.log").read_text("utf-8")[-2000:]
            time.sleep(0.2)
        assert {(one["metric"]["rule"], one["metric"]["severity"]): float(one["value"][1]) for one in found} == {
            ("credential.cleartext", "high"): 2,
            ("tls.version", "low"): 1,
        }
        assert [one["value"][1] for one in queried(theirs, 'up{job="lanwitness"}')] == ["1"]
        violated = queried(theirs, 'lanwitness_device_verdict{status="violated"} == 1')
        assert [one["metric"]["device"] for one in violated] == [CAMERA]


def test_a_number_of_samples_that_is_written_in_the_file(path: Path) -> None:
    """Each family has its help and type once, and names are of the form that Prometheus wants."""
    put(path)
    text = scraped(path)
    for kind in ("HELP", "TYPE"):
        names = re.findall(rf"^# {kind} (\S+)", text, re.MULTILINE)
        own = [name for name in names if re.fullmatch(r"lanwitness_[a-z0-9_]+", name)]
        assert len(set(names)) == len(names) and len(own) == len(families()) + 1
        assert all(name == "python_info" or name.startswith("process_") for name in set(names) - set(own))
