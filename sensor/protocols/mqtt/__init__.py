"""MQTT 3.1, 3.1.1 and 5: logins with the broker's answer, anonymous use, topics and messages.

OASIS MQTT 3.1.1 and 5.0; MQTT 3.1 (``MQIsdp``) by IBM and Eurotech. Enhanced authentication (5.0, clause 4.12) is SASL
by another name: a known mechanism is reported as `sensor.parsing.sasl` does, the first data of any other method as a
``token``.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from sensor.events import DATA_LIMIT, Access, Attribute, Event, Login, Span, Transfer
from sensor.lazy_pattern import expression
from sensor.light_dataclass import dataclass
from sensor.model import Secret, Side
from sensor.parsing.credentials.http_fields import BODY_LIMIT, json_credentials
from sensor.parsing.cursor import Cursor, Malformed
from sensor.parsing.parser import Match, Opening, Parsed, Protocol, StreamParser
from sensor.parsing.pending import PendingLogin, answered
from sensor.parsing.repeated_messages import MessageFolding
from sensor.parsing.sasl import SaslExchange
from sensor.protocols.mqtt.fields import begins_connect, connect_fields, plausible, properties, remaining_length, utf8

CONNECT, CONNACK, PUBLISH, SUBSCRIBE, AUTH = 1, 2, 3, 8, 15

FILTERS = 256
"""Reported subscriptions and stored topic aliases of one connection: a hub has some hundred."""

DUPLICATES = 64
"""Packet identifiers stored to recognise a redelivery (DUP): more than common brokers have in flight (20)."""

COMMAND = expression(r"^cmnd/|/(?:set|command|cmnd|cmd)(?:/|$)")
"""Topics of commands to devices: Tasmota ``cmnd/…``, Homie and zigbee2mqtt ``…/set``, Shelly ``…/command``."""

BAD_CREDENTIALS = frozenset({4, 5, 0x86, 0x87, 0x8C})
"""Return codes that concern the credentials: 3.1.1 table 3.1 (4, 5); 5.0 clause 3.2.2.2 (bad user name or password,
not authorised, bad method)."""


@dataclass(slots=True)
class _Body:
    """A published message of which ``left`` bytes are still to come; ``start`` is its offset."""

    topic: str
    media_type: str | None
    start: int
    left: int
    size: int
    data: bytearray
    complete: bool = True


class Mqtt(StreamParser):
    """A conversation between a client and a broker."""

    def __init__(self, hint: object = None) -> None:
        super().__init__(hint)
        self._version = 0
        self._pending = PendingLogin()
        self._connects = 0
        self._anonymous: Access | None = None
        self._exchange: SaslExchange | None = None
        self._token: Login | None = None
        self._filters: set[str] = set()
        self._folding = MessageFolding()
        self._aliases: dict[tuple[Side, int], str] = {}
        self._delivered: dict[tuple[Side, int], int] = {}
        self._bodies: list[_Body | None] = [None, None]
        self._lost = [False, False]

    def message(self, side: Side, cursor: Cursor) -> Iterator[Parsed]:
        """One control packet, or the next piece of a published message."""
        body = self._bodies[side]
        if body is not None:
            yield from self._body_piece(side, body, cursor)
            return
        if self._lost[side]:
            if not plausible(cursor.peek(64)):
                cursor.rest()
                return
            self._lost[side] = False
        first = cursor.u8()
        kind, flags = first >> 4, first & 0x0F
        length = remaining_length(cursor)
        if kind == PUBLISH:
            yield from self._publish(side, flags, length, cursor)
            return
        if kind == 0 or length > self.LIMIT:
            raise Malformed("not a control packet" if kind == 0 else "control packet too long")
        fields = cursor.sub(length)
        if kind == CONNECT and side is Side.CLIENT:
            yield from self._connect(fields)
        elif kind == CONNACK and side is Side.SERVER:
            yield from self._connack(fields)
        elif kind == AUTH:
            yield from self._auth(side, fields)
        elif kind == SUBSCRIBE and side is Side.CLIENT:
            yield from self._subscribe(fields)

    # -- logins

    def _connect(self, fields: Cursor) -> Iterator[Parsed]:
        yield from self._report_answer(None, None)
        self._connects += 1
        connect = connect_fields(fields)
        self._version = connect.version
        here = (self.here(),)
        if connect.client_id:
            yield Attribute(field="mqtt.client_id", value=connect.client_id, side=Side.CLIENT)
        if connect.will_topic is not None:
            yield Transfer(
                side=Side.CLIENT,
                application="mqtt",
                name=connect.will_topic,
                size=len(connect.will_message),
                data=connect.will_message[:DATA_LIMIT],
            )
        if connect.username is not None or connect.password is not None:
            secret = None if connect.password is None else Secret(connect.password)
            self._pending.login = Login(
                mechanism="password", username=connect.username, secret=secret, scheme="connect", spans=here
            )
        elif connect.method is None:
            self._anonymous = Access(resource="mqtt", action="connect", granted=None, control=True, spans=here)

        if connect.method is not None:
            self._exchange = SaslExchange(connect.method.encode(), here[0])
            yield from self._exchange.response(connect.auth or b"", here[0])
            name = connect.method[:64]
            if connect.auth:
                self._token = Login(
                    mechanism="token",
                    username=None,
                    secret=Secret(connect.auth),
                    scheme=name.lower(),
                    name=name,
                    spans=here,
                )

    def _auth(self, side: Side, fields: Cursor) -> Iterator[Parsed]:
        """5.0 clause 3.15: collect the data of each step until CONNACK or a successful AUTH of the broker decides."""
        code = fields.u8() if fields.remaining else 0
        data = properties(fields).get(0x16) if fields.remaining else None
        if isinstance(data, bytes) and self._exchange is not None:
            yield from (
                self._exchange.response(data, self.here()) if side is Side.CLIENT else self._exchange.challenge(data)
            )
        if side is Side.SERVER and code == 0 and self._connects <= 1:
            yield from self._report_answer(0, self.here(), "AUTH 0 after AUTH")

    def _connack(self, fields: Cursor) -> Iterator[Parsed]:
        fields.skip(1)
        code = fields.u8()
        self._connects = max(self._connects - 1, 0)
        if not self._connects:  # else it answers a CONNECT before the last one
            yield from self._report_answer(code, self.here(), f"CONNACK {code} after CONNECT")

    def _report_answer(self, code: int | None, span: Span | None, basis: str | None = None) -> Iterator[Parsed]:
        """Report logins and access that the broker's answer decides; ``code`` None: no answer."""
        accepted = True if code == 0 else False if code in BAD_CREDENTIALS else None
        after = () if span is None else (span,)
        yield from self._pending.answer(accepted, basis, *after)
        if self._anonymous is not None and code is not None:
            yield replace(self._anonymous, granted=code == 0, status=code, spans=self._anonymous.spans + after)
        if self._exchange is not None:
            logins = list(self._exchange.logins(accepted, basis, span))
            if (
                not logins
                and self._token is not None
                and not self._exchange.mechanism.startswith(("SCRAM-", "GS2-", "NTLM"))
            ):
                logins = [answered(self._token, accepted, basis, *after)]
            yield from logins
        self._anonymous = self._exchange = self._token = None

    def from_inner(self, event: Event, channel: int) -> Iterable[Parsed]:
        """Hold a login inside an enhanced authentication until the broker's answer."""
        return self._exchange.from_inner(event) if self._exchange is not None else (event,)

    # -- topics and messages

    def _subscribe(self, fields: Cursor) -> Iterator[Parsed]:
        fields.skip(2)
        if self._version == 5:
            properties(fields)
        while fields.remaining:
            name = utf8(fields)
            fields.skip(1)
            if name not in self._filters and len(self._filters) < FILTERS:
                self._filters.add(name)
                yield Attribute(field="mqtt.topic", value=name, side=Side.CLIENT)

    def _publish(self, side: Side, flags: int, length: int, cursor: Cursor) -> Iterator[Parsed]:
        start = self._reading[1]
        before = cursor.consumed
        if flags & 6 == 6 or length < 2:
            raise Malformed("PUBLISH with QoS 3 or without a topic")
        size = int.from_bytes(cursor.peek(2), "big")
        if size + 2 > length:
            raise Malformed("topic longer than its message")
        topic = utf8(cursor)
        identifier = cursor.u16() if flags & 6 else 0
        found = properties(cursor) if self._version == 5 else {}
        left = length - (cursor.consumed - before)
        if left < 0:
            raise Malformed("PUBLISH header longer than its packet")
        alias = found.get(0x23)
        if isinstance(alias, int):
            if topic and len(self._aliases) < FILTERS:
                self._aliases[side, alias] = topic
            elif not topic:
                topic = self._aliases.get((side, alias), "")
        media = found.get(0x03)
        body = _Body(topic, media if isinstance(media, str) else None, start, left, left, bytearray())
        mark = hash((topic, left))
        if identifier:
            if flags & 8 and self._delivered.get((side, identifier)) == mark:
                body.topic = ""
            elif len(self._delivered) >= DUPLICATES:
                self._delivered.pop(next(iter(self._delivered)))
            self._delivered[side, identifier] = mark
        if left:
            self._bodies[side] = body
        else:
            yield from self._message_complete(side, body, cursor)

    def _body_piece(self, side: Side, body: _Body, cursor: Cursor) -> Iterator[Parsed]:
        piece = cursor.take(min(cursor.remaining, body.left))
        body.left -= len(piece)
        body.data += piece[: DATA_LIMIT - len(body.data)]
        if not body.left:
            self._bodies[side] = None
            yield from self._message_complete(side, body, cursor)

    def _message_complete(self, side: Side, body: _Body, cursor: Cursor) -> Iterator[Parsed]:
        """Report a complete message, or fold it into earlier ones of its topic."""
        if not body.topic:
            return
        if side is Side.CLIENT and self._folding.is_new(side, body.topic):
            yield Attribute(field="mqtt.topic", value=body.topic, side=side)
        data = bytes(body.data)
        size = self._folding.add(side, body.topic, body.size, data)
        if size is None:
            return
        span = Span(side, body.start, self._reading[1] + cursor.consumed)
        yield Transfer(
            side=side,
            application="mqtt",
            name=body.topic,
            media_type=body.media_type,
            size=size,
            data=data,
            control=COMMAND.search(body.topic) is not None,
            complete=body.complete,
            spans=(span,),
        )
        yield from message_logins(side, body.topic, data, span)

    # -- ends and losses

    def gap(self, side: Side, length: int) -> Iterator[Parsed]:
        """A loss inside a message makes it incomplete; elsewhere reading resumes at bytes like a packet's beginning."""
        body = self._bodies[side]
        self._consume(side, len(self._buffers[side]))
        self._offsets[side] += length
        self._need[side] = 0
        if body is not None and length < body.left:
            body.left -= length
            body.complete = False
        else:
            self._bodies[side] = None
            self._lost[side] = True
        return iter(())

    def close(self) -> Iterator[Parsed]:
        """Report a login without an answer, messages cut short, and the sizes of folded messages."""
        yield from self._report_answer(None, None)
        for side, body in zip(Side, self._bodies, strict=True):
            if body is not None and body.topic and body.data:
                yield Transfer(
                    side=side,
                    application="mqtt",
                    name=body.topic,
                    media_type=body.media_type,
                    size=body.size - body.left,
                    data=bytes(body.data),
                    complete=False,
                )
        for side, name, size in self._folding.rest():
            yield Transfer(side=side, application="mqtt", name=name, size=size)


def message_logins(side: Side, name: str, data: bytes, span: Span) -> Iterator[Login]:
    """Passwords and network keys in a JSON message that ``side`` published under ``name``.

    Devices are set up by such messages. Tokens are left out: in telemetry a field of that name is an id more often than
    a secret.
    """
    if data[:1] not in (b"{", b"[") or len(data) > BODY_LIMIT:
        return
    for found in json_credentials(data):
        if found.mechanism != "token":
            yield found.login(resource=name, spans=(span,), verifier=side.other)


def recognise(opening: Opening) -> Match:
    """A CONNECT is unmistakable; on MQTT's port a later packet is enough."""
    data = opening.client
    if data[:1] == b"\x10":
        begins = begins_connect(data)
        return Match.MORE if begins is None else Match.SURE if begins else Match.NO
    if 1883 in (opening.server_port, opening.client_port) and (
        plausible(data) or (not data and plausible(opening.server))
    ):
        return Match.WEAK
    return Match.NO


PROTOCOL = Protocol(
    name="mqtt",
    title="MQTT",
    secure_form="MQTT with TLS (port 8883)",
    offers="its messages",
    telemetry=True,
    publishes=True,
    parser=Mqtt,
    recognise=recognise,
    ports=frozenset({1883}),
)
