"""Redis' protocol RESP 2 and 3: logins with their answers, use without a login.

redis.io/docs/reference/protocol-spec.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import field

from sensor.events import Access, Enough, Login, Skip, Span
from sensor.lazy_pattern import expression
from sensor.light_dataclass import dataclass
from sensor.model import Secret, Side
from sensor.parsing.attributes import attribute_events
from sensor.parsing.cursor import Cursor, Malformed
from sensor.parsing.parser import Match, Opening, Parsed, Protocol, StreamParser
from sensor.parsing.pending import Command, CommandQueue, answered
from sensor.parsing.sasl import readable

VALUE_LIMIT = 16 * 1024
"""Bytes of a value that are stored: passwords and user names; Redis itself takes 512 MiB."""

ARGUMENTS_LIMIT = 16
"""Arguments of a command that are stored: HELLO with AUTH and SETNAME has seven."""

PIPELINE_LIMIT = 1024
"""Commands that may await their replies: what clients pipeline in one go."""

LINE_LIMIT = 64 * 1024
"""Bytes of a line: an inline command (PROTO_INLINE_MAX_SIZE), a simple string, an error."""

_BULKS, _AGGREGATES = b"$=!", {b"*": 1, b"~": 1, b">": 1, b"%": 2, b"|": 2}
_OPEN_TO_ALL = frozenset({"AUTH", "HELLO", "QUIT", "RESET"})
_CHANGES = frozenset(
    {
        "SET",
        "DEL",
        "MSET",
        "HSET",
        "LPUSH",
        "RPUSH",
        "SADD",
        "ZADD",
        "PUBLISH",
        "EXPIRE",
        "FLUSHALL",
        "FLUSHDB",
        "CONFIG",
        "EVAL",
        "EVALSHA",
        "SCRIPT",
        "FUNCTION",
    }
) | {
    "SLAVEOF",
    "REPLICAOF",
    "MODULE",
    "SAVE",
    "BGSAVE",
    "SHUTDOWN",
    "MIGRATE",
    "RESTORE",
    "RENAME",
    "ACL",
    "DEBUG",
    "INCR",
    "DECR",
    "XADD",
    "SETEX",
    "APPEND",
}
_READS = {
    "GET", "MGET", "EXISTS", "TYPE", "TTL", "PTTL", "STRLEN", "GETRANGE", "HGET", "HGETALL", "HMGET", "HKEYS",
    "HVALS", "HLEN", "LRANGE", "LLEN", "LINDEX", "SMEMBERS", "SCARD", "SISMEMBER", "ZRANGE", "ZCARD", "ZSCORE",
    "XRANGE", "XREAD", "XLEN", "TIME", "ROLE", "LASTSAVE", "DBSIZE", "MEMORY", "SLOWLOG", "LATENCY", "HSCAN", "SSCAN",
    "RANDOMKEY", "SUBSCRIBE", "PSUBSCRIBE", "MONITOR", "WATCH", "MULTI", "EXEC", "SETNX", "GETSET", "GETDEL", "HDEL",
    "HMSET", "LPOP", "RPOP", "SREM", "ZREM", "UNLINK", "TOUCH", "PERSIST", "PEXPIRE", "INCRBY", "DECRBY", "QUIT",
    "RESET",
}  # fmt: skip
"""Further commands that a connection in plain words may begin with."""
_OPENERS = frozenset(
    {
        "HELLO",
        "AUTH",
        "CLIENT",
        "PING",
        "INFO",
        "COMMAND",
        "SELECT",
        "CONFIG",
        "KEYS",
        "SCAN",
        "DBSIZE",
        "FLUSHALL",
        "SLAVEOF",
        "REPLICAOF",
        "ECHO",
    }
)
"""First commands of a connection. One that begins with another may have logged in before the capture."""
_STREAMS = frozenset({"SUBSCRIBE", "PSUBSCRIBE", "SSUBSCRIBE", "MONITOR", "SYNC", "PSYNC"})
_NO_PASSWORD_SET = expression(rb"without any password configured|no password is set", re.IGNORECASE)
_VERSION = expression(rb"redis_version:([\w.+-]{1,40})")


@dataclass(slots=True)
class _Value:
    """A value of which ``left`` elements are still to come.

    ``kind`` and ``text`` are those of the outermost element, ``words`` a client's first elements.
    """

    left: int = 0
    start: int = 0
    kind: bytes = b""
    text: bytes = b""
    words: list[bytes] = field(default_factory=list)


class Redis(StreamParser):
    """Replies come in the order of commands.

    ``Login``: scheme ``auth``, ``hello``, or ``requirepass`` for a password that is set. ``Access``: the first command,
    and the first that changes something, that was answered without a login; ``granted`` None where the capture may
    begin in the middle, False for ``-NOAUTH``. A connection whose first command is in plain words begins with it:
    libraries, which log in once and go on for hours, send arrays.
    """

    LIMIT = LINE_LIMIT + VALUE_LIMIT

    def __init__(self, hint: object = None) -> None:
        super().__init__(hint)
        self._values = (_Value(), _Value())
        self._commands: CommandQueue[Command] = CommandQueue(PIPELINE_LIMIT)
        self._first: str | None = None
        self._plain_words = False
        self._logged_in = False
        self._reported: set[tuple[bool | None, bool]] = set()

    def message(self, side: Side, cursor: Cursor) -> Iterator[Parsed]:
        """One element: a line, or a line and the bytes that it announces."""
        value = self._values[side]
        fresh = not value.left
        begin = self.here().start
        line = cursor.line(LINE_LIMIT)
        kind, rest = line[:1], line[1:]
        if side is Side.CLIENT and fresh and kind != b"*":
            self._plain_words = self._plain_words or self._first is None
            words = [_unquoted(word) for word in _WORD.findall(line[:VALUE_LIMIT])]
            yield from self._command(words, Span(side, begin, self.here().end))
            return
        text, skip = rest, 0
        if kind in _BULKS and kind:
            length = _number(rest)
            if 0 <= length <= VALUE_LIMIT:
                text = cursor.take(length)
                cursor.take(2)
            elif length > VALUE_LIMIT:
                text, skip = b"", length + 2
        if fresh:
            value.left, value.start, value.kind, value.text = 1, begin, kind, text
            value.words.clear()
        value.left -= 1
        if kind in _AGGREGATES:
            value.left += max(0, _number(rest)) * _AGGREGATES[kind] + (kind == b"|")
        elif side is Side.CLIENT and len(value.words) < ARGUMENTS_LIMIT:
            value.words.append(text)
        if skip:
            yield Skip(side, skip)
        if not value.left:
            span = Span(side, value.start, self.here().end)
            yield from self._command(list(value.words), span) if side is Side.CLIENT else self._reply(value, span)

    def _command(self, words: list[bytes], span: Span) -> Iterator[Parsed]:
        if not words:
            return
        name = words[0][:20].upper().decode("ascii", "backslashreplace")
        self._first = self._first or name
        command = Command(name, span)
        if name == "AUTH" and len(words) in (2, 3):
            command.login = _login("auth", words[1] if len(words) == 3 else None, words[-1], span)
        elif name == "HELLO":
            upper = [word.upper() for word in words]
            if b"AUTH" in upper[1:] and upper.index(b"AUTH", 1) + 2 < len(words):
                at = upper.index(b"AUTH", 1)
                command.login = _login("hello", words[at + 1], words[at + 2], span)
        elif (
            name == "CONFIG"
            and len(words) >= 4
            and words[1].upper() == b"SET"
            and words[2].lower() in (b"requirepass", b"masterauth")
        ):
            yield _login("requirepass", None, words[3], span)
        yield from self._commands.append(command)

    def _reply(self, value: _Value, span: Span) -> Iterator[Parsed]:
        if value.kind == b">":  # RESP 3: pushed, no reply
            return
        command = self._commands.take()
        if command is None:
            return
        error = value.text if value.kind in b"-!" else None
        code = error.partition(b" ")[0].decode("ascii", "replace") if error is not None else ""
        if command.login:
            accepted = error is None if error is None or code in ("WRONGPASS", "ERR", "NOAUTH", "NOPERM") else None
            if error is not None and _NO_PASSWORD_SET.search(error):
                accepted = None
            self._logged_in = self._logged_in or bool(accepted)
            reply = "-" + code if error is not None else "+OK" if command.verb == "AUTH" else "reply"
            yield answered(command.login, accepted, f"{reply} after {command.verb}", span)
        elif not self._logged_in and command.verb not in _OPEN_TO_ALL:
            yield from self._access(command, error, code, span)
        if command.verb == "INFO" and (version := _VERSION.search(value.text)):
            yield from attribute_events("redis.version", version[1], Side.SERVER)
        if command.verb in _STREAMS and error is None:
            self.stop()
            yield from self._commands.unanswered()
            yield Enough()

    def _access(self, command: Command, error: bytes | None, code: str, span: Span) -> Iterator[Access]:
        """A command that was answered, or refused because there was no login."""
        control = command.verb in _CHANGES
        if code == "NOAUTH":
            granted: bool | None = False
        elif error is None:
            granted = True if (self._plain_words and self.from_start) or self._first in _OPENERS else None
        else:
            return
        if (granted, control) not in self._reported:
            self._reported.add((granted, control))
            yield Access(
                resource="redis",
                action=command.verb.lower(),
                granted=granted,
                control=control,
                spans=(command.span, span),
            )

    def gap(self, side: Side, length: int) -> Iterator[Parsed]:
        """Lengths that announce lengths cannot be found again."""
        yield from self._commands.unanswered()
        self.stop()
        yield Enough()

    def close(self) -> Iterator[Parsed]:
        """Logins without an answer."""
        return self._commands.unanswered()


def _login(scheme: str, user: bytes | None, secret: bytes, span: Span) -> Login:
    return Login(
        mechanism="password",
        username=None if user is None else readable(user),
        secret=Secret(secret),
        scheme=scheme,
        spans=(span,),
    )


_WORD = expression(rb"\"(?:[^\"\\]|\\.)*\"|'(?:[^'\\]|\\.)*'|[^\s\"']\S*")
_ESCAPE = expression(rb"\\(.)")


def _unquoted(word: bytes) -> bytes:
    """A word of an inline command without its quotes (Redis protocol specification, inline commands)."""
    return _ESCAPE.sub(rb"\1", word[1:-1]) if len(word) > 1 and word[:1] in b"\"'" and word[-1:] == word[:1] else word


def _number(text: bytes) -> int:
    """A length: at most ten digits, -1 for null (RESP 2), else malformed."""
    if not _NUMBER.fullmatch(text):
        raise Malformed("a length is a number")
    return int(text)


_NUMBER = expression(rb"-?\d{1,10}")
_ARRAY = expression(rb"\*\d{1,7}\r\n\$\d{1,9}\r\n")
_BEGUN = expression(rb"\*(?:\d{1,7}(?:\r(?:\n(?:\$(?:\d{1,9}\r?)?)?)?)?)?")
_INLINE = expression(rb"[ \r\n]{0,8}([A-Za-z]{2,20})(?:[ \t][^\r\n]{0,512})?\r?\n")
_ANSWER = expression(
    rb"\+(?:OK|PONG|QUEUED|BACKGROUND|Background)|-(?:ERR|NOAUTH|WRONGPASS|NOPERM|MISCONF)\b|:-?\d{1,20}\r\n|\$(?:-1|\d{1,9})\r\n|\*\d{1,7}\r\n"
)
_OTHERS = expression(rb" (?:HTTP|RTSP|SIP)/\d\.\d\s*$")
"""Ends of request lines of other protocols with a command GET."""
_ANSWER_BEGUN = expression(rb"\+[A-Za-z]{0,10}|-[A-Z]{0,9}|[:$*]-?\d{0,9}\r?")


def recognise(opening: Opening) -> Match:
    """An array of bulk strings is RESP's own; a command in plain words is taken on Redis' port or when RESP answers."""
    client, server = opening.client, opening.server
    if _ARRAY.match(client):
        return Match.SURE
    if _BEGUN.fullmatch(client):
        return Match.MORE
    found = _INLINE.match(client)
    if found is None or found[1].upper().decode() not in _INLINE_COMMANDS or _OTHERS.search(found[0]):
        return Match.NO
    if server and not _ANSWER.match(server):
        return Match.MORE if _ANSWER_BEGUN.fullmatch(server) and len(server) < 12 else Match.NO
    return Match.WEAK if opening.server_port in _PORTS else Match.MORE if not server else Match.NO


_INLINE_COMMANDS = _OPENERS | _CHANGES | _READS
_PORTS = frozenset({6379})
PROTOCOL = Protocol(
    name="redis", title="Redis", commands="its database", parser=Redis, recognise=recognise, ports=_PORTS
)
