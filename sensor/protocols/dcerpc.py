"""DCE/RPC over TCP and SMB pipes: NTLM logins with the answer to the next call.

C706 chapter 12, MS-RPCE. A login consists of bind, bind_ack (or alter_context and its answer) and auth3, which has no
answer of its own: the answer to the next call decides, a fault with "access denied" is a refusal. Calls themselves are
not read.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from sensor.events import Access, Event, Inner, Login, Skip
from sensor.model import Side
from sensor.parsing.cursor import Cursor, Malformed
from sensor.parsing.parser import Match, Opening, Parsed, Protocol, StreamParser

REQUEST, RESPONSE, FAULT, BIND, BIND_ACK, BIND_NAK, ALTER, ALTER_ACK, AUTH3 = 0, 2, 3, 11, 12, 13, 14, 15, 16

KINDS = frozenset({0, 2, 3, 11, 12, 13, 14, 15, 16, 17, 18, 19})
"""C706 12.6.1 (connection-oriented), MS-RPCE 2.2.2.1."""

HEADER = 16
TRAILER = 8

NTLMSSP = b"NTLMSSP\0"

DENIED = frozenset({0x00000005, 0x1C010009, 0xC0000022, 0x1C00000B, 0x000006D3, 0x00000721})
"""Fault statuses that refuse the caller: access denied in three forms, security failures (MS-RPCE 2.2.2.11, C706
appendix N)."""

CHANNELS = 8
"""Security contexts tracked on one connection; a client has one, MS-RPCE 3.3.1.5.2.2 allows several."""


class Dcerpc(StreamParser):
    """Calls of one client to one server."""

    LIMIT = 64 * 1024 + HEADER
    """Bytes of a fragment: its length field has sixteen bits."""

    def __init__(self, hint: object = None) -> None:
        super().__init__(hint)
        self._pending: dict[int, Login | Access] = {}
        self._first_call: int | None = None

    def message(self, side: Side, cursor: Cursor) -> Iterator[Parsed]:
        """One fragment (C706 12.6.3.1)."""
        version, _, kind, _ = cursor.u8(), cursor.u8(), cursor.u8(), cursor.u8()
        order = "little" if cursor.u8() & 0x10 else "big"
        cursor.skip(3)
        size, trailer, call = cursor.u16(order), cursor.u16(order), cursor.u32(order)
        if version != 5 or kind not in KINDS or size < HEADER + (TRAILER + trailer if trailer else 0):
            raise Malformed("not a DCE/RPC fragment")
        if kind in (REQUEST, RESPONSE):
            # The fragment is evidence by its header alone.
            yield Skip(side, size - HEADER)
            yield from self._call(kind, call)
            return
        body = cursor.take(size - HEADER)
        if trailer:
            context = int.from_bytes(body[-trailer - 4 : -trailer], "little" if order == "little" else "big")
            token = body[-trailer:]
            at = token.find(NTLMSSP)
            if at >= 0:
                yield Inner(token[at:], "ntlmssp", side, context)
        if kind == FAULT and len(body) >= 12:
            status = int.from_bytes(body[8:12], "little" if order == "little" else "big")
            yield from self._report_pending(False if status in DENIED else None, f"fault 0x{status:08x}")
        elif kind == BIND_NAK:
            yield from self._report_pending(False, "bind_nak")

    def _call(self, kind: int, call: int) -> Iterator[Parsed]:
        """The first call after a login, and its answer."""
        if not self._pending:
            return
        if kind == REQUEST and self._first_call is None:
            self._first_call = call
        elif kind == RESPONSE and call == self._first_call:
            yield from self._report_pending(True, "response to the first call")

    def _report_pending(self, accepted: bool | None, basis: str) -> Iterator[Parsed]:
        here = self.here()
        attempts, self._first_call = list(self._pending.values()), None
        self._pending.clear()
        for attempt in attempts:
            spans = (*attempt.spans, here)
            if isinstance(attempt, Login):
                yield replace(attempt, accepted=accepted, basis=basis, spans=spans)
            else:
                yield replace(attempt, resource="dcerpc", granted=accepted, spans=spans)

    def from_inner(self, event: Event, channel: int) -> Iterable[Parsed]:
        """Hold a login until the answer to the next call."""
        if not isinstance(event, Login | Access):
            return (event,)
        replaced = self._pending.pop(channel, None)
        if replaced is None and len(self._pending) >= CHANNELS:
            replaced = self._pending.pop(next(iter(self._pending)))
        self._pending[channel] = event
        self._first_call = None
        return (replaced,) if replaced is not None else ()

    def close(self) -> Iterator[Parsed]:
        """Report logins without an answer."""
        yield from self._pending.values()
        self._pending.clear()


def _match_fragment(data: bytes) -> Match:
    if len(data) < HEADER:
        begins = data[:1] == b"\x05" and (len(data) < 2 or data[1] <= 1) and (len(data) < 3 or data[2] in KINDS)
        return Match.MORE if begins else Match.NO
    order = "little" if data[4] & 0x10 else "big"
    size = int.from_bytes(data[8:10], order)  # type: ignore[arg-type]
    trailer = int.from_bytes(data[10:12], order)  # type: ignore[arg-type]
    sound = (
        data[0] == 5
        and data[1] in (0, 1)
        and data[2] in KINDS
        and not data[3] & 0x08
        and data[4] in (0x00, 0x10)
        and data[5] <= 3
        and data[6:8] == b"\0\0"
        and size >= HEADER + trailer
    )
    if not sound:
        return Match.NO
    return Match.SURE if data[2] in (BIND, BIND_ACK, ALTER, ALTER_ACK, AUTH3) and size < 8192 else Match.WEAK


def _recognise(opening: Opening) -> Match:
    sides = [_match_fragment(data) for data in (opening.client, opening.server) if data]
    return Match.NO if Match.NO in sides else max(sides, default=Match.NO)


PROTOCOL = Protocol(
    name="dcerpc", title="Windows RPC", parser=Dcerpc, recognise=_recognise, ports=frozenset({135, 593})
)
