"""SSH handshakes (RFC 4253) and SSH-1: both banners, algorithms, keys taken into use.

They give one `Handshake`. Its ``cipher`` is ``key-exchange host-key cipher mac`` as negotiated by RFC 4253 §7.1 for the
client's direction (a cipher that brings its own MAC: ``implicit``), of SSH-1 the ciphers the server allows;
``offered_ciphers`` are the client's ciphers in its direction. The attributes ``ssh.kex``, ``ssh.host_key``,
``ssh.encryption`` and ``ssh.mac`` are the lists of each side, comma-separated; ``ssh.hassh`` is the MD5 over a side's
lists that Salesforce published (BSD-3) as HASSH.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

from sensor.events import Attribute, Enough, Handshake, Span
from sensor.lazy_pattern import expression
from sensor.model import Protection, Side
from sensor.parsing.cursor import Cursor, Malformed
from sensor.parsing.parser import Match, Opening, Parsed, Protocol, StreamParser

BANNER_LIMIT = 1024
"""Bytes of a line before or with the identification: RFC 4253 §4.2 says 255, some servers greet longer."""

GREETING_LINES = 64
"""Lines a server may send before its identification (RFC 4253 §4.2 leaves the number open)."""

PACKET_LIMIT = 35000
"""Bytes of a packet that each implementation must be able to read (RFC 4253 §6.1)."""

PACKETS_LIMIT = 64
"""Packets of a side before its keys: a key exchange takes four, with group exchange six."""

LIST_LIMIT = 2048
"""Characters of an algorithm list that are reported; OpenSSH's longest has under 600."""

KEXINIT, NEWKEYS, KEX_REPLY, GEX_REPLY = 20, 21, 31, 33
"""Types of messages; the server's key is in the reply to an exchange (RFC 4253 8, RFC 5656 4, RFC 8731 3.1), which has
another number with group exchange (RFC 4419 5).
"""

HOST_KEY_LIMIT = 4096
"""Bytes of a host key: RSA with 16384 bits has 2,100."""

_LISTS = 10
_KEX, _HOST_KEY, _TO_SERVER, _TO_CLIENT, _MAC_TO_SERVER, _MAC_TO_CLIENT, _PACKED_TO_SERVER, _PACKED_TO_CLIENT = range(8)

_IDENTIFICATION = expression(rb"SSH-(\d{1,2}\.\d{1,3})-([ -~]*)")

_WITH_MAC = ("gcm", "chacha20-poly1305")

_SIGNALS = ("ext-info-", "kex-strict-")
"""Names in the key exchange list that are no key exchange (RFC 8308, OpenSSH's answer to Terrapin)."""

_SSH1_CIPHERS = ("none", "idea", "des", "3des", "tss", "rc4", "blowfish")
"""By bit of SMSG_PUBLIC_KEY's mask (draft-ylonen-ssh-protocol-00)."""

SMSG_PUBLIC_KEY = 2


class Ssh(StreamParser):
    """Reads until both sides use their keys."""

    LIMIT = PACKET_LIMIT + 5

    def __init__(self, hint: object = None) -> None:
        super().__init__(hint)
        self._versions: list[str | None] = [None, None]
        self._lists: list[list[str] | None] = [None, None]
        self._keyed = [False, False]
        self._behind = [False, False]
        self._count = [0, 0]
        self._first_allowed: str | None = None
        self._server_key: bytes | None = None
        self._spans: list[Span] = []

    def message(self, side: Side, cursor: Cursor) -> Iterator[Parsed]:
        """An identification line, a packet, or encrypted bytes."""
        if self._versions[side] is None:
            yield from self._identification(side, cursor.line(BANNER_LIMIT))
        elif self._keyed[side]:
            cursor.skip(cursor.remaining)
            self._behind[side] = True
            if self._keyed[side.other] or not self._versions[side.other]:
                yield from self._over()
        elif self._old:
            yield from self._old_packet(side, cursor)
        else:
            yield from self._packet(side, cursor)

    @property
    def _old(self) -> bool:
        """A side has SSH-1 only (1.99 is 2.0 that also takes 1, RFC 4253 §5.1)."""
        return any(v is not None and v.startswith("1.") and v != "1.99" for v in self._versions)

    def _identification(self, side: Side, line: bytes) -> Iterator[Parsed]:
        found = _IDENTIFICATION.match(line)
        self._count[side] += 1
        if found is None:
            if side is Side.CLIENT or self._count[side] > GREETING_LINES:
                raise Malformed("no SSH identification")
            return
        self._count[side] = 0
        self._versions[side] = found[1].decode("ascii")
        self._spans.append(self.here())
        yield Attribute(field="ssh.banner", value=line.decode("utf-8", "backslashreplace").strip(), side=side)

    def _packet(self, side: Side, cursor: Cursor) -> Iterator[Parsed]:
        """RFC 4253 §6, before keys: length, padding length, payload, padding."""
        length = cursor.u32()
        if not 2 <= length <= PACKET_LIMIT:
            raise Malformed("SSH packet length out of range")
        packet = Cursor(cursor.take(length))
        padding = packet.u8()
        payload = packet.sub(max(0, packet.remaining - padding))
        kind = payload.u8()
        self._counted(side)
        if kind == KEXINIT and self._lists[side] is None:
            payload.skip(16)
            self._lists[side] = lists = [payload.text(payload.u32(), "ascii") for _ in range(_LISTS)]
            self._spans.append(self.here())
            yield from self._attributes(side, lists)
        elif kind == NEWKEYS:
            self._keyed[side] = True
        elif side is Side.SERVER and self._server_key is None and kind == self._reply:
            length = payload.u32()
            if length <= HOST_KEY_LIMIT and length <= payload.remaining:
                self._server_key = payload.take(length)
                self._spans.append(self.here())

    @property
    def _reply(self) -> int:
        """The type of the message with the server's key."""
        return GEX_REPLY if "group-exchange" in (self._negotiated() or "").partition(" ")[0] else KEX_REPLY

    def _counted(self, side: Side) -> None:
        self._count[side] += 1
        if self._count[side] > PACKETS_LIMIT:
            raise Malformed("SSH key exchange without an end")

    def _attributes(self, side: Side, lists: list[str]) -> Iterator[Parsed]:
        own = [lists[_KEX], lists[_TO_SERVER + side], lists[_MAC_TO_SERVER + side], lists[_PACKED_TO_SERVER + side]]
        for field, value in (("kex", own[0]), ("host_key", lists[_HOST_KEY]), ("encryption", own[1]), ("mac", own[2])):
            if value:
                yield Attribute(field=f"ssh.{field}", value=value[:LIST_LIMIT], side=side)
        hassh = hashlib.md5(";".join(own).encode(), usedforsecurity=False).hexdigest()
        yield Attribute(field="ssh.hassh", value=hassh, side=side)

    def _old_packet(self, side: Side, cursor: Cursor) -> Iterator[Parsed]:
        """SSH-1: length, padding to eight bytes, type, data, CRC.

        The server's key comes first and names the ciphers; the rest is encrypted.
        """
        length = cursor.u32()
        if not 5 <= length <= PACKET_LIMIT:
            raise Malformed("SSH-1 packet length out of range")
        packet = Cursor(cursor.take(8 - length % 8 + length))
        packet.skip(8 - length % 8)
        kind = packet.u8()
        if side is Side.SERVER and kind == SMSG_PUBLIC_KEY:
            packet.skip(8)
            for _ in range(2):  # server key, host key: bits, exponent, modulus
                packet.skip(4)
                for _ in range(2):
                    packet.skip((packet.u16() + 7) // 8)
            packet.skip(4)
            mask = packet.u32()
            self._first_allowed = " ".join(name for bit, name in enumerate(_SSH1_CIPHERS) if mask >> bit & 1) or None
            self._spans.append(self.here())
        # The client's session key ends what can be read in its direction, the public key in the server's.
        self._keyed[side] = True
        return iter(())

    def _negotiated(self) -> str | None:
        """RFC 4253 §7.1: of each kind the first of the client's names that the server has."""
        client, server = self._lists
        if client is None or server is None:
            return None

        def first(index: int) -> str:
            others = set(server[index].split(","))
            return next((n for n in client[index].split(",") if n in others and not n.startswith(_SIGNALS)), "none")

        cipher = first(_TO_SERVER)
        mac = "implicit" if any(name in cipher for name in _WITH_MAC) else first(_MAC_TO_SERVER)
        return f"{first(_KEX)} {first(_HOST_KEY)} {cipher} {mac}"

    def _event(self) -> Handshake:
        client, server = self._versions
        version = "SSH 1.5" if self._old else "SSH 2.0"
        offered = client if client is not None else server
        lists = self._lists[Side.CLIENT]
        return Handshake(
            kind="ssh",
            version=version if client and server else None,
            cipher=self._first_allowed if self._old else self._negotiated(),
            offered_versions=("SSH 2.0", "SSH 1.5") if offered == "1.99" else (f"SSH {offered}",),
            offered_ciphers=tuple(lists[_TO_SERVER].split(",")) if lists and lists[_TO_SERVER] else (),
            established=True if any(self._behind) else None,
            host_key=self._server_key,
            spans=tuple(self._spans),
        )

    def _over(self) -> Iterator[Parsed]:
        self.stop()
        if any(self._versions):
            yield self._event()
        yield Enough()

    def gap(self, side: Side, length: int) -> Iterator[Parsed]:
        """Packets cannot be found again after a loss: report what is known."""
        yield from self._over()

    def close(self) -> Iterator[Parsed]:
        """The end before both sides used their keys."""
        if any(self._versions) and not self._stopped:
            yield self._event()


def _fits(data: bytes) -> Match:
    if data.startswith(b"SSH-"):
        return Match.SURE
    return Match.MORE if b"SSH-".startswith(data[:4]) and len(data) < 4 else Match.NO


def _recognise(opening: Opening) -> Match:
    """Either side's identification; a server may send lines of its own before it."""
    sides = [_fits(data) for data in (opening.client, opening.server) if data]
    if Match.SURE in sides:
        return Match.SURE
    if b"\nSSH-" in opening.server[: 2 * BANNER_LIMIT]:
        return Match.SURE
    return max(sides, default=Match.NO)


PROTOCOL = Protocol(
    name="ssh",
    title="SSH",
    parser=Ssh,
    recognise=_recognise,
    ports=frozenset({22, 830, 2222}),
    protection=Protection.ENCRYPTED,
)
