"""NTLMSSP messages (MS-NLMP 2.2.1): the login of an exchange and the server's attributes.

The messages come inside another protocol, which knows the answer. ``Login.secret`` is one line as hashcat takes it,
``clear`` False:

===========  ===========================================================================================
``ntlmv1``   user ``::`` domain ``:`` LM response ``:`` NT response ``:`` server challenge (mode 5500; hex)
``ntlmv2``   user ``::`` domain ``:`` server challenge ``:`` NTProofStr ``:`` the rest of the response
             (mode 5600; hex)
``lm``       as ``ntlmv1`` with an empty NT response
===========  ===========================================================================================

The server's challenge is empty where it was not seen. A client that proves nothing (no user, no response) is an
`Access`, not a login.
"""

from __future__ import annotations

from collections.abc import Iterator

from sensor.events import Access, Login, Span
from sensor.model import Secret, Side
from sensor.parsing.attributes import attribute_events
from sensor.parsing.cursor import Cursor, Malformed
from sensor.parsing.parser import DatagramParser, Parsed, Protocol

SIGNATURE = b"NTLMSSP\0"
CHALLENGE, AUTHENTICATE = 2, 3
UNICODE, VERSION = 0x1, 0x02000000
NAME_LIMIT = 1024
"""Bytes of a name: user, domain and computer names are at most 256 UTF-16 units long."""

RESPONSE_LIMIT = 8 * 1024
"""Bytes of a response: its target information repeats the server's names and a channel binding."""

AV_PAIRS = {1: "ntlmssp.host", 2: "ntlmssp.domain", 3: "ntlmssp.dns_host", 4: "ntlmssp.dns_domain"}
"""MS-NLMP 2.2.2.1: those that hold a name."""

MAX_AV_PAIRS = 32


class Ntlmssp(DatagramParser):
    """One exchange after the other; an answer belongs to the newest challenge."""

    def __init__(self, hint: object = None) -> None:
        super().__init__(hint)
        self._challenge = b""
        self._unicode = True
        self._challenge_spans: tuple[Span, ...] = ()

    def datagram(self, side: Side, cursor: Cursor) -> Iterator[Parsed]:
        """Read one message; SPNEGO or GSS-API may be wrapped around it (RFC 4178): it is found by its signature."""
        data = cursor.rest()
        start = data.find(SIGNATURE)
        if start < 0:
            return
        message = data[start:]
        kind = int.from_bytes(message[8:12], "little")
        if kind == CHALLENGE:
            yield from self._read_challenge(side, message)
        elif kind == AUTHENTICATE:
            yield from self._read_authenticate(side, message)

    def _read_challenge(self, side: Side, message: bytes) -> Iterator[Parsed]:
        """MS-NLMP 2.2.1.2."""
        if len(message) < 32:
            raise Malformed("a challenge message shorter than its challenge")
        flags = int.from_bytes(message[20:24], "little")
        self._challenge = message[24:32]
        self._unicode = bool(flags & UNICODE)
        self._challenge_spans = (self.here(),)
        for kind, value in _pairs(_field(message, 40, RESPONSE_LIMIT)):
            if kind in AV_PAIRS:
                yield from attribute_events(AV_PAIRS[kind], _name(value, wide=True), side)
        if flags & VERSION and len(message) >= 56 and message[48]:
            build = int.from_bytes(message[50:52], "little")
            yield from attribute_events("ntlmssp.version", f"{message[48]}.{message[49]}.{build}", side)

    def _read_authenticate(self, side: Side, message: bytes) -> Iterator[Parsed]:
        """MS-NLMP 2.2.1.3."""
        if len(message) < 52:
            raise Malformed("an authenticate message shorter than its fields")
        # Clients before Windows NT SP4 send no flags: the challenge decides the encoding of names.
        starts = [int.from_bytes(message[at + 4 : at + 8], "little") for at in (12, 20, 28, 36, 44)]
        has_flags = min(starts) >= 64 and len(message) >= 64
        wide = bool(int.from_bytes(message[60:64], "little") & UNICODE) if has_flags else self._unicode
        lm, nt = (_field(message, at, RESPONSE_LIMIT) for at in (12, 20))
        domain, user = (_name(_field(message, at, NAME_LIMIT), wide) for at in (28, 36))
        yield from attribute_events("ntlmssp.workstation", _name(_field(message, 44, NAME_LIMIT), wide), side)
        spans = (*self._challenge_spans, self.here())
        if not user and len(nt) == 0 and len(lm) <= 1:
            yield Access(resource="", action="anonymous", granted=None, spans=spans)
            return
        if not nt and (len(lm) < 24 or not any(lm)):
            # MS-NLMP 3.3.2: a client that answers with NTLMv2 fills the LM response with zeros.
            return
        scheme = "ntlmv2" if len(nt) > 24 else "ntlmv1" if nt else "lm"
        challenge = self._challenge.hex()
        parts = [challenge, nt[:16].hex(), nt[16:].hex()] if scheme == "ntlmv2" else [lm.hex(), nt.hex(), challenge]
        yield Login(
            mechanism="password",
            username=f"{domain}\\{user}" if domain else user,
            secret=Secret(f"{user}::{domain}:" + ":".join(parts)),
            scheme=scheme,
            clear=False,
            verifier=side.other,
            spans=spans,
        )


def _field(message: bytes, at: int, limit: int) -> bytes:
    """The bytes that a field's length and offset at ``at`` point to; none where they lie outside the message."""
    if at + 8 > len(message):
        return b""
    length = int.from_bytes(message[at : at + 2], "little")
    start = int.from_bytes(message[at + 4 : at + 8], "little")
    return message[start : start + length] if length <= limit and start + length <= len(message) else b""


def _pairs(data: bytes) -> Iterator[tuple[int, bytes]]:
    cursor = Cursor(data)
    for _ in range(MAX_AV_PAIRS):
        if cursor.remaining < 4:
            return
        kind, length = cursor.u16("little"), cursor.u16("little")
        if not kind or length > cursor.remaining:
            return
        yield kind, cursor.take(length)


def _name(value: bytes, wide: bool) -> str:
    return value.decode("utf-16-le" if wide else "utf-8", "backslashreplace").rstrip("\0")


PROTOCOL = Protocol(
    name="ntlmssp", title="NTLM", discloses={"name": ("ntlmssp.host",)}, parser=Ntlmssp, transports=frozenset()
)
