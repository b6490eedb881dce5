"""Baichuan (Reolink, TCP 9000): logins of cameras by MD5, with the camera's status.

Header, message classes and the fixed XOR that hides a login's XML are those that the client neolink describes
(dissector/README.md). ``Login.secret``: of ``baichuan-md5`` ``user hash:password hash``, MD5 without a salt;
of ``baichuan-nonce`` ``nonce:user hash:password hash``, MD5 of each with the nonce behind it. A hash is 31 characters
of capital hex. The name is known where its hash is that of ``admin``, which every camera has. Messages after
the login are passed over.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

from sensor.events import Login, Skip
from sensor.lazy_pattern import expression
from sensor.model import Secret, Side
from sensor.parsing.cursor import Cursor, Malformed
from sensor.parsing.formats import xml
from sensor.parsing.parser import Match, Opening, Parsed, Protocol, StreamParser
from sensor.parsing.pending import PendingLogin

MAGIC = b"\xf0\xde\xbc\x0a"
SHORT, LONG = 20, 24
CLASSES = {0x6514: SHORT, 0x6614: SHORT, 0x6414: LONG, 0x0000: LONG}
"""Length of the header by message class; the short one has no offset of a payload."""

LOGIN = 1
LEGACY = 0x6514
ACCEPTED, REFUSED = 200, 401
LENGTH_LIMIT = 16 * 1024 * 1024
"""Bytes that a body may announce: a whole key frame has less than one million."""

XML_KEY = bytes.fromhex("1f2d3c4b5a6978ff")
HASH = 31
NAME = "admin"
_HASH = expression(r"[0-9A-F]{31}")


class Baichuan(StreamParser):
    """Logins of one connection; the first step asks for a nonce, and may already carry hashes without one."""

    def __init__(self, hint: object = None) -> None:
        super().__init__(hint)
        self._pending = PendingLogin()
        self._nonce = ""

    def message(self, side: Side, cursor: Cursor) -> Iterator[Parsed]:
        """One header and its body."""
        head = cursor.take(SHORT)
        kind = int.from_bytes(head[18:20], "little")
        number, length = int.from_bytes(head[4:8], "little"), int.from_bytes(head[8:12], "little")
        if not head.startswith(MAGIC) or kind not in CLASSES or length > LENGTH_LIMIT:
            raise Malformed("no header of Baichuan")
        cursor.skip(CLASSES[kind] - SHORT)
        if number != LOGIN or length > xml.SIZE_LIMIT // 4:
            yield Skip(side, length)
            return
        data = cursor.take(length)
        if kind == LEGACY and side is Side.CLIENT:
            yield from self._login(_field(data[:32]), _field(data[32:64]), blank=bool(data) and not any(data[32:64]))
            return
        texts = {element.path[-1]: element.text for element in xml.read(clear(data, head[12]))[0]}
        if side is Side.CLIENT:
            yield from self._login(texts.get("userName", ""), texts.get("password", ""))
        elif "nonce" in texts:
            yield from self._pending.unanswered()
            self._nonce = texts["nonce"][:64]
        else:
            code = int.from_bytes(head[16:18], "little")
            accepted = True if code == ACCEPTED else False if code == REFUSED else None
            basis = None if accepted is None else f"status {code} after the login"
            yield from self._pending.answer(accepted, basis, self.here())

    def _login(self, user: str, secret: str, *, blank: bool = False) -> Iterator[Parsed]:
        """``blank``: an empty password is sent as none."""
        if not _HASH.fullmatch(user) or not (blank or _HASH.fullmatch(secret)):
            return
        known = user == hashed(NAME + self._nonce)
        blank = blank or secret == hashed(self._nonce)
        proof = ":".join(part for part in (self._nonce, user, secret) if part)
        login = Login(
            mechanism="password",
            username=NAME if known else None,
            secret=Secret("" if blank else proof),
            scheme="baichuan-nonce" if self._nonce else "baichuan-md5",
            clear=blank,
            spans=(self.here(),),
        )
        yield from self._pending.add(login)

    def gap(self, side: Side, length: int) -> Iterator[Parsed]:
        """Headers cannot be found again: a login that waits gets no answer."""
        yield from self._pending.unanswered()
        yield from super().gap(side, length)

    def close(self) -> Iterator[Parsed]:
        """A login without an answer."""
        return self._pending.unanswered()


def hashed(text: str) -> str:
    """MD5 as the cameras write it."""
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest().upper()[:HASH]


def _field(data: bytes) -> str:
    return data.split(b"\0")[0].decode("ascii", "replace")


def clear(data: bytes, offset: int) -> bytes:
    """XML under the fixed XOR, which is its own inverse; ``offset``: of the header. XML in the clear stays."""
    if data.startswith(b"<?xml"):
        return data
    return bytes(byte ^ XML_KEY[(offset + place) % 8] ^ offset for place, byte in enumerate(data))


def recognise(opening: Opening) -> Match:
    """The magic number."""
    for data in (opening.client, opening.server):
        if data:
            return Match.NO if not MAGIC.startswith(data[:4]) else Match.SURE if len(data) >= 4 else Match.MORE
    return Match.NO


PROTOCOL = Protocol(
    name="baichuan",
    title="Baichuan (Reolink)",
    commands="the camera",
    parser=Baichuan,
    recognise=recognise,
    ports=frozenset({9000}),
)
