"""Oracle's TNS: O5LOGON logins with the database's answer, the client's attributes, redirections.

No specification is public: the packet header is as Wireshark's ``tns`` dissector documents it, the AUTH_… fields as the
captures of openwall's john-samples show them from several clients. ``Login.secret`` is ``$o5logon$`` server's session
key ``*`` salt (AUTH_VFR_DATA) ``*`` AUTH_PASSWORD ``*`` client's session key, hex; the first two are john's ``o5logon``
format.
"""

from __future__ import annotations

from collections.abc import Iterator

from sensor.events import Enough, Expect, Login, Span
from sensor.lazy_pattern import expression
from sensor.model import Secret, Side
from sensor.parsing.attributes import attribute_events
from sensor.parsing.cursor import Cursor, Malformed, NeedMore
from sensor.parsing.parser import Match, Opening, Parsed, Protocol, StreamParser
from sensor.parsing.pending import PendingLogin

CONNECT, ACCEPT, REFUSE, REDIRECT, DATA = 1, 2, 4, 5, 6
TYPES = frozenset(range(1, 17))

TURN_LIMIT = 32 * 1024
"""Bytes of one side's turn that are searched for fields: a login's turn has under 4 KiB."""

PACKETS = 200
"""Packets of data without a login after which a flow is left: a negotiation takes some ten, queries follow a login."""

VALUE_LIMIT = 4096
"""Bytes of one field's value; session keys have 64 to 96 hex digits."""

USER_LIMIT = 128
"""Bytes of a user name: Oracle allows 128."""

REFUSALS = {
    b"ORA-01017": "invalid username/password",
    b"ORA-28000": "the account is locked",
    b"ORA-28001": "the password has expired",
}

_DESCRIPTION = expression(rb"\((PROGRAM|HOST)=([^()]{1,128})\)")
_ADDRESS = expression(rb"\(HOST=([^()]{1,128})\)\(PORT=(\d{1,5})\)")
_ERROR = expression(rb"ORA-\d{5}")


class Tns(StreamParser):
    """A client and a listener or database until a login is answered."""

    def __init__(self, hint: object = None) -> None:
        super().__init__(hint)
        self._packets = 0
        self._turn = bytearray()
        self._turn_of = Side.CLIENT
        self._server_key = b""
        self._salt = b""
        self._pending = PendingLogin()
        self._span: Span | None = None

    def message(self, side: Side, cursor: Cursor) -> Iterator[Parsed]:
        """One packet: length, checksum, type, flags, checksum, payload.

        The length has two bytes, or four where the first two are zero (since 12.1).
        """
        length = cursor.u16()
        if length == 0:
            length = cursor.u16()
        else:
            cursor.skip(2)
        kind = cursor.u8()
        if kind not in TYPES or length < 8:
            raise Malformed("not a TNS packet")
        cursor.skip(3)
        payload = cursor.take(length - 8)
        if kind == DATA:
            yield from self._data(side, payload[2:])
            self._packets += 1
            if self._packets >= PACKETS and not self._pending:
                self.stop()
                yield Enough()
        elif kind == CONNECT and side is Side.CLIENT:
            start = payload.find(b"(DESCRIPTION")
            if start >= 0:
                yield from _client(payload[start:])
        elif kind == REDIRECT and side is Side.SERVER:
            found = _ADDRESS.search(payload)
            if found:
                yield Expect("tns", int(found[2]) & 0xFFFF, Side.SERVER)

    def _data(self, side: Side, payload: bytes) -> Iterator[Parsed]:
        if side is not self._turn_of:
            self._turn.clear()
            self._turn_of = side
        if len(self._turn) + len(payload) > TURN_LIMIT:
            self._turn.clear()
        self._turn += payload
        turn = bytes(self._turn)
        here = self.here()
        if side is Side.CLIENT:
            password = _field(turn, b"AUTH_PASSWORD")
            if password and not self._pending:
                key = _field(turn, b"AUTH_SESSKEY") or b""
                text = b"$o5logon$" + b"*".join((self._server_key, self._salt, password, key))
                spans = (self._span, here) if self._span else (here,)
                self._pending.login = Login(
                    mechanism="password",
                    username=_user(turn),
                    secret=Secret(text),
                    scheme="o5logon",
                    clear=False,
                    spans=spans,
                )
        elif self._pending:
            error = _ERROR.search(turn)
            if b"AUTH_SESSION_ID" in turn or b"AUTH_VERSION_STRING" in turn:
                yield from self._answer(True, "AUTH_VERSION_STRING after the password", here)
            elif error:
                reason = REFUSALS.get(error[0])
                yield from self._answer(
                    None if reason is None else False, error[0].decode() + (f" {reason}" if reason else ""), here
                )
        else:
            key = _field(turn, b"AUTH_SESSKEY") or b""
            if key:
                self._server_key, self._span = key, here
                self._salt = _field(turn, b"AUTH_VFR_DATA") or b""

    def _answer(self, accepted: bool | None, basis: str, here: Span) -> Iterator[Parsed]:
        yield from self._pending.answer(accepted, basis, here)
        if accepted:
            self.stop()
            yield Enough()

    def close(self) -> Iterator[Parsed]:
        """A login that was not answered."""
        return self._pending.unanswered()


def _client(description: bytes) -> Iterator[Parsed]:
    """The client's program and host, which stand before the address it connects to."""
    about: dict[bytes, bytes] = dict(_DESCRIPTION.findall(description.split(b"(ADDRESS")[0] or description))
    yield from attribute_events("tns.program", about.get(b"PROGRAM", b""), Side.CLIENT)
    yield from attribute_events("tns.hostname", about.get(b"HOST", b""), Side.CLIENT)


def _field(turn: bytes, name: bytes) -> bytes | None:
    """A field's value.

    Its size comes as four bytes (little endian, in bytes of the widest character set) or as a count of bytes and a
    number; then one byte of length and the value, or 0xFE and pieces with a length each until an empty one.
    """
    at = turn.find(name)
    if at < 0:
        return None
    cursor = Cursor(turn, at + len(name))
    try:
        size = cursor.peek(4)
        cursor.skip(4 if size[2:4] == b"\0\0" else 1 + size[0])
        length = cursor.u8()
        if length != 0xFE:
            return cursor.take(length)
        value = b""
        while len(value) <= VALUE_LIMIT:
            length = cursor.u8()
            if not length:
                return value
            value += cursor.take(length)
    except (Malformed, NeedMore, IndexError):
        pass
    return None


def _user(turn: bytes) -> str | None:
    """The user's name stands before the first field, with its length in front."""
    first = turn.find(b"AUTH_")
    if first < 5:
        return None
    end = first - 5 if turn[first - 3 : first - 1] == b"\0\0" else first - 3
    for size in range(1, min(USER_LIMIT, end - 1) + 1):
        if turn[end - size - 1] == size:
            return turn[end - size : end].decode("utf-8", "backslashreplace")
    return None


def recognise(opening: Opening) -> Match:
    """A connect packet with a version between 7 and 21 of the protocol; on its port a whole packet of data will do."""
    data = opening.client
    if (
        len(data) >= 10
        and data[4] == CONNECT
        and data[2:4] == b"\0\0"
        and 26 <= int.from_bytes(data[:2], "big") <= 8192
    ):
        return Match.SURE if 0x0130 <= int.from_bytes(data[8:10], "big") <= 0x0150 else Match.NO
    if data and len(data) < 10:
        return Match.MORE if data[2:4] in (b"", b"\0", b"\0\0") and data[4:5] in (b"", b"\1") else Match.NO
    if (
        1521 in (opening.client_port, opening.server_port)
        and data[4:5] == b"\6"
        and data[2:4] == b"\0\0"
        and data[5:8] == bytes(3)
    ):
        return Match.WEAK
    return Match.NO


PROTOCOL = Protocol(name="tns", title="Oracle", parser=Tns, recognise=recognise, ports=frozenset({1521}))
