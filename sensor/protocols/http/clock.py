"""The server's clock in the head of an HTTP answer, on which no event rests."""

from __future__ import annotations

import re

_DATE = re.compile(
    rb"\r\n(?:date|expires|last-modified): "
    rb"([a-z]{3}, [0-9]{2} [a-z]{3} [0-9]{4} [0-9]{2}:[0-9]{2}:[0-9]{2}) GMT(?=\r\n)",
    re.IGNORECASE,
)
"""A time as IMF-fixdate (RFC 9110 5.6.7) in the fields that only say when (6.6.1, 8.8.2; RFC 9111 5.3)."""


def clock(data: bytes) -> list[tuple[int, int]]:
    """Where the times stand in an answer whose whole head is in ``data``; nowhere, where it is not."""
    end = data.find(b"\r\n\r\n")
    if end < 0 or not data.startswith(b"HTTP/1."):
        return []
    return [found.span(1) for found in _DATE.finditer(data, 0, end + 2)]
