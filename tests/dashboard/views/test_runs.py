"""The list of runs: the newest first, actions by role."""

from pathlib import Path

from dashboard.app import create_app
from tests.dashboard.site import runs, site, store
from tests.dashboard.views.test_home import words


def test_the_list(tmp_path: Path) -> None:
    client = site(tmp_path).log_in()
    assert list(runs(client)) == ["home", "http_basic"]
    page = client.get("/runs").text
    assert "Upload a capture" in page and 'enctype="multipart/form-data"' in page and "2.1 GB" in words(page)
    assert page.count("That cannot be undone.") == 2


def test_who_may_change_nothing_sees_no_button(tmp_path: Path) -> None:
    page = create_app(str(store(tmp_path))).test_client().get("/runs").text
    assert 'method="post"' not in page and "http_basic" in page
