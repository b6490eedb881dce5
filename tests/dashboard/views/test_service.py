"""Pages for programs: metrics and their token, health, security.txt."""

import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from dashboard.app import create_app
from dashboard.views.service import token
from tests.dashboard.site import site, store


def test_security_txt_as_rfc_9116_wants_it(tmp_path: Path) -> None:
    client = create_app(str(store(tmp_path)), contact="mailto:psirt@example.com").test_client()
    answer = client.get("/.well-known/security.txt")
    fields = dict(line.split(": ", 1) for line in answer.text.splitlines())
    assert (
        answer.headers["Content-Type"] == "text/plain; charset=utf-8"
        and fields["Contact"] == "mailto:psirt@example.com"
    )
    assert timedelta(days=1) < datetime.fromisoformat(fields["Expires"]) - datetime.now(UTC) < timedelta(days=365)


def test_without_a_contact_there_is_no_security_txt(tmp_path: Path) -> None:
    answer = site(tmp_path).client.get("/.well-known/security.txt")
    assert answer.status_code == 404 and "--contact" in answer.text


def test_health_says_nothing_but_that_it_is_well(tmp_path: Path) -> None:
    answer = site(tmp_path).client.get("/healthz")
    assert (answer.status_code, answer.text) == (200, "ok\n")


def test_metrics_in_both_formats(tmp_path: Path) -> None:
    client = create_app(str(store(tmp_path))).test_client()
    assert client.get("/metrics").headers["Content-Type"].startswith("text/plain")
    answer = client.get("/metrics", headers={"Accept": "application/openmetrics-text; version=1.0.0"})
    assert "openmetrics" in answer.headers["Content-Type"] and answer.text.endswith("# EOF\n")


def test_the_token_is_made_once_and_for_its_owner(tmp_path: Path) -> None:
    made = token(tmp_path / "state")
    path = tmp_path / "state" / "metrics.token"
    assert token(tmp_path / "state") == made == path.read_text().strip() and len(made) > 40
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    path.write_text("\n")
    with pytest.raises(ValueError, match="empty"):
        token(tmp_path / "state")
