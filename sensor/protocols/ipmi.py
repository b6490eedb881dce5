"""IPMI over LAN: the password hash that RAKP sends to any client, and IPMI 1.5's clear passwords.

IPMI 2.0, clauses 13.6 (1.5 session header), 13.20 to 13.23 (RAKP), 22.16 (session challenge). ``Login.secret`` of RAKP
is salt ``:`` HMAC in hex; the salt is the text of the HMAC (clause 13.31; hashcat mode 7300). Of a 1.5 session with MD2
or MD5 it is the authentication code in hex.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from sensor.events import Login, Span
from sensor.model import Secret, Side, Transport
from sensor.parsing.cursor import Cursor, Malformed
from sensor.parsing.parser import DatagramParser, Match, Opening, Parsed, Protocol

IPMI_CLASS = 7
STRAIGHT_PASSWORD, RMCP_PLUS = 4, 6
SCHEMES_1_5 = {1: "ipmi-md2", 2: "ipmi-md5", STRAIGHT_PASSWORD: "ipmi-password"}
RAKP1, RAKP2, RAKP3, RAKP4 = 0x12, 0x13, 0x14, 0x15

GET_SESSION_CHALLENGE, ACTIVATE_SESSION = 0x39, 0x3A

PENDING_LIMIT = 32
"""Pending exchanges, by message tag; a console has one, a scanner some."""

REPORTED_LIMIT = 64
"""Logins of IPMI 1.5, each reported once: the code is in every packet of a session."""


class Ipmi(DatagramParser):
    """A console and a baseboard management controller."""

    def __init__(self, hint: object = None) -> None:
        super().__init__(hint)
        self._requests: dict[int, tuple[Cursor, bytes, str, Span]] = {}
        self._logins: dict[bytes, Login] = {}
        self._user: str | None = None
        self._reported: set[tuple[str | None, int]] = set()

    def datagram(self, side: Side, cursor: Cursor) -> Iterator[Parsed]:
        """RMCP header, then a session header of 1.5 or 2.0."""
        if cursor.u8() != 6:
            raise Malformed("not RMCP")
        cursor.skip(2)
        if cursor.u8() & 0x1F != IPMI_CLASS:
            return
        kind = cursor.u8()
        if kind != RMCP_PLUS:
            yield from self._session_1_5(side, kind, cursor)
            return
        payload = cursor.u8()
        if payload & 0xC0:
            # Encrypted or authenticated: the session has begun.
            return
        cursor.skip(8)
        body = cursor.sub(cursor.u16("little"))
        if payload == RAKP1 and side is Side.CLIENT:
            self._request(body)
        elif payload == RAKP2 and side is Side.SERVER:
            yield from self._hash(body)
        elif payload == RAKP4 and side is Side.SERVER:
            yield from self._result(body)

    def _request(self, body: Cursor) -> None:
        """RAKP 1: tag, the controller's session, the console's random number, role, user name."""
        tag = body.u8()
        body.skip(3)
        session, random = body.take(4), body.take(16)
        role = body.take(1)
        body.skip(2)
        size = body.u8()
        name = body.take(size)
        if len(self._requests) >= PENDING_LIMIT:
            self._requests.pop(next(iter(self._requests)))
        salt_end = role + bytes([size]) + name
        self._requests[tag] = (
            Cursor(session + random),
            salt_end,
            name.decode("utf-8", "backslashreplace"),
            self.here(),
        )

    def _hash(self, body: Cursor) -> Iterator[Parsed]:
        """RAKP 2: tag, status, the console's session, the controller's random number and GUID, the HMAC."""
        tag, status = body.u8(), body.u8()
        request = self._requests.pop(tag, None)
        if request is None or status:
            return
        salt_start, salt_end, name, span = request
        body.skip(2)
        session, random, guid, code = body.take(4), body.take(16), body.take(16), body.rest()
        if not code:
            # RAKP-none: no password takes part.
            return
        bmc_session, console_random = salt_start.take(4), salt_start.take(16)
        salt = session + bmc_session + console_random + random + guid + salt_end
        secret = Secret(f"{salt.hex()}:{code.hex()}")
        login = Login(
            mechanism="password",
            username=name,
            secret=secret,
            scheme="ipmi-rakp",
            clear=False,
            spans=(span, self.here()),
        )
        if len(self._logins) >= PENDING_LIMIT:
            yield self._logins.pop(next(iter(self._logins)))
        self._logins[session] = login

    def _result(self, body: Cursor) -> Iterator[Parsed]:
        """RAKP 4: status 0 means that the console knew the password, 0x0F that its proof is wrong (table 13-15)."""
        body.skip(1)
        status = body.u8()
        body.skip(2)
        login = self._logins.pop(body.take(4), None)
        if login is not None:
            accepted = True if status == 0 else False if status in (0x0D, 0x0F) else None
            yield replace(login, accepted=accepted, basis=f"RAKP 4 status {status}", spans=(*login.spans, self.here()))

    def _session_1_5(self, side: Side, kind: int, cursor: Cursor) -> Iterator[Parsed]:
        """Type, sequence, session, code of 16 bytes unless the type is none, length, message (clause 13.6)."""
        cursor.skip(8)
        code = cursor.take(16) if kind else b""
        message = cursor.sub(cursor.u8())
        if side is not Side.CLIENT or message.remaining < 7:
            return
        message.skip(5)
        command = message.u8()
        if command == GET_SESSION_CHALLENGE and not kind:
            message.skip(1)
            self._user = message.take(16).rstrip(b"\0").decode("utf-8", "backslashreplace")
        elif kind in SCHEMES_1_5 and (self._user, kind) not in self._reported and len(self._reported) < REPORTED_LIMIT:
            self._reported.add((self._user, kind))
            clear = kind == STRAIGHT_PASSWORD
            secret = Secret(code.rstrip(b"\0") if clear else code.hex())
            yield Login(
                mechanism="password", username=self._user or None, secret=secret, scheme=SCHEMES_1_5[kind], clear=clear
            )

    def close(self) -> Iterator[Parsed]:
        """Report hashes whose console sent no proof, as a scanner does."""
        yield from self._logins.values()
        self._logins.clear()


def recognise(opening: Opening) -> Match:
    """RMCP version 1.0, class IPMI, a known authentication type."""
    data = opening.client or opening.server
    if len(data) < 14 or data[0] != 6 or data[1] or data[3] & 0x7F != IPMI_CLASS or data[4] not in (0, 1, 2, 4, 5, 6):
        return Match.NO
    return Match.SURE


PROTOCOL = Protocol(
    name="ipmi",
    title="IPMI",
    parser=Ipmi,
    transports=frozenset({Transport.UDP}),
    recognise=recognise,
    opens=rb"\x06\x00",
    ports=frozenset({623}),
)
