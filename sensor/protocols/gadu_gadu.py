"""Gadu-Gadu, versions 7 and 8: the hash of a login, with the server's answer.

The protocol description of libgadu.
"""

from __future__ import annotations

from collections.abc import Iterator

from sensor.events import Enough, Login
from sensor.model import Secret, Side
from sensor.parsing.cursor import Cursor, Malformed
from sensor.parsing.parser import Match, Opening, Parsed, Protocol, StreamParser
from sensor.parsing.pending import PendingLogin

PACKET_LIMIT = 64 * 1024
"""Bytes of one packet: messages are cut at 2,000 characters, contact lists are the longest."""

_WELCOME, _LOGIN70, _LOGIN80 = 0x01, 0x19, 0x31
_ANSWERS = {0x03: True, 0x35: True, 0x09: False, 0x43: False}  # GG_LOGIN_OK, GG_LOGIN80_OK, GG_LOGIN_FAILED, …80_FAILED
_HASHES = {1: ("gg32", 4), 2: ("sha1", 20)}


class GaduGadu(StreamParser):
    """A client and a server.

    ``Login``: scheme ``gg32`` or ``sha1``, not clear; ``secret`` is the hash ``:`` the server's seed, both in hex
    (SHA-1 over password and seed: hashcat mode 110).
    """

    def __init__(self, hint: object = None) -> None:
        super().__init__(hint)
        self._seed = b""
        self._pending = PendingLogin()

    def message(self, side: Side, cursor: Cursor) -> Iterator[Parsed]:
        """A packet: type and length, little-endian, and a body."""
        kind, length = cursor.u32("little"), cursor.u32("little")
        if length > PACKET_LIMIT:
            raise Malformed(f"a packet of more than {PACKET_LIMIT} bytes")
        body = cursor.sub(length)
        if side is Side.SERVER and kind == _WELCOME:
            self._seed = body.take(4)
        elif side is Side.SERVER and kind in _ANSWERS and self._pending:
            yield from self._pending.answer(_ANSWERS[kind], f"packet {kind:#04x} after the login", self.here())
            self.stop()
            yield Enough()
        elif side is Side.CLIENT and kind in (_LOGIN70, _LOGIN80):
            yield from self._read_login(kind, body)

    def _read_login(self, kind: int, body: Cursor) -> Iterator[Parsed]:
        """The number, in version 8 a language, the kind of hash, and 64 bytes of which the hash is the first."""
        number = body.u32("little")
        if kind == _LOGIN80:
            body.skip(2)
        scheme, size = _HASHES.get(body.u8(), ("", 0))
        if not size:
            raise Malformed("an unknown kind of hash")
        secret = Secret(f"{body.take(size).hex()}:{self._seed.hex()}")
        login = Login(
            mechanism="password", username=str(number), secret=secret, scheme=scheme, clear=False, spans=(self.here(),)
        )
        yield from self._pending.add(login)

    def close(self) -> Iterator[Parsed]:
        """Report a login without an answer."""
        yield from self._pending.unanswered()


_SEED = b"\x01\0\0\0\x04\0\0\0"


def recognise(opening: Opening) -> Match:
    """The server speaks first: a seed of four bytes; the client's login follows."""
    server, client = opening.server, opening.client
    if not server.startswith(_SEED):
        return Match.MORE if server and _SEED.startswith(server) and not client else Match.NO
    if client[:4] in (b"\x31\0\0\0", b"\x19\0\0\0"):
        return Match.SURE
    if client:
        return Match.MORE if len(client) < 4 else Match.NO
    return Match.WEAK if opening.server_port in _PORTS else Match.MORE


_PORTS = frozenset({8074})
PROTOCOL = Protocol(name="gadu-gadu", title="Gadu-Gadu", parser=GaduGadu, recognise=recognise, ports=_PORTS)
