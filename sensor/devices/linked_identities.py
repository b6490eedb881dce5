"""Linked identities: records that are one device, or probably are, by the identifiers that they send.

Two records are joined only where it is certain: by a DHCP client identifier that holds no MAC (RFC 4361), sent first
under one MAC and then, a minute after its last sign, under another, of which one is locally administered, and never
by turns. Whatever else two records share is only offered.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from sensor.devices.device import Same
from sensor.light_dataclass import dataclass

MAX_IDENTITIES = 65_536
"""Identities remembered: one for each MAC followed."""

MAX_OFFERED = 8
"""Records offered for one device; more than these share a default, not an identity."""

OFFERED = ("upnp.udn", "ssdp.usn", "dhcpv6.duid", "dhcp.client_id")
"""Fields whose values belong to one device."""

OFFERED_TXT = (
    "_hap._tcp id=",
    "_googlecast._tcp id=",
    "_airplay._tcp deviceid=",
    "_matter._tcp id=",
    "_sonos._tcp uuid=",
    "_ipp._tcp UUID=",
)
"""DNS-SD keys that hold an identifier of the device."""

APART = 60 * 1_000_000_000
"""Time (ns) between two records of one device: two that talk within a minute are two (or one repeats the other)."""

ETHERNET = "01"
"""Hardware type of a client identifier that is just the MAC (RFC 2132 9.14)."""


@dataclass(slots=True)
class FirstUse:
    """Under which record an identity was first seen, and when last; ``private``: its MAC is locally administered."""

    record: str
    last: int
    private: bool


def _never(_record: str) -> int:
    return 0


class LinkedIdentities:
    """First use of each identity, and the records joined by it. Records are device ids."""

    def __init__(self) -> None:
        self._first: dict[tuple[str, str], FirstUse] = {}
        self._alias: dict[str, str] = {}
        self._decided: set[str] = set()
        """Records that the user made parts of others."""
        self._shared: dict[str, dict[str, str]] = {}

    def record(self, name: str) -> str:
        """The record that ``name`` was joined to, else itself."""
        return self._alias.get(name, name)

    @property
    def joined(self) -> int:
        """Number of records that are parts of others."""
        return len(self._alias)

    def join(self, name: str, to: str) -> None:
        """Make ``name`` a part of ``to``, by the user's decision."""
        if name != to:
            self._alias[name] = self.record(to)
            self._decided.add(name)

    def state(self) -> dict[str, Any]:
        """What was observed, for a run that goes on later; the user's decisions are his configuration's."""
        alias = {name: to for name, to in self._alias.items() if name not in self._decided}
        return {"first": self._first, "alias": alias, "shared": self._shared}

    def go_on(self, state: Mapping[str, Any]) -> None:
        """Take over what an earlier part of the run observed."""
        self._first.update(state["first"])
        self._alias = {**state["alias"], **self._alias}
        self._shared.update(state["shared"])

    def observe(
        self, name: str, field: str, value: str, time: int, *, private: bool, last: Callable[[str], int] = _never
    ) -> None:
        """Note an identity (see `is_identity`) of the record ``name`` at ``time`` (ns).

        ``private``: its MAC is locally administered; ``last``: time of the last sign of a record.
        """
        key = (field, value.split("::")[0].lower())
        name = self.record(name)
        first = self._first.get(key)
        if first is None:
            if len(self._first) < MAX_IDENTITIES:
                self._first[key] = FirstUse(name, time, private)
            return
        if first.record == name:
            first.last = max(first.last, time)
            return
        if (
            field == "dhcp.client_id"
            and (private or first.private)
            and time - max(first.last, last(first.record)) >= APART
            and name not in self._shared
        ):
            self._alias[name] = first.record
            first.last = time
            return
        reason = f"both say {field} {value[:80]}"
        for one, other in ((name, first.record), (first.record, name)):
            offers = self._shared.setdefault(one, {})
            if len(offers) < MAX_OFFERED:
                offers.setdefault(other, reason)

    def probably(self, name: str) -> tuple[Same, ...]:
        """Records that share an identity with ``name`` but cannot be joined for certain."""
        return tuple(
            Same(other, reason)
            for other, reason in sorted(self._shared.get(name, {}).items())
            if self.record(other) != name
        )


def is_identity(field: str, value: str) -> bool:
    """Whether that value belongs to one device."""
    if field == "mdns.txt":
        return value.startswith(OFFERED_TXT)
    if field == "ssdp.usn":
        return value.startswith("uuid:")
    if field == "dhcp.client_id":
        return not (value.startswith(ETHERNET) and len(value) == 14) and len(value) >= 8
    return field in OFFERED
