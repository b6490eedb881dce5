"""NTP 1 to 4 and SNTP (RFC 5905): time servers and their references, and the program (RFC 9327)."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator

from sensor.events import Enough
from sensor.lazy_pattern import expression
from sensor.model import Side, Transport
from sensor.parsing.attributes import attribute_events
from sensor.parsing.cursor import Cursor, Malformed
from sensor.parsing.parser import DatagramParser, Exchanges, Match, Opening, Parsed, Protocol

PORT = 123
PACKET = 48
"""Bytes without extensions or authenticator (RFC 5905 7.3)."""
CLIENT, SERVER, BROADCAST, CONTROL, PRIVATE = 3, 4, 5, 6, 7
UNSYNCHRONISED = 16
ENOUGH_AFTER = 6
"""Datagrams after which a flow is left: later polls repeat the same."""
VARIABLE = expression(rb'\b(version|system|processor)="([^"\r\n]{1,200})"')
"""RFC 9327 4.1: the system variables that name the program and its platform."""


def recognise(opening: Opening) -> Match:
    """Version, mode and stratum of the head; few bits, so beside its port it stays weak."""
    home = PORT in (opening.client_port, opening.server_port)
    for data in (opening.client, opening.server):
        if data:
            version, mode = data[0] >> 3 & 7, data[0] & 7
            if not 1 <= version <= 4:
                return Match.NO
            if mode in (CONTROL, PRIVATE):
                return Match.WEAK if home and len(data) >= 8 else Match.NO
            if len(data) < PACKET or len(data) % 4 or not 1 <= mode <= BROADCAST or data[1] > UNSYNCHRONISED:
                return Match.NO
            return Match.SURE if home else Match.WEAK if len(data) == PACKET and mode in (CLIENT, SERVER) else Match.NO
    return Match.MORE


class Ntp(DatagramParser):
    """Requests and answers.

    ``ntp.server`` is ``stratum 2, 192.0.2.1``: its distance from a clock and its reference (RFC 5905 7.3).
    """

    def __init__(self, hint: object = None) -> None:
        super().__init__(hint)
        self._left = ENOUGH_AFTER

    def datagram(self, side: Side, cursor: Cursor) -> Iterator[Parsed]:
        """Read one packet."""
        first = cursor.u8()
        mode = first & 7
        if not 1 <= first >> 3 & 7 <= 4 or not mode:
            raise Malformed("no version of NTP")
        if mode == CONTROL:
            for name, value in VARIABLE.findall(cursor.rest()):
                yield from attribute_events(f"ntp.{name.decode()}", value, side)
        elif mode != PRIVATE:
            stratum = cursor.u8()
            cursor.skip(10)
            reference = cursor.take(4)
            cursor.skip(32)
            if mode in (SERVER, BROADCAST) and 1 <= stratum < UNSYNCHRONISED:
                yield from attribute_events("ntp.server", f"stratum {stratum}, {_reference(stratum, reference)}", side)
        self._left -= 1
        if not self._left:
            yield Enough()


def varying(data: bytes) -> tuple[tuple[int, int], ...] | None:
    """All but version, mode, stratum and reference of a packet between client and server (RFC 5905 7.3)."""
    return ((2, 12), (16, PACKET)) if len(data) == PACKET and data[0] & 7 in (CLIENT, SERVER) else None


def _reference(stratum: int, reference: bytes) -> str:
    """A clock's name at stratum 1, else the address of the server it follows (of an IPv6 one a hash of that size)."""
    if stratum == 1:
        return reference.rstrip(b"\0").decode("ascii", "backslashreplace")
    return str(ipaddress.ip_address(reference))


PROTOCOL = Protocol(
    name="ntp",
    title="NTP",
    parser=Ntp,
    transports=frozenset({Transport.UDP}),
    recognise=recognise,
    opens=rb".{48}\Z",
    ports=frozenset({PORT}),
    exchanges=Exchanges(varying, ENOUGH_AFTER),
)
