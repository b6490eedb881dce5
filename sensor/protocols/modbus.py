"""Modbus/TCP: registers read and written without a login, and a device's identification.

Modbus Application Protocol 1.1b3 and Modbus Messaging on TCP/IP 1.0b. The protocol has no login: every answered write
is control without authentication.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from sensor.events import Access, Span
from sensor.model import Side
from sensor.parsing.attributes import attribute_events
from sensor.parsing.cursor import Cursor, Malformed
from sensor.parsing.parser import Match, Opening, Parsed, Protocol, StreamParser

FUNCTIONS = {
    1: "read coils",
    2: "read discrete inputs",
    3: "read holding registers",
    4: "read input registers",
    5: "write coil",
    6: "write register",
    7: "read exception status",
    8: "diagnostics",
    11: "read event counter",
    12: "read event log",
    15: "write coils",
    16: "write registers",
    17: "report server id",
    20: "read file",
    21: "write file",
    22: "mask write register",
    23: "read and write registers",
    24: "read queue",
    43: "encapsulated",
    90: "vendor (Schneider Unity)",
}
"""Public functions (clause 5.1), and the one that programs PLCs of a large maker."""

CONTROL = frozenset({5, 6, 15, 16, 21, 22, 23, 90})

IDENTIFICATION = {
    0: "modbus.vendor",
    1: "modbus.product",
    2: "modbus.revision",
    4: "modbus.product_name",
    5: "modbus.model",
}
"""Objects of Read Device Identification (clause 6.21)."""

PENDING_LIMIT = 16
"""Pending requests of a connection (the messaging guide recommends up to 16 transactions)."""

REPORTED_LIMIT = 256
"""Units and functions reported of a connection, each once."""


class _Request(NamedTuple):
    unit: int
    function: int
    span: Span


class Modbus(StreamParser):
    """A client and a server, or a gateway to a bus of them."""

    def __init__(self, hint: object = None) -> None:
        super().__init__(hint)
        self._pending: dict[int, _Request] = {}
        self._reported: set[object] = set()

    def message(self, side: Side, cursor: Cursor) -> Iterator[Parsed]:
        """One frame: transaction, protocol 0, length, unit, function, data."""
        transaction, protocol, length = cursor.u16(), cursor.u16(), cursor.u16()
        if protocol or not 2 <= length <= 260:
            raise Malformed("not a Modbus frame")
        frame = cursor.sub(length)
        unit, function = frame.u8(), frame.u8()
        here = self.here()
        if side is Side.CLIENT:
            if len(self._pending) >= PENDING_LIMIT:
                self._pending.pop(next(iter(self._pending)))
            self._pending[transaction] = _Request(unit, function, here)
            return
        request = self._pending.pop(transaction, None)
        if request is None or request.function != function & 0x7F:
            return
        granted = not function & 0x80
        if self._first_time((request.unit, request.function, granted)):
            yield Access(
                resource=f"unit {request.unit}",
                action=FUNCTIONS.get(request.function, f"function {request.function}"),
                granted=granted,
                control=request.function in CONTROL,
                status=0 if granted else frame.u8(),
                spans=(request.span, here),
            )
        if function == 43 and frame.remaining >= 6 and frame.u8() == 0x0E:
            yield from self._identification(frame)

    def _first_time(self, key: object) -> bool:
        if key in self._reported or len(self._reported) >= REPORTED_LIMIT:
            return False
        self._reported.add(key)
        return True

    def _identification(self, frame: Cursor) -> Iterator[Parsed]:
        frame.skip(4)
        for _ in range(frame.u8()):
            kind = frame.u8()
            value = frame.take(frame.u8())
            if kind in IDENTIFICATION and self._first_time((kind, value)):
                yield from attribute_events(IDENTIFICATION[kind], value, Side.SERVER)


def recognise(opening: Opening) -> Match:
    """Frames that fill the bytes of both sides, with protocol 0 and known functions."""
    if not opening.client:
        return Match.NO
    whole = True
    for data in (opening.client, opening.server):
        at = 0
        while at < len(data):
            frame = data[at : at + 8]
            length = int.from_bytes(frame[4:6], "big")
            if (
                any(frame[2:4])
                or (len(frame) >= 6 and not 2 <= length <= 260)
                or (len(frame) == 8 and frame[7] & 0x7F not in FUNCTIONS)
            ):
                return Match.NO
            at += 6 + length if len(frame) >= 6 else 8
        whole = whole and at == len(data) and bool(data)
    if whole:
        # The response repeats transaction, unit and function of the request.
        client, server = opening.client, opening.server
        same = client[:2] == server[:2] and client[6] == server[6] and client[7] == server[7] & 0x7F
        return Match.SURE if same else Match.WEAK
    return Match.WEAK if 502 in (opening.client_port, opening.server_port) and len(opening.client) >= 8 else Match.MORE


PROTOCOL = Protocol(
    name="modbus",
    title="Modbus",
    commands="what it controls",
    discloses={"identity": ("modbus.product", "modbus.model", "modbus.vendor"), "version": ("modbus.revision",)},
    parser=Modbus,
    recognise=recognise,
    ports=frozenset({502}),
)
