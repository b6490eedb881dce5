"""ManageSieve (RFC 5804): SASL logins with the server's answer."""

from __future__ import annotations

import re
from collections.abc import Iterator

from sensor.events import Skip, Upgrade
from sensor.lazy_pattern import expression
from sensor.model import Side
from sensor.parsing.attributes import attribute_events
from sensor.parsing.cursor import Cursor
from sensor.parsing.lines import LINE_LIMIT
from sensor.parsing.parser import Match, Opening, Parsed, Protocol
from sensor.parsing.pending import Command, CommandQueue
from sensor.parsing.sasl_lines import SaslLineParser

STRINGS_LIMIT = 8
"""Strings stored of one line: AUTHENTICATE has two."""

_LITERAL = expression(rb"\{(\d{1,10})\+?\}$")
_QUOTED = expression(rb'"((?:[^"\\]|\\.)*)"')
_ESCAPED = expression(rb"\\(.)", re.DOTALL)


class ManageSieve(SaslLineParser):
    """Strings are quoted or literals (RFC 5804 1.2); a line continues after a literal.

    ``Login``: the SASL mechanism (2.1).
    """

    def __init__(self, hint: object = None) -> None:
        super().__init__(hint)
        self._literal = [0, 0]
        self._continues = [False, False]
        self._words = [b"", b""]
        self._strings: tuple[list[bytes], list[bytes]] = ([], [])
        self._commands: CommandQueue[Command] = CommandQueue()

    def message(self, side: Side, cursor: Cursor) -> Iterator[Parsed]:
        """A line, or a literal."""
        if self._literal[side]:
            data = cursor.take(self._literal[side])
            self._literal[side] = 0
            self._add(side, data)
        else:
            yield from super().message(side, cursor)

    def line(self, side: Side, line: bytes) -> Iterator[Parsed]:
        """A line, or a part of it before or after a literal."""
        strings = self._strings[side]
        if not self._continues[side]:
            strings.clear()
            self._words[side] = line.partition(b" ")[0].upper()
        start = line.find(b'"')
        # An unclosed string ends the search: a new try after each quote would be quadratic.
        while start >= 0 and (quoted := _QUOTED.match(line, start)):
            self._add(side, _ESCAPED.sub(rb"\1", quoted[1]))
            start = line.find(b'"', quoted.end())
        literal = _LITERAL.search(line)
        length = int(literal[1]) if literal else 0
        self._continues[side] = literal is not None
        if literal is None:
            yield from (
                self._command(line, strings) if side is Side.CLIENT else self._response(self._words[side], strings)
            )
        elif length > LINE_LIMIT:  # a script
            self._add(side, b"")
            yield Skip(side, length)
        elif length:
            self._literal[side] = length
        else:
            self._add(side, b"")

    def _add(self, side: Side, string: bytes) -> None:
        if len(self._strings[side]) < STRINGS_LIMIT:
            self._strings[side].append(string)

    def _command(self, line: bytes, strings: list[bytes]) -> Iterator[Parsed]:
        word = self._words[Side.CLIENT]
        if self.exchanges and not word.isalpha():
            yield from self.answer(strings[0] if strings else line)
            return
        if not word:
            return
        yield from self._commands.append(Command(word[:16].decode("ascii", "replace"), self.here()))
        if word == b"AUTHENTICATE":
            yield from self.begin(b" ".join(strings[:2]), self.here())

    def _response(self, word: bytes, strings: list[bytes]) -> Iterator[Parsed]:
        if word not in (b"OK", b"NO", b"BYE"):
            if strings and self.exchanges:
                yield from self.challenged(strings[0])
            elif len(strings) > 1 and strings[0].upper() == b"IMPLEMENTATION":
                yield from attribute_events("managesieve.banner", strings[1], Side.SERVER)
            return
        command = self._commands.take()
        verb = command.verb if command is not None else ""
        if verb == "AUTHENTICATE":
            accepted = None if word == b"BYE" else word == b"OK"
            yield from self.exchanges.finish(accepted, f"{word.decode()} after AUTHENTICATE", self.here())
        elif verb == "STARTTLS" and word == b"OK":
            self.stop()
            yield Upgrade("tls")

    def gap(self, side: Side, length: int) -> Iterator[Parsed]:
        """It is unknown which answers were lost: report a pending login without one."""
        self._literal[side], self._continues[side] = 0, False
        if side is Side.SERVER:
            yield from self.exchanges.unanswered()
            yield from self._commands.unanswered()
        yield from super().gap(side, length)


_COMMAND = expression(
    rb'AUTHENTICATE "[A-Z0-9-]{1,20}"|STARTTLS\r\n|CAPABILITY\r\n|LISTSCRIPTS\r\n|HAVESPACE "|PUTSCRIPT "',
    re.IGNORECASE,
)
OPENING_LIMIT = 512
"""Bytes examined of an opening: the first capabilities or a command."""


def recognise(opening: Opening) -> Match:
    """The server lists capabilities in quotes, ``"IMPLEMENTATION"`` among the first (RFC 5804 1.7)."""
    server, client = opening.server[:OPENING_LIMIT], opening.client[:OPENING_LIMIT]
    if server[:1] == b'"':
        if b'"IMPLEMENTATION"' in server.upper() or b'"SIEVE"' in server.upper():
            return Match.SURE
        return Match.MORE if len(server) < OPENING_LIMIT and b"\nOK" not in server else Match.NO
    if _COMMAND.match(client) and (not server or server[:2] in (b"OK", b"NO")):
        return Match.WEAK
    return Match.NO


_PORTS = frozenset({4190, 2000})
PROTOCOL = Protocol(name="managesieve", title="ManageSieve", parser=ManageSieve, recognise=recognise, ports=_PORTS)
