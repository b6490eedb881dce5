"""Patterns of update checks, images, manifests and components with a known flaw.

From ``signatures/updates.toml`` and ``signatures/components.toml``.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

MAX_TEXT = 512
"""Characters of a name, path or banner that patterns are applied to."""

MANIFEST = (
    re.compile(rb"(?i)[\"'<\s]?(?:version|fw_?ver(?:sion)?|latest|build|release)\w{0,16}[\"']?\s{0,2}[:=>]"),
    re.compile(
        rb"(?i)[\"'<\s]?(?:url|uri|href|link|path|file(?:name)?|image|md5|sha-?1|sha-?256|sha-?512|checksum|crc|size|length)[\"']?\s{0,2}[:=>]"
    ),
)
"""Fields of the answer to an update check: a version, and where to get it or what it hashes to."""

MAX_FORM_HEAD = 4096
"""Bytes of a form within which its first file begins."""

MAX_MANIFEST_BYTES = 64 * 1024
"""Bytes of a manifest that are examined."""


@dataclass(frozen=True, slots=True)
class Image:
    """Magic bytes of an image; ``sure``: they identify it by themselves."""

    name: str
    offset: int
    magic: bytes
    sure: bool


@dataclass(frozen=True, slots=True)
class Component:
    """A row of the table: ``cve`` affects versions from ``start`` (if any), before ``below`` or up to ``to``."""

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
        """The affected version in ``value``; None for another component or version."""
        match = self.pattern.search(value[:MAX_TEXT])
        if match is None:
            return None
        version = version_numbers(match[1])
        if version < self.start or (self.below is not None and version >= self.below):
            return None
        return None if self.to is not None and version > self.to else match[1]


def version_numbers(version: str) -> tuple[int, ...]:
    """``1.6.18`` -> (1, 6, 18); each part is cut to nine digits, which bounds the numbers."""
    return tuple(int(part[:9]) for part in version.split("."))


@cache
def _table() -> dict[str, Any]:
    return tomllib.loads(files("signatures").joinpath("updates.toml").read_text("utf-8"))


@cache
def update_patterns() -> dict[str, re.Pattern[str]]:
    """``host`` ``path`` ``file`` ``agent`` -> pattern of an update in it."""
    return {name: re.compile(_table()[name]["pattern"], re.I | re.A) for name in ("host", "path", "file", "agent")}


@cache
def images() -> tuple[Image, ...]:
    """Magic bytes of images, the sure ones first."""
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
            version_numbers(row["from"]) if "from" in row else (),
            version_numbers(row["below"]) if "below" in row else None,
            version_numbers(row["to"]) if "to" in row else None,
            row["cve"],
            row["only"],
            row["source"],
            row["date"],
        )
        for row in rows
    )


@cache
def component_fields() -> frozenset[str]:
    """Attributes in which a component of the table may appear."""
    return frozenset(field for component in components() for field in component.fields)


def image_of(data: bytes) -> Image | None:
    """The image that ``data`` begins with, or the first file of an uploaded form (RFC 7578 4.1)."""
    if data[:2] == b"--":
        _, _, data = data[:MAX_FORM_HEAD].partition(b"\r\n\r\n")
    return next((image for image in images() if data.startswith(image.magic, image.offset)), None)


def is_manifest(data: bytes) -> bool:
    """Whether a text contains a version and where to get it or what it hashes to."""
    head = data[:MAX_MANIFEST_BYTES]
    return b"\0" not in head[:1024] and all(pattern.search(head) for pattern in MANIFEST)
