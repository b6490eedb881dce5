"""Help: every mark, severity, term and provision is explained; unverified references are marked."""

import html
from pathlib import Path

from dashboard.formatting import catalogue
from sensor.model import Status
from sensor.report.page import texts
from sensor.verdicts.baseline import baseline
from tests.dashboard.site import site
from tests.dashboard.views.test_home import words


def test_everything_is_explained(tmp_path: Path) -> None:
    client = site(tmp_path).log_in()
    text = html.unescape(words(client.get("/help").text))
    for status in Status:
        assert texts()["statuses"][status.value]["means"] in text
    for word, means in catalogue()["glossary"].items():
        assert word in text and means in text
    for provision in baseline():
        assert provision.v3 in text and provision.title in text
    assert any(not one.verified for provision in baseline() for one in provision.see) and " ?" in text


def test_the_texts_have_a_word_for_all_that_is_shown() -> None:
    known = catalogue()
    assert set(known["severity"]) == set(texts()["severities"])
    assert {"shall", "should"} == set(known["modal"]) and {row.traffic for row in baseline()} <= set(known["traffic"])
