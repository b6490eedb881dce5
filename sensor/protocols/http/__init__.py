"""HTTP/1.0 and 1.1 (RFC 9112), with the ICY variant of internet radio.

Yields logins, accesses, transfers and attributes of both ends. Responses are paired with requests in order
(pipelining). A login carries the status of its response, never `accepted`: what a status means follows only from the
contrast with other requests. A body that ends before its request is answered is reported as it ends.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterable, Iterator
from functools import partial

from sensor.events import Content, Event, ServerName, Span, Upgrade
from sensor.lazy_pattern import expression
from sensor.model import Side
from sensor.parsing.credentials.served import header_secrets
from sensor.parsing.formats.http_body import Body, Unpacker, title
from sensor.parsing.formats.http_headers import Fields, status_line
from sensor.parsing.parser import Match, Opening, Parsed, Protocol
from sensor.protocols.http import http2
from sensor.protocols.http._directions import Framing
from sensor.protocols.http.clock import clock
from sensor.protocols.http.exchange import (
    UNANSWERED_LIMIT,
    HttpExchange,
    bodiless_request,
    body_events,
    body_span,
)
from sensor.protocols.http.framing import HttpStream
from sensor.protocols.http.reported import ReportedAttributes
from sensor.protocols.http.request import (
    add_body_credentials,
    content_length,
    exchange_of,
    negotiation,
    parse_request,
)


class Http(HttpStream):
    """One connection."""

    def __init__(self, hint: object = None) -> None:
        super().__init__(hint)
        self._pending: deque[HttpExchange] = deque()
        self._current_request = HttpExchange()
        self._current_response = HttpExchange()
        self._ignored_responses = 0
        self._attributes = ReportedAttributes()
        self._unpacker = Unpacker()
        self._server: str | None = None
        self._heads = [Span(Side.CLIENT, 0, 0), Span(Side.SERVER, 0, 0)]

    def head(self, side: Side, line: bytes, fields: Fields, span: Span) -> Iterator[Parsed]:
        """The header block of a request or a response."""
        self._heads[side] = span
        return self._request(line, fields, span) if side is Side.CLIENT else self._response(line, fields, span)

    def _request(self, line: bytes, fields: Fields, span: Span) -> Iterator[Parsed]:
        parsed = parse_request(line, fields)
        exchange = self._current_request = exchange_of(parsed, span)
        if len(self._pending) >= UNANSWERED_LIMIT:
            yield from self._drop_pending()
        self._pending.append(exchange)
        exchange.bodiless = parsed.framing is Framing.NONE
        exchange.body_over = parsed.framing in (Framing.NONE, Framing.HOLD)
        self.frame(Side.CLIENT, parsed.framing, parsed.length, parsed.kind, span.end)
        if parsed.server is not None and parsed.server != self._server:
            self._server = parsed.server
            yield ServerName(name=parsed.server)
        yield from self._attributes.report("http.user_agent", parsed.agent, Side.CLIENT)
        yield Content(side=Side.CLIENT, name="url", data=parsed.url, spans=(span,))
        yield Content(side=Side.CLIENT, name="header", data=parsed.header, spans=(span,))
        yield from parsed.inner

    def _response(self, line: bytes, fields: Fields, span: Span) -> Iterator[Parsed]:
        status = status_line(line)
        assert status is not None
        if 100 <= status.code < 200 and status.code != 101:
            self.frame(Side.SERVER, Framing.NONE, 0, None, span.end)
            return
        if self._ignored_responses:
            self._ignored_responses -= 1
            exchange = HttpExchange()
        else:
            exchange = self._pending.popleft() if self._pending else HttpExchange()
        self._current_response = exchange
        exchange.status = status.code
        exchange.response_span = span
        exchange.set_response_fields(fields)
        if exchange is self._current_request:
            yield from self.response_began(Side.CLIENT)
        connected = exchange.upgrade == "connect" and exchange.method == "CONNECT" and 200 <= status.code < 300
        switched = status.code == 101 or connected
        framing = self._frame_response(exchange, status.code, fields, span.end)
        if framing is not Framing.NONE and not switched:
            exchange.await_answer()
        protocol = _switched_to(fields, exchange) if switched and not connected else None
        if protocol == "http2":
            # The answer is the first stream of HTTP/2.
            self._current_response = HttpExchange()
        else:
            yield from exchange.settle()
        yield from exchange.served(header_secrets(fields, status.code), span)
        yield from self._attributes.response(fields)
        yield from negotiation(fields, ("www-authenticate", "proxy-authenticate"), Side.SERVER)
        if switched:
            self.frame(Side.SERVER, Framing.NONE, 0, None, span.end)
            self.stop()
            places = (self._offsets[Side.CLIENT], span.end)
            yield Upgrade(protocol, exchange.moved(places) if protocol == "http2" else None)
            return
        if framing is Framing.NONE and exchange.bodiless:
            yield bodiless_request(exchange)

    def _frame_response(self, exchange: HttpExchange, code: int, fields: Fields, end: int) -> Framing:
        """RFC 9112 §6.3."""
        length = content_length(fields)
        if exchange.method == "HEAD" or code in (204, 304):
            framing = Framing.NONE
        elif "chunked" in fields.tokens("transfer-encoding"):
            framing = Framing.CHUNKED
        elif length is not None:
            framing = Framing.LENGTH if length else Framing.NONE
        else:
            framing = Framing.UNTIL_CLOSE
        self.frame(Side.SERVER, framing, length or 0, exchange.response_kind, end)
        return framing

    def body_end(self, side: Side, body: Body, *, complete: bool, end: int) -> Iterator[Parsed]:
        """Report a body: its transfer, the protocols inside it, and the logins in a request's body."""
        exchange = self._current_request if side is Side.CLIENT else self._current_response
        data = b""
        if body.size:
            unpack = partial(self._unpacker.decode, reserve=self.unpacking)
            found = body_events(side, exchange, body, unpack, complete=complete, end=end, head=self._heads[side])
            for data, event in found:  # noqa: B007 - the decoded bytes are needed after the loop
                yield event
        if side is Side.SERVER:
            exchange.read_answer(data)
            yield from exchange.settle()
            yield from exchange.served_in_body(data, body_span(side, body, end), complete=complete)
            if (exchange.response_kind or "") in ("text/html", "application/xhtml+xml"):
                yield from self._attributes.report(
                    "http.title", title(data, exchange.response_parameters.get("charset")), side
                )
            return
        add_body_credentials(exchange, data, body_span(side, body, end), complete=complete)
        exchange.body_over = True
        if exchange.status is not None:
            yield from exchange.settle()

    def from_inner(self, event: Event, channel: int) -> Iterable[Parsed]:
        """Hold logins and accesses of SOAP and NTLM until their request is answered."""
        return self._current_request.from_inner(event)

    def _drop_pending(self) -> Iterator[Parsed]:
        """Report the logins of all pending requests without a status, and ignore as many responses to come."""
        for exchange in self._pending:
            exchange.body_over = True
            yield from exchange.settle()
        self._ignored_responses += len(self._pending)
        self._pending.clear()

    def lost(self, side: Side) -> Iterator[Parsed]:
        """Drop all pairs: after a loss it is unknown which response belongs to which request."""
        self._current_response.answer_over = True
        yield from self._current_response.settle()
        yield from self._drop_pending()
        self._ignored_responses = 0
        if side is Side.SERVER:
            self._current_response = HttpExchange()

    def close(self) -> Iterator[Parsed]:
        """Report bodies that ended with the connection, and requests without a response."""
        yield from self.end_bodies()
        self._current_response.answer_over = True
        yield from self._current_response.settle()
        yield from self._drop_pending()


def _switched_to(fields: Fields, exchange: HttpExchange) -> str | None:
    """The protocol that 101 switches to; with a WebSocket subprotocol (RFC 6455 §11.3.4) that has a parser."""
    word = (fields.tokens("upgrade") or [exchange.upgrade or ""])[0]
    if word == "websocket":
        return (
            "websocket-mqtt"
            if any(p.startswith("mqtt") for p in fields.tokens("sec-websocket-protocol"))
            else "websocket"
        )
    return {"h2c": "http2"}.get(word) or ("tls" if word.startswith("tls/") else None)


_METHODS = (
    *(
        b"GET ",
        b"POST ",
        b"PUT ",
        b"HEAD ",
        b"DELETE ",
        b"PATCH ",
        b"OPTIONS ",
        b"CONNECT ",
        b"TRACE ",
        b"NOTIFY ",
        b"SUBSCRIBE ",
        b"UNSUBSCRIBE ",
    ),
    *(b"PROPFIND ", b"SOURCE ", b"M-POST "),
)
_BEGINS = expression(rb"(?:" + b"|".join(_METHODS) + rb")(?:/|https?://|\*|[\w.\[\]:-]+:\d)")
_REQUEST_LINE = expression(rb"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,32} [^\r\n]{1,16384}? HTTP/1\.\d\r?\n")


def _match_client(client: bytes) -> Match:
    if client.startswith((b"PRI * HTTP/2", b"SERVERPUSH / ")):
        return Match.NO  # HTTP/2, and Foscam's protocol
    if _REQUEST_LINE.match(client):
        return Match.SURE
    if b"\n" in client:
        # RFC 1945 §4.1: HTTP/0.9 is "GET path" and nothing else.
        return Match.WEAK if _BEGINS.match(client) and b" HTTP/" not in client.partition(b"\n")[0] else Match.NO
    if _BEGINS.match(client):
        return Match.MORE if len(client) < 64 else Match.WEAK
    return Match.MORE if any(method.startswith(client[:13]) for method in _METHODS) else Match.NO


def recognise(opening: Opening) -> Match:
    """A request line, or a status line where the capture lacks the request."""
    server = opening.server
    if re.match(rb"HTTP/1\.\d \d\d\d|ICY 200", server):
        return Match.SURE
    server_match = Match.NO
    if server and (b"HTTP/1.".startswith(server[:7]) or b"ICY 200".startswith(server[:7])):
        server_match = Match.MORE
    client_match = _match_client(opening.client) if opening.client else Match.NO
    return max(client_match, server_match)


PROTOCOL = Protocol(
    name="http",
    title="HTTP",
    secure_form="HTTPS",
    offers="its web interface",
    parser=Http,
    recognise=recognise,
    clock=clock,
    ports=frozenset({80, 8000, 8008, 8080, 8081, 8888, 3128, 49152, 5000, 1400, 8060, 8123, 10000}),
)

PROTOCOLS = (PROTOCOL, http2.PROTOCOL)
