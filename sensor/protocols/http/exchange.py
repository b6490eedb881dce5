"""HTTP exchanges: a request paired with its response, and the events that follow from both."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import field, replace

from sensor.events import Access, Event, Inner, Login, Span, Transfer, Weird
from sensor.lazy_pattern import expression
from sensor.light_dataclass import dataclass
from sensor.model import Secret, Side
from sensor.parsing.credentials.credential import Credential
from sensor.parsing.credentials.refusals import fault, hands_out_key, is_challenge, json_refusal, refusal
from sensor.parsing.credentials.served import served_credentials
from sensor.parsing.formats.http_body import Body, Decoded
from sensor.parsing.formats.http_headers import Fields, media_type
from sensor.parsing.parser import Parsed
from sensor.parsing.sasl import unbase64

MAX_LOGINS = 32
"""Credentials of one request: a batch of set-up fields has a few."""

READ_ONLY_METHODS = frozenset(
    {"GET", "HEAD", "OPTIONS", "TRACE", "PROPFIND", "REPORT", "SEARCH", "SUBSCRIBE", "UNSUBSCRIBE", "NOTIFY"}
)
"""Methods that read or subscribe (RFC 9110 §9.2.1, RFC 4918, RFC 5323, UPnP Device Architecture 2.0 §4)."""

UNANSWERED_LIMIT = 64
"""Requests pending on one connection: browsers that pipelined sent fewer than 32."""

NOWHERE = Span(Side.CLIENT, 0, 0)

BODY_SCHEMES = frozenset(
    f"{scheme}{end}" for scheme in ("form", "json", "multipart", "query") for end in ("", "-hash", "-base64")
)
"""Logins that a request's own fields carry: its result in JSON answers them."""

_BLANK = Secret(b"")


@dataclass(slots=True)
class HttpExchange:
    """One request and, once it is there, its response."""

    method: str = ""
    path: str = ""
    resource: str = ""
    span: Span = NOWHERE
    control: bool = False
    upgrade: str | None = None
    """The protocol that the client wants to switch to: the Upgrade field's word, or ``connect``."""
    bodiless: bool = False
    """The request has no body."""
    has_credentials: bool = False
    """The request carries credentials, readable or not."""
    kind: str | None = None
    parameters: dict[str, str] = field(default_factory=dict)
    codings: list[str] = field(default_factory=list)
    logins: list[Login] = field(default_factory=list)
    accesses: list[Access] = field(default_factory=list)
    body_over: bool = True
    response_kind: str | None = None
    response_parameters: dict[str, str] = field(default_factory=dict)
    response_codings: list[str] = field(default_factory=list)
    status: int | None = None
    response_span: Span | None = None
    settled: bool = False
    answer_over: bool = True
    """The response's body was read, or says nothing about a login."""
    fault: bool = False
    """The response is a SOAP fault, whatever its status."""
    refusal: str | None = None
    """What in the response's body says no to the login."""
    undone: str | None = None
    """What in the response's body says that the request was not done."""
    hands_out: bool = False
    """The response's body hands out a key: the request was a login or a pairing."""
    challenge: bool = False
    """The response's body hands out what the next step of the login is computed with."""
    unauthenticated: bool = False
    """gRPC's UNAUTHENTICATED: the response refuses a login of any kind."""

    def moved(self, places: tuple[int, int]) -> HttpExchange:
        """The exchange of an upgraded connection, not yet answered. ``places``: where each side's next protocol begins;
        spans count from there."""

        def back(span: Span) -> Span:
            return Span(span.side, span.start - places[span.side], span.end - places[span.side])

        logins = [replace(login, spans=tuple(map(back, login.spans))) for login in self.logins]
        return replace(self, upgrade=None, span=back(self.span), logins=logins, status=None, response_span=None)

    def set_response_fields(self, fields: Fields) -> None:
        """Take media type and codings of the response's body from its fields."""
        self.response_kind, self.response_parameters = media_type(fields.get("content-type"))
        self.response_codings = fields.tokens("content-encoding")

    def add(self, credential: Credential, *spans: Span) -> None:
        """A credential of the request, held until the answer."""
        if len(self.logins) < MAX_LOGINS:
            self.has_credentials = True
            self.logins.append(credential.login(spans=spans or (self.span,)))

    def read_grpc_status(self, value: str | None) -> None:
        """How a call of gRPC went ("gRPC status codes": 0 OK, 16 UNAUTHENTICATED), under any status of HTTP."""
        if value is not None and value.isascii() and value.isdigit() and value.strip("0"):
            self.fault = True
            if value == "16":
                self.unauthenticated, self.refusal = True, "grpc-status 16"

    def await_answer(self, *, trailers: bool = False) -> None:
        """Hold logins until the response's body was read, where it (or ``trailers`` behind it) may say no."""
        if trailers:
            self.answer_over = False
        if self.settled or not (self.has_credentials or self.accesses or self.control or not self.body_over):
            return
        kind = self.response_kind or "text/plain"
        self.answer_over = not (kind.endswith(("json", "xml", "javascript")) or kind in ("text/plain", "text/html"))

    def read_answer(self, data: bytes) -> None:
        """Take from the response's decoded body what it says to the request's login."""
        self.answer_over = True
        if not self.has_credentials:
            self.undone, self.hands_out = refusal(data), hands_out_key(data)
        if ENVELOPE.search(data, 0, ROOT_ELEMENT_LIMIT):
            self.fault, words = fault(data)
            self.refusal = f"SOAP fault {words}" if words else None
        elif any(login.mechanism == "password" and login.scheme in BODY_SCHEMES for login in self.logins):
            self.refusal = json_refusal(data)
            self.challenge = is_challenge(data)

    def _answered(self, login: Login, spans: tuple[Span, ...]) -> Login:
        """The login with its response; with a fault, 200 does not mean that it was accepted."""
        if login.scheme == "referer":
            return replace(login, spans=(*login.spans, *spans))  # nobody logs in with it
        operation = login.operation or next((access.operation for access in self.accesses), None)
        login = replace(
            login,
            status=self.status,
            resource=self.resource or None,
            operation=operation,
            action=self.method or None,
            spans=(*login.spans, *spans),
        )
        if self.refusal and (login.mechanism == "password" or self.unauthenticated) and self.status not in (401, 407):
            return replace(login, accepted=False, basis=f"{self.refusal} with this login")
        return replace(login, resource=None) if self.fault else login

    def from_inner(self, event: Event) -> tuple[Event, ...]:
        """Hold logins and accesses of SOAP and NTLM until the request is answered; other events go on."""
        if not isinstance(event, Login | Access):
            return (event,)
        if isinstance(event, Login):
            event = replace(
                event,
                resource=event.resource or self.resource or None,
                spans=tuple(dict.fromkeys((*event.spans, self.span))),
            )
        if self.settled:
            return (replace(event, status=self.status),)
        if isinstance(event, Login):
            self.has_credentials = True
            self.logins.append(event)
        elif len(self.accesses) < UNANSWERED_LIMIT:
            self.accesses.append(event)
        return ()

    def served(self, found: Iterable[Credential], *spans: Span) -> Iterator[Login]:
        """The secrets that the response shows, but for those that the request brought."""
        brought = {login.secret for login in self.logins}
        for credential in found:
            if credential.secret not in brought:
                yield replace(credential.login(resource=self.resource or None, spans=(self.span, *spans)), served=True)

    def served_in_body(self, data: bytes, span: Span, *, complete: bool) -> Iterator[Login]:
        """The secrets in the response's decoded body."""
        if data and self.status is not None and 200 <= self.status < 300:
            yield from self.served(served_credentials(data, self.response_kind, whole=complete), span)

    def settle(self) -> Iterator[Event]:
        """Yield logins and accesses with the response's status, once, when the request's body is complete."""
        if self.settled or not self.body_over or not self.answer_over:
            return
        self.settled = True
        spans = (self.response_span,) if self.response_span else ()
        for login in self.logins:
            if self.challenge and login.secret == _BLANK:
                continue
            yield self._answered(login, spans)
        if self.status is None or self.has_credentials or not self.resource:
            return
        own = Access(resource=self.resource, action=self.method, granted=None, control=self.control)
        for access in self.accesses or [own]:
            yield replace(
                access,
                resource=access.resource or self.resource,
                granted=self._granted,
                status=self.status,
                spans=(self.span, *spans),
            )

    @property
    def _granted(self) -> bool | None:
        """Whether a request without a login was done: 200 alone says so only where the body does not say otherwise."""
        status = self.status or 0
        if status in (401, 403, 407) or self.refusal or self.undone:
            return False
        done = (200 <= status < 300 or status == 101) and not self.fault and not self.hands_out
        return True if done else None


SOAP_CHANNEL, UPNP_CHANNEL, RTSP_CHANNEL = 2, 3, 4
"""Channels of inner protocols; 0 and 1 are those of NTLM with the server and with a proxy, over several requests."""

ROOT_ELEMENT_LIMIT = 4096
"""Bytes in which an XML document's root element stands, after declaration and comment."""

ENVELOPE = expression(rb"<(?:[\w-]{1,40}:)?Envelope[\s>]")


RTSP_TUNNELLED = "application/x-rtsp-tunnelled"
"""RTSP through HTTP (Apple's "Tunnelling RTSP and RTP through HTTP"): one connection's response carries the server's
messages, the body of another connection's request the client's, in base64."""

_PIECE = expression(rb"[A-Za-z0-9+/]+={0,2}")


def _tunnelled(data: bytes) -> bytes:
    """The decoded messages; each was encoded on its own, with its own padding."""
    return b"".join(unbase64(piece) or b"" for piece in _PIECE.findall(data))


def bodiless_request(exchange: HttpExchange) -> Transfer:
    """The transfer of an exchange without any body: the request itself crossed."""
    return Transfer(
        side=Side.CLIENT,
        application="http",
        name=exchange.path or None,
        media_type="message/http",
        size=exchange.span.end - exchange.span.start,
        spans=(exchange.span,),
    )


_DESCRIPTION = b"urn:schemas-upnp-org:device"


def body_span(side: Side, body: Body, end: int) -> Span:
    """Where the stored beginning of a body stands that ended at ``end``."""
    return Span(side, body.start, max(body.start + 1, min(end, body.start + len(body.data))))


BOMB = "a body that grows beyond all proportion when decoded; further ones of this connection are not decoded"


def body_events(
    side: Side,
    exchange: HttpExchange,
    body: Body,
    unpack: Callable[[bytes, list[str]], Decoded],
    *,
    complete: bool,
    end: int,
    head: Span,
) -> Iterator[tuple[bytes, Parsed]]:
    """The events of a finished body, each with the decoded bytes: its `Transfer`, and the protocols inside it."""
    request = side is Side.CLIENT
    kind = exchange.kind if request else exchange.response_kind
    decoded = unpack(bytes(body.data), exchange.codings if request else exchange.response_codings)
    data = decoded.data
    if decoded.bomb:
        yield data, Weird(name="decompression_bomb", detail=BOMB)
    yield (
        data,
        Transfer(
            side=side,
            application="http",
            name=exchange.path or None,
            media_type=kind,
            size=body.size,
            data=data,
            control=request and exchange.control and bool(ENVELOPE.search(data, 0, ROOT_ELEMENT_LIMIT)),
            complete=complete,
            spans=(head, body_span(side, body, end)),
        ),
    )
    if kind == RTSP_TUNNELLED:
        yield data, Inner(_tunnelled(data) if request else data, "rtsp", side, RTSP_CHANNEL)
        return
    beginning = data[:ROOT_ELEMENT_LIMIT]
    if b"<" not in beginning[:64]:
        return
    if ENVELOPE.search(beginning):
        yield data, Inner(data, "soap", side, SOAP_CHANNEL)
    elif not request and _DESCRIPTION in beginning and b"<root" in beginning:
        yield data, Inner(data, "upnp", side, UPNP_CHANNEL)
