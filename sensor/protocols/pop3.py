"""POP3 (RFC 1939, 5034): logins with their answers, the mails that were fetched."""

from __future__ import annotations

import re
from collections.abc import Iterator

from sensor.events import Attribute, Content, Event, Login, Span, Upgrade
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
        "USER",
        "PASS",
        "APOP",
        "AUTH",
        "CAPA",
        "STLS",
        "STAT",
        "LIST",
        "UIDL",
        "RETR",
        "TOP",
        "DELE",
        "NOOP",
        "RSET",
        "QUIT",
        "UTF8",
        "LANG",
        "XTND",
    }
)
_MAILS = ("RETR", "TOP")
_STAMP = expression(rb"<[^<>\s]{3,200}@[^<>\s]{1,200}>|<[^<>\s]{3,200}>")


_GREETING = expression(rb"^\+OK (?!.*(?:mailbox|maildrop|message|logged)).*(?:\bpop|ready|<[^<>\s]+>)", re.IGNORECASE)


class Pop3(SaslLineParser):
    """Answers come in the order of commands (RFC 1939 3.).

    ``Login``: scheme ``user/pass``, ``apop`` (``secret``: digest ``:`` timestamp, hashcat mode 20) or the SASL
    mechanism.
    """

    def __init__(self, hint: object = None) -> None:
        super().__init__(hint)
        self._commands: CommandQueue[Command] = CommandQueue()
        self._user: tuple[str, Span] | None = None
        self._secret_seen = False
        self._stamp: bytes | None = None
        self._greeted = False
        self._body: DottedBody | None = None
        self._body_of: Command | None = None
        self._body_start = 0
        self._lost = False

    def message(self, side: Side, cursor: Cursor) -> Iterator[Parsed]:
        """A line, or, from the server, a piece of an answer of many lines."""
        if side is Side.SERVER and self._body is not None:
            if self._body.read(cursor):
                yield from self._fetched(complete=not self._lost)
            return
        yield from super().message(side, cursor)

    def line(self, side: Side, line: bytes) -> Iterator[Parsed]:
        """A command, an answer to a challenge, or a server's line."""
        if side is Side.SERVER:
            return self._status(line)
        return self.answer(line) if self.is_answer(line, _VERBS) else self._command(line)

    def _command(self, line: bytes) -> Iterator[Parsed]:
        name, _, argument = line.partition(b" ")
        verb = name[:8].upper().decode("ascii", "replace")
        command = Command(verb, self.here(), argument)
        yield from self._commands.append(command)
        if verb == "USER":
            self._user = (readable(argument.strip()), command.span)
        elif verb == "PASS":
            self._secret_seen = True
            user, spans = (self._user[0], (self._user[1], command.span)) if self._user else (None, (command.span,))
            command.login = Login(
                mechanism="password", username=user, secret=Secret(argument), scheme="user/pass", spans=spans
            )
        elif verb == "APOP":
            command.login = self._apop(argument, command.span)
        elif verb == "AUTH" and argument.strip():
            yield from self.begin(argument, command.span)

    def _apop(self, argument: bytes, span: Span) -> Login | None:
        """RFC 1939 7.: ``APOP name digest``, the digest being MD5 over the greeting's timestamp and the password."""
        user, _, digest = argument.strip().rpartition(b" ")
        if not user or not re.fullmatch(rb"[0-9a-fA-F]{32}", digest):
            return None
        secret = Secret(digest + b":" + (self._stamp or b""))
        return Login(
            mechanism="password", username=readable(user), secret=secret, scheme="apop", clear=False, spans=(span,)
        )

    def _status(self, line: bytes) -> Iterator[Parsed]:
        if line[:2] == b"+ " or line == b"+":
            yield from self.challenged(line[2:])
            return
        good = line[:3].upper() == b"+OK"
        if not good and line[:4].upper() != b"-ERR":
            return
        first, self._greeted = not self._greeted, True
        # A client that pipelines has sent commands already; a capture that begins in the middle has no greeting.
        if first and (not self._commands or _GREETING.search(line)):
            stamp = _STAMP.search(line)
            self._stamp = stamp[0] if stamp else None
            yield from attribute_events("pop3.banner", line[4:], Side.SERVER)
            return
        command = self._commands.take()
        if command is not None:
            yield from self._answered(command, good, line)

    def _answered(self, command: Command, good: bool, line: bytes) -> Iterator[Parsed]:
        basis = f"{'+OK' if good else '-ERR'} after {command.verb}"
        if b"@" in line:  # servers name the mailbox that they opened
            yield Content(side=Side.SERVER, name="status", data=line)
        if command.login:
            yield answered(command.login, _accepted(good, line), basis, self.here())
        elif command.verb == "AUTH" and command.argument.strip():
            yield from self.exchanges.finish(_accepted(good, line), basis, self.here())
        elif command.verb == "STLS" and good:
            self.stop()
            yield Upgrade("tls")
        elif good and _has_lines(command):
            self._body, self._body_of, self._body_start, self._lost = DottedBody(), command, self.here().end, False

    def _fetched(self, complete: bool) -> Iterator[Event]:
        body, command = self._body, self._body_of
        self._body = self._body_of = None
        if body and command and command.verb in _MAILS and body.size:
            spans = (command.span, evidence_span(Side.SERVER, self._body_start, body.size))
            yield from mail(Side.SERVER, "pop3", body.content(), body.size, spans=spans, complete=complete)

    def gap(self, side: Side, length: int) -> Iterator[Parsed]:
        """A mail goes on after a loss; logins whose answer was lost are reported without it."""
        if side is Side.SERVER and self._body is not None:
            self._body.add(self.pending(side))
            self._lost = True
        elif side is Side.SERVER:
            yield from self.exchanges.unanswered()
            yield from self._commands.unanswered()
        yield from super().gap(side, length)

    def close(self) -> Iterator[Parsed]:
        """Logins without an answer, a name that no password followed, a mail without an end."""
        yield from super().close()
        yield from self._commands.unanswered()
        if self._user and self._user[0] and not self._secret_seen:
            yield Attribute(field="pop3.user", value=self._user[0], side=Side.CLIENT, spans=(self._user[1],))
        if self._body is not None:
            self._body.add(self.pending(Side.SERVER))
            yield from self._fetched(complete=False)


def _accepted(good: bool, line: bytes) -> bool | None:
    """RFC 2449 8., 3206: a mailbox in use was opened with the right password.

    A delay or a fault of the server says nothing of the password.
    """
    code = re.match(rb"-ERR \[(IN-USE|LOGIN-DELAY|SYS/[A-Z]+)\]", line, re.IGNORECASE)
    if good or code is None:
        return good
    return True if code[1].upper() == b"IN-USE" else None


def _has_lines(command: Command) -> bool:
    """RFC 1939 3., 2449 5., 5034 4.: which answers go on until a line of one dot."""
    return command.verb in ("RETR", "TOP", "CAPA") or (
        command.verb in ("LIST", "UIDL", "AUTH") and not command.argument.strip()
    )


_COMMAND = expression(
    rb"(?:USER [^\r\n]*|PASS [^\r\n]*|APOP \S+ [0-9a-fA-F]{32}|AUTH(?: [A-Za-z0-9_-]{1,20}.*)?"
    rb"|CAPA|STLS|STAT|LIST|UIDL|RETR \d+|QUIT)\s*\r?\n",
    re.IGNORECASE,
)
SEEN = 512
"""Bytes of an opening that are looked at: a greeting or a command."""


def recognise(opening: Opening) -> Match:
    """The server greets with "+OK", as no other protocol does, and the client sends one of few commands."""
    server, client, on_port = opening.server[:SEEN], opening.client[:SEEN], opening.server_port in _PORTS
    if server and not (
        server[:3] == b"+OK" or server[:4] == b"-ERR" or b"+OK".startswith(server) or b"-ERR".startswith(server)
    ):
        return Match.NO
    sent = _COMMAND.match(client)
    if client and not sent:
        return (
            Match.MORE
            if len(client) < 64 and b"\n" not in client and client.translate(None, _LETTERS) == b""
            else Match.NO
        )
    if server[:3] == b"+OK":
        return (
            Match.SURE if on_port or client[:4].upper() in (b"CAPA", b"APOP", b"STLS", b"UIDL", b"RETR") else Match.WEAK
        )
    return (
        Match.WEAK
        if sent and (on_port or server[:4] == b"-ERR")
        else Match.MORE
        if server and len(server) < 4
        else Match.NO
    )


_LETTERS = bytes(range(0x20, 0x7F)) + b"\r"
_PORTS = frozenset({110})
PROTOCOL = Protocol(name="pop3", title="POP3", mail=True, parser=Pop3, recognise=recognise, ports=_PORTS)
