"""rsync daemon greetings (csprotocol.txt): logins by challenge, modules used without one."""

from __future__ import annotations

from collections.abc import Iterator

from sensor.events import Access, Content, Enough, Login, Span
from sensor.lazy_pattern import expression
from sensor.model import Secret, Side
from sensor.parsing.attributes import attribute_events
from sensor.parsing.lines import LineParser
from sensor.parsing.parser import Match, Opening, Parsed, Protocol
from sensor.parsing.pending import PendingLogin
from sensor.parsing.sasl import readable

_DAEMON, _ERROR = b"@RSYNCD: ", b"@ERROR"

_ANSWER = expression(rb" [A-Za-z0-9+/]{22,}={0,2}$")
"""The end of an answer to a challenge (base64 of 16 bytes or more), which a loss may have hidden: no module's name."""


class Rsync(LineParser):
    """A client and a daemon until the module opens.

    ``Login``: scheme ``rsync``, not clear; ``secret`` is the challenge ``:`` the client's hash (base64 of MD4, MD5 or a
    newer digest over password and challenge).
    """

    def __init__(self, hint: object = None) -> None:
        super().__init__(hint)
        self._module: tuple[str, Span] | None = None
        self._challenge: bytes | None = None
        self._pending = PendingLogin()

    def line(self, side: Side, line: bytes) -> Iterator[Parsed]:
        """A line of the greeting; after OK the protocol is binary."""
        return self._client_line(line) if side is Side.CLIENT else self._server_line(line)

    def _client_line(self, line: bytes) -> Iterator[Parsed]:
        if line.startswith(_DAEMON):
            yield from attribute_events("rsync.version", line[len(_DAEMON) :], Side.CLIENT)
        elif self._challenge is not None and not self._pending:
            user, _, digest = line.rpartition(b" ")
            spans = (self.here(),)
            self._pending.login = Login(
                mechanism="password",
                username=readable(user),
                secret=Secret(self._challenge + b":" + digest),
                scheme="rsync",
                clear=False,
                spans=spans,
            )
        elif self._module is None and not _ANSWER.search(line):
            self._module = (readable(line), self.here())

    def _server_line(self, line: bytes) -> Iterator[Parsed]:
        if line.startswith(_DAEMON + b"AUTHREQD "):
            self._challenge = line[len(_DAEMON) + 9 :][:256]
        elif line.startswith((_DAEMON + b"OK", _ERROR, _DAEMON + b"EXIT")):
            yield from self._result(line)
            self.stop()
            yield Enough()
        elif line.startswith(_DAEMON):
            yield from attribute_events("rsync.version", line[len(_DAEMON) :], Side.SERVER)
        elif line:
            yield Content(side=Side.SERVER, name="modules and notices", data=line)

    def _result(self, line: bytes) -> Iterator[Parsed]:
        good = line.startswith(_DAEMON + b"OK")
        if self._pending:
            accepted = True if good else False if b"auth failed" in line else None
            word = "OK" if good else "@ERROR"
            yield from self._pending.answer(accepted, f"{word} after the answer to AUTHREQD", self.here())
        elif good and self._module:
            name, span = self._module
            yield Access(resource=name, action="connect", granted=True, spans=(span, self.here()))

    def close(self) -> Iterator[Parsed]:
        """A login without an answer."""
        return self._pending.unanswered()


def recognise(opening: Opening) -> Match:
    """Both sides begin with "@RSYNCD: " and a version."""
    for seen in (opening.server, opening.client):
        if seen:
            if seen.startswith(_DAEMON):
                return Match.SURE
            return Match.MORE if _DAEMON.startswith(seen) else Match.NO
    return Match.NO


PROTOCOL = Protocol(name="rsync", title="rsync", parser=Rsync, recognise=recognise, ports=frozenset({873}))
