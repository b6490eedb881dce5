"""Apprise channel: alerts by mail, ntfy, Telegram and others, sent by a process that has no store.

Apprise and its plugins are code of many people that speaks to the internet, so none of it is read into the sensor.
Each alert goes through a process of its own (`sensor.alerts.apprise_child`), which is given the alert and one URL on
standard input, an environment of two variables and an empty folder. Each URL has a queue of its own: one that does not
answer holds up no other.
"""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
import tempfile
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from sensor.alerts.apprise_child import OPEN, UNINSTALLED, UNKNOWN, UNSENT
from sensor.alerts.sender import Undelivered
from sensor.alerts.spool import NOTIFY, QueuedMessage
from sensor.files import error_reason
from sensor.settings.keys import NotifySettings as Settings

PATIENCE = 12.0
"""Seconds for one alert to one URL, with the start of the process."""

LARGEST = 65_536
"""Bytes of the file of URLs."""

TYPES: Final[Mapping[str, str]] = {"critical": "failure", "high": "failure", "medium": "warning"}
"""Severity -> Apprise's type; `info` for the others."""

REASONS: Final[Mapping[int, str]] = {
    UNINSTALLED: "Apprise is not installed; install lanwitness[notify]",
    UNKNOWN: "Apprise does not know this kind of URL",
    UNSENT: "the service cannot be reached, or refuses the alert",
    OPEN: "the process that sends could not give up its rights",
}

ONE_AT_A_TIME = threading.Lock()
"""A process takes about 60 MB: several at a time are too much for a small machine."""


def urls_of(path: Path) -> list[str]:
    """The URLs of the user's file, one a line; ``#`` begins a comment line. ValueError with a sentence."""
    try:
        with path.open("rb") as file:
            mode = os.fstat(file.fileno()).st_mode
            if mode & (stat.S_IRWXO | stat.S_IWGRP):
                raise ValueError(f"{path}: others can read it, and its URLs hold passwords: chmod 600 {path}")
            content = file.read(LARGEST + 1)
        lines = [line.strip() for line in content.decode("utf-8").splitlines()]
    except OSError as error:
        raise ValueError(f"{path}: {error_reason(error, 'cannot be read')}") from None
    except UnicodeDecodeError:
        raise ValueError(f"{path}: is no text") from None
    if len(content) > LARGEST:
        raise ValueError(f"{path}: is larger than {LARGEST} bytes")
    found = [line for line in lines if line and not line.startswith("#")]
    if not found:
        raise ValueError(f"{path}: is empty")
    if len(found) > len(NOTIFY):
        raise ValueError(f"{path}: {len(found)} URLs; at most {len(NOTIFY)} are served")
    return found


class NotifyChannel:
    """The channel of one URL."""

    def __init__(self, name: str, url: str, patience: float = PATIENCE) -> None:
        self.name = name
        self._url = url
        self._patience = patience
        self._process: subprocess.Popen[bytes] | None = None

    def deliver(self, message: QueuedMessage) -> None:
        """One process, one alert."""
        status, _ = self._run({"urls": [self._url], **order_of(message.body)})
        if status:
            raise Undelivered(REASONS.get(status, f"the process that sends failed ({status})"))

    def check(self, urls: list[str]) -> tuple[int, str]:
        """Whether Apprise knows these URLs; nothing is sent. An exit status, and what the process printed."""
        return self._run({"urls": urls})

    def _run(self, order: Mapping[str, Any]) -> tuple[int, str]:
        """The exit status of an order. Raises Undelivered where there is none."""
        try:
            with ONE_AT_A_TIME, tempfile.TemporaryDirectory(prefix="lanwitness-") as folder:
                return self._started(json.dumps(order).encode(), folder)
        except OSError as error:
            why = error_reason(error, type(error).__name__)
            raise Undelivered(f"the process that sends cannot be started ({why})") from None

    def _started(self, order: bytes, folder: str) -> tuple[int, str]:
        with subprocess.Popen(  # noqa: S603 - our own program; what is sent comes on standard input
            [sys.executable, "-I", str(Path(__file__).with_name("apprise_child.py"))],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            # HOME: `requests` reads ~/.netrc. No proxy, no state folder, no store.
            env={"PATH": os.defpath, "HOME": folder},
            cwd=folder,
            start_new_session=True,
        ) as process:
            self._process = process
            try:
                printed, _ = process.communicate(order, self._patience)
            except subprocess.TimeoutExpired:
                process.kill()
                raise Undelivered("the service does not answer in time") from None
            finally:
                self._process = None
            return process.returncode, printed.decode("ascii", "replace").strip()

    def close(self) -> None:
        """End a process that still sends."""
        process = self._process
        if process is not None:
            process.kill()


def channels_of(settings: Settings) -> list[NotifyChannel]:
    """A channel for each URL of the file. ValueError with a sentence that holds no URL."""
    path = Path(settings.urls_file)
    urls = urls_of(path)
    # A slow machine needs longer for the first start.
    try:
        status, printed = NotifyChannel(NOTIFY[0], "", 5 * PATIENCE).check(urls)
    except Undelivered as trouble:
        raise ValueError(f"alerts by Apprise: {trouble}; a run that root began may start no program") from None
    if status == UNKNOWN:
        raise ValueError(f"{path}: Apprise does not know the kind of URL number {int(printed or 0) + 1}")
    if status:
        raise ValueError(f"alerts by Apprise: {REASONS.get(status, f'the process that sends failed ({status})')}")
    return [NotifyChannel(name, url) for name, url in zip(NOTIFY, urls, strict=False)]


def order_of(alert: Mapping[str, Any]) -> dict[str, str]:
    """Title, text and type of an alert. A device's name may hold ``@everyone``: no ``@`` calls anybody."""
    title, text = (str(alert.get(name) or "").replace("@", "\uff20") for name in ("title", "text"))
    return {"title": title if text else "", "body": text or title, "type": TYPES.get(str(alert["severity"]), "info")}
