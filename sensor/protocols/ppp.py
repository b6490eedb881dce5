"""PPP authentication (PAP, CHAP, MS-CHAP, EAP): logins with the peer's answer.

RFC 1661, RFC 1334 (PAP), RFC 1994 (CHAP), RFC 2433 and RFC 2759 (MS-CHAP), RFC 3748. The decoder gives a frame as
protocol number and information (ethertype 0x880B). ``Login.secret`` is as `sensor.parsing.formats.ppp_login` says.
Frames come without addresses where the link has none: their side may be unknown (raw PPP, tunnels), so question and
answer are paired by their identifiers alone.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import replace

from sensor.events import Login, Span
from sensor.model import Side, Transport
from sensor.parsing.cursor import Cursor
from sensor.parsing.formats.eap import FAILURE, SUCCESS, EapExchange
from sensor.parsing.formats.ppp_login import CHAP, PAP, chap, pap
from sensor.parsing.parser import DatagramParser, Parsed, Protocol
from sensor.parsing.pending import answered

PPP = 0x880B
"""IANA's ethertype for PPP, under which the decoder gives PPP frames."""

EAP = 0xC227

PENDING_LIMIT = 64
"""Logins and challenges that may await an answer; a link has one of each, a tap on many links a few."""


class Ppp(DatagramParser):
    """Frames of a link, or of several where the capture does not separate them."""

    def __init__(self, hint: object = None) -> None:
        super().__init__(hint)
        self._pending: OrderedDict[tuple[int, int], Login] = OrderedDict()
        self._challenges: OrderedDict[int, tuple[bytes, Span]] = OrderedDict()
        self._eap = EapExchange()

    def datagram(self, side: Side, cursor: Cursor) -> Iterator[Parsed]:
        """One frame: protocol, then code, identifier and length (RFC 1661, clause 5)."""
        protocol = cursor.u16()
        if protocol not in (PAP, CHAP, EAP):
            return
        packet = cursor.peek(cursor.remaining)
        code, identifier, length = cursor.u8(), cursor.u8(), cursor.u16()
        body = cursor.sub(max(length - 4, 0))
        if protocol == PAP:
            yield from self._pap(side, code, identifier, body)
        elif protocol == CHAP:
            yield from self._chap(side, code, identifier, body)
        else:
            yield from self._extensible(side, packet)

    def _await_reply(self, key: tuple[int, int], login: Login) -> Iterator[Parsed]:
        """Store the login until its answer; a request that is sent again replaces itself."""
        if key in self._pending and self._pending[key].secret != login.secret:
            yield from (self._pending.pop(key), login)  # an answer to this number may be either's
            return
        self._pending[key] = login
        if len(self._pending) > PENDING_LIMIT:
            yield self._pending.popitem(last=False)[1]

    def _answer(self, key: tuple[int, int], accepted: bool, basis: str) -> Iterator[Parsed]:
        login = self._pending.pop(key, None)
        if login is not None:
            yield answered(login, accepted, basis, self.here())

    def _pap(self, side: Side, code: int, identifier: int, body: Cursor) -> Iterator[Parsed]:
        """RFC 1334, clause 2.2."""
        key = (PAP, identifier)
        if code == 1:
            yield from self._await_reply(key, pap(body, side.other, self.here()))
        elif code in (2, 3):
            yield from self._answer(key, code == 2, f"PAP {'Ack' if code == 2 else 'Nak'}")

    def _chap(self, side: Side, code: int, identifier: int, body: Cursor) -> Iterator[Parsed]:
        """RFC 1994, clause 4."""
        key = (CHAP, identifier)
        if code == 1:
            self._challenges[identifier] = (body.take(body.u8()), self.here())
            if len(self._challenges) > PENDING_LIMIT:
                self._challenges.popitem(last=False)
        elif code == 2:
            challenge, challenge_span = self._challenges.get(identifier, (b"", None))
            spans = (self.here(),) if challenge_span is None else (challenge_span, self.here())
            yield from self._await_reply(key, chap(identifier, challenge, body, side.other, *spans))
        elif code in (3, 4):
            yield from self._answer(key, code == 3, f"CHAP {'Success' if code == 3 else 'Failure'}")

    def _extensible(self, side: Side, packet: bytes) -> Iterator[Parsed]:
        code = self._eap.packet(packet, self.here())
        if self._eap.login is not None:
            yield from self._await_reply((EAP, 0), replace(self._eap.login, verifier=side.other))
            self._eap.login = None
        if code in (SUCCESS, FAILURE):
            yield from self._answer((EAP, 0), code == SUCCESS, f"EAP {'Success' if code == SUCCESS else 'Failure'}")

    def close(self) -> Iterator[Parsed]:
        """Logins that were not answered."""
        yield from self._pending.values()
        self._pending.clear()


PROTOCOL = Protocol(
    name="ppp", title="PPP", parser=Ppp, transports=frozenset({Transport.LINK}), ethertypes=frozenset({PPP})
)
