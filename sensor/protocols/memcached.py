"""memcached, text and binary: SASL logins with the server's answer, use without one.

The project's doc/protocol.txt and protocol-binary.
"""

from __future__ import annotations

from collections.abc import Iterator

from sensor.events import Access, Enough, Skip
from sensor.lazy_pattern import expression
from sensor.light_dataclass import dataclass
from sensor.model import Side
from sensor.parsing.cursor import Cursor, Malformed
from sensor.parsing.lines import LineParser
from sensor.parsing.parser import Match, Opening, Parsed, Protocol
from sensor.parsing.pending import Command, CommandQueue
from sensor.parsing.sasl import SaslExchange, SaslExchanges

VALUE_LIMIT = 16 * 1024
"""Bytes read of a binary body: SASL messages; values go up to a megabyte and are skipped."""

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
_SUCCESSES = (
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


@dataclass(slots=True)
class _Request(Command):
    control: bool = False
    """It changes something."""


class Memcached(LineParser):
    """A client and a server.

    ``Login``: the SASL mechanism, of the binary protocol only: in the text protocol a login looks like a value that is
    set. ``Access``: the first read and the first change.
    """

    def __init__(self, hint: object = None) -> None:
        super().__init__(hint)
        self._requests: CommandQueue[_Request] = CommandQueue()
        self._exchanges = SaslExchanges()
        self._logged_in = False
        self._reported: set[tuple[bool, bool]] = set()

    def message(self, side: Side, cursor: Cursor) -> Iterator[Parsed]:
        """A binary packet or a line; values are skipped."""
        if cursor.peek(1)[0] == (_REQUEST if side is Side.CLIENT else _RESPONSE):
            yield from self._packet(side, cursor)
        else:
            yield from super().message(side, cursor)

    def _packet(self, side: Side, cursor: Cursor) -> Iterator[Parsed]:
        """A header of 24 bytes, then extras, key, value.

        The header: magic, opcode, key length, extras length, data type, status, body length, opaque, cas.
        """
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
            control = opcode in _OPCODE_CHANGES
            yield from self._requests.append(_Request(f"opcode {opcode}", self.here(), control=control))
        elif opcode != _SASL_LIST and (request := self._requests.take()):
            if status == 0x20:
                yield from self._access(request, granted=False)
            elif status in (0x00, 0x01, 0x02, 0x05):  # done, not found, exists, not stored: no login was missing
                yield from self._access(request, granted=True)

    def _sasl(self, side: Side, opcode: int, status: int, key: bytes, value: bytes) -> Iterator[Parsed]:
        if side is Side.CLIENT:
            if opcode == _SASL_AUTH:
                yield from self._exchanges.begin(SaslExchange(key, self.here()))
            yield from self._exchanges.response(value, self.here())
        elif status == 0x21:  # continue
            yield from self._exchanges.challenge(value)
        elif self._exchanges:
            self._logged_in = self._logged_in or status == 0
            accepted = {0x00: True, 0x20: False}.get(status)
            yield from self._exchanges.finish(accepted, f"status {status:#04x} after SASL", self.here())

    def line(self, side: Side, line: bytes) -> Iterator[Parsed]:
        """A command or a response of the text protocol."""
        words = line.split(None, 6)
        if not words:
            return
        if side is Side.CLIENT:
            word = words[0].lower()
            if word in _STORES and len(words) >= 5 and words[4].isdigit() and len(words[4]) <= 9:
                yield Skip(side, int(words[4]) + 2)
            if (word in _CHANGES or word in _READS) and words[-1] != b"noreply":
                yield from self._requests.append(_Request(word.decode(), self.here(), control=word in _CHANGES))
            return
        if words[0] == b"VALUE" and len(words) >= 4 and words[3].isdigit() and len(words[3]) <= 9:
            yield Skip(side, int(words[3]) + 2)
        if words[0] in _SUCCESSES:
            # A value or a statistic is a part of the answer: END ends it.
            request = self._requests.first if words[0] in (b"VALUE", b"STAT") else self._requests.take()
            if request is not None:
                yield from self._access(request, granted=True)
        elif words[0] in (b"CLIENT_ERROR", b"ERROR", b"SERVER_ERROR"):
            request = self._requests.take()
            if request is not None and (b"unauthenticated" in line or b"authentication" in line):
                yield from self._access(request, granted=False)

    def _access(self, request: _Request, *, granted: bool) -> Iterator[Parsed]:
        if not self._logged_in and (granted, request.control) not in self._reported:
            self._reported.add((granted, request.control))
            yield Access(
                resource="memcached",
                action=request.verb,
                granted=granted,
                control=request.control,
                spans=(request.span, self.here()),
            )

    def gap(self, side: Side, length: int) -> Iterator[Parsed]:
        """Packets and values have no mark by which to find their beginning again."""
        yield from self.close()
        self.stop()
        yield Enough()

    def close(self) -> Iterator[Parsed]:
        """Report a login without an answer."""
        yield from self._exchanges.unanswered()


_LINE = expression(
    rb"(?:(?:set|add|replace|append|prepend|cas) [^\s]{1,250} \d{1,10} -?\d{1,10} \d{1,9}(?: \d+)?(?: noreply)?"
    rb"|gets? [^\r\n]{1,4000}|stats(?: \w+)?|flush_all(?: \d+)?|version)\r\n"
)


def recognise(opening: Opening) -> Match:
    """A storage command with numbers, or a binary header with sound lengths; short words need port or answer."""
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
PROTOCOL = Protocol(
    name="memcached", title="memcached", commands="its database", parser=Memcached, recognise=recognise, ports=_PORTS
)
