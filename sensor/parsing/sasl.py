"""One SASL exchange (RFC 4422): decoded messages of both sides, read as a login.

What stands in ``Login.secret`` where the secret itself does not cross (``clear`` False):

=================  =====================================================================================================
``cram-md5``       ``$cram_md5$`` base64 of the challenge ``$`` base64 of "user digest" (hashcat mode 10200)
``digest-md5``     the client's directives as sent (RFC 2831 2.1.2: user, realm, nonces, digest-uri, response)
``scram-…``        client-first-message-bare ``,`` server-first-message ``,`` client-final-message (RFC 5802 3.:
AuthMessage and proof)
``ntlm``           what the NTLMSSP parser gives
=================  =====================================================================================================
"""

from __future__ import annotations

import binascii
import re
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import replace

from sensor.events import Event, Inner, Login, Span
from sensor.lazy_pattern import expression
from sensor.model import Secret, Side
from sensor.parsing.parser import Parsed

MESSAGES_LIMIT = 8
"""Messages of a side that are stored: SCRAM needs two, Kerberos three."""

EXCHANGES_LIMIT = 16
"""Exchanges that await their answers: a client that does not wait sends a few."""

MESSAGE_LIMIT = 12 * 1024
"""Bytes of a message: what RFC 4954 (4.) allows before base64; a Kerberos ticket is the largest."""

_BASE64 = expression(rb"[A-Za-z0-9+/]*={0,2}")


def unbase64(text: bytes) -> bytes | None:
    """Base64 of RFC 4648 (4.) decoded, ``=`` alone being empty (RFC 4954 4.); missing padding is added; None for what
    is no base64."""
    text = text.strip(b" \t")
    if not _BASE64.fullmatch(text):
        return None
    bare = text.rstrip(b"=")
    try:
        return binascii.a2b_base64(bare + b"=" * (-len(bare) % 4))
    except binascii.Error:
        return None


def readable(value: bytes) -> str:
    r"""Bytes of a name as text: UTF-8, and what is not shown as ``\xNN``."""
    return value.decode("utf-8", "backslashreplace")


def password(scheme: str, user: str | None, secret: bytes | None, *spans: Span) -> Login:
    """A login by a password that crossed as it is, not yet answered."""
    wrapped = None if secret is None else Secret(secret)
    return Login(mechanism="password", username=user, secret=wrapped, scheme=scheme, spans=spans)


class SaslExchange:
    """One authentication: feed it both sides' messages, then ask for the ``logins`` with the server's answer."""

    def __init__(self, mechanism: bytes, span: Span, side: Side = Side.CLIENT) -> None:
        """``mechanism`` as named on the wire; ``span`` the message that named it; ``side`` the end that logs in."""
        self.mechanism = mechanism[:20].decode("ascii", "backslashreplace").upper()
        self.spans = [span]
        self._side = side
        self._theirs: list[bytes] = []
        self._ours: list[bytes] = []
        self._inner: list[Login] = []

    def challenge(self, message: bytes) -> Iterator[Inner]:
        """A message of the end that is logged in to."""
        if len(self._theirs) < MESSAGES_LIMIT:
            self._theirs.append(message[:MESSAGE_LIMIT])
        yield from self._ntlm(message, self._side.other)

    def response(self, message: bytes, span: Span) -> Iterator[Inner]:
        """A message of the end that logs in."""
        if len(self._ours) < MESSAGES_LIMIT:
            self._ours.append(message[:MESSAGE_LIMIT])
            if span not in self.spans:
                self.spans.append(span)
        yield from self._ntlm(message, self._side)

    def _ntlm(self, message: bytes, side: Side) -> Iterator[Inner]:
        if self.mechanism in ("NTLM", "GSS-SPNEGO", "GSSAPI"):
            # SPNEGO wraps the message in DER (RFC 4178 4.2); NTLMSSP's own offsets count from its signature (MS-NLMP
            # 2.2.1).
            start = message.find(b"NTLMSSP\0")
            if start >= 0:
                yield Inner(message[start:], "ntlmssp", side)

    def from_inner(self, event: Event) -> tuple[Parsed, ...]:
        """Hold an inner protocol's login until the answer is known; pass on its other events."""
        if isinstance(event, Login) and len(self._inner) < MESSAGES_LIMIT:
            self._inner.append(event)
            return ()
        return (event,)

    def logins(self, accepted: bool | None, basis: str | None, answer: Span | None) -> Iterator[Login]:
        """The logins of the exchange with their answer; none where it ended before the secret, or was no exchange."""
        spans = (*self.spans, answer) if answer else tuple(self.spans)
        found = list(self._inner)
        reader = _READERS.get(self.mechanism) or (_scram if self.mechanism.startswith("SCRAM-") else None)
        login = reader(self._ours, self._theirs) if reader else None
        if login is not None:
            found.append(replace(login, scheme=self.mechanism.lower()))
        for login in found:
            yield replace(login, accepted=accepted, basis=basis, spans=spans, verifier=self._side.other)


class SaslExchanges:
    """Exchanges that await their answers, in the order in which they began: the answers come in that order.

    A client that does not wait for one begins the next (RFC 2920 3.1 has it so for commands). True while one waits.
    ``challenge_open``: a challenge came last, so the client's next message answers it.
    """

    def __init__(self) -> None:
        self._waiting: deque[SaslExchange] = deque()
        self._dropped = 0
        self._doubtful = False
        self.challenge_open = False

    def __len__(self) -> int:
        return len(self._waiting)

    def begin(self, exchange: SaslExchange) -> Iterator[Login]:
        """One more; the oldest that no longer fits is yielded, and its answer is nobody's."""
        if self._doubtful:
            yield from self.unanswered()
        if len(self._waiting) >= EXCHANGES_LIMIT:
            self._dropped += 1
            yield from self._waiting.popleft().logins(None, None, None)
        self._waiting.append(exchange)
        self.challenge_open = False

    def challenge(self, message: bytes | None) -> Iterator[Inner]:
        """A challenge (None: one that cannot be read) is of the one whose turn it is."""
        if self._waiting and not self._dropped:
            self.challenge_open = True
            if message is not None:
                yield from self._waiting[0].challenge(message)

    def response(self, message: bytes | None, span: Span) -> Iterator[Inner]:
        """What the client answers, to a challenge or without one."""
        to = 0 if self.challenge_open else -1
        self.challenge_open = False
        if self._waiting and message is not None:
            yield from self._waiting[to].response(message, span)

    def finish(self, accepted: bool | None, after: str, answer: Span) -> Iterator[Login]:
        """The answer came to the one whose turn it is; its mechanism is added to ``after``."""
        self.challenge_open = self._doubtful = False
        if self._dropped:
            self._dropped -= 1
        elif self._waiting:
            exchange = self._waiting.popleft()
            yield from exchange.logins(accepted, f"{after} {exchange.mechanism}", answer)

    def lost(self) -> Iterator[Login]:
        """Answers may have been lost. One that waits alone keeps the next, unless another one begins before it."""
        if len(self._waiting) > 1:
            yield from self.unanswered()
        self._doubtful = bool(self._waiting)

    def unanswered(self) -> Iterator[Login]:
        """All of them: the connection is over, or answers were lost."""
        waiting, self._waiting = self._waiting, deque()
        self._dropped, self._doubtful, self.challenge_open = 0, False, False
        for exchange in waiting:
            yield from exchange.logins(None, None, None)

    def from_inner(self, event: Event) -> tuple[Parsed, ...]:
        """A login inside the newest exchange waits for its answer."""
        return self._waiting[-1].from_inner(event) if self._waiting else (event,)


def _login(username: bytes, secret: bytes | str | None, clear: bool = True, mechanism: str = "password") -> Login:
    wrapped = None if secret is None else Secret(secret)
    return Login(mechanism=mechanism, username=readable(username), secret=wrapped, scheme="", clear=clear)


Reader = Callable[[list[bytes], list[bytes]], Login | None]


def _plain(ours: list[bytes], _: list[bytes]) -> Login | None:
    """RFC 4616 2.: ``[authzid] NUL authcid NUL passwd``; some clients leave the first field and its NUL out."""
    fields = ours[-1].split(b"\0") if ours else []
    return _login(fields[-2], fields[-1]) if len(fields) in (2, 3) else None


def _user_then_password(ours: list[bytes], _: list[bytes]) -> Login | None:
    """LOGIN (draft-murchison-sasl-login): the user's name, then the password; the name may have come with the
    command."""
    return _login(ours[0], ours[1]) if len(ours) >= 2 else None


def _cram_md5(ours: list[bytes], theirs: list[bytes]) -> Login | None:
    """RFC 2195 2.: a challenge, then ``user SP hex-digest``."""
    user, space, digest = ours[-1].rpartition(b" ") if ours else (b"", b"", b"")
    if not space or not re.fullmatch(rb"[0-9A-Fa-f]{32}", digest):
        return None
    parts = (binascii.b2a_base64(part, newline=False) for part in (theirs[0] if theirs else b"", ours[-1]))
    return _login(user, b"$cram_md5$" + b"$".join(parts), clear=False)


_DIRECTIVE = expression(rb'([A-Za-z][A-Za-z0-9-]{0,30})\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]*))')


def _digest_md5(ours: list[bytes], _: list[bytes]) -> Login | None:
    """RFC 2831 2.1.2: the client's answer is a list of directives, ``response`` among them."""
    for message in ours:
        directives = {
            m[1].lower(): re.sub(rb"\\(.)", rb"\1", m[2]) if m[2] is not None else m[3]
            for m in _DIRECTIVE.finditer(message)
        }
        if b"response" in directives and b"username" in directives:
            return _login(directives[b"username"], message, clear=False)
    return None


def _scram(ours: list[bytes], theirs: list[bytes]) -> Login | None:
    """RFC 5802 7.: the name in the client's first message (after the GS2 header), the proof in its second."""
    if len(ours) < 2 or not theirs or b",p=" not in ours[1]:
        return None
    header = ours[0].split(b",", 2)
    if len(header) < 3:
        return None
    name = re.search(rb"(?:^|,)n=([^,]*)", header[2])
    if name is None:
        return None
    user = name[1].replace(b"=2C", b",").replace(b"=3D", b"=")
    return _login(user, b",".join((header[2], theirs[0], ours[1])), clear=False)


_BEARER = expression(rb"\x01auth=(?:Bearer )?([^\x01]*)", re.IGNORECASE)


def _bearer(ours: list[bytes], _: list[bytes]) -> Login | None:
    """XOAUTH2 (``user=…^Aauth=Bearer …^A^A``) and OAUTHBEARER (RFC 7628 3.1: ``n,a=…,^A…auth=Bearer …^A^A``)."""
    for message in ours:
        token = _BEARER.search(message)
        if token:
            user = re.match(rb"user=([^\x01]*)|[ny],(?:a=([^,\x01]*))?", message)
            name = (user[1] or user[2] or b"") if user else b""
            login = _login(name.replace(b"=2C", b",").replace(b"=3D", b"="), token[1], mechanism="token")
            return login if name else replace(login, username=None)
    return None


def _plain_token(ours: list[bytes], theirs: list[bytes]) -> Login | None:
    """X-OAUTH2 and X-GOOGLE-TOKEN of Google Talk: a token in the place of PLAIN's password."""
    login = _plain(ours, theirs)
    return replace(login, mechanism="token") if login else None


def _anonymous(_: list[bytes], __: list[bytes]) -> Login | None:
    """RFC 4505 2.: at most a trace, no secret."""
    return _login(b"anonymous", None)


_READERS: dict[str, Reader] = {
    "PLAIN": _plain,
    "LOGIN": _user_then_password,
    "CRAM-MD5": _cram_md5,
    "DIGEST-MD5": _digest_md5,
    "XOAUTH2": _bearer,
    "OAUTHBEARER": _bearer,
    "X-OAUTH2": _plain_token,
    "X-GOOGLE-TOKEN": _plain_token,
    "ANONYMOUS": _anonymous,
}
