"""TFTP (RFC 1350, options by RFC 2347 to 2349): files in the clear, logins in settings files."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import field, replace

from sensor.events import DATA_LIMIT, Access, Attribute, Expect, Span, Transfer
from sensor.light_dataclass import dataclass
from sensor.model import Side, Transport
from sensor.parsing.attributes import plain
from sensor.parsing.credentials.settings_file import credentials
from sensor.parsing.cursor import Cursor, Malformed
from sensor.parsing.parser import DatagramParser, Match, Opening, Parsed, Protocol

READ, WRITE, DATA, ACKNOWLEDGE, ERROR, OPTIONS = range(1, 7)
MODES = (b"octet", b"netascii", b"mail")
FIELDS_LIMIT = 32
"""Options read of a request: four are registered."""
BLOCK = 512
BLOCK_LIMIT = 65464
"""RFC 2348."""
SPANS = 16
"""Blocks that are evidence of a login: settings files are a few kilobytes."""


@dataclass(slots=True)
class FileTransfer:
    """One file: the request's fields and the blocks so far. ``block`` is the last block's number, 16 bits wide."""

    name: str
    writes: bool
    block_size: int = BLOCK
    block: int = 0
    size: int = 0
    data: bytearray = field(default_factory=bytearray)
    sender: Side | None = None
    lost: bool = False
    spans: list[Span] = field(default_factory=list)


def recognise(opening: Opening) -> Match:
    """A request: opcode 1 or 2, a file name, a mode. The rest goes to a new port and is expected there."""
    data = opening.client
    if not data:
        return Match.NO  # only a client speaks first
    if data[0] or len(data) < 6 or data[1] not in (READ, WRITE):
        return Match.NO
    fields = data[2:1024].split(b"\0", 2)
    if len(fields) < 3 or not fields[0] or fields[1].lower() not in MODES:
        return Match.NO
    return Match.SURE if all(c >= 32 for c in fields[0]) else Match.NO


class Tftp(DatagramParser):
    """A request, or (with a `FileTransfer` as hint) the transfer it began.

    The sides of a transfer may be either way round: the server sends first.
    """

    def __init__(self, hint: object = None) -> None:
        super().__init__(hint)
        self._transfer = hint if isinstance(hint, FileTransfer) else None
        self._pending: FileTransfer | None = None

    def datagram(self, side: Side, cursor: Cursor) -> Iterator[Parsed]:
        """Read one packet."""
        operation = cursor.u16()
        if operation in (READ, WRITE):
            yield from self._request(side, operation == WRITE, cursor.rest())
            return
        if not READ <= operation <= OPTIONS:
            raise Malformed("no opcode of TFTP")
        transfer = self._transfer
        if transfer is None:
            return
        if operation == OPTIONS:
            size = _options(cursor.rest().split(b"\0", FIELDS_LIMIT)).get(b"blksize", b"")
            transfer.block_size = (
                int(size) if size.isdigit() and len(size) < 6 and 8 <= int(size) <= BLOCK_LIMIT else transfer.block_size
            )
            yield from self._answered(True)
        elif operation == ERROR:
            yield from self._answered(False)
            yield from self._end(complete=False)
        elif operation == ACKNOWLEDGE:
            if transfer.writes:
                yield from self._answered(True)
        else:
            yield from self._block(transfer, side, cursor)

    def _request(self, side: Side, writes: bool, body: bytes) -> Iterator[Parsed]:
        name, _, rest = body.partition(b"\0")
        if not name or rest.partition(b"\0")[0].lower() not in MODES:
            raise Malformed("a request without a name or a known mode")
        yield from self._end(complete=False)
        self._transfer = self._pending = FileTransfer(plain(name), writes)
        if side is Side.CLIENT:
            # RFC 1350 4: the answer comes from a new port of the server to this one.
            yield Expect(protocol="tftp", port=0, side=side, udp=True, hint=FileTransfer(plain(name), writes))
        for key, value in _options(rest.split(b"\0", FIELDS_LIMIT)[1:]).items():
            if key in (b"blksize", b"tsize", b"timeout", b"windowsize"):
                continue
            # Options beyond the registered ones identify a program (boot loaders have their own).
            yield Attribute(field="tftp.option", value=plain(key + b"=" + value), side=side)
        yield Access(resource=plain(name), action="write" if writes else "read", granted=None, control=writes)

    def _answered(self, granted: bool) -> Iterator[Parsed]:
        """The server's answer in the request's own flow, as some servers give it."""
        if self._pending is not None:
            request, self._pending = self._pending, None
            yield Access(
                resource=request.name,
                action="write" if request.writes else "read",
                granted=granted,
                control=request.writes,
            )

    def _block(self, transfer: FileTransfer, side: Side, cursor: Cursor) -> Iterator[Parsed]:
        number = cursor.u16()
        content = cursor.rest()
        if len(content) > BLOCK_LIMIT:
            raise Malformed("a block longer than any may be")
        if not transfer.writes:
            yield from self._answered(True)
        ahead = (number - transfer.block) & 0xFFFF
        if not ahead or ahead > 0x8000:
            return  # sent again
        transfer.lost = transfer.lost or ahead != 1
        transfer.block, transfer.sender = number, side
        transfer.size += len(content)
        if not transfer.lost and len(transfer.data) < DATA_LIMIT:
            transfer.data += content[: DATA_LIMIT - len(transfer.data)]
            if len(transfer.spans) < SPANS:
                transfer.spans.append(self.here())
        if len(content) < transfer.block_size:
            yield from self._end(complete=not transfer.lost)

    def _end(self, *, complete: bool) -> Iterator[Parsed]:
        """The file as far as it crossed; ``data`` ends at the first loss."""
        transfer, self._transfer = self._transfer, None
        if transfer is not None and transfer.sender is not None:
            for found in credentials(bytes(transfer.data), whole=complete):
                login = found.login(
                    resource=transfer.name,
                    verifier=transfer.sender.other if transfer.writes else transfer.sender,
                    spans=tuple(transfer.spans),
                )
                yield replace(login, served=not transfer.writes)
            yield Transfer(
                side=transfer.sender,
                application="tftp",
                name=transfer.name,
                size=transfer.size,
                data=bytes(transfer.data),
                complete=complete,
            )

    def close(self) -> Iterator[Parsed]:
        """The part of a file whose end was not seen."""
        yield from self._end(complete=False)


def _options(fields: list[bytes]) -> dict[bytes, bytes]:
    """RFC 2347: names (without case) and values by turns."""
    return {fields[i].lower(): fields[i + 1] for i in range(0, len(fields) - 1, 2) if fields[i]}


PROTOCOL = Protocol(
    name="tftp",
    title="TFTP",
    secure_form="HTTPS",
    offers="its files",
    parser=Tftp,
    transports=frozenset({Transport.UDP}),
    recognise=recognise,
    opens=rb"\x00[\x01\x02]",
    ports=frozenset({69}),
)
