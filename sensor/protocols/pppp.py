"""PPPP, CS2 Network's peer-to-peer protocol, mostly of cameras (UDP): device identifiers.

It has nothing to do with PPP. A message has the byte F1, a type, a length and content; a device logs in at servers
(port 32100) again and again, and answers searches of the local network (port 32108). Messages may be obfuscated with a
key of the maker's; those are not read. Facts from Paul Marrapese's notes and dissector (pmarrapese/iot, 2019).
"""

from __future__ import annotations

from collections.abc import Iterator

from sensor.events import Enough
from sensor.model import Side, Transport
from sensor.parsing.attributes import attribute_events
from sensor.parsing.cursor import Cursor, Malformed
from sensor.parsing.parser import DatagramParser, Match, Opening, Parsed, Protocol

MAGIC = 0xF1
HEAD = 4
IDENTIFIER = 20
"""Bytes of an identifier: eight of letters, a number of four, eight of letters, each padded with zeros."""

LOGIN, PUNCH, READY = 0x10, 0x41, 0x42
LENGTHS = {0x00: 0, 0x01: 16, 0x30: 0, PUNCH: IDENTIFIER, READY: IDENTIFIER, 0xE0: 0, 0xE1: 0}
"""Type -> bytes of content: hello and its answer, search, punch, ready, keep-alive and its answer."""

DATAGRAM_LIMIT = 64
"""Datagrams read of one flow: logins repeat, and a stream of video has nothing more to say."""


def recognise(opening: Opening) -> Match:
    """An identifier is sure; messages without one are too short to tell and need the port."""
    for data in (opening.client, opening.server):
        if data:
            if len(data) < HEAD or data[0] != MAGIC or int.from_bytes(data[2:4], "big") != len(data) - HEAD:
                return Match.NO
            if identifier(data) is not None:
                return Match.SURE
            return Match.WEAK if LENGTHS.get(data[1]) == len(data) - HEAD else Match.NO
    return Match.MORE


def identifier(data: bytes) -> str | None:
    """The identifier in a login, punch or ready message (``ABCD-123456-EFGHJ``); None without a whole one."""
    if len(data) < HEAD + IDENTIFIER or data[1] not in (LOGIN, PUNCH, READY):
        return None
    letters, number, check = data[HEAD : HEAD + 8], data[HEAD + 8 : HEAD + 12], data[HEAD + 12 : HEAD + 20]
    first, last = letters.rstrip(b"\0"), check.rstrip(b"\0")
    if not (first.isalnum() and last.isalnum() and first.isascii() and last.isascii()):
        return None
    return f"{first.decode()}-{int.from_bytes(number, 'big'):06d}-{last.decode()}"


class Pppp(DatagramParser):
    """Who logs in or is ready is the device; who searches and punches may be an application."""

    def __init__(self, hint: object = None) -> None:
        super().__init__(hint)
        self._left = DATAGRAM_LIMIT

    def datagram(self, side: Side, cursor: Cursor) -> Iterator[Parsed]:
        """Read one message."""
        data = cursor.rest()
        if len(data) < HEAD or data[0] != MAGIC:
            raise Malformed("no message of PPPP")
        if data[1] in (LOGIN, READY) and (found := identifier(data)) is not None:
            yield from attribute_events("pppp.device_id", found.encode(), side)
        self._left -= 1
        if self._left <= 0:
            yield Enough()


PROTOCOL = Protocol(
    name="pppp",
    title="PPPP (peer-to-peer of cameras)",
    discloses={"identity": ("pppp.device_id",)},
    parser=Pppp,
    transports=frozenset({Transport.UDP}),
    recognise=recognise,
    opens=rb"\xf1",
    ports=frozenset({32100, 32108}),
)
