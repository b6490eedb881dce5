"""Android Debug Bridge (AOSP, protocol.txt): use of a device without its consent to a key.

A device that answers the connection with its banner and had asked for no signature (``AUTH``) gives a shell to
whoever comes. Attributes of its banner name the product.
"""

from __future__ import annotations

from collections.abc import Iterator

from sensor.events import Access, Enough, Span, Upgrade
from sensor.lazy_pattern import expression
from sensor.model import Side
from sensor.parsing.attributes import attribute_events
from sensor.parsing.cursor import Cursor, Malformed
from sensor.parsing.parser import Match, Opening, Parsed, Protocol, StreamParser

HEADER = 24
"""Six words of four bytes, little-endian: command, two arguments, length, checksum, the command's complement."""

PAYLOAD_LIMIT = 1024 * 1024
"""Bytes of a message's data (MAX_PAYLOAD of adb since 2017)."""

COMMANDS = (b"CNXN", b"AUTH", b"OPEN", b"OKAY", b"CLSE", b"WRTE", b"SYNC", b"STLS")

STREAMS = 32
"""Streams that may await their answer: adb opens one at a time."""

SERVICE = expression(rb"(shell|exec|sync|reboot|remount|root|tcpip|usb|jdwp|framebuffer|tcp)\b")
"""Services of a device by their first word; what is behind it may hold anything."""

CONTROL = frozenset({b"shell", b"exec", b"sync", b"reboot", b"remount", b"root", b"tcpip", b"usb"})
"""Those that change the device or give its commands."""

FIELDS = {b"ro.product.name": "adb.product", b"ro.product.model": "adb.model", b"ro.product.device": "adb.device"}


class Adb(StreamParser):
    """One connection, until it is encrypted or a service was opened."""

    LIMIT = PAYLOAD_LIMIT + HEADER

    def __init__(self, hint: object = None) -> None:
        super().__init__(hint)
        self._key_wanted = self._open = False
        self._streams: dict[int, tuple[bytes, Span]] = {}

    def message(self, side: Side, cursor: Cursor) -> Iterator[Parsed]:
        """One message."""
        command, first, second, data = _message(cursor)
        if command == b"STLS" and side is Side.CLIENT:
            self.stop()
            yield Upgrade("tls")
        elif command == b"AUTH" and side is Side.SERVER:
            self._key_wanted = True
        elif command == b"CNXN" and side is Side.SERVER:
            self._open = True
            yield from _banner(data)
            if self._key_wanted:
                self.stop()
                yield Enough()
        elif command == b"OPEN" and side is Side.CLIENT and self._open:
            found = SERVICE.match(data)
            if found and len(self._streams) < STREAMS:
                self._streams[first] = found[1], self.here()
        elif command in (b"OKAY", b"CLSE") and side is Side.SERVER and second in self._streams:
            service, place = self._streams.pop(second)
            yield Access(
                resource="shell" if service in (b"shell", b"exec") else service.decode(),
                action="command" if service in (b"shell", b"exec") else "open",
                granted=command == b"OKAY",
                control=service in CONTROL,
                spans=(place, self.here()),
            )


def _message(cursor: Cursor) -> tuple[bytes, int, int, bytes]:
    """Command, both arguments, data."""
    command = cursor.take(4)
    first, second, length = (int.from_bytes(cursor.take(4), "little") for _ in range(3))
    cursor.skip(4)
    if command not in COMMANDS or cursor.take(4) != bytes(byte ^ 0xFF for byte in command) or length > PAYLOAD_LIMIT:
        raise Malformed("no ADB message")
    return command, first, second, cursor.take(length)


def _banner(data: bytes) -> Iterator[Parsed]:
    """``device::ro.product.name=x;ro.product.model=y;…``."""
    for part in data.partition(b"::")[2].rstrip(b"\0").split(b";")[:16]:
        name, _, value = part.partition(b"=")
        if name in FIELDS and value:
            yield from attribute_events(FIELDS[name], value, Side.SERVER)


def _recognise(opening: Opening) -> Match:
    """A command and its complement, of either side."""
    seen = [data for data in (opening.client, opening.server) if data]
    if not seen or not all(data[:4] in COMMANDS or any(c.startswith(data) for c in COMMANDS) for data in seen):
        return Match.NO
    whole = [data for data in seen if len(data) >= HEADER]
    if any(data[20:24] != bytes(byte ^ 0xFF for byte in data[:4]) for data in whole):
        return Match.NO
    return Match.SURE if whole else Match.MORE


PROTOCOL = Protocol(
    name="adb",
    title="Android Debug Bridge",
    commands="a command line",
    discloses={"identity": ("adb.product", "adb.model", "adb.device")},
    parser=Adb,
    recognise=_recognise,
    ports=frozenset({5555}),
)
