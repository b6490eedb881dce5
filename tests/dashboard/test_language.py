"""The language of a page: the reader's choice, the setting, the browser; records are English."""

from pathlib import Path

import pytest

from dashboard.app import create_app
from sensor.catalogue import LANGUAGES
from tests.dashboard.site import site, store

needs_two = pytest.mark.skipif(len(LANGUAGES) < 2, reason="there is one language")


@needs_two
@pytest.mark.parametrize(
    ("asked", "shown"),
    [("de", "de"), ("de-AT,de;q=0.9,en;q=0.5", "de"), ("fr", "en"), ("en-GB,de;q=0.5", "en"), ("", "en"), ("*", "en")],
)
def test_a_browser_is_answered_in_its_language(tmp_path: Path, asked: str, shown: str) -> None:
    page = site(tmp_path).log_in().get("/", headers={"Accept-Language": asked}).text
    assert f'<html lang="{shown}"' in page


@needs_two
def test_the_choice_on_the_page_counts_more(tmp_path: Path) -> None:
    client = site(tmp_path).log_in()
    answer = client.get("/language?to=de&next=/runs")
    assert answer.status_code == 303 and answer.headers["Location"] == "/runs"
    assert '<html lang="de"' in client.get("/", headers={"Accept-Language": "en"}).text
    assert client.get("/language?to=xx&next=//elsewhere.example").headers["Location"] == "/"
    assert '<html lang="de"' in client.get("/").text


@needs_two
def test_the_setting_counts_more_than_the_browser(tmp_path: Path) -> None:
    client = create_app(str(store(tmp_path)), speaks="de").test_client()
    assert '<html lang="de"' in client.get("/", headers={"Accept-Language": "en"}).text


@needs_two
def test_json_is_english_but_where_it_is_asked_for_otherwise(tmp_path: Path) -> None:
    client = site(tmp_path).log_in()

    def problem(path: str) -> str:
        found: str = client.get(path, headers={"Accept-Language": "de"}).json["needs"][0]["problem"]  # type: ignore[index]
        return found

    assert "factory password" in problem("/api/v1/") and "Werkspasswort" in problem("/api/v1/?language=de")
