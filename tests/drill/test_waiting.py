"""Waiting for a sensor's report: until all is there or the time is up; of a store, of a capture."""

from __future__ import annotations

from pathlib import Path

from sensor.drill.waiting import SensorReport, listens_to, of_capture, of_store, wait_for
from sensor.store.location import store_location
from sensor.store.types import Change, Sensor
from sensor.store.writer import Writer
from sensor.vault import Vault
from tests.cli.test_main import lanwitness
from tests.drill.pieces import PIECE, capture, write
from tests.store.keeping import TOOL


class Clock:
    now = 0.0

    def steady(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


def test_it_waits_until_all_is_heard(tmp_path: Path) -> None:
    clock, whole = Clock(), of_capture(str(capture(tmp_path / "x.pcap")), Vault(bytes(32)))
    found, _ = wait_for(
        PIECE, lambda: whole if clock.now >= 3 else SensorReport([]), 10, steady=clock.steady, sleep=clock.sleep
    )
    assert all(one.well for one in found) and clock.now == 3.0


def test_it_gives_up_when_the_time_is_over() -> None:
    clock = Clock()
    found, sentence = wait_for(
        PIECE, lambda: SensorReport([], "only broadcasts"), 10, steady=clock.steady, sleep=clock.sleep
    )
    assert not any(one.well for one in found) and sentence == "only broadcasts" and clock.now == 10.0


def test_a_capture_that_cannot_be_read_is_a_sentence(tmp_path: Path) -> None:
    assert "no such file" in of_capture(str(tmp_path / "none"), Vault(bytes(32))).sentence.lower()


def test_the_vlans_of_a_captures_tags(tmp_path: Path) -> None:
    """IEEE 802.1Q 9.6: the VLAN is the tag's last twelve bits; 0 is a priority alone, 4095 is reserved."""
    head, rest = bytes.fromhex("024c5700000b024c5700000a"), bytes.fromhex("0800") + bytes(46)
    tags = ("81006014", "88a8000a", "81006000", "81000fff")
    frames = [head + rest, *(head + bytes.fromhex(tag) + rest for tag in tags), head + b"\x81\0\0"]
    assert of_capture(str(write(tmp_path / "x.pcap", frames)), Vault(bytes(32))).vlans == (10, 20)


def test_the_vlans_of_a_running_sensor(tmp_path: Path) -> None:
    sources = [{"source": "eth1", "vlans": [20, 30]}, {"source": "eth2", "vlans": [10, 20]}, {"source": "older"}]
    store = tmp_path / "home.db"
    where = store_location(str(store))
    with Writer(where) as writer:
        writer.change(Change("r1", TOOL, 1, sensor=Sensor(1, "ok", "", "eth1", 1, 60, 0, None, {"sources": sources})))
    assert of_store(where).vlans == (10, 20, 30)


def test_a_store(tmp_path: Path) -> None:
    store = tmp_path / "home.db"
    done = lanwitness("replay", capture(tmp_path / "x.pcap"), "--store", store, state=str(tmp_path))
    assert done.returncode == 0, done.stderr
    report = of_store(store_location(str(store)))
    found, _ = wait_for(PIECE, lambda: report, 0)
    assert all(one.well for one in found)
    assert report.sentence == "its newest run is a finished capture: does the sensor run?"
    assert listens_to(store_location(str(store))) == frozenset()
