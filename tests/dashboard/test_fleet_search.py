"""The search over all sensors: what one run's search finds in each, with whose it is; narrowed; as page, JSON, CSV."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from dashboard import create_app
from sensor.store.corrections import Corrections
from sensor.store.location import store_location
from tests.store.several import ATTIC, BENCH, CAMERA, HALL, run_of, several


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("searched") / "hub.db"
    several(path)
    return path


@pytest.fixture(scope="module")
def client(made: Path) -> FlaskClient:
    return create_app(str(made)).test_client()


def test_a_device_that_two_sensors_see_is_found_once_with_both(client: FlaskClient) -> None:
    found = client.get("/api/v1/search?q=garden").json
    assert found is not None and found["run"] is None
    assert [one["id"] for one in found["devices"]] == [CAMERA]
    assert {one["sensor"] for one in found["devices"][0]["seen_by"]} == {"attic", "hall"}


def test_what_each_run_has_is_found_and_says_whose_it_is(client: FlaskClient) -> None:
    whole = client.get("/api/v1/search?q=password").json
    assert whole is not None
    alone: set[tuple[str, str]] = set()
    for one in (ATTIC, HALL, BENCH):
        part = client.get(f"/api/v1/search?q=password&run={run_of(one)}").json
        assert part is not None and part["fleet"] is None and len(part["findings"]) < part["most"]
        alone |= {(one.name, finding["id"]) for finding in part["findings"]}
    assert {name for name, _ in alone} == {"attic", "bench-3"}
    assert {(one["sensor"], one["id"]) for one in whole["findings"]} == alone
    reached = client.get("/api/v1/search?q=mqtt.sensors.example").json
    assert reached is not None and {one["sensor"] for one in reached["destinations"]} == {"attic"}
    page = client.get("/search?q=password").text
    assert "seen by attic" in page and "seen by bench-3" in page
    assert f"/runs/{run_of(BENCH)}/findings/" in page and f"/runs/{run_of(ATTIC)}/findings/" in page


def test_it_is_narrowed_by_site_bench_and_sensor(client: FlaskClient) -> None:
    for asked, names in (
        ("site=Lab", {"bench-3"}),
        ("bench=3", {"bench-3"}),
        (f"sensor={ATTIC.id}", {"attic"}),
        (f"sensor={HALL.id}", set()),
        ("site=Nowhere", set()),
    ):
        found = client.get(f"/api/v1/search?q=password&{asked}").json
        assert found is not None and {one["sensor"] for one in found["findings"]} == names, asked
    page = client.get("/search?q=password&site=Lab").text
    assert '<option value="Lab" selected>' in page
    assert "Nichts gefunden" in client.get("/search?q=zzzz", headers={"Accept-Language": "de"}).text


def test_as_a_table_each_row_names_its_sensor_and_run(client: FlaskClient) -> None:
    rows = list(csv.DictReader(io.StringIO(client.get("/api/v1/search.csv?q=garden").text)))
    assert [one["sensor"] for one in rows if one["what"] == "device"] == ["attic hall"]
    whose = {(one["sensor"], one["run"]) for one in rows if one["what"] == "finding"}
    assert whose <= {("attic", run_of(ATTIC)), ("bench-3", run_of(BENCH))}


def test_a_name_that_a_user_gave_is_found(tmp_path: Path) -> None:
    path = tmp_path / "hub.db"
    several(path)
    client = create_app(str(path)).test_client()
    assert client.get("/api/v1/search?q=roses").json["devices"] == []  # type: ignore[index]
    with Corrections(store_location(str(path))) as corrections:
        corrections.name(CAMERA, "Eye over the roses", by="anna")
    (found,) = client.get("/api/v1/search?q=roses").json["devices"]  # type: ignore[index]
    assert found["id"] == CAMERA and len(found["seen_by"]) == 2
