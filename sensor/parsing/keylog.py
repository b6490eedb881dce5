"""Key log of TLS (the NSS format, draft-ietf-tls-keylogfile): secrets by the client's random number."""

from __future__ import annotations

from sensor.lazy_pattern import expression

MAX_SECRETS = 200_000
"""Secrets of one run: five for each connection of a busy day."""

LINE = expression(rb"([A-Z][A-Z0-9_]{1,63}) ([0-9A-Fa-f]{64}) ((?:[0-9A-Fa-f]{2}){16,64})\r?\Z")


class KeyLog:
    """Secrets by client random and label. Bounded; what no longer fits is counted in ``dropped``."""

    def __init__(self) -> None:
        self.dropped = 0
        self._secrets: dict[tuple[bytes, bytes], bytes] = {}

    def __len__(self) -> int:
        return len(self._secrets)

    def add(self, text: bytes) -> None:
        """Take in the lines that are of the format; comments and anything else are passed over."""
        for line in text.split(b"\n"):
            match = LINE.match(line)
            if match is None:
                continue
            if len(self._secrets) >= MAX_SECRETS:
                self.dropped += 1
                continue
            self._secrets[bytes.fromhex(match[2].decode()), match[1]] = bytes.fromhex(match[3].decode())

    def secret(self, random: bytes, label: bytes) -> bytes | None:
        """The secret of that label for the connection whose ClientHello has ``random``."""
        return self._secrets.get((random, label))
