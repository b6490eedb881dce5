"""FTP control connections (RFC 959): answered logins, announced data connections, attributes."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator
from dataclasses import replace

from sensor.events import Attribute, Content, Expect, Login, Span, Upgrade
from sensor.lazy_pattern import expression
from sensor.model import Side
from sensor.parsing.attributes import attribute_events
from sensor.parsing.lines import LineParser
from sensor.parsing.parser import Match, Opening, Parsed, Protocol
from sensor.parsing.pending import Command, CommandQueue, answered
from sensor.parsing.sasl import password, readable
from sensor.protocols.ftp.data import DataConnection

BANNER_LIMIT = 1024
"""Bytes stored of a greeting: its first lines name the product."""

_TRANSFERS = frozenset({"RETR", "STOR", "APPE", "STOU", "LIST", "NLST", "MLSD"})
_REPORTED = frozenset({"RETR", "STOR", "APPE", "DELE", "RNFR", "RNTO", "CWD", "MKD", "LIST", "NLST", "MLSD", "SIZE"})
_LOGINS = frozenset({"USER", "PASS", "ACCT", "PBSZ", "PROT", "HOST", "REIN"})
_STATES = frozenset(
    {"PORT", "PASV", "EPRT", "EPSV", "TYPE", "MODE", "STRU", "CDUP", "PWD", "XPWD", "XCWD", "MDTM", "REST", "ABOR"}
)
_VERBS = _TRANSFERS | _REPORTED | _LOGINS | _STATES | {"FEAT", "SYST", "OPTS", "CLNT", "SITE"}

_REPLIES: dict[int, tuple[str, ...]] = {
    227: ("PASV",),
    229: ("EPSV",),
    230: ("USER", "PASS", "ACCT"),
    234: ("AUTH",),
    331: ("USER",),
    332: ("USER", "PASS"),
}
"""Replies that only some commands have: where another command is first in the queue, its reply was lost."""

_PASV = expression(rb"(\d{1,3}),(\d{1,3}),(\d{1,3}),(\d{1,3}),(\d{1,3}),(\d{1,3})(?!\d)")
_EPSV = expression(rb"\(([!-~])\1\1(\d{1,5})\1\)")


class Ftp(LineParser):
    """Replies are matched to commands in order (RFC 959 5.4), so each pipelined login gets its own reply.

    ``Login``: scheme ``user/pass``; ``accepted`` by the reply to PASS (or to ACCT after 332, or to USER where 230 needs
    no password, ``secret`` None then).
    """

    def __init__(self, hint: object = None) -> None:
        super().__init__(hint)
        self._commands: CommandQueue[Command] = CommandQueue()
        self._user: tuple[str, Span] | None = None
        self._password_sent = False
        self._account_pending: Login | None = None
        self._reply: tuple[bytes, int] | None = None  # code and first byte of a reply of several lines
        self._text = bytearray()
        self._data: DataConnection | None = None
        self._active: Expect | None = None

    def line(self, side: Side, line: bytes) -> Iterator[Parsed]:
        """A command or a line of a reply."""
        return self._command(line) if side is Side.CLIENT else self._reply_line(line)

    def gap(self, side: Side, length: int) -> Iterator[Parsed]:
        """It is unknown which replies were lost: report pending logins without an answer."""
        if side is Side.SERVER:
            self._reply = None
            yield from self._unanswered()
        yield from super().gap(side, length)

    def close(self) -> Iterator[Parsed]:
        """Report logins without an answer, and a name that no password followed."""
        yield from self._unanswered()
        yield from self._name_alone()

    def _name_alone(self) -> Iterator[Attribute]:
        """A name that no password followed."""
        if self._user and not self._password_sent and not self._is_anonymous() and self._user[0]:
            yield Attribute(field="ftp.user", value=self._user[0], side=Side.CLIENT, spans=(self._user[1],))

    def _unanswered(self) -> Iterator[Login]:
        if self._account_pending:
            yield self._account_pending
        self._account_pending = None
        yield from self._commands.unanswered()

    # Commands

    def _command(self, line: bytes) -> Iterator[Parsed]:
        # ABOR follows Telnet's interrupt and synch (RFC 959 4.1.3, RFC 854).
        name, _, argument = line.lstrip(b"\xf2\xf4\xff").partition(b" ")
        verb = name[:8].upper().decode("ascii", "replace")
        if not verb:
            return
        command = Command(verb, self.here(), argument)
        yield from self._commands.append(command)
        if verb == "USER":
            self._user = (readable(argument), command.span)
        elif verb == "REIN":  # RFC 959 4.1.1: as after the connection was opened
            yield from self._name_alone()
            self._user, self._password_sent = None, False
        elif verb == "PASS":
            command.login = self._password(argument, command.span)
            self._password_sent = True
            if self._is_anonymous() and b"@" in argument:
                # RFC 1635 2.: there the "password" is the user's e-mail address.
                yield Content(side=Side.CLIENT, name="e-mail of anonymous", data=argument)
        elif verb == "ACCT" and self._account_pending:
            command.login, self._account_pending = (
                replace(self._account_pending, spans=(*self._account_pending.spans, command.span)),
                None,
            )
        elif verb == "CLNT":
            yield from attribute_events("ftp.client", argument, Side.CLIENT)
        elif verb in ("PORT", "EPRT"):
            yield from self._announce(_port(argument) if verb == "PORT" else _eprt(argument))
        if verb in _TRANSFERS:
            yield from self._transfer(verb, argument)
        if verb in _REPORTED and argument:
            yield Content(side=Side.CLIENT, name="command", data=line)

    def _password(self, argument: bytes, span: Span) -> Login:
        user, spans = (self._user[0], (self._user[1], span)) if self._user else (None, (span,))
        return password("user/pass", user, argument, *spans)

    def _is_anonymous(self) -> bool:
        return self._user is not None and self._user[0].lower() in ("anonymous", "ftp")

    def _announce(self, end: tuple[str, int] | None) -> Iterator[Expect]:
        """The client listens on ``end``, for later transfers too until it names another (RFC 959 3.3)."""
        if end:
            self._data = DataConnection()
            self._active = Expect("ftp-data", end[1], Side.CLIENT, address=end[0], hint=self._data)
            yield self._active

    def _transfer(self, verb: str, argument: bytes) -> Iterator[Expect]:
        if self._data is None or self._data.command:
            if self._active is None:
                return
            self._data = DataConnection()
            yield replace(self._active, hint=self._data)
        self._data.command = verb
        self._data.path = readable(argument) or None

    # Replies

    def _reply_line(self, line: bytes) -> Iterator[Parsed]:
        code, mark = line[:3], line[3:4]
        if self._reply is not None:
            # RFC 959 4.2: the last line begins with the same code and a space.
            self._add_text(line[4:] if code == self._reply[0] else line)
            if code != self._reply[0] or mark not in (b" ", b""):
                return
            start, self._reply = self._reply[1], None
        elif len(code) == 3 and code.isdigit():
            start = self.here().start
            self._text.clear()
            self._add_text(line[4:])
            if mark == b"-":
                self._reply = (code, start)
                return
        else:
            return
        yield from self._handle_reply(int(code), Span(Side.SERVER, start, self.here().end))

    def _add_text(self, text: bytes) -> None:
        if len(self._text) < BANNER_LIMIT:
            self._text += (b"\n" if self._text else b"") + text[:BANNER_LIMIT]

    def _handle_reply(self, code: int, span: Span) -> Iterator[Parsed]:
        if code < 200:  # preliminary: another follows (RFC 959 4.2.1)
            return
        first = self._commands.first
        if code == 220 and not (first and first.verb in ("HOST", "REIN")):
            yield from attribute_events("ftp.banner", bytes(self._text), Side.SERVER)
            return
        wanted = _REPLIES.get(code, ())
        if wanted and not self._commands.awaits(wanted):
            return
        yield from self._commands.skip_to(wanted)
        command = self._commands.take()
        if command is None:
            return
        if command.verb == "AUTH" and code == 234 and command.argument.upper().startswith((b"TLS", b"SSL")):
            self.stop()
            yield Upgrade("tls")
        elif command.verb == "USER" and code == 230 and not self._commands.awaits(("PASS",)):
            self._password_sent = True  # none is needed
            login = password("user/pass", readable(command.argument), None, command.span, span)
            yield replace(login, accepted=True, basis="230 after USER")
        elif command.login and code == 332:
            self._account_pending = command.login
        elif command.login:
            yield answered(command.login, _verdict(code), f"{code} after {command.verb}", span)
        elif command.verb in ("PASV", "EPSV") and code in (227, 229):
            yield from self._passive(code)
        elif command.verb == "SYST" and code == 215:
            yield from attribute_events("ftp.system", bytes(self._text), Side.SERVER)

    def _passive(self, code: int) -> Iterator[Expect]:
        text = bytes(self._text)
        address: str | None = None
        if code == 227:
            end = _port(text)
            if end is None:
                return
            address, port = end
        else:
            found = _EPSV.search(text)
            if found is None or not 0 < int(found[2]) < 65536:
                return
            port = int(found[2])
        self._data, self._active = DataConnection(), None
        # Behind NAT the named address is the inner one, and careful clients use the control connection's: expect both.
        yield Expect("ftp-data", port, Side.SERVER, hint=self._data)
        if address is not None:
            yield Expect("ftp-data", port, Side.SERVER, address=address, hint=self._data)


def _verdict(code: int) -> bool | None:
    """RFC 959 5.4 on PASS: 230 and 202 accept, 530 and its kin refuse; 421 and 503 do not concern the password."""
    if code in (230, 202, 232):
        return True
    return None if code in (421, 503) or code < 400 else False


def _port(text: bytes) -> tuple[str, int] | None:
    """``h1,h2,h3,h4,p1,p2`` of RFC 959 (4.1.2, PORT) as address and port."""
    found = _PASV.search(text)
    if found is None:
        return None
    numbers = [int(number) for number in found.groups()]
    port = numbers[4] * 256 + numbers[5]
    if max(numbers) > 255 or not port:
        return None
    return ".".join(str(number) for number in numbers[:4]), port


def _eprt(text: bytes) -> tuple[str, int] | None:
    """``|family|address|port|`` of RFC 2428 (2.)."""
    fields = text.strip().split(text[:1])[:5] if text else []
    try:
        address, port = str(ipaddress.ip_address(fields[2].decode("ascii"))), int(fields[3])
    except (IndexError, ValueError):
        return None
    return (address, port) if 0 < port < 65536 else None


_GREETS_AS_FTP = expression(rb"\bs?ftpd?\b|filezilla|ftp server|ftpd", re.IGNORECASE)
_GREETS_AS_MAIL = expression(rb"\b(?:e?smtp|lmtp|mail|mx)\b|postfix|sendmail|exim", re.IGNORECASE)


def recognise(opening: Opening) -> Match:
    """A server greets with 220 or 120, as SMTP's does: its text, the client's first command or the port decides."""
    server, client, on_port = opening.server[:OPENING_LIMIT], opening.client, opening.server_port == 21
    if server and (not server[:3].isdigit() or server[3:4] not in (b" ", b"-", b"")):
        return Match.NO
    greets = server[:3] in (b"220", b"120")
    if greets and _GREETS_AS_FTP.search(server):
        return Match.SURE
    verb = client[:5].split(b" ")[0].rstrip(b"\r\n").upper()
    if verb.decode("ascii", "replace") in _VERBS or client[:8].upper() in (b"AUTH TLS", b"AUTH SSL"):
        return Match.SURE if server else Match.WEAK
    if client and verb not in (b"QUIT", b"NOOP", b"AUTH"):  # which SMTP and POP3 have too
        return Match.MORE if verb == client.upper() and verb.isalpha() else Match.NO
    if greets and len(server) > 3:
        return Match.NO if _GREETS_AS_MAIL.search(server) else Match.WEAK if on_port else Match.MORE
    return Match.NO if not server else Match.MORE if len(server) < 4 else Match.WEAK if on_port else Match.NO


OPENING_LIMIT = 512
"""Bytes examined of an opening: one line of a command or greeting."""

PROTOCOL = Protocol(
    name="ftp",
    title="FTP",
    secure_form="SFTP or FTP with TLS",
    parser=Ftp,
    recognise=recognise,
    ports=frozenset({21, 2121}),
)
