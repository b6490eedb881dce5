"""A request and its answer into events: what was asked for, with which credentials, what crossed, and how it was answered."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from sensor.events import Access, Event, Inner, Login, Span, Transfer, Weird
from sensor.model import Side
from sensor.parsing.credentials.credential import Credential
from sensor.parsing.formats.http_body import Body, decode
from sensor.parsing.formats.http_headers import Fields, media_type
from sensor.parsing.parser import Said
from sensor.parsing.sasl import unbase64

MAX_LOGINS = 32
"""Credentials of one request: a batch of set-up fields has a few."""

READING = frozenset(
    {"GET", "HEAD", "OPTIONS", "TRACE", "PROPFIND", "REPORT", "SEARCH", "SUBSCRIBE", "UNSUBSCRIBE", "NOTIFY"}
)
"""Methods that only read or listen (RFC 9110 §9.2.1, RFC 4918, RFC 5323, UPnP Device Architecture 2.0 §4)."""

UNANSWERED_LIMIT = 64
"""Requests that wait for their answers: browsers that pipelined sent fewer than 32."""


NOWHERE = Span(Side.CLIENT, 0, 0)


@dataclass(slots=True)
class Exchange:
    """One request, as far as it is known, and later its answer."""

    method: str = ""
    path: str = ""
    resource: str = ""
    span: Span = NOWHERE
    control: bool = False
    wants: str | None = None
    """What the client asks to switch to: the Upgrade field's word, or ``connect``."""
    bare: bool = False
    """No body comes with it."""
    credentialed: bool = False
    """It carries something that stands for a login, even if no secret could be read of it."""
    kind: str | None = None
    parameters: dict[str, str] = field(default_factory=dict)
    codings: list[str] = field(default_factory=list)
    logins: list[Login] = field(default_factory=list)
    accesses: list[Access] = field(default_factory=list)
    body_over: bool = True
    answer_kind: str | None = None
    answer_parameters: dict[str, str] = field(default_factory=dict)
    answer_codings: list[str] = field(default_factory=list)
    status: int | None = None
    answer: Span | None = None
    settled: bool = False

    def carry(self, fields: Fields) -> None:
        """What the request's fields say of its body."""
        self.kind, self.parameters = media_type(fields.get("content-type"))
        self.codings = fields.tokens("content-encoding")

    def carry_answer(self, fields: Fields) -> None:
        """What the answer's fields say of its body."""
        self.answer_kind, self.answer_parameters = media_type(fields.get("content-type"))
        self.answer_codings = fields.tokens("content-encoding")

    def add(self, found: Credential, *spans: Span) -> None:
        """A credential of the request, held until the answer."""
        if len(self.logins) < MAX_LOGINS:
            self.credentialed = True
            self.logins.append(
                Login(
                    mechanism=found.mechanism,
                    username=found.username,
                    secret=found.secret,
                    scheme=found.scheme,
                    clear=found.clear,
                    name=found.name,
                    spans=spans or (self.span,),
                )
            )

    def settle(self) -> Iterator[Event]:
        """Logins and accesses with the answer, once; nothing while the request's body is still on its way."""
        if self.settled or not self.body_over:
            return
        self.settled = True
        spans = (self.answer,) if self.answer else ()
        for login in self.logins:
            yield replace(login, status=self.status, resource=self.resource or None, spans=(*login.spans, *spans))
        if self.status is None or self.credentialed or not self.resource:
            return
        granted = (
            True
            if 200 <= self.status < 300 or self.status == 101
            else False
            if self.status in (401, 403, 407)
            else None
        )
        own = Access(resource=self.resource, action=self.method, granted=None, control=self.control)
        for access in self.accesses or [own]:
            yield replace(
                access,
                resource=access.resource or self.resource,
                granted=granted,
                status=self.status,
                spans=(self.span, *spans),
            )


SOAP_CHANNEL, UPNP_CHANNEL, RTSP_CHANNEL = 2, 3, 4
"""Beside the channels 0 and 1, where an NTLM exchange with server or proxy goes on over several requests."""

LOOK = 4096
"""Bytes in which an XML document shows what it is: declaration, comment and root element."""

ENVELOPE = re.compile(rb"<(?:[\w-]{1,40}:)?Envelope[\s>]")


RTSP_TUNNELLED = "application/x-rtsp-tunnelled"
"""RTSP through HTTP (Apple's "Tunnelling RTSP and RTP through HTTP"): one connection's answer carries what the server says, another's request in base64
what the client says."""

_PIECE = re.compile(rb"[A-Za-z0-9+/]+={0,2}")


def _tunnelled(data: bytes) -> bytes:
    """What was encoded message by message, each with its own padding."""
    return b"".join(unbase64(piece) or b"" for piece in _PIECE.findall(data))


def bare_request(exchange: Exchange) -> Transfer:
    """A request where neither it nor its answer has a body: what was asked for crossed all the same."""
    return Transfer(
        side=Side.CLIENT,
        application="http",
        name=exchange.path or None,
        media_type="message/http",
        size=exchange.span.end - exchange.span.start,
        spans=(exchange.span,),
    )


_DESCRIPTION = b"urn:schemas-upnp-org:device"


def carried(
    side: Side, exchange: Exchange, body: Body, *, complete: bool, end: int, head: Span
) -> Iterator[tuple[bytes, Said]]:
    """A finished body as its `Transfer` and what is inside it, each with the decoded bytes."""
    request = side is Side.CLIENT
    kind = exchange.kind if request else exchange.answer_kind
    decoded = decode(bytes(body.data), exchange.codings if request else exchange.answer_codings)
    data = decoded.data
    if decoded.bomb:
        yield data, Weird(name="decompression_bomb", detail="a body that grows beyond all proportion when decoded")
    seen = Span(side, body.start, max(body.start + 1, min(end, body.start + len(body.data))))
    yield (
        data,
        Transfer(
            side=side,
            application="http",
            name=exchange.path or None,
            media_type=kind,
            size=body.size,
            data=data,
            control=request and exchange.control and bool(ENVELOPE.search(data, 0, LOOK)),
            complete=complete,
            spans=(head, seen),
        ),
    )
    if kind == RTSP_TUNNELLED:
        yield data, Inner(_tunnelled(data) if request else data, "rtsp", side, RTSP_CHANNEL)
        return
    beginning = data[:LOOK]
    if b"<" not in beginning[:64]:
        return
    if ENVELOPE.search(beginning):
        yield data, Inner(data, "soap", side, SOAP_CHANNEL)
    elif not request and _DESCRIPTION in beginning and b"<root" in beginning:
        yield data, Inner(data, "upnp", side, UPNP_CHANNEL)
