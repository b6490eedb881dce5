"""The pages over all sensors: a row a device, the worst mark and whose it is, what is narrowed, who is not heard."""

from __future__ import annotations

import re
import sqlite3
import time
from contextlib import closing
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from dashboard import create_app
from dashboard.fleet import Fleet
from dashboard.queries import Queries
from sensor.export.records import records
from sensor.store.corrections import Corrections
from sensor.store.location import store_location
from sensor.store.writer import Writer
from tests.replaying import read
from tests.store.keeping import capture
from tests.store.several import ATTIC, BENCH, CAMERA, HALL, change_of, of_devices, run_of, several


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("several") / "hub.db"
    several(path, silent=4000)
    return path


@pytest.fixture
def client(made: Path) -> FlaskClient:
    return create_app(str(made)).test_client()


def fleet_of(path: Path) -> Fleet:
    return Fleet(Queries(store_location(str(path))))


def test_a_device_that_two_sensors_see_is_one_row_with_the_worst_marks(made: Path) -> None:
    fleet = fleet_of(made)
    alone = {one["id"]: one for one in fleet.queries.home(run_of(ATTIC))["devices"]}
    home = fleet.home({})
    rows = {(one["site"], one["id"]): one for one in home["devices"]}
    assert len(rows) == len(home["devices"]) == home["judged"]
    camera = rows["Home", CAMERA]
    assert {one["sensor"] for one in camera["seen_by"]} == {"attic", "hall"} and camera["run"] == run_of(ATTIC)
    assert camera["marks"] == alone[CAMERA]["marks"]
    unlike = {one["capability"] for one in alone[CAMERA]["marks"] if one["status"] != "insufficient_evidence"}
    assert {one["capability"] for one in camera["differ"]} == unlike
    for one in camera["differ"]:
        says = dict(one["says"])
        assert says["hall"] == "insufficient_evidence" and says["attic"] != says["hall"]
        # What the hall's sensor could not judge yields to what the attic's could.
        assert one["worst"] == "attic"
    assert {one["site"] for one in home["devices"]} == {"Home", "Lab"}
    assert {one["device"] for one in home["needs"]} >= {CAMERA}
    assert all(one["run"] in {run_of(ATTIC), run_of(BENCH)} for one in home["needs"])


def test_home_is_narrowed_by_site_bench_and_sensor(client: FlaskClient) -> None:
    whole = client.get("/api/v1/").json
    assert whole is not None and whole["run"] is None
    assert whole["fleet"]["choices"] == {
        "site": ["Home", "Lab"],
        "bench": [],
        "sensor": [[ATTIC.id, "attic"], [HALL.id, "hall"], [BENCH.id, "bench-3"]],
    }
    for asked, runs in (
        ("site=Lab", {run_of(BENCH)}),
        ("bench=3", {run_of(BENCH)}),
        (f"sensor={HALL.id}", {run_of(HALL)}),
        ("site=Home", {run_of(ATTIC)}),
        ("site=Nowhere", set()),
    ):
        found = client.get(f"/api/v1/?{asked}").json
        assert found is not None and {one["run"] for one in (*found["devices"], *found["not_judged"])} == runs, asked
        assert client.get(f"/?{asked}").status_code == 200
        sheet = client.get(f"/api/v1/devices.csv?{asked}").text.splitlines()
        shown = found["judged"] + found["not_judged_count"]
        assert len(sheet) - 1 == shown + ("Home" in asked), asked


def test_a_sensor_that_is_not_heard_is_said_on_home(client: FlaskClient) -> None:
    english = client.get("/").text
    assert "Sensors heard: 2 of 3" in english and "The sensor hall has not been heard since" in english
    assert "The sensor attic has not" not in english
    german = client.get("/", headers={"Accept-Language": "de"}).text
    assert "Zu hören: 2 von 3 Sensoren" in german and "Vom Sensor hall ist nichts mehr zu hören seit" in german


def test_the_findings_of_all_sensors(client: FlaskClient) -> None:
    runs = {one.name: run_of(one) for one in (ATTIC, BENCH)}
    alone = {name: client.get(f"/api/v1/runs/{run}/findings").json for name, run in runs.items()}
    found = client.get("/api/v1/findings").json
    assert found is not None and found["total"] == sum(one["total"] for one in alone.values() if one)
    listed: list[tuple[str, str]] = []
    for page in range(1, found["pages"] + 1):
        each = client.get(f"/api/v1/findings?page={page}&sort=severity").json
        assert each is not None
        listed += [(one["run"], one["id"]) for one in each["findings"]]
    assert len(listed) == len(set(listed)) == found["total"]
    for asked, name in ((f"sensor={BENCH.id}", "bench-3"), ("site=Home", "attic")):
        some = client.get(f"/api/v1/findings?{asked}").json
        assert some is not None and some["total"] == alone[name]["total"]  # type: ignore[index]
        assert {one["sensor"] for one in some["findings"]} == {name}
    for query in ("severity=high", "sort=newest&alike=together", "state=open&sort=device", f"device={CAMERA}"):
        all_of = client.get(f"/api/v1/findings?{query}").json
        parts = [client.get(f"/api/v1/runs/{run}/findings?{query}").json for run in runs.values()]
        assert all_of is not None and all_of["total"] == sum(one["total"] for one in parts if one), query
        assert client.get(f"/findings?{query}").status_code == 200
    sheet = client.get("/api/v1/findings.csv?site=Lab").text.splitlines()
    assert len(sheet) - 1 == alone["bench-3"]["total"]  # type: ignore[index]
    assert all(one.startswith("bench-3,Lab,") for one in sheet[1:])


def test_a_device_says_what_each_sensor_says(client: FlaskClient) -> None:
    found = client.get(f"/api/v1/runs/{run_of(HALL)}/devices/{CAMERA}").json
    assert found is not None and [one["sensor"] for one in found["sensors"]] == ["hall", "attic"]
    page = client.get(f"/runs/{run_of(HALL)}/devices/{CAMERA}").text
    assert "What each sensor says" in page and f"/runs/{run_of(ATTIC)}/devices/" in page
    other = next(
        one
        for one in client.get("/api/v1/?site=Lab").json["devices"]  # type: ignore[index]
    )
    alone = client.get(f"/api/v1/runs/{other['run']}/devices/{other['id']}").json
    assert alone is not None and alone["sensors"] == []


def test_only_the_run_that_changed_is_read_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "hub.db"
    several(path)
    fleet = fleet_of(path)
    first = fleet.home({})
    read: list[str] = []
    devices = fleet.reader.devices
    monkeypatch.setattr(fleet.reader, "devices", lambda run: (read.append(run), devices(run))[1])
    with Writer(store_location(str(path))) as writer:
        writer.change(change_of(BENCH, [], time.time() + 1))
    assert fleet.home({})["devices"] == first["devices"] and read == [run_of(BENCH)]
    with Corrections(store_location(str(path))) as corrections:
        corrections.name(CAMERA, "Garden", by="anna")
    assert "Garden" in {one["name"] for one in fleet.home({})["devices"]}
    assert set(read) == {run_of(one) for one in (ATTIC, HALL, BENCH)}


def test_with_one_sensor_the_page_is_that_of_its_run(tmp_path: Path) -> None:
    path = tmp_path / "one.db"
    with Writer(store_location(str(path))) as writer:
        writer.change(change_of(ATTIC, [], time.time()))
    client = create_app(str(path)).test_client()
    found = client.get("/api/v1/").json
    assert found is not None and found["run"]["id"] == run_of(ATTIC) and found["fleet"] is None
    page = client.get("/").text
    assert "/sensors" not in page and not re.search(r'name="(site|bench|sensor)"', page)
    assert client.get("/sensors").status_code == 200


def test_home_names_sensors_that_judge_a_device_unlike(tmp_path: Path) -> None:
    """What one of them could not judge is no contradiction: the device's page has it."""
    path = tmp_path / "hub.db"
    several(path)
    assert "says hall" not in create_app(str(path)).test_client().get("/").text
    home = list(records(read(capture("home"))))
    better = [
        {**one, "status": "no_violation_seen", "severity": None} if one["record"] == "verdict" else one
        for one in of_devices(home, {CAMERA})
        if one["record"] != "finding"
    ]
    with Writer(store_location(str(path))) as writer:
        writer.change(change_of(HALL, better, time.time() + 1))
    page = create_app(str(path)).test_client().get("/").text
    assert "says hall" in page and "says attic" in page


@pytest.mark.parametrize(
    ("table", "column", "value"),
    [
        ("verdicts", "status", "<b>"),
        ("verdicts", "capability", "none of ours"),
        ("verdicts", "more", '{"severity": "worse"}'),
        ("provisions", "status", "passed"),
        ("findings", "severity", "worse"),
        ("findings", "detail", "[1]"),
    ],
)
def test_words_that_no_sensor_of_ours_wrote_break_no_page(
    made: Path, tmp_path: Path, table: str, column: str, value: str
) -> None:
    """Any sensor of a hub may write them into its own rows: a page is as ever, or one sentence names the run."""
    path = tmp_path / "hub.db"
    with closing(sqlite3.connect(made)) as before, closing(sqlite3.connect(path)) as after:
        before.backup(after)
        after.execute(f"UPDATE OR IGNORE {table} SET {column} = ? WHERE run = ?", (value, run_of(ATTIC)))
        after.commit()
    client = create_app(str(path)).test_client()
    with Queries(store_location(str(path))).reader as reader:
        device, finding = (
            next(one["id"] for one in reader.records(run_of(BENCH)) if one["record"] == kind)
            for kind in ("device", "finding")
        )
    run = f"/runs/{run_of(ATTIC)}"
    seen = set()
    for page in (
        "/",
        "/findings",
        "/search?q=password",
        "/sensors",
        "/metrics",
        "/compare",
        run,
        f"{run}/findings",
        f"{run}/devices/{CAMERA}",
        "/api/v1/devices",
        "/api/v1/findings",
        f"/api/v1/devices/{CAMERA}",
    ):
        answer = client.get(page)
        seen.add(answer.status_code)
        assert answer.status_code in (200, 404) or (answer.status_code == 503 and run_of(ATTIC) in answer.text), page
    assert 503 in seen or table == "provisions"
    # The others' own pages are there.
    for page in (
        f"/runs/{run_of(BENCH)}",
        f"/runs/{run_of(BENCH)}/devices/{device}",
        f"/runs/{run_of(BENCH)}/findings/{finding}",
    ):
        assert client.get(page).status_code == 200, page


@pytest.mark.parametrize(
    ("table", "column", "value"),
    [
        # No record can be made of it.
        ("claims", "more", "[null]"),
        ("captures", "more", "{"),
        ("findings", "severity", "<b>"),
        # A record of another shape, over which a page stumbles.
        ("devices", "addresses", "17"),
    ],
)
def test_a_run_that_cannot_be_read_is_left_out_of_the_pages_and_said(
    tmp_path: Path, table: str, column: str, value: str
) -> None:
    """Any sensor of a hub may write anything into its own rows: it must not take the others' pages away."""
    path = tmp_path / "hub.db"
    several(path)
    with closing(sqlite3.connect(path)) as raw, raw:
        raw.execute("UPDATE sensor SET name = ? WHERE id = ?", ("<b>attic", ATTIC.id))
        raw.execute(f'UPDATE "{table}" SET "{column}" = ? WHERE run = ?', (value, run_of(ATTIC)))
    client = create_app(str(path)).test_client()
    alone = client.get(f"/api/v1/runs/{run_of(BENCH)}/findings").json
    assert alone is not None
    for page in ("/", "/findings", "/search?q=http"):
        found = client.get(f"/api/v1{page}").json
        assert found is not None and found["fleet"]["unread"] == ["<b>attic"], page
        # What the others saw is there.
        assert found.get("total", alone["total"]) == alone["total"], page
        assert run_of(ATTIC) not in {one["run"] for one in found.get("devices", ())}, page
        shown = client.get(page).text
        assert "<bdi>A capture of the sensor &lt;b&gt;attic could not be read. It is left out here.</bdi>" in shown
        assert "<b>attic" not in shown and shown.count("could not be read") == 1, page
        german = client.get(page, headers={"Accept-Language": "de"}).text
        assert "Ein Mitschnitt des Sensors &lt;b&gt;attic ist nicht lesbar. Er fehlt hier." in german
        table = client.get("/api/v1/search.csv?q=http")
        assert table.status_code == 503 and "could not be read" in (table.json or {})["error"]
        narrow = f"{page}{'&' if '?' in page else '?'}site=Lab"
        assert client.get("/api/v1/search.csv?q=http&site=Lab").status_code == 200
        assert "could not be read" not in client.get(narrow).text


def test_what_a_sensor_says_of_a_device_is_left_out_where_it_cannot_be_read(tmp_path: Path) -> None:
    path = tmp_path / "hub.db"
    several(path)
    with closing(sqlite3.connect(path)) as raw, raw:
        raw.execute("UPDATE devices SET addresses = '{' WHERE run = ?", (run_of(HALL),))
    client = create_app(str(path)).test_client()
    page = client.get(f"/runs/{run_of(ATTIC)}/devices/{CAMERA}")
    assert page.status_code == 200 and "A capture of the sensor hall could not be read." in page.text.replace(
        "<bdi>", ""
    )
    found = client.get(f"/api/v1/runs/{run_of(ATTIC)}/devices/{CAMERA}").json
    assert found is not None and found["unread"] == ["hall"] and found["sensors"] == []


def test_a_store_whose_runs_all_cannot_be_read_says_so(tmp_path: Path) -> None:
    path = tmp_path / "hub.db"
    several(path)
    with closing(sqlite3.connect(path)) as raw, raw:
        raw.execute("UPDATE claims SET more = '[null]'")
    client = create_app(str(path)).test_client()
    for page in ("/", "/findings", "/search?q=camera"):
        shown = client.get(page)
        assert shown.status_code == 200 and shown.text.count("could not be read. It is left out here.") == 3


def test_what_a_sensor_wrote_beside_its_columns_takes_no_page_away(made: Path, tmp_path: Path) -> None:
    path = tmp_path / "hub.db"
    with closing(sqlite3.connect(made)) as before, closing(sqlite3.connect(path)) as after:
        before.backup(after)
        after.execute("UPDATE captures SET more = '[1]' WHERE run = ?", (run_of(ATTIC),))
        after.execute("UPDATE captures SET more = '{\"path\": 7}' WHERE run = ?", (run_of(HALL),))
        after.execute("UPDATE runs SET bounds = '[1]' WHERE id = ?", (run_of(ATTIC),))
        after.execute('UPDATE runs SET bounds = \'{"flows": "many"}\' WHERE id = ?', (run_of(HALL),))
        after.commit()
    client = create_app(str(path)).test_client()
    for page in ("/", "/runs", "/compare", "/findings", "/search?q=camera", "/report.html", "/api/v1/report.json"):
        assert client.get(page).status_code == 200, page
    listed = {one["id"]: one["bounds_hit"] for one in (client.get("/api/v1/runs").json or {})["runs"]}
    assert listed[run_of(ATTIC)] == listed[run_of(HALL)] == {}
