"""Two runs against each other: the two newest by default, links to both, silence is no pass."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from dashboard.app import create_app
from sensor.store.types import StoredRun
from tests.dashboard.views.test_home import words
from tests.store.keeping import capture, stored_run, writer
from tests.store.several import ATTIC, HALL, run_of, several

BEFORE, AFTER = (
    stored_run(capture(f"change_{name}"), written=number) for number, name in enumerate(("before", "after"), 1)
)


def client_of(folder: Path, *found: StoredRun) -> FlaskClient:
    with writer(folder / "home.db") as store:
        for one in found:
            store.keep(one)
    return create_app(str(folder / "home.db")).test_client()


def test_the_two_newest_runs_are_compared(tmp_path: Path) -> None:
    client = client_of(tmp_path, BEFORE, AFTER)
    answer = client.get("/compare")
    text = words(answer.text)
    assert answer.status_code == 200 and "Something got worse: " in text and "the device refuses that pair now" in text
    assert "Not heard afterwards: nothing is said of it." in text
    for run in (BEFORE.run, AFTER.run):
        assert f"/runs/{run}/findings/" in answer.text
    made = client.get("/api/v1/compare").get_json()
    assert (made["before"], made["after"]) == (BEFORE.run, AFTER.run) and made["comparison"]["counts"]["new"] > 0


def test_the_way_back_is_no_pass(tmp_path: Path) -> None:
    client = client_of(tmp_path, BEFORE, AFTER)
    made = client.get(f"/api/v1/compare?before={AFTER.run}&after={BEFORE.run}").get_json()
    counts = made["comparison"]["counts"]
    assert counts["gone"] == 0 and counts["not_seen_again"] > 0
    same = client.get(f"/compare?before={AFTER.run}&after={AFTER.run}").text
    assert "Nothing got worse" in same and "<section>" not in same


def test_links_lead_to_pages_that_are_there(tmp_path: Path) -> None:
    client = client_of(tmp_path, BEFORE, AFTER)
    page = client.get("/compare").text.partition("<main")[2].partition("</main>")[0]
    links = {part.partition('"')[0].replace("&amp;", "&") for part in page.split('href="')[1:]}
    assert len(links) > 6 and {client.get(link).status_code for link in links} == {200}


def test_one_run_is_too_few_and_an_unknown_one_is_not_found(tmp_path: Path) -> None:
    client = client_of(tmp_path, BEFORE)
    assert "Two runs are needed" in client.get("/compare").text
    with writer(tmp_path / "home.db") as store:
        store.keep(AFTER)
    assert client.get("/compare?before=r000000000000").status_code == 404


def test_with_several_sensors_what_they_know_against_a_day_ago(tmp_path: Path) -> None:
    several(tmp_path / "hub.db")
    client = create_app(str(tmp_path / "hub.db")).test_client()
    made = client.get("/api/v1/compare").get_json()
    # All of it was heard before yesterday.
    assert (made["before"], made["after"]) == ("site:@yesterday", "site:") and made["comparison"]["counts"]["same"] > 5
    assert made["comparison"]["counts"]["new"] == 0 and not made["comparison"]["worse"]
    page = client.get("/compare").text
    assert "All sensors, a day ago" in page and "attic, a week ago" in page and "Home, now" in page
    assert "Alle Sensoren, vor einem Tag" in client.get("/compare", headers={"Accept-Language": "de"}).text


def test_two_sensors_and_a_sensor_against_a_run(tmp_path: Path) -> None:
    several(tmp_path / "hub.db")
    client = create_app(str(tmp_path / "hub.db")).test_client()
    found = client.get(f"/compare?before={HALL.id}&after={ATTIC.id}")
    text = found.text.partition("<main")[2].partition("</main>")[0]
    assert "The second sensor against the first: " in words(found.text) and f"/runs/{run_of(ATTIC)}/findings/" in text
    links = {part.partition('"')[0].replace("&amp;", "&") for part in text.split('href="')[1:]}
    assert {client.get(link).status_code for link in links} == {200}
    same = client.get(f"/api/v1/compare?before={ATTIC.id}&after={run_of(ATTIC)}").get_json()
    counts = same["comparison"]["counts"]
    assert counts["same"] > 5 and sum(counts.values()) == counts["same"]
    for odd in ("nobody", "site:Nowhere", f"{ATTIC.id}@never", f"{ATTIC.id}@1999-01-01"):
        assert client.get(f"/compare?before={odd}&after={ATTIC.id}").status_code == 404


def test_too_many_findings_are_not_compared_unasked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    several(tmp_path / "hub.db")
    monkeypatch.setattr("dashboard.views.compare.GROUPED", 5)
    client = create_app(str(tmp_path / "hub.db")).test_client()
    assert client.get("/api/v1/compare").get_json()["comparison"] is None
    assert "All sensors, a day ago" in client.get("/compare").text
    assert client.get("/api/v1/compare?before=site:@yesterday&after=site:").get_json()["comparison"] is not None


def test_a_run_of_a_sensor_that_cannot_be_read_is_left_out_and_said(tmp_path: Path) -> None:
    path = tmp_path / "hub.db"
    several(path)
    with closing(sqlite3.connect(path)) as raw, raw:
        raw.execute("UPDATE sensor SET name = '<b>hall' WHERE id = ?", (HALL.id,))
        raw.execute("UPDATE verdicts SET because = '[null]' WHERE run = ?", (run_of(HALL),))
    client = create_app(str(path)).test_client()
    for asked in ("", "?before=site:@yesterday&after=site:Home", f"?before={run_of(ATTIC)}&after=site:"):
        page = client.get(f"/compare{asked}")
        assert page.status_code == 200 and "sensor &lt;b&gt;hall could not be read. It is left out here." in page.text
        found = client.get(f"/api/v1/compare{asked}").get_json()
        assert found["unread"] == ["<b>hall"] and found["comparison"]["devices"]
        assert run_of(HALL) not in {one for side in found["places"].values() for one in side.values()}
    # Where nothing else is asked for the sentence names the run.
    for asked in (f"?before={run_of(HALL)}&after=site:", f"?before={run_of(ATTIC)}&after={HALL.id}"):
        answer = client.get(f"/api/v1/compare{asked}")
        assert (
            answer.status_code == 503 and f"run {run_of(HALL)} holds rows that cannot be read" in answer.json["error"]
        )
    fine = client.get(f"/api/v1/compare?before={ATTIC.id}@yesterday&after={ATTIC.id}").get_json()
    assert fine["unread"] == []
