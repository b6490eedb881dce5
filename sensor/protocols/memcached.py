"""memcached's text and binary protocols (its doc/protocol.txt, protocol-binary) into SASL logins with their answers and use without one."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterator
from typing import NamedTuple

from sensor.events import Access, Enough, Skip, Span
from sensor.model import Side
from sensor.parsing.cursor import Cursor, Malformed
from sensor.parsing.lines import LineParser
from sensor.parsing.parser import Match, Opening, Parsed, Protocol
from sensor.parsing.sasl import Exchange

VALUE_LIMIT = 16 * 1024
"""Bytes of a binary body that are read: SASL messages; values go up to a megabyte and are passed over."""

OUTSTANDING_LIMIT = 256
"""Commands whose answers may be awaited."""

_REQUEST, _RESPONSE = 0x80, 0x81
_SASL_LIST, _SASL_AUTH, _SASL_STEP = 0x20, 0x21, 0x22
_STORES = frozenset({b"set", b"add", b"replace", b"append", b"prepend", b"cas"})
_CHANGES = _STORES | {
    b"delete",
    b"incr",
    b"decr",
    b"touch",
    b"flush_all",
    b"shutdown",
    b"verbosity",
    b"ms",
    b"md",
    b"ma",
}
_READS = frozenset({b"get", b"gets", b"gat", b"gats", b"stats", b"mg", b"lru_crawler"})
_GOOD = (
    b"STORED",
    b"VALUE",
    b"END",
    b"DELETED",
    b"OK",
    b"STAT",
    b"HD",
    b"VA",
    b"EN",
    b"NOT_FOUND",
    b"TOUCHED",
    b"EXISTS",
    b"NOT_STORED",
)
_OPCODE_CHANGES = frozenset({*range(0x01, 0x07), 0x08, 0x0E, 0x0F, *range(0x11, 0x17), 0x18, 0x1C})


class _Sent(NamedTuple):
    action: str
    control: bool
    span: Span


class Memcached(LineParser):
    """``Login``: the SASL mechanism (binary protocol only: in the text one a login looks like a value that is set). ``Access``: the first read and the first change."""

    def __init__(self, hint: object = None) -> None:
        super().__init__(hint)
        self._sent: deque[_Sent] = deque(maxlen=OUTSTANDING_LIMIT)
        self._exchange: Exchange | None = None
        self._logged_in = False
        self._told: set[tuple[bool, bool]] = set()

    def message(self, side: Side, cursor: Cursor) -> Iterator[Parsed]:
        """A binary packet or a line; values are passed over."""
        if cursor.peek(1)[0] == (_REQUEST if side is Side.CLIENT else _RESPONSE):
            yield from self._packet(side, cursor)
        else:
            yield from super().message(side, cursor)

    def _packet(self, side: Side, cursor: Cursor) -> Iterator[Parsed]:
        """24 bytes of header: magic, opcode, key length, extras length, data type, status, body length, opaque, cas; then extras, key, value."""
        cursor.u8()
        opcode, key_length, extras = cursor.u8(), cursor.u16(), cursor.u8()
        cursor.u8()
        status, length = cursor.u16(), cursor.u32()
        cursor.skip(12)
        if key_length + extras > length:
            raise Malformed("key and extras are longer than the body")
        if length > VALUE_LIMIT:
            yield from self._read(side, opcode, status, b"", b"")
            yield Skip(side, length)
            return
        cursor.skip(extras)
        key, value = cursor.take(key_length), cursor.take(length - extras - key_length)
        yield from self._read(side, opcode, status, key, value)

    def _read(self, side: Side, opcode: int, status: int, key: bytes, value: bytes) -> Iterator[Parsed]:
        if opcode in (_SASL_AUTH, _SASL_STEP):
            yield from self._sasl(side, opcode, status, key, value)
        elif side is Side.CLIENT:
            self._sent.append(_Sent(f"opcode {opcode}", opcode in _OPCODE_CHANGES, self.here()))
        elif opcode != _SASL_LIST and self._sent:
            sent = self._sent.popleft()
            if status == 0x20:
                yield from self._used(sent, granted=False)
            elif status in (
                0x00,
                0x01,
                0x02,
                0x05,
            ):  # done, not found, exists, not stored: none of them for want of a login
                yield from self._used(sent, granted=True)

    def _sasl(self, side: Side, opcode: int, status: int, key: bytes, value: bytes) -> Iterator[Parsed]:
        if side is Side.CLIENT:
            if opcode == _SASL_AUTH:
                yield from self._finish(None, None)
                self._exchange = Exchange(key, self.here())
            if self._exchange:
                yield from self._exchange.response(value, self.here())
        elif self._exchange and status == 0x21:  # go on
            yield from self._exchange.challenge(value)
        elif self._exchange and status in (0x00, 0x20):
            self._logged_in = self._logged_in or status == 0
            yield from self._finish(status == 0, f"status {status:#04x} after SASL {self._exchange.mechanism}")

    def _finish(self, accepted: bool | None, basis: str | None) -> Iterator[Parsed]:
        exchange, self._exchange = self._exchange, None
        if exchange:
            yield from exchange.logins(accepted, basis, self.here() if basis else None)

    def line(self, side: Side, line: bytes) -> Iterator[Parsed]:
        """A command or an answer of the text protocol."""
        words = line.split(None, 6)
        if not words:
            return
        if side is Side.CLIENT:
            word = words[0].lower()
            if word in _STORES and len(words) >= 5 and words[4].isdigit() and len(words[4]) <= 9:
                yield Skip(side, int(words[4]) + 2)
            if (word in _CHANGES or word in _READS) and words[-1] != b"noreply":
                self._sent.append(_Sent(word.decode(), word in _CHANGES, self.here()))
            return
        if words[0] == b"VALUE" and len(words) >= 4 and words[3].isdigit() and len(words[3]) <= 9:
            yield Skip(side, int(words[3]) + 2)
        if self._sent and words[0] in _GOOD:
            sent = self._sent[0] if words[0] in (b"VALUE", b"STAT") else self._sent.popleft()
            yield from self._used(sent, granted=True)
        elif self._sent and words[0] in (b"CLIENT_ERROR", b"ERROR", b"SERVER_ERROR"):
            sent = self._sent.popleft()
            if b"unauthenticated" in line or b"authentication" in line:
                yield from self._used(sent, granted=False)

    def _used(self, sent: _Sent, *, granted: bool) -> Iterator[Parsed]:
        if not self._logged_in and (granted, sent.control) not in self._told:
            self._told.add((granted, sent.control))
            yield Access(
                resource="memcached",
                action=sent.action,
                granted=granted,
                control=sent.control,
                spans=(sent.span, self.here()),
            )

    def gap(self, side: Side, length: int) -> Iterator[Parsed]:
        """Packets and values have no mark to be found again by."""
        yield from self.close()
        self.stop()
        yield Enough()

    def close(self) -> Iterator[Parsed]:
        """A login without an answer."""
        yield from self._finish(None, None)


_LINE = re.compile(
    rb"(?:(?:set|add|replace|append|prepend|cas) [^\s]{1,250} \d{1,10} -?\d{1,10} \d{1,9}(?: \d+)?(?: noreply)?"
    rb"|gets? [^\r\n]{1,4000}|stats(?: \w+)?|flush_all(?: \d+)?|version)\r\n"
)


def recognise(opening: Opening) -> Match:
    """A storage command with its numbers, or a binary header whose lengths agree; short words need the port or the answer."""
    client, on_port = opening.client, opening.server_port in _PORTS
    if client[:1] == b"\x80":
        if len(client) < 24:
            return Match.MORE if on_port else Match.NO
        fits = (
            int.from_bytes(client[2:4], "big") + client[4] <= int.from_bytes(client[8:12], "big") < 1 << 27
            and client[5] == 0
            and client[1] <= 0x60
        )
        answered = opening.server[:2] == b"\x81" + client[1:2]
        return Match.SURE if fits and (on_port or answered) else Match.NO
    found = _LINE.match(client)
    if found is None:
        return Match.NO
    if client[:4] in (b"set ", b"add ", b"cas "):
        return Match.SURE
    return (
        Match.WEAK
        if on_port or opening.server.startswith((b"VALUE ", b"END\r", b"STAT ", b"VERSION "))
        else Match.MORE
        if not opening.server
        else Match.NO
    )


_PORTS = frozenset({11211})
PROTOCOL = Protocol(name="memcached", parser=Memcached, recognise=recognise, ports=_PORTS)
