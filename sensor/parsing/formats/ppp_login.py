"""Logins in packets of PPP: PAP (RFC 1334) and CHAP with Microsoft's (RFC 1994, 2433, 2759)."""

from __future__ import annotations

from sensor.events import Login, Span
from sensor.model import Secret, Side
from sensor.parsing.cursor import Cursor

PAP, CHAP = 0xC023, 0xC223
REQUEST, RESPONSE = 1, 2
"""Codes: of PAP a request; of CHAP a challenge and a response."""


def pap(body: Cursor, verifier: Side, span: Span) -> Login:
    """The body of an Authenticate-Request (RFC 1334, clause 2.2.1)."""
    name = body.text(body.u8())
    secret = Secret(body.take(body.u8()))
    return Login(mechanism="password", username=name, secret=secret, scheme="pap", spans=(span,), verifier=verifier)


def chap(identifier: int, challenge: bytes, body: Cursor, verifier: Side, *spans: Span) -> Login:
    """The body of a Response (RFC 1994, clause 4.1). MS-CHAP's value has 49 bytes; version 2's challenge has 16 (RFC
    2759, clause 4)."""
    value = body.take(body.u8())
    return Login(
        mechanism="password",
        username=body.text(body.remaining),
        secret=Secret(f"{identifier:02x}:{challenge.hex()}:{value.hex()}"),
        scheme="chap" if len(value) != 49 else "mschapv2" if len(challenge) == 16 else "mschap",
        clear=False,
        spans=spans,
        verifier=verifier,
    )
