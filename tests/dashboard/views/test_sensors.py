"""The list of sensors: each in words, as JSON and as CSV; nothing where none ever wrote."""

from __future__ import annotations

import csv
import io
import json
import re
from pathlib import Path

from dashboard import create_app
from sensor.store.location import store_location
from sensor.store.reader import StoreReader
from tests.cli.test_main import lanwitness
from tests.dashboard.site import store
from tests.replaying import PCAPS, capture_in
from tests.store.several import BENCH, HALL, several


def test_a_column_in_which_no_sensor_has_a_word_is_left_out(tmp_path: Path) -> None:
    path = tmp_path / "hub.db"
    several(path)
    client = create_app(str(path)).test_client()
    heads = re.findall(r'<th scope="col"[^>]*>([^<]+)</th>', client.get("/sensors").text)
    assert "bench" in heads and "fingerprint key" not in heads and "kept for" not in heads
    # Only the laboratory's sensor stands at a bench.
    assert "bench" not in re.findall(r'<th scope="col"[^>]*>([^<]+)</th>', client.get("/sensors?site=Home").text)


def test_the_sensors_of_a_store(tmp_path: Path) -> None:
    path = tmp_path / "hub.db"
    several(path, silent=4000)
    client = create_app(str(path)).test_client()
    found = client.get("/api/v1/sensors").json
    assert found is not None
    by_name = {one["name"]: one for one in found["sensors"]}
    assert {name: one["heard"] for name, one in by_name.items()} == {"attic": True, "hall": False, "bench-3": True}
    hall = by_name["hall"]
    assert (hall["id"], hall["site"], hall["interface"], hall["version"]) == (HALL.id, "Home", "eth0", "0.0.test")
    assert (hall["packets"], hall["lost"], hall["lag_seconds"]) == (5000, 25, 3.0)
    assert 4000 <= hall["seconds_ago"] < 4100 and hall["days"] is None and hall["fingerprint_key"] is None
    page = client.get("/sensors").text
    assert "Heard less than a minute ago" in page and "Not heard since" in page and "25 of 5,000" in page
    german = client.get("/sensors", headers={"Accept-Language": "de"}).text
    assert "Gehört vor weniger als einer Minute" in german and "Nichts mehr gehört seit" in german
    assert "25 von 5.000" in german
    lab = client.get("/api/v1/sensors?site=Lab").json
    assert lab is not None and [one["id"] for one in lab["sensors"]] == [BENCH.id]
    rows = list(csv.DictReader(io.StringIO(client.get("/api/v1/sensors.csv").text)))
    assert [one["name"] for one in rows] == ["attic", "hall", "bench-3"] and rows[1]["lost"] == "25"


def test_a_store_of_captures_has_no_sensor(tmp_path: Path) -> None:
    client = create_app(str(store(tmp_path))).test_client()
    found = client.get("/api/v1/sensors").json
    assert found is not None and found["sensors"] == []
    assert "No sensor has written into this store yet" in client.get("/sensors").text
    home = client.get("/api/v1/").json
    assert home is not None and home["fleet"] is None


def test_a_live_sensor_says_its_key_and_how_it_does_in_the_language_of_the_page(tmp_path: Path) -> None:
    path, capture = tmp_path / "home.db", capture_in(PCAPS / "ftp_login")
    run = lanwitness("watch", "-", "-q", "--store", path, stdin=capture.read_bytes(), state=str(tmp_path / "state"))
    assert run.returncode == 0, run.stderr
    client = create_app(str(path)).test_client()
    found = client.get("/api/v1/sensors").json
    assert found is not None
    [key] = [one["fingerprint_key"] for one in found["sensors"]]
    for language, sentence in (("en", "the stream has ended"), ("de", "der Datenstrom ist zu Ende")):
        found, home = (client.get(f"/api/v1{one}?language={language}").json for one in ("/sensors", "/"))
        assert found is not None and home is not None
        assert (found["sensors"][0]["message"], home["sensor"]["message"]) == (sentence, sentence)
    with StoreReader(store_location(str(path))) as reader:
        said = json.dumps([list(reader.records(one.id)) for one in reader.runs()])
    assert set(re.findall(r'"fingerprint": "([^:]+):', said)) == {key}
    assert f"<code>{key}</code>" in client.get("/sensors").text
