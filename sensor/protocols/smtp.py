"""SMTP and LMTP (RFC 5321, 2033): logins with their answers, mails with their files, host names."""

from __future__ import annotations

import re
from collections.abc import Generator, Iterator

from sensor.events import DATA_LIMIT, Content, Skip, Transfer, Upgrade
from sensor.lazy_pattern import expression
from sensor.model import Side
from sensor.parsing.attributes import attribute_events
from sensor.parsing.cursor import Cursor
from sensor.parsing.formats.mail import mail
from sensor.parsing.lines import BoundedBody, DottedBody, evidence_span
from sensor.parsing.parser import Match, Opening, Parsed, Protocol
from sensor.parsing.pending import Command, CommandQueue
from sensor.parsing.sasl_lines import SaslLineParser

_VERBS = frozenset(
    {
        "EHLO",
        "HELO",
        "LHLO",
        "MAIL",
        "RCPT",
        "DATA",
        "BDAT",
        "RSET",
        "NOOP",
        "QUIT",
        "VRFY",
        "EXPN",
        "HELP",
        "AUTH",
        "STARTTLS",
        "ETRN",
        "XCLIENT",
        "XFORWARD",
    }
)
_TLS = ("STARTTLS", "X-ANONYMOUSTLS")  # the second: between Exchange servers
_CHUNK = expression(rb"(\d{1,10})(\s+LAST)?\s*", re.IGNORECASE)


class Smtp(SaslLineParser):
    """Replies are matched to commands in order (RFC 2920 3.1).

    A mail is reported when its last byte crossed, a login when it is answered (RFC 4954 4.).
    """

    def __init__(self, hint: object = None) -> None:
        super().__init__(hint)
        self._commands: CommandQueue[Command] = CommandQueue()
        self._greeting: bytes | None = b""
        self._body: DottedBody | None = None
        self._chunks: BoundedBody | None = None
        self._chunk_left = 0
        self._last_chunk = False
        self._body_start = 0
        self._lost = False

    def message(self, side: Side, cursor: Cursor) -> Iterator[Parsed]:
        """A line, or, from the client, a piece of a mail."""
        if side is Side.CLIENT and self._body is not None:
            if self._body.read(cursor):
                yield from self._commands.append(Command(".", self.here()))
                yield from self._mail_event(self._body.content(), self._body.size)
        elif side is Side.CLIENT and self._chunk_left:
            yield from self._chunk(cursor)
        else:
            yield from super().message(side, cursor)

    def line(self, side: Side, line: bytes) -> Iterator[Parsed]:
        """A command, an answer to a challenge, or a line of a reply."""
        if side is Side.SERVER:
            return self._reply(line)
        return self.answer(line) if self.is_answer(line, _VERBS) else self._command(line)

    def _command(self, line: bytes) -> Iterator[Parsed]:
        name, _, argument = line.strip().partition(b" ")
        verb = name[:20].upper().decode("ascii", "replace")
        yield from self._commands.append(Command(verb, self.here()))
        if verb in ("EHLO", "HELO", "LHLO"):
            yield from attribute_events("smtp.helo", argument, Side.CLIENT)
        elif verb in ("MAIL", "RCPT"):
            yield Content(side=Side.CLIENT, name="envelope", data=argument)
        elif verb == "AUTH":
            yield from self.begin(argument, self.here())
        elif verb == "DATA":
            self._body, self._body_start, self._lost = DottedBody(), self.here().end, False
        elif verb == "BDAT":
            yield from self._chunk_size(argument)
        if verb in ("MAIL", "RSET"):
            self._chunks = None

    def _chunk_size(self, argument: bytes) -> Iterator[Transfer]:
        """RFC 3030 2.: BDAT and a size; that many bytes follow at once."""
        found = _CHUNK.fullmatch(argument.strip())
        if found is None:
            return
        if self._chunks is None:
            self._chunks, self._body_start, self._lost = BoundedBody(), self.here().end, False
        self._chunk_left, self._last_chunk = int(found[1]), bool(found[2])
        if self._last_chunk and not self._chunk_left:
            yield from self._mail_event(bytes(self._chunks.data), self._chunks.size)

    def _chunk(self, cursor: Cursor) -> Iterator[Parsed]:
        chunks = self._chunks or BoundedBody()
        piece = cursor.take(min(cursor.remaining, self._chunk_left))
        chunks.add(piece)
        self._chunk_left -= len(piece)
        if self._chunk_left and chunks.size >= DATA_LIMIT:
            yield Skip(Side.CLIENT, self._chunk_left)
            chunks.size += self._chunk_left
            self._chunk_left = 0
        if not self._chunk_left and self._last_chunk:
            yield from self._mail_event(bytes(chunks.data), chunks.size)

    def _mail_event(self, data: bytes, size: int, complete: bool = True) -> Iterator[Transfer]:
        start = self._body_start
        self._body = self._chunks = None
        self._chunk_left, self._last_chunk = 0, False
        spans = (evidence_span(Side.CLIENT, start, size),)
        if size:
            yield from mail(Side.CLIENT, "smtp", data, size, spans=spans, complete=complete and not self._lost)

    def _incomplete_mail(self) -> Iterator[Transfer]:
        """A mail whose end did not cross, with the bytes buffered for it."""
        if self._body is not None:
            self._body.add(self.pending(Side.CLIENT))
            yield from self._mail_event(self._body.content(), self._body.size, complete=False)
        elif self._chunks is not None:
            yield from self._mail_event(bytes(self._chunks.data), self._chunks.size, complete=False)

    def _reply(self, line: bytes) -> Iterator[Parsed]:
        code, mark, text = line[:3], line[3:4], line[4:]
        if not code.isdigit() or len(code) != 3:
            return
        if self._greeting is not None and code == b"220" and not self._commands.awaits(_TLS):
            self._greeting += text[:512] + b"\n"
        if mark == b"-":
            return
        yield from self._replied(int(code), text)

    def _replied(self, code: int, text: bytes) -> Iterator[Parsed]:
        if self._lost and self._body is not None and not self._commands.awaits(("DATA",)):
            yield from self._incomplete_mail()  # the end of the mail was lost, its answer was not
        if code == 334 and self.exchanges:
            yield from self.challenged(text)
            return
        verb = yield from self._answered(code)
        if self._greeting and verb is None:
            yield from attribute_events("smtp.banner", self._greeting, Side.SERVER)
            self._greeting = None
        if verb == "AUTH":
            accepted = True if code == 235 else False if code >= 500 and code != 503 else None
            yield from self.exchanges.finish(accepted, f"{code} after AUTH", self.here())
        elif verb == "DATA" and code != 354:
            yield from self._incomplete_mail()
        elif verb in _TLS and code == 220:
            self.stop()
            yield Upgrade("tls")

    def _answered(self, code: int) -> Generator[Parsed, None, str | None]:
        """The command that a reply belongs to: the first, or, where replies were lost, the first that its code fits."""
        if code in (235, 535) and self.exchanges and not self._commands.awaits(("AUTH",)):
            return "AUTH"
        wanted = {220: _TLS, 354: ("DATA",), 235: ("AUTH",), 535: ("AUTH",)}.get(code)
        if wanted is not None:
            if not self._commands.awaits(wanted):
                return None
            yield from self._commands.skip_to(wanted)
        command = self._commands.take()
        return command.verb if command else None

    def gap(self, side: Side, length: int) -> Iterator[Parsed]:
        """A mail goes on after a loss; logins whose reply was lost are reported without it."""
        if side is Side.CLIENT:
            self._lost = True
            if 0 < length <= self._chunk_left and self._chunks:
                self._chunk_left -= length
                self._chunks.size += length
                self._offsets[side] += length
                return
            self._chunk_left = 0
            if self._body is not None:
                self._body.add(self.pending(side))
        else:
            yield from self._commands.unanswered()  # an exchange stays: its own codes end it, or nothing does
        yield from super().gap(side, length)

    def close(self) -> Iterator[Parsed]:
        """Logins without an answer, a mail without an end."""
        yield from super().close()
        yield from self._incomplete_mail()


_GREETING = expression(rb"\b(?:e?smtp|lmtp)\b|postfix|sendmail|exim", re.IGNORECASE)
_OPENINGS = expression(
    rb"(?:(EHLO|HELO|LHLO)(?: |\r?\n)"
    rb"|(MAIL FROM:|RCPT TO:|AUTH (?:PLAIN|LOGIN|CRAM-MD5|NTLM|XOAUTH2)\b|DATA\r?\n|STARTTLS\r?\n))",
    re.IGNORECASE,
)
SEEN = 512
"""Bytes of an opening that are looked at: a greeting or a command."""


def recognise(opening: Opening) -> Match:
    """The client's first command is SMTP's own; a greeting with 220 is FTP's too, unless it names its product."""
    server, client = opening.server[:SEEN], opening.client[:SEEN]
    if server and (not server[:3].isdigit() or server[3:4] not in (b"", b" ", b"-")):
        return Match.NO
    on_port, greets = opening.server_port in _PORTS, server[:3] == b"220" and len(server) > 3
    found = _OPENINGS.match(client)
    if found:
        return Match.SURE if found[1] or server else Match.WEAK
    if greets and _GREETING.search(server):
        return Match.SURE
    if client and client[:4].upper() not in (b"QUIT", b"NOOP", b"RSET", b"HELP"):
        return Match.MORE if len(client) < 10 and client.isalpha() else Match.NO
    if greets:
        return Match.WEAK if on_port else Match.MORE
    return Match.NO if not server else Match.MORE if len(server) < 4 else Match.WEAK if on_port else Match.NO


_PORTS = frozenset({25, 587, 2525, 24})
PROTOCOL = Protocol(name="smtp", title="SMTP", mail=True, parser=Smtp, recognise=recognise, ports=_PORTS)
