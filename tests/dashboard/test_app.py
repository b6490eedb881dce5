"""The application whole: every page, hostile names, errors, empty and broken stores."""

from __future__ import annotations

import logging
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from dashboard.app import create_app
from sensor.store.location import StoreFailed, store_location
from sensor.store.types import StoredRun
from sensor.store.writer import Writer
from tests.dashboard.site import CAMERA, Site, first_finding, runs, site, store
from tests.store.keeping import TOOL, capture, stored_run

MARKUP = '"><img src=x onerror=alert(1)><script>alert(2)</script>'
TRICKS = MARKUP + "\u202egnp.exe\u2028\x00\x1b[31m" + "W" * 10_000


class Page(HTMLParser):
    """What a browser would make of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.ids: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attributes)))
        if "id" in dict(attributes):
            self.ids.append(str(dict(attributes)["id"]))


def pages(client: Any, run: str, device: str, finding: str) -> list[str]:
    own = [
        "/",
        f"/runs/{run}",
        f"/runs/{run}/devices/{device}",
        f"/runs/{run}/findings",
        f"/runs/{run}/findings/{finding}",
    ]
    return [*own, "/findings", "/runs", "/help", "/people"]


def check(text: str) -> Page:
    page = Page(text)
    for tag, attributes in page.tags:
        assert tag not in ("iframe", "object", "embed", "base", "style"), tag
        assert not [name for name in attributes if name.startswith("on") or name == "style"], attributes
        if tag == "script":
            assert attributes == {"src": "/dashboard.js", "defer": None}
        for name in ("href", "src", "action"):
            assert (attributes.get(name) or "/").startswith(("/", "#")), attributes
    assert len(page.ids) == len(set(page.ids))
    return page


@pytest.fixture
def one(tmp_path: Path) -> Site:
    return site(tmp_path)


def test_every_page_loads_nothing_from_elsewhere_and_runs_nothing_of_its_own(one: Site) -> None:
    client = one.log_in()
    run = runs(client)["home"]
    for path in pages(client, run, CAMERA, first_finding(client, run)["id"]):
        answer = client.get(path)
        assert answer.status_code == 200, path
        check(answer.text)
        assert "None" not in re.sub(r"<[^>]*>", "", answer.text).split(), path


def hostile(record: dict[str, Any]) -> dict[str, Any]:
    """A record of our own capture, with what an attacker would put into it."""
    if record["record"] == "device":
        reason = {"field": MARKUP, "value": TRICKS, "signature": MARKUP, "evidence": []}
        claim = {"value": TRICKS, "confidence": 0.9, "because": [reason]}
        peers = [{"name": TRICKS, "address": MARKUP, "party": None, "bytes": 1}]
        claims = dict.fromkeys(("vendor", "category", "model", "firmware", "os"), claim)
        return {**record, **claims, "hostname": TRICKS, "addresses": [MARKUP], "destinations": peers}
    if record["record"] == "finding":
        detail = {**record["detail"], "username": TRICKS, MARKUP: TRICKS, "list": [TRICKS] * 30}
        return {
            **record,
            "detail": detail,
            "client": MARKUP,
            "server": TRICKS,
            "protocol": MARKUP,
            "summary": TRICKS,
            "advice": TRICKS,
        }
    if record["record"] in ("verdict", "provision"):
        return {**record, "because": [TRICKS]}
    return {**record, "capture": TRICKS, "damage": TRICKS}


def test_what_came_off_the_wire_is_text_whatever_it_is(tmp_path: Path) -> None:
    one = site(tmp_path)
    client = one.log_in()
    run = stored_run(capture("home"), written=9)
    with Writer(store_location(str(tmp_path / "home.db"))) as writer:
        writer.keep(StoredRun("rhostile", [hostile({**record, "run": "rhostile"}) for record in run.records], TOOL, 9))
    for path in pages(client, "rhostile", CAMERA, first_finding(client, "rhostile")["id"]):
        answer = client.get(path)
        assert answer.status_code == 200, path
        page = check(answer.text)
        assert not [tag for tag, _ in page.tags if tag == "img" and _.get("src") != "/icon.svg"], path
        assert not re.search("[\u202e\u2028\x00\x1b]", answer.text), path
        assert "W" * 601 not in answer.text, path


def test_a_finding_of_no_device_and_hostile_ids_in_addresses(one: Site) -> None:
    client = one.log_in()
    for path in (
        f"/runs/{MARKUP}",
        "/runs/x/devices/%3Cscript%3E",
        "/runs/x/findings/%00",
        "/%E2%80%AE",
        "/runs/..%2f..%2fetc",
    ):
        answer = client.get(path)
        assert answer.status_code == 404 and "<script>" not in answer.text and "onerror=alert" not in answer.text
        check(answer.text)


@pytest.mark.parametrize(
    "query",
    [
        "page=0",
        "page=-1",
        "page=99999999999999",
        "page=x",
        "severity=x",
        "since=x",
        "until=9999-99-99",
        "sort=';--",
        "device=" + "x" * 5000,
    ],
)
def test_questions_that_make_no_sense_are_no_errors(one: Site, query: str) -> None:
    assert one.log_in().get(f"/findings?{query}").status_code == 200


def test_errors_of_the_api_are_json(one: Site) -> None:
    client = one.log_in()
    for path in ("/api/v1/nothing", "/api/v1/runs/x", "/api/v1/runs/x/devices/y"):
        answer = client.get(path)
        assert answer.status_code == 404 and set(answer.json or {}) == {"error"}


def test_a_bug_is_logged_without_its_text(
    one: Site, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    client = one.log_in()

    def broken() -> None:
        raise ValueError("hunter2")

    one.app.testing = False
    monkeypatch.setattr(one.app.extensions["queries"], "runs", broken)
    with caplog.at_level(logging.ERROR):
        answer = client.get("/runs")
    assert answer.status_code == 500 and "hunter2" not in answer.text and "Please report it" in answer.text
    assert "ValueError" in caplog.text and "hunter2" not in caplog.text


def test_an_empty_store_says_what_to_do(tmp_path: Path) -> None:
    path = tmp_path / "empty.db"
    Writer(store_location(str(path))).close()
    client = create_app(str(path)).test_client()
    for page in ("/", "/findings"):
        answer = client.get(page)
        assert answer.status_code == 200 and "lanwitness replay --store" in answer.text
    assert client.get("/api/v1/").json == {"run": None}
    assert "There is no capture yet" in client.get("/runs").text
    assert "lanwitness_runs 0.0" in client.get("/metrics").text


def test_a_store_that_breaks_is_a_sentence(tmp_path: Path) -> None:
    path = store(tmp_path)
    client = create_app(str(path)).test_client()
    path.unlink()
    path.write_bytes(b"no database" * 1000)
    for page, kind in (("/", "html"), ("/api/v1/runs", "json"), ("/healthz", "html")):
        answer = client.get(page)
        assert answer.status_code == 503 and kind in answer.headers["Content-Type"]
        assert "home.db" in answer.text and "Traceback" not in answer.text
    with pytest.raises(StoreFailed):
        create_app(str(tmp_path / "nothing.db"))


def test_files_are_known_by_their_tags(one: Site) -> None:
    for path, kind in (
        ("/style.css", "text/css"),
        ("/dashboard.js", "text/javascript"),
        ("/icons.svg", "image/svg+xml"),
        ("/favicon.ico", "image/svg+xml"),
    ):
        answer = one.client.get(path)
        assert answer.headers["Content-Type"].startswith(kind)
        assert one.client.get(path, headers={"If-None-Match": answer.headers["ETag"]}).status_code == 304


def test_the_script_builds_no_code_from_text() -> None:
    text = (Path(__file__).parents[2] / "dashboard" / "static" / "dashboard.js").read_text("utf-8")
    assert not re.search(
        r"\beval\b|new Function|document\.write|insertAdjacentHTML|setTimeout\(['\"`]|innerHTML\s*=[^=]", text
    )
