"""OpenVPN over UDP and TCP: the TLS handshake of its control channel.

As its protocol.h and network documentation describe it; its reset packets are recognised. With ``tls-crypt`` the
handshake is encrypted too; with ``tls-auth`` a MAC stands in front of it, whose length the first packet shows.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from sensor.events import Enough, Event, Handshake, Inner
from sensor.model import Protection, Side, Transport
from sensor.parsing.cursor import Cursor, Malformed
from sensor.parsing.parser import DatagramParser, Match, Opening, Parsed, Protocol, StreamParser

CONTROL, ACK, DATA_1, CLIENT_RESET, SERVER_RESET, DATA_2, CLIENT_RESET_3 = 4, 5, 6, 7, 8, 9, 10

OPCODES = frozenset(range(1, 12))

SESSION = 8
"""Bytes of a session id."""

MACS = (0, 20, 32, 64, 16)
"""Lengths of a tls-auth MAC (SHA-1 by default); 0 without one."""

REPLAY = 8
"""Packet number and time that go with a MAC."""

AHEAD = 64
"""Control packets of a side that may wait for an earlier one; OpenVPN's window is 8."""

RESET_LIMIT = 128
"""Bytes of a reset packet at most: the longest MAC and no payload."""

PATIENCE = 512
"""Packets after which a flow without a handshake is left."""


def mac_length(reset: bytes) -> int | None:
    """The MAC's length in a reset packet of either end; None if the packet is of no known form (or of tls-crypt's)."""
    for mac in MACS:
        at = 1 + SESSION + (mac + REPLAY if mac else 0)
        if mac and reset[at - REPLAY : at - 4] not in FIRST_NUMBERS:
            continue
        acked = reset[at : at + 1]
        rest = len(reset) - at
        if (acked == b"\0" and rest == 5) or (acked == b"\x01" and rest == 17):
            # Nothing but the packet number, which is zero, follows (and what is acknowledged).
            return mac if reset[-4:] == b"\0\0\0\0" else None
    return None


FIRST_NUMBERS = (b"\0\0\0\x01", b"\x0f\0\0\x01")
"""Number of the first packet: 1, or EARLY_NEG_START where OpenVPN 2.6 negotiates before it keeps a state (ssl_pkt.h).
"""


def _encrypted(reset: bytes) -> bool:
    """tls-crypt: a first number, a time, a MAC of 32 bytes, at least the five encrypted ones, and perhaps a wrapped
    key.
    """
    return reset[9:13] in FIRST_NUMBERS and len(reset) >= 1 + SESSION + REPLAY + 32 + 5


class _Channel:
    """The packets of a connection, over either transport."""

    def __init__(self) -> None:
        self.handshake_seen = False
        self._mac: int | None = None
        self._sealed = False
        self._next = [0, 0]
        self._ahead: tuple[dict[int, bytes], dict[int, bytes]] = ({}, {})
        self._packets = 0

    def packet(self, side: Side, data: bytes) -> Iterator[Parsed]:
        """One packet. Raises `Malformed` for what is none."""
        self._packets += 1
        opcode = data[0] >> 3 if data else 0
        if opcode not in OPCODES:
            raise Malformed("not an OpenVPN packet")
        if opcode in (CLIENT_RESET, SERVER_RESET) and self._mac is None:
            self._mac = mac_length(data)
            self._sealed = self._mac is None
        elif opcode == CLIENT_RESET_3:
            self._sealed = True
        if opcode in (CONTROL, CLIENT_RESET, SERVER_RESET) and self._mac is not None:
            yield from self._control(side, data, self._mac)
        if (
            self._sealed
            or self.handshake_seen
            or self._packets > PATIENCE
            or (self._mac is None and opcode in (DATA_1, DATA_2))
        ):
            yield Enough()

    def _control(self, side: Side, data: bytes, mac: int) -> Iterator[Parsed]:
        cursor = Cursor(data, 1 + SESSION + (mac + REPLAY if mac else 0))
        acked = cursor.u8()
        cursor.skip(4 * acked + (SESSION if acked else 0))
        number = cursor.u32()
        ahead = self._ahead[side]
        if number < self._next[side] or (len(ahead) >= AHEAD and number != self._next[side]):
            return
        ahead.setdefault(number, cursor.rest())
        while self._next[side] in ahead:
            payload = ahead.pop(self._next[side])
            self._next[side] += 1
            if payload:
                yield Inner(payload, "tls", side)

    def inner(self, event: Event) -> Iterable[Parsed]:
        """Note the control channel's handshake: nothing behind it is readable."""
        self.handshake_seen = self.handshake_seen or isinstance(event, Handshake)
        return (event,)


class OpenVpn(DatagramParser):
    """Over UDP."""

    def __init__(self, hint: object = None) -> None:
        super().__init__(hint)
        self._channel = _Channel()

    def datagram(self, side: Side, cursor: Cursor) -> Iterator[Parsed]:
        """One packet."""
        yield from self._channel.packet(side, cursor.rest())

    def from_inner(self, event: Event, channel: int) -> Iterable[Parsed]:
        """Note a handshake of the control channel's TLS."""
        return self._channel.inner(event)


class OpenVpnStream(StreamParser):
    """Over TCP: two bytes of length before each packet."""

    def __init__(self, hint: object = None) -> None:
        super().__init__(hint)
        self._channel = _Channel()

    def message(self, side: Side, cursor: Cursor) -> Iterator[Parsed]:
        """One packet."""
        packet = cursor.take(cursor.u16())
        for item in self._channel.packet(side, packet):
            if isinstance(item, Enough):
                self.stop()
            yield item

    def from_inner(self, event: Event, channel: int) -> Iterable[Parsed]:
        """Note a handshake of the control channel's TLS."""
        return self._channel.inner(event)


def _resets(data: bytes, opcodes: tuple[int, ...]) -> Match:
    if len(data) < 1 + SESSION + 5 or data[0] & 7 or data[0] >> 3 not in opcodes:
        return Match.NO
    mac = mac_length(data)
    if mac is not None:
        return Match.SURE
    return Match.WEAK if _encrypted(data) else Match.NO


PORTS = frozenset({1194})


def _fits(opening: Opening, client: bytes, server: bytes) -> Match:
    client_match = _resets(client, (CLIENT_RESET, CLIENT_RESET_3)) if client else Match.NO
    server_match = _resets(server, (SERVER_RESET,)) if server else Match.NO
    if client_match and server_match:
        return Match.SURE
    if (client_match or server_match) and not (client and server):
        return max(client_match, server_match)
    # In mid-stream the first byte of a data packet is weak evidence: the port decides.
    data = [part[0] >> 3 in (CONTROL, ACK, DATA_1, DATA_2) and len(part) > 20 for part in (client, server) if part]
    return Match.WEAK if data and all(data) and PORTS & {opening.client_port, opening.server_port} else Match.NO


def _recognise(opening: Opening) -> Match:
    datagrams = opening.datagrams
    first = {side: next((data for end, data in datagrams if end is side), b"") for side in Side} if datagrams else {}
    return _fits(opening, first.get(Side.CLIENT, opening.client), first.get(Side.SERVER, opening.server))


def _recognise_stream(opening: Opening) -> Match:
    packets = []
    for data in (opening.client, opening.server):
        size = int.from_bytes(data[:2], "big")
        if len(data) > 2 and data[2] >> 3 not in OPCODES:
            return Match.NO
        if data and len(data) < 2 + min(size, RESET_LIMIT):
            return Match.MORE if data[0] == 0 else Match.NO
        packets.append(data[2 : 2 + size])
    return _fits(opening, *packets)


PROTOCOLS = (
    Protocol(
        name="openvpn",
        title="OpenVPN",
        parser=OpenVpn,
        transports=frozenset({Transport.UDP}),
        recognise=_recognise,
        opens=rb"[\x38-\x47\x50-\x57]",
        ports=PORTS,
        protection=Protection.ENCRYPTED,
    ),
    Protocol(
        name="openvpn",
        parser=OpenVpnStream,
        recognise=_recognise_stream,
        ports=PORTS,
        protection=Protection.ENCRYPTED,
    ),
)
