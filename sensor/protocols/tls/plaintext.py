"""What a decrypted TLS connection carries, by its first bytes, for the parser of that protocol."""

from __future__ import annotations

import re
from collections.abc import Iterator

from sensor.events import Content, Inner
from sensor.lazy_pattern import expression
from sensor.model import Side
from sensor.parsing.parser import Parsed

CONTENT_LIMIT = 64 * 1024
"""Plaintext of one side that is reported where the inner protocol is not known: its beginning."""

OPENINGS = (
    (Side.CLIENT, expression(rb"PRI \* HTTP/2\.0\r\n"), "http2"),
    (Side.CLIENT, expression(rb"[A-Z]{3,8} [!-~]{1,4096} HTTP/1\.[01]\r\n"), "http"),
    (Side.CLIENT, expression(rb"\x10.{1,4}\0[\x04\x06]MQ(?:TT|Isdp)", re.DOTALL), "mqtt"),
    (Side.SERVER, expression(rb"220[ -][^\r\n]*FTP", re.IGNORECASE), None),  # its data connections are of their own
    (Side.SERVER, expression(rb"220[ -]"), "smtp"),
    (Side.SERVER, expression(rb"\+OK"), "pop3"),
    (Side.SERVER, expression(rb"\* (?:OK|PREAUTH)"), "imap"),
    (Side.CLIENT, expression(rb"<\?xml|<stream:stream"), "xmpp"),
)
"""Who speaks first, how, and the protocol, None where it is not read."""


class Plaintext:
    """Both sides of one connection; the first bytes decide."""

    def __init__(self) -> None:
        self._protocol: str | None = None
        self._decided = False
        self._reported = [0, 0]

    def data(self, side: Side, data: bytes) -> Iterator[Parsed]:
        """The next bytes of a side."""
        if not data:
            return
        if not self._decided:
            self._decided = True
            self._protocol = next((name for who, form, name in OPENINGS if who is side and form.match(data)), None)
        if self._protocol is not None:
            yield Inner(data, self._protocol, side)
        elif self._reported[side] < CONTENT_LIMIT:
            beginning = data[: CONTENT_LIMIT - self._reported[side]]
            self._reported[side] += len(beginning)
            yield Content(side=side, name="payload", data=beginning)
