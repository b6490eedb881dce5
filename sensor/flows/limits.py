"""Bounds of a conversation, each with its reason."""

from __future__ import annotations

OPENING_BYTES = 4096
"""Bytes of a side that may pass before its protocol must be known: banners, preambles and the first request line fit.
"""

OPENING_PIECES = 24
"""Pieces kept for the same purpose; a Telnet user types single bytes, but the server's first words name it."""

OPENING_STEPS = frozenset({1, 2, 3, 4, 6, 9, 13, 18})
"""Numbers of pieces at which all protocols are asked: what single bytes show is seen a few pieces later."""

IDENTIFICATIONS = 32
"""Times that all protocols are asked about one flow: an opening begins anew after each loss, and one that was lost so
often is noise.
"""

OPENING_DATAGRAMS = 6
"""Datagrams looked at before a UDP flow is left as unknown: RTP needs a few to show its sequence."""

LAYERS = 6
"""Upgrades of one flow: SOCKS, CONNECT, STARTTLS and a WebSocket may follow one another; more is an attack."""

MALFORMED_DATAGRAMS = 8
"""Broken datagrams before a UDP flow's parser is dropped: on a shared port a stranger may send a few."""
