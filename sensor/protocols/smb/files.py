"""Files of an SMB connection: transfers by file and direction, DCE/RPC calls over named pipes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import field

from sensor.events import Inner, Transfer
from sensor.light_dataclass import dataclass
from sensor.model import Side
from sensor.parsing.parser import Parsed

OPEN_FILES = 256
"""Open files of one connection that are followed; the oldest is reported when there are more."""

UNDER_WAY = 512
"""Opens and reads that may await their answer; servers grant credits for some hundred."""

BEGINNING_LIMIT = 64 * 1024
"""Bytes of one file's beginning that are stored: magic and structure are there."""

TOTAL_LIMIT = 1024 * 1024
"""Bytes stored of all open files of one connection."""

NAME_LIMIT = 1024
"""Characters of a path that are reported."""

PIPE = 1
"""This bit is set in the number of a pipe's inner channel, and not in that of a session setup."""

_CALL = b"\x05\x00"
"""DCE/RPC version 5.0 (C706 chapter 12)."""


@dataclass(slots=True)
class _File:
    """An open file. ``sizes``: bytes that crossed from each side; ``begins``: the first of them, without holes."""

    name: str | None
    channel: int
    pipe: bool | None = None
    sizes: list[int] = field(default_factory=lambda: [0, 0])
    begins: tuple[bytearray, bytearray] = field(default_factory=lambda: (bytearray(), bytearray()))


class Files:
    """The files of one connection by their handles; ``application`` is the transfers' protocol."""

    def __init__(self, application: str) -> None:
        self._application = application
        self._opening: dict[int, str] = {}
        self._reading: dict[int, tuple[bytes, int]] = {}
        self._open: dict[bytes, _File] = {}
        self._room = TOTAL_LIMIT
        self._channel = PIPE

    def open_request(self, message: int, name: str) -> None:
        """A request to open ``name``."""
        if len(self._opening) >= UNDER_WAY:
            del self._opening[next(iter(self._opening))]
        self._opening[message] = name[:NAME_LIMIT]

    def open_reply(self, message: int, handle: bytes) -> Iterator[Parsed]:
        """The answer that gives the handle."""
        yield from self._begin(handle, self._opening.pop(message, None))

    def _begin(self, handle: bytes, name: str | None) -> Iterator[Parsed]:
        if len(self._open) >= OPEN_FILES:
            yield from self.close(next(iter(self._open)))
        self._channel += 2
        self._open[handle] = _File(name, self._channel)

    def read_request(self, message: int, handle: bytes, at: int) -> None:
        """A request to read from ``at``."""
        if len(self._reading) >= UNDER_WAY:
            del self._reading[next(iter(self._reading))]
        self._reading[message] = handle, at

    def read_reply(self, message: int, side: Side, data: bytes, size: int) -> Iterator[Parsed]:
        """The data that a read brought; ``size`` bytes in all, of which ``data`` is the beginning."""
        request = self._reading.pop(message, None)
        if request is not None:
            yield from self.data(request[0], side, request[1], data, size)

    def data(self, handle: bytes, side: Side, at: int, data: bytes, size: int) -> Iterator[Parsed]:
        """Data of a file, from ``at``."""
        if handle not in self._open:
            # The file was open before the recording began.
            yield from self._begin(handle, None)
        file = self._open[handle]
        if file.pipe is None and data:
            file.pipe = data.startswith(_CALL)
        if file.pipe:
            if data:
                yield Inner(data, "dcerpc", side, file.channel)
            return
        file.sizes[side] += size
        beginning = file.begins[side]
        if at == len(beginning):
            fresh = data[: max(0, min(BEGINNING_LIMIT - len(beginning), self._room))]
            beginning.extend(fresh)
            self._room -= len(fresh)

    def close(self, handle: bytes, *, complete: bool = True) -> Iterator[Parsed]:
        """A file was closed: report the bytes that crossed."""
        file = self._open.pop(handle, None)
        if file is None or file.pipe:
            return
        for side in Side:
            beginning = bytes(file.begins[side])
            self._room += len(beginning)
            if file.sizes[side]:
                yield Transfer(
                    side=side,
                    application=self._application,
                    name=file.name,
                    size=file.sizes[side],
                    data=beginning,
                    complete=complete,
                )

    def close_all(self) -> Iterator[Parsed]:
        """The connection ended."""
        for handle in list(self._open):
            yield from self.close(handle, complete=False)
