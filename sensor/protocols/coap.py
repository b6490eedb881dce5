"""CoAP over UDP into resources used without a login, payloads that crossed readable, and the URLs asked for.

RFC 7252; block-wise transfers by RFC 7959, Observe by RFC 7641. CoAP itself knows no login: a device that lets strangers change something says so with
2.01 to 2.04 to a POST, PUT, PATCH or DELETE. A payload under OSCORE (RFC 8613) is encrypted and not told.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from sensor.events import DATA_LIMIT, Access, Content, Span, Transfer
from sensor.model import Side, Transport
from sensor.protocols._cursor import Cursor, Malformed
from sensor.protocols._folding import Folding
from sensor.protocols._parser import DatagramParser, Match, Opening, Protocol, Said

METHODS = {1: "get", 2: "post", 3: "put", 4: "delete", 5: "fetch", 6: "patch", 7: "ipatch"}
CONTROL = frozenset({2, 3, 4, 6, 7})
"""Methods that change something: POST, PUT, DELETE (RFC 7252), PATCH and iPATCH (RFC 8132)."""

RESPONSES = frozenset(
    {0x41, 0x42, 0x43, 0x44, 0x45, 0x5F, 0x80, 0x81, 0x82, 0x83, 0x84, 0x85, 0x86, 0x88, 0x89, 0x8C, 0x8D, 0x8F, 0x96, 0x9D, 0xA0, 0xA1, 0xA2, 0xA3, 0xA4, 0xA5, 0xA8}
)
"""Registered response codes, class in the upper three bits (IANA CoRE parameters)."""

OPTIONS = frozenset({1, 3, 4, 5, 6, 7, 8, 9, 11, 12, 14, 15, 16, 17, 19, 20, 21, 23, 27, 28, 31, 35, 39, 60, 252, 258, 292})
"""Registered option numbers; a datagram with another one is hardly CoAP."""

URI_HOST, OBSERVE, OSCORE, URI_PATH, FORMAT, URI_QUERY, BLOCK2, BLOCK1 = 3, 6, 9, 11, 12, 15, 23, 27

MEDIA_TYPES = {
    0: "text/plain",
    40: "application/link-format",
    41: "application/xml",
    42: "application/octet-stream",
    50: "application/json",
    60: "application/cbor",
    110: "application/senml+json",
    112: "application/senml+cbor",
    11542: "application/vnd.oma.lwm2m+tlv",
    11543: "application/vnd.oma.lwm2m+json",
}
"""Content-Formats (IANA) that devices send."""

REQUESTS = 64
"""Requests of a flow whose answer is awaited or that are observed; RFC 7252 allows one outstanding at a time, observers keep some."""

MESSAGE_IDS = 32
"""Message ids of a side that are remembered to know a retransmission (RFC 7252, clause 4.2: within 45 seconds)."""

TOLD = 256
"""Uses and URLs of one flow that are told once each; a device has some dozen resources."""

BODIES = 4
"""Block-wise transfers at a time, each of at most `DATA_LIMIT` bytes in memory."""


class _Message(NamedTuple):
    kind: int
    code: int
    identifier: int
    token: bytes
    options: list[tuple[int, bytes]]
    payload: bytes


@dataclass(slots=True)
class _Request:
    path: str
    method: int
    span: Span


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
        message = _read(cursor)
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

    def _request(self, side: Side, message: _Message) -> Iterator[Said]:
        path = "/" + "/".join(_texts(message, URI_PATH))
        self._requests[side, message.token] = _Request(path, message.code, self.here())
        if len(self._requests) > REQUESTS:
            self._requests.popitem(last=False)
        query = _texts(message, URI_QUERY)
        if query and self._once(("url", path, *query)):
            yield Content(side=side, name="url", data=f"{path}?{'&'.join(query)}".encode())
        yield from self._payload(side, path, message, BLOCK1, message.code in CONTROL)

    def _response(self, side: Side, message: _Message) -> Iterator[Said]:
        request = self._requests.get((side.other, message.token))
        path = request.path if request is not None else ""
        if request is not None and message.code != 0x5F:
            action, granted = METHODS[request.method], message.code < 0x80
            refused = message.code in (0x81, 0x83)
            control = request.method in CONTROL
            if (granted or refused) and self._once((path, action, granted)):
                status = (message.code >> 5) * 100 + (message.code & 31)
                spans = (request.span, self.here())
                yield Access(resource=path, action=action, granted=granted, control=control, status=status, spans=spans)
            if not any(number == OBSERVE for number, _ in message.options) and not _more(message, BLOCK2):
                self._requests.pop((side.other, message.token), None)
        yield from self._payload(side, path, message, BLOCK2, False)

    def _once(self, key: object) -> bool:
        if key in self._told or len(self._told) >= TOLD:
            return False
        self._told.add(key)
        return True

    def _payload(self, side: Side, path: str, message: _Message, block: int, control: bool) -> Iterator[Said]:
        """A body, alone or as one of several blocks (RFC 7959, clause 2.2)."""
        if not message.payload or any(number == OSCORE for number, _ in message.options):
            return
        code = next((int.from_bytes(value, "big") for number, value in message.options if number == FORMAT), None)
        media = None if code is None else MEDIA_TYPES.get(code, f"content-format {code}")
        number = next((int.from_bytes(value, "big") >> 4 for option, value in message.options if option == block), None)
        here = self.here()
        if number is None or (number == 0 and not _more(message, block)):
            yield from self._whole(side, path, media, control, message.payload, len(message.payload), (here,))
            return
        if number == 0:
            self._bodies[side, path] = _Body()
            if len(self._bodies) > BODIES:
                self._bodies.popitem(last=False)
        body = self._bodies.get((side, path))
        if body is None:
            # The first block was before the capture: this one stands for itself.
            yield from self._whole(side, path, media, control, message.payload, len(message.payload), (here,), complete=False)
            return
        body.data += message.payload[: DATA_LIMIT - len(body.data)]
        body.size += len(message.payload)
        if len(body.spans) < 8:
            body.spans.append(here)
        if not _more(message, block):
            del self._bodies[side, path]
            yield from self._whole(side, path, media, control, bytes(body.data), body.size, tuple(body.spans))

    def _whole(
        self, side: Side, path: str, media: str | None, control: bool, data: bytes, size: int, spans: tuple[Span, ...], complete: bool = True
    ) -> Iterator[Said]:
        told = self._folding.add(side, path, size, data)
        if told is not None:
            yield Transfer(
                side=side, application="coap", name=path or None, media_type=media, size=told, data=data, control=control, complete=complete, spans=spans
            )

    def close(self) -> Iterator[Said]:
        """Bodies whose last block did not come, and the sizes of folded ones."""
        for (side, path), body in self._bodies.items():
            yield Transfer(side=side, application="coap", name=path or None, size=body.size, data=bytes(body.data), complete=False, spans=tuple(body.spans))
        for side, path, size in self._folding.rest():
            yield Transfer(side=side, application="coap", name=path or None, size=size)


def _texts(message: _Message, number: int) -> list[str]:
    return [value.decode("utf-8", "backslashreplace") for option, value in message.options if option == number]


def _more(message: _Message, block: int) -> bool:
    """The M bit of a block option (RFC 7959, clause 2.2)."""
    return any(option == block and value and value[-1] & 8 for option, value in message.options)


def _extended(cursor: Cursor, nibble: int) -> int:
    """Option delta or length beyond 12 (RFC 7252, clause 3.1)."""
    if nibble == 13:
        return cursor.u8() + 13
    if nibble == 14:
        return cursor.u16() + 269
    if nibble == 15:
        raise Malformed("reserved option nibble")
    return nibble


def _read(cursor: Cursor) -> _Message:
    first = cursor.u8()
    if first >> 6 != 1 or first & 0x0F > 8:
        raise Malformed("not CoAP version 1")
    code, identifier = cursor.u8(), cursor.u16()
    token = cursor.take(first & 0x0F)
    options: list[tuple[int, bytes]] = []
    number = 0
    while cursor.remaining:
        octet = cursor.u8()
        if octet == 0xFF:
            if not cursor.remaining:
                raise Malformed("payload marker without a payload")
            return _Message(first >> 4 & 3, code, identifier, token, options, cursor.rest())
        number += _extended(cursor, octet >> 4)
        options.append((number, cursor.take(_extended(cursor, octet & 0x0F))))
    return _Message(first >> 4 & 3, code, identifier, token, options, b"")


def recognise(opening: Opening) -> Match:
    """Reads as CoAP to the end, with registered codes and options; away from its port only a request with a readable path will do."""
    data = opening.client or opening.server
    if not data or data[0] >> 6 != 1:
        return Match.NO
    try:
        message = _read(Cursor(data))
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
    readable = bool(path) and all(value.isascii() and value.decode().isprintable() for value in path) and len(b"".join(path)) >= 2
    return Match.WEAK if readable or home else Match.NO


PROTOCOL = Protocol(
    name="coap",
    parser=Coap,
    transports=frozenset({Transport.UDP}),
    recognise=recognise,
    ports=frozenset({5683}),
)
