"""Patterns of update checks, images, manifests and states, from ``signatures/updates.toml``."""

from __future__ import annotations

import re
from functools import cache, lru_cache
from typing import Any

from sensor.lazy_pattern import expression
from sensor.light_dataclass import dataclass
from sensor.shipped_tables import shipped_table

MAX_TEXT = 512
"""Characters of a name, path or banner that patterns are applied to."""

MANIFEST = (
    expression(rb"(?i)[\"'<\s]?(?:version|fw_?ver(?:sion)?|latest|build|release)\w{0,16}[\"']?\s{0,2}[:=>]"),
    expression(
        rb"(?i)[\"'<\s]?(?:url|uri|href|link|path|file(?:name)?|image|md5|sha-?1|sha-?256|sha-?512|checksum|crc|size|length)[\"']?\s{0,2}[:=>]"
    ),
)
"""Fields of the answer to an update check: a version, and where to get it or what it hashes to."""

MAX_FORM_HEAD = 4096
"""Bytes of a form within which its first file begins."""

MAX_MANIFEST_BYTES = 64 * 1024
"""Bytes of a manifest that are examined."""

SIGNATURE = expression(
    rb"(?i)[\"'<\s](?:sig|sign|signature|rsa_sign|ed25519|jws|minisig)[\"']?\s{0,2}[:=>]"
    rb"|-----BEGIN PGP SIGNATURE|^eyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]{20}"
)
"""A signature in a manifest: a field of that name, OpenPGP (RFC 9580 6.2) or a JWS (RFC 7515 7.1)."""


@dataclass(frozen=True, slots=True)
class Image:
    """Magic bytes of an image; ``sure``: they identify it by themselves."""

    name: str
    offset: int
    magic: bytes
    sure: bool


@dataclass(frozen=True, slots=True)
class UpdateState:
    """How products of a maker say in an answer of their own whether new software waits for them.

    ``waits``: what the pattern's group is then.
    """

    maker: str
    pattern: re.Pattern[bytes]
    waits: frozenset[bytes]
    source: str


@cache
def _table() -> dict[str, Any]:
    return shipped_table("signatures", "updates.toml")


@cache
def update_patterns() -> dict[str, re.Pattern[str]]:
    """``host`` ``path`` ``file`` ``agent`` -> pattern of an update in it."""
    return {name: re.compile(_table()[name]["pattern"], re.I | re.A) for name in ("host", "path", "file", "agent")}


@lru_cache(4096)
def is_named_update(part: str, text: str) -> bool:
    """Whether the pattern of that name is found in a text, which a caller bounds by `MAX_TEXT`."""
    return bool(update_patterns()[part].search(text))


@cache
def images() -> tuple[Image, ...]:
    """Magic bytes of images, the sure ones first."""
    found = [
        Image(row["name"], row.get("offset", 0), bytes.fromhex(row["bytes"]), row["sure"]) for row in _table()["image"]
    ]
    return tuple(sorted(found, key=lambda image: not image.sure))


@cache
def update_states() -> tuple[UpdateState, ...]:
    """The rows of the table."""
    return tuple(
        UpdateState(
            row["maker"],
            re.compile(row["pattern"].encode()),
            frozenset(value.encode() for value in row["waits"]),
            f"{row['source']}, {row['date']}",
        )
        for row in _table()["state"]
    )


@lru_cache(4)  # several detectors look at the same object one after the other
def image_of(data: bytes) -> Image | None:
    """The image that ``data`` begins with, or the first file of an uploaded form (RFC 7578 4.1)."""
    if data[:2] == b"--":
        _, _, data = data[:MAX_FORM_HEAD].partition(b"\r\n\r\n")
    for offset, magics in _magics_by_offset():
        if data.startswith(magics, offset):
            return next(image for image in images() if data.startswith(image.magic, image.offset))
    return None


@cache
def _magics_by_offset() -> tuple[tuple[int, tuple[bytes, ...]], ...]:
    """Most objects are no image: all magics of an offset are compared in one call."""
    offsets = sorted({image.offset for image in images()})
    return tuple((each, tuple(image.magic for image in images() if image.offset == each)) for each in offsets)


def is_manifest(data: bytes) -> bool:
    """Whether a text contains a version and where to get it or what it hashes to."""
    head = data[:MAX_MANIFEST_BYTES]
    return b"\0" not in head[:1024] and all(pattern.search(head) for pattern in MANIFEST)


def has_signature(data: bytes) -> bool:
    """Whether the answer to an update check carries a signature; whether the device checks it packets do not show."""
    return SIGNATURE.search(data[:MAX_MANIFEST_BYTES]) is not None
