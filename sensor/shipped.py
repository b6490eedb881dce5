"""Files that come with the program beside its packages: pages, dashboard, rules, captures.

In a checkout they stand at their places; a wheel carries them in a folder of this package, put there by setup.py.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final, NamedTuple

PACKAGE: Final = Path(__file__).resolve().parent
CHECKOUT: Final = PACKAGE.parent
INSTALLED: Final = "shipped_files"


class Shipped(NamedTuple):
    """``what`` for a person, ``place`` in a checkout, ``patterns`` of the files that a wheel carries."""

    what: str
    place: str
    patterns: tuple[str, ...]


CAPTURES: Final = (
    "home", "change_before", "dns_dhcp", "ftp_login", "ftp_tls", "http_basic", "http_tls", "mdns_ssdp", "mqtt",
    "mqtt_tls", "telnet", "tls_ciphers", "trap_pages",
)  # fmt: skip
"""The share of our captures that a wheel carries: a home, logins with their twins over TLS, and traps; 1 MB."""

SHIPPED: Final[Mapping[str, Shipped]] = {
    "docs": Shipped("the pages of the documentation", "docs", ("*.md", "*.png", "*.svg")),
    "grafana": Shipped("the dashboard for Grafana", "deploy/grafana/lanwitness.json", ()),
    "rules": Shipped("alert rules for Prometheus", "deploy/prometheus/lanwitness.rules.yml", ()),
    "prometheus": Shipped("how Prometheus asks a sensor", "deploy/prometheus/prometheus.yml", ()),
    "schemas": Shipped("JSON Schemas of the records", "sensor/schemas/v1", ()),
    "captures": Shipped(
        "captures with their truth, for lanwitness check",
        "pcaps",
        ("README.md", "personas.toml", *(f"{name}/*" for name in CAPTURES)),
    ),
}


def path_of(name: str) -> Path:
    """Where a file or folder of `SHIPPED` is. Raises FileNotFoundError where an installation was made without it."""
    place = SHIPPED[name].place
    for found in (PACKAGE / INSTALLED / place, CHECKOUT / place):
        if found.exists():
            return found
    raise FileNotFoundError(f"{name}: this installation has none of it")


def copy_into(package: Path, checkout: Path = CHECKOUT) -> list[Path]:
    """Put what a wheel carries into the built package ``sensor``; the files that were written."""
    written = []
    for source in _files(checkout):
        target = package / INSTALLED / source.relative_to(checkout)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, target)
        written.append(target)
    return written


def _files(checkout: Path) -> Iterator[Path]:
    for one in SHIPPED.values():
        if (checkout / one.place).is_file():
            yield checkout / one.place
        for pattern in one.patterns:
            yield from sorted(path for path in (checkout / one.place).glob(pattern) if path.is_file())
