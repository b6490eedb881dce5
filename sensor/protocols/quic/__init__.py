"""QUIC handshakes (RFC 9000, RFC 9001, RFC 9369): the hellos in Initial packets as one `Handshake`.

The keys of Initial packets can be derived by anyone on the path. CRYPTO frames may come in any order, over several
packets and datagrams (browsers shuffle them on purpose). Of Google's versions before TLS the name in the CHLO is read
where it is not encrypted. The attribute ``quic.version`` is what the client began with.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterator

from sensor.events import Attribute, Enough
from sensor.lazy_pattern import expression
from sensor.model import Protection, Side, Transport
from sensor.parsing.cursor import Cursor, Malformed
from sensor.parsing.formats.tls_handshake import MESSAGE_LIMIT, Flight, Negotiation, alert_name
from sensor.parsing.formats.tls_hello import ClientHello
from sensor.parsing.parser import DatagramParser, Match, Opening, Parsed, Protocol
from sensor.protocols.quic import gquic, keys

LONGEST_ID = 20
"""RFC 9000 §17.2."""

SMALLEST_INITIAL = 1200
"""Bytes of a datagram with a client's Initial (RFC 9000 §14.1)."""

DATAGRAMS_LIMIT = 128
"""Datagrams after which a flow without a decided handshake is left; ten are usual, early data may come in front."""

KEYS_LIMIT = 8
"""Keys tried on one flow: for the first id, after a Retry, after a version negotiation, as many again in mid-stream."""

PIECES_LIMIT = 256
"""CRYPTO frames that may be pending for others: Chrome cuts a hello into some ten."""

_INITIAL, _RETRY = 0, 3

_ZEROS = expression(rb"\0*")

_PADDING, _PING, _ACK, _ACK_ECN, _CRYPTO, _CLOSE = 0x00, 0x01, 0x02, 0x03, 0x06, 0x1C
_GOOGLE_CRYPTO = 0x08
"""CRYPTO in Q050, T050 and T051 (from captures of them); in QUIC an Initial packet may not hold this type."""


def _varint(cursor: Cursor) -> int:
    """RFC 9000 §16."""
    first = cursor.u8()
    return int.from_bytes(bytes((first & 0x3F,)) + cursor.take((1 << (first >> 6)) - 1), "big")


class _Crypto:
    """One direction's CRYPTO frames in their order."""

    def __init__(self) -> None:
        self._pending: list[tuple[int, bytes]] = []
        self._end = 0
        self._room = MESSAGE_LIMIT

    def add(self, offset: int, data: bytes) -> bytes:
        """Lay a frame in; the bytes that now follow without a hole. First copies stay."""
        self._room -= len(data)
        if self._room < 0 or len(self._pending) >= PIECES_LIMIT or offset + len(data) <= self._end:
            return b""
        heapq.heappush(self._pending, (offset, data))
        ready = bytearray()
        while self._pending and self._pending[0][0] <= self._end:
            start, piece = heapq.heappop(self._pending)
            fresh = piece[self._end - start :]
            ready += fresh
            self._end += len(fresh)
        return bytes(ready)


class Quic(DatagramParser):
    """Reads until the client sends application data or all that is readable was seen."""

    def __init__(self, hint: object = None) -> None:
        super().__init__(hint)
        self._negotiation = Negotiation("quic", "q")
        self._flights = (Flight(), Flight())
        self._crypto = (_Crypto(), _Crypto())
        self._keys: tuple[keys.Keys, keys.Keys] | None = None
        self._tried: set[tuple[int, bytes]] = set()
        self._version: int | None = None
        self._first = self.here()
        self._datagrams = 0
        self._over = False

    def datagram(self, side: Side, cursor: Cursor) -> Iterator[Parsed]:
        """All packets of one datagram."""
        negotiation = self._negotiation
        self._datagrams += 1
        data = cursor.rest()
        inner = Cursor(data)
        google = gquic.client_hello(data) if self._version is None else None
        if google is not None and keys.salt(google.version) is None:
            self._google(side, google)
        elif data and not data[0] & 0x80:
            # Protected data (RFC 9000 §17.3): the client sends it only after the handshake.
            if negotiation.known and side is negotiation.client_side:
                negotiation.protected_data(self.here())
        else:
            while inner.remaining and data[inner.position] & 0x80 and self._long(side, data, inner):
                pass
        if negotiation.decided or self._datagrams >= DATAGRAMS_LIMIT or not negotiation.fingerprints:
            yield from self._results()
            yield Enough()

    def _google(self, side: Side, hello: ClientHello) -> None:
        """A hello that has no TLS in it, and nothing readable behind it."""
        negotiation = self._negotiation
        negotiation.client, negotiation.client_side, negotiation.fingerprints = hello, side, False
        negotiation.rests_on(self.here())
        self._begins(hello.version)

    def _begins(self, version: int) -> None:
        if self._version is None:
            self._version, self._first = version, self.here()

    def _long(self, side: Side, data: bytes, cursor: Cursor) -> bool:
        """One packet with a long header (RFC 9000 §17.2); whether another may follow."""
        start = cursor.position
        first, version = cursor.u8(), cursor.u32()
        if version == 0:
            return False
        self._begins(version)
        target = cursor.take(_id_length(cursor))
        cursor.skip(_id_length(cursor))
        kind = (first >> 4) & 0x03
        if version == keys.V2:
            # RFC 9369 §3.2 turns the four types round by one.
            kind = (kind - 1) & 0x03
        if kind == _RETRY:
            self._keys = None
            return False
        if kind == _INITIAL:
            cursor.skip(_varint(cursor))
        length = _varint(cursor)
        number_at = cursor.position - start
        cursor.skip(length)
        if kind == _INITIAL:
            frames = self._unprotected(side, version, target, data[start : cursor.position], number_at)
            if frames is not None:
                self._frames(side, frames)
        return True

    def _unprotected(self, side: Side, version: int, target: bytes, packet: bytes, number_at: int) -> bytes | None:
        """The packet's frames by the connection's keys, or by those that its own id would give a first packet."""
        role = side if self._negotiation.client_side is Side.CLIENT else side.other
        if self._keys is not None:
            frames = keys.unprotect(packet, number_at, self._keys[role])
            if frames is not None:
                return frames
        if (version, target) in self._tried or len(self._tried) >= KEYS_LIMIT:
            return None
        self._tried.add((version, target))
        made = keys.initial_keys(version, target)
        frames = keys.unprotect(packet, number_at, made[0]) if made else None
        if frames is not None and made:
            self._keys = made
            if not self._negotiation.known:
                self._negotiation.client_side = side
        return frames

    def _frames(self, side: Side, frames: bytes) -> None:
        """The frames that an Initial packet may hold (RFC 9000 §12.4)."""
        cursor = Cursor(frames)
        while cursor.remaining:
            kind = cursor.u8()
            if kind in (_ACK, _ACK_ECN):
                _varint(cursor), _varint(cursor)
                for _ in range(2 * _varint(cursor) + 1 + (3 if kind == _ACK_ECN else 0)):
                    _varint(cursor)
            elif kind in (_CRYPTO, _GOOGLE_CRYPTO):
                offset, length = _varint(cursor), _varint(cursor)
                ready = self._crypto[side].add(offset, cursor.take(length))
                self._messages(side, ready)
            elif kind == _CLOSE:
                code = _varint(cursor)
                # RFC 9001 §4.8: 0x0100 and the alert's number; 0 is a client that lost interest, not a refusal.
                if code:
                    name = alert_name(code & 0xFF) if code >> 8 == 1 else f"quic 0x{code:x}"
                    self._negotiation.refused(name, self.here())
                return
            elif kind == _PADDING:
                padding = _ZEROS.match(frames, cursor.position)
                cursor.position = padding.end() if padding else cursor.position
            elif kind != _PING:
                # A later version's frame: what follows it cannot be found.
                return

    def _messages(self, side: Side, data: bytes) -> None:
        if not data:
            return
        if self._negotiation.client is None and (old := gquic.message(data, self._version or 0)) is not None:
            self._google(side, old)
            return
        for kind, body, place in self._flights[side].add(data, self.here()):
            self._negotiation.message(side, kind, body, place)

    def _results(self) -> Iterator[Parsed]:
        self._over = True
        if self._version is not None:
            name = keys.version_name(self._version)
            yield Attribute(field="quic.version", value=name, side=self._negotiation.client_side, spans=(self._first,))
        if self._negotiation.known:
            yield self._negotiation.event()

    def close(self) -> Iterator[Parsed]:
        """The end of a flow whose handshake was not decided."""
        if not self._over:
            yield from self._results()


def _id_length(cursor: Cursor) -> int:
    length = cursor.u8()
    if length > LONGEST_ID:
        raise Malformed("QUIC connection id of more than 20 bytes")
    return length


def _fits(data: bytes) -> Match:
    """How well a packet fits: one with a long header names its version, a short one could be anything."""
    if len(data) < 7:
        return Match.NO
    if gquic.version_of(data) is not None:
        return Match.SURE
    version = int.from_bytes(data[1:5], "big")
    if not data[0] & 0x80:
        return Match.NO
    target = data[5]
    source = data[6 + target] if len(data) > 6 + target else 255
    if target > LONGEST_ID or source > LONGEST_ID:
        return Match.NO
    if version == 0:
        offered = data[7 + target + source :]
        listed = [int.from_bytes(offered[i : i + 4], "big") for i in range(0, min(len(offered), 64), 4)]
        return Match.SURE if listed and len(offered) % 4 == 0 and any(map(keys.known, listed)) else Match.NO
    if keys.known(version):
        return Match.SURE if data[0] & 0x40 else Match.NO
    # RFC 9000 §15: a version of the form 0x?a?a?a?a asks for a negotiation.
    greased = version & 0x0F0F0F0F == 0x0A0A0A0A
    return Match.SURE if greased and data[0] & 0x40 and len(data) >= SMALLEST_INITIAL else Match.NO


def _recognise(opening: Opening) -> Match:
    return max((_fits(data) for data in (opening.client, opening.server) if data), default=Match.NO)


PROTOCOL = Protocol(
    name="quic",
    title="QUIC",
    parser=Quic,
    transports=frozenset({Transport.UDP}),
    recognise=_recognise,
    opens=rb"[\x80-\xff](?:.{4}[\x00-\x14]|Q0)|.{9}Q0",
    ports=frozenset({443, 80, 853, 784, 8853}),
    protection=Protection.ENCRYPTED,
)
