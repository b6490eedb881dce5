"""SIP (RFC 3261) over UDP and TCP: digest logins with their status, access, media, user agents.

A login's answer is a final status, as in HTTP: ``accepted`` stays None and the contrast decides. ``Login.secret`` is
hashcat's mode 11400 (see `sensor.parsing.credentials.credential`). SDES keys (RFC 4568) that a session description
carries in the clear are logins of mechanism ``key``.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterator
from dataclasses import replace

from sensor.events import Access, Content, Login, Span, Transfer
from sensor.lazy_pattern import expression
from sensor.light_dataclass import dataclass
from sensor.model import Secret, Side, Transport
from sensor.parsing.attributes import attribute_events
from sensor.parsing.credentials.credential import authorization, realm
from sensor.parsing.cursor import Cursor, Malformed
from sensor.parsing.formats.http_headers import (
    Fields,
    field_name,
    head_end,
    media_type,
    parse_head,
    request_line,
    status_line,
    text,
)
from sensor.parsing.formats.sdp import expectations, streams
from sensor.parsing.header_framing import BODY_LIMIT, HeadedParser, body_length
from sensor.parsing.parser import DatagramParser, Match, Opening, Parsed, Protocol

PENDING_LIMIT = 64
"""Requests that may await their final answer: a phone has a handful, a trunk's registrar more, one flow few."""

REMEMBERED = 256
"""Agents, realms and keys of one flow that are reported once."""

HEADERS = 32
"""Header blocks of one flow that are searched for personal data: they repeat."""

KEEP_ALIVE = 8
"""Bytes of a datagram that only keeps a NAT's binding: CRLF (RFC 5626 §3.5), four zeros, "jaK", "hello"."""

HEADER_LIMIT = 8 * 1024

COMPACT = {
    "i": "call-id",
    "f": "from",
    "t": "to",
    "v": "via",
    "l": "content-length",
    "c": "content-type",
    "m": "contact",
    "e": "content-encoding",
    "s": "subject",
    "k": "supported",
}
"""RFC 3261 §7.3.3."""

BRANCH = expression(r";[ \t]*branch[ \t]*=[ \t]*([^\s;,]{1,255})", re.IGNORECASE)
NEEDS_RIGHTS = {"REGISTER": True, "INVITE": True, "MESSAGE": True, "PUBLISH": True, "REFER": True, "SUBSCRIBE": False}
"""Methods that need a right, and whether they control (RFC 3261, 3428, 3903, 3515, 6665)."""


@dataclass(slots=True)
class _PendingRequest:
    """A request without its final answer."""

    method: str
    resource: str
    side: Side
    span: Span
    logins: list[Login]


def _resource(target: bytes) -> str:
    """A request URI without password, parameters and headers (RFC 3261 §19.1.1)."""
    bare = re.split(r"[;?]", text(target[:1024]), maxsplit=1)[0]
    return re.sub(r"^(sips?:[^:@]{0,256}):[^@]{0,256}@", r"\1@", bare)


class SipMessages:
    """The messages of one flow, over either transport."""

    def __init__(self) -> None:
        self._pending: dict[tuple[str, str], _PendingRequest] = {}
        self._final: deque[tuple[str, str]] = deque(maxlen=PENDING_LIMIT)
        self._reported: set[object] = set()
        self._headers = 0

    def _is_new(self, fact: object) -> bool:
        if fact in self._reported or len(self._reported) >= REMEMBERED:
            return False
        self._reported.add(fact)
        return True

    def read(self, side: Side, line: bytes, fields: Fields, body: bytes, span: Span) -> Iterator[Parsed]:
        """One message of ``side``."""
        fields = Fields([(COMPACT.get(name, name), value) for name, value in fields.items])
        request = request_line(line)
        sequence = (fields.get("cseq") or "").split()
        # RFC 3261 §17.1.3: the topmost Via's branch pairs them, for attempts may share Call-ID and CSeq.
        branch = BRANCH.search((fields.get("via") or "").partition(",")[0])
        call = fields.get("call-id")
        key = (f"{call} {branch[1] if branch else ''}" if call else "", " ".join(sequence[:2]))
        agent = fields.get("user-agent")
        if agent and self._is_new(("sip.user_agent", agent, side)):
            yield from attribute_events("sip.user_agent", agent, side)
        if request:
            yield from self._request(side, request.method, request.target, fields, key, span)
        else:
            status = status_line(line)
            if status is None:
                raise Malformed("neither request nor status line")
            yield from self._answer(side, status.code, fields, key, span)
        if body:
            resource = _resource(request.target) if request else None
            yield from self._body(side, resource, fields, body, span)

    def _request(
        self, side: Side, method: str, target: bytes, fields: Fields, key: tuple[str, str], span: Span
    ) -> Iterator[Parsed]:
        resource = _resource(target)
        source = re.search(r"\s([^\s;:,]{1,255}|\[[0-9a-fA-F:.]{2,45}\])", fields.get("via") or "")
        ends = (
            source[1] if source else "",
            resource.rpartition("@")[2].partition(":")[2]
            if "@" not in resource
            else resource.rpartition("@")[2].partition(":")[0],
        )
        logins: list[Login] = []
        for name in ("authorization", "proxy-authorization"):
            for value in fields.all(name)[:4]:
                found = authorization(value, method, sip=ends)
                if found:
                    found = replace(found, name=field_name(name))
                    logins.append(found.login(resource=resource, verifier=side.other, spans=(span,)))
        if method in NEEDS_RIGHTS and self._headers < HEADERS:
            self._headers += 1
            safe = [f"{n}: {text(v)}" for n, v in fields.items if n not in ("authorization", "proxy-authorization")]
            yield Content(
                side=side, name="header", data="\n".join([resource, *safe]).encode("utf-8", "replace")[:HEADER_LIMIT]
            )
        if method in ("ACK", "CANCEL"):
            # RFC 3261 §22.1: an ACK repeats the INVITE's credentials and is never answered.
            return
        if logins:
            # Some repeat a request with credentials under its first number (RFC 3261 §22.2 wants the next one).
            key = (key[0], f"{key[1]} login")
        if key in self._final or not key[0]:
            return
        if key not in self._pending and len(self._pending) >= PENDING_LIMIT:
            yield from self._pending.pop(next(iter(self._pending))).logins
        if key not in self._pending:
            self._pending[key] = _PendingRequest(method, resource, side, span, logins)

    def _answer(self, side: Side, code: int, fields: Fields, key: tuple[str, str], span: Span) -> Iterator[Parsed]:
        server = fields.get("server")
        if server and self._is_new(("sip.server", server, side)):
            yield from attribute_events("sip.server", server, side)
        for value in fields.all("www-authenticate") + fields.all("proxy-authenticate"):
            challenge_realm = realm(value)
            if challenge_realm and self._is_new(("sip.realm", challenge_realm, side)):
                yield from attribute_events("sip.realm", challenge_realm, side)
        if (key[0], f"{key[1]} login") in self._pending:
            key = (key[0], f"{key[1]} login")
        if code < 200 or key not in self._pending:
            return
        request = self._pending.pop(key)
        self._final.append(key)
        for login in request.logins:
            yield replace(login, status=code, spans=(*login.spans, span))
        if not request.logins and request.method in NEEDS_RIGHTS:
            granted = True if code < 300 else False if code in (401, 403, 407) else None
            yield Access(
                resource=request.resource,
                action=request.method,
                granted=granted,
                control=NEEDS_RIGHTS[request.method],
                status=code,
                spans=(request.span, span),
            )

    def _body(self, side: Side, resource: str | None, fields: Fields, body: bytes, span: Span) -> Iterator[Parsed]:
        kind, _ = media_type(fields.get("content-type"))
        size = max(body_length(fields), len(body))
        yield Transfer(
            side=side,
            application="sip",
            name=resource,
            media_type=kind,
            size=size,
            data=body,
            complete=size == len(body),
        )
        if kind != "application/sdp" and not body.startswith(b"v=0"):
            return
        for stream in streams(body):
            for key in stream.keys:
                secret = Secret(key)
                if self._is_new(("sdes", secret)):
                    yield Login(
                        mechanism="key",
                        username=None,
                        secret=secret,
                        scheme="sdes",
                        name="a=crypto",
                        verifier=side.other,
                        spans=(span,),
                    )
            yield from expectations(stream, side)

    def unanswered(self) -> Iterator[Parsed]:
        """Logins without an answer."""
        for request in self._pending.values():
            yield from request.logins
        self._pending.clear()


_REQUEST = expression(rb"[A-Z]{2,20} (?:sips?|tel|urn|im|pres):?[^\r\n]{0,2048}? SIP/2\.0\r?\n")
_STATUS = expression(rb"SIP/2\.0 [1-6]\d\d[ \r\n]")
_WORDS = (
    *(
        b"REGISTER s",
        b"INVITE s",
        b"OPTIONS s",
        b"SUBSCRIBE s",
        b"NOTIFY s",
        b"MESSAGE s",
        b"PUBLISH s",
        b"BYE s",
        b"ACK s",
        b"CANCEL s",
    ),
    *(b"INFO s", b"REFER s", b"UPDATE s", b"PRACK s", b"SIP/2.0 "),
)


class SipStream(HeadedParser):
    """SIP over TCP (RFC 3261 §18.3)."""

    START = expression(rb"(?m)^(?:" + _REQUEST.pattern + rb"|" + _STATUS.pattern + rb")")
    SHORT = "l"

    def __init__(self, hint: object = None) -> None:
        super().__init__(hint)
        self._messages = SipMessages()

    def talk(self, side: Side, line: bytes, fields: Fields, body: bytes, span: Span) -> Iterator[Parsed]:
        """One message."""
        yield from self._messages.read(side, line, fields, body, span)

    def close(self) -> Iterator[Parsed]:
        """What was not answered."""
        return self._messages.unanswered()


class SipDatagram(DatagramParser):
    """SIP over UDP: a message a datagram, and keep-alives of a few bytes between them (RFC 5626 §3.5)."""

    def __init__(self, hint: object = None) -> None:
        super().__init__(hint)
        self._messages = SipMessages()

    def datagram(self, side: Side, cursor: Cursor) -> Iterator[Parsed]:
        """One message."""
        data = cursor.rest()
        if len(data) <= KEEP_ALIVE or not data.strip(b"\r\n\0 "):
            return
        end = head_end(data)
        line, fields = parse_head(data if end is None else data[:end])
        body = b"" if end is None else data[end : end + min(body_length(fields, "l") or len(data), BODY_LIMIT)]
        yield from self._messages.read(side, line, fields, body, self.here())

    def close(self) -> Iterator[Parsed]:
        """What was not answered."""
        return self._messages.unanswered()


PORTS = frozenset({5060, 5061, 5070, 5080})


def recognise(opening: Opening) -> Match:
    """A request or status line. Phones may long send nothing but keep-alives: then their form or the port decides."""
    best = Match.NO
    for data in (opening.client, opening.server):
        if _REQUEST.match(data) or _STATUS.match(data):
            return Match.SURE
        if data and b"\n" not in data and any(word.startswith(data[: len(word)]) for word in _WORDS):
            best = Match.MORE
    if best is Match.NO and opening.datagrams and all(len(data) <= KEEP_ALIVE for _, data in opening.datagrams):
        blank = all(data in (b"\r\n", b"\r\n\r\n", b"\0\0\0\0") for _, data in opening.datagrams)
        if (blank and len(opening.datagrams) > 1) or {opening.client_port, opening.server_port} & PORTS:
            return Match.WEAK
        best = Match.MORE if blank else Match.NO
    return best


PROTOCOLS = (
    Protocol(
        name="sip",
        title="SIP",
        secure_form="SIP with TLS",
        offers="its telephone line",
        parser=SipDatagram,
        transports=frozenset({Transport.UDP}),
        recognise=recognise,
        opens=rb"[A-Z]|\r\n|\x00{4}",
        ports=PORTS,
    ),
    Protocol(name="sip", parser=SipStream, transports=frozenset({Transport.TCP}), recognise=recognise, ports=PORTS),
)
