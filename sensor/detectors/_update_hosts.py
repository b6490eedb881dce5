"""Hosts that products ask for new software, by maker, from ``signatures/update_hosts.toml``."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from functools import cache
from typing import Any

from sensor.light_dataclass import dataclass
from sensor.shipped_tables import shipped_table

WHAT = frozenset({"check", "image"})

MAX_LABELS = 12
"""Labels of a name that are compared; no host in the table has more."""

MAX_AGE_DAYS = 365
"""Days after which the table is to be read again at its sources: makers move their services."""


@dataclass(frozen=True, slots=True)
class UpdateHost:
    """A host and all names below it; ``paths``: beginnings of the path that show it where it serves other things too.

    ``source`` with its ``date`` names it.
    """

    maker: str
    host: str
    paths: tuple[str, ...]
    source: str
    date: str


@dataclass(frozen=True, slots=True)
class UpdateHosts:
    """The table by host, and the date on which it was last gone through."""

    by_host: Mapping[str, UpdateHost]
    checked: date
    ends: frozenset[tuple[str, ...]]
    """The last two labels of each host: most names have others."""

    def find(self, name: str, path: str | None = None) -> UpdateHost | None:
        """The row of a name, None where it has none or this ``path`` is not for updates."""
        labels = name.lower().rstrip(".").split(".")[-MAX_LABELS:]
        if tuple(labels[-2:]) not in self.ends:
            return None
        for start in range(len(labels) - 1):
            row = self.by_host.get(".".join(labels[start:]))
            if row is not None:
                return row if not row.paths or (path or "").startswith(row.paths) else None
        return None

    def stale(self, today: date) -> str | None:
        """A sentence where the table is older than a year."""
        days = (today - self.checked).days
        return f"was last checked {days} days ago ({self.checked.isoformat()})" if days > MAX_AGE_DAYS else None


def is_served_by(maker: str, identity: Mapping[str, str]) -> bool:
    """Whether a device gets its software from ``maker``: it makes the device, or the platform that it runs on."""
    return maker in (identity.get("vendor"), identity.get("platform"))


def parse(data: Mapping[str, Any]) -> UpdateHosts:
    """The table from the tables of its TOML. ValueError or KeyError for a bad one."""
    found: dict[str, UpdateHost] = {}
    for row in data["host"]:
        source = data["source"][row["source"]]
        name = f"{source['title']} {source.get('version', '')}".strip()
        if row["host"] in found or not set(row["what"]) <= WHAT or not row["what"]:
            raise ValueError(f"{row['host']}: a second row, or one without what it is for")
        found[row["host"]] = UpdateHost(
            row["maker"], row["host"], tuple(row.get("paths", ())), name, source["date"].isoformat()
        )
    return UpdateHosts(found, data["checked"], frozenset(tuple(host.split(".")[-2:]) for host in found))


@cache
def update_hosts() -> UpdateHosts:
    """The shipped table."""
    return parse(shipped_table("signatures", "update_hosts.toml"))
