"""``signatures/updates.toml`` and ``signatures/components.toml`` into what tells an update check, an image, a manifest and a component with a known flaw."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

LOOKED_AT = 512
"""Characters of a name, path or banner that patterns are run over."""

MANIFEST = (
    re.compile(rb"(?i)[\"'<\s]?(?:version|fw_?ver(?:sion)?|latest|build|release)\w{0,16}[\"']?\s{0,2}[:=>]"),
    re.compile(
        rb"(?i)[\"'<\s]?(?:url|uri|href|link|path|file(?:name)?|image|md5|sha-?1|sha-?256|sha-?512|checksum|crc|size|length)[\"']?\s{0,2}[:=>]"
    ),
)
"""What the answer to "is there something newer?" holds: a version, and where it is or what it must hash to."""

FORM_HEAD = 4096
"""Bytes of a form in which its first file begins."""

MANIFEST_LENGTH = 64 * 1024
"""Bytes of a manifest that are looked at."""


@dataclass(frozen=True, slots=True)
class Image:
    """A beginning by which an image is known; ``sure``: by itself."""

    name: str
    offset: int
    magic: bytes
    sure: bool


@dataclass(frozen=True, slots=True)
class Component:
    """A row of the table: the flaw ``cve`` is in versions from ``start`` (if any) and before ``below`` or up to ``to``."""

    name: str
    pattern: re.Pattern[str]
    fields: frozenset[str]
    start: tuple[int, ...]
    below: tuple[int, ...] | None
    to: tuple[int, ...] | None
    cve: str
    only: str
    source: str
    date: str

    def version_in(self, value: str) -> str | None:
        """The affected version that ``value`` names; None for another component or version."""
        match = self.pattern.search(value[:LOOKED_AT])
        if match is None:
            return None
        version = numbers(match[1])
        if version < self.start or (self.below is not None and version >= self.below):
            return None
        return None if self.to is not None and version > self.to else match[1]


def numbers(version: str) -> tuple[int, ...]:
    """``1.6.18`` -> (1, 6, 18); parts are cut to nine digits, so that no number is too large to compare."""
    return tuple(int(part[:9]) for part in version.split("."))


@cache
def _table() -> dict[str, Any]:
    return tomllib.loads(files("signatures").joinpath("updates.toml").read_text("utf-8"))


@cache
def signs() -> dict[str, re.Pattern[str]]:
    """``host`` ``path`` ``file`` ``agent`` -> what tells an update in it."""
    return {name: re.compile(_table()[name]["pattern"], re.I | re.A) for name in ("host", "path", "file", "agent")}


@cache
def images() -> tuple[Image, ...]:
    """Beginnings of images, the sure ones first."""
    found = [
        Image(row["name"], row.get("offset", 0), bytes.fromhex(row["bytes"]), row["sure"]) for row in _table()["image"]
    ]
    return tuple(sorted(found, key=lambda image: not image.sure))


@cache
def components() -> tuple[Component, ...]:
    """The rows of the table of components."""
    rows = tomllib.loads(files("signatures").joinpath("components.toml").read_text("utf-8"))["component"]
    return tuple(
        Component(
            row["name"],
            re.compile(row["pattern"], re.A),
            frozenset(row["fields"]),
            numbers(row["from"]) if "from" in row else (),
            numbers(row["below"]) if "below" in row else None,
            numbers(row["to"]) if "to" in row else None,
            row["cve"],
            row["only"],
            row["source"],
            row["date"],
        )
        for row in rows
    )


@cache
def component_fields() -> frozenset[str]:
    """Fields in which a component of the table may name itself."""
    return frozenset(field for component in components() for field in component.fields)


def image_of(data: bytes) -> Image | None:
    """The image that ``data`` begins as, or the first file of a form that is sent up (RFC 7578 4.1)."""
    if data[:2] == b"--":
        _, _, data = data[:FORM_HEAD].partition(b"\r\n\r\n")
    return next((image for image in images() if data.startswith(image.magic, image.offset)), None)


def is_manifest(data: bytes) -> bool:
    """Whether a text names a version and where to get it or what it hashes to."""
    head = data[:MANIFEST_LENGTH]
    return b"\0" not in head[:1024] and all(pattern.search(head) for pattern in MANIFEST)
