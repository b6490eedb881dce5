"""Tuya broadcasts (UDP 6666, 6667) and local control (TCP 6668): attributes, readable commands.

Facts from the tuyapi and tinytuya projects' notes. The broadcast's cipher has one key for all devices of the world,
printed in every application, so it hides nothing.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import Any

from sensor.events import Enough, Transfer
from sensor.model import Protection, Side, Transport
from sensor.parsing.attributes import attribute_events
from sensor.parsing.cursor import Cursor, Malformed
from sensor.parsing.formats import json
from sensor.parsing.parser import DatagramParser, Match, Opening, Parsed, Protocol, StreamParser

PREFIX, SUFFIX = b"\x00\x00\x55\xaa", b"\x00\x00\xaa\x55"
BROADCAST_KEY = hashlib.md5(b"yGAdlopoPVldABfn", usedforsecurity=False).digest()
FRAME_LIMIT = 16 * 1024
"""Bytes of one frame: states of a device take a few hundred."""
ENOUGH_AFTER = 8
"""Encrypted frames of a TCP connection after which it is left."""
IDENTITY = {"gwId": "tuya.device_id", "productKey": "tuya.product_key", "version": "tuya.version", "ip": "tuya.address"}


def recognise(opening: Opening) -> Match:
    """The frame's prefix and a length that fits."""
    for data in (opening.client, opening.server):
        if data:
            if data[:4] != PREFIX[: len(data)]:
                return Match.NO
            if len(data) < 16:
                return Match.MORE
            return Match.SURE if 8 <= int.from_bytes(data[12:16], "big") <= FRAME_LIMIT else Match.NO
    return Match.MORE


def payload(cursor: Cursor) -> bytes:
    """The content of one frame: prefix, number, command, length, content, checksum, suffix."""
    if cursor.take(4) != PREFIX:
        raise Malformed("no prefix of a frame")
    cursor.skip(8)
    length = cursor.u32()
    if not 8 <= length <= FRAME_LIMIT:
        raise Malformed("a length that no frame has")
    return cursor.take(length)[:-8]


def clear(content: bytes) -> dict[str, Any]:
    """The object in a broadcast, behind a return code of four bytes where there is one, deciphered where encrypted."""
    for body in (content, content[4:]):
        if body[:1] == b"{":
            return json.mapping(body)
    for body in (content[4:], content):
        if body and not len(body) % 16 and (found := json.mapping(_decipher(body))):
            return found
    return {}


def _decipher(body: bytes) -> bytes:
    """AES-128 in ECB mode, PKCS #7 padding."""
    from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes  # late: costs start-up time

    reader = Cipher(algorithms.AES(BROADCAST_KEY), modes.ECB()).decryptor()  # noqa: S305 - theirs, not ours
    text = reader.update(body) + reader.finalize()
    return text[: -text[-1]] if 1 <= text[-1] <= 16 else text


class TuyaBroadcast(DatagramParser):
    """A device's announcement, every few seconds."""

    def datagram(self, side: Side, cursor: Cursor) -> Iterator[Parsed]:
        """Read one broadcast."""
        for key, value in clear(payload(cursor)).items():
            if key in IDENTITY and isinstance(value, str):
                yield from attribute_events(IDENTITY[key], value, side)


class Tuya(StreamParser):
    """Local control. Old devices (3.1) send parts of it readable, later ones encrypt all of it with their own key."""

    def __init__(self, hint: object = None) -> None:
        super().__init__(hint)
        self._left = ENOUGH_AFTER

    def message(self, side: Side, cursor: Cursor) -> Iterator[Parsed]:
        """Read one frame."""
        content = payload(cursor)
        for body in (content, content[4:]):
            if body[:1] == b"{" and json.mapping(body):
                yield Transfer(
                    side=side,
                    application="tuya",
                    media_type="application/json",
                    size=len(body),
                    data=body,
                    control=side is Side.CLIENT,
                )
                return
        self._left -= 1
        if not self._left:
            self.stop()
            yield Enough()


PROTOCOLS = (
    Protocol(
        name="tuya",
        title="Tuya's own protocol",
        discloses={"identity": ("tuya.device_id", "tuya.product_key")},
        parser=TuyaBroadcast,
        transports=frozenset({Transport.UDP}),
        recognise=recognise,
        opens=rb"\x00",
        ports=frozenset({6666, 6667}),
    ),
    Protocol(
        name="tuya",
        parser=Tuya,
        transports=frozenset({Transport.TCP}),
        recognise=recognise,
        ports=frozenset({6668}),
        protection=Protection.ENCRYPTED,
    ),
)
