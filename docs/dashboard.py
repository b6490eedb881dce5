"""Our own home capture into the README's pictures of the three main pages: a replay, the dashboard over it, Debian's
Chromium. Run it after a change of Home, a device or a finding.
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


def main(folder_of_pictures: Path) -> None:
    """Write the pictures: dashboard.png, device.png, finding.png."""
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
        page.screenshot(path=str(folder_of_pictures / "dashboard.png"))
        # The first device that needs a person, then the finding that says why.
        why = page.locator(".need .acts a").first.get_attribute("href")
        page.click(".need .problem a")
        page.wait_for_timeout(500)
        page.screenshot(path=str(folder_of_pictures / "device.png"))
        page.goto(f"http://127.0.0.1:{port}{why}")
        page.wait_for_timeout(500)
        page.screenshot(path=str(folder_of_pictures / "finding.png"))
        browser.close()
        server.stop()


if __name__ == "__main__":
    main(ROOT / "docs")
