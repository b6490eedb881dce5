"""RTP and RTCP (RFC 3550): readable media of a flow, told apart from SRTP (RFC 3711).

Announced flows (SDP) are what the announcement says. Others are taken for RTP only after several packets that agree in
source, payload number, sequence and time stamp, and whose payloads are not random: ciphertext begins with another byte
in each packet, codecs do not.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from itertools import pairwise

from sensor.events import Attribute, Enough, Transfer, Upgrade
from sensor.model import Protection, Side, Transport
from sensor.parsing.cursor import Cursor, Malformed
from sensor.parsing.formats.http_headers import text
from sensor.parsing.formats.rtp import CONTROL, KEEP, RtpPacket, packet
from sensor.parsing.formats.sdp import Media
from sensor.parsing.parser import DatagramParser, Match, Opening, Parsed, Protocol

PACKETS = 3
"""Packets of a side before its media is reported: one stray datagram is no stream."""

PATIENCE = 64
"""Packets of both sides after which a flow is left, even if one side sends nothing."""

RECOGNISED = 5
"""Packets that must agree before an unannounced flow is taken for RTP: as many as the opening holds, less one."""


STRANGERS = 1
"""Datagrams of another kind that may stand among them."""

STUN_COOKIE = b"\x21\x12\xa4\x42"


class Rtp(DatagramParser):
    """One flow: reports each side's media once."""

    def __init__(self, hint: object = None) -> None:
        super().__init__(hint)
        self._media = hint if isinstance(hint, Media) else Media()
        self._payloads = (bytearray(), bytearray())
        self._packets = [0, 0]
        self._reported = [False, False]

    def datagram(self, side: Side, cursor: Cursor) -> Iterator[Parsed]:
        """Read one packet."""
        data = cursor.rest()
        if any(self._packets) and _is_stun(data):
            return
        if sum(self._packets) == 0 and data and data[0] >> 6 != 2:
            # STUN, DTLS or ZRTP on an announced port (RFC 7983): recognised by content.
            yield Upgrade(None)
            return
        if data[1:2] and data[0] >> 6 == 2 and data[1] & 0x7F in CONTROL:
            yield from control(side, data)
            return
        found = packet(data)
        if found is None:
            raise Malformed("no RTP header")
        self._packets[side] += 1
        if len(self._payloads[side]) < KEEP:
            self._payloads[side].extend(found.payload[:KEEP])
        if self._packets[side] >= PACKETS and not self._reported[side]:
            self._reported[side] = True
            kind = self._media.of(found.payload_type)
            payload = bytes(self._payloads[side])
            yield Transfer(
                side=side, application="rtp", media_type=kind, size=len(payload), data=payload, complete=False
            )
        if all(self._reported) or sum(self._packets) >= PATIENCE:
            yield Enough()


class Srtp(DatagramParser):
    """Announced as encrypted: only counted."""

    def datagram(self, side: Side, cursor: Cursor) -> Iterator[Parsed]:
        """Nothing in it can be read."""
        cursor.rest()
        yield Enough()


class Rtcp(DatagramParser):
    """Reports about RTP; source descriptions may name a person or a host (RFC 3550 §6.5)."""

    def datagram(self, side: Side, cursor: Cursor) -> Iterator[Parsed]:
        """Read one compound packet."""
        yield from control(side, cursor.rest())


_ITEMS = {
    1: "rtcp.cname",
    2: "rtcp.name",
    3: "rtcp.email",
    4: "rtcp.phone",
    5: "rtcp.location",
    6: "rtcp.tool",
    7: "rtcp.note",
}
MAX_CONTROL = 16
"""Packets of a compound and chunks of a source description that are read."""


def control(side: Side, data: bytes) -> Iterator[Parsed]:
    """The attributes in the source descriptions of a compound RTCP packet (RFC 3550 §6.1)."""
    cursor = Cursor(data)
    for _ in range(MAX_CONTROL):
        if cursor.remaining < 4:
            return
        first, kind, words = cursor.u8(), cursor.u8(), cursor.u16()
        if first >> 6 != 2 or 4 * words > cursor.remaining:
            return
        body = cursor.take(4 * words)
        if kind == 202:
            yield from _description(side, body)


def _description(side: Side, body: bytes) -> Iterator[Parsed]:
    at = 4
    for _ in range(MAX_CONTROL):
        if at + 2 > len(body) or not body[at]:
            return
        kind, length = body[at], body[at + 1]
        value = text(body[at + 2 : at + 2 + length]).strip()
        # Browsers make CNAMEs at random (RFC 7022); those identify nothing.
        if kind in _ITEMS and value and not re.fullmatch(r"[A-Za-z0-9+/]{16}|[0-9a-f{}-]{32,40}", value):
            yield Attribute(field=_ITEMS[kind], value=value, side=side)
        at += 2 + length


def _agree(packets: list[RtpPacket]) -> bool:
    """Whether packets of one side belong to one stream."""
    first = packets[0]
    for before, after in pairwise(packets):
        step = (after.sequence - before.sequence) & 0xFFFF
        time = (after.stamp - before.stamp) & 0xFFFFFFFF
        if (
            after.source != first.source
            or after.payload_type != first.payload_type
            or not 0 < step < 32
            or time >= 1 << 24
        ):
            return False
    known = first.payload_type <= 34 or first.payload_type >= 96
    return known and bool(first.source) and all(p.payload for p in packets)


def readable(payloads: list[bytes]) -> bool:
    """Whether payloads are a codec's and not a cipher's: they begin alike, or their bytes are unevenly spread.

    Of n random packets nearly all begin differently; of 400 and more random bytes the sixteen most frequent values make
    up some 15 %.
    """
    starts = {p[0] for p in payloads}
    if len(starts) <= len(payloads) // 2 or len({p[0] >> 4 for p in payloads}) == 1:
        return True
    joined = b"".join(payloads)
    return len(joined) >= 400 and sum(n for _, n in Counter(joined).most_common(16)) > 0.3 * len(joined)


def _is_stun(data: bytes) -> bool:
    return data[:1] <= b"\x03" and data[4:8] == STUN_COOKIE


def recognise(opening: Opening) -> Match:
    """Several packets of each side that agree; STUN stands between them (RFC 7983), or a stray one."""
    datagrams = [(sender, data) for sender, data in opening.datagrams if not _is_stun(data)]
    sides = {side: [packet(data) for sender, data in datagrams if sender is side] for side in Side}
    packets = [found for side in sides.values() for found in side if found]
    if not packets or len(packets) < len(datagrams) - STRANGERS:
        return Match.NO
    if not all(_agree([p for p in side if p]) for side in sides.values() if any(side)):
        return Match.NO
    if len(packets) < RECOGNISED:
        return Match.MORE
    return Match.SURE if readable([p.payload for p in packets]) else Match.NO


UDP = frozenset({Transport.UDP})

PROTOCOLS = (
    Protocol(
        name="rtp",
        title="RTP",
        publishes=True,
        parser=Rtp,
        transports=UDP,
        recognise=recognise,
        opens=rb"[\x80-\xbf].{11}",
        ports=frozenset({5004}),
    ),
    Protocol(name="srtp", title="SRTP", parser=Srtp, transports=UDP, protection=Protection.ENCRYPTED),
    Protocol(
        name="rtcp",
        title="RTCP",
        discloses={"location": ("rtcp.location",)},
        parser=Rtcp,
        transports=UDP,
        ports=frozenset({5005}),
    ),
)
