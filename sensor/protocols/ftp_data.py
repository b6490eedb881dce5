"""An announced FTP data connection (RFC 959 3.3) into the file or listing that crossed it."""

from __future__ import annotations

from collections.abc import Iterator

from sensor.events import DATA_LIMIT, Skip, Span, Transfer
from sensor.model import Side
from sensor.protocols._ftp import DataConnection
from sensor.protocols._lines import Kept
from sensor.protocols._parser import Parser, Protocol, Said

SKIP_LENGTH = 1 << 24
"""Bytes that are passed over at a time once the beginning is known: the length of a stream is told by its end alone."""

EVIDENCE_LENGTH = 4096
"""Bytes of the file that are named as evidence: its magic number and first lines."""

_LISTINGS = frozenset({"LIST", "NLST", "MLSD"})


class FtpData(Parser):
    """One direction carries one object, from the first byte to the end of the connection (stream mode, RFC 959 3.4.1).

    ``Transfer``: application ``ftp``; ``name`` the path, or the command for a listing of no path; ``media_type`` ``text/plain`` for listings.
    """

    def __init__(self, hint: object = None) -> None:
        super().__init__(hint)
        self._announced = hint if isinstance(hint, DataConnection) else DataConnection()
        self._kept = (Kept(), Kept())
        self._lost = False

    def receive(self, side: Side, data: bytes) -> Iterator[Said]:
        """The next bytes of the object."""
        kept = self._kept[side]
        kept.add(data)
        if kept.size >= DATA_LIMIT:
            yield Skip(side, SKIP_LENGTH)

    def skipped(self, side: Side, length: int) -> None:
        """The pipeline passed over ``length`` bytes."""
        self._kept[side].size += length

    def gap(self, side: Side, length: int) -> Iterator[Said]:
        """Bytes of the object that are missing from the capture."""
        self._kept[side].size += length
        self._lost = True
        return iter(())

    def close(self) -> Iterator[Said]:
        """The end of the connection is the end of the object."""
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
                    complete=not self._lost,
                    spans=(Span(side, 0, min(kept.size, EVIDENCE_LENGTH)),),
                )


PROTOCOL = Protocol(name="ftp-data", parser=FtpData)
