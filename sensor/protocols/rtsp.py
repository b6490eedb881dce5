"""RTSP 1.0 and 2.0 (RFC 2326, RFC 7826): logins with the status of their answer, access, media.

As in HTTP a login's answer is a status: ``accepted`` stays None and the contrast decides. Secrets that do not cross are
in John's form (see `sensor.parsing.credentials.credential`). Media that comes interleaved in the connection is reported
once; then the flow is left, for only more of it follows.
"""

from __future__ import annotations

import re
from collections.abc import Generator, Iterator
from dataclasses import field, replace

from sensor.events import Access, Content, Enough, Expect, Login, Span, Transfer
from sensor.lazy_pattern import expression
from sensor.light_dataclass import dataclass
from sensor.model import Secret, Side
from sensor.parsing.attributes import attribute_events
from sensor.parsing.credentials.credential import Credential, authorization, realm
from sensor.parsing.credentials.http_fields import MASK, Target
from sensor.parsing.cursor import Cursor
from sensor.parsing.formats.http_headers import Fields, field_name, media_type, request_line, status_line, text
from sensor.parsing.formats.rtp import Interleaved
from sensor.parsing.formats.sdp import Media, expectations, streams
from sensor.parsing.header_framing import HeadedParser, body_length
from sensor.parsing.parser import Match, Opening, Parsed, Protocol

PENDING_LIMIT = 32
"""Requests that may await an answer: players send one at a time, or a short pipeline."""

FRAMES = 48
"""Interleaved frames read before the media is reported: about half a second of film, so that both sound and picture
are seen."""

MAX_STREAMS = 16

SERVED = {
    "DESCRIBE": False,
    "SETUP": False,
    "PLAY": False,
    "RECORD": True,
    "ANNOUNCE": True,
    "PAUSE": True,
    "SET_PARAMETER": True,
}
"""Methods that need a right, and whether they control. OPTIONS is always answered (RFC 2326 §10.1)."""

_PATH_LOGIN = expression(r"(?:^|[/?&])user(?:name)?=([^&_/?]{0,64})([&_]password=)([^&_/?]{0,64})(?=[&_/?]|$)")
"""Cameras of one large maker take the login in the path: ``/user=admin&password=…&channel=1&stream=0.sdp``, also with
``_``."""


@dataclass(slots=True)
class _PendingRequest:
    """A request without its answer."""

    method: str
    resource: str
    span: Span
    logins: list[Login] = field(default_factory=list)
    url_login: bool = False


class Rtsp(HeadedParser):
    """One control connection."""

    START = expression(rb"(?m)^(?:[A-Z_]{3,20} [^\r\n]{1,4096} RTSP/[12]\.0\r?\n|RTSP/[12]\.0 [1-9]\d\d[ \r\n])")

    def __init__(self, hint: object = None) -> None:
        super().__init__(hint)
        self._pending: dict[tuple[Side, str], _PendingRequest] = {}
        self._reported: set[tuple[str, str]] = set()
        self._media = Media()
        self._path: str | None = None
        self._frames = Interleaved()

    def message(self, side: Side, cursor: Cursor) -> Iterator[Parsed]:
        """A message, or a frame of media between messages (RFC 2326 §10.12)."""
        buffer = self._buffers[side]
        if buffer[0] != 0x24 or self._lost[side]:
            yield from super().message(side, cursor)
            return
        cursor.skip(1)
        channel, length = cursor.u8(), cursor.u16()
        self._frames.add(side, channel, cursor.take(length))
        if self._frames.frames >= FRAMES:
            yield from self._frames.report(self._path, self._media)
            self.stop()
            yield Enough()

    def _attribute(self, name: str, value: str | None, side: Side) -> Iterator[Parsed]:
        if value and (name, value) not in self._reported and len(self._reported) < 64:
            self._reported.add((name, value))
            yield from attribute_events(name, value, side)

    def talk(self, side: Side, line: bytes, fields: Fields, body: bytes, span: Span) -> Iterator[Parsed]:
        """A request or an answer. Servers may send requests too (ANNOUNCE, RFC 2326 §10.3)."""
        request = request_line(line)
        if request:
            yield from self._request(side, request.method, request.target, fields, span)
            name = self._path
        else:
            status = status_line(line)
            code = status.code if status else 0
            name = yield from self._answer(side, code, fields, span)
        if body:
            yield from self._body(side, name, fields, body, span)

    def _request(self, side: Side, method: str, target: bytes, fields: Fields, span: Span) -> Iterator[Parsed]:
        resource, found = _target(target)
        request = _PendingRequest(method, resource, span)
        for header in ("authorization", "proxy-authorization"):
            for value in fields.all(header)[:4]:
                login = authorization(value, method)
                if login:
                    found.append(replace(login, name=field_name(header)))
        for item in found:
            request.logins.append(item.login(resource=resource, verifier=side.other, spans=(span,)))
        if method in ("DESCRIBE", "SETUP", "ANNOUNCE", "RECORD"):
            self._path = resource
        yield from self._attribute("rtsp.user_agent", fields.get("user-agent"), side)
        if method == "DESCRIBE":
            yield Content(side=side, name="url", data=resource.encode("utf-8", "replace"), spans=(span,))
        key = (side, fields.get("cseq") or "")
        if key in self._pending:
            # RFC 2326 §12.17: only a repeated request has the number of one before. The answer decides neither.
            before = self._pending.pop(key)
            if [login.secret for login in before.logins] != [login.secret for login in request.logins]:
                yield from (*before.logins, *request.logins)
                return
            yield from before.logins
        elif len(self._pending) >= PENDING_LIMIT:
            yield from self._pending.pop(next(iter(self._pending))).logins
        self._pending[key] = request

    def _answer(self, side: Side, code: int, fields: Fields, span: Span) -> Generator[Parsed, None, str | None]:
        """Returns the resource of the request."""
        yield from self._attribute("rtsp.server", fields.get("server"), side)
        for value in fields.all("www-authenticate"):
            yield from self._attribute("rtsp.realm", realm(value), side)
        if code < 200:
            return None  # RFC 2326 §7.1.1: informational, the answer is still to come
        request = self._pending.pop((side.other, fields.get("cseq") or ""), None)
        if request is None:
            return None
        for login in request.logins:
            yield replace(login, status=code, spans=(*login.spans, span))
        if not request.logins and request.method in SERVED:
            yield Access(
                resource=request.resource,
                action=request.method,
                granted=True if code < 300 else False if code in (401, 403, 407) else None,
                control=SERVED[request.method],
                status=code,
                spans=(request.span, span),
            )
        if request.method == "SETUP" and code < 300:
            yield from self._transport(side, fields)
        return request.resource

    def _transport(self, side: Side, fields: Fields) -> Iterator[Parsed]:
        """RFC 2326 §12.39: the ports that both ends chose."""
        for value in fields.all("transport")[:4]:
            given = {
                k.strip().lower(): v.strip()
                for k, _, v in (part.partition("=") for part in text(value[:1024]).split(";")[:16])
            }
            profile = next(iter(given), "")
            if not profile.startswith("rtp/") or "tcp" in profile or "interleaved" in given:
                continue
            protocol = "srtp" if "savp" in profile else "rtp"
            group = given.get("destination") if "multicast" in given else None
            for name, end in (("client_port", side.other), ("server_port", side), ("port", side)):
                ports = re.match(r"(\d{1,5})(?:-(\d{1,5}))?$", given.get(name, ""), re.ASCII)
                if not ports:
                    continue
                first, second = int(ports[1]), int(ports[2] or 0)
                if 0 < first < 65536:
                    yield Expect(protocol, first, end, udp=True, address=group, hint=self._media)
                if 0 < second < 65536 and second != first and protocol == "rtp":
                    yield Expect("rtcp", second, end, udp=True, address=group)

    def _body(self, side: Side, name: str | None, fields: Fields, body: bytes, span: Span) -> Iterator[Parsed]:
        kind, _ = media_type(fields.get("content-type"))
        size = max(body_length(fields), len(body))
        yield Transfer(
            side=side, application="rtsp", name=name, media_type=kind, size=size, data=body, complete=size == len(body)
        )
        if kind != "application/sdp" and not body.startswith(b"v=0"):
            return
        found = streams(body)[:MAX_STREAMS]
        named = {number: shown for stream in found for number, shown in stream.kinds.items()}
        self._media = Media(tuple(sorted(named.items())), found[0].kind if len({s.kind for s in found}) == 1 else None)
        for stream in found:
            for key in stream.keys:
                yield Login(
                    mechanism="key",
                    username=None,
                    secret=Secret(key),
                    scheme="sdes",
                    name="a=crypto",
                    verifier=side.other,
                    spans=(span,),
                )
            # A port of its own only in announcements (multicast); else SETUP chooses it.
            yield from expectations(stream, side)

    def gap(self, side: Side, length: int) -> Iterator[Parsed]:
        """Frames of media cannot be found again behind a loss; messages can."""
        if self._frames.frames:
            yield from self._frames.report(self._path, self._media)
            self.stop()
            yield Enough()
            return
        yield from super().gap(side, length)

    def close(self) -> Iterator[Parsed]:
        """Media seen so far, and logins without an answer."""
        yield from self._frames.report(self._path, self._media)
        for request in self._pending.values():
            yield from request.logins
        self._pending.clear()


def _target(raw: bytes) -> tuple[str, list[Credential]]:
    """A request's URL without the logins in it, and those."""
    target = Target(raw)
    found = list(target.found)
    path = target.path
    login = _PATH_LOGIN.search(path)
    if login:
        found.append(Credential("password", login[1], Secret(login[3]), "path", name="password"))
        path = path[: login.start(3)] + MASK + path[login.end(3) :]
    return (f"rtsp://{target.host}{path}" if target.host else path), found


_REQUEST = expression(rb"[A-Z_]{3,20} (?:rtspu?://[^\r\n]{1,4096}?|\*) RTSP/[12]\.0\r?\n")
_BEGINS = expression(
    rb"(?:OPTIONS|DESCRIBE|SETUP|PLAY|ANNOUNCE|RECORD|PAUSE|TEARDOWN|GET_PARAMETER|SET_PARAMETER|REDIRECT) rtspu?://"
)


def recognise(opening: Opening) -> Match:
    """A request or status line; media frames alone where the port is RTSP's."""
    best = Match.NO
    for data in (opening.client, opening.server):
        if _REQUEST.match(data) or re.match(rb"RTSP/[12]\.0 [1-9]\d\d[ \r\n]", data):
            return Match.SURE
        if _BEGINS.match(data) and b"\n" not in data:
            best = max(best, Match.WEAK)
        elif (
            data
            and len(data) < 24
            and b"\n" not in data
            and (b"RTSP/1.0 ".startswith(data) or re.fullmatch(rb"[A-Z_]{1,20} ?(?:r|rt|rts|rtsp[u:/]{0,4})?", data))
        ):
            best = max(best, Match.MORE)
        elif len(data) > 5 and data[0] == 0x24 and data[1] < 16 and data[4] >> 6 == 2:
            best = max(best, Match.WEAK)
    return best


PROTOCOL = Protocol(
    name="rtsp",
    title="RTSP",
    secure_form="RTSP with TLS",
    offers="its stream",
    parser=Rtsp,
    recognise=recognise,
    ports=frozenset({554, 8554, 10554, 5554, 7070}),
)
