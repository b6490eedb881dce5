"""Commissioning: whether a device's set-up was seen, by its messages when it joined the network."""

from __future__ import annotations

import re

from sensor.events import Login
from sensor.lazy_pattern import expression
from sensor.light_dataclass import dataclass

SECOND = 1_000_000_000

RETRIES = 128 * SECOND
"""Requests closer together belong to one start: a client waits up to 64 s, doubled, between tries (RFC 2131 4.1)."""

JOINING = 60 * SECOND
"""The longest from a station's first frames (EAPOL, solicitations, address probes) to its first DHCP request."""

NEWCOMER = 600 * SECOND
"""Capture time before a first frame that makes its sender a newcomer: joined devices are heard within minutes."""

FIELDS = frozenset({"dhcp.message", "dhcp.requested", "mdns.txt"})
"""Attributes of a start or a set-up."""

MATTER = expression(r"_matterc\._udp CM=[12]\b", re.I)
"""In commissioning mode, announced as commissionable (Matter core specification 4.3.1.3, TXT key CM)."""

HOMEKIT = expression(r"_hap\._(?:tcp|udp) sf=(\d{1,3})$", re.I)
"""Status flags; bit 0: not paired with any controller (HomeKit Accessory Protocol, Bonjour TXT key sf)."""


@dataclass(slots=True)
class Commissioning:
    """Signs of one device's set-up.

    ``discover``: time (ns) of the first DHCP DISCOVER, or None; ``remembers``: it requested an earlier address;
    ``sign`` of commissioning: ``matter``, ``homekit`` or ``network_key``.
    """

    discover: int | None = None
    remembers: bool = False
    sign: str | None = None
    _last: int | None = None
    _frames: tuple[int, ...] = ()

    def add_attribute(self, field: str, value: str, time: int, frames: tuple[int, ...]) -> bool:
        """Take in one of `FIELDS`; True when a start begins with it (a DISCOVER that repeats none)."""
        if field == "dhcp.message" and value == "DISCOVER":
            # A client that has a lease it trusts asks for it at once (RFC 2131 4.4.2) and sends none.
            fresh = self._last is None or not 0 <= time - self._last < RETRIES
            self._last = time
            if self.discover is None:
                self.discover, self._frames = time, frames
            return fresh
        if field == "dhcp.requested":
            self.remembers = self.remembers or (bool(frames) and frames == self._frames)
        elif field == "mdns.txt":
            if MATTER.match(value):
                self.sign = self.sign or "matter"
            elif (found := HOMEKIT.match(value)) is not None and int(found[1]) & 1:
                self.sign = self.sign or "homekit"
        return False

    def login(self, login: Login) -> None:
        """Take in a login: a Wi-Fi key sent to the device's own service is its set-up (SoftAP)."""
        if login.mechanism == "key" and login.scheme.endswith("wifi"):
            self.sign = self.sign or "network_key"

    def seen(self, first_seen: int, listening_since: int) -> tuple[bool | None, str | None]:
        """Whether its set-up was seen, and by what sign. Times in ns: of its first frame and of the capture's.

        None where it joined and a first time looks like a restart (RFC 2131 4.4.1); False where it did not join.
        """
        if self.sign is not None:
            return True, self.sign
        if self.discover is None:
            return False, None
        new = self.discover - first_seen <= JOINING and first_seen - listening_since >= NEWCOMER
        return (True, "newcomer") if new and not self.remembers else (None, None)
