"""IMAP (RFC 9051, 3501): answered logins, fetched and stored mails."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import field

from sensor.events import DATA_LIMIT, Content, Enough, Skip, Transfer, Upgrade
from sensor.lazy_pattern import expression
from sensor.light_dataclass import dataclass
from sensor.model import Side
from sensor.parsing.attributes import attribute_events
from sensor.parsing.cursor import Cursor
from sensor.parsing.formats.mail import mail
from sensor.parsing.lines import LINE_LIMIT, BoundedBody, evidence_span
from sensor.parsing.parser import Match, Opening, Parsed, Protocol
from sensor.parsing.pending import Command, CommandQueue, answered
from sensor.parsing.sasl import password, readable
from sensor.parsing.sasl_lines import SaslLineParser

PIECES_LIMIT = 32
"""Literals stored of one command: LOGIN has two."""

_LITERAL = expression(rb"(?:^|[ (\[~])\{(\d{1,10})\+?\}$")
_FETCHED = expression(
    rb"(?:(?:BODY|BINARY)\[([^\]]{0,500})\](?:<\d+>)?|RFC822(\.HEADER|\.TEXT)?) ~?\{\d+\}$", re.IGNORECASE
)
_WHOLE = ("BODY[]", "RFC822", "RFC822.HEADER", "APPEND")
_TAG = expression(rb'[^\x00-\x20(){%*"\\+]{1,64}')


@dataclass(slots=True)
class _Command(Command):
    tag: bytes = b""
    pieces: list[tuple[bool, bytes]] = field(default_factory=list)
    """Arguments in order: (is a literal, bytes)."""


@dataclass(slots=True)
class _Block:
    """An incomplete literal: ``name`` the part of a mail, or None; ``argument`` whether it is one of a command."""

    left: int
    start: int
    name: str | None
    argument: bool
    body: BoundedBody = field(default_factory=BoundedBody)


class Imap(SaslLineParser):
    """Responses carry their command's tag (RFC 9051 2.2.1).

    ``Login``: scheme ``login`` (name and password as atoms, quoted strings or literals) or the SASL mechanism.
    """

    def __init__(self, hint: object = None) -> None:
        super().__init__(hint)
        self._commands: CommandQueue[_Command] = CommandQueue()
        self._open: _Command | None = None
        self._exchange_tag = b""
        self._blocks: list[_Block | None] = [None, None]
        self._response_continues = False
        self._greeted = False
        self._lost = [False, False]

    def message(self, side: Side, cursor: Cursor) -> Iterator[Parsed]:
        """A line, or a piece of a literal (RFC 9051 4.3)."""
        block = self._blocks[side]
        if block is None:
            yield from super().message(side, cursor)
            return
        piece = cursor.take(min(cursor.remaining, block.left))
        block.body.add(piece)
        block.left -= len(piece)
        if block.left and not block.argument and (block.name is None or block.body.size >= DATA_LIMIT):
            yield Skip(side, block.left)
            block.body.size += block.left
            block.left = 0
        if not block.left:
            self._blocks[side] = None
            yield from self._end_literal(side, block)

    def _end_literal(self, side: Side, block: _Block) -> Iterator[Transfer]:
        if side is Side.CLIENT and self._open:
            self._open.pieces.append((True, bytes(block.body.data) if block.argument else b""))
        if block.name and block.body.size:
            yield from self._transfer(side, block, complete=not self._lost[side])

    def _transfer(self, side: Side, block: _Block, complete: bool) -> Iterator[Transfer]:
        spans = (evidence_span(side, block.start, block.body.size),)
        data, size, name = bytes(block.body.data), block.body.size, block.name or ""
        if name.upper() in _WHOLE or name.upper().startswith("BODY[HEADER"):
            yield from mail(side, "imap", data, size, spans=spans, complete=complete)
        else:
            yield Transfer(
                side=side, application="imap", name=name, size=size, data=data, complete=complete, spans=spans
            )

    def line(self, side: Side, line: bytes) -> Iterator[Parsed]:
        """A command or the rest of one, an answer to a challenge, or a response."""
        if side is Side.SERVER:
            return self._response(line)
        if self._open:
            return self._command_line(self._open, line)
        return self.answer(line) if self.is_answer(line, frozenset()) else self._command(line)

    # Commands

    def _command(self, line: bytes) -> Iterator[Parsed]:
        tag, _, rest = line.partition(b" ")
        verb, _, arguments = rest.partition(b" ")
        if not verb or not _TAG.fullmatch(tag):
            return
        command = _Command(verb[:20].upper().decode("ascii", "replace"), self.here(), tag=tag)
        yield from self._command_line(command, arguments)

    def _command_line(self, command: _Command, line: bytes) -> Iterator[Parsed]:
        """A command's line: whole, or as far as a literal."""
        self._open = None
        command.span = command.span._replace(end=self.here().end)
        literal = _LITERAL.search(line)
        if literal and len(command.pieces) < PIECES_LIMIT:
            command.pieces.append((False, line[: literal.start()]))
            self._open = command
            self._begin_literal(Side.CLIENT, int(literal[1]), "APPEND" if command.verb == "APPEND" else None)
            return
        command.pieces.append((False, line))
        yield from self._complete(command)

    def _begin_literal(self, side: Side, length: int, name: str | None) -> None:
        if length:
            argument = side is Side.CLIENT and name is None and length <= LINE_LIMIT
            self._blocks[side] = _Block(length, self.here().end, name, argument)
            self._lost[side] = False
        elif side is Side.CLIENT and self._open:
            self._open.pieces.append((True, b""))

    def _complete(self, command: _Command) -> Iterator[Parsed]:
        yield from self._commands.append(command)
        if command.verb == "LOGIN":
            words = _login_words(command.pieces)
            if words:
                command.login = password("login", readable(words[0]), words[1], command.span)
        elif command.verb == "AUTHENTICATE":
            # Answers name their command by its tag: where two have the same one, they decide neither.
            ambiguous = bool(self.exchanges) and self._exchange_tag == command.tag
            self._exchange_tag = b"" if ambiguous else command.tag
            yield from self.exchanges.unanswered()
            yield from self.begin(command.pieces[0][1], command.span)  # with an initial response by RFC 4959
        elif command.verb == "ID":
            yield from attribute_events("imap.id", command.pieces[0][1], Side.CLIENT)
        command.pieces.clear()

    # Responses

    def _response(self, line: bytes) -> Iterator[Parsed]:
        continues, literal = self._response_continues, _LITERAL.search(line)
        self._response_continues = literal is not None
        if literal:
            fetched = _FETCHED.search(line)
            self._begin_literal(
                Side.SERVER,
                int(literal[1]),
                fetched[0].rpartition(b" ")[0].decode("ascii", "backslashreplace") if fetched else None,
            )
        if continues or not line:
            return
        tag, _, rest = line.partition(b" ")
        if tag == b"+":
            yield from self.challenged(rest)
        elif tag == b"*":
            yield from self._untagged(rest, line)
        else:
            yield from self._tagged(tag, rest)

    def _untagged(self, rest: bytes, line: bytes) -> Iterator[Parsed]:
        word = rest.partition(b" ")[0].upper()
        if not self._greeted and word in (b"OK", b"PREAUTH"):
            if not self._commands:
                yield from attribute_events("imap.banner", rest.partition(b" ")[2], Side.SERVER)
        elif word == b"ID":
            yield from attribute_events("imap.id", rest[3:], Side.SERVER)
        elif b"ENVELOPE" in line.upper():
            yield Content(side=Side.SERVER, name="envelope", data=line)
        self._greeted = True

    def _tagged(self, tag: bytes, rest: bytes) -> Iterator[Parsed]:
        word = rest.partition(b" ")[0].upper().decode("ascii", "replace")
        if word not in ("OK", "NO", "BAD"):
            return
        if self._open and self._open.tag == tag:  # the literal was refused (RFC 9051 4.3)
            self._open = self._blocks[Side.CLIENT] = None
        command = self._commands.take_where(lambda sent: sent.tag == tag)
        if command is None:
            return
        # RFC 5530 3.: the server could not check the password.
        accepted = None if word == "NO" and b"[UNAVAILABLE]" in rest.upper() else word == "OK"
        if command.login:
            yield answered(command.login, accepted, f"{word} after LOGIN", self.here())
        elif command.verb == "AUTHENTICATE" and tag == self._exchange_tag:
            yield from self.exchanges.finish(accepted, f"{word} after AUTHENTICATE", self.here())
        elif command.verb == "STARTTLS" and word == "OK":
            self.stop()
            yield Upgrade("tls")
        elif command.verb == "COMPRESS" and word == "OK":  # RFC 4978: compressed from here on
            self.stop()
            yield Enough()

    def gap(self, side: Side, length: int) -> Iterator[Parsed]:
        """A literal continues after a loss; tags still pair responses and commands."""
        self._lost[side] = True
        block = self._blocks[side]
        if block and length <= block.left:
            block.left -= length
            block.body.size += length
            self._offsets[side] += length
            if not block.left:
                self._blocks[side] = None
                yield from self._end_literal(side, block)
            return
        self._blocks[side] = None
        if side is Side.CLIENT:
            self._open = None
        else:
            self._response_continues = False
        yield from super().gap(side, length)

    def close(self) -> Iterator[Parsed]:
        """Report logins without an answer and incomplete mails."""
        yield from super().close()
        yield from self._commands.unanswered()
        for side in Side:
            block = self._blocks[side]
            if block and block.name and block.body.size:
                yield from self._transfer(side, block, complete=False)


def _login_words(pieces: list[tuple[bool, bytes]]) -> tuple[bytes, bytes] | None:
    """Name and password of LOGIN (RFC 9051 6.2.3); an unquoted password is the rest of its line."""
    words: list[bytes] = []
    for literal, text in pieces:
        if literal:
            words.append(text)
            continue
        rest = text.strip()
        while rest and len(words) < 2:
            if rest[:1] == b'"':
                quoted = _QUOTED.match(rest)
                word, rest = (quoted[1], rest[quoted.end() :].lstrip()) if quoted else (rest[1:], b"")
                words.append(_ESCAPED.sub(rb"\1", word))
            elif words:
                words.append(rest)
                rest = b""
            else:
                word, _, rest = rest.partition(b" ")
                words.append(word)
                rest = rest.lstrip()
    return (words[0], words[1]) if len(words) >= 2 else None


_QUOTED = expression(rb'"((?:[^"\\]|\\.)*)"')
_ESCAPED = expression(rb"\\(.)", re.DOTALL)
_GREETING = expression(rb"\* (?:OK|PREAUTH|BYE)\b", re.IGNORECASE)
_COMMAND = expression(
    rb"[!-~]{1,32} (?:CAPABILITY|NOOP|LOGIN |AUTHENTICATE |STARTTLS|ID |SELECT |EXAMINE |LIST |LSUB |STATUS |NAMESPACE"
    rb"|FETCH |UID [FS]|IDLE|LOGOUT)",
    re.IGNORECASE,
)
OPENING_LIMIT = 256
"""Bytes examined of an opening: a greeting or a command."""


def recognise(opening: Opening) -> Match:
    """The greeting "* OK" or, where it was not captured, a tagged command that no other protocol has."""
    server, client = opening.server[:OPENING_LIMIT], opening.client[:OPENING_LIMIT]
    if server:
        if _GREETING.match(server):
            return Match.SURE if not client or _COMMAND.match(client) or b"\n" not in client else Match.WEAK
        if len(server) < 5 and b"* OK".startswith(server[:4].upper()):
            return Match.MORE
    if _COMMAND.match(client):
        return Match.SURE if opening.server_port in _PORTS else Match.WEAK
    return Match.NO


_PORTS = frozenset({143})
PROTOCOL = Protocol(name="imap", title="IMAP", mail=True, parser=Imap, recognise=recognise, ports=_PORTS)
