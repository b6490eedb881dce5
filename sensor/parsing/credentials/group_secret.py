"""Base of router protocols whose packets all repeat one readable secret, reported as one login each.

HSRP, VRRP, OSPF, RIP and BFD repeat it every few seconds.
"""

from __future__ import annotations

from collections.abc import Iterator

from sensor.events import Login
from sensor.model import Secret
from sensor.parsing.parser import DatagramParser, Parsed

SECRETS = 64
"""Secrets of one conversation that are reported; routers have one for each group or area."""


class GroupSecretParser(DatagramParser):
    """Reports each secret once. There is no user and no answer: a router with the same secret accepts the packet."""

    def __init__(self, hint: object = None) -> None:
        super().__init__(hint)
        self._reported: set[bytes] = set()

    def report(self, secret: bytes, scheme: str) -> Iterator[Parsed]:
        """A login with ``secret`` (without padding NULs), unless it is empty or was reported before."""
        secret = secret.rstrip(b"\0")
        if secret and secret not in self._reported and len(self._reported) < SECRETS:
            self._reported.add(secret)
            yield Login(mechanism="password", username=None, secret=Secret(secret), scheme=scheme)
