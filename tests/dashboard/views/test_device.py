"""A device's page: claims with reasons, verdicts with coverage, destinations, downloads."""

from pathlib import Path

import pytest

from sensor.store.location import store_location
from sensor.store.types import TrafficCell
from sensor.store.writer import Writer
from tests.dashboard.site import CAMERA, Site, runs, site
from tests.dashboard.views.test_home import words
from tests.store.keeping import capture, stored_run


@pytest.fixture
def one(tmp_path: Path) -> Site:
    return site(tmp_path)


def test_the_page_says_why_we_think_so(one: Site) -> None:
    client = one.log_in()
    page = client.get(f"/runs/{runs(client)['home']}/devices/{CAMERA}")
    text = words(page.text)
    assert "IPC-Garden" in text and "Reolink camera" in text and "100 %" in text and "packets" in text
    assert (
        "Five marks" in text
        and "Its set-up" in text
        and "Accepts a factory password over HTTP" in text
        and "cloud.cameras.example" in text
    )
    assert 'href="/icons.svg#camera"' in page.text


def test_a_verdict_says_what_decides_it(one: Site) -> None:
    client = one.log_in()
    run = runs(client)["home"]
    heads = {
        mark["headline"]: mark["severity"]
        for device in client.get(f"/api/v1/runs/{run}").json["devices"]  # type: ignore[index]
        for mark in device["marks"]
        if device["id"] == CAMERA
    }
    text = words(client.get(f"/runs/{run}/devices/{CAMERA}").text)
    assert len(heads) > 2 and any(heads.values())
    for head in heads:
        assert head in text


def test_traffic_by_hour_and_by_day(one: Site, tmp_path: Path) -> None:
    client = one.log_in()
    run = runs(client)["home"]
    short = client.get(f"/api/v1/runs/{run}/devices/{CAMERA}").json["traffic"]  # type: ignore[index]
    assert len(short["all"]) == 30 and short["recent"] == [] and short["parties"][0]["party"] == "vendor"
    long = stored_run(capture("home"), written=3)
    long.traffic.extend(TrafficCell(CAMERA, 490_000 + hour, "encrypted", "vendor", 10) for hour in range(24 * 20))
    with Writer(store_location(str(tmp_path / "home.db"))) as writer:
        writer.keep(long)
    content = client.get(f"/api/v1/runs/{run}/devices/{CAMERA}").json["traffic"]  # type: ignore[index]
    assert 20 <= len(content["all"]) <= 21 and len(content["recent"]) == 72
    assert sum(cell["bytes"] for cell in content["all"]) == 4800
    text = client.get(f"/runs/{run}/devices/{CAMERA}").text
    assert "The last three days, by hour" in text and "A column is a day." in text


def test_the_report_is_a_file(one: Site) -> None:
    client = one.log_in()
    run = runs(client)["home"]
    for path in (f"/runs/{run}/devices/{CAMERA}/report.html", f"/runs/{run}/report.html"):
        answer = client.get(path)
        assert answer.status_code == 200 and "attachment" in answer.headers["Content-Disposition"]
        assert "IPC-Garden" in answer.text and "EN 303 645" in answer.text
    assert client.get(f"/runs/{run}/devices/none/report.html").status_code == 404


def test_who_is_not_judged_has_a_page_as_well(one: Site) -> None:
    client = one.log_in()
    text = words(client.get(f"/runs/{runs(client)['home']}/devices/5e:3b:91:d4:07:2c").text)
    assert "maras-phone" in text and "get no marks" in text and "Five marks" not in text
