"""Logins in EAP packets (RFC 3748) of RADIUS and 802.1X: MD5, LEAP, MSCHAPv2 and GTC outside a tunnel.

What stands in ``Login.secret``:

==============  ======================================================================================
``eap-md5``     response ``:`` challenge ``:`` identifier, hex (hashcat mode 4800)
``leap``        challenge (8 bytes) ``:`` response (24), hex: DES of the NT hash, as in MS-CHAP
``eap-mschapv2``  challenge (16) ``:`` response (49: peer challenge, zeros, NT response, flags), hex
``eap-gtc``     the password itself (``clear`` True)
==============  ======================================================================================
"""

from __future__ import annotations

from sensor.events import Login, Span
from sensor.model import Secret
from sensor.parsing.cursor import Cursor
from sensor.parsing.formats.ppp_login import proof

REQUEST, RESPONSE, SUCCESS, FAILURE = 1, 2, 3, 4
IDENTITY, MD5, GTC, LEAP, MSCHAPV2 = 1, 4, 6, 17, 26

TUNNELS = frozenset({13, 21, 25, 43, 55})
"""EAP-TLS, TTLS, PEAP, FAST and TEAP: records of TLS in pieces, each with a byte of flags (RFC 5216 3.1, RFC 5281
9.1)."""

LENGTH_INCLUDED = 0x80


class EapExchange:
    """One authentication: feed it the packets of both sides; ``login`` is there once a response crossed. ``number``
    separates it from others of a flow."""

    def __init__(self, number: int = 0) -> None:
        self.number = number
        self.identity: str | None = None
        self.login: Login | None = None
        self._piece = b""
        self._last = (0, 0)
        self._challenge = b""
        self._kind = 0
        self._span: Span | None = None

    def packet(self, data: bytes, span: Span) -> int:
        """Read one EAP packet; its code. Raises `Malformed`."""
        cursor = Cursor(data)
        code, identifier, length = cursor.u8(), cursor.u8(), cursor.u16()
        if code in (SUCCESS, FAILURE):
            return code
        body = cursor.sub(max(length - 4, 0))
        if code not in (REQUEST, RESPONSE) or not body.remaining:
            return code
        kind = body.u8()
        if kind in TUNNELS:
            self._tunnelled(code, identifier, body)
        elif code == REQUEST:
            if kind != IDENTITY:
                self._request(kind, body, span)
        elif kind == IDENTITY:
            self.identity = body.text(body.remaining)
        elif kind == self._kind or kind == GTC:
            self._response(kind, identifier, body, span)
        return code

    def _tunnelled(self, code: int, identifier: int, body: Cursor) -> None:
        if self._last == (code, identifier) or not body.remaining:
            return  # sent again
        self._last = code, identifier
        if body.u8() & LENGTH_INCLUDED:
            body.skip(4)
        self._piece = body.rest()

    def piece(self) -> bytes:
        """What the packet just read brings of a TLS connection; empty where it is none of it."""
        piece, self._piece = self._piece, b""
        return piece

    def _request(self, kind: int, body: Cursor, span: Span) -> None:
        challenge = b""
        if kind == MD5:
            challenge = body.take(body.u8())
        elif kind == LEAP:
            body.skip(2)
            challenge = body.take(body.u8())
        elif kind == MSCHAPV2 and body.u8() == 1:
            body.skip(3)
            challenge = body.take(body.u8())
        elif kind == MSCHAPV2:
            # The server's own proof, or its refusal: the response was reported already.
            return
        self._kind, self._challenge, self._span = kind, challenge, span

    def _response(self, kind: int, identifier: int, body: Cursor, span: Span) -> None:
        scheme, name = "", self.identity
        secret = b""
        if kind == MD5:
            scheme = "eap-md5"
            secret = proof(identifier, self._challenge, body.take(body.u8()), name or "")[1].encode()
        elif kind == LEAP:
            body.skip(2)
            size = body.u8()
            if size != 24:
                return
            scheme = "leap"
            secret = f"{self._challenge.hex()}:{body.take(size).hex()}".encode()
            name = body.text(body.remaining) or name
        elif kind == MSCHAPV2:
            if body.u8() != 2:
                return
            body.skip(3)
            scheme = "eap-mschapv2"
            secret = f"{self._challenge.hex()}:{body.take(body.u8()).hex()}".encode()
            name = body.text(body.remaining) or name
        elif kind == GTC:
            scheme = "eap-gtc"
            secret = body.rest()
        else:
            return
        spans = (span,) if self._span is None else (self._span, span)
        self.login = Login(
            mechanism="password", username=name, secret=Secret(secret), scheme=scheme, clear=kind == GTC, spans=spans
        )
