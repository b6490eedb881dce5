"""Logins in packets of PPP: PAP (RFC 1334) and CHAP with Microsoft's (RFC 1994, 2433, 2759).

``Login.secret`` is as crackers take it: of CHAP ``response:challenge:identifier`` in hex (hashcat mode 4800), of
MS-CHAP ``user::domain:LM response:NT response:challenge`` (mode 5500, John the Ripper's "netntlm"), with version 2's
challenge hashed as RFC 2759, clause 8.2, says.
"""

from __future__ import annotations

from hashlib import sha1

from sensor.events import Login, Span
from sensor.model import Secret, Side
from sensor.parsing.cursor import Cursor

PAP, CHAP = 0xC023, 0xC223
MICROSOFT = 49
REQUEST, RESPONSE = 1, 2
"""Codes: of PAP a request; of CHAP a challenge and a response."""


def pap(body: Cursor, verifier: Side, span: Span) -> Login:
    """The body of an Authenticate-Request (RFC 1334, clause 2.2.1)."""
    name = body.text(body.u8())
    secret = Secret(body.take(body.u8()))
    return Login(mechanism="password", username=name, secret=secret, scheme="pap", spans=(span,), verifier=verifier)


def proof(identifier: int, challenge: bytes, value: bytes, user: str) -> tuple[str, str]:
    """The scheme of a response and its secret. MS-CHAP's value has 49 bytes; version 2's challenge has 16 (RFC 2759,
    clause 4)."""
    if len(value) != MICROSOFT:
        return "chap", f"{value.hex()}:{challenge.hex()}:{identifier:02x}"
    lm, nt = value[:24].hex(), value[24:48].hex()
    if len(challenge) != 16:
        return "mschap", f"{user}:::{lm}:{nt}:{challenge.hex()}"
    bare = user.rpartition("\\")[2]
    hashed = sha1(value[:16] + challenge + bare.encode(), usedforsecurity=False).digest()[:8]
    return "mschapv2", f"{bare}::::{nt}:{hashed.hex()}"


def chap(identifier: int, challenge: bytes, body: Cursor, verifier: Side, *spans: Span) -> Login:
    """The body of a Response (RFC 1994, clause 4.1)."""
    value = body.take(body.u8())
    user = body.text(body.remaining)
    scheme, secret = proof(identifier, challenge, value, user)
    return Login(
        mechanism="password",
        username=user,
        secret=Secret(secret),
        scheme=scheme,
        clear=False,
        spans=spans,
        verifier=verifier,
    )
