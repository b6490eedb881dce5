"""Two runs against each other: the two newest by default, links to both, silence is no pass."""

from __future__ import annotations

from pathlib import Path

from flask.testing import FlaskClient

from dashboard.app import create_app
from sensor.store.types import StoredRun
from tests.dashboard.views.test_home import words
from tests.store.keeping import capture, stored_run, writer

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
    assert "Not heard in the second run: nothing is said of it." in text
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
