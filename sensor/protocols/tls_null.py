"""TLS records of a NULL suite (RFC 5246 §6.2.3.1, RFC 4785), which are readable: HTTP or content.

Reached by `Upgrade` from ``tls`` at the second ChangeCipherSpec; HTTP is read as such, the rest is `Content`. What
follows each side's ChangeCipherSpec is its Finished, 16 bytes and the record's MAC, so the length of that record gives
the MAC's size in each later one.
"""

from __future__ import annotations

from collections.abc import Iterator

from sensor.events import Content, Inner, Upgrade
from sensor.lazy_pattern import expression
from sensor.model import Side
from sensor.parsing.cursor import Cursor, Malformed
from sensor.parsing.parser import Parsed, Protocol, StreamParser

FINISHED = 4 + 12
"""Bytes of a Finished up to TLS 1.2: header and verify_data (RFC 5246 §7.4.9)."""

OLD_FINISHED = 4 + 36
"""SSL 3.0's has 36 bytes of hashes (RFC 6101 §5.6.9)."""

MAC_SIZES = (16, 20, 32, 48)
"""MD5, SHA-1, SHA-256, SHA-384."""

CONTENT_LIMIT = 64 * 1024
"""Readable bytes of one side that are reported where the inner protocol is not known: its beginning."""

_HTTP = expression(rb"(?:GET|POST|PUT|HEAD|DELETE|OPTIONS|PATCH|CONNECT) [!-~]{1,2048} HTTP/1\.[01]\r\n")


class TlsNull(StreamParser):
    """The content of the records."""

    LIMIT = 2**14 + 2048 + 5

    def __init__(self, hint: object = None) -> None:
        super().__init__(hint)
        self._mac = 0
        self._http: bool | None = None
        self._reported = [0, 0]

    def message(self, side: Side, cursor: Cursor) -> Iterator[Parsed]:
        """One record; GridFTP and its like leave TLS behind once both ends are known to each other."""
        begin = cursor.peek(2)
        if not 20 <= begin[0] <= 24 or begin[1:] not in (b"", b"\x03"):
            self.stop()
            yield Upgrade(None)
            return
        kind, _, length = cursor.u8(), cursor.u16(), cursor.u16()
        if length > 2**14 + 2048:
            raise Malformed("TLS record of more than its limit")
        body = cursor.take(length)
        if kind == 22 and not self._mac:
            self._mac = next((mac for mac in MAC_SIZES if length in (FINISHED + mac, OLD_FINISHED + mac)), 0)
        elif kind == 23 and self._mac and length > self._mac:
            yield from self._data(side, body[: -self._mac])

    def _data(self, side: Side, data: bytes) -> Iterator[Parsed]:
        if self._http is None and side is Side.CLIENT:
            self._http = _HTTP.match(data) is not None
        if self._http:
            yield Inner(data, "http", side)
        elif self._reported[side] < CONTENT_LIMIT:
            beginning = data[: CONTENT_LIMIT - self._reported[side]]
            self._reported[side] += len(beginning)
            yield Content(side=side, name="payload", data=beginning)


PROTOCOL = Protocol(name="tls-null", title="TLS without encryption", parser=TlsNull)
