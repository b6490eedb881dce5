"""AMQP 0-9, 0-9-1 and 1.0: logins with the broker's answer, published and delivered messages.

AMQP 0-9-1 (amqp0-9-1.pdf and its XML), OASIS AMQP 1.0 parts 2 and 5. The mechanisms are SASL's, reported as in
`sensor.parsing.sasl`; AMQPLAIN is a table with LOGIN and PASSWORD in the clear.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from sensor.events import DATA_LIMIT, Enough, Event, Login, Span, Transfer, Upgrade
from sensor.model import Secret, Side
from sensor.parsing.attributes import attribute_events
from sensor.parsing.cursor import Cursor, Malformed
from sensor.parsing.parser import Match, Opening, Parsed, Protocol, StreamParser
from sensor.parsing.pending import PendingLogin
from sensor.parsing.repeated_messages import MessageFolding
from sensor.parsing.sasl import SaslExchange
from sensor.protocols.amqp.fields import described_list, long_string, short_string, table

METHOD, HEADER, BODY, HEARTBEAT = 1, 2, 3, 8

START, START_OK, SECURE, SECURE_OK, TUNE, CLOSE = (10, 10), (10, 11), (10, 20), (10, 21), (10, 30), (10, 50)
PUBLISH, DELIVER, GET_OK = (60, 40), (60, 60), (60, 71)

ACCESS_REFUSED = 403

SASL_INIT, SASL_CHALLENGE, SASL_RESPONSE, SASL_OUTCOME, TRANSFER = 0x41, 0x42, 0x43, 0x44, 0x14
"""Descriptors of 1.0."""

CHANNELS = 16
"""Incomplete messages of a connection, one a channel: clients use a few channels."""


class _Message:
    """A message of which ``left`` bytes of content are still to come (-1: its header, too)."""

    def __init__(self, name: str, start: Span) -> None:
        self.name = name
        self.spans = [start]
        self.media: str | None = None
        self.size = 0
        self.left = -1
        self.data = bytearray()


class Amqp(StreamParser):
    """A client and a broker."""

    LIMIT = 256 * 1024
    """Brokers agree on frames of 128 KiB at most by default; twice that leaves room for the odd one."""

    def __init__(self, hint: object = None) -> None:
        super().__init__(hint)
        self._version_1 = False
        self._exchange: SaslExchange | None = None
        self._pending = PendingLogin()
        self._started = 0
        self._messages: dict[tuple[Side, int], _Message] = {}
        self._folding = MessageFolding()

    def message(self, side: Side, cursor: Cursor) -> Iterator[Parsed]:
        """A protocol header or a frame."""
        if cursor.peek(4) == b"AMQP":
            cursor.skip(4)
            yield from self._header(side, cursor.take(4))
        elif self._version_1:
            size = cursor.u32()
            offset, kind = cursor.u8(), cursor.u8()
            if not 8 <= 4 * offset <= size <= self.LIMIT:
                raise Malformed("frame of an impossible size")
            cursor.skip(2)
            frame = cursor.sub(size - 8)
            frame.skip(4 * offset - 8)
            if frame.remaining:
                yield from self._performative(side, kind, frame)
        else:
            kind, channel, size = cursor.u8(), cursor.u16(), cursor.u32()
            if kind not in (METHOD, HEADER, BODY, HEARTBEAT) or size > self.LIMIT - 8:
                raise Malformed("not a frame")
            frame = cursor.sub(size)
            if cursor.u8() != 0xCE:
                raise Malformed("frame without its end")
            if kind == METHOD:
                yield from self._method(side, channel, frame)
            elif kind in (HEADER, BODY):
                yield from self._content(side, channel, kind, frame)

    def _header(self, side: Side, version: bytes) -> Iterator[Parsed]:
        """1.0: an id (0 AMQP, 2 TLS, 3 SASL), then 1.0.0; earlier: 0.0.9.1 or 1.1.0.9. TLS begins after its answer."""
        self._version_1 = version[1:] == b"\1\0\0"
        if version == b"\2\1\0\0" and side is Side.SERVER:
            self.stop()
            yield Upgrade("tls")
        elif not self._version_1 and version not in (b"\0\0\x09\1", b"\1\1\0\x09", b"\1\1\x09\1"):
            # 0-10 has other frames and is not met in homes.
            self.stop()
            yield Enough()

    # -- 0-9-1

    def _method(self, side: Side, channel: int, frame: Cursor) -> Iterator[Parsed]:
        name = (frame.u16(), frame.u16())
        server = side is Side.SERVER
        if name == START and server:
            frame.skip(2)
            yield from _product(frame, side)
        elif name == START_OK and not server:
            yield from _product(frame, side)
            yield from self._start_ok(short_string(frame), long_string(frame))
        elif name == SECURE and server and self._exchange is not None:
            yield from self._exchange.challenge(long_string(frame))
        elif name == SECURE_OK and not server and self._exchange is not None:
            yield from self._exchange.response(long_string(frame), self.here())
        elif name == TUNE and server:
            yield from self._report_answer(True, "connection.tune after start-ok", self.here())
        elif name == CLOSE and server:
            code = frame.u16()
            yield from self._report_answer(
                False if code == ACCESS_REFUSED else None, f"connection.close {code}", self.here()
            )
        elif name == PUBLISH and not server:
            frame.skip(2)
            self._start_message(side, channel, frame)
        elif name == DELIVER and server:
            short_string(frame)
            frame.skip(9)
            self._start_message(side, channel, frame)
        elif name == GET_OK and server:
            frame.skip(9)
            self._start_message(side, channel, frame)

    def _start_ok(self, mechanism: bytes, response: bytes) -> Iterator[Parsed]:
        here = self.here()
        yield from self._report_unanswered()
        self._started += 1
        if mechanism == b"AMQPLAIN":
            fields = table(Cursor(response))
            user = fields.get(b"LOGIN", b"").decode("utf-8", "backslashreplace")
            secret = Secret(fields[b"PASSWORD"]) if b"PASSWORD" in fields else None
            self._pending.login = Login(
                mechanism="password", username=user, secret=secret, scheme="amqplain", spans=(here,)
            )
            return
        self._exchange = SaslExchange(mechanism, here)
        yield from self._exchange.response(response, here)

    def _start_message(self, side: Side, channel: int, frame: Cursor) -> None:
        """Start a message: exchange and routing key; its header and bodies follow on the same channel."""
        exchange, key = short_string(frame), short_string(frame)
        name = b"/".join(part for part in (exchange, key) if part).decode("utf-8", "backslashreplace")
        if len(self._messages) >= CHANNELS:
            self._messages.pop(next(iter(self._messages)))
        self._messages[side, channel] = _Message(name, self.here())

    def _content(self, side: Side, channel: int, kind: int, frame: Cursor) -> Iterator[Parsed]:
        message = self._messages.get((side, channel))
        if message is None:
            return
        if kind == HEADER:
            frame.skip(4)
            message.left = frame.u64()
            if frame.u16() & 0x8000:
                # The first property, if its bit is set, is the content type.
                message.media = short_string(frame).decode("ascii", "backslashreplace")
        elif message.left > 0:
            data = frame.rest()
            message.left -= len(data)
            message.size += len(data)
            message.data += data[: DATA_LIMIT - len(message.data)]
        if len(message.spans) < 4:
            message.spans.append(self.here())
        if message.left <= 0:
            del self._messages[side, channel]
            yield from self._transfer(
                side, message.name, bytes(message.data), message.size, tuple(message.spans), message.media
            )

    def _transfer(
        self, side: Side, name: str, data: bytes, size: int, spans: tuple[Span, ...], media: str | None = None
    ) -> Iterator[Parsed]:
        folded_size = self._folding.add(side, name, size, data)
        if folded_size is not None and data:
            yield Transfer(
                side=side,
                application="amqp",
                name=name or None,
                media_type=media,
                size=folded_size,
                data=data,
                spans=spans,
            )

    # -- 1.0

    def _performative(self, side: Side, kind: int, frame: Cursor) -> Iterator[Parsed]:
        """SASL frames (part 5, clause 5.3.3) and transfers (part 2, clause 2.7.5), whose sections are not decoded."""
        descriptor, fields = described_list(frame)
        here = self.here()
        first = fields[0] if fields else None
        if kind == 0:
            if descriptor == TRANSFER and frame.remaining:
                data = frame.rest()
                yield from self._transfer(side, "", data[:DATA_LIMIT], len(data), (here,))
        elif descriptor == SASL_INIT and side is Side.CLIENT and isinstance(first, bytes):
            yield from self._report_unanswered()
            self._started += 1
            self._exchange = SaslExchange(first, here)
            if len(fields) > 1 and isinstance(fields[1], bytes):
                yield from self._exchange.response(fields[1], here)
        elif descriptor in (SASL_CHALLENGE, SASL_RESPONSE) and self._exchange is not None and isinstance(first, bytes):
            if descriptor == SASL_CHALLENGE and side is Side.SERVER:
                yield from self._exchange.challenge(first)
            elif descriptor == SASL_RESPONSE and side is Side.CLIENT:
                yield from self._exchange.response(first, here)
        elif descriptor == SASL_OUTCOME and side is Side.SERVER and isinstance(first, int):
            yield from self._report_answer(
                True if first == 0 else False if first == 1 else None, f"sasl-outcome {first}", here
            )

    # -- both

    def _report_answer(self, accepted: bool | None, basis: str | None, answer: Span) -> Iterator[Parsed]:
        self._started = max(self._started - 1, 0)
        if self._started:
            return  # it answers a login before the last one
        if self._exchange is not None:
            yield from self._exchange.logins(accepted, basis, answer)
        yield from self._pending.answer(accepted, basis, answer)
        self._exchange = None

    def _report_unanswered(self) -> Iterator[Parsed]:
        if self._exchange is not None:
            yield from self._exchange.logins(None, None, None)
        self._exchange = None
        yield from self._pending.unanswered()

    def from_inner(self, event: Event, channel: int) -> Iterable[Parsed]:
        """Hold a login inside a SASL exchange until the broker's answer."""
        return self._exchange.from_inner(event) if self._exchange is not None else (event,)

    def close(self) -> Iterator[Parsed]:
        """Report a login without an answer and the sizes of folded messages."""
        yield from self._report_unanswered()
        for side, name, size in self._folding.rest():
            yield Transfer(side=side, application="amqp", name=name or None, size=size)


def _product(frame: Cursor, side: Side) -> Iterator[Parsed]:
    """Product and version among the properties with which each end introduces itself."""
    properties = table(frame.sub(frame.u32()))
    yield from attribute_events(
        "amqp.product", b" ".join(properties[key] for key in (b"product", b"version") if key in properties), side
    )


def recognise(opening: Opening) -> Match:
    """The protocol header; on the protocol's port a whole frame of 0-9-1 is enough."""
    data = opening.client
    if data[:4] == b"AMQP":
        return Match.SURE if len(data) >= 8 else Match.MORE
    if data and b"AMQP".startswith(data):
        return Match.MORE
    if 5672 in (opening.client_port, opening.server_port):
        for side in (data, opening.server):
            if (
                side[:1] in (b"\1", b"\2", b"\3", b"\x08")
                and side[7 + int.from_bytes(side[3:7], "big") :][:1] == b"\xce"
            ):
                return Match.WEAK
    return Match.NO


PROTOCOL = Protocol(
    name="amqp", title="AMQP", publishes=True, parser=Amqp, recognise=recognise, ports=frozenset({5672})
)
