"""RFB (VNC) 3.3 to 3.8 handshakes: a login with the server's result, or use without one.

RFC 6143; TightVNC's and VeNCrypt's security types by the rfbproto document of the community. VeNCrypt's TLS is read by
the TLS parser. ``Login.secret`` of the DES challenge is ``$vnc$*challenge*response`` in hex (16 bytes each; John the
Ripper's "vnc"), without a user name; VeNCrypt's Plain type shows name and password themselves.
"""

from __future__ import annotations

import enum
from collections.abc import Iterator
from dataclasses import replace

from sensor.events import Access, Enough, Login, Span, Upgrade
from sensor.model import Secret, Side
from sensor.parsing.attributes import attribute_events
from sensor.parsing.cursor import Cursor, Malformed
from sensor.parsing.parser import Match, Opening, Parsed, Protocol, StreamParser
from sensor.parsing.pending import PendingLogin

NONE, VNC, TIGHT, VENCRYPT = 1, 2, 16, 19
"""Security types (RFC 6143, clause 8.1.2)."""

VENCRYPT_PLAIN, VENCRYPT_TLS = 256, range(257, 264)

CAPABILITIES = 64
"""Capabilities a Tight server may list; real ones list under ten."""

FIELD_LIMIT = 4096
"""Bytes of a desktop's name, a user name or a password; longer ones are no handshake."""


class _Next(enum.Enum):
    """The message that is read next, and the side that sends it."""

    SERVER_VERSION = (Side.SERVER, 1)
    CLIENT_VERSION = (Side.CLIENT, 2)
    SECURITY = (Side.SERVER, 3)
    CHOICE = (Side.CLIENT, 4)
    CHALLENGE = (Side.SERVER, 5)
    RESPONSE = (Side.CLIENT, 6)
    RESULT = (Side.SERVER, 7)
    CLIENT_INIT = (Side.CLIENT, 8)
    SERVER_INIT = (Side.SERVER, 9)
    TUNNELS = (Side.SERVER, 10)
    TUNNEL = (Side.CLIENT, 11)
    TIGHT_TYPES = (Side.SERVER, 12)
    TIGHT_CHOICE = (Side.CLIENT, 13)
    VENCRYPT_OFFER = (Side.SERVER, 14)
    VENCRYPT_VERSION = (Side.CLIENT, 15)
    VENCRYPT_TYPES = (Side.SERVER, 16)
    VENCRYPT_CHOICE = (Side.CLIENT, 17)
    VENCRYPT_ACK = (Side.SERVER, 18)
    PLAIN = (Side.CLIENT, 19)


class Rfb(StreamParser):
    """A viewer and a server until the session begins."""

    def __init__(self, hint: object = None) -> None:
        super().__init__(hint)
        self._next = _Next.SERVER_VERSION
        self._version = 3
        self._challenge = b""
        self._spans: tuple[Span, ...] = ()
        self._pending = PendingLogin()
        self._access: Access | None = None

    def message(self, side: Side, cursor: Cursor) -> Iterator[Parsed]:
        """The next step of the handshake; bytes of a side whose turn it is not stay buffered."""
        if self._next.value[0] is not side:
            return
        step = self._next
        if step in (_Next.SERVER_VERSION, _Next.CLIENT_VERSION):
            yield from self._versions(step, cursor)
        elif step is _Next.SECURITY:
            yield from self._security(cursor)
        elif step is _Next.CHOICE:
            yield from self._chosen(cursor.u8())
        elif step is _Next.CHALLENGE:
            self._challenge = cursor.take(16)
            self._spans = (self.here(),)
            self._next = _Next.RESPONSE
        elif step is _Next.RESPONSE:
            text = f"$vnc$*{self._challenge.hex()}*{cursor.take(16).hex()}"
            spans = (*self._spans, self.here())
            self._pending.login = Login(
                mechanism="password", username=None, secret=Secret(text), scheme="vnc", clear=False, spans=spans
            )
            self._next = _Next.RESULT
        elif step is _Next.RESULT:
            yield from self._result(cursor.u32())
        elif step is _Next.CLIENT_INIT:
            cursor.skip(1)
            self._next = _Next.SERVER_INIT
        elif step is _Next.SERVER_INIT:
            yield from self._session(cursor)
        elif step in (_Next.TUNNELS, _Next.TUNNEL, _Next.TIGHT_TYPES, _Next.TIGHT_CHOICE):
            yield from self._tight(step, cursor)
        else:
            yield from self._vencrypt(step, cursor)

    def _over(self) -> Iterator[Parsed]:
        self.stop()
        yield Enough()

    def _versions(self, step: _Next, cursor: Cursor) -> Iterator[Parsed]:
        """RFC 6143 clause 7.1.1: other numbers than 3.7 and 3.8 count as 3.3. The viewer's version is in use."""
        line = cursor.take(12)
        if line[:4] != b"RFB " or line[7:8] != b"." or line[11:] != b"\n" or not (line[4:7] + line[8:11]).isdigit():
            raise Malformed("not a protocol version")
        if step is _Next.SERVER_VERSION:
            self._next = _Next.CLIENT_VERSION
            return
        major, minor = int(line[4:7]), int(line[8:11])
        if major != 3:
            # RealVNC's own versions 4 and 5 are encrypted and not public.
            yield from self._over()
            return
        self._version = 8 if minor >= 8 else minor if minor == 7 else 3
        self._next = _Next.SECURITY

    def _security(self, cursor: Cursor) -> Iterator[Parsed]:
        """Clause 7.1.2: one type in four bytes up to 3.3, a list since 3.7; zero: no session, and the reason."""
        kind = cursor.u32() if self._version == 3 else cursor.u8()
        if kind == 0:
            yield from self._over()
        elif self._version == 3:
            yield from self._chosen(kind)
        else:
            cursor.skip(kind)
            self._next = _Next.CHOICE

    def _chosen(self, kind: int) -> Iterator[Parsed]:
        """The next step by the chosen security type."""
        if kind == NONE:
            self._access = Access(resource="rfb", action="connect", granted=None, control=True, spans=(self.here(),))
            self._next = _Next.RESULT if self._version == 8 else _Next.CLIENT_INIT
        elif kind == VNC:
            self._next = _Next.CHALLENGE
        elif kind == TIGHT and self._version != 3:
            self._next = _Next.TUNNELS
        elif kind == VENCRYPT and self._version != 3:
            self._next = _Next.VENCRYPT_OFFER
        else:
            # RSA-AES, Apple's Diffie-Hellman and others: what follows is encrypted.
            yield from self._over()

    def _tight(self, step: _Next, cursor: Cursor) -> Iterator[Parsed]:
        """TightVNC: a list of tunnels, then one of types: a code of 4, a vendor of 4, a signature of 8 bytes each."""
        if step in (_Next.TUNNELS, _Next.TIGHT_TYPES):
            count = cursor.u32()
            if count > CAPABILITIES:
                raise Malformed("too many capabilities")
            cursor.skip(16 * count)
            if step is _Next.TUNNELS:
                self._next = _Next.TUNNEL if count else _Next.TIGHT_TYPES
            elif count:
                self._next = _Next.TIGHT_CHOICE
            else:
                yield from self._chosen(NONE)
        elif step is _Next.TUNNEL:
            if cursor.u32():
                yield from self._over()
                return
            self._next = _Next.TIGHT_TYPES
        else:
            kind = cursor.u32()
            yield from self._chosen(kind if kind in (NONE, VNC, VENCRYPT) else 0)

    def _vencrypt(self, step: _Next, cursor: Cursor) -> Iterator[Parsed]:
        """VeNCrypt 0.2: versions, an acknowledgement and subtypes, the viewer's choice."""
        if step is _Next.VENCRYPT_OFFER:
            cursor.skip(2)
            self._next = _Next.VENCRYPT_VERSION
        elif step is _Next.VENCRYPT_VERSION:
            if cursor.u16() != 2:
                yield from self._over()
                return
            self._next = _Next.VENCRYPT_TYPES
        elif step is _Next.VENCRYPT_TYPES:
            if cursor.u8():
                yield from self._over()
                return
            cursor.skip(4 * cursor.u8())
            self._next = _Next.VENCRYPT_CHOICE
        elif step is _Next.VENCRYPT_CHOICE:
            kind = cursor.u32()
            if kind == VENCRYPT_PLAIN:
                self._next = _Next.PLAIN
            elif kind in VENCRYPT_TLS:
                self._next = _Next.VENCRYPT_ACK
            else:
                yield from self._chosen(kind if kind in (NONE, VNC) else 0)
        elif step is _Next.VENCRYPT_ACK:
            accepted = cursor.u8() == 1
            self.stop()
            yield Upgrade("tls") if accepted else Enough()
        elif step is _Next.PLAIN:
            name, password = cursor.u32(), cursor.u32()
            if name > FIELD_LIMIT or password > FIELD_LIMIT:
                raise Malformed("user name or password too long")
            user, secret = cursor.text(name), Secret(cursor.take(password))
            self._pending.login = Login(
                mechanism="password", username=user, secret=secret, scheme="vencrypt-plain", spans=(self.here(),)
            )
            self._next = _Next.RESULT

    def _result(self, code: int) -> Iterator[Parsed]:
        """Clause 7.1.3: 0 is yes, 1 is no, 2 (Tight) is no after too many attempts."""
        if code > 2:
            raise Malformed("not a security result")
        if self._pending:
            yield from self._pending.answer(code == 0, f"SecurityResult {code}", self.here())
        elif self._access is not None:
            yield from self._opened(code == 0)
        if code:
            yield from self._over()
        else:
            self._next = _Next.CLIENT_INIT

    def _opened(self, granted: bool) -> Iterator[Parsed]:
        if self._access is not None:
            yield replace(self._access, granted=granted, spans=(*self._access.spans, self.here()))
        self._access = None

    def _session(self, cursor: Cursor) -> Iterator[Parsed]:
        """Clause 7.3.2: size, pixel format, the desktop's name. Before 3.8 it is what grants access without a login."""
        cursor.skip(20)
        size = cursor.u32()
        if size > FIELD_LIMIT:
            raise Malformed("desktop name too long")
        name = cursor.take(size)
        yield from self._opened(True)
        yield from attribute_events("rfb.name", name, Side.SERVER)
        yield from self._over()

    def close(self) -> Iterator[Parsed]:
        """A login that was not answered."""
        return self._pending.unanswered()


def recognise(opening: Opening) -> Match:
    """The server's version line."""
    line = opening.server[:12]
    if len(line) < 12:
        return Match.MORE if line and b"RFB 00"[: len(line)] == line[:6] else Match.NO
    good = line[:4] == b"RFB " and line[7:8] == b"." and line[11:] == b"\n" and (line[4:7] + line[8:11]).isdigit()
    return Match.SURE if good else Match.NO


PROTOCOL = Protocol(
    name="rfb",
    title="VNC",
    secure_form="VNC through an encrypted tunnel",
    commands="its screen, keyboard and mouse",
    parser=Rfb,
    recognise=recognise,
    ports=frozenset(range(5900, 5910)),
)
