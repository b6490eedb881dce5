"""CoAP over UDP: resources used without a login, readable payloads, and requested URLs.

RFC 7252; block-wise transfers by RFC 7959, Observe by RFC 7641. CoAP itself has no login: a device that accepts a
change without one answers 2.01 to 2.04 to a POST, PUT, PATCH or DELETE. Devices that want a login take it in the query
or the payload, read as those of HTTP; ``status`` is the response's code (4.01 is 401). A payload under OSCORE (RFC
8613) is encrypted and not reported.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Iterator
from dataclasses import field, replace

from sensor.events import DATA_LIMIT, Access, Content, Login, Span, Transfer
from sensor.light_dataclass import dataclass
from sensor.model import Side, Transport
from sensor.parsing.credentials.credential import Credential
from sensor.parsing.credentials.http_fields import Target, body_credentials
from sensor.parsing.cursor import Cursor, Malformed
from sensor.parsing.parser import DatagramParser, Match, Opening, Parsed, Protocol
from sensor.parsing.repeated_messages import MessageFolding
from sensor.protocols.coap.message import (
    BLOCK1,
    BLOCK2,
    FORMAT,
    MEDIA_TYPES,
    OBSERVE,
    OPTIONS,
    OSCORE,
    RESPONSES,
    URI_PATH,
    URI_QUERY,
    CoapMessage,
    more_follows,
    read,
    texts,
)

METHODS = {1: "get", 2: "post", 3: "put", 4: "delete", 5: "fetch", 6: "patch", 7: "ipatch"}
CONTROL = frozenset({2, 3, 4, 6, 7})
"""Methods that change something: POST, PUT, DELETE (RFC 7252), PATCH and iPATCH (RFC 8132)."""

CONTINUE = 0x5F
"""2.31: go on with the next block (RFC 7959, clause 2.9.1)."""

REQUESTS = 64
"""Pending or observed requests of a flow; RFC 7252 allows one outstanding at a time, observers have several."""

MESSAGE_IDS = 32
"""Message ids of a side stored to recognise a retransmission (RFC 7252, clause 4.2: within 45 seconds)."""

REPORTED_LIMIT = 256
"""Accesses and URLs of one flow, each reported once; a device has some dozen resources."""

BODIES = 4
"""Block-wise transfers at a time, each of at most `DATA_LIMIT` bytes in memory."""


@dataclass(slots=True)
class _Request:
    path: str
    method: int
    span: Span
    logins: list[Login] = field(default_factory=list)


@dataclass(slots=True)
class _Body:
    """A block-wise transfer; ``size`` counts the bytes received so far."""

    data: bytearray = field(default_factory=bytearray)
    size: int = 0
    spans: list[Span] = field(default_factory=list)


class Coap(DatagramParser):
    """Requests and responses between two endpoints; either end may send requests."""

    def __init__(self, hint: object = None) -> None:
        super().__init__(hint)
        self._requests: OrderedDict[tuple[Side, bytes], _Request] = OrderedDict()
        self._message_ids: tuple[OrderedDict[int, None], OrderedDict[int, None]] = (OrderedDict(), OrderedDict())
        self._reported: set[object] = set()
        self._bodies: OrderedDict[tuple[Side, str], _Body] = OrderedDict()
        self._folding = MessageFolding()

    def datagram(self, side: Side, cursor: Cursor) -> Iterator[Parsed]:
        """One message (RFC 7252, clause 3)."""
        message = read(cursor)
        message_ids = self._message_ids[side]
        if message.code == 0 or message.identifier in message_ids:
            return
        message_ids[message.identifier] = None
        if len(message_ids) > MESSAGE_IDS:
            message_ids.popitem(last=False)
        if message.code in METHODS:
            yield from self._request(side, message)
        elif message.code in RESPONSES:
            yield from self._response(side, message)
        else:
            raise Malformed("unknown code")

    def _request(self, side: Side, message: CoapMessage) -> Iterator[Parsed]:
        path, query = "/" + "/".join(texts(message, URI_PATH)), texts(message, URI_QUERY)
        target = Target((path + ("?" + "&".join(query) if query else "")).encode())
        request = _Request(target.path, message.code, self.here())
        self._add_logins(side, request, target.found)
        yield from self._report_logins(self._requests.pop((side, message.token), None))
        self._requests[side, message.token] = request
        if len(self._requests) > REQUESTS:
            yield from self._report_logins(self._requests.popitem(last=False)[1])
        if query and self._first_time(("url", target.url)):
            yield Content(side=side, name="url", data=target.url.encode())
        yield from self._payload(side, target.path, message, BLOCK1, request)

    def _add_logins(self, side: Side, request: _Request, credentials: Iterable[Credential]) -> None:
        """Hold a request's logins until its response."""
        for credential in credentials:
            login = credential.login(resource=request.path, spans=(request.span,), verifier=side.other)
            request.logins.append(login)

    def _report_logins(self, request: _Request | None, status: int | None = None) -> Iterator[Parsed]:
        """Report the logins of a request, with its response's code if there is one."""
        if request is not None:
            answer = () if status is None else (self.here(),)
            for login in request.logins:
                yield replace(login, status=status, spans=(*login.spans, *answer))
            request.logins = []

    def _response(self, side: Side, message: CoapMessage) -> Iterator[Parsed]:
        request = self._requests.get((side.other, message.token))
        path = request.path if request is not None else ""
        if request is not None and message.code != CONTINUE:
            status = (message.code >> 5) * 100 + (message.code & 31)
            if request.logins:
                yield from self._report_logins(request, status)
            else:
                yield from self._access(request, status)
            if not any(number == OBSERVE for number, _ in message.options) and not more_follows(message, BLOCK2):
                self._requests.pop((side.other, message.token), None)
        yield from self._payload(side, path, message, BLOCK2, None)

    def _access(self, request: _Request, status: int) -> Iterator[Parsed]:
        """A resource used without a login, or refused; only 4.01 and 4.03 are refusals."""
        action, granted = METHODS[request.method], status < 400
        if (granted or status in (401, 403)) and self._first_time((request.path, action, granted)):
            yield Access(
                resource=request.path,
                action=action,
                granted=granted,
                control=request.method in CONTROL,
                status=status,
                spans=(request.span, self.here()),
            )

    def _first_time(self, key: object) -> bool:
        if key in self._reported or len(self._reported) >= REPORTED_LIMIT:
            return False
        self._reported.add(key)
        return True

    def _payload(
        self, side: Side, path: str, message: CoapMessage, block: int, request: _Request | None
    ) -> Iterator[Parsed]:
        """A body, alone or as one of several blocks (RFC 7959, clause 2.2)."""
        if not message.payload or any(number == OSCORE for number, _ in message.options):
            return
        code = next((int.from_bytes(value, "big") for number, value in message.options if number == FORMAT), None)
        media = None if code is None else MEDIA_TYPES.get(code, f"content-format {code}")
        number = next((int.from_bytes(value, "big") >> 4 for option, value in message.options if option == block), None)
        here = self.here()
        if number is None or (number == 0 and not more_follows(message, block)):
            yield from self._transfer(side, path, media, request, message.payload, len(message.payload), (here,))
            return
        if number == 0:
            self._bodies[side, path] = _Body()
            if len(self._bodies) > BODIES:
                self._bodies.popitem(last=False)
        body = self._bodies.get((side, path))
        if body is None:
            # The first block was before the capture: this one is reported alone.
            yield from self._transfer(
                side, path, media, request, message.payload, len(message.payload), (here,), complete=False
            )
            return
        body.data += message.payload[: DATA_LIMIT - len(body.data)]
        body.size += len(message.payload)
        if len(body.spans) < 8:
            body.spans.append(here)
        if not more_follows(message, block):
            del self._bodies[side, path]
            yield from self._transfer(side, path, media, request, bytes(body.data), body.size, tuple(body.spans))

    def _transfer(
        self,
        side: Side,
        path: str,
        media: str | None,
        request: _Request | None,
        data: bytes,
        size: int,
        spans: tuple[Span, ...],
        complete: bool = True,
    ) -> Iterator[Parsed]:
        folded_size = self._folding.add(side, path, size, data)
        if folded_size is not None:
            if request is not None:
                self._add_logins(side, request, body_credentials(data, media, "", whole=complete))
            yield Transfer(
                side=side,
                application="coap",
                name=path or None,
                media_type=media,
                size=folded_size,
                data=data,
                control=request is not None and request.method in CONTROL,
                complete=complete,
                spans=spans,
            )

    def close(self) -> Iterator[Parsed]:
        """Report logins without a response, incomplete block-wise transfers, and the sizes of folded ones."""
        for request in self._requests.values():
            yield from self._report_logins(request)
        for (side, path), body in self._bodies.items():
            yield Transfer(
                side=side,
                application="coap",
                name=path or None,
                size=body.size,
                data=bytes(body.data),
                complete=False,
                spans=tuple(body.spans),
            )
        for side, path, size in self._folding.rest():
            yield Transfer(side=side, application="coap", name=path or None, size=size)


def recognise(opening: Opening) -> Match:
    """CoAP to the end, with registered codes and options; on other ports only a request with a readable path."""
    data = opening.client or opening.server
    if not data or data[0] >> 6 != 1:
        return Match.NO
    try:
        message = read(Cursor(data))
    except Malformed:
        return Match.NO
    if any(number not in OPTIONS for number, _ in message.options):
        return Match.NO
    on_port = 5683 in (opening.client_port, opening.server_port)
    if message.code == 0:
        return Match.WEAK if on_port and len(data) == 4 else Match.NO
    if message.code in RESPONSES:
        return Match.WEAK if on_port else Match.NO
    if message.code not in METHODS:
        return Match.NO
    path = [value for number, value in message.options if number == URI_PATH]
    readable = (
        bool(path)
        and all(value.isascii() and value.decode().isprintable() for value in path)
        and len(b"".join(path)) >= 2
    )
    return Match.WEAK if readable or on_port else Match.NO


PROTOCOL = Protocol(
    name="coap",
    title="CoAP",
    offers="its resources",
    telemetry=True,
    publishes=True,
    parser=Coap,
    transports=frozenset({Transport.UDP}),
    recognise=recognise,
    opens=rb"[\x40-\x7f]",
    ports=frozenset({5683}),
)
