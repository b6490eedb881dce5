"""TACACS+ sessions (RFC 8907): logins, obfuscated or readable, with the server's status.

``Login.secret`` of an obfuscated session is ``$tacacs-plus$0$`` session id ``$`` body ``$`` version and sequence
number, hex (hashcat mode 16100), of the session's first packet from the client; user and answer are inside it and
unknown. An unobfuscated session shows user and password; the secret of a CHAP or MS-CHAP start is its data in hex
(identifier, challenge, response; RFC 8907, clause 5.4.2).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import field

from sensor.events import Login, Span
from sensor.light_dataclass import dataclass
from sensor.model import Secret, Side
from sensor.parsing.cursor import Cursor, Malformed
from sensor.parsing.parser import Match, Opening, Parsed, Protocol, StreamParser
from sensor.parsing.pending import PendingLogin

AUTHENTICATION = 1
UNENCRYPTED = 0x01
ASCII, PAP, CHAP, MSCHAP, MSCHAPV2 = 1, 2, 3, 5, 6
CHALLENGES = (CHAP, MSCHAP, MSCHAPV2)
SCHEMES = {
    ASCII: "tacacs-ascii",
    PAP: "tacacs-pap",
    CHAP: "tacacs-chap",
    MSCHAP: "tacacs-mschap",
    MSCHAPV2: "tacacs-mschapv2",
}

PASS, FAIL, GETUSER, GETPASS = 1, 2, 4, 5

BODY_LIMIT = 64 * 1024
"""Bytes of a body: its fields have lengths of one or two bytes."""

SESSIONS = 64
"""Sessions of one connection at a time: a router in single-connection mode has a few."""


@dataclass(slots=True)
class _Session:
    kind: int = 0
    user: str | None = None
    status: int = 0
    pending: PendingLogin = field(default_factory=PendingLogin)
    spans: list[Span] = field(default_factory=list)


class Tacacs(StreamParser):
    """A network device and a TACACS+ server."""

    def __init__(self, hint: object = None) -> None:
        super().__init__(hint)
        self._sessions: dict[int, _Session] = {}

    def message(self, side: Side, cursor: Cursor) -> Iterator[Parsed]:
        """One packet: a header of twelve bytes (RFC 8907, clause 4.1) and its body."""
        version, kind, sequence, flags = cursor.u8(), cursor.u8(), cursor.u8(), cursor.u8()
        identifier, length = cursor.u32(), cursor.u32()
        if version >> 4 != 0xC or kind not in (1, 2, 3) or length > BODY_LIMIT:
            raise Malformed("not a TACACS+ packet")
        body = cursor.sub(length)
        if kind != AUTHENTICATION:
            return
        known = identifier in self._sessions
        session = self._sessions.setdefault(identifier, _Session())
        if not flags & UNENCRYPTED:
            if side is Side.CLIENT and not known:
                text = f"$tacacs-plus$0${identifier:08x}${body.rest().hex()}${version:02x}{sequence:02x}"
                yield Login(
                    mechanism="password",
                    username=None,
                    secret=Secret(text),
                    scheme="tacacs-plus",
                    clear=False,
                    spans=(self.here(),),
                )
        elif side is Side.SERVER:
            yield from self._reply(session, body)
        elif sequence == 1:
            yield from self._start(session, body)
        else:
            yield from self._continue(session, body)
        while len(self._sessions) > SESSIONS:
            yield from self._sessions.pop(next(iter(self._sessions))).pending.unanswered()

    def _start(self, session: _Session, body: Cursor) -> Iterator[Login]:
        """Clause 5.1: action, privilege, type, service, four lengths, user, port, remote address, data."""
        body.skip(2)
        session.kind = body.u8()
        body.skip(1)
        user, port, remote, data = body.u8(), body.u8(), body.u8(), body.u8()
        if user:
            session.user = body.text(user)
        body.skip(port + remote)
        secret = body.take(data)
        session.spans.append(self.here())
        if session.kind == PAP:
            yield from self._login(session, secret)
        elif session.kind in CHALLENGES and secret:
            # Clause 5.4.2.1: what an ASCII login has here is ignored; its password is asked for.
            yield from self._login(session, secret.hex().encode(), clear=False)

    def _login(self, session: _Session, secret: bytes, clear: bool = True) -> Iterator[Login]:
        scheme = SCHEMES.get(session.kind, "tacacs-ascii")
        spans = tuple(session.spans)
        login = Login(
            mechanism="password", username=session.user, secret=Secret(secret), scheme=scheme, clear=clear, spans=spans
        )
        yield from session.pending.add(login)

    def _continue(self, session: _Session, body: Cursor) -> Iterator[Login]:
        """Clause 5.3: the answer to the server's last question."""
        message = body.u16()
        body.skip(3)
        answer = body.take(message)
        session.spans.append(self.here())
        if session.status == GETUSER:
            session.user = answer.decode("utf-8", "backslashreplace")
        elif session.status == GETPASS:
            yield from self._login(session, answer)
        del session.spans[8:]

    def _reply(self, session: _Session, body: Cursor) -> Iterator[Parsed]:
        """Clause 5.2: a status, or a question."""
        session.status = body.u8()
        if session.status in (PASS, FAIL):
            basis = f"status {session.status} {'PASS' if session.status == PASS else 'FAIL'}"
            yield from session.pending.answer(session.status == PASS, basis, self.here())

    def close(self) -> Iterator[Parsed]:
        """Logins that were not answered."""
        for session in self._sessions.values():
            yield from session.pending.unanswered()
        self._sessions.clear()


def recognise(opening: Opening) -> Match:
    """A header of version 12.0 or 12.1 with sequence number 1, known flags and a length not below the bytes."""
    data = opening.client
    if not data or data[0] not in (0xC0, 0xC1):
        return Match.NO
    if len(data) < 12:
        fits = (data[1:2] or b"\1") in (b"\1", b"\2", b"\3") and (data[2:3] or b"\1") == b"\1"
        return Match.MORE if fits else Match.NO
    length = int.from_bytes(data[8:12], "big")
    if data[1] not in (1, 2, 3) or data[2] != 1 or data[3] & ~5 or not 0 < length <= BODY_LIMIT:
        return Match.NO
    return Match.SURE if len(data) == 12 + length else Match.WEAK


PROTOCOL = Protocol(name="tacacs", title="TACACS+", parser=Tacacs, recognise=recognise, ports=frozenset({49}))
