"""DRDA, the protocol of Db2 and Derby: logins by user and password with the server's answer.

The Open Group's DRDA volume 3 (DDM).
"""

from __future__ import annotations

from collections.abc import Iterator

from sensor.events import Enough, Login
from sensor.model import Secret, Side
from sensor.parsing.attributes import attribute_events
from sensor.parsing.cursor import Cursor, Malformed
from sensor.parsing.parser import Match, Opening, Parsed, Protocol, StreamParser
from sensor.parsing.pending import PendingLogin

MAGIC = 0xD0

EXCSAT, EXCSATRD, ACCSEC, SECCHK, SECCHKRM = 0x1041, 0x1443, 0x106D, 0x106E, 0x1219
USER, PASSWORD, SECURITY_CHECK = 0x11A0, 0x11A1, 0x11A4
PRODUCT, HOST = 0x115A, 0x116D
"""Code points: commands, replies and their parameters (DDM's SRVRLSLV and SRVNAM are an end's release and name)."""

LOGIN_MESSAGES = 64
"""Messages in which a login must happen: it is the second exchange of a connection."""

PARAMETERS = 64


class Drda(StreamParser):
    """``Login``: scheme ``drda``; accepted if the server's security check code is 0."""

    def __init__(self, hint: object = None) -> None:
        super().__init__(hint)
        self._pending = PendingLogin()
        self._messages = 0

    def message(self, side: Side, cursor: Cursor) -> Iterator[Parsed]:
        """One DSS: length, D0, format, correlation, then an object: length, code point, parameters of the same form."""
        length = cursor.u16()
        if length < 10:
            raise Malformed("a DSS too short for an object")
        body = Cursor(cursor.take(length - 2))
        if body.u8() != MAGIC:
            raise Malformed("not a DSS")
        body.skip(3)
        body.skip(2)
        code_point = body.u16()
        parameters: dict[int, bytes] = {}
        for _ in range(PARAMETERS):
            if body.remaining < 4:
                break
            size, key = body.u16(), body.u16()
            if size < 4:
                break  # the rest is data, or an object of extended length
            parameters.setdefault(key, body.take(min(size - 4, body.remaining)))
        self._messages += 1
        yield from self._object(side, code_point, parameters)
        if self._messages >= LOGIN_MESSAGES and not self._pending:
            self.stop()
            yield Enough()

    def _object(self, side: Side, code_point: int, parameters: dict[int, bytes]) -> Iterator[Parsed]:
        if code_point in (EXCSAT, EXCSATRD):
            for key, field in ((PRODUCT, "drda.release"), (HOST, "drda.name")):
                yield from attribute_events(field, _text(parameters.get(key, b"")), side)
        elif code_point == SECCHK and side is Side.CLIENT and USER in parameters:
            secret = Secret(_text(parameters[PASSWORD])) if PASSWORD in parameters else None
            user = _text(parameters[USER]).decode("utf-8", "backslashreplace")
            login = Login(mechanism="password", username=user, secret=secret, scheme="drda", spans=(self.here(),))
            yield from self._pending.add(login)
        elif code_point == SECCHKRM and side is Side.SERVER and self._pending:
            code = parameters.get(SECURITY_CHECK, b"")[:1]
            basis = f"security check {code[0]} after SECCHK" if code else None
            yield from self._pending.answer(code == b"\0" if code else None, basis, self.here())
            self.stop()
            yield Enough()

    def close(self) -> Iterator[Parsed]:
        """Report a login without an answer."""
        yield from self._pending.unanswered()


def _text(value: bytes) -> bytes:
    """EBCDIC (code page 500, DDM's default) as UTF-8 without trailing blanks; ASCII is left as it is."""
    value = value.rstrip(b"\x40\0 ") if value[:1] >= b"\x80" else value.rstrip(b"\0 ")
    return value.decode("cp500").encode() if value and not value.isascii() else value


def recognise(opening: Opening) -> Match:
    """A DSS filled by its object, one that begins a connection: exchange of attributes, security."""
    data = opening.client
    if len(data) < 10:
        begins = len(data) >= 3 and data[2] == MAGIC and opening.server_port in _PORTS
        return Match.MORE if begins else Match.NO
    length, inner = int.from_bytes(data[:2], "big"), int.from_bytes(data[6:8], "big")
    if data[2] != MAGIC or data[3] & 0x8C or inner != length - 6:
        return Match.NO
    return Match.SURE if int.from_bytes(data[8:10], "big") in (EXCSAT, ACCSEC, SECCHK) else Match.NO


_PORTS = frozenset({446, 1527, 50000})
PROTOCOL = Protocol(name="drda", title="DRDA", parser=Drda, recognise=recognise, ports=_PORTS)
