"""An announced FTP data connection (RFC 959 3.3) into the file or listing that crossed it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from sensor.events import Enough, Span, Transfer
from sensor.model import Side
from sensor.parsing.lines import BoundedBody
from sensor.parsing.parser import Parsed, Parser, Protocol

COUNTED_LIMIT = 16 * 1024 * 1024
"""Bytes that are counted: only its end tells a stream's length, and reading all of a disk image to learn it is not worth its time."""

EVIDENCE_LENGTH = 4096
"""Bytes of the file that are named as evidence: its magic number and first lines."""

_LISTINGS = frozenset({"LIST", "NLST", "MLSD"})


@dataclass(slots=True)
class DataConnection:
    """An announced data connection; filled in when the transfer command comes, after the port was announced (RFC 959 3.3).

    ``command`` such as RETR, ``path`` its argument.
    """

    command: str | None = None
    path: str | None = None


class FtpData(Parser):
    """One direction carries one object, from the first byte to the end of the connection (stream mode, RFC 959 3.4.1).

    ``Transfer``: application ``ftp``; ``name`` the path, or the command for a listing of no path; ``media_type`` ``text/plain`` for listings.
    """

    def __init__(self, hint: object = None) -> None:
        super().__init__(hint)
        self._announced = hint if isinstance(hint, DataConnection) else DataConnection()
        self._kept = (BoundedBody(), BoundedBody())
        self._lost = False

    def receive(self, side: Side, data: bytes) -> Iterator[Parsed]:
        """The next bytes of the object."""
        self._kept[side].add(data)
        if self._kept[side].size >= COUNTED_LIMIT:
            yield from self._told(whole=False)
            yield Enough()

    def gap(self, side: Side, length: int) -> Iterator[Parsed]:
        """Bytes of the object that are missing from the capture."""
        self._kept[side].size += length
        self._lost = True
        return iter(())

    def close(self) -> Iterator[Parsed]:
        """The end of the connection is the end of the object."""
        return self._told(whole=not self._lost)

    def _told(self, whole: bool) -> Iterator[Transfer]:
        listing = self._announced.command in _LISTINGS
        for side in Side:
            kept = self._kept[side]
            if kept.size:
                yield Transfer(
                    side=side,
                    application="ftp",
                    name=self._announced.path or self._announced.command,
                    media_type="text/plain" if listing else None,
                    size=kept.size,
                    data=bytes(kept.data),
                    complete=whole,
                    spans=(Span(side, 0, min(kept.size, EVIDENCE_LENGTH)),),
                )


PROTOCOL = Protocol(name="ftp-data", parser=FtpData)
