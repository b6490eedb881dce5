"""Xiaomi's miIO (UDP 54321): the device's number, and before set-up the token that is its key.

The header is described in OpenMiHome's "mihome-binary-protocol"; the payload is AES under that token and not read. A
device that is not set up sends the token in its answer to a greeting.
"""

from __future__ import annotations

from collections.abc import Iterator

from sensor.events import Enough, Login
from sensor.model import Protection, Secret, Side, Transport
from sensor.parsing.attributes import attribute_events
from sensor.parsing.cursor import Cursor, Malformed
from sensor.parsing.parser import DatagramParser, Match, Opening, Parsed, Protocol

MAGIC = b"\x21\x31"
HEADER = 32
UNKNOWN_DEVICE = b"\xff\xff\xff\xff"
"""The device number in a greeting."""
HIDDEN = (bytes(16), b"\xff" * 16)
"""The token field of a device that is set up."""
DATAGRAM_LIMIT = 16
"""Datagrams read of one flow: its readable part is the greeting."""


def recognise(opening: Opening) -> Match:
    """The magic number and a length equal to the datagram's."""
    for data in (opening.client, opening.server):
        if data:
            fits = len(data) >= HEADER and data[:2] == MAGIC and int.from_bytes(data[2:4], "big") == len(data)
            return Match.SURE if fits else Match.NO
    return Match.MORE


class Miio(DatagramParser):
    """Greetings in clear, commands encrypted. The login's ``secret`` is the token in hex."""

    def __init__(self, hint: object = None) -> None:
        super().__init__(hint)
        self._left = DATAGRAM_LIMIT
        self._reported: set[bytes] = set()

    def datagram(self, side: Side, cursor: Cursor) -> Iterator[Parsed]:
        """Read one packet."""
        if cursor.take(2) != MAGIC:
            raise Malformed("no magic number of miIO")
        length = cursor.u16()
        cursor.skip(4)
        number, _stamp, token = cursor.take(4), cursor.take(4), cursor.take(16)
        if length == HEADER and number != UNKNOWN_DEVICE and number not in self._reported:
            self._reported.add(number)
            yield from attribute_events("miio.device_id", number.hex(), side)
            if token not in HIDDEN:
                yield Login(
                    mechanism="token",
                    username=None,
                    secret=Secret(token.hex()),
                    scheme="miio",
                    name="token",
                    verifier=side,
                )
        self._left -= 1
        if not self._left:
            yield Enough()


PROTOCOL = Protocol(
    name="miio",
    title="Xiaomi's miIO protocol",
    discloses={"identity": ("miio.device_id",)},
    parser=Miio,
    transports=frozenset({Transport.UDP}),
    recognise=recognise,
    opens=rb"!1",
    ports=frozenset({54321}),
    protection=Protection.ENCRYPTED,
)
