"""Notification of systemd (sd_notify(3)): ready, alive, stopping; nothing where none listens."""

from __future__ import annotations

import os
import socket
from collections.abc import Mapping
from contextlib import suppress

READY, ALIVE, STOPPING = b"READY=1", b"WATCHDOG=1", b"STOPPING=1"


class ServiceNotification:
    """Sends states to the socket that ``environment`` names: a path, or an abstract name behind an @."""

    def __init__(self, environment: Mapping[str, str] = os.environ) -> None:
        name = environment.get("NOTIFY_SOCKET", "")
        self._address = ""
        if name[:1] in ("/", "@"):
            self._address = "\0" + name[1:] if name.startswith("@") else name

    def send(self, state: bytes) -> None:
        """Say it; a manager that is away or busy costs nothing but this message."""
        if not self._address:
            return
        with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK) as made:
            made.sendto(state, self._address)

    def ready(self) -> None:
        """It works from now on."""
        self.send(READY)

    def alive(self) -> None:
        """The loop that reads goes round: without this for WatchdogSec the service is started again."""
        self.send(ALIVE)

    def stopping(self) -> None:
        """It is ending in good order."""
        self.send(STOPPING)
