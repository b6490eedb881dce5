"""NNTP (RFC 3977, 4643): logins with their answers, articles that were read or posted."""

from __future__ import annotations

import re
from collections.abc import Iterator

from sensor.events import Event, Login, Span, Upgrade
from sensor.lazy_pattern import expression
from sensor.model import Secret, Side
from sensor.parsing.attributes import attribute_events
from sensor.parsing.cursor import Cursor
from sensor.parsing.formats.mail import mail
from sensor.parsing.lines import DottedBody, evidence_span
from sensor.parsing.parser import Match, Opening, Parsed, Protocol
from sensor.parsing.pending import Command, CommandQueue, answered
from sensor.parsing.sasl import readable
from sensor.parsing.sasl_lines import SaslLineParser

_VERBS = frozenset(
    {
        "AUTHINFO",
        "QUIT",
        "GROUP",
        "ARTICLE",
        "HEAD",
        "BODY",
        "STAT",
        "LIST",
        "MODE",
        "CAPABILITIES",
        "POST",
        "IHAVE",
        "STARTTLS",
        "DATE",
        "HELP",
    }
)
_MANY_LINES = frozenset({100, 101, 215, 220, 221, 222, 224, 225, 230, 231})  # RFC 3977 3.2; 211 for LISTGROUP alone
_ARTICLES = frozenset({220, 221, 222})


class Nntp(SaslLineParser):
    """Answers come in the order of commands.

    ``Login``: scheme ``authinfo`` (RFC 4643 2.3) or the SASL mechanism (2.4).
    """

    def __init__(self, hint: object = None) -> None:
        super().__init__(hint)
        self._commands: CommandQueue[Command] = CommandQueue()
        self._user: tuple[str, Span] | None = None
        self._bodies: list[DottedBody | None] = [None, None]
        self._starts = [0, 0]
        self._articles = [False, False]
        self._lost = [False, False]

    def message(self, side: Side, cursor: Cursor) -> Iterator[Parsed]:
        """A line, or a piece of a block of many."""
        body = self._bodies[side]
        if body is None:
            yield from super().message(side, cursor)
        elif body.read(cursor):
            if side is Side.CLIENT:
                yield from self._commands.append(Command(".", self.here()))
            yield from self._article(side, complete=not self._lost[side])

    def line(self, side: Side, line: bytes) -> Iterator[Parsed]:
        """A command, an answer to a challenge, or a status."""
        if side is Side.SERVER:
            return self._status(line)
        return self.answer(line) if self.is_answer(line, _VERBS) else self._command(line)

    def _command(self, line: bytes) -> Iterator[Parsed]:
        words = line.split(None, 2)
        if not words:
            return
        command = Command(words[0][:16].upper().decode("ascii", "replace"), self.here())
        yield from self._commands.append(command)
        if command.verb != "AUTHINFO" or len(words) < 3:
            return
        kind, value = words[1].upper(), words[2]
        if kind == b"USER":
            command.verb, self._user = "AUTHINFO USER", (readable(value), command.span)
        elif kind == b"PASS":
            user, spans = (self._user[0], (self._user[1], command.span)) if self._user else (None, (command.span,))
            command.verb = "AUTHINFO PASS"
            command.login = Login(
                mechanism="password", username=user, secret=Secret(value), scheme="authinfo", spans=spans
            )
        elif kind == b"SASL":
            command.verb = "AUTHINFO SASL"
            yield from self.begin(value, command.span)

    def _status(self, line: bytes) -> Iterator[Parsed]:
        if not line[:3].isdigit() or line[3:4] not in (b" ", b""):
            return
        code, text = int(line[:3]), line[4:]
        if code == 383:
            yield from self.challenged(text)
            return
        first = self._commands.first
        if code in (200, 201) and not (first and first.verb == "MODE"):
            yield from attribute_events("nntp.banner", text, Side.SERVER)
            return
        command = self._commands.take()
        verb = command.verb if command else ""
        if code in _MANY_LINES or (code == 211 and verb == "LISTGROUP"):
            self._begin_body(Side.SERVER, article=code in _ARTICLES)
        elif code in (340, 335):  # RFC 3977 6.3: send the article
            self._begin_body(Side.CLIENT, article=True)
        elif code == 382 and verb == "STARTTLS":
            self.stop()
            yield Upgrade("tls")
        elif command and command.login:
            accepted = True if code == 281 else False if code in (481, 482, 502) else None
            yield answered(command.login, accepted, f"{code} after {verb}", self.here())
        elif verb == "AUTHINFO SASL":
            accepted = True if code in (281, 283) else False if code in (481, 482, 502) else None
            yield from self.exchanges.finish(accepted, f"{code} after AUTHINFO", self.here())

    def _begin_body(self, side: Side, *, article: bool) -> None:
        self._bodies[side], self._articles[side], self._lost[side] = DottedBody(), article, False
        self._starts[side] = self.here().end if side is Side.SERVER else self._offsets[side]

    def _article(self, side: Side, complete: bool) -> Iterator[Event]:
        body, self._bodies[side] = self._bodies[side], None
        if body and body.size and self._articles[side]:
            spans = (evidence_span(side, self._starts[side], body.size),)
            yield from mail(side, "nntp", body.content(), body.size, spans=spans, complete=complete)

    def gap(self, side: Side, length: int) -> Iterator[Parsed]:
        """An article goes on after a loss; logins whose answer was lost are reported without it."""
        body = self._bodies[side]
        if body is not None:
            body.add(self.pending(side))
            self._lost[side] = True
        elif side is Side.SERVER:
            yield from self.exchanges.unanswered()
            yield from self._commands.unanswered()
        yield from super().gap(side, length)

    def close(self) -> Iterator[Parsed]:
        """Logins without an answer, articles without an end."""
        yield from super().close()
        yield from self._commands.unanswered()
        for side in Side:
            body = self._bodies[side]
            if body is not None:
                body.add(self.pending(side))
                yield from self._article(side, complete=False)


_GREETING = expression(rb"20[01] .*(?:nntp|\binn\b|news|innd|diablo|leafnode)", re.IGNORECASE)
_COMMAND = expression(
    rb"(?:AUTHINFO (?:USER|PASS|SASL) |MODE (?:READER|STREAM)\r?\n|CAPABILITIES\r?\n|GROUP [\w.+-]+\r?\n"
    rb"|LISTGROUP|XOVER |ARTICLE )",
    re.IGNORECASE,
)
SEEN = 512
"""Bytes of an opening that are looked at: a greeting or a command."""


def recognise(opening: Opening) -> Match:
    """The greeting 200 or 201, with the server's product or followed by a reader's command."""
    server, client, on_port = opening.server[:SEEN], opening.client[:SEEN], opening.server_port in _PORTS
    if server and not (server[:3].isdigit() and server[3:4] in (b" ", b"")):
        return Match.NO
    if _COMMAND.match(client):
        return Match.SURE if server[:3] in (b"200", b"201") else Match.WEAK
    if client:
        return Match.NO
    if _GREETING.match(server):
        return Match.SURE
    if server[:3] in (b"200", b"201"):
        return Match.WEAK if on_port else Match.MORE
    return Match.MORE if server and len(server) < 4 else Match.NO


_PORTS = frozenset({119, 433})
PROTOCOL = Protocol(name="nntp", title="NNTP", mail=True, parser=Nntp, recognise=recognise, ports=_PORTS)
