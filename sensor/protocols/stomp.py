"""STOMP 1.0 to 1.2 (stomp.github.io): logins with the broker's answer, messages by destination."""

from __future__ import annotations

import re
from collections.abc import Iterator

from sensor.events import Access, Login, Skip, Transfer
from sensor.lazy_pattern import expression
from sensor.light_dataclass import dataclass
from sensor.model import Secret, Side
from sensor.parsing.attributes import attribute_events
from sensor.parsing.cursor import Cursor, Malformed
from sensor.parsing.parser import Match, Opening, Parsed, Protocol, StreamParser
from sensor.parsing.pending import LOGIN_LIMIT, Command, CommandQueue, answered
from sensor.parsing.repeated_messages import MessageFolding
from sensor.parsing.sasl import readable

HEADER_LIMIT = 8 * 1024
"""Bytes of one header line."""

HEADERS_LIMIT = 64
"""Headers of one frame; ActiveMQ allows 1,000, clients send a dozen."""

BODY_LIMIT = 64 * 1024
"""Bytes of a body that are stored; of a longer one with a declared length only that length is."""

_CONNECTS = (b"CONNECT", b"STOMP")
_COMMANDS = frozenset(
    {
        b"CONNECT",
        b"STOMP",
        b"CONNECTED",
        b"SEND",
        b"SUBSCRIBE",
        b"UNSUBSCRIBE",
        b"ACK",
        b"NACK",
        b"BEGIN",
        b"COMMIT",
        b"ABORT",
        b"DISCONNECT",
        b"MESSAGE",
        b"RECEIPT",
        b"ERROR",
    }
)
_REFUSAL = expression(rb"auth|access|denied|refused|login|password|passcode|credential|user", re.IGNORECASE)
_ESCAPES = {rb"\n": b"\n", rb"\r": b"\r", rb"\c": b":", rb"\\": b"\\"}


@dataclass(frozen=True, slots=True)
class _Frame:
    command: bytes
    headers: dict[bytes, bytes]
    body: bytes
    size: int


class Stomp(StreamParser):
    """``Login``: scheme ``connect``, from the headers login and passcode, answered by CONNECTED or ERROR."""

    def __init__(self, hint: object = None) -> None:
        super().__init__(hint)
        self._connects: CommandQueue[Command] = CommandQueue(LOGIN_LIMIT)
        self._folding = MessageFolding()

    def message(self, side: Side, cursor: Cursor) -> Iterator[Parsed]:
        """A frame: command, headers, an empty line, a body, NUL; or the newlines between frames (heart-beats)."""
        if cursor.peek(1) in (b"\n", b"\r"):
            cursor.skip(1)
            return
        command = cursor.line(32)
        if command not in _COMMANDS:
            raise Malformed("no STOMP command")
        headers: dict[bytes, bytes] = {}
        for _ in range(HEADERS_LIMIT):
            line = cursor.line(HEADER_LIMIT)
            if not line:
                break
            name, _, value = line.partition(b":")
            headers.setdefault(name, value)
        else:
            raise Malformed(f"more than {HEADERS_LIMIT} headers")
        length = headers.get(b"content-length", b"").strip()
        skip = 0
        if length.isdigit() and len(length) <= 10:
            size = int(length)
            body = cursor.take(size) if size <= BODY_LIMIT else b""
            if size > BODY_LIMIT:
                skip = size + 1
            elif cursor.u8():
                raise Malformed("a frame ends with NUL")
        else:
            body = cursor.until(b"\0", BODY_LIMIT)
            size = len(body)
        yield from self._frame(side, _Frame(command, headers, body, size))
        if skip:
            yield Skip(side, skip)

    def _frame(self, side: Side, frame: _Frame) -> Iterator[Parsed]:
        if side is Side.CLIENT and frame.command in _CONNECTS:
            connect = Command("CONNECT", self.here())
            user, secret = frame.headers.get(b"login"), frame.headers.get(b"passcode")
            if user is not None or secret is not None:
                passcode = None if secret is None else Secret(secret)
                connect.login = Login(
                    mechanism="password",
                    username=readable(user) if user else None,
                    secret=passcode,
                    scheme="connect",
                    spans=(self.here(),),
                )
            yield from self._connects.append(connect)
        elif side is Side.SERVER and frame.command in (b"CONNECTED", b"ERROR") and self._connects:
            yield from self._reply(frame)
        elif frame.command in (b"SEND", b"MESSAGE") and frame.size:
            yield from self._transfer(side, frame)

    def _reply(self, frame: _Frame) -> Iterator[Parsed]:
        connect = self._connects.take()
        word = frame.command.decode()
        reason = frame.headers.get(b"message", b"") + frame.body[:1024]
        # An ERROR may be about the requested version; only its words decide.
        accepted = True if word == "CONNECTED" else False if _REFUSAL.search(reason) else None
        if connect is not None and connect.login is not None:
            yield answered(connect.login, accepted, f"{word} after CONNECT", self.here())
        elif connect is not None and accepted is not None:
            yield Access(resource="stomp", action="connect", granted=accepted, spans=(connect.span, self.here()))
        if word == "CONNECTED":
            yield from attribute_events("stomp.server", frame.headers.get(b"server", b""), Side.SERVER)

    def _transfer(self, side: Side, frame: _Frame) -> Iterator[Transfer]:
        name = readable(_unescaped(frame.headers.get(b"destination", b"")))
        size = self._folding.add(side, name, frame.size, frame.body)
        if size is not None:
            kind = readable(frame.headers.get(b"content-type", b"")) or None
            yield Transfer(side=side, application="stomp", name=name, media_type=kind, size=size, data=frame.body)

    def close(self) -> Iterator[Parsed]:
        """A login without an answer, sizes of folded messages."""
        yield from self._connects.unanswered()
        for side, name, size in self._folding.rest():
            yield Transfer(side=side, application="stomp", name=name, size=size)

    def gap(self, side: Side, length: int) -> Iterator[Parsed]:
        """The next frame is behind a NUL, but a body may hold NULs: the parser gives up."""
        yield from self.close()
        yield from super().gap(side, length)


def _unescaped(text: bytes) -> bytes:
    return re.sub(rb"\\[nrc\\]", lambda found: _ESCAPES[found[0]], text)


_OPENING = expression(rb"(?:CONNECT|STOMP)\r?\n(?:[\w.-]{1,64}:[^\n]{0,512}\n|\r?\n\0)")


def recognise(opening: Opening) -> Match:
    """CONNECT or STOMP alone on the first line, a header on the second."""
    client = opening.client
    if _OPENING.match(client):
        return Match.SURE
    head = client[:9]
    if (
        client
        and len(client) < 600
        and any(word.startswith(head[: len(word)]) for word in (b"CONNECT\n", b"STOMP\n", b"CONNECT\r", b"STOMP\r"))
    ):
        return Match.MORE if head[:7] == client or b"\n" in head else Match.NO
    return Match.NO


PROTOCOL = Protocol(
    name="stomp", title="STOMP", publishes=True, parser=Stomp, recognise=recognise, ports=frozenset({61613})
)
