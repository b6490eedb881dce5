"""Edimax plugs and cameras (UDP, mostly port 8765): model, kind and firmware.

XML with rotated bytes: the first byte is ``<`` plus a number from 0 to 7, all others are rotated right by that many
bits. Seen in the set-up captures of the IoT SENTINEL collection (2016), where the plain form crosses too. The rotation
hides nothing from a reader who knows it.
"""

from __future__ import annotations

from collections.abc import Iterator

from sensor.events import Content, Enough
from sensor.lazy_pattern import expression
from sensor.model import Side, Transport
from sensor.parsing.attributes import attribute_events
from sensor.parsing.cursor import Cursor, Malformed
from sensor.parsing.parser import DatagramParser, Match, Opening, Parsed, Protocol

HEAD = b"<param>"
READ_LIMIT = 4096
"""Bytes read of one datagram; real ones are under 700."""
DATAGRAM_LIMIT = 64
"""Datagrams read of one flow: they repeat every few seconds."""

FIELDS = {
    "model": "edimax.model",
    "type": "edimax.type",
    "alias": "edimax.alias",
    "devfwver": "edimax.firmware",
    "productid": "edimax.product",
}
_ELEMENT = expression(rb'<([a-z]{2,16}) value="([^"<>]{1,128})" ?/>')


_ROTATED = tuple(bytes((byte << n & 0xFF) | (byte >> (8 - n)) for byte in range(256)) for n in range(8))
"""By the number of bits: each byte rotated back."""


def plain(data: bytes) -> bytes | None:
    """The XML of a datagram; None if it is not of this kind."""
    if len(data) < len(HEAD) or not 0 <= (rotation := data[0] - HEAD[0]) < 8:
        return None
    back = _ROTATED[rotation]
    if data[1 : len(HEAD)].translate(back) != HEAD[1:]:
        return None
    return b"<" + data[1:READ_LIMIT].translate(back)


def recognise(opening: Opening) -> Match:
    """The rotated head decides."""
    for data in (opening.client, opening.server):
        if data:
            return Match.SURE if plain(data) is not None else Match.NO
    return Match.MORE


class Edimax(DatagramParser):
    """Each datagram is one ``<param>`` element; four-byte keep-alives cross in between."""

    def __init__(self, hint: object = None) -> None:
        super().__init__(hint)
        self._left = DATAGRAM_LIMIT

    def datagram(self, side: Side, cursor: Cursor) -> Iterator[Parsed]:
        """Read one message."""
        data = cursor.rest()
        text = plain(data)
        if text is None:
            if len(data) > 4:
                raise Malformed("no rotated <param>")
            return
        for name, value in _ELEMENT.findall(text):
            field = FIELDS.get(name.decode())
            if field:
                yield from attribute_events(field, value, side)
        yield Content(side=side, name="payload", data=text)
        self._left -= 1
        if self._left <= 0:
            yield Enough()


PROTOCOL = Protocol(
    name="edimax",
    title="Edimax's own protocol",
    discloses={"name": ("edimax.alias",), "identity": ("edimax.model",), "version": ("edimax.firmware",)},
    parser=Edimax,
    transports=frozenset({Transport.UDP}),
    recognise=recognise,
    opens=rb"[<-C]",
    ports=frozenset({8765, 20560}),
)
