"""XMPP (RFC 6120, XEP-0078, XEP-0114, XEP-0388): logins with their answers, message bodies.

No XML entity is ever expanded but the five of RFC 6120 11.1 and character references.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from sensor.events import Content, Enough, Event, Login, Upgrade
from sensor.lazy_pattern import expression
from sensor.light_dataclass import dataclass
from sensor.model import Secret, Side
from sensor.parsing.attributes import attribute_events
from sensor.parsing.cursor import Cursor, Malformed, NeedMore
from sensor.parsing.parser import Match, Opening, Parsed, Protocol, StreamParser
from sensor.parsing.pending import PendingLogin
from sensor.parsing.sasl import SaslExchange, SaslExchanges, readable, unbase64

TOKEN_LIMIT = 64 * 1024
"""Bytes of one tag with the text before it; a SASL message is smaller, a picture in a vCard larger and not read."""

TAG_LIMIT = 4096
"""Bytes of a tag in which attributes are looked for."""

_ATTRIBUTE = expression(rb"""(?<![\w:.-])([\w:.-]{1,64})\s*=\s*(?:'([^']*)'|"([^"]*)")""")
_ENTITY = expression(rb"&(?:amp|lt|gt|quot|apos|#\d{1,7}|#x[0-9A-Fa-f]{1,6});")
_NAMED = {b"&amp;": b"&", b"&lt;": b"<", b"&gt;": b">", b"&quot;": b'"', b"&apos;": b"'"}
_SASL_TEXT = frozenset({"auth", "response", "initial-response", "challenge", "additional-data", "success"})
_IQ_TEXT = frozenset({"username", "password", "digest", "resource"})


def _unescaped(text: bytes) -> bytes:
    def character(found: re.Match[bytes]) -> bytes:
        entity = found[0]
        if entity in _NAMED:
            return _NAMED[entity]
        code = int(entity[3:-1], 16) if entity[2:3] in b"xX" else int(entity[2:-1])
        return chr(code).encode("utf-8", "replace") if code < 0x110000 else entity

    return _ENTITY.sub(character, text)


@dataclass(slots=True)
class _Iq:
    """An iq that has not ended: its id and the fields of a login in it."""

    id: bytes
    set: bool
    auth: bool = False
    words: tuple[tuple[str, bytes], ...] = ()


class Xmpp(StreamParser):
    """Reads tag by tag: ``text<tag``.

    ``Login``: the SASL mechanism; ``iq`` (XEP-0078 or a registration, XEP-0077) and ``iq-digest`` (``secret``: SHA-1 of
    stream id and password ``:`` stream id); ``component`` (XEP-0114, the same).
    """

    def __init__(self, hint: object = None) -> None:
        super().__init__(hint)
        self._passing = [False, False]
        self._exchanges = SaslExchanges()
        self._failure: str | None = None
        self._iq: _Iq | None = None
        self._pending = PendingLogin()
        self._stream_id = b""
        self._handshake = PendingLogin()
        self._starttls_requested = False

    def message(self, side: Side, cursor: Cursor) -> Iterator[Parsed]:
        """Up to the end of a tag. One that is too long is passed over."""
        if self._passing[side]:
            try:
                cursor.until(b">", cursor.remaining)
                self._passing[side] = False
            except NeedMore:
                cursor.rest()
            return
        try:
            token = cursor.until(b">", TOKEN_LIMIT)
        except Malformed:
            cursor.take(TOKEN_LIMIT)
            self._passing[side] = True
            return
        text, _, tag = token.rpartition(b"<")
        name = re.match(rb"/?(?:[\w.-]{1,64}:)?([\w-]{1,64})", tag)
        if name is None:
            return
        closes, word = tag[:1] == b"/", name[1].decode("ascii", "replace").lower()
        attributes = (
            {} if closes else {m[1]: m[2] if m[2] is not None else m[3] for m in _ATTRIBUTE.finditer(tag[:TAG_LIMIT])}
        )
        read = self._client if side is Side.CLIENT else self._server
        if not closes:
            yield from read(word, attributes)
        if closes or tag[-1:] == b"/":
            yield from self._closed(side, word, text if closes else b"")

    # Tags

    def _client(self, word: str, attributes: dict[bytes, bytes]) -> Iterator[Parsed]:
        if word in ("auth", "authenticate") and b"mechanism" in attributes:
            yield from self._exchanges.begin(SaslExchange(attributes[b"mechanism"], self.here()))
        elif word == "starttls":
            self._starttls_requested = True
        elif word == "iq":
            self._iq = _Iq(attributes.get(b"id", b"")[:64], attributes.get(b"type") == b"set")
        elif word == "query" and self._iq:
            self._iq.auth = attributes.get(b"xmlns") in (b"jabber:iq:auth", b"jabber:iq:register")

    def _server(self, word: str, attributes: dict[bytes, bytes]) -> Iterator[Parsed]:
        if word == "stream":
            self._stream_id = attributes.get(b"id", self._stream_id)[:256]
            yield from attribute_events("xmpp.server", attributes.get(b"from", b""), Side.SERVER)
        elif word == "failure" and self._exchanges:
            self._failure = ""
        elif self._failure == "" and word != "text":
            self._failure = word
        elif word == "iq" and attributes.get(b"type") in (b"result", b"error"):
            accepted = attributes[b"type"] == b"result"
            basis = f"iq {'result' if accepted else 'error'} after iq"
            yield from self._pending.answer(accepted, basis, self.here(), key=attributes.get(b"id", b"")[:64])
        elif word == "proceed" and self._starttls_requested:
            self.stop()
            yield Upgrade("tls")
        elif word == "compressed":  # XEP-0138
            self.stop()
            yield Enough()
        elif word == "handshake" and self._handshake:
            yield from self._handshake.answer(True, "handshake after handshake", self.here())

    def _closed(self, side: Side, word: str, text: bytes) -> Iterator[Parsed]:
        if word in _SASL_TEXT and self._exchanges:
            yield from self._sasl(side, word, text)
        elif word == "failure" and self._failure is not None and side is Side.SERVER:
            # RFC 6120 6.5: the server's own trouble says nothing of the password.
            accepted = None if self._failure in ("temporary-auth-failure", "aborted") else False
            self._failure = None
            yield from self._exchanges.finish(accepted, "failure after SASL", self.here())
        elif word == "body":
            yield Content(side=side, name="message", data=_unescaped(text))
        elif side is Side.CLIENT and self._iq and word in _IQ_TEXT and self._iq.auth:
            self._iq.words = (*self._iq.words[-8:], (word, _unescaped(text)))
        elif side is Side.CLIENT and word == "iq":
            yield from self._iq_closed()
        elif side is Side.CLIENT and word == "handshake" and re.fullmatch(rb"[0-9a-fA-F]{40}", text.strip()):
            secret = Secret(text.strip() + b":" + self._stream_id)
            login = Login(
                mechanism="password",
                username=None,
                secret=secret,
                scheme="component",
                clear=False,
                spans=(self.here(),),
            )
            yield from self._handshake.add(login)

    def _sasl(self, side: Side, word: str, text: bytes) -> Iterator[Parsed]:
        data = unbase64(b"".join(text.split())) if text else None
        if side is Side.CLIENT and word in ("auth", "response", "initial-response"):
            yield from self._exchanges.response(data, self.here())
        elif side is Side.SERVER:
            if data is not None:
                yield from self._exchanges.challenge(data)
            if word == "success":
                self._failure = None
                yield from self._exchanges.finish(True, "success after SASL", self.here())

    def _iq_closed(self) -> Iterator[Event]:
        iq, self._iq = self._iq, None
        words = dict(iq.words) if iq else {}
        if iq is None or not iq.set or "username" not in words:
            return
        if "password" in words:
            secret, scheme = words["password"], "iq"
        elif "digest" in words:
            secret, scheme = words["digest"] + b":" + self._stream_id, "iq-digest"
        else:
            return
        login = Login(
            mechanism="password",
            username=readable(words["username"]),
            secret=Secret(secret),
            scheme=scheme,
            clear=scheme == "iq",
            spans=(self.here(),),
        )
        yield from self._pending.add(login, iq.id)

    def from_inner(self, event: Event, channel: int) -> Iterable[Parsed]:
        """A login inside the exchange waits for its answer."""
        return self._exchanges.from_inner(event)

    def gap(self, side: Side, length: int) -> Iterator[Parsed]:
        """The next whole tag goes on; an iq with a hole is no login."""
        self._consume(side, len(self._buffers[side]))
        self._offsets[side] += length
        self._need[side] = 0
        self._passing[side] = True
        if side is Side.CLIENT:
            self._iq = None
        else:
            self._failure = None
            yield from self._exchanges.lost()

    def close(self) -> Iterator[Parsed]:
        """Logins without an answer."""
        yield from self._exchanges.unanswered()
        yield from self._pending.unanswered()
        yield from self._handshake.unanswered()


_STREAM = expression(
    rb"(?:<\?xml[^>]{0,100}\?>)?\s{0,8}<(?:[\w-]{1,20}:)?stream\b[^>]{0,400}(?:jabber:|etherx\.jabber\.org)",
    re.IGNORECASE,
)
SEEN = 512
"""Bytes of an opening that are looked at: the stream's header."""


def recognise(opening: Opening) -> Match:
    """The stream's header with one of its two name spaces (RFC 6120 4.7)."""
    client = opening.client[:SEEN]
    if _STREAM.match(client) or (not client and _STREAM.match(opening.server[:SEEN])):
        return Match.SURE
    if (
        client[:1] == b"<"
        and len(client) < SEEN
        and (b"<stream:stream".startswith(client[:14]) or b"<?xml".startswith(client[:5]))
    ):
        return Match.MORE
    if opening.server_port in _PORTS and re.match(rb"<(?:auth|iq|message|presence|response|starttls)[ />]", client):
        return Match.WEAK
    return Match.NO


_PORTS = frozenset({5222, 5269, 5347, 5275})
PROTOCOL = Protocol(name="xmpp", title="XMPP", parser=Xmpp, recognise=recognise, ports=_PORTS)
