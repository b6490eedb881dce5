"""The dashboard in a real browser: themes, sizes, keyboard, no script, updates, forms, axe-core."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sensor.catalogue import LANGUAGES, texts_of
from sensor.store.corrections import Corrections
from sensor.store.location import store_location
from tests.dashboard.browser import chromium, context, serving
from tests.dashboard.site import CAMERA, PASSWORD, Site, first_finding, runs, site
from tests.store.keeping import capture

PHONE = {"viewport": {"width": 360, "height": 740}, "has_touch": True}
SMALL = {"viewport": {"width": 320, "height": 640}, "has_touch": True}
DESKTOP = {"viewport": {"width": 1280, "height": 800}}
WALL = {"viewport": {"width": 2560, "height": 1440}}


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    path = chromium()
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        made = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield made
        made.close()


@pytest.fixture
def one(tmp_path: Path) -> Site:
    return site(tmp_path)


def log_in(page: Any, base: str, one: Site) -> None:
    """By the forms, as a person does."""
    page.goto(f"{base}/set-up/{one.link()}")
    page.get_by_label("Name").fill("anna")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_label("The same again").fill(PASSWORD)
    page.get_by_role("button", name="Set up").click()
    page.wait_for_url(f"{base}/")


def pages(one: Site) -> list[str]:
    client = one.log_in("bert")
    run = runs(client)["home"]
    finding = first_finding(client, run, rule="credential.default")["id"]
    own = f"/runs/{run}"
    return [
        "/",
        f"{own}/devices/{CAMERA}",
        f"{own}/findings",
        f"{own}/findings/{finding}",
        "/search?q=camera",
        "/runs",
        "/help",
        "/people",
        "/nothing",
    ]


def check(page: Any, path: str) -> None:
    """Nothing serious for who uses a screen reader or little light, and nothing cut off at the side."""
    from axe_playwright_python.sync_playwright import Axe

    found = [
        (one["id"], one["impact"], one["nodes"][0]["html"][:200])
        for one in Axe().run(page).response["violations"]
        if one["impact"] in ("serious", "critical")
    ]
    assert not found, (path, found)
    width, room = page.evaluate("[document.documentElement.scrollWidth, innerWidth]")
    assert width <= room, path


@pytest.mark.parametrize(
    ("screen", "theme"),
    [(DESKTOP, "light"), (PHONE, "dark"), (SMALL, "light"), (WALL, "dark")],
    ids=["desktop", "phone-dark", "small", "wall-dark"],
)
def test_every_page(browser: Any, one: Site, screen: dict[str, Any], theme: str) -> None:
    with serving(one) as base, context(browser, color_scheme=theme, **screen) as (page, errors):
        for path in ("/log-in", f"/set-up/{one.link()}", "/set-up/used"):
            page.goto(base + path)
            check(page, path)
        log_in(page, base, one)
        for path in pages(one):
            page.goto(base + path)
            page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
            check(page, path)
        assert not [line for line in errors if "404" not in line], errors


def test_the_user_has_his_say(browser: Any, one: Site) -> None:
    with serving(one) as base, context(browser, **DESKTOP) as (page, errors):
        log_in(page, base, one)
        page.get_by_role("link", name="Reolink camera", exact=True).first.click()
        page.get_by_text("Something wrong?").click()
        page.get_by_label("Its name").fill("Garden camera")
        page.get_by_role("button", name="Rename").click()
        page.get_by_role("heading", name="Garden camera").wait_for()
        page.get_by_text("Something wrong?").click()
        page.get_by_label("What it is", exact=True).select_option("doorbell")
        page.get_by_role("button", name="Set kind").click()
        page.locator('use[href="/icons.svg#doorbell"]').first.wait_for(state="attached")
        page.get_by_role("button", name="Undo").first.click()
        page.get_by_role("heading", name="Reolink doorbell").wait_for()
        page.get_by_role("link", name="A login used a pair").first.click()
        page.get_by_label("note").first.fill("known since May")
        page.get_by_role("button", name="Accept").click()
        page.get_by_text("known since May").wait_for()
        page.get_by_label("for", exact=True).select_option("week")
        page.get_by_role("button", name="Mute").click()
        page.get_by_text("Muted by").wait_for()
        assert errors == []


def test_a_capture_is_sent_in_and_a_run_deleted(browser: Any, one: Site) -> None:
    with serving(one) as base, context(browser, **DESKTOP) as (page, errors):
        log_in(page, base, one)
        page.goto(f"{base}/runs")
        page.get_by_label("file").set_input_files(str(capture("ftp_login")))
        page.get_by_role("button", name="Upload").click()
        page.get_by_role("link", name="See the result").wait_for()
        assert page.locator("tbody tr").count() == 3
        page.on("dialog", lambda dialog: dialog.accept())
        page.get_by_role("button", name="Delete").first.click()
        page.wait_for_function("document.querySelectorAll('tbody tr').length === 2")
        assert errors == []


def test_the_open_page_is_updated(browser: Any, one: Site, tmp_path: Path) -> None:
    with serving(one) as base, context(browser, **DESKTOP) as (page, errors):
        log_in(page, base, one)
        with page.expect_response("**/events"):
            page.reload()
        page.evaluate("window.stays = true")
        page.wait_for_timeout(500)
        with Corrections(store_location(str(tmp_path / "home.db"))) as corrections:
            corrections.name(CAMERA, "Renamed meanwhile", by="bert")
        page.get_by_role("link", name="Renamed meanwhile").first.wait_for()
        assert page.evaluate("window.stays") is True and errors == []


def test_what_a_live_run_finds_comes_to_the_open_page(browser: Any, one: Site, tmp_path: Path) -> None:
    """A stream into `lanwitness watch`, which fills the store that the page shows."""
    with serving(one) as base, context(browser, **DESKTOP) as (page, errors):
        log_in(page, base, one)
        assert page.get_by_role("link", name="Synology NAS", exact=True).count() == 0
        command = [sys.executable, "-m", "sensor", "watch", "--plain", "--store", str(tmp_path / "home.db"), "-"]
        state = {**os.environ, "LANWITNESS_STATE": str(tmp_path / "watching")}
        with capture("ftp_login").open("rb") as stream:
            done = subprocess.run(command, stdin=stream, env=state, capture_output=True, timeout=120, check=False)
        assert done.returncode == 0
        page.get_by_role("link", name="Synology NAS", exact=True).first.click()
        page.get_by_role("link", name="A password was sent unencrypted over FTP").first.wait_for()
        check(page, "a device of a live run")
        assert errors == []


def test_without_streams_the_page_polls(browser: Any, one: Site) -> None:
    with serving(one) as base, context(browser, **DESKTOP) as (page, _):
        page.route("**/events", lambda route: route.abort())
        log_in(page, base, one)
        with page.expect_response("**/stamp", timeout=40_000) as found:
            page.reload()
        assert found.value.ok


def test_all_of_it_can_be_read_and_done_without_script(browser: Any, one: Site) -> None:
    with serving(one) as base, context(browser, java_script_enabled=False, **DESKTOP) as (page, _):
        log_in(page, base, one)
        assert "UTC" in page.locator("time").first.inner_text()
        page.goto(f"{base}/runs")
        page.get_by_label("file").set_input_files(str(capture("ftp_login")))
        page.get_by_role("button", name="Upload").click()
        page.wait_for_url("**/runs#uploads")
        one.app.extensions["jobs"].idle()
        page.reload()
        page.get_by_role("link", name="See the result").click()
        page.get_by_role("heading", name=re.compile("need|Nothing urgent")).wait_for()


def test_keyboard(browser: Any, one: Site) -> None:
    with serving(one) as base, context(browser, **DESKTOP) as (page, _):
        log_in(page, base, one)
        page.goto(base)
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.textContent") == "Skip to the content"
        page.keyboard.press("Enter")
        page.wait_for_function("document.activeElement.id === 'main'")
        page.keyboard.press("Tab")
        outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
        assert outline == "solid"


def test_times_are_the_readers_own_with_utc_beside_them(browser: Any, one: Site) -> None:
    with serving(one) as base, context(browser, timezone_id="Asia/Tokyo", locale="en-GB", **DESKTOP) as (page, _):
        log_in(page, base, one)
        time = page.locator("time").first
        assert time.get_attribute("datetime").startswith("2026-11-22T11:4")
        assert (
            "20:4" in time.inner_text()
            and time.get_attribute("title").startswith("2026-11-22 11:4")
            and "UTC" in time.get_attribute("title")
        )


def test_a_hostile_name_does_nothing(browser: Any, one: Site, tmp_path: Path) -> None:
    with Corrections(store_location(str(tmp_path / "home.db"))) as corrections:
        corrections.name(CAMERA, '"><img src=x onerror=alert(1)><script>alert(2)</script>', by="bert")
    with serving(one) as base, context(browser, **DESKTOP) as (page, errors):
        page.on("dialog", lambda dialog: pytest.fail("a script ran"))
        log_in(page, base, one)
        page.get_by_role("link", name="<script>alert(2)").first.click()
        page.get_by_role("heading", name="<script>alert(2)").wait_for()
        assert errors == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_first_screen_of_a_phone_has_what_needs_a_person_and_the_first_device(
    browser: Any, one: Site, language: str
) -> None:
    with serving(one) as base, context(browser, **PHONE) as (page, _):
        log_in(page, base, one)
        page.goto(f"{base}/language?to={language}&next=/")
        first = page.locator(".devices tbody tr").first
        heading = texts_of("dashboard", language)["home"]["needs"]["many"].format(count=6)
        assert page.get_by_role("heading", name=heading).bounding_box()["y"] < 110
        box = first.bounding_box()
        assert box["y"] + box["height"] <= 740
        dots = [dot.bounding_box() for dot in first.locator(".dot").all()]
        assert len(dots) == 5 and len({round(dot["y"]) for dot in dots}) == 1
        assert page.locator(".legend-line").first.bounding_box()["height"] < 30


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("screen", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_the_navigation_is_one_line_and_nothing_of_it_is_out_of_sight(
    browser: Any, one: Site, screen: dict[str, Any], language: str
) -> None:
    with serving(one) as base, context(browser, **screen) as (page, _):
        log_in(page, base, one)
        page.goto(f"{base}/language?to={language}&next=/")
        boxes = [link.bounding_box() for link in page.locator(".top nav a").all()]
        assert len(boxes) == 6 and len({round(box["y"]) for box in boxes}) == 1
        hidden, shown = page.locator(".top nav ul").evaluate("one => [one.scrollWidth, one.clientWidth]")
        assert hidden <= shown + 1
        assert page.get_by_role("link", name="anna", exact=True).count() == 1
        assert page.locator(".top").bounding_box()["height"] < (100 if screen is PHONE else 70)


def test_search_by_keyboard(browser: Any, one: Site) -> None:
    with serving(one) as base, context(browser, **DESKTOP) as (page, errors):
        log_in(page, base, one)
        page.get_by_role("searchbox", name="Search devices").focus()
        page.keyboard.type("garden")
        page.keyboard.press("Enter")
        page.get_by_role("heading", name="Devices").wait_for()
        assert page.locator(".devices tbody tr").count() == 1
        page.get_by_role("link", name="Reolink camera", exact=True).first.focus()
        page.keyboard.press("Enter")
        page.get_by_role("heading", name="Reolink camera").wait_for()
        assert errors == []


def test_accepting_and_undoing_moves_the_dots(browser: Any, one: Site) -> None:
    with serving(one) as base, context(browser, **DESKTOP) as (page, errors):
        log_in(page, base, one)
        row = page.locator(".devices tbody tr").filter(has_text="IPC-Garden")
        before = [dot.get_attribute("class") for dot in row.locator(".dot").all()]
        need = page.locator(".need").filter(has_text="Reolink camera IPC-Garden").first
        need.get_by_role("link", name="It is known").click()
        page.get_by_role("button", name="Accept").click()
        page.get_by_text("Accepted by").wait_for()
        finding = page.url
        page.goto(base)
        row.get_by_text("but for 1 accepted", exact=True).wait_for()
        assert [dot.get_attribute("class") for dot in row.locator(".dot").all()] != before
        page.goto(finding)
        page.get_by_role("button", name="Undo").first.click()
        page.get_by_text("Accepted by").wait_for(state="detached")
        page.goto(base)
        assert [dot.get_attribute("class") for dot in row.locator(".dot").all()] == before
        assert errors == []


def test_a_file_that_is_no_capture_is_refused_in_a_sentence(browser: Any, one: Site, tmp_path: Path) -> None:
    wrong = tmp_path / "holiday.pcap"
    wrong.write_bytes(b"this is a letter and no capture" * 100)
    with serving(one) as base, context(browser, **DESKTOP) as (page, _):
        log_in(page, base, one)
        page.goto(f"{base}/runs")
        page.get_by_label("file").set_input_files(str(wrong))
        page.get_by_role("button", name="Upload").click()
        page.locator(".jobs li").filter(has_text="holiday.pcap").get_by_text("capture").first.wait_for()
        assert page.locator("tbody tr").count() == 2


def test_the_language_is_chosen_on_the_page(browser: Any, one: Site) -> None:
    with serving(one) as base, context(browser, locale="de-DE", **PHONE) as (page, errors):
        page.goto(f"{base}/log-in")
        assert page.locator("html").get_attribute("lang") == "de"
        page.get_by_role("link", name="English").click()
        log_in(page, base, one)
        page.get_by_role("heading", name="6 things need you").wait_for()
        page.get_by_role("link", name="Deutsch").click()
        page.get_by_role("heading", name="6 dringende Punkte").wait_for()
        check(page, "the first page in German")
        assert errors == []
