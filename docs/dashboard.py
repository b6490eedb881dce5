"""Our own home capture into docs/dashboard.png, the picture in the README: a replay, the dashboard over it, Debian's
Chromium. Run it after a change of Home.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

WIDTH, HEIGHT = 1180, 1060


def main(target: Path) -> None:
    """Write the picture."""
    from playwright.sync_api import sync_playwright

    from dashboard import create_app
    from dashboard.server import DashboardServer
    from sensor.cli.serve import listening

    chromium = shutil.which("chromium")
    if chromium is None:
        sys.exit("chromium is not installed (.ci/packages)")
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        store = Path(folder, "home.db")
        command = [sys.executable, "-m", "sensor", "replay", "--plain", "--store", str(store), "pcaps/home"]
        own = {**os.environ, "LANWITNESS_STATE": str(Path(folder, "state"))}
        subprocess.run(command, cwd=ROOT, env=own, check=True, stdout=subprocess.DEVNULL)
        with socket.create_server(("127.0.0.1", 0)) as probe:
            port = probe.getsockname()[1]
        server = DashboardServer(create_app(str(store)), listening(port, ("127.0.0.1",)), None, 0)
        server.start()
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": WIDTH, "height": HEIGHT}, timezone_id="UTC", locale="en-GB")
        page.goto(f"http://127.0.0.1:{port}/")
        page.wait_for_timeout(500)
        page.screenshot(path=str(target))
        browser.close()
        server.stop()


if __name__ == "__main__":
    main(ROOT / "docs" / "dashboard.png")
