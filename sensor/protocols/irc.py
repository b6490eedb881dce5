"""IRC (RFC 1459, 2812, IRCv3): logins to servers, services and operator rights, and messages."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from sensor.events import Content, Event, Login, Span, Upgrade
from sensor.lazy_pattern import expression
from sensor.light_dataclass import dataclass
from sensor.model import Secret, Side
from sensor.parsing.attributes import attribute_events
from sensor.parsing.lines import LineParser
from sensor.parsing.parser import Match, Opening, Parsed, Protocol
from sensor.parsing.pending import Command, CommandQueue, answered
from sensor.parsing.sasl import MESSAGE_LIMIT, SaslExchange, readable, unbase64

CHUNK = 400
"""Bytes of one AUTHENTICATE line; a line of this length continues in the next (IRCv3 sasl-3.1)."""

_SERVICES = (
    b"NICKSERV",
    b"NS",
    b"AUTHSERV",
    b"X@CHANNELS.UNDERNET.ORG",
    b"Q@CSERVE.QUAKENET.ORG",
    b"CHANSERV",
    b"USERSERV",
)
_NUMERICS: dict[str, dict[bytes, bool | None]] = {
    # RFC 2812 5.: 464 ERR_PASSWDMISMATCH, 001 RPL_WELCOME, 381 RPL_YOUREOPER, 491 ERR_NOOPERHOST;
    # IRCv3: 900 RPL_LOGGEDIN.
    "PASS": {b"464": False, b"001": True},
    "OPER": {b"381": True, b"464": False, b"491": False},
    "IDENTIFY": {b"900": True},
}
_NOTICES: tuple[tuple[bool, re.Pattern[bytes]], ...] = (
    (
        False,
        expression(
            rb"(?:invalid|incorrect|wrong) (?:\S+ )?(?:password|credentials)|password (?:is )?(?:incorrect|invalid)"
            rb"|authentication failed|access denied|not registered",
            re.IGNORECASE,
        ),
    ),
    (
        True,
        expression(
            rb"you are now (?:identified|logged in|recognized|registered)|password (?:accepted|recognized)"
            rb"|(?:has been |successfully )registered|authentication successful",
            re.IGNORECASE,
        ),
    ),
)
_BAD_PASSWORD = expression(
    rb"(?:bad|invalid|wrong|incorrect) password|password (?:mismatch|incorrect)|access denied", re.IGNORECASE
)


@dataclass(slots=True)
class _Line:
    """RFC 2812 2.3.1: ``[@tags ][:prefix ]command params [:trailing]``."""

    prefix: bytes
    command: bytes
    params: list[bytes]


def _parse_line(line: bytes) -> _Line | None:
    if line[:1] == b"@":
        line = line.partition(b" ")[2].lstrip(b" ")
    prefix = b""
    if line[:1] == b":":
        prefix, _, line = line[1:].partition(b" ")
    head, colon, trailing = line.lstrip(b" ").partition(b" :")
    words = head.split(None, 16)
    if not words:
        return None
    params = words[1:]
    if params and params[0][:1] == b":":  # the only parameter
        return _Line(prefix, words[0].upper(), [line.lstrip(b" ").partition(b":")[2]])
    return _Line(prefix, words[0].upper(), [*params, trailing] if colon else params)


class Irc(LineParser):
    """A client and a server, or two servers.

    ``Login``: scheme ``pass`` (the password of a server or link: name None), ``oper``, ``identify`` (NickServ and its
    like) or the SASL mechanism.
    """

    def __init__(self, hint: object = None) -> None:
        super().__init__(hint)
        self._pending: CommandQueue[Command] = CommandQueue()
        self._nick: str | None = None
        self._exchange: SaslExchange | None = None
        self._partial: tuple[bytearray, bytearray] = (bytearray(), bytearray())

    def line(self, side: Side, line: bytes) -> Iterator[Parsed]:
        """A message of a client, a server, or a peer of one."""
        message = _parse_line(line)
        if message is None:
            return iter(())
        return self._from_client(message) if side is Side.CLIENT else self._from_server(message)

    # Client

    def _from_client(self, message: _Line) -> Iterator[Parsed]:
        command, params = message.command, message.params
        if command == b"PASS" and params:
            yield from self._add_login("PASS", None, params[0])
        elif command == b"NICK" and params:
            self._nick = readable(params[0])
        elif command == b"USER" and len(params) >= 4:
            yield from attribute_events("irc.realname", params[3], Side.CLIENT)
        elif command == b"OPER" and len(params) >= 2:
            yield from self._add_login("OPER", readable(params[0]), params[1])
        elif command == b"AUTHENTICATE" and params:
            yield from self._authenticate(params[0])
        elif command in _SERVICES:
            yield from self._identify(b" ".join(params))
        elif command in (b"PRIVMSG", b"NOTICE", b"SQUERY") and len(params) >= 2:
            if params[0].upper().partition(b"@")[0] in _SERVICES or params[0].upper() in _SERVICES:
                yield from self._identify(params[1])
            else:
                yield Content(side=Side.CLIENT, name="message", data=params[1])

    def _identify(self, text: bytes) -> Iterator[Event]:
        """``IDENTIFY [account] password`` and its spellings; without an account the nick is meant."""
        words = text.split()
        verb = words[0].upper() if words else b""
        if verb in (b"IDENTIFY", b"ID", b"LOGIN", b"AUTH", b"SIDENTIFY") and len(words) >= 2:
            user = readable(words[1]) if len(words) >= 3 else self._nick
            yield from self._add_login("IDENTIFY", user, words[-1])
        elif (
            verb == b"REGISTER" and len(words) >= 2 and words[1][:1] not in b"#&+!"
        ):  # NickServ's, with the nick's new password
            yield from self._add_login("IDENTIFY", self._nick, words[1])
        elif verb == b"SET" and len(words) >= 3 and words[1].upper() in (b"PASSWORD", b"PASS"):
            yield from self._add_login("IDENTIFY", self._nick, words[-1])
        elif verb in (b"GHOST", b"RECOVER", b"REGAIN", b"RELEASE") and len(words) >= 3:
            yield from self._add_login("IDENTIFY", readable(words[1]), words[2])

    def _add_login(self, kind: str, user: str | None, secret: bytes) -> Iterator[Event]:
        here = self.here()
        login = Login(mechanism="password", username=user, secret=Secret(secret), scheme=kind.lower(), spans=(here,))
        yield from self._pending.append(Command(kind, here, login=login))

    def _authenticate(self, text: bytes) -> Iterator[Parsed]:
        if self._exchange is None:
            self._exchange = SaslExchange(text, self.here())
            self._partial[Side.CLIENT].clear()
            return
        data = self._joined(Side.CLIENT, text)
        if data is not None and text != b"*":
            yield from self._exchange.response(data, self.here())

    def _joined(self, side: Side, text: bytes) -> bytes | None:
        """A message in lines of 400 bytes (IRCv3 sasl-3.1), None while incomplete; ``+`` is an empty line."""
        parts = self._partial[side]
        if text != b"+" and len(parts) < 2 * MESSAGE_LIMIT:
            parts += text
        if len(text) == CHUNK:
            return None
        data = unbase64(bytes(parts))
        parts.clear()
        return data

    # Server

    def _from_server(self, message: _Line) -> Iterator[Parsed]:
        command, params = message.command, message.params
        if command == b"AUTHENTICATE" and params and self._exchange:
            data = self._joined(Side.SERVER, params[0])
            if data:
                yield from self._exchange.challenge(data)
        elif command in (b"903", b"904", b"905", b"906"):
            yield from self._finish(command == b"903", f"{command.decode()} after AUTHENTICATE")
        elif command == b"670":  # IRCv3 tls: STARTTLS follows
            self.stop()
            yield Upgrade("tls")
        elif command == b"NOTICE" and len(params) >= 2:
            yield from self._notice(message.prefix, params[-1])
        elif command == b"ERROR" and params and (refused := _BAD_PASSWORD.search(params[-1])):
            words = refused[0].lower().decode("ascii", "replace")
            yield from self._answer("PASS", False, f"ERROR '{words}' after PASS")
        elif command == b"002" and params:
            yield from attribute_events("irc.banner", params[-1], Side.SERVER)
        elif command == b"PRIVMSG" and len(params) >= 2:
            yield Content(side=Side.SERVER, name="message", data=params[-1])
        elif command == b"SERVER":  # the other server's answer (RFC 2813 4.1.2)
            yield from self._answer("PASS", True, "SERVER after PASS")
        oldest = self._next_kind()
        for kind, answers in _NUMERICS.items():
            if command in answers and (command != b"464" or oldest == kind):
                yield from self._answer(kind, answers[command], f"{command.decode()} after {kind}")

    def _next_kind(self) -> str | None:
        """The command that a 464 answers: the older one of PASS and OPER."""
        return next((command.verb for command in self._pending if command.verb in ("PASS", "OPER")), None)

    def _notice(self, prefix: bytes, text: bytes) -> Iterator[Event]:
        if prefix.partition(b"!")[0].upper() not in _SERVICES:
            return
        for accepted, pattern in _NOTICES:
            found = pattern.search(text)
            if found:
                words = found[0].lower().decode("ascii", "replace")
                yield from self._answer("IDENTIFY", accepted, f"'{words}' after IDENTIFY")
                return

    def _answer(self, kind: str, accepted: bool | None, basis: str) -> Iterator[Event]:
        command = self._pending.take_where(lambda pending: pending.verb == kind)
        if command is not None and command.login is not None:
            yield answered(command.login, accepted, basis, self.here())

    def _finish(self, accepted: bool | None, after: str | None) -> Iterator[Event]:
        exchange, self._exchange = self._exchange, None
        if exchange:
            answer: Span | None = self.here() if after else None
            yield from exchange.logins(accepted, after and f"{after} {exchange.mechanism}", answer)

    def from_inner(self, event: Event, channel: int) -> Iterable[Parsed]:
        """Hold a login inside the exchange until its answer."""
        return self._exchange.from_inner(event) if self._exchange else (event,)

    def gap(self, side: Side, length: int) -> Iterator[Parsed]:
        """It is unknown which answers were lost: report pending logins without one."""
        if side is Side.SERVER:
            yield from self._pending.unanswered()
        yield from super().gap(side, length)

    def close(self) -> Iterator[Parsed]:
        """Report logins without an answer."""
        yield from self._finish(None, None)
        yield from self._pending.unanswered()


_CLIENT = expression(
    rb"(?:@\S+ )?(?:CAP (?:LS|REQ|END|LIST)\b|NICK [^\s]{1,64}\r?\n"
    rb"|PASS [^\r\n]{1,128}\r?\n(?:NICK|USER|SERVER|CAP|PROTOCTL)"
    rb"|USER \S+ \S+ \S+ :|SERVER \S+ \d|AUTHENTICATE [A-Z0-9-]{4,20}\r?\n)",
    re.IGNORECASE,
)
_SERVER = expression(
    rb":[\w.*-]{1,128} (?:NOTICE (?:\*|AUTH|\S+) :|CAP \S+ (?:LS|ACK|NAK)|\d{3} \S+ )|NOTICE (?:\*|AUTH) :|PING :",
    re.IGNORECASE,
)
_WEAK = expression(
    rb"(?:PASS [^\r\n]{1,128}|OPER \S+ \S+|JOIN [#&]\S+|PRIVMSG \S+ :[^\r\n]*|PONG :?\S+|MODE [#&]?\S+[^\r\n]*)\r?\n",
    re.IGNORECASE,
)
_BEGINNINGS = tuple(word[:4] for word in (b"CAP ", b"NICK", b"PASS", b"USER", b"SERV", b"AUTH"))
OPENING_LIMIT = 512
"""Bytes examined of an opening: the longest message (RFC 2812 2.3)."""


def recognise(opening: Opening) -> Match:
    """A client registers with CAP, NICK or USER; a server sends notices while it looks up the host."""
    client, server = opening.client[:OPENING_LIMIT], opening.server[:OPENING_LIMIT]
    on_port = opening.server_port in _PORTS
    if server and not _SERVER.match(server) and server[:1] not in (b":", b"@", b"N", b"P", b"E"):
        return Match.NO
    if _CLIENT.match(client):
        return Match.SURE
    if _SERVER.match(server):
        return Match.SURE if client or on_port else Match.WEAK
    if _WEAK.match(client):
        return Match.WEAK if on_port or server else Match.MORE if client[:4].upper() == b"PASS" else Match.NO
    if client[:4].upper() in _BEGINNINGS and b"\n" not in client:
        return Match.MORE
    return Match.NO


_PORTS = frozenset({6667, 6660, 6661, 6662, 6663, 6664, 6665, 6666, 6668, 6669, 7000})
PROTOCOL = Protocol(name="irc", title="IRC", parser=Irc, recognise=recognise, ports=_PORTS)
