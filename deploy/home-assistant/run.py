"""The app's start: `watch` and `serve` over one store in /data, until one of them ends or SIGTERM."""

from __future__ import annotations

import json
import os
import shutil
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path

PROGRAM = "/opt/lanwitness/bin/lanwitness"
USER = "lanwitness"
FOLDER = Path("/data/lanwitness")
PORT = "8473"


def commands(options: Mapping[str, object]) -> tuple[list[str], list[str]]:
    """What to start for the app's options: the sensor, as root; the dashboard, as `USER`. Raises ValueError."""
    interface = options.get("interface")
    if not isinstance(interface, str) or not interface or interface.startswith("-"):
        raise ValueError("interface: the name of an interface of this machine is missing, for example eth0")
    language = ["--language", str(options["language"])] if options.get("language") else []
    host = [f"--host={options['host']}"] if options.get("host") else []
    store = ["--store", str(FOLDER / "home.db")]
    return (
        [PROGRAM, "watch", "--plain", "--user", USER, *store, *language, interface],
        [PROGRAM, "serve", *store, "--bind", "0.0.0.0", "--port", PORT, *language, *host],
    )


def show_link(link: Path, before: float) -> bool:
    """Print the one-time link of this start, if it is there: who reads an app's log may administer Home Assistant."""
    try:
        # The folder belongs to `USER`: no symbolic link and no file of another is followed, no pipe is waited for.
        number = os.open(link, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError:
        return False
    with os.fdopen(number, "rb") as file:
        found = os.fstat(number)
        ours = stat.S_ISREG(found.st_mode) and found.st_uid == link.parents[1].stat().st_uid
        if not ours or found.st_mtime < before:
            return False
        text = file.read(1000).decode("ascii", "replace").strip()
    print(f"To choose a name and a password (works once): {text}", flush=True)
    return True


def run(sensor: list[str], dashboard: list[str], link: Path, user: str | None) -> int:
    """Start both, end both when one ends; the exit status of the one that ended first."""
    began = time.time()
    started = [subprocess.Popen(sensor)]
    try:
        extra = {"user": user, "group": user, "extra_groups": []} if user else {}
        started.append(subprocess.Popen(dashboard, **extra))
        shown = False
        while all(one.poll() is None for one in started):
            shown = shown or show_link(link, began)
            time.sleep(0.2)
        return next(one.returncode for one in started if one.returncode is not None)
    finally:
        for one in started:
            one.terminate()
        for one in started:
            try:
                one.wait(10)
            except subprocess.TimeoutExpired:
                one.kill()


def main() -> int:
    """As the container's first program."""
    try:
        options = json.loads(Path("/data/options.json").read_text("utf-8"))
        sensor, dashboard = commands(options)
    except (OSError, ValueError) as error:
        print(f"The app's options cannot be used: {error}", file=sys.stderr)
        return 2
    FOLDER.mkdir(mode=0o700, exist_ok=True)
    shutil.chown(FOLDER, USER, USER)
    os.environ.update(LANWITNESS_STATE=str(FOLDER), HOME=str(FOLDER))
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    return run(sensor, dashboard, FOLDER / "dashboard" / "set-up.link", USER)


if __name__ == "__main__":
    sys.exit(main())
