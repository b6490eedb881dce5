"""TDS (Microsoft SQL Server, Sybase): logins by password or NTLM, with the server's answer.

MS-TDS; TDS 4.2 and 5.0 by Sybase's functional specification. LOGIN7's password crosses with its nibbles swapped and
XORed with 0xA5 (MS-TDS 2.2.6.4), which hides nothing: ``clear`` is True. Where the ends agreed on encryption only the
TLS handshake inside the PRELOGIN packets is read.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from sensor.events import Enough, Event, Inner, Login, Span, Upgrade
from sensor.model import Secret, Side
from sensor.parsing.attributes import attribute_events
from sensor.parsing.cursor import Cursor, Malformed
from sensor.parsing.parser import Match, Opening, Parsed, Protocol, StreamParser
from sensor.parsing.pending import answered
from sensor.parsing.sasl import SaslExchange

OLD_LOGIN, RESPONSE, LOGIN7, SSPI, PRELOGIN = 0x02, 0x04, 0x10, 0x11, 0x12
TYPES = frozenset({0x01, 0x02, 0x03, 0x04, 0x06, 0x07, 0x08, 0x0E, 0x0F, 0x10, 0x11, 0x12})
END_OF_MESSAGE = 1

ERROR, LOGIN_ACK, SSPI_TOKEN, DONE = 0xAA, 0xAD, 0xED, frozenset({0xFD, 0xFE, 0xFF})
COUNTED = frozenset({0xAA, 0xAB, 0xAD, 0xE3, 0xE5, 0xED, 0xE2})
"""Tokens of a login's answer that have two bytes of length."""

REFUSALS = frozenset({4002, 18452, 18456, 18486, 18487, 18488})
"""Errors that refuse the credentials: login failed (Sybase, Microsoft), not trusted, locked, expired."""

OPTION_ENCRYPTION = 1
ENCRYPTION_ON = frozenset({1, 3})
"""Of the server's answer: on, required. 0 encrypts the login alone, 2 nothing (MS-TDS 2.2.6.5)."""

MESSAGE_LIMIT = 64 * 1024
"""Bytes of a message of the login; LOGIN7 itself is bounded near 128 KiB by its offsets, real ones stay under 4 KiB."""


class Tds(StreamParser):
    """A connection until its login is answered."""

    def __init__(self, hint: object = None) -> None:
        super().__init__(hint)
        self._parts = (bytearray(), bytearray())
        self._offered = False
        self._encryption = 2
        self._wrapped = False
        self._old = False
        self._overlapped = False
        self._logins: list[Login] = []
        self._exchange: SaslExchange | None = None

    def message(self, side: Side, cursor: Cursor) -> Iterator[Parsed]:
        """One packet: type, status, length, and eight bytes in all before the payload; a message may take several."""
        if self._wrapped and cursor.peek(1) in (b"\x14", b"\x15", b"\x16", b"\x17"):
            # The handshake inside PRELOGIN is over: bare TLS records follow.
            self.stop()
            yield Upgrade("tls") if self._encryption in ENCRYPTION_ON else Enough()
            return
        kind, status, length = cursor.u8(), cursor.u8(), cursor.u16()
        if kind not in TYPES or length < 8:
            raise Malformed("not a TDS packet")
        cursor.skip(4)
        payload = cursor.take(length - 8)
        if self._wrapped or (kind == PRELOGIN and payload[:1] == b"\x16"):
            self._wrapped = True
            yield Inner(payload, "tls", side)
            return
        parts = self._parts[side]
        parts += payload
        if len(parts) > MESSAGE_LIMIT:
            raise Malformed("login message too long")
        if not status & END_OF_MESSAGE:
            return
        whole = Cursor(bytes(parts))
        parts.clear()
        if side is Side.SERVER:
            yield from self._response(whole)
        elif kind == PRELOGIN:
            self._offered = True
        elif kind == LOGIN7:
            yield from self._login7(whole)
        elif kind == OLD_LOGIN:
            yield from self._old_login(whole)
        elif kind == SSPI and self._exchange is not None:
            yield from self._exchange.response(whole.rest(), self.here())
        elif kind in (0x01, 0x03):
            yield from self._over()

    def _over(self) -> Iterator[Parsed]:
        self.stop()
        yield Enough()

    def _login7(self, body: Cursor) -> Iterator[Parsed]:
        """MS-TDS 2.2.6.4: 36 fixed bytes, then places of the strings; lengths count UTF-16 characters."""
        data = body.peek(body.remaining)
        body.skip(36)
        places = [(body.u16("little"), body.u16("little")) for _ in range(9)]
        body.skip(6)
        sspi = (body.u16("little"), body.u16("little"))
        body.skip(4)
        # TDS 7.0 and 7.1 end here: their strings begin at 86, since 7.2 at 94.
        change = (body.u16("little"), body.u16("little")) if places[0][0] >= 94 else (0, 0)
        host, user, password, application = (_place(data, *place, 2) for place in places[:4])
        here = self.here()
        yield from self._overlap()
        yield from attribute_events("tds.hostname", _utf16(host), Side.CLIENT)
        yield from attribute_events("tds.application", _utf16(application), Side.CLIENT)
        token = _place(data, *sspi, 1)
        if token:
            self._exchange = SaslExchange(b"NTLM", here)
            yield from self._exchange.response(token, here)
            return
        login = Login(mechanism="password", username=_utf16(user), secret=None, scheme="tds-login7", spans=(here,))
        self._logins = [replace(login, secret=Secret(_utf16(_plain(password))))]
        if change[1]:
            new = Secret(_utf16(_plain(_place(data, *change, 2))))
            self._logins.append(replace(login, secret=new, scheme="tds-change-password"))

    def _old_login(self, body: Cursor) -> Iterator[Parsed]:
        """TDS 4.2 and 5.0: host, user and password in fields of 30 bytes, each with its length behind it."""
        fields = []
        for _ in range(3):
            value, size = body.take(30), body.u8()
            fields.append(value[: min(size, 30)])
        host, user, password = fields
        yield from self._overlap()
        self._old = True
        yield from attribute_events("tds.hostname", host, Side.CLIENT)
        text = user.decode("utf-8", "backslashreplace")
        self._logins = [
            Login(
                mechanism="password", username=text, secret=Secret(password), scheme="tds-login", spans=(self.here(),)
            )
        ]

    def _response(self, body: Cursor) -> Iterator[Parsed]:
        """PRELOGIN's answer, or the tokens that answer a login (MS-TDS 2.2.7)."""
        if self._offered:
            self._offered = False
            self._encryption = _encryption(body)
            return
        if not self._logins and self._exchange is None:
            return
        error = 0
        while body.remaining:
            token = body.u8()
            if token not in COUNTED:
                if token not in DONE:
                    return
                break
            field = body.sub(body.u16("little"))
            if token == SSPI_TOKEN and self._exchange is not None:
                yield from self._exchange.challenge(field.rest())
                return
            if token == LOGIN_ACK:
                status = field.u8()
                if self._old and status == 7:
                    # TDS 5.0 negotiates further.
                    return
                yield from self._answer(not self._old or status == 5, f"LOGINACK {status}" if self._old else "LOGINACK")
                return
            if token == ERROR:
                error = error or field.u32("little")
        if error:
            yield from self._answer(False if error in REFUSALS else None, f"ERROR {error}")

    def _overlap(self) -> Iterator[Parsed]:
        """A login before the answer to the one before: the answer that comes is not for this one."""
        self._overlapped |= bool(self._logins) or self._exchange is not None
        yield from self._results(None, None, None)

    def _answer(self, accepted: bool | None, basis: str) -> Iterator[Parsed]:
        here = self.here()
        if not self._overlapped:
            yield from self._results(accepted, basis, here)
        yield from self._over()

    def _results(self, accepted: bool | None, basis: str | None, answer: Span | None) -> Iterator[Parsed]:
        for login in self._logins:
            yield answered(login, accepted, basis, *((answer,) if answer else ()))
        if self._exchange is not None:
            yield from self._exchange.logins(accepted, basis, answer)
        self._logins, self._exchange = [], None

    def from_inner(self, event: Event, channel: int) -> Iterable[Parsed]:
        """An NTLM login waits for the server's answer; the TLS handshake inside PRELOGIN is passed on."""
        return self._exchange.from_inner(event) if self._exchange is not None else (event,)

    def close(self) -> Iterator[Parsed]:
        """A login that was not answered."""
        yield from self._results(None, None, None)


def _place(data: bytes, offset: int, length: int, width: int) -> bytes:
    """Bytes of a string at its offset in the message."""
    if offset + length * width > len(data):
        raise Malformed("string outside its message")
    return data[offset : offset + length * width]


def _plain(password: bytes) -> bytes:
    """MS-TDS 2.2.6.4: undo the XOR, then the swap of nibbles."""
    return bytes((octet ^ 0xA5) >> 4 | ((octet ^ 0xA5) & 0x0F) << 4 for octet in password)


def _utf16(data: bytes) -> str:
    return data.decode("utf-16-le", "backslashreplace")


def _encryption(body: Cursor) -> int:
    """The encryption option of a PRELOGIN answer (MS-TDS 2.2.6.5); 2, not supported, where there is none."""
    data = body.peek(body.remaining)
    for _ in range(32):
        token = body.u8()
        if token == 0xFF:
            break
        offset, length = body.u16(), body.u16()
        if token == OPTION_ENCRYPTION and length:
            return _place(data, offset, 1, 1)[0]
    return 2


def recognise(opening: Opening) -> Match:
    """A PRELOGIN that begins with the version, a LOGIN7 whose inner length fits, or an old login of the usual form."""
    data = opening.client
    if len(data) < 14:
        return Match.MORE if data[:1] in (b"\x12", b"\x10", b"\x02") and data[1:2] in (b"", b"\0", b"\1") else Match.NO
    length = int.from_bytes(data[2:4], "big")
    if data[1] & ~9 or data[4:6] != b"\0\0" or data[7] or length < 14:
        return Match.NO
    if data[0] == PRELOGIN:
        return Match.SURE if data[8:10] == b"\0\0" and data[11:13] == b"\0\6" else Match.NO
    inner = int.from_bytes(data[8:12], "little")
    if data[0] == LOGIN7:
        return Match.SURE if 94 <= inner <= MESSAGE_LIMIT and inner >= length - 8 else Match.NO
    if data[0] == OLD_LOGIN and len(data) >= 101:
        return (
            Match.WEAK
            if max(data[38], data[69], data[100]) <= 30 and data[8 + data[38] : 38].strip(b"\0") == b""
            else Match.NO
        )
    return Match.NO


PROTOCOL = Protocol(name="tds", title="Microsoft SQL Server", parser=Tds, recognise=recognise, ports=frozenset({1433}))
