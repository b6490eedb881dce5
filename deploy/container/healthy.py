"""The image's health check: where `serve` runs, /healthz must answer 200; other commands have none.

A sensor's `watch` is judged by the dashboard's page of the sensor and by alerts, not by its container.
"""

from __future__ import annotations

import http.client
import ssl
import sys
from pathlib import Path


def answers(port: int, context: ssl.SSLContext | None) -> bool:
    """Whether /healthz on this machine says 200."""
    asked = (
        http.client.HTTPConnection("127.0.0.1", port, timeout=4)
        if context is None
        else http.client.HTTPSConnection("127.0.0.1", port, timeout=4, context=context)
    )
    try:
        asked.request("GET", "/healthz")
        return asked.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        asked.close()


def healthy(command: list[str]) -> bool:
    """Of the command that the container runs, as in /proc/1/cmdline."""
    if "serve" not in command:
        return True
    port = 8080
    for before, word in zip(command, [*command[1:], ""], strict=True):
        value = word if before == "--port" else before.removeprefix("--port=")
        if value.isdecimal() and before.startswith("--port"):
            port = int(value)
    # Its own certificate is made for the names that browsers use; nothing secret is sent or read.
    unverified = ssl.create_default_context()
    unverified.check_hostname = False
    unverified.verify_mode = ssl.CERT_NONE
    return answers(port, unverified) or answers(port, None)


if __name__ == "__main__":
    sys.exit(not healthy(Path("/proc/1/cmdline").read_text("utf-8", "replace").split("\0")))
