"""MongoDB: logins with the server's answer (MONGODB-CR, SCRAM, PLAIN), and use without one.

MongoDB wire protocol (OP_QUERY, OP_REPLY, OP_MSG) and its Authentication specification. ``Login.secret`` of MONGODB-CR
is ``$mongodb$0$`` user ``$`` nonce ``$`` key (john's mongodb format); `sensor.parsing.sasl` documents that of SASL
mechanisms.
"""

from __future__ import annotations

from collections.abc import Iterator

from sensor.events import Access, Enough, Login, Skip, Span
from sensor.model import Secret, Side
from sensor.parsing.cursor import Cursor, Malformed
from sensor.parsing.formats.bson import Value, document
from sensor.parsing.parser import Match, Opening, Parsed, Protocol, StreamParser
from sensor.parsing.pending import PendingLogin
from sensor.parsing.sasl import SaslExchange

OP_REPLY, OP_QUERY, OP_COMPRESSED, OP_MSG = 1, 2004, 2012, 2013
OPCODES = frozenset({1, 1000, 2001, 2002, 2004, 2005, 2006, 2007, 2010, 2011, 2012, 2013})

MESSAGE_LIMIT = 48_000_000
"""Bytes of a message: the server's own bound (maxMessageSizeBytes)."""

READ_LIMIT = 64 * 1024
"""Bytes of a message that is read; login commands stay under 4 KiB, longer messages are data and skipped."""

UNAUTHORIZED, AUTHENTICATION_FAILED = 13, 18

OPEN_COMMANDS = frozenset(
    {
        "hello", "ismaster", "isMaster", "ping", "buildInfo", "buildinfo", "getnonce", "whatsmyuri", "logout",
        "endSessions", "connectionStatus",
        "authenticate", "saslStart", "saslContinue", "copydbgetnonce", "getLastError", "getlasterror", "hostInfo",
        "atlasVersion",
    }
)  # fmt: skip
"""Commands that need no login or are a login: an answer to them does not show an open server."""


class Mongodb(StreamParser):
    """A connection until a login is accepted, or the server executes a command without one."""

    def __init__(self, hint: object = None) -> None:
        super().__init__(hint)
        self._exchange: SaslExchange | None = None
        self._steps = 0
        self._pending = PendingLogin()
        self._login_request: int | None = None
        self._command: tuple[int, str, Span] | None = None
        self._refused = False

    def message(self, side: Side, cursor: Cursor) -> Iterator[Parsed]:
        """One message: length, request id, the id it answers, opcode (all little endian), a body."""
        length, request, response_to, opcode = (cursor.u32("little") for _ in range(4))
        if opcode not in OPCODES or not 16 <= length <= MESSAGE_LIMIT:
            raise Malformed("not a MongoDB message")
        if length > READ_LIMIT:
            yield Skip(side, length - 16)
            return
        body = cursor.sub(length - 16)
        if opcode == OP_MSG:
            flags = body.u32("little")
            if flags & ~0x10003 or body.u8() != 0:
                return
        elif opcode == OP_QUERY:
            body.skip(4)
            if not body.until(b"\0", 256).endswith(b".$cmd"):
                return
            body.skip(8)
        elif opcode == OP_REPLY:
            body.skip(16)
            if not body.u32("little"):
                return
        else:
            return
        fields = document(body)
        if side is Side.CLIENT:
            yield from self._handle_request(request, fields)
        else:
            yield from self._handle_reply(response_to, fields)

    def _handle_request(self, request: int, fields: dict[str, Value]) -> Iterator[Parsed]:
        command = next(iter(fields), "")
        here = self.here()
        speculative = fields.get("speculativeAuthenticate")
        if isinstance(speculative, Cursor):
            fields = document(speculative)
            command = next(iter(fields), "")
        if command == "authenticate" and isinstance(fields.get("key"), str):
            user, nonce, key = (_text(fields.get(name)) for name in ("user", "nonce", "key"))
            secret = Secret(f"$mongodb$0${user}${nonce}${key}")
            login = Login(
                mechanism="password", username=user, secret=secret, scheme="mongodb-cr", clear=False, spans=(here,)
            )
            yield from self._pending.add(login, request)
        elif command == "saslStart":
            if self._exchange is not None:
                yield from self._exchange.logins(None, None, None)
            self._exchange, self._steps = SaslExchange(_text(fields.get("mechanism")).encode(), here), 0
            yield from self._step(request, fields, here)
        elif command == "saslContinue":
            yield from self._step(request, fields, here)
        elif command and command not in OPEN_COMMANDS:
            self._command = (request, command[:64], here)

    def _step(self, request: int, fields: dict[str, Value], here: Span) -> Iterator[Parsed]:
        payload = fields.get("payload")
        if self._exchange is None:
            return
        self._login_request = request
        self._steps += 1
        data = payload if isinstance(payload, bytes) else str(payload).encode() if isinstance(payload, str) else b""
        yield from self._exchange.response(data, here)

    def _handle_reply(self, response_to: int, fields: dict[str, Value]) -> Iterator[Parsed]:
        success, code = bool(fields.get("ok")), fields.get("code")
        here = self.here()
        if self._command is not None and response_to == self._command[0]:
            _, command, request_span = self._command
            self._command = None
            if success:
                yield Access(resource="mongodb", action=command, granted=True, control=True, spans=(request_span, here))
                self.stop()
                yield Enough()
            elif code == UNAUTHORIZED and not self._refused:
                self._refused = True
                yield Access(
                    resource="mongodb", action=command, granted=False, control=True, spans=(request_span, here)
                )
            return
        exchange = self._exchange if self._login_request == response_to else None
        if exchange is None and not self._pending.awaits(response_to):
            return
        if exchange is not None:
            self._login_request = None
        speculative = fields.get("speculativeAuthenticate")
        payload = (document(speculative) if isinstance(speculative, Cursor) else fields).get("payload")
        if exchange is not None and success:
            if isinstance(payload, bytes):
                yield from exchange.challenge(payload)
            # SCRAM: the answer to the proof is the server's own proof, so the login is accepted; PLAIN is done at once.
            if self._steps < 2 and fields.get("done") is not True:
                return
        accepted = True if success else False if code == AUTHENTICATION_FAILED or exchange is None else None
        basis = (
            "ok 1 to the login"
            if success
            else f"ok 0, code {code} to the login"
            if isinstance(code, int)
            else "ok 0 to the login"
        )
        if exchange is not None:
            yield from exchange.logins(accepted, basis, here)
            self._exchange = None
        else:
            yield from self._pending.answer(accepted, basis, here, key=response_to)
        if accepted:
            self.stop()
            yield Enough()

    def close(self) -> Iterator[Parsed]:
        """Report a login without an answer."""
        if self._exchange is not None:
            yield from self._exchange.logins(None, None, None)
        self._exchange = None
        yield from self._pending.unanswered()


def _text(value: Value) -> str:
    return value if isinstance(value, str) else ""


def recognise(opening: Opening) -> Match:
    """A header with the opcode of a query or message that is no answer, and the first field of its body."""
    data = opening.client
    if len(data) < 21:
        fits = (
            data
            and (len(data) < 4 or 16 <= int.from_bytes(data[:4], "little") <= MESSAGE_LIMIT)
            and len(set(data[8:12]) | {0, 255}) == 2
        )
        return Match.MORE if fits else Match.NO
    length, response_to, opcode = (int.from_bytes(data[at : at + 4], "little") for at in (0, 8, 12))
    # Drivers write 0 or -1 where a request answers nothing.
    if response_to not in (0, 0xFFFFFFFF) or not 26 <= length <= MESSAGE_LIMIT:
        return Match.NO
    if opcode == OP_MSG:
        return Match.SURE if not int.from_bytes(data[16:20], "little") & ~0x10003 and data[20] in (0, 1) else Match.NO
    if opcode == OP_QUERY:
        return Match.SURE if not data[18] and not data[19] and 0x20 < data[20] < 0x7F else Match.NO
    return Match.NO


PROTOCOL = Protocol(
    name="mongodb",
    title="MongoDB",
    commands="its database",
    parser=Mongodb,
    recognise=recognise,
    ports=frozenset({27017}),
)
