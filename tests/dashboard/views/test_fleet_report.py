"""The files of the report of several sensors: page, PDF, JSON and JUnit XML, their links, refusals and escapes."""

from __future__ import annotations

import re
import sqlite3
import xml.etree.ElementTree as Xml
from contextlib import closing
from html import unescape
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from dashboard import create_app
from dashboard.views import fleet_report
from sensor.report.pdf import NoPrinter, printer
from tests.dashboard.site import program, runs, site
from tests.store.several import ATTIC, BENCH, CAMERA, HALL, run_of, several

FILES = ("report.html", "report.json", "report.xml")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("several") / "hub.db"
    several(path)
    return path


@pytest.fixture
def client(made: Path) -> FlaskClient:
    return create_app(str(made)).test_client()


@pytest.fixture
def damaged(tmp_path: Path) -> FlaskClient:
    path = tmp_path / "hub.db"
    several(path)
    with closing(sqlite3.connect(path)) as raw, raw:
        raw.execute("UPDATE sensor SET name = ? WHERE id = ?", ("<b>\u202eattic", ATTIC.id))
        raw.execute("UPDATE devices SET addresses = '17' WHERE run = ?", (run_of(ATTIC),))
    return create_app(str(path)).test_client()


def test_the_pages_of_all_sensors_lead_to_their_report(client: FlaskClient) -> None:
    for page in ("/", "/sensors"):
        for asked in ("", "?site=Home", f"?sensor={BENCH.id}"):
            shown = client.get(page + asked).text
            links = re.findall(r'href="([^"]*/report\.[^"]+)"', shown)
            files = [one.partition("?")[0].rpartition("/")[2] for one in links]
            assert [one for one in files if one != "report.pdf"] == list(FILES)
            assert ("report.pdf" in files) is printer()
            for link in links:
                assert ((asked.removeprefix("?") in unescape(link)) and "pdf" in link) or client.get(
                    unescape(link)
                ).status_code == 200
    # Nothing to report where no sensor is shown.
    assert "report.html" not in client.get("/sensors?site=Nowhere").text


def test_the_files_are_of_the_sensors_that_are_asked_for(client: FlaskClient) -> None:
    whole = client.get("/api/v1/report.json").json
    home = client.get("/api/v1/report.json?site=Home").json
    assert whole and home and {one["sensor"] for one in home["captures"]} == {"attic", "hall"}
    assert len(whole["devices"]) > len(home["devices"])
    for asked, report in (("", whole), ("?site=Home", home)):
        suites = Xml.fromstring(client.get(f"/api/v1/report.xml{asked}").text).findall("testsuite")
        assert [one.get("id") for one in suites] == [one["id"] for one in report["devices"]]
        page = client.get(f"/report.html{asked}")
        assert page.mimetype == "text/html" and page.headers["Content-Disposition"].startswith("attachment")
        assert all(one["name"] in unescape(page.text) for one in report["devices"])
    camera = client.get(f"/api/v1/report.json?device={CAMERA}").json
    assert camera and [one["id"] for one in camera["devices"]] == [CAMERA]
    assert camera["devices"][0]["seen_by"] == ["attic", "hall"]


def test_the_page_speaks_the_language_of_the_browser_and_the_api_the_one_asked_for(client: FlaskClient) -> None:
    german = client.get("/report.html?site=Lab", headers={"Accept-Language": "de"}).text
    assert '<html lang="de"' in german
    assert '<html lang="en"' in client.get("/api/v1/report.html?site=Lab", headers={"Accept-Language": "de"}).text
    assert '<html lang="de"' in client.get("/api/v1/report.html?site=Lab&language=de").text


def test_what_is_not_there_is_said(client: FlaskClient) -> None:
    for path, sentence in (
        ("report.json?site=Nowhere", "There is no such sensor."),
        (f"report.xml?device={CAMERA}&site=Lab", "no such device"),
    ):
        answer = client.get(f"/api/v1/{path}")
        assert answer.status_code == 404 and sentence in (answer.json or {})["error"]
    assert "Diesen Sensor gibt es nicht" in client.get("/report.html?site=x", headers={"Accept-Language": "de"}).text
    assert client.get("/api/v1/report.xml?fail_on=rain").status_code == 400


@pytest.mark.skipif(not printer(), reason="WeasyPrint is not installed")
def test_the_pdf(client: FlaskClient) -> None:
    for path in ("/report.pdf?site=Lab", "/api/v1/report.pdf?site=Lab"):
        try:
            answer = client.get(path)
        except OSError:  # pragma: no cover (Pango is missing)
            pytest.skip("Pango is not installed")
        assert answer.status_code in (200, 501)
        if answer.status_code == 200:
            assert answer.data.startswith(b"%PDF-") and answer.mimetype == "application/pdf"
            assert answer.headers["Content-Disposition"] == 'attachment; filename="lanwitness-report.pdf"'


def test_a_pdf_that_cannot_be_made_is_refused_in_a_sentence(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def missing(_: str) -> bytes:
        raise NoPrinter("WeasyPrint is not installed")

    monkeypatch.setattr(fleet_report, "pdf", missing)
    answer = client.get("/api/v1/report.pdf?site=Lab")
    assert answer.status_code == 501 and (answer.json or {})["error"] == "WeasyPrint is not installed"
    # Hundreds of devices take minutes and gigabytes.
    monkeypatch.setattr(fleet_report, "ON_PAPER", 5)
    answer = client.get("/api/v1/report.pdf?site=Home")
    assert answer.status_code == 413 and "Choose a site" in (answer.json or {})["error"]


def test_one_report_is_made_at_a_time(client: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fleet_report, "PATIENCE", 0)
    with fleet_report.AT_ONCE:
        for path in ("/report.html", "/report.pdf", *(f"/api/v1/{one}" for one in FILES)):
            answer = client.get(path)
            assert answer.status_code == 429 and "Another report is being made" in answer.text, path
    assert client.get("/api/v1/report.xml?site=Lab").status_code == 200


def test_a_run_that_cannot_be_read_is_said_in_each_file(damaged: FlaskClient) -> None:
    found = damaged.get("/api/v1/report.json").json
    assert found and found["left_out"] == ["<b>\u202eattic"]
    assert {one["sensor"] for one in found["captures"]} == {"hall", "bench-3"}
    for page in (damaged.get("/report.html").text, damaged.get("/api/v1/report.html?language=de").text):
        assert "<b>" not in page and "\u202e" not in page and "&lt;b&gt;" in page
    assert "could not be read. It is left out here." in damaged.get("/report.html").text
    document = Xml.fromstring(damaged.get("/api/v1/report.xml").text)
    case = document.find("testsuite[@name='sensors']/testcase")
    assert case is not None and case.find("error") is not None and document.get("errors") == "1"


def test_without_several_sensors_it_is_of_the_last_run(tmp_path: Path) -> None:
    one = site(tmp_path)
    browser = one.log_in()
    run = runs(browser)["home"]
    headers = program(one)
    client = one.app.test_client()
    whole, alone = (
        client.get(f"/api/v1/{path}", headers=headers).json for path in ("report.json", f"runs/{run}/report.json")
    )
    assert whole and alone
    assert {**whole, "made": ""} == {**alone, "made": ""}
    camera = client.get(f"/api/v1/report.json?device={CAMERA}", headers=headers).json
    assert camera and [each["id"] for each in camera["devices"]] == [CAMERA]
    assert HALL.name not in str(camera["captures"])
