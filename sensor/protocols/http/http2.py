"""Cleartext HTTP/2 (RFC 9113), known before or upgraded to, with its header blocks (RFC 7541); gRPC.

Each stream is one exchange of HTTP. HPACK has state: where one header block of a side is missing or broken, no later
one of that side is decoded, and bodies alone are reported. gRPC answers 200 and says in a trailer how the call went.
"""

from __future__ import annotations

import logging
import re
from collections import OrderedDict
from collections.abc import Iterable, Iterator
from dataclasses import field
from functools import partial
from typing import TYPE_CHECKING

from sensor.events import Content, Enough, Event, Skip, Span, Weird
from sensor.lazy_pattern import expression
from sensor.light_dataclass import dataclass
from sensor.model import Side, Transport
from sensor.parsing.credentials.served import header_secrets
from sensor.parsing.cursor import Cursor, Malformed
from sensor.parsing.formats.http_body import Body, Unpacker, title
from sensor.parsing.formats.http_headers import Fields
from sensor.parsing.parser import Match, Opening, Parsed, Protocol, StreamParser
from sensor.protocols.http.exchange import HttpExchange, bodiless_request, body_events, body_span
from sensor.protocols.http.reported import ReportedAttributes
from sensor.protocols.http.request import add_body_credentials, exchange_of, parse_request

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
"""RFC 9113 §3.4."""

DATA, HEADERS, RST_STREAM, SETTINGS, PUSH_PROMISE, GOAWAY, CONTINUATION = 0, 1, 3, 4, 5, 7, 9
END_STREAM, END_HEADERS, PADDED, PRIORITY = 0x1, 0x4, 0x8, 0x20
FRAME_LIMIT = 32 * 1024
"""Bytes read of a frame: 16 KiB is the largest allowed by default (§4.2); the rest of longer ones is skipped."""

OPEN_STREAMS = 64
"""Streams read at a time; servers commonly allow 100, most of them idle. The oldest gives way."""

BODY_LIMIT = 64 * 1024
"""Bytes stored of one stream's body: all open streams of a connection together stay under 8 MiB."""

BLOCK_LIMIT = 64 * 1024
"""Bytes of a header block, and of its fields when they are unpacked (with 32 for each, RFC 7541 §4.1)."""

if TYPE_CHECKING:
    from hpack import Decoder

MAX_CONTINUATIONS = 32
"""Frames that continue one header block: four carry the largest, a flood of empty ones costs its reader (§10.5.1)."""

TABLE_LIMIT = 64 * 1024
"""Largest dynamic table that an encoder may use: 4096 without settings, browsers allow 65536."""

# The library writes every field that it reads to its debug log.
logging.getLogger("hpack").setLevel(logging.WARNING)

_METHOD = expression(rb"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,32}")
_PATH = expression(rb"[^\x00-\x20\x7f]{1,16384}")
_STATUS = expression(rb"[1-9][0-9]{2}")


@dataclass(slots=True)
class HttpStreamState:
    """One stream: its exchange, the bodies and header blocks of both sides, and which side has ended."""

    exchange: HttpExchange = field(default_factory=HttpExchange)
    bodies: dict[Side, Body] = field(default_factory=dict)
    heads: dict[Side, Span] = field(default_factory=dict)
    ended: set[Side] = field(default_factory=set)


@dataclass(slots=True)
class HeaderBlock:
    """A header block that began: its stream, the flags of its first frame, and what came of it."""

    stream: int
    flags: int
    start: int
    promise: bool
    data: bytearray = field(default_factory=bytearray)
    frames: int = 0


class Http2(StreamParser):
    """One connection of a client to a server. ``hint``: the exchange that asked for the upgrade, which is stream 1."""

    def __init__(self, hint: object = None) -> None:
        super().__init__(hint)
        self._streams: OrderedDict[int, HttpStreamState] = OrderedDict()
        self._started = [False, False]
        self._decoders: list[Decoder | None] = [_decoder(), _decoder()]
        self._blocks: list[HeaderBlock | None] = [None, None]
        self._attributes = ReportedAttributes()
        self._unpacker = Unpacker()
        self._sender = HttpExchange()
        """The exchange whose request's body was read last: protocols inside it belong to it."""
        if isinstance(hint, HttpExchange):
            # §3.2 of RFC 7540: the request that was upgraded is stream 1, which the client has ended.
            self._streams[1] = HttpStreamState(hint, heads={Side.CLIENT: hint.span}, ended={Side.CLIENT})

    def message(self, side: Side, cursor: Cursor) -> Iterator[Parsed]:
        """One frame (§4.1), or the client's preface."""
        if side is Side.CLIENT and not self._started[side]:
            preface = cursor.peek(len(PREFACE))
            if PREFACE.startswith(preface):
                cursor.skip(len(PREFACE))
                self._started[side] = True
                return
        length, kind, flags, stream = cursor.u24(), cursor.u8(), cursor.u8(), cursor.u32() & 0x7FFFFFFF
        if not self._started[side] and (kind != SETTINGS or stream):
            # §3.4: each side's first frame is SETTINGS.
            raise Malformed("a connection that does not begin with SETTINGS")
        if kind > 16 and length > 1 << 16:
            raise Malformed("a long frame of an unknown kind")
        read_length = min(length, FRAME_LIMIT)
        data = cursor.take(read_length)
        self._started[side] = True
        span = self.here()
        if kind == DATA and stream:
            yield from self._data(side, stream, flags, data, length)
        elif kind in (HEADERS, PUSH_PROMISE, CONTINUATION) and stream:
            yield from self._block(side, kind, stream, flags, data, span, cut=length > read_length)
        elif kind == RST_STREAM:
            yield from self._over(stream)
        elif kind == GOAWAY:
            yield Weird(name="http2_goaway", detail=f"error {int.from_bytes(data[4:8], 'big')}")
        if length > read_length:
            yield Skip(side, length - read_length)

    def _stream(self, number: int) -> Iterator[Parsed]:
        """Make room for a stream that is new, and add it."""
        if number not in self._streams:
            if len(self._streams) >= OPEN_STREAMS:
                yield from self._over(next(iter(self._streams)))
            self._streams[number] = HttpStreamState()

    def _data(self, side: Side, number: int, flags: int, data: bytes, length: int) -> Iterator[Parsed]:
        """§6.1."""
        if flags & PADDED and data:
            data = data[1 : max(1, len(data) - data[0])]
        yield from self._stream(number)
        stream = self._streams[number]
        body = stream.bodies.get(side)
        if body is None:
            kind = stream.exchange.kind if side is Side.CLIENT else stream.exchange.response_kind
            body = stream.bodies[side] = Body(self._offsets[side], kind)
        free = BODY_LIMIT - len(body.data)
        body.add(data[: max(free, 0)])
        body.passed(len(data) - len(data[: max(free, 0)]) + max(0, length - FRAME_LIMIT))
        if flags & END_STREAM:
            yield from self._end(side, number, complete=True)

    def _block(
        self, side: Side, kind: int, number: int, flags: int, data: bytes, span: Span, *, cut: bool
    ) -> Iterator[Parsed]:
        """§6.2, §6.6, §6.10: the frames of a header block follow one another without another between."""
        block = self._blocks[side]
        if kind == CONTINUATION:
            if block is None:
                return
        else:
            if flags & PADDED and data:
                data = data[1 : max(1, len(data) - data[0])]
            if kind == PUSH_PROMISE:
                data = data[4:]
            elif flags & PRIORITY:
                data = data[5:]
            block = self._blocks[side] = HeaderBlock(number, flags, span.start, kind == PUSH_PROMISE)
        block.frames += 1
        block.data += data
        if cut or len(block.data) > BLOCK_LIMIT or block.frames > MAX_CONTINUATIONS:
            self._blocks[side] = None
            yield from self._give_up(side, "a header block beyond all bounds")
            return
        if not flags & END_HEADERS:
            return
        self._blocks[side] = None
        items = self._fields(side, bytes(block.data))
        if items is None:
            yield from self._give_up(side, "a header block that cannot be unpacked")
        elif not block.promise:
            # The request that a server promises is its own, not the client's.
            yield from self._stream(block.stream)
            head = Span(side, block.start, span.end)
            if side is Side.CLIENT:
                yield from self._request(self._streams[block.stream], items, head)
            else:
                yield from self._response(block.stream, items, head, last=bool(block.flags & END_STREAM))
        if block.flags & END_STREAM and not block.promise:
            yield from self._end(side, block.stream, complete=True)

    def _give_up(self, side: Side, why: str) -> Iterator[Parsed]:
        if self._decoders[side] is not None:
            self._decoders[side] = None
            yield Weird(name="http2_headers", detail=why)

    def _fields(self, side: Side, data: bytes) -> list[tuple[bytes, bytes]] | None:
        decoder = self._decoders[side]
        if decoder is None:
            return []
        from hpack import HPACKError

        try:
            return [(bytes(name), bytes(value)) for name, value in decoder.decode(data, raw=True)]
        except (HPACKError, IndexError):
            return None

    def _request(self, stream: HttpStreamState, items: list[tuple[bytes, bytes]], head: Span) -> Iterator[Parsed]:
        """§8.3.1."""
        given = dict(reversed(items))
        method, path, host = given.get(b":method", b""), given.get(b":path", b""), given.get(b":authority")
        if Side.CLIENT in stream.heads or not _METHOD.fullmatch(method):
            return  # a trailer, or fields that could not be decoded
        stream.heads[Side.CLIENT] = head
        target = path or host or b""
        if not _PATH.fullmatch(target):
            return
        fields = _plain(items)
        if host and fields.raw("host") is None:
            fields = Fields([("host", host), *fields.items])
        parsed = parse_request(method + b" " + target + b" HTTP/2.0", fields)
        exchange = stream.exchange = exchange_of(parsed, head)
        # No protocol is switched to inside a stream.
        exchange.upgrade, exchange.body_over, exchange.bodiless = None, False, False
        yield from self._attributes.report("http.user_agent", parsed.agent, Side.CLIENT)
        yield Content(side=Side.CLIENT, name="url", data=parsed.url, spans=(head,))
        yield Content(side=Side.CLIENT, name="header", data=parsed.header, spans=(head,))

    def _response(self, number: int, items: list[tuple[bytes, bytes]], head: Span, *, last: bool) -> Iterator[Parsed]:
        """§8.3.2, and the trailers of gRPC ("gRPC over HTTP2", Responses)."""
        exchange = self._streams[number].exchange
        fields = _plain(items)
        code = dict(items).get(b":status", b"")
        if _STATUS.fullmatch(code) and exchange.status is None and int(code) >= 200:
            self._streams[number].heads[Side.SERVER] = exchange.response_span = head
            exchange.status = int(code)
            exchange.set_response_fields(fields)
            if not last:
                exchange.await_answer(trailers=(exchange.response_kind or "").startswith("application/grpc"))
            yield from exchange.served(header_secrets(fields, int(code)), head)
            yield from self._attributes.response(fields)
        exchange.read_grpc_status(fields.get("grpc-status"))

    def _end(self, side: Side, number: int, *, complete: bool) -> Iterator[Parsed]:
        """A side of a stream has ended: its body, and what the exchange gives once both have."""
        stream = self._streams.get(number)
        if stream is None or side in stream.ended:
            return
        stream.ended.add(side)
        exchange, body = stream.exchange, stream.bodies.pop(side, None)
        end = self.here().end if complete else self._offsets[side]
        data = b""
        if body is not None and body.size:
            if bytes(body.data[:2]) == b"\x1f\x8b" and side not in stream.heads:
                # The header block that names the coding is missing.
                exchange.codings = exchange.response_codings = ["gzip"]
            head = stream.heads.get(side, Span(side, body.start, body.start + 1))
            unpack = partial(self._unpacker.decode, reserve=self.unpacking)
            found = body_events(side, exchange, body, unpack, complete=complete, end=end, head=head)
            for data, event in found:  # noqa: B007 - the decoded bytes are needed after the loop
                yield event
        if side is Side.CLIENT:
            self._sender = exchange
            exchange.bodiless = not (body and body.size)
            if body is not None and data:
                add_body_credentials(exchange, data, body_span(side, body, end), complete=complete)
            exchange.body_over = True
        else:
            exchange.read_answer(data)
            if body is not None:
                yield from exchange.served_in_body(data, body_span(side, body, end), complete=complete)
            if (exchange.response_kind or "") in ("text/html", "application/xhtml+xml"):
                charset = exchange.response_parameters.get("charset")
                yield from self._attributes.report("http.title", title(data, charset), side)
        if len(stream.ended) == len(Side):
            del self._streams[number]
            yield from exchange.settle()
            if exchange.bodiless and side is Side.SERVER and not (body and body.size) and exchange.status is not None:
                yield bodiless_request(exchange)

    def from_inner(self, event: Event, channel: int) -> Iterable[Parsed]:
        """Hold logins and accesses of SOAP until their request is answered."""
        return self._sender.from_inner(event)

    def _over(self, number: int) -> Iterator[Parsed]:
        """A stream ends before its time."""
        for side in Side:
            yield from self._end(side, number, complete=False)

    def close(self) -> Iterator[Parsed]:
        """Report what did not end."""
        for number in list(self._streams):
            yield from self._over(number)

    def gap(self, side: Side, length: int) -> Iterator[Parsed]:
        """Frame boundaries cannot be found again: report what was read so far."""
        yield from self.close()
        self.stop()
        yield Enough()


def _decoder() -> Decoder:
    from hpack import Decoder  # its tables take 5 ms to load, and few homes speak HTTP/2 in the clear

    decoder = Decoder(max_header_list_size=BLOCK_LIMIT)
    decoder.max_allowed_table_size = TABLE_LIMIT
    return decoder


def _plain(items: list[tuple[bytes, bytes]]) -> Fields:
    """The fields that are not HTTP/2's own, as HTTP/1.1 has them."""
    return Fields([(n.decode("latin-1").lower(), v.strip()) for n, v in items if not n.startswith(b":")])


def recognise(opening: Opening) -> Match:
    """The client's preface; the server's SETTINGS alone are weak evidence."""
    client = opening.client
    if client.startswith(PREFACE[:18]):
        return Match.SURE
    if client and PREFACE.startswith(client):
        return Match.MORE
    if not client and re.match(rb"\0\0[\x00-\x7e]\x04\0\0\0\0\0", opening.server) and opening.server[2] % 6 == 0:
        return Match.WEAK
    return Match.NO


PROTOCOL = Protocol(
    name="http2",
    title="HTTP/2",
    secure_form="HTTPS",
    offers="its web interface",
    parser=Http2,
    transports=frozenset({Transport.TCP}),
    recognise=recognise,
)
