"""EAP over LAN (IEEE 802.1X-2020, clause 11): logins with the authenticator's answer.

The key frames of the WPA handshake hold no password and are skipped. `sensor.parsing.formats.eap` documents
``Login.secret``.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from sensor.events import Inner
from sensor.model import Side, Transport
from sensor.parsing.attributes import attribute_events
from sensor.parsing.cursor import Cursor
from sensor.parsing.formats.eap import FAILURE, SUCCESS, EapExchange
from sensor.parsing.parser import DatagramParser, Parsed, Protocol

EAPOL = 0x888E
EAP_PACKET = 0


class Eapol(DatagramParser):
    """A supplicant and an authenticator."""

    def __init__(self, hint: object = None) -> None:
        super().__init__(hint)
        self._exchange = EapExchange()
        self._identity: str | None = None
        self._side = Side.CLIENT

    def datagram(self, side: Side, cursor: Cursor) -> Iterator[Parsed]:
        """One frame: version, type, length, and in an EAP frame the packet."""
        cursor.skip(1)
        if cursor.u8() != EAP_PACKET:
            return
        code = self._exchange.packet(cursor.take(cursor.u16()), self.here())
        if self._exchange.identity is not None and self._exchange.identity != self._identity:
            self._identity = self._exchange.identity
            yield from attribute_events("eapol.identity", self._identity, side)
        piece = self._exchange.piece()
        if piece:
            yield Inner(piece, "tls", side)
        login = self._exchange.login
        if login is None:
            return
        if code in (SUCCESS, FAILURE) and side is self._side.other:  # nobody accepts himself
            basis = f"EAP {'Success' if code == SUCCESS else 'Failure'}"
            yield replace(
                login,
                accepted=code == SUCCESS,
                basis=basis,
                spans=(*login.spans, self.here()),
                verifier=self._side.other,
            )
            self._exchange.login = None
        else:
            self._side = side

    def close(self) -> Iterator[Parsed]:
        """Report a login without an answer."""
        if self._exchange.login is not None:
            yield replace(self._exchange.login, verifier=self._side.other)
            self._exchange.login = None


PROTOCOL = Protocol(
    name="eapol",
    title="the Wi-Fi handshake",
    parser=Eapol,
    transports=frozenset({Transport.LINK}),
    ethertypes=frozenset({EAPOL}),
)
