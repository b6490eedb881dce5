"""GTP's control messages, versions 1 and 2: logins of mobile devices by PAP and CHAP, with the answer.

3GPP TS 29.060 (create PDP context), TS 29.274 (create session), and the protocol configuration options in both (TS
24.008, 10.5.6.3). ``Login.secret`` as of PPP.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator

from sensor.events import Login
from sensor.model import Side, Transport
from sensor.parsing.cursor import Cursor, Malformed
from sensor.parsing.formats.ppp_login import CHAP, PAP, REQUEST, RESPONSE, chap, pap
from sensor.parsing.parser import DatagramParser, Match, Opening, Parsed, Protocol
from sensor.parsing.pending import answered

CREATE = {1: (16, 17), 2: (32, 33)}
"""Request and response that make a context or session, by version."""

OPTIONS, CAUSE = {1: 132, 2: 78}, {1: 1, 2: 2}
"""Information elements: protocol configuration options, cause."""

ACCEPTED, REFUSED = {1: 128, 2: 16}, {1: 209, 2: 92}
"""Causes: request accepted, user authentication failed."""

FIXED = {
    1: 1, 2: 8, 3: 6, 4: 4, 5: 4, 8: 1, 9: 28, 11: 1, 12: 3, 13: 1, 14: 1, 15: 1, 16: 4, 17: 4, 18: 5, 19: 1, 20: 1,
    21: 1, 22: 9, 23: 1, 24: 1, 25: 2, 26: 2, 27: 2, 28: 2, 29: 1, 127: 4,
}  # fmt: skip
"""Lengths of version 1's elements below 128, which carry none (TS 29.060, table 37)."""

PENDING_LIMIT = 256
"""Requests of one pair of nodes that may await their responses."""


class GtpControl(DatagramParser):
    """Messages between two nodes of a mobile network; a response carries the number of its request."""

    def __init__(self, hint: object = None) -> None:
        super().__init__(hint)
        self._pending: OrderedDict[tuple[Side, int], list[Login]] = OrderedDict()

    def datagram(self, side: Side, cursor: Cursor) -> Iterator[Parsed]:
        """One message."""
        flags, kind, length = cursor.u8(), cursor.u8(), cursor.u16()
        version = flags >> 5
        if version not in CREATE:
            raise Malformed("not a control message of GTP")
        body = cursor.sub(length + (4 if version == 1 else 0))
        if kind not in CREATE[version]:
            return
        if version == 1 or flags & 8:
            body.skip(4)
        number = 0
        if version == 2:
            number = body.u24()
            body.skip(1)
        elif flags & 7:
            number = body.u16()
            body.skip(2)
        elements = _elements(version, body)
        if kind == CREATE[version][0]:
            logins = list(_logins(Cursor(elements.get(OPTIONS[version], b"")), side.other, self))
            yield from self._pending.pop((side, number), ())
            if logins:
                self._pending[side, number] = logins
            if len(self._pending) > PENDING_LIMIT:
                yield from self._pending.popitem(last=False)[1]
            return
        cause = elements.get(CAUSE[version], b"\0")[:1][0]
        accepted = True if cause == ACCEPTED[version] else False if cause == REFUSED[version] else None
        for login in self._pending.pop((side.other, number), ()):
            yield answered(login, accepted, f"cause {cause} in the response", self.here())

    def close(self) -> Iterator[Parsed]:
        """Logins without a response."""
        for logins in self._pending.values():
            yield from logins
        self._pending.clear()


def _elements(version: int, body: Cursor) -> dict[int, bytes]:
    """Information elements by type, the first of each."""
    found: dict[int, bytes] = {}
    while body.remaining:
        kind = body.u8()
        if version == 1 and kind < 128:
            if kind not in FIXED:
                break
            length = FIXED[kind]
        else:
            length = body.u16()
            if version == 2:
                body.skip(1)
        value = body.take(length)
        if value:
            found.setdefault(kind, value)
    return found


def _logins(options: Cursor, verifier: Side, parser: GtpControl) -> Iterator[Login]:
    """PAP and CHAP packets in the options of a request; CHAP's challenge is the device's own, before the response."""
    challenges: dict[int, bytes] = {}
    if options.remaining:
        options.skip(1)
    while options.remaining >= 3:
        protocol, packet = options.u16(), options.sub(options.u8())
        if protocol not in (PAP, CHAP) or packet.remaining < 4:
            continue
        code, identifier, length = packet.u8(), packet.u8(), packet.u16()
        body = packet.sub(max(length - 4, 0))
        if protocol == PAP and code == REQUEST:
            yield pap(body, verifier, parser.here())
        elif protocol == CHAP and code == REQUEST:
            challenges[identifier] = body.take(body.u8())
        elif protocol == CHAP and code == RESPONSE:
            yield chap(identifier, challenges.get(identifier, b""), body, verifier, parser.here())


def recognise(opening: Opening) -> Match:
    """Version, type and a length that is the datagram's; away from the port only messages that make a context."""
    data = opening.client or opening.server
    if len(data) < 8:
        return Match.NO
    version, length = data[0] >> 5, int.from_bytes(data[2:4], "big")
    if (version, data[0] & 0x10) not in ((1, 0x10), (2, 0), (2, 0x10)):
        return Match.NO
    if length + (8 if version == 1 else 4) != len(data):
        return Match.NO
    if data[1] in CREATE[version]:
        return Match.SURE
    return Match.WEAK if _PORT in (opening.client_port, opening.server_port) else Match.NO


_PORT = 2123
PROTOCOL = Protocol(
    name="gtp-control",
    title="GTP-C",
    parser=GtpControl,
    transports=frozenset({Transport.UDP}),
    recognise=recognise,
    opens=rb"[\x30-\x5f]",
    ports=frozenset({_PORT}),
)
