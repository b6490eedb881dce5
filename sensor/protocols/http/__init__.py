"""HTTP/1.0 and 1.1 (RFC 9112), with ICY of internet radio, into logins, accesses, transfers and what both ends say of themselves.

Requests are paired with answers in order (pipelining); a login is told with the status that answered it, never as accepted: what a status means
only the contrast with other requests shows. Bodies without a request's answer yet are told as they end.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import replace

from sensor.events import Access, Content, Event, Login, Span, Upgrade
from sensor.model import Side
from sensor.parsing.attributes import attribute_events
from sensor.parsing.credentials.credential import realm
from sensor.parsing.credentials.http_fields import body_credentials
from sensor.parsing.formats.http_body import Body, title
from sensor.parsing.formats.http_headers import Fields, status_line
from sensor.parsing.parser import Match, Opening, Protocol, Said
from sensor.protocols.http.direction import Framing
from sensor.protocols.http.exchange import ENVELOPE, LOOK, UNANSWERED_LIMIT, Exchange, bare_request, carried
from sensor.protocols.http.framing import HttpStream
from sensor.protocols.http.request import asked_of, content_length, negotiation

MAX_TOLD = 64
"""Different things one connection's ends are heard saying of themselves: a proxy's connection carries many servers' names."""

_SAYS = (("server", "http.server"), ("x-powered-by", "http.powered_by"))


class Http(HttpStream):
    """One connection."""

    def __init__(self, hint: object = None) -> None:
        super().__init__(hint)
        self._waiting: deque[Exchange] = deque()
        self._asking = Exchange()
        self._answering = Exchange()
        self._forgotten = 0
        self._told: set[tuple[str, str]] = set()
        self._heads = [Span(Side.CLIENT, 0, 0), Span(Side.SERVER, 0, 0)]

    def head(self, side: Side, line: bytes, fields: Fields, span: Span) -> Iterator[Said]:
        """A request's or an answer's header block."""
        self._heads[side] = span
        if side is Side.CLIENT:
            yield from self._request(line, fields, span)
        else:
            yield from self._answer(line, fields, span)

    def _tell(self, field: str, value: str | None, side: Side) -> Iterator[Said]:
        if value and (field, value) not in self._told and len(self._told) < MAX_TOLD:
            self._told.add((field, value))
            yield from attribute_events(field, value, side)

    def _request(self, line: bytes, fields: Fields, span: Span) -> Iterator[Said]:
        asked = asked_of(line, fields)
        exchange = self._asking = Exchange(
            method=asked.method,
            path=asked.path,
            resource=asked.resource,
            span=span,
            control=asked.control,
            wants=asked.wants,
            kind=asked.kind,
            parameters=asked.parameters,
            codings=asked.codings,
        )
        for credential in asked.credentials:
            exchange.add(credential)
        exchange.credentialed = exchange.credentialed or any(b"NTLMSSP\0\1" not in i.data for i in asked.inner)
        if len(self._waiting) >= UNANSWERED_LIMIT:
            yield from self._forget()
        self._waiting.append(exchange)
        exchange.bare = asked.framing is Framing.NONE
        exchange.body_over = asked.framing in (Framing.NONE, Framing.HOLD)
        self.frame(Side.CLIENT, asked.framing, asked.length, asked.kind, span.end)
        yield from self._tell("http.user_agent", asked.agent, Side.CLIENT)
        yield Content(side=Side.CLIENT, name="url", data=asked.url, spans=(span,))
        yield Content(side=Side.CLIENT, name="header", data=asked.header, spans=(span,))
        yield from asked.inner

    def _answer(self, line: bytes, fields: Fields, span: Span) -> Iterator[Said]:
        status = status_line(line)
        assert status is not None
        if 100 <= status.code < 200 and status.code != 101:
            self.frame(Side.SERVER, Framing.NONE, 0, None, span.end)
            return
        if self._forgotten:
            self._forgotten -= 1
            exchange = Exchange()
        else:
            exchange = self._waiting.popleft() if self._waiting else Exchange()
        self._answering = exchange
        exchange.status = status.code
        exchange.answer = span
        exchange.carry_answer(fields)
        if exchange is self._asking:
            yield from self.answered(Side.CLIENT)
        yield from exchange.settle()
        for name, field in _SAYS:
            yield from self._tell(field, fields.get(name), Side.SERVER)
        for name in ("www-authenticate", "proxy-authenticate"):
            for value in fields.all(name):
                yield from self._tell("http.realm", realm(value), Side.SERVER)
        yield from negotiation(fields, ("www-authenticate", "proxy-authenticate"), Side.SERVER)
        connected = exchange.wants == "connect" and exchange.method == "CONNECT" and 200 <= status.code < 300
        if status.code == 101 or connected:
            self.frame(Side.SERVER, Framing.NONE, 0, None, span.end)
            self.stop()
            yield Upgrade(None if connected else _switched(fields, exchange))
            return
        if self._frame_answer(exchange, status.code, fields, span.end) is Framing.NONE and exchange.bare:
            yield bare_request(exchange)

    def _frame_answer(self, exchange: Exchange, code: int, fields: Fields, end: int) -> Framing:
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
        self.frame(Side.SERVER, framing, length or 0, exchange.answer_kind, end)
        return framing

    def body_end(self, side: Side, body: Body, *, complete: bool, end: int) -> Iterator[Said]:
        """A body: its transfer, what is in it, and for a request the logins in it."""
        exchange = self._asking if side is Side.CLIENT else self._answering
        data = b""
        if body.size:
            for data, said in carried(side, exchange, body, complete=complete, end=end, head=self._heads[side]):  # noqa: B007
                yield said
        if side is Side.SERVER:
            if (exchange.answer_kind or "") in ("text/html", "application/xhtml+xml"):
                yield from self._tell("http.title", title(data, exchange.answer_parameters.get("charset")), side)
            return
        boundary = exchange.parameters.get("boundary", "")
        seen = Span(side, body.start, max(body.start + 1, min(end, body.start + len(body.data))))
        if ENVELOPE.search(data, 0, LOOK):
            # SOAP's own parser tells the logins in it.
            data = b""
        for credential in body_credentials(data, exchange.kind, boundary, whole=complete):
            exchange.add(credential, exchange.span, seen)
        exchange.body_over = True
        if exchange.status is not None:
            yield from exchange.settle()

    def from_inner(self, event: Event, channel: int) -> Iterable[Said]:
        """What SOAP or NTLM said of a request waits for the request's answer."""
        exchange = self._asking
        if not isinstance(event, Login | Access):
            return (event,)
        if isinstance(event, Login):
            event = replace(
                event,
                resource=event.resource or exchange.resource or None,
                spans=tuple(dict.fromkeys((*event.spans, exchange.span))),
            )
        if exchange.settled:
            return (replace(event, status=exchange.status),)
        if isinstance(event, Login):
            exchange.credentialed = True
            exchange.logins.append(event)
        elif len(exchange.accesses) < UNANSWERED_LIMIT:
            exchange.accesses.append(event)
        return ()

    def _forget(self) -> Iterator[Said]:
        """Requests whose answers will not be told apart: their logins without a status. The answers are still counted off."""
        for exchange in self._waiting:
            exchange.body_over = True
            yield from exchange.settle()
        self._forgotten += len(self._waiting)
        self._waiting.clear()

    def lost(self, side: Side) -> Iterator[Said]:
        """Pairs cannot be trusted across the loss: begin anew with what follows."""
        yield from self._forget()
        self._forgotten = 0
        if side is Side.SERVER:
            self._answering = Exchange()

    def close(self) -> Iterator[Said]:
        """Bodies that ended with the connection, and requests that nobody answered."""
        yield from self.end_bodies()
        yield from self._forget()


def _switched(fields: Fields, exchange: Exchange) -> str | None:
    """The protocol that 101 switches to. WebSocket's subprotocol (RFC 6455 §11.3.4) is said with it where it is a protocol of its own."""
    word = (fields.tokens("upgrade") or [exchange.wants or ""])[0]
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
_BEGINS = re.compile(rb"(?:" + b"|".join(_METHODS) + rb")(?:/|https?://|\*|[\w.\[\]:-]+:\d)")
_REQUEST_LINE = re.compile(rb"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,32} [^\r\n]{1,16384}? HTTP/1\.\d\r?\n")


def _by_client(client: bytes) -> Match:
    if client.startswith(b"PRI * HTTP/2"):
        return Match.NO
    if _REQUEST_LINE.match(client):
        return Match.SURE
    if b"\n" in client:
        # RFC 1945 §4.1: HTTP/0.9 is "GET path" and nothing else.
        return Match.WEAK if _BEGINS.match(client) and b" HTTP/" not in client.partition(b"\n")[0] else Match.NO
    if _BEGINS.match(client):
        return Match.MORE if len(client) < 64 else Match.WEAK
    return Match.MORE if any(method.startswith(client[:12]) for method in _METHODS) else Match.NO


def recognise(opening: Opening) -> Match:
    """A request line, or the status line of the answer where the request was missed."""
    server = opening.server
    if re.match(rb"HTTP/1\.\d \d\d\d|ICY 200", server):
        return Match.SURE
    by_server = Match.NO
    if server and (b"HTTP/1.".startswith(server[:7]) or b"ICY 200".startswith(server[:7])):
        by_server = Match.MORE
    by_client = _by_client(opening.client) if opening.client else Match.NO
    return max(by_client, by_server)


PROTOCOL = Protocol(
    name="http",
    parser=Http,
    recognise=recognise,
    ports=frozenset({80, 8000, 8008, 8080, 8081, 8888, 3128, 49152, 5000, 1400, 8060, 8123, 10000}),
)
