"""NATS (docs.nats.io/reference/nats-protocol): logins with their answers, messages by subject."""

from __future__ import annotations

import re
from collections.abc import Iterator

from sensor.events import Access, Login, Skip, Transfer, Upgrade
from sensor.lazy_pattern import expression
from sensor.model import Secret, Side
from sensor.parsing.attributes import attribute_events
from sensor.parsing.cursor import Cursor
from sensor.parsing.formats.json import mapping
from sensor.parsing.lines import LineParser
from sensor.parsing.parser import Match, Opening, Parsed, Protocol
from sensor.parsing.pending import Command, CommandQueue, answered
from sensor.parsing.repeated_messages import MessageFolding
from sensor.parsing.sasl import readable

PAYLOAD_LIMIT = 64 * 1024
"""Bytes of a message that are stored; servers allow a megabyte, telemetry is far smaller."""


class Nats(LineParser):
    """A client and a server.

    ``Login``: scheme ``connect`` (user and pass, or auth_token as ``token``) or ``nkey`` (a signed nonce: not clear,
    ``secret`` is nonce ``:`` signature). Accepted by +OK or the PONG of the client's first PING, refused by -ERR with
    "Authorization" or "Authentication".
    """

    def __init__(self, hint: object = None) -> None:
        super().__init__(hint)
        self._commands: CommandQueue[Command] = CommandQueue()
        self._verbose = True
        self._nonce = ""
        self._payload: list[tuple[int, str] | None] = [None, None]
        self._folding = MessageFolding()

    def message(self, side: Side, cursor: Cursor) -> Iterator[Parsed]:
        """A line, the payload that it announced, or a TLS record, which follows INFO without a command."""
        announced = self._payload[side]
        if announced is not None:
            data = cursor.take(announced[0] + 2)[:-2]
            self._payload[side] = None
            yield from self._transfer(side, announced[1], len(data), data)
        elif side is Side.CLIENT and cursor.peek(2) == b"\x16\x03":
            self.stop()
            yield Upgrade("tls")
        elif side is Side.CLIENT and cursor.peek(2) == b"\x16":
            cursor.take(2)  # wait for the version
        else:
            yield from super().message(side, cursor)

    def line(self, side: Side, line: bytes) -> Iterator[Parsed]:
        """A control line."""
        word, _, rest = line.partition(b" ")
        word = word.upper()
        if side is Side.CLIENT and word == b"CONNECT":
            yield from self._connect(rest)
        elif side is Side.CLIENT and word == b"PING":
            yield from self._commands.append(Command("PING", self.here()))
        elif side is Side.SERVER and word == b"INFO":
            info = mapping(rest)
            nonce, version = info.get("nonce"), info.get("version")
            self._nonce = nonce[:256] if isinstance(nonce, str) else ""
            yield from attribute_events("nats.version", version if isinstance(version, str) else "", Side.SERVER)
        elif side is Side.SERVER and word in (b"+OK", b"PONG", b"-ERR"):
            yield from self._answered(word, rest)
        elif word in (b"PUB", b"HPUB", b"MSG", b"HMSG", b"SUB", b"UNSUB"):
            if side is Side.CLIENT and self._verbose and self._commands.awaits(("CONNECT",)):
                yield from self._commands.append(Command(word.decode(), self.here()))
            if word not in (b"SUB", b"UNSUB"):
                yield from self._announced(side, rest.split())

    def _connect(self, rest: bytes) -> Iterator[Parsed]:
        options = mapping(rest)
        self._verbose = options.get("verbose") is not False
        command = Command("CONNECT", self.here())
        text = {key: value for key, value in options.items() if isinstance(value, str)}
        made: tuple[str, str | None, str, str, bool] | None = None
        if "pass" in text:
            made = ("password", text.get("user"), text["pass"], "connect", True)
        elif "auth_token" in text:
            made = ("token", text.get("user"), text["auth_token"], "connect", True)
        elif text.get("sig"):
            made = ("key", text.get("nkey"), f"{self._nonce}:{text['sig']}", "nkey", False)
        if made:
            mechanism, user, secret, scheme, clear = made
            command.login = Login(
                mechanism=mechanism,
                username=user,
                secret=Secret(secret),
                scheme=scheme,
                clear=clear,
                spans=(self.here(),),
            )
        yield from self._commands.append(command)

    def _answered(self, word: bytes, rest: bytes) -> Iterator[Parsed]:
        """PONG answers a PING: the server would have ended at a CONNECT before it that it refuses."""
        if word == b"PONG":
            if self._commands.awaits(("PING",)):
                while (command := self._commands.take()) is None or command.verb != "PING":
                    yield from self._decide(command, word, True)
        elif word == b"+OK":
            yield from self._decide(self._commands.take_where(lambda one: one.verb != "PING"), word, True)
        elif re.search(rb"authori[sz]ation|authentication", rest, re.IGNORECASE):
            if self._verbose or sum(one.verb == "CONNECT" for one in self._commands) == 1:
                yield from self._decide(self._commands.take_where(lambda one: one.verb == "CONNECT"), word, False)
            else:
                yield from self._commands.unanswered()  # without +OK nobody knows which one

    def _decide(self, command: Command | None, word: bytes, accepted: bool) -> Iterator[Parsed]:
        if command is None or command.verb != "CONNECT":
            return
        if command.login is not None:
            yield answered(command.login, accepted, f"{word.decode()} after CONNECT", self.here())
        else:
            yield Access(resource="nats", action="connect", granted=accepted, spans=(command.span, self.here()))

    def _announced(self, side: Side, words: list[bytes]) -> Iterator[Parsed]:
        if len(words) < 2 or not words[-1].isdigit() or len(words[-1]) > 10:
            return
        size, name = int(words[-1]), readable(words[0])
        if size > PAYLOAD_LIMIT:
            yield from self._transfer(side, name, size, b"")
            yield Skip(side, size + 2)
        else:
            self._payload[side] = (size, name)

    def _transfer(self, side: Side, name: str, size: int, data: bytes) -> Iterator[Transfer]:
        total_size = self._folding.add(side, name, size, data) if size else None
        if total_size is not None:
            yield Transfer(side=side, application="nats", name=name, size=total_size, data=data)

    def gap(self, side: Side, length: int) -> Iterator[Parsed]:
        """The next line that is whole goes on; which login a lost answer was for is unknown."""
        self._payload[side] = None
        if side is Side.SERVER:
            yield from self._commands.unanswered()
        yield from super().gap(side, length)

    def close(self) -> Iterator[Parsed]:
        """A login without an answer, sizes of folded messages."""
        yield from self._commands.unanswered()
        for side, name, size in self._folding.rest():
            yield Transfer(side=side, application="nats", name=name, size=size)


_INFO = expression(rb'INFO \{[^\n]{0,200}"(?:server_id|server_name|version|nonce|host|proto)"')
_CONNECT = expression(rb'CONNECT \{[^\n]{0,200}"(?:verbose|pedantic|lang|user|auth_token|tls_required|echo)"')


def recognise(opening: Opening) -> Match:
    """The server's INFO with a JSON object, or the client's CONNECT with one."""
    if _INFO.match(opening.server) or _CONNECT.match(opening.client):
        return Match.SURE
    for seen, word in ((opening.server, b"INFO {"), (opening.client, b"CONNECT {")):
        if seen and (word.startswith(seen) or (seen.startswith(word) and b"\n" not in seen and len(seen) < 512)):
            return Match.MORE
    return Match.NO


PROTOCOL = Protocol(
    name="nats", title="NATS", publishes=True, parser=Nats, recognise=recognise, ports=frozenset({4222})
)
