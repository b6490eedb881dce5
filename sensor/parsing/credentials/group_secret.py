"""Packets of routers that all carry the same readable secret into one login each: HSRP, VRRP, OSPF, RIP and BFD repeat it every few seconds."""

from __future__ import annotations

from collections.abc import Iterator

from sensor.events import Login
from sensor.model import Secret
from sensor.parsing.parser import DatagramParser, Parsed

SECRETS = 64
"""Secrets of one conversation that are remembered so as to be told once; routers have one for each group or area."""


class GroupSecretParser(DatagramParser):
    """Tells each secret once. There is no user and no answer: who hears it and has the same secret believes it."""

    def __init__(self, hint: object = None) -> None:
        super().__init__(hint)
        self._reported: set[bytes] = set()

    def report(self, secret: bytes, scheme: str) -> Iterator[Parsed]:
        """A login with ``secret`` (padding NULs are taken off), unless it was told before or is empty."""
        secret = secret.rstrip(b"\0")
        if secret and secret not in self._reported and len(self._reported) < SECRETS:
            self._reported.add(secret)
            yield Login(mechanism="password", username=None, secret=Secret(secret), scheme=scheme)
