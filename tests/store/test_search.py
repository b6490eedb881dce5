"""Search of a run: all words, any case, bounded; devices by names and claims, destinations, findings."""

from __future__ import annotations

from dataclasses import replace

import pytest

from sensor.store.corrections import Corrections
from sensor.store.location import StoreLocation, store_location
from sensor.store.reader import StoreReader
from sensor.store.writer import Writer
from tests.store.keeping import capture, stored_run

CAMERA = "ec:71:db:1c:44:02"
RUN = "r0"


@pytest.fixture(scope="module")
def where(tmp_path_factory: pytest.TempPathFactory) -> StoreLocation:
    made = store_location(str(tmp_path_factory.mktemp("search") / "home.db"))
    with Writer(made) as writer:
        run = stored_run(capture("home"))
        writer.keep(replace(run, run=RUN, records=[{**one, "run": RUN} for one in run.records]))
    return made


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("garden", True),
        ("IPC garden", True),
        ("reolink CAMERA", True),
        ("192.168.178.20", True),
        (CAMERA, True),
        ("reolink printer", False),
        ("%", False),
        ("_PC-Garden", False),
        ("' OR 1=1 --", False),
    ],
)
def test_devices(where: StoreLocation, words: str, *, found: bool) -> None:
    with StoreReader(where) as reader:
        assert ((RUN, CAMERA) in reader.search([RUN], words, 50).devices) is found


def test_destinations_and_findings(where: StoreLocation) -> None:
    with StoreReader(where) as reader:
        hits = reader.search([RUN], "mqtt sensors.example", 50)
        assert {one["name"] for one in hits.destinations} == {"mqtt.sensors.example"}
        found = reader.search([RUN], "telnet", 50).findings
        assert found and all("telnet" in f"{one['summary']} {one['server']}".lower() for one in found)
        assert found[0]["severity"] in ("critical", "high")


def test_it_is_bounded(where: StoreLocation) -> None:
    with StoreReader(where) as reader:
        hits = reader.search([RUN], "e", 3)
        assert max(len(hits.devices), len(hits.destinations), len(hits.findings)) == 3
        assert reader.search([RUN], "   ", 3).devices == []
        assert reader.search([RUN], "garden " * 5000, 3).devices == [(RUN, CAMERA)]


def test_a_given_name_is_found(where: StoreLocation) -> None:
    with Corrections(where) as corrections:
        number = corrections.name(CAMERA, "Eye over the roses", by="anna")
        with StoreReader(where) as reader:
            assert reader.search([RUN], "roses eye", 5).devices == [(RUN, CAMERA)]
        corrections.undo(number, by="anna")
