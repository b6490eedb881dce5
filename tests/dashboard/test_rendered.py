"""Parts of pages that stay as they are: links as Flask makes them, rows rendered once, both bounded."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask import Flask, url_for
from markupsafe import Markup

from dashboard import rendered
from dashboard.rendered import LARGEST, LONGEST, Links, RenderedRows


@pytest.fixture
def app() -> Iterator[Flask]:
    made = Flask("tests")
    made.config["LANGUAGE"] = None
    made.add_url_rule("/a/<name>", "a")
    with made.test_request_context("/"):
        yield made


@pytest.mark.parametrize(
    "values", [{"name": "x"}, {"name": "ü/ <b>", "page": 2}, {"name": "x", "q": None}, {"name": "x" * LONGEST}]
)
def test_links_are_flasks(app: Flask, values: dict[str, str | int | None]) -> None:
    links = Links(app)
    assert links.url_for("a", **values) == links.url_for("a", **values) == url_for("a", **values)  # type: ignore[arg-type]


def test_a_link_below_another_root_is_another(app: Flask) -> None:
    links = Links(app)
    assert links.url_for("a", name="x") == "/a/x"
    with app.test_request_context("/", environ_overrides={"SCRIPT_NAME": "/below"}):
        assert links.url_for("a", name="x") == "/below/a/x"


def test_a_row_is_rendered_once_for_what_it_is_made_of(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    rows, made = RenderedRows(), []

    def render() -> str:
        made.append(1)
        return f"<b>{len(made)}</b>"

    assert rows("device", {"id": 1}, caller=render) == rows("device", {"id": 1}, caller=render) == Markup("<b>1</b>")
    assert rows("device", {"id": 2}, caller=render) == "<b>2</b>"
    monkeypatch.setattr(rendered, "language", lambda: "de")
    assert rows("device", {"id": 1}, caller=render) == "<b>3</b>"
    long = {"id": "x" * LARGEST}
    assert rows(long, caller=render) != rows(long, caller=render)
    monkeypatch.setattr(rendered, "ROWS", 2)
    for number in range(9):
        rows(number, caller=render)
    assert len(rows._rows) == 2
