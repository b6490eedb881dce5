"""Interfaces of a conversation: towards the decoder that feeds it, towards a reader of its streams."""

from __future__ import annotations

from typing import Protocol

from sensor.model import Side

SIDES = (Side.CLIENT, Side.SERVER)


class StreamControl(Protocol):
    """Where a conversation says that it needs no more bytes (the decoder)."""

    def ignore(self, slot: int) -> None:
        """Nobody wants this flow's bytes."""

    def skip(self, slot: int, side: int, seq: int) -> None:
        """Segments wholly before ``seq`` are not wanted."""


class Tap(Protocol):
    """Who reads along: every in-order byte of a flow, whatever its parser makes of it. ``side`` is the decoder's;
    ``turned``: the ends are exchanged.
    """

    @property
    def buffered_bytes(self) -> int:
        """Bytes it keeps."""

    def take(self, side: int, data: bytes, frame: int, time: int, turned: bool) -> None:
        """The next bytes of a side (a datagram, whole)."""

    def gap(self, side: int, *, turned: bool) -> None:
        """Bytes of a side were lost."""

    def close(self, *, turned: bool) -> None:
        """The conversation is over."""

    def wants(self, side: int) -> bool:
        """Whether it wants what the parser of that side would skip."""

    def goes_on(self) -> bool:
        """Whether it reads on when no parser does."""


class _NoStream:
    def ignore(self, slot: int) -> None:
        """There is no slot to ignore."""

    def skip(self, slot: int, side: int, seq: int) -> None:
        """There is no slot to skip in."""


NO_STREAM: StreamControl = _NoStream()
"""For link conversations, which have no slot in the decoder."""
