"""An FTP control connection (RFC 959) into logins with their answers, announced data connections, and what each end says of itself."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator
from dataclasses import replace

from sensor.events import Attribute, Content, Expect, Login, Span, Upgrade
from sensor.model import Side
from sensor.parsing.attributes import attribute_events
from sensor.parsing.lines import LineParser
from sensor.parsing.parser import Match, Opening, Parsed, Protocol
from sensor.parsing.pending import Command, CommandQueue, answered
from sensor.parsing.sasl import password, readable
from sensor.protocols.ftp.data import DataConnection

BANNER_LIMIT = 1024
"""Bytes of a greeting that are kept: the product's name stands in its first lines."""

_TRANSFERS = frozenset({"RETR", "STOR", "APPE", "STOU", "LIST", "NLST", "MLSD"})
_TOLD = frozenset({"RETR", "STOR", "APPE", "DELE", "RNFR", "RNTO", "CWD", "MKD", "LIST", "NLST", "MLSD", "SIZE"})
_LOGINS = frozenset({"USER", "PASS", "ACCT", "PBSZ", "PROT", "HOST", "REIN"})
_STATES = frozenset(
    {"PORT", "PASV", "EPRT", "EPSV", "TYPE", "MODE", "STRU", "CDUP", "PWD", "XPWD", "XCWD", "MDTM", "REST", "ABOR"}
)
_VERBS = _TRANSFERS | _TOLD | _LOGINS | _STATES | {"FEAT", "SYST", "OPTS", "CLNT", "SITE"}

_REPLIES: dict[int, tuple[str, ...]] = {
    227: ("PASV",),
    229: ("EPSV",),
    230: ("USER", "PASS", "ACCT"),
    234: ("AUTH",),
    331: ("USER",),
    332: ("USER", "PASS"),
}
"""Replies that belong to some commands only: where another stands first in line, its reply was missed."""

_PASV = re.compile(rb"(\d{1,3}),(\d{1,3}),(\d{1,3}),(\d{1,3}),(\d{1,3}),(\d{1,3})(?!\d)")
_EPSV = re.compile(rb"\(([!-~])\1\1(\d{1,5})\1\)")


class Ftp(LineParser):
    """Replies are matched to commands in order (RFC 959 5.4), so pipelined logins are told apart.

    ``Login``: scheme ``user/pass``; ``accepted`` by the reply to PASS (or to ACCT after 332, or to USER where 230 needs no password, ``secret`` None then).
    """

    def __init__(self, hint: object = None) -> None:
        super().__init__(hint)
        self._sent: CommandQueue[Command] = CommandQueue()
        self._user: tuple[str, Span] | None = None
        self._secret_seen = False
        self._wants_account: Login | None = None
        self._reply: tuple[bytes, int] | None = None  # code and first byte of a reply of several lines
        self._text = bytearray()
        self._data: DataConnection | None = None
        self._active: Expect | None = None

    def line(self, side: Side, line: bytes) -> Iterator[Parsed]:
        """A command or a line of a reply."""
        return self._command(line) if side is Side.CLIENT else self._reply_line(line)

    def gap(self, side: Side, length: int) -> Iterator[Parsed]:
        """Which replies were lost is unknown: what waited for one is told without."""
        if side is Side.SERVER:
            self._reply = None
            yield from self._unanswered()
        yield from super().gap(side, length)

    def close(self) -> Iterator[Parsed]:
        """Logins that were never answered, a name that no password followed."""
        yield from self._unanswered()
        if self._user and not self._secret_seen and not self._is_anonymous() and self._user[0]:
            yield Attribute(field="ftp.user", value=self._user[0], side=Side.CLIENT, spans=(self._user[1],))

    def _unanswered(self) -> Iterator[Login]:
        if self._wants_account:
            yield self._wants_account
        self._wants_account = None
        yield from self._sent.unanswered()

    # Commands

    def _command(self, line: bytes) -> Iterator[Parsed]:
        # ABOR comes behind Telnet's interrupt and synch (RFC 959 4.1.3, RFC 854).
        name, _, argument = line.lstrip(b"\xf2\xf4\xff").partition(b" ")
        verb = name[:8].upper().decode("ascii", "replace")
        if not verb:
            return
        command = Command(verb, self.here(), argument)
        yield from self._sent.append(command)
        if verb == "USER":
            self._user = (readable(argument), command.span)
        elif verb == "PASS":
            command.login = self._password(argument, command.span)
            self._secret_seen = True
            if self._is_anonymous() and b"@" in argument:
                # RFC 1635 2.: there the "password" is an e-mail address that tells who asks.
                yield Content(side=Side.CLIENT, name="e-mail of anonymous", data=argument)
        elif verb == "ACCT" and self._wants_account:
            command.login, self._wants_account = (
                replace(self._wants_account, spans=(*self._wants_account.spans, command.span)),
                None,
            )
        elif verb == "CLNT":
            yield from attribute_events("ftp.client", argument, Side.CLIENT)
        elif verb in ("PORT", "EPRT"):
            yield from self._announced(_port(argument) if verb == "PORT" else _eprt(argument))
        if verb in _TRANSFERS:
            yield from self._transfer(verb, argument)
        if verb in _TOLD and argument:
            yield Content(side=Side.CLIENT, name="command", data=line)

    def _password(self, argument: bytes, span: Span) -> Login:
        user, spans = (self._user[0], (self._user[1], span)) if self._user else (None, (span,))
        return password("user/pass", user, argument, *spans)

    def _is_anonymous(self) -> bool:
        return self._user is not None and self._user[0].lower() in ("anonymous", "ftp")

    def _announced(self, end: tuple[str, int] | None) -> Iterator[Expect]:
        """The client waits on ``end``. It stays so for later transfers until it names another (RFC 959 3.3)."""
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
            self._keep(line[4:] if code == self._reply[0] else line)
            if code != self._reply[0] or mark not in (b" ", b""):
                return
            start, self._reply = self._reply[1], None
        elif len(code) == 3 and code.isdigit():
            start = self.here().start
            self._text.clear()
            self._keep(line[4:])
            if mark == b"-":
                self._reply = (code, start)
                return
        else:
            return
        yield from self._answer(int(code), Span(Side.SERVER, start, self.here().end))

    def _keep(self, text: bytes) -> None:
        if len(self._text) < BANNER_LIMIT:
            self._text += (b"\n" if self._text else b"") + text[:BANNER_LIMIT]

    def _answer(self, code: int, span: Span) -> Iterator[Parsed]:
        if code < 200:  # preliminary: another follows (RFC 959 4.2.1)
            return
        first = self._sent.first
        if code == 220 and not (first and first.verb in ("HOST", "REIN")):
            yield from attribute_events("ftp.banner", bytes(self._text), Side.SERVER)
            return
        wanted = _REPLIES.get(code, ())
        if wanted and not self._sent.awaits(wanted):
            return
        yield from self._sent.skip_to(wanted)
        command = self._sent.take()
        if command is None:
            return
        if command.verb == "AUTH" and code == 234 and command.argument.upper().startswith((b"TLS", b"SSL")):
            self.stop()
            yield Upgrade("tls")
        elif command.verb == "USER" and code == 230 and not self._sent.awaits(("PASS",)):
            self._secret_seen = True  # none is needed
            login = password("user/pass", readable(command.argument), None, command.span, span)
            yield replace(login, accepted=True, basis="230 after USER")
        elif command.login and code == 332:
            self._wants_account = command.login
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
        # Behind NAT the named address is the inner one, and careful clients ignore it for the control connection's: both are awaited.
        yield Expect("ftp-data", port, Side.SERVER, hint=self._data)
        if address is not None:
            yield Expect("ftp-data", port, Side.SERVER, address=address, hint=self._data)


def _verdict(code: int) -> bool | None:
    """RFC 959 5.4 on PASS: 230 and 202 let in, 530 and its kin do not; 421 and 503 say nothing of the password."""
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


_GREETS_AS_FTP = re.compile(rb"\bs?ftpd?\b|filezilla|ftp server|ftpd", re.IGNORECASE)
_GREETS_AS_MAIL = re.compile(rb"\b(?:e?smtp|lmtp|mail|mx)\b|postfix|sendmail|exim", re.IGNORECASE)


def recognise(opening: Opening) -> Match:
    """A server greets with 220 (or 120), as SMTP's does: its text, the client's first command, or the port tells them apart."""
    server, client, on_port = opening.server[:LINE_SEEN], opening.client, opening.server_port == 21
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


LINE_SEEN = 512
"""Bytes of an opening that are looked at: one line of a command or greeting."""

PROTOCOL = Protocol(name="ftp", parser=Ftp, recognise=recognise, ports=frozenset({21, 2121}))
