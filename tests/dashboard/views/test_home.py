"""Home: what a family sees first, in words that it knows, light enough for a phone."""

import re
from pathlib import Path

from dashboard.queries import PAGE, Queries
from sensor.store.location import store_location
from sensor.store.types import Change, Sensor, StoredRun
from sensor.store.writer import Writer
from tests.dashboard.site import CAMERA, first_finding, runs, send, site, store
from tests.store.keeping import TOOL, capture, stored_run
from tests.store.scale import records


def words(text: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", text))


def test_home_says_how_the_home_does(tmp_path: Path) -> None:
    client = site(tmp_path).log_in()
    text = words(client.get("/").text)
    assert "11 devices were judged. 6 break a requirement, with packets as proof." in text
    assert "6 things need you" in text and "IPC-Garden" in text and "3,174 packets" in text and "maras-phone" in text
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
    assert "One other capture" in client.get("/").text
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
    assert first["judged"] == 500 and len(first["devices"]) == PAGE and (first["page"], first["pages"]) == (1, 20)
    assert last["page"] == 20 and not {one["id"] for one in last["devices"]} & {one["id"] for one in first["devices"]}
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


def test_the_order_is_that_of_what_needs_a_person_then_worst_first(tmp_path: Path) -> None:
    content = site(tmp_path).log_in().get("/api/v1/").json
    assert content
    urgent = list(dict.fromkeys(one["device"] for one in content["needs"] if one["urgent"]))
    listed = [one["id"] for one in content["devices"]]
    assert listed[: len(urgent)] == urgent
    rest = content["devices"][len(urgent) :]
    broken = [sum(mark["status"] == "violated" for mark in device["marks"]) for device in rest]
    assert broken == sorted(broken, reverse=True) and broken[0] > 0


def test_ten_seconds_say_which_device_to_touch_and_what_to_do(tmp_path: Path) -> None:
    """The first three lines of problem and remedy of the whole home, in their order."""
    text = words(site(tmp_path).log_in().get("/").text)
    lines = (
        "6 things need you",
        "Dahua camera DVR accepts a factory password (Telnet). Set a password of your own",
        "Reolink camera IPC-Garden accepts a factory password (HTTP). Set a password of your own",
        "Sensor sensor-8842 sends a password unencrypted over the internet to mqtt.sensors.example (MQTT, 10 times)."
        " Change that password and switch on encryption",
        "3 more need you",
        "that can wait",
        "Dahua camera DVR",
    )
    places = [text.index(line) for line in lines[:-1]]
    assert places == sorted(places) and text.index(lines[-1], places[-1]) > places[-1]


def test_each_dot_says_what_it_means(tmp_path: Path) -> None:
    page = site(tmp_path).log_in().get("/").text
    row = page[page.index("IPC-Garden</bdi></span>") :].partition("</tr>")[0]
    dots = re.findall(r'<span class="dot [^>]+><span class="hidden">([^<]+)</span>', row)
    names = ["Passwords", "Reporting flaws", "Updates", "Encryption", "Privacy"]
    assert [one.partition(":")[0] for one in dots] == names
    assert dots[3] == "Encryption: broken, high. "
    assert 'aria-label="' in row and "readable" in row and "encrypted" in row


def test_only_one_kind_of_device_can_be_listed(tmp_path: Path) -> None:
    client = site(tmp_path).log_in()
    content = client.get("/api/v1/?kind=camera").json
    assert content and {one["category"] for one in content["devices"]} == {"camera"} and "plug" in content["kinds"]
    assert client.get("/?kind=%3Cscript%3E").status_code == 200


def test_a_new_device_is_asked_about_until_it_is_answered(tmp_path: Path) -> None:
    one = site(tmp_path)
    client = one.log_in()
    run = stored_run(capture("home"), written=9)
    device = next(each for each in run.records if each["record"] == "device" and each["id"] == CAMERA)
    lamp = {**device, "id": "02:00:00:00:00:77", "hostname": "lamp", "corrected": None, "destinations": []}
    lamp.pop("corrected")
    records = [{**each, "run": "rnext"} for each in (*run.records, lamp)]
    with Writer(store_location(str(tmp_path / "home.db"))) as writer:
        writer.keep(StoredRun("rnext", records, TOOL, 9))
    page = client.get("/").text
    assert "1 new device (is it yours?)" in words(page) and "Name it" in words(page)
    path = f"/runs/rnext/devices/{lamp['id']}/yours"
    assert send(client, path, page="/", yours="perhaps").status_code == 400
    assert send(client, path, page="/", yours="no").status_code == 303
    assert "is it yours?" not in words(client.get("/").text)
    text = words(client.get(f"/runs/rnext/devices/{lamp['id']}").text)
    assert "It is not yours, says anna" in text and "Change the Wi-Fi password" in text


def test_accepting_moves_the_marks_and_undo_brings_them_back(tmp_path: Path) -> None:
    one = site(tmp_path)
    client = one.log_in()
    run = runs(client)["home"]

    def marks() -> list[str]:
        devices = client.get("/api/v1/").json["devices"]  # type: ignore[index]
        return [mark["status"] for mark in next(each for each in devices if each["id"] == CAMERA)["marks"]]

    before = marks()
    finding = first_finding(client, run, rule="credential.default", device=CAMERA)["id"]
    page = f"/runs/{run}/findings/{finding}"
    assert send(client, f"{page}/accept", page=page, why="known", which="alike", note="").status_code == 303
    assert marks() != before and marks()[0] == "insufficient_evidence"
    assert "but for 1 accepted" in words(client.get("/").text)
    assert "Reolink camera IPC-Garden accepts a factory password" not in words(client.get("/").text)
    undo = re.search(r'action="(/corrections/\d+/undo\?[^"]+)"', client.get(page).text)
    assert undo
    send(client, undo[1].replace("&amp;", "&"), page=page)
    assert marks() == before
