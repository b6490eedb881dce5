"""Telnet sessions (RFC 854): logins at prompts, attributes of both ends, the session's text."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

from sensor.events import Enough, Inner, Span, Upgrade
from sensor.lazy_pattern import expression
from sensor.model import Side
from sensor.parsing.attributes import attribute_events
from sensor.parsing.parser import Match, Opening, Parsed, Parser, Protocol
from sensor.parsing.prompts import Prompt, prompt
from sensor.parsing.sasl import readable
from sensor.parsing.terminal import TerminalSession

SUBOPTION_LIMIT = 4096
"""Bytes of one subnegotiation that are stored: an environment with a few variables, an NTLM message."""

_IAC, _SE, _NOP, _IP, _EC, _EL, _SB, _WILL, _DONT = 255, 240, 241, 244, 247, 248, 250, 251, 254
_TERMINAL_TYPE, _OLD_ENVIRON, _AUTHENTICATION, _ENCRYPT, _NEW_ENVIRON, _START_TLS = 24, 36, 37, 38, 39, 46


class Telnet(Parser):
    """A terminal and a server.

    ``Login``: scheme ``prompt``, see `TerminalSession`; a name sent as environment USER (RFC 1572) counts where the
    server does not prompt for one. NTLM (MS-TNAP) goes to its parser.
    """

    def __init__(self, hint: object = None) -> None:
        super().__init__(hint)
        self._terminal = TerminalSession("telnet", "prompt")
        self._offsets = [0, 0]
        self._states: list[int | None] = [None, None]  # None: text; else the command byte whose argument is awaited
        self._suboptions: list[bytearray | None] = [None, None]
        self._suboption_start = [0, 0]
        self._follows = [False, False]
        self._pending = (bytearray(), bytearray())
        self._here = Span(Side.CLIENT, 0, 0)

    def here(self) -> Span:
        """The piece of text or the command being read now."""
        return self._here

    def pending(self, side: Side) -> bytes:
        """Bytes after the end of Telnet."""
        return bytes(self._pending[side])

    def receive(self, side: Side, data: bytes) -> Iterator[Parsed]:
        """The next bytes of a side: text up to the next IAC, or one byte of a command."""
        position = 0
        while position < len(data):
            offset = self._offsets[side]
            if self._states[side] is None:
                end = data.find(b"\xff", position)
                if end == position:
                    self._states[side], used = _IAC, 1
                else:
                    end = len(data) if end < 0 else end
                    used = end - position
                    yield from self._text(side, data[position:end], offset)
            else:
                used = 1
                for event in self._command(side, data[position], offset):
                    if isinstance(event, Upgrade):
                        self._pending[side].extend(data[position + 1 :])
                    yield event
            position += used
            self._offsets[side] = offset + used

    def _text(self, side: Side, data: bytes, offset: int) -> Iterator[Parsed]:
        suboption = self._suboptions[side]
        if suboption is not None:
            suboption += data[: SUBOPTION_LIMIT - len(suboption)] if len(suboption) < SUBOPTION_LIMIT else b""
            return
        self._here = Span(side, offset, offset + len(data))
        yield from self._terminal.typed(data, offset) if side is Side.CLIENT else self._terminal.shown(data, offset)

    def _command(self, side: Side, byte: int, offset: int) -> Iterator[Parsed]:
        before, self._states[side] = self._states[side], None
        if before != _IAC or byte == _IAC:
            if before == _IAC:  # a doubled IAC is the byte itself
                yield from self._text(side, b"\xff", offset)
            return
        if _WILL <= byte <= _DONT:
            self._states[side] = byte
        elif byte == _SB:
            self._suboptions[side], self._suboption_start[side] = bytearray(), offset
        elif byte == _SE:
            suboption, self._suboptions[side] = self._suboptions[side], None
            self._here = Span(side, self._suboption_start[side], offset + 1)
            yield from self._suboption(side, bytes(suboption or b""))
        elif byte in (_EC, _EL) and side is Side.CLIENT:
            yield from self._text(side, b"\x7f" if byte == _EC else b"\x15", offset)

    def _suboption(self, side: Side, data: bytes) -> Iterator[Parsed]:
        option, verb, value = data[:1], data[1:2], data[2:]
        if option == bytes([_TERMINAL_TYPE]) and verb == b"\0":  # RFC 1091: IS
            yield from attribute_events("telnet.terminal", value, side)
        elif option in (bytes([_NEW_ENVIRON]), bytes([_OLD_ENVIRON])) and verb in (b"\0", b"\2"):
            name = _environment(value, old=option[0] == _OLD_ENVIRON).get(b"USER")
            if name and side is Side.CLIENT:
                self._terminal.user = (readable(name), (self._here,))
        elif option == bytes([_AUTHENTICATION]) and b"NTLMSSP\0" in data:
            yield Inner(data[data.index(b"NTLMSSP\0") :], "ntlmssp", side)
        elif option == bytes([_ENCRYPT]) and verb == b"\3":  # RFC 2946: START
            yield from self._terminal.close()
            yield Enough()
        elif option == bytes([_START_TLS]) and verb == b"\1":  # draft-altman-telnet-starttls: FOLLOWS
            self._follows[side] = True
            if all(self._follows):
                yield Upgrade("tls")

    def gap(self, side: Side, length: int) -> Iterator[Parsed]:
        """The line that the loss is in is dropped; the next is whole."""
        self._offsets[side] += length
        self._states[side] = self._suboptions[side] = None
        self._terminal.lost(side)
        return iter(())

    def close(self) -> Iterator[Parsed]:
        """The session is over."""
        yield from self._terminal.close()


def _environment(value: bytes, old: bool) -> dict[bytes, bytes]:
    """RFC 1572 2.: VAR (0) or USERVAR (3) and a name, VALUE (1) and its value; ESC (2) escapes such a byte.

    Some send the ``old`` option with VAR and VALUE swapped (RFC 1571).
    """
    fields: list[tuple[int, bytearray]] = []
    escaped = False
    for byte in value:
        if byte == 2 and not escaped:
            escaped = True
            continue
        if byte in (0, 1, 3) and not escaped:
            fields.append((byte, bytearray()))
        elif fields:
            fields[-1][1].append(byte)
        escaped = False
    variables: dict[bytes, bytes] = {}
    for (mark, name), (next_mark, content) in itertools.pairwise(fields):
        if next_mark == 1 or (old and next_mark == 0 and mark == 1):
            variables.setdefault(bytes(name), bytes(content))
    return variables


_NEGOTIATION = expression(rb"(?:\xff(?:[\xfb-\xfe][\x00-\x31\xff]|\xfa[\x00-\x31][^\xff]{0,64}\xff\xf0|[\xf1-\xf9]))+")
_ASKING = (Prompt.USER, Prompt.PASSWORD)
SEEN = 512
"""Bytes of an opening that are looked at: negotiation and a short banner stand in the first packets."""


def recognise(opening: Opening) -> Match:
    """Negotiation (IAC and a verb) by either side is telnet's own; without it a prompt in the server's first text."""
    for seen in (opening.server, opening.client):
        if seen[:1] == b"\xff":
            found = _NEGOTIATION.match(seen[:SEEN])
            if found:
                return Match.SURE if found.end() >= 6 else Match.WEAK
            return Match.MORE if len(seen) < 3 else Match.NO
    server, on_port = opening.server[:SEEN], opening.server_port in _PORTS
    if not server:
        return Match.WEAK if on_port and _is_text(opening.client) else Match.NO
    if not _is_text(server):
        return Match.NO
    if prompt(server.rpartition(b"\n")[2]) in _ASKING:
        return Match.WEAK
    if on_port:
        return Match.WEAK
    return Match.MORE if not opening.client and len(opening.server) < SEEN else Match.NO


def _is_text(data: bytes) -> bool:
    """Printable, with the controls that terminals use; high bytes are letters of other languages."""
    return bool(data) and not data.translate(None, _TERMINAL_BYTES)


_TERMINAL_BYTES = bytes(range(0x20, 0x7F)) + bytes(range(0x80, 0x100)) + b"\r\n\t\0\x07\x08\x1b\x0c"
_PORTS = frozenset({23, 2323, 1337})

PROTOCOL = Protocol(
    name="telnet",
    title="Telnet",
    secure_form="SSH",
    commands="a command line",
    parser=Telnet,
    recognise=recognise,
    ports=_PORTS,
)
