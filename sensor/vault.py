"""Secrets and personal data into what may be shown of them: a mask, a length class, a keyed fingerprint. The only place that opens a `Secret`."""

from __future__ import annotations

import hashlib
import secrets
from pathlib import Path
from typing import Any

from sensor.model import Secret

KEY_BYTES = 32
MASKED_FROM = 12
"""Characters a secret must have before its first one is shown (docs/output.md)."""

VALUE_LIMIT = 8192
"""Characters of a secret shown by ``--reveal``: longer than any real password, short enough for a line of JSON."""


def load_key(path: Path) -> bytes:
    """The installation's fingerprint key: read from ``path``, made there (mode 0600) at first use. OSError where neither can be done."""
    try:
        key = path.read_bytes()
        if len(key) >= KEY_BYTES:
            return key[:KEY_BYTES]
    except FileNotFoundError:
        pass
    key = secrets.token_bytes(KEY_BYTES)
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    temporary.touch(mode=0o600)
    temporary.write_bytes(key)
    temporary.replace(path)
    return key


class Vault:
    """Holds the key. ``reveal``: secrets themselves go into JSON records (only ``--reveal`` sets it)."""

    def __init__(self, key: bytes, *, reveal: bool = False) -> None:
        self._key = key
        self.reveal = reveal

    def fingerprint(self, value: bytes) -> str:
        """``k1:`` and 16 hex digits: equal for equal bytes within this installation, useless outside it."""
        return "k1:" + hashlib.blake2b(value, key=self._key, digest_size=8).hexdigest()

    def shown(self, secret: Secret | None) -> dict[str, Any] | None:
        """What a record shows of a secret: ``mask``, ``length``, ``fingerprint`` and with ``reveal`` its ``value``."""
        if secret is None:
            return None
        value = secret.expose()
        text = value.decode("utf-8", "backslashreplace")
        record: dict[str, Any] = {
            "mask": text[0] if len(text) >= MASKED_FROM else "",
            "length": secret.length_class,
            "fingerprint": self.fingerprint(value),
        }
        if self.reveal:
            record["value"] = text[:VALUE_LIMIT]
        return record

    @staticmethod
    def is_blank(secret: Secret | None) -> bool:
        """No secret, or one of no characters."""
        return secret is None or not secret.expose()
