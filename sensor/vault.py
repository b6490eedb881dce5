"""The vault: secrets as a mask, a length class and a keyed fingerprint. It alone opens a `Secret`."""

from __future__ import annotations

import hashlib
import secrets
from collections import OrderedDict
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeVar

from sensor.files import write_atomic
from sensor.lazy_pattern import expression
from sensor.model import Secret

KEY_BYTES = 32
MASKED_FROM = 12
"""Characters a secret must have before its first one is shown (docs/output.md)."""

VALUE_LIMIT = 8192
"""Characters of a secret shown by ``--reveal``: longer than any real password, short enough for a line of JSON."""


SEEN_VALUES, SEEN_BYTES = 65_536, 16 * 1024 * 1024
"""Values and bytes of them remembered for masking evidence: more than any home has, little enough for any computer."""

DERIVED_FROM = 6
"""Characters that a secret must share with a device's own property: half a MAC address, what labels and set-up networks
commonly show.
"""

PLAIN_HASHES = ("md5", "sha1", "sha256")
"""Hashes that makers are known to have cut passwords from."""

FIRST_LABEL = expression(r"k1:[0-9a-f]{16}")

T = TypeVar("T")


def _plain(value: bytes) -> bytes:
    return bytes(byte for byte in value.lower() if 48 <= byte < 58 or 97 <= byte < 123)


def load_key(path: Path) -> bytes:
    """The installation's fingerprint key: read from ``path``, made there (mode 0600) at first use. OSError where
    neither can be done.
    """
    try:
        key = path.read_bytes()
        if len(key) >= KEY_BYTES:
            return key[:KEY_BYTES]
    except FileNotFoundError:
        pass
    key = secrets.token_bytes(KEY_BYTES)
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    write_atomic(path, key)
    return key


def key_label(key: bytes) -> str:
    """A key's own short id, such as ``k3f9``: fingerprints under different labels cannot be compared."""
    return "k" + hashlib.blake2b(key, person=b"key label", digest_size=2).hexdigest()[:3]


class MaskedValues:
    """Values that records show masked, by fingerprint: evidence packets must not show them.

    The oldest are forgotten first, and counted.
    """

    def __init__(self) -> None:
        self.values: OrderedDict[str, bytes] = OrderedDict()
        self.forgotten = 0
        self._bytes = 0

    def add(self, fingerprint: str, value: bytes) -> None:
        """Remember a value; one that was known counts as new."""
        if fingerprint in self.values:
            self.values.move_to_end(fingerprint)
            return
        self.values[fingerprint] = value
        self._bytes += len(value)
        while self._bytes > SEEN_BYTES or len(self.values) > SEEN_VALUES:
            self._bytes -= len(self.values.popitem(last=False)[1])
            self.forgotten += 1


class Vault:
    """Holds the key. ``reveal``: secrets themselves go into JSON records (only ``--reveal`` sets it). ``seen``: set
    where packets are kept as evidence.
    """

    def __init__(self, key: bytes, *, reveal: bool = False) -> None:
        self._key = key
        self.label = key_label(key)
        self.reveal = reveal
        self.seen: MaskedValues | None = None

    def fingerprint(self, value: bytes) -> str:
        """The key's label, a colon and 16 hex digits: equal for equal bytes within this installation, useless outside
        it."""
        return f"{self.label}:{hashlib.blake2b(value, key=self._key, digest_size=8).hexdigest()}"

    def relabelled(self, value: Any) -> Any:
        """Fingerprints that an earlier version left in a state of this installation (it called every key ``k1``) under
        the key's own label; all else as it is."""
        if isinstance(value, str):
            return f"{self.label}{value[2:]}" if FIRST_LABEL.fullmatch(value) else value
        if isinstance(value, dict):
            return {name: self.relabelled(one) for name, one in value.items()}
        if isinstance(value, list):
            return [self.relabelled(one) for one in value]
        if isinstance(value, tuple):
            return tuple(self.relabelled(one) for one in value)
        return value

    def shown(self, secret: Secret | None) -> dict[str, Any] | None:
        """What a record shows of a secret: ``mask``, ``length``, ``fingerprint`` and with ``reveal`` its ``value``."""
        if secret is None:
            return None
        value = secret.expose()
        text = value.decode("utf-8", "backslashreplace")
        fingerprint = self.fingerprint(value)
        if self.seen is not None:
            self.seen.add(fingerprint, value)
        record: dict[str, Any] = {
            "mask": text[0] if len(text) >= MASKED_FROM else "",
            "length": secret.length_class,
            "fingerprint": fingerprint,
        }
        if self.reveal:
            record["value"] = text[:VALUE_LIMIT]
        return record

    def fingerprint_of(self, secret: Secret) -> str:
        """The fingerprint of a secret."""
        return self.fingerprint(secret.expose())

    @staticmethod
    def pair(username: str | None, secret: Secret, table: Mapping[tuple[str, bytes], T]) -> T | None:
        """What a table of (user name, password) has for this pair; compared in memory, nothing is kept."""
        return table.get((username or "", secret.expose()))

    @staticmethod
    def derived_from(secret: Secret, identity: Mapping[str, str]) -> str | None:
        """Which of a device's own properties (name -> value) the secret is, contains, or is a plain hash or reversal
        of; None for none.

        Short coincidences do not count: a secret must share at least `DERIVED_FROM` characters, letters and digits
        only, in any case.
        """
        text = _plain(secret.expose())
        if len(text) < DERIVED_FROM:
            return None
        for name, value in identity.items():
            own = _plain(value.encode("utf-8", "backslashreplace"))
            if len(own) < DERIVED_FROM:
                continue
            tails = {own, own[::-1], own[-DERIVED_FROM:]}
            if text in own or any(tail in text for tail in tails):
                return name
            if len(text) >= 8 and any(
                hashlib.new(kind, own, usedforsecurity=False).hexdigest().encode().startswith(text)
                for kind in PLAIN_HASHES
            ):
                return name
        return None

    @staticmethod
    def is_blank(secret: Secret | None) -> bool:
        """No secret, or one of no characters."""
        return secret is None or not secret.expose()
