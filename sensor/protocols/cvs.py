"""CVS's password server: the login, whose password is only scrambled, with the server's answer.

The cvsclient protocol, "Connection and Authentication".
"""

from __future__ import annotations

from collections.abc import Iterator

from sensor.events import Enough
from sensor.model import Side
from sensor.parsing.cursor import Cursor, Malformed
from sensor.parsing.parser import Match, Opening, Parsed, Protocol, StreamParser
from sensor.parsing.pending import PendingLogin
from sensor.parsing.sasl import password, readable

LINE_LIMIT = 4096
"""Bytes of a repository's path, a name or a password."""

BEGINNINGS = (b"BEGIN AUTH REQUEST\n", b"BEGIN VERIFICATION REQUEST\n")

_SCRAMBLE = bytes([
    *range(32), 114, 120, 53, 79, 96, 109, 72, 108, 70, 64, 76, 67, 116, 74, 68, 87, 111, 52, 75, 119, 49, 34, 82, 81,
    95, 65, 112, 86, 118, 110, 122, 105, 41, 57, 83, 43, 46, 102, 40, 89, 38, 103, 45, 50, 42, 123, 91, 35, 125, 55,
    54, 66, 124, 126, 59, 47, 92, 71, 115, 78, 88, 107, 106, 56, 36, 121, 117, 104, 101, 100, 69, 73, 99, 63, 94, 93,
    39, 37, 61, 48, 58, 113, 32, 90, 44, 98, 60, 51, 33, 97, 62, 77, 84, 80, 85, 127, *range(128, 256),
])  # fmt: skip
"""The substitution of the "Password scrambling algorithm", its own inverse. Bytes beyond ASCII are unchanged."""


class Cvs(StreamParser):
    """``Login``: scheme ``pserver``; accepted by ``I LOVE YOU``, refused by ``I HATE YOU`` or an error."""

    def __init__(self, hint: object = None) -> None:
        super().__init__(hint)
        self._pending = PendingLogin()

    def message(self, side: Side, cursor: Cursor) -> Iterator[Parsed]:
        """The request's five lines, or the line that answers them."""
        if side is Side.SERVER:
            if not self._pending:
                cursor.rest()  # what came before the request is no answer to it
                return
            answer = cursor.line(LINE_LIMIT)
            accepted = answer == b"I LOVE YOU"
            basis = (
                readable(answer[:10]) if answer.startswith((b"I LOVE YOU", b"I HATE YOU", b"E ")) else "another answer"
            )
            yield from self._pending.answer(accepted, f"'{basis}' after the request", self.here())
            yield Enough()
            return
        if self._pending:
            cursor.rest()
            return
        if cursor.line(LINE_LIMIT) + b"\n" not in BEGINNINGS:
            raise Malformed("no authentication request")
        cursor.line(LINE_LIMIT)
        user, secret = cursor.line(LINE_LIMIT), cursor.line(LINE_LIMIT)
        cursor.line(LINE_LIMIT)
        if secret[:1] != b"A":
            raise Malformed("a password scrambled in an unknown way")
        self._pending.login = password("pserver", readable(user), secret[1:].translate(_SCRAMBLE), self.here())

    def close(self) -> Iterator[Parsed]:
        """Report a login without an answer."""
        yield from self._pending.unanswered()


def recognise(opening: Opening) -> Match:
    """The request's first line."""
    data = opening.client
    if data.startswith(BEGINNINGS):
        return Match.SURE
    return Match.MORE if data and any(line.startswith(data) for line in BEGINNINGS) else Match.NO


PROTOCOL = Protocol(name="cvspserver", title="CVS", parser=Cvs, recognise=recognise, ports=frozenset({2401}))
