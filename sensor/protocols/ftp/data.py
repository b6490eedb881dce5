"""FTP data connections (RFC 959 3.3): the file or listing that crosses."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from sensor.events import Enough, Transfer
from sensor.light_dataclass import dataclass
from sensor.model import Side
from sensor.parsing.credentials import settings_file
from sensor.parsing.lines import BoundedBody, evidence_span
from sensor.parsing.parser import Parsed, Parser, Protocol

COUNTED_LIMIT = 16 * 1024 * 1024
"""Bytes counted of one object: a stream's length is known at its end only, and reading a whole disk image is not worth
the time."""

_LISTINGS = frozenset({"LIST", "NLST", "MLSD"})


@dataclass(slots=True)
class DataConnection:
    """An announced data connection; the transfer command comes after the port (RFC 959 3.3) and completes it.

    ``command`` such as RETR, ``path`` its argument.
    """

    command: str | None = None
    path: str | None = None


class FtpData(Parser):
    """One direction carries one object, from the first byte to the end of the connection (stream mode, RFC 959 3.4.1).

    ``Transfer``: application ``ftp``; ``name`` the path, or the command for a listing of no path; ``media_type``
    ``text/plain`` for listings.
    """

    def __init__(self, hint: object = None) -> None:
        super().__init__(hint)
        self._announced = hint if isinstance(hint, DataConnection) else DataConnection()
        self._bodies = (BoundedBody(), BoundedBody())
        self._lost = False
        """Some bytes are not in the capture, or come after the last one that is counted."""

    def receive(self, side: Side, data: bytes) -> Iterator[Parsed]:
        """The next bytes of the object."""
        self._bodies[side].add(data)
        if self._bodies[side].size >= COUNTED_LIMIT:
            self._lost = True
            yield Enough()

    def gap(self, side: Side, length: int) -> Iterator[Parsed]:
        """Count bytes that are missing from the capture."""
        self._bodies[side].size += length
        self._lost = True
        return iter(())

    def close(self) -> Iterator[Parsed]:
        """The end of the connection is the end of the object."""
        complete = not self._lost
        listing = self._announced.command in _LISTINGS
        for side in Side:
            body = self._bodies[side]
            if body.size:
                span = evidence_span(side, 0, body.size)
                if self._announced.command == "RETR":
                    for found in settings_file.credentials(bytes(body.data), whole=complete):
                        login = found.login(resource=self._announced.path, verifier=side, spans=(span,))
                        yield replace(login, served=True)
                yield Transfer(
                    side=side,
                    application="ftp",
                    name=self._announced.path or self._announced.command,
                    media_type="text/plain" if listing else None,
                    size=body.size,
                    data=bytes(body.data),
                    complete=complete,
                    spans=(span,),
                )


PROTOCOL = Protocol(name="ftp-data", title="FTP", parser=FtpData)
