"""The hub's folder below the state folder: its authority, its certificates, and where its database is."""

from __future__ import annotations

import ipaddress
import json
from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from sensor.files import write_atomic
from sensor.hub.authority import Authority
from sensor.hub.bundle import with_files
from sensor.lazy_pattern import expression
from sensor.light_dataclass import dataclass

SETTINGS = "hub.json"
PORT = 5432
"""PostgreSQL's port (IANA)."""

HOST = expression(r"[A-Za-z0-9_](?:[A-Za-z0-9_.-]{0,251}[A-Za-z0-9_])?\.?")
"""A name of a machine (RFC 1123 2.1, with the underscore of many home networks)."""


@dataclass(frozen=True, slots=True)
class HubSettings:
    """``url``: as the administrator of the server reaches it; the rest is how sensors do."""

    url: str
    host: str
    port: int
    database: str

    def url_of(self, role: str) -> str:
        """The database's URL for a role, without files."""
        try:
            host = f"[{self.host}]" if ipaddress.ip_address(self.host).version == 6 else self.host
        except ValueError:
            host = self.host
        return f"postgresql+psycopg://{role}@{host}:{self.port}/{self.database}"


def settings_of(url: str, hosts: Sequence[str]) -> HubSettings:
    """``hosts``: names or addresses by which sensors reach the server; the first is the one they use. ValueError with a
    sentence."""
    parts = urlsplit(url)
    query = parse_qs(parts.query)
    for one in hosts:
        if not _is_host(one):
            raise ValueError(f"{one[:60]!r} is no name or address of a machine")
    database = parts.path.strip("/")
    if not database or "/" in database or not database.replace("_", "").replace("-", "").isalnum():
        raise ValueError("the URL has to name a database of letters, digits, - and _")
    port = parts.port or int((query.get("port") or [str(PORT)])[0])
    return HubSettings(url, hosts[0], port, database)


def _is_host(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return HOST.fullmatch(text) is not None
    return True


def write_settings(folder: Path, settings: HubSettings) -> None:
    """OSError."""
    write_atomic(folder / SETTINGS, (json.dumps(asdict(settings)) + "\n").encode())


def read_settings_of_hub(folder: Path) -> HubSettings:
    """OSError; ValueError where the file is not this program's."""
    try:
        return HubSettings(**json.loads((folder / SETTINGS).read_text("utf-8")))
    except TypeError:
        raise ValueError(f"{folder / SETTINGS} is not as this program wrote it") from None


def write_certificates(folder: Path, hosts: Sequence[str], roles: Sequence[str], now: datetime) -> None:
    """The authority, where there is none; the server's certificate for ``hosts`` (none: it stays as it is), and one for
    each of the hub's own roles that has none. OSError, ValueError."""
    authority = Authority(folder, now)
    wanted = {"server": authority.server(hosts)} if hosts else {}
    wanted |= {role: authority.client(role) for role in roles if not (folder / f"{role}.key").exists()}
    for name, pair in wanted.items():
        write_atomic(folder / f"{name}.key", pair.key)
        write_atomic(folder / f"{name}.crt", pair.certificate)


def url_with_files(folder: Path, settings: HubSettings, role: str) -> str:
    """The store's URL for one of the hub's own roles."""
    files = {"sslrootcert": "ca.crt", "sslcert": f"{role}.crt", "sslkey": f"{role}.key"}
    return with_files(settings.url_of(role), {option: folder / name for option, name in files.items()})
