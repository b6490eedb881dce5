"""X11 connection set-ups (X Window System Protocol, chapter 8): the display's cookie, or open use.

MIT-MAGIC-COOKIE-1 is reported in hex, as ``xauth`` takes it. XDM-AUTHORIZATION-1 is encrypted with the key and reported
with ``clear`` False.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from sensor.events import Access, Enough, Login
from sensor.model import Secret, Side
from sensor.parsing.cursor import Cursor
from sensor.parsing.parser import Match, Opening, Parsed, Protocol, StreamParser
from sensor.parsing.pending import PendingLogin

COOKIE = b"MIT-MAGIC-COOKIE-1"
FAILED, SUCCESS = 0, 1

FIELD_LIMIT = 256
"""Bytes of an authorisation's name or data: names have under 32, cookies 16."""


class X11(StreamParser):
    """A client and a display until the set-up is answered."""

    def __init__(self, hint: object = None) -> None:
        super().__init__(hint)
        self._pending = PendingLogin()
        self._open: Access | None = None

    def message(self, side: Side, cursor: Cursor) -> Iterator[Parsed]:
        """The client's set-up, then the first byte of the display's answer."""
        if side is Side.SERVER:
            if not self._pending and not self._open:
                cursor.rest()  # a display answers
            else:
                code = cursor.u8()
                accepted = {FAILED: False, SUCCESS: True}.get(code)
                yield from self._pending.answer(accepted, f"set-up answered {code}", self.here())
                if self._open:
                    yield replace(
                        self._open, granted=code == SUCCESS, status=code, spans=(*self._open.spans, self.here())
                    )
                self._open = None
                self.stop()
                yield Enough()
            return
        if self._pending or self._open:
            cursor.rest()
            return
        order = "big" if cursor.u8() == 0x42 else "little"
        cursor.skip(5)
        name_size, data_size = cursor.u16(order), cursor.u16(order)
        cursor.skip(2)
        name = cursor.take(min(name_size, FIELD_LIMIT))
        cursor.skip(-name_size % 4)
        data = cursor.take(min(data_size, FIELD_LIMIT))
        cursor.skip(-data_size % 4)
        if name:
            secret, clear = Secret(data.hex()), name == COOKIE
            scheme = name.decode("ascii", "backslashreplace").lower()
            self._pending.login = Login(
                mechanism="cookie",
                username=None,
                secret=secret,
                scheme=scheme,
                clear=clear,
                name=name.decode("ascii", "backslashreplace"),
                spans=(self.here(),),
            )
        else:
            self._open = Access(resource="x11", action="connect", granted=None, control=True, spans=(self.here(),))

    def close(self) -> Iterator[Parsed]:
        """A cookie that was not answered."""
        return self._pending.unanswered()


def recognise(opening: Opening) -> Match:
    """Byte order, protocol 11.0, and lengths of a name and data that a set-up may have."""
    data = opening.client
    if data[:1] not in (b"B", b"l"):
        return Match.NO
    order = "big" if data[:1] == b"B" else "little"
    if len(data) < 12:
        return Match.MORE if (b"\0\x0b" if order == "big" else b"\x0b\0").startswith(data[2:4]) else Match.NO
    major, minor, name, size = (int.from_bytes(data[at : at + 2], order) for at in (2, 4, 6, 8))  # type: ignore[arg-type]
    if (major, minor) != (11, 0) or name > 64 or size > FIELD_LIMIT:
        return Match.NO
    return Match.SURE if data[12 : 12 + name].isascii() else Match.NO


PROTOCOL = Protocol(
    name="x11",
    title="X11",
    commands="its screen, keyboard and mouse",
    parser=X11,
    recognise=recognise,
    ports=frozenset(range(6000, 6010)),
)
