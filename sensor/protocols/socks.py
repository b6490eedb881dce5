"""SOCKS 4, 4a and 5 negotiations: logins, use of a proxy; then the proxied protocol.

RFC 1928, RFC 1929 (user name and password, with the proxy's status), SOCKS 4 and 4A by NEC and Lee. SOCKS 4 has a user
id and no secret.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator
from dataclasses import replace

from sensor.events import Access, Enough, Login, Span, Upgrade
from sensor.model import Secret, Side
from sensor.parsing.cursor import Cursor, Malformed
from sensor.parsing.parser import Match, Opening, Parsed, Protocol, StreamParser
from sensor.parsing.pending import PendingLogin

NO_AUTHENTICATION, USER_AND_PASSWORD, NONE_ACCEPTABLE = 0, 2, 0xFF

COMMANDS = {1: "connect", 2: "bind", 3: "udp-associate"}

USER_MISMATCH = {0x5C, 0x5D}
"""SOCKS 4 refusals for the user id: no identd, or another user there."""

NAME_LIMIT = 512
"""Bytes of a SOCKS 4 user id or a 4A host name; a DNS name has 255."""


class Socks(StreamParser):
    """A client and a proxy until the proxy grants the request."""

    def __init__(self, hint: object = None) -> None:
        super().__init__(hint)
        self._version = 0
        self._method: int | None = None
        self._pending = PendingLogin()
        self._authenticated = False
        self._request: Access | None = None

    def message(self, side: Side, cursor: Cursor) -> Iterator[Parsed]:
        """One message of the negotiation; each waits for the other side's."""
        if side is Side.CLIENT:
            if not self._version:
                self._greeting(cursor)
            elif self._version == 4 or self._request is not None or self._method is None:
                return
            elif self._method == USER_AND_PASSWORD and not self._authenticated:
                if not self._pending:
                    self._credentials(cursor)
            else:
                self._request_5(cursor)
        elif self._version == 4:
            yield from self._reply_4(cursor)
        elif self._method is None:
            yield from self._choice(cursor)
        elif self._method == USER_AND_PASSWORD and not self._authenticated:
            yield from self._status(cursor)
        elif self._request is not None:
            yield from self._reply_5(cursor)

    def _greeting(self, cursor: Cursor) -> None:
        version = cursor.u8()
        if version == 5:
            cursor.skip(cursor.u8())
        elif version == 4:
            self._request_4(cursor)
        else:
            raise Malformed("not SOCKS 4 or 5")
        self._version = version

    def _choice(self, cursor: Cursor) -> Iterator[Parsed]:
        """RFC 1928 clause 3: the method the proxy chose."""
        if not self._version:
            raise Malformed("the proxy never speaks first")
        if cursor.u8() != 5:
            raise Malformed("not an answer of SOCKS 5")
        self._method = cursor.u8()
        if self._method not in (NO_AUTHENTICATION, USER_AND_PASSWORD):
            # GSSAPI and private methods wrap what follows; 0xFF ends it.
            self.stop()
            yield Enough()

    def _credentials(self, cursor: Cursor) -> None:
        """RFC 1929 clause 2. Some clients write 5 where the negotiation's own version, 1, belongs."""
        if cursor.u8() not in (1, 5):
            raise Malformed("not a user name and password")
        name = cursor.text(cursor.u8())
        password = cursor.take(cursor.u8())
        self._pending.login = Login(
            mechanism="password", username=name, secret=Secret(password), scheme="socks5", spans=(self.here(),)
        )

    def _status(self, cursor: Cursor) -> Iterator[Parsed]:
        if not self._pending:
            return
        cursor.skip(1)
        status = cursor.u8()
        yield from self._pending.answer(status == 0, f"status {status} after user name and password", self.here())
        self._authenticated = status == 0
        if status:
            self.stop()
            yield Enough()

    def _request_5(self, cursor: Cursor) -> None:
        """RFC 1928 clause 4."""
        if cursor.u8() != 5:
            raise Malformed("not a request of SOCKS 5")
        command = cursor.u8()
        cursor.skip(1)
        host, port = _address(cursor), cursor.u16()
        self._request = Access(
            resource=f"{host}:{port}", action=COMMANDS.get(command, str(command)), granted=None, spans=(self.here(),)
        )

    def _reply_5(self, cursor: Cursor) -> Iterator[Parsed]:
        """RFC 1928 clause 6. A bind is answered twice; the second answer goes to the next parser."""
        if cursor.u8() != 5:
            raise Malformed("not an answer of SOCKS 5")
        code = cursor.u8()
        cursor.skip(1)
        _address(cursor)
        cursor.skip(2)
        if self._request is not None and self._method == NO_AUTHENTICATION:
            yield replace(self._request, granted=code == 0, status=code, spans=(*self._request.spans, self.here()))
        yield from self._hand_over(code == 0)

    def _request_4(self, cursor: Cursor) -> None:
        command = cursor.u8()
        port = cursor.u16()
        address = cursor.take(4)
        user = cursor.until(b"\0", NAME_LIMIT).decode("utf-8", "backslashreplace")
        # 4A: after an address 0.0.0.x with x not 0 a host name follows.
        if address[:3] == bytes(3) and address[3]:
            host = cursor.until(b"\0", NAME_LIMIT).decode("utf-8", "backslashreplace")
        else:
            host = str(ipaddress.IPv4Address(address))
        here: tuple[Span, ...] = (self.here(),)
        self._request = Access(
            resource=f"{host}:{port}", action=COMMANDS.get(command, str(command)), granted=None, spans=here
        )
        if user:
            self._pending.login = Login(mechanism="password", username=user, secret=None, scheme="socks4", spans=here)

    def _reply_4(self, cursor: Cursor) -> Iterator[Parsed]:
        cursor.skip(1)
        code = cursor.u8()
        cursor.skip(6)
        if self._pending:
            accepted = True if code == 0x5A else False if code in USER_MISMATCH else None
            yield from self._pending.answer(accepted, f"reply {code} to the user id", self.here())
        elif self._request is not None:
            yield replace(self._request, granted=code == 0x5A, status=code, spans=(*self._request.spans, self.here()))
        yield from self._hand_over(code == 0x5A)

    def _hand_over(self, granted: bool) -> Iterator[Parsed]:
        self.stop()
        yield Upgrade(None) if granted else Enough()

    def close(self) -> Iterator[Parsed]:
        """A login that the proxy did not answer."""
        return self._pending.unanswered()


def _address(cursor: Cursor) -> str:
    """RFC 1928 clause 5: an address or a name, by the type in front."""
    kind = cursor.u8()
    if kind == 1:
        return str(ipaddress.IPv4Address(cursor.take(4)))
    if kind == 4:
        return f"[{ipaddress.IPv6Address(cursor.take(16))}]"
    if kind == 3:
        return cursor.text(cursor.u8())
    raise Malformed("not an address type")


def recognise(opening: Opening) -> Match:
    """Both sides: a greeting that offers the chosen method, or a SOCKS 4 request with its answer of 8 bytes."""
    client, server = opening.client, opening.server
    if client[:1] == b"\5":
        count = client[1] if len(client) > 1 else 1
        offered = client[2 : 2 + count]
        if not count or any(9 < method < 0x80 for method in offered):
            return Match.NO
        if len(offered) < count or len(server) < 2:
            return Match.MORE if len(client) <= 2 + count and (server or b"\5")[:1] == b"\5" else Match.NO
        return Match.SURE if server[0] == 5 and (server[1] in offered or server[1] == NONE_ACCEPTABLE) else Match.NO
    if client[:1] == b"\4":
        if len(client) > 1 and client[1] not in (1, 2):
            return Match.NO
        if len(client) > 8 and (not client[8:].isascii() or b"\0" not in client[8 : 9 + NAME_LIMIT]):
            return Match.NO
        if server[:1] not in (b"", b"\0") or (len(server) > 1 and not 0x5A <= server[1] <= 0x5D):
            return Match.NO
        return Match.SURE if len(client) >= 9 and len(server) >= 8 else Match.MORE
    return Match.NO


PROTOCOL = Protocol(
    name="socks", title="SOCKS", offers="its connections", parser=Socks, recognise=recognise, ports=frozenset({1080})
)
