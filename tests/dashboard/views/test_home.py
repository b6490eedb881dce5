"""Home: what a family sees first, in words that it knows, light enough for a phone."""

import re
from pathlib import Path

from dashboard.queries import PAGE, Queries
from sensor.store.location import store_location
from sensor.store.types import Change, Sensor, StoredRun
from sensor.store.writer import Writer
from tests.dashboard.site import runs, site, store
from tests.store.keeping import TOOL, capture, stored_run
from tests.store.scale import records


def words(text: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", text))


def test_home_says_how_the_home_does(tmp_path: Path) -> None:
    client = site(tmp_path).log_in()
    text = words(client.get("/").text)
    assert "11 devices were judged. 6 of them break a requirement, with packets as proof." in text
    assert "7 things need you" in text and "IPC-Garden" in text and "3,174 packets" in text and "maras-phone" in text
    content = client.get("/api/v1/").json
    assert content and content["capabilities"][0]["status"] == "violated" and len(content["needs"]) > 5


def test_no_jargon(tmp_path: Path) -> None:
    """The advice and what came off the wire may name a protocol; our own words do not."""
    client = site(tmp_path).log_in()
    text = words(client.get("/").text).lower()
    for word in ("flow", "payload", "provision", "5.1-1", "etsi", "endpoint", "evidence", "tcp", "udp", "verdict"):
        assert word not in text, word


def test_another_run_can_be_chosen(tmp_path: Path) -> None:
    client = site(tmp_path).log_in()
    other = runs(client)["http_basic"]
    assert f'<option value="{other}">' in client.get("/").text
    chosen = client.get(f"/?run={other}")
    assert (
        f'href="/runs/{other}"' in chosen.text
        and "2 devices were judged" in chosen.text
        and "IPC-Garden" not in chosen.text
    )
    assert client.get(f"/api/v1/?run={other}").json["run"]["id"] == other  # type: ignore[index]
    assert len(client.get(f"/api/v1/devices.csv?run={other}").text.splitlines()) == 3


def test_home_of_500_devices_comes_in_pages_under_150_kb(tmp_path: Path) -> None:
    path = store(tmp_path)
    with Writer(store_location(str(path))) as writer:
        writer.keep(StoredRun("rbig", records(500, 500), TOOL, 99))
    queries = Queries(store_location(str(path)))
    first, last = queries.home(None), queries.home(None, 99)
    assert first["judged"] == 500 and len(first["devices"]) == PAGE and (first["page"], first["pages"]) == (1, 10)
    assert last["page"] == 10 and not {one["id"] for one in last["devices"]} & {one["id"] for one in first["devices"]}
    from dashboard.app import create_app

    client = create_app(str(path)).test_client()
    page = client.get("/")
    whole = len(page.data) + sum(
        len(client.get(file).data) for file in ("/style.css", "/dashboard.js", "/icons.svg", "/icon.svg")
    )
    assert whole < 150_000


def test_a_live_sensor_is_always_seen(tmp_path: Path) -> None:
    one = site(tmp_path)
    client = one.log_in()
    run = stored_run(capture("http_basic"))
    sensor = Sensor(10**15, "blind", "Nothing has arrived for 5 minutes: is the cable in?", "eth0", 1234, 5, 7, 10**15)
    with Writer(store_location(str(tmp_path / "home.db"))) as writer:
        writer.change(
            Change("rlive", TOOL, 10**15, [{**record, "run": "rlive"} for record in run.records], sensor=sensor)
        )
    text = words(client.get("/").text)
    assert (
        "Listening, with trouble" in text
        and "is the cable in?" in text
        and "1,234 packets" in text
        and "7 lost" in text
    )


def test_the_order_is_worst_first(tmp_path: Path) -> None:
    content = site(tmp_path).log_in().get("/api/v1/").json
    assert content
    broken = [sum(mark["status"] == "violated" for mark in device["marks"]) for device in content["devices"]]
    assert broken == sorted(broken, reverse=True) and broken[0] > 0
