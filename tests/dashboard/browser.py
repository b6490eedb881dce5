"""A real browser for tests: Debian's Chromium through Playwright, and a dashboard that it can reach."""

from __future__ import annotations

import os
import shutil
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from dashboard.server import DashboardServer
from sensor.cli.serve import listening
from tests.dashboard.site import Site

SECONDS = 90_000
"""Milliseconds until an element must be there: machines that run tests are busy."""


def chromium() -> str:
    """Its path; the test is skipped where there is none, and fails where CI ought to have it."""
    found = shutil.which("chromium")
    try:
        import playwright  # noqa: F401
    except ImportError:
        found = None
    if found is None:
        if os.environ.get("CI") == "true":
            pytest.fail("chromium and playwright are not installed (.ci/packages)")
        pytest.skip("chromium or playwright is not installed")
    return found


@contextmanager
def serving(site: Site) -> Iterator[str]:
    """The site on a port of this machine."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    server = DashboardServer(site.app, listening(port, ("127.0.0.1",)), None, site.access.upload)
    server.start()
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        site.app.extensions["watch"].close()
        server.stop()


@contextmanager
def context(browser: Any, **options: Any) -> Iterator[tuple[Any, list[str]]]:
    """A page in a fresh profile, and what its console complained of."""
    own = browser.new_context(**options)
    page = own.new_page()
    page.set_default_timeout(SECONDS)
    errors: list[str] = []
    page.on("console", lambda message: errors.append(message.text) if message.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: errors.append(str(error)))
    try:
        yield page, errors
    finally:
        own.close()
