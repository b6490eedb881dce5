"""CoAP over UDP into resources used without a login, payloads that crossed readable, and the URLs asked for.

RFC 7252; block-wise transfers by RFC 7959, Observe by RFC 7641. CoAP itself knows no login: a device that lets strangers change something says so with
2.01 to 2.04 to a POST, PUT, PATCH or DELETE. Devices that want one take it in the query or in the payload, read as those of HTTP are; ``status`` is the
answer's code (4.01 is 401). A payload under OSCORE (RFC 8613) is encrypted and not told.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace

from sensor.events import DATA_LIMIT, Access, Content, Login, Span, Transfer
from sensor.model import Side, Transport
from sensor.parsing.credentials.credential import Credential
from sensor.parsing.credentials.http_fields import Target, body_credentials
from sensor.parsing.cursor import Cursor, Malformed
from sensor.parsing.parser import DatagramParser, Match, Opening, Protocol, Said
from sensor.parsing.repeated_messages import Folding
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
"""Requests of a flow whose answer is awaited or that are observed; RFC 7252 allows one outstanding at a time, observers keep some."""

MESSAGE_IDS = 32
"""Message ids of a side that are remembered to know a retransmission (RFC 7252, clause 4.2: within 45 seconds)."""

TOLD = 256
"""Uses and URLs of one flow that are told once each; a device has some dozen resources."""

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
    """A body that comes in blocks; ``size`` is what came so far."""

    data: bytearray = field(default_factory=bytearray)
    size: int = 0
    spans: list[Span] = field(default_factory=list)


class Coap(DatagramParser):
    """Requests and responses between two endpoints; either end may ask."""

    def __init__(self, hint: object = None) -> None:
        super().__init__(hint)
        self._requests: OrderedDict[tuple[Side, bytes], _Request] = OrderedDict()
        self._seen: tuple[OrderedDict[int, None], OrderedDict[int, None]] = (OrderedDict(), OrderedDict())
        self._told: set[object] = set()
        self._bodies: OrderedDict[tuple[Side, str], _Body] = OrderedDict()
        self._folding = Folding()

    def datagram(self, side: Side, cursor: Cursor) -> Iterator[Said]:
        """One message (RFC 7252, clause 3)."""
        message = read(cursor)
        seen = self._seen[side]
        if message.code == 0 or message.identifier in seen:
            return
        seen[message.identifier] = None
        if len(seen) > MESSAGE_IDS:
            seen.popitem(last=False)
        if message.code in METHODS:
            yield from self._request(side, message)
        elif message.code in RESPONSES:
            yield from self._response(side, message)
        else:
            raise Malformed("unknown code")

    def _request(self, side: Side, message: CoapMessage) -> Iterator[Said]:
        asked, query = "/" + "/".join(texts(message, URI_PATH)), texts(message, URI_QUERY)
        target = Target((asked + ("?" + "&".join(query) if query else "")).encode())
        request = _Request(target.path, message.code, self.here())
        self._hold(side, request, target.found)
        yield from self._settle(self._requests.pop((side, message.token), None))
        self._requests[side, message.token] = request
        if len(self._requests) > REQUESTS:
            yield from self._settle(self._requests.popitem(last=False)[1])
        if query and self._once(("url", target.url)):
            yield Content(side=side, name="url", data=target.url.encode())
        yield from self._payload(side, target.path, message, BLOCK1, request)

    def _hold(self, side: Side, request: _Request, found: Iterable[Credential]) -> None:
        """Keep a request's logins until its answer is known."""
        for one in found:
            login = Login(
                mechanism=one.mechanism,
                username=one.username,
                secret=one.secret,
                scheme=one.scheme,
                clear=one.clear,
                name=one.name,
                resource=request.path,
                spans=(request.span,),
                asked_by=side.other,
            )
            request.logins.append(login)

    def _settle(self, request: _Request | None, status: int | None = None) -> Iterator[Said]:
        """Tell the logins of a request, with its answer's code if there was one."""
        if request is not None:
            answer = () if status is None else (self.here(),)
            for login in request.logins:
                yield replace(login, status=status, spans=(*login.spans, *answer))
            request.logins = []

    def _response(self, side: Side, message: CoapMessage) -> Iterator[Said]:
        request = self._requests.get((side.other, message.token))
        path = request.path if request is not None else ""
        if request is not None and message.code != CONTINUE:
            status = (message.code >> 5) * 100 + (message.code & 31)
            if request.logins:
                yield from self._settle(request, status)
            else:
                yield from self._use(request, status)
            if not any(number == OBSERVE for number, _ in message.options) and not more_follows(message, BLOCK2):
                self._requests.pop((side.other, message.token), None)
        yield from self._payload(side, path, message, BLOCK2, None)

    def _use(self, request: _Request, status: int) -> Iterator[Said]:
        """A resource that answered without a login, or refused to; anything but 4.01 and 4.03 is no refusal."""
        action, granted = METHODS[request.method], status < 400
        if (granted or status in (401, 403)) and self._once((request.path, action, granted)):
            yield Access(
                resource=request.path,
                action=action,
                granted=granted,
                control=request.method in CONTROL,
                status=status,
                spans=(request.span, self.here()),
            )

    def _once(self, key: object) -> bool:
        if key in self._told or len(self._told) >= TOLD:
            return False
        self._told.add(key)
        return True

    def _payload(
        self, side: Side, path: str, message: CoapMessage, block: int, request: _Request | None
    ) -> Iterator[Said]:
        """A body, alone or as one of several blocks (RFC 7959, clause 2.2)."""
        if not message.payload or any(number == OSCORE for number, _ in message.options):
            return
        code = next((int.from_bytes(value, "big") for number, value in message.options if number == FORMAT), None)
        media = None if code is None else MEDIA_TYPES.get(code, f"content-format {code}")
        number = next((int.from_bytes(value, "big") >> 4 for option, value in message.options if option == block), None)
        here = self.here()
        if number is None or (number == 0 and not more_follows(message, block)):
            yield from self._whole(side, path, media, request, message.payload, len(message.payload), (here,))
            return
        if number == 0:
            self._bodies[side, path] = _Body()
            if len(self._bodies) > BODIES:
                self._bodies.popitem(last=False)
        body = self._bodies.get((side, path))
        if body is None:
            # The first block was before the capture: this one stands for itself.
            yield from self._whole(
                side, path, media, request, message.payload, len(message.payload), (here,), complete=False
            )
            return
        body.data += message.payload[: DATA_LIMIT - len(body.data)]
        body.size += len(message.payload)
        if len(body.spans) < 8:
            body.spans.append(here)
        if not more_follows(message, block):
            del self._bodies[side, path]
            yield from self._whole(side, path, media, request, bytes(body.data), body.size, tuple(body.spans))

    def _whole(
        self,
        side: Side,
        path: str,
        media: str | None,
        request: _Request | None,
        data: bytes,
        size: int,
        spans: tuple[Span, ...],
        complete: bool = True,
    ) -> Iterator[Said]:
        told = self._folding.add(side, path, size, data)
        if told is not None:
            if request is not None:
                self._hold(side, request, body_credentials(data, media, "", whole=complete))
            yield Transfer(
                side=side,
                application="coap",
                name=path or None,
                media_type=media,
                size=told,
                data=data,
                control=request is not None and request.method in CONTROL,
                complete=complete,
                spans=spans,
            )

    def close(self) -> Iterator[Said]:
        """Logins without an answer, bodies whose last block did not come, the sizes of folded ones."""
        for request in self._requests.values():
            yield from self._settle(request)
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
    """Reads as CoAP to the end, with registered codes and options; away from its port only a request with a readable path will do."""
    data = opening.client or opening.server
    if not data or data[0] >> 6 != 1:
        return Match.NO
    try:
        message = read(Cursor(data))
    except Malformed:
        return Match.NO
    if any(number not in OPTIONS for number, _ in message.options):
        return Match.NO
    home = 5683 in (opening.client_port, opening.server_port)
    if message.code == 0:
        return Match.WEAK if home and len(data) == 4 else Match.NO
    if message.code in RESPONSES:
        return Match.WEAK if home else Match.NO
    if message.code not in METHODS:
        return Match.NO
    path = [value for number, value in message.options if number == URI_PATH]
    readable = (
        bool(path)
        and all(value.isascii() and value.decode().isprintable() for value in path)
        and len(b"".join(path)) >= 2
    )
    return Match.WEAK if readable or home else Match.NO


PROTOCOL = Protocol(
    name="coap",
    parser=Coap,
    transports=frozenset({Transport.UDP}),
    recognise=recognise,
    ports=frozenset({5683}),
)
