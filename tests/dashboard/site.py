"""A dashboard for tests: a store of our captures, an application over a copy, logged-in browsers."""

from __future__ import annotations

import functools
import re
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from argon2 import PasswordHasher
from flask import Flask
from flask.testing import FlaskClient

from dashboard.app import create_app
from dashboard.auth.access import AccessControl
from dashboard.auth.accounts import ADMIN, Accounts
from dashboard.auth.api_tokens import ApiTokens
from dashboard.auth.audit import Audit
from sensor.store.location import store_location
from sensor.store.types import TrafficCell
from sensor.store.writer import Writer
from tests.store.keeping import capture, stored_run

QUICK = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
"""Argon2 as weak as it goes: the tests are of what is done with it."""

PASSWORD = "four words of nonsense"  # not a secret of anybody
CAMERA = "ec:71:db:1c:44:02"


@functools.cache
def _made(folder: Path) -> Path:
    path = folder / "made.db"
    with Writer(store_location(str(path))) as writer:
        for number, name in enumerate(("http_basic", "home"), 1):
            run = stored_run(capture(name), written=number)
            hours = [
                TrafficCell(one["id"], 494_000 + hour, "cleartext", "vendor", 1000 * (hour + 1))
                for one in run.records
                if one["record"] == "device"
                for hour in range(30)
            ]
            run.traffic.extend(hours)
            writer.keep(run)
    return path


def store(tmp_path: Path) -> Path:
    """A store of its own for a test: `http_basic` and then `home`, with thirty hours of bytes for each device."""
    base = tmp_path.parent / "dashboard-store"
    base.mkdir(exist_ok=True)
    made = _made(base)
    path = tmp_path / "home.db"
    shutil.copy(made, path)
    return path


@dataclass
class Site:
    """An application with its keeping; ``client`` sends what a browser would."""

    app: Flask
    access: AccessControl
    client: FlaskClient

    def link(self, role: str = ADMIN, name: str | None = None) -> str:
        """The token of a one-time link."""
        return self.access.accounts.link(role, name)

    def log_in(self, name: str = "anna", role: str = ADMIN) -> FlaskClient:
        """A browser of its own in which somebody of that role is logged in."""
        client = self.app.test_client()
        token = self.link(role)
        answer = send(client, f"/set-up/{token}", name=name, password=PASSWORD, again=PASSWORD)
        assert answer.status_code == 303, answer.text
        return client


def site(tmp_path: Path, store_path: str | None = None, **options: Any) -> Site:
    """A dashboard over `store`, as `serve` makes it on this machine. ``store_path``: another spelling of its path."""
    folder = tmp_path / "state"
    keep = AccessControl(folder, Accounts(folder, hasher=QUICK), Audit(folder), ApiTokens(folder), **options)
    made = store(tmp_path)
    app = create_app(store_path or str(made), access=keep)
    app.testing = True
    return Site(app, keep, app.test_client())


def program(one: Site, role: str = ADMIN, name: str = "ci", days: int = 90) -> dict[str, str]:
    """The headers of a program with a token of its own."""
    return {"Authorization": f"Bearer {one.access.tokens.make(name, role, days, by='anna')}"}


def form_of(client: FlaskClient, path: str) -> str:
    """The token that the forms of a page carry."""
    found = re.search(r'name="form" value="([0-9a-f]{40})"', client.get(path).text)
    assert found, path
    return found[1]


def send(client: FlaskClient, path: str, *, page: str | None = None, **fields: Any) -> Any:
    """A form of a page, filled in and sent as a browser does."""
    return client.post(
        path, data={"form": form_of(client, page or path), **fields}, headers={"Origin": "http://localhost"}
    )


def first_finding(client: FlaskClient, run: str, **params: str) -> dict[str, Any]:
    """The first finding of a list."""
    found: dict[str, Any] = client.get(f"/api/v1/runs/{run}/findings", query_string=params).json["findings"][0]  # type: ignore[index]
    return found


def runs(client: FlaskClient) -> dict[str, str]:
    """The runs of the store by the folder of their capture."""
    return {Path(one["captures"][0]).parent.name: one["id"] for one in client.get("/api/v1/runs").json["runs"]}  # type: ignore[index]
