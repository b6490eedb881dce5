"""The sensor's own metrics: what they say, who gets them, and that Prometheus finds nothing to complain about."""

from __future__ import annotations

import http.client
import os
import re
import shutil
import subprocess

import pytest

from sensor.live.metrics import Figures, MetricsServer, families
from sensor.store.location import StoreState
from sensor.store.recorder import Health
from tests.live.watching import Listener, data_of, watch
from tests.replaying import PCAPS, capture_in

HOME = data_of(capture_in(PCAPS / "home"))


@pytest.fixture(scope="module")
def figures() -> tuple[Figures, Listener]:
    made = Figures(lambda: Health(StoreState.OK, "", 1.0, 2.5))
    _, listener, _ = watch(HOME, made)
    return made, listener


def scrape(server: MetricsServer, path: str = "/metrics", **headers: str) -> tuple[int, str]:
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=10)
    connection.request("GET", path, headers=headers)
    answer = connection.getresponse()
    body = answer.read().decode()
    connection.close()
    return answer.status, body


def test_what_they_say(figures: tuple[Figures, Listener]) -> None:
    made, listener = figures
    with MetricsServer(made, "127.0.0.1", 0, None) as server:
        status, text = scrape(server)
        assert status == 200 and scrape(server, "/")[0] == 404
    values = dict(line.rsplit(" ", 1) for line in text.splitlines() if not line.startswith("#"))
    result = listener.result
    assert float(values['lanwitness_watch_packets_total{source="-"}']) == result.packets == 3174
    assert float(values["lanwitness_watch_bytes_total"]) == result.bytes
    assert float(values["lanwitness_watch_devices"]) == len(result.devices)
    assert values['lanwitness_watch_state{source="-",state="ended"}'] == "1.0"
    assert values['lanwitness_watch_state{source="-",state="ok"}'] == "0.0"
    assert sum(float(v) for k, v in values.items() if k.startswith("lanwitness_watch_findings{")) == len(
        result.findings
    )
    assert float(values["lanwitness_watch_last_packet_timestamp_seconds"]) == pytest.approx(
        result.last_time / 1e9, abs=1e-3
    )
    assert float(values['lanwitness_watch_parser_seconds_total{protocol="http"}']) > 0
    assert float(values['lanwitness_watch_detector_seconds_total{detector="credentials"}']) > 0
    assert float(values['lanwitness_watch_detector_failures_total{detector="credentials"}']) == 0
    assert all(
        f"lanwitness_watch_{name}" in text
        for name in ("dropped_packets", "undecoded_packets", "bound_hits", "live_flows", "captures")
    )


def test_the_stores_health_is_read_at_each_scrape() -> None:
    health = [Health(StoreState.OK, "", 1.0, 2.5)]
    with MetricsServer(Figures(lambda: health[0]), "127.0.0.1", 0, None) as server:
        _, well = scrape(server)
        health[0] = Health(StoreState.FULL, "home.db: the disk is full", 3.0, 2.5, waiting=7, lost=2, on_disk=5)
        _, full = scrape(server)
    assert (
        'lanwitness_watch_store_state{state="ok"} 1.0' in well
        and "lanwitness_watch_store_written_timestamp_seconds 2.5" in well
    )
    assert (
        'store_state{state="full"} 1.0' in full
        and 'store_state{state="ok"} 0.0' in full
        and "store_waiting 7.0" in full
        and "lanwitness_watch_store_queued 5.0" in full
    )
    assert "lanwitness_watch_store_lost_total 2.0" in full and "home.db" not in full


def test_nothing_of_the_wire_is_in_them(figures: tuple[Figures, Listener]) -> None:
    made, listener = figures
    with MetricsServer(made, "127.0.0.1", 0, None) as server:
        text = scrape(server)[1]
    labels = set(re.findall(r'="([^"]*)"', text))
    for finding in listener.result.findings.values():
        assert finding.detail.get("username") not in labels - {None} and str(finding.server) not in labels
    assert not {address for device in listener.result.devices for address in device.addresses} & labels
    assert len(text.splitlines()) < 1500


def test_who_shows_no_token_gets_nothing(figures: tuple[Figures, Listener]) -> None:
    with MetricsServer(figures[0], "127.0.0.1", 0, "0123456789abcdef") as server:
        assert scrape(server) == (401, "a token is needed\n")
        assert scrape(server, Authorization="Bearer 0123456789abcdee")[0] == 401
        assert scrape(server, Authorization="Bearer \xff")[0] == 401
        assert scrape(server, Authorization="Bearer 0123456789abcdef")[0] == 200


def test_prometheus_finds_them_clean(figures: tuple[Figures, Listener]) -> None:
    if shutil.which("promtool") is None:
        assert os.environ.get("CI") != "true", "CI must have promtool"
        pytest.skip("promtool is not installed")
    with MetricsServer(figures[0], "127.0.0.1", 0, None) as server:
        text = scrape(server)[1]
    done = subprocess.run(["promtool", "check", "metrics"], input=text, capture_output=True, text=True, timeout=30)
    assert (done.returncode, done.stderr, done.stdout) == (0, "", "")


def test_before_the_first_update_all_families_are_there() -> None:
    assert [family.name for family in Figures().collect()] == [family.name for family in families().values()]
