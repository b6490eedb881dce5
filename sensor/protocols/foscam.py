"""Foscam's own protocol (TCP 88, behind SERVERPUSH): logins of cameras in the clear, with their check.

Commands by a public description of the FI9821W's protocol: a number, ``FOSC``, a length; the login and
each request for a stream carry name and password. The camera says whether a login holds when it is asked (29).
"""

from __future__ import annotations

from collections.abc import Iterator

from sensor.events import Login, Skip
from sensor.model import Secret, Side
from sensor.parsing.cursor import Cursor, Malformed
from sensor.parsing.parser import Match, Opening, Parsed, Protocol, StreamParser
from sensor.parsing.pending import PendingLogin
from sensor.parsing.sasl import readable

START = b"SERVERPUSH / HTTP/1."
START_LIMIT = 1024
"""Bytes of the request that begins a connection; its four lines have about 80."""

MAGIC = b"FOSC"
WITH_LOGIN = frozenset({0, 1, 2, 3, 4, 5, 12})
"""Video, end, audio on and off, speaker on and off, login: a byte, name and password of 64 bytes each."""

CHECK_ANSWER = 29
BODY_LIMIT = 4096
LENGTH_LIMIT = 16 * 1024 * 1024
"""Bytes that a body may announce: a whole key frame has less than one million."""


class Foscam(StreamParser):
    """``Login``: scheme ``foscam``; a pair is told once, and again where it was refused and comes again."""

    def __init__(self, hint: object = None) -> None:
        super().__init__(hint)
        self._pending = PendingLogin()
        self._last: tuple[bytes, bytes] | None = None

    def message(self, side: Side, cursor: Cursor) -> Iterator[Parsed]:
        """The request that begins, an answer to it, or one command."""
        first = cursor.take(4)
        if first in (START[:4], b"HTTP"):
            cursor.until(b"\r\n\r\n", START_LIMIT)
            return
        number, magic, length = int.from_bytes(first, "little"), cursor.take(4), cursor.u32("little")
        if magic != MAGIC or length > LENGTH_LIMIT:
            raise Malformed("no command of Foscam")
        data = cursor.take(min(length, BODY_LIMIT))
        if length > len(data):
            yield Skip(side, length - len(data))
        if side is Side.CLIENT and number in WITH_LOGIN and length >= 129:
            yield from self._login(data[1:65].split(b"\0")[0], data[65:129].split(b"\0")[0])
        elif side is Side.SERVER and number == CHECK_ANSWER and length == 4:
            result = int.from_bytes(data, "little")
            accepted = {0: True, 1: False}.get(result)
            if accepted is False:
                self._last = None
            yield from self._pending.answer(accepted, f"check {result} after the login", self.here())

    def _login(self, user: bytes, secret: bytes) -> Iterator[Parsed]:
        if not user or (user, secret) == self._last:
            return
        self._last = (user, secret)
        login = Login(
            mechanism="password",
            username=readable(user),
            secret=Secret(secret),
            scheme="foscam",
            spans=(self.here(),),
        )
        yield from self._pending.add(login)

    def gap(self, side: Side, length: int) -> Iterator[Parsed]:
        """Commands cannot be found again: a login that waits gets no answer."""
        yield from self._pending.unanswered()
        yield from super().gap(side, length)

    def close(self) -> Iterator[Parsed]:
        """A login without an answer."""
        return self._pending.unanswered()


def recognise(opening: Opening) -> Match:
    """The request that begins, or a command where the capture lacks it."""
    client = opening.client
    if client.startswith(START) or client[4:8] == MAGIC:
        return Match.SURE
    if client and START.startswith(client):
        return Match.MORE
    return Match.SURE if not client and opening.server[4:8] == MAGIC else Match.NO


PROTOCOL = Protocol(
    name="foscam",
    title="Foscam's protocol",
    commands="the camera",
    parser=Foscam,
    recognise=recognise,
    ports=frozenset({88}),
)
