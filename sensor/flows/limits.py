"""What a conversation may take before it is left, each bound with its reason, and what it asks of the decoder."""

from __future__ import annotations

from typing import Protocol

from sensor.model import Side

OPENING_BYTES = 4096
"""Bytes of a side that may pass before its protocol must be known: banners, preambles and the first request line fit."""

OPENING_PIECES = 24
"""Pieces kept for the same purpose; a Telnet user types single bytes, but the server's first words name it."""

OPENING_DATAGRAMS = 6
"""Datagrams looked at before a UDP flow is left as unknown: RTP needs a few to show its sequence."""

LAYERS = 6
"""Upgrades of one flow: SOCKS, CONNECT, STARTTLS and a WebSocket may follow one another; more is an attack."""

MALFORMED_DATAGRAMS = 8
"""Broken datagrams before a UDP flow's parser is dropped: on a shared port a stranger may send a few."""


SIDES = (Side.CLIENT, Side.SERVER)


class Wants(Protocol):
    """Where a conversation says that it needs no more bytes (the decoder)."""

    def ignore(self, slot: int) -> None:
        """Nobody wants this flow's bytes."""

    def skip(self, slot: int, side: int, seq: int) -> None:
        """Segments wholly before ``seq`` are not wanted."""


class Tap(Protocol):
    """Who reads along: every in-order byte of a flow, whatever its parser makes of it. ``side`` is the decoder's; ``turned``: the ends are exchanged."""

    @property
    def held(self) -> int:
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
