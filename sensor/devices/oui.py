"""Registered owners of MAC prefixes, from signatures/oui.tsv."""

from __future__ import annotations

import mmap
from functools import lru_cache
from pathlib import Path

from sensor.devices.signatures.compiled import SHIPPED

MAX_LINE = 1024
"""Longest line looked at; the table's longest is under 200 bytes."""

TABLE = "oui.tsv"


class Oui:
    """The table, searched by bisection of its sorted text (58,000 lines: 16 steps); mapped at the first look-up.

    ``path``: a table of that form (6, 7 or 9 upper-case hexadecimal digits, tab, name; sorted); the shipped one if
    None.
    """

    def __init__(self, path: Path | None = None) -> None:
        self._path = path or SHIPPED / TABLE
        self._text: mmap.mmap | bytes | None = None
        # One answer per prefix of 36 bits at most; a spoofed flood only costs the bisection again.
        self._owner = lru_cache(maxsize=16384)(self._find_owner)

    def owner(self, mac: bytes) -> str | None:
        """The owner of the smallest registered block around ``mac`` (MA-S /36, MA-M /28, MA-L /24), or None.

        Locally administered addresses (RFC 7042 2.1) have none.
        """
        if len(mac) != 6 or mac[0] & 2:
            return None
        return self._owner(mac[:5])

    def _find_owner(self, prefix: bytes) -> str | None:
        digits = prefix.hex().upper()
        for key in (digits[:9], digits[:7], digits[:6]):
            name = self._line(key.encode())
            # "Private" and the registry's own name say that a smaller block or no public owner has it.
            if name and name not in ("Private", "IEEE Registration Authority"):
                return name
        return None

    def _line(self, key: bytes) -> str | None:
        text = self._open()
        low, high = 0, len(text)
        while low < high:
            start = text.rfind(b"\n", 0, (low + high) // 2) + 1
            end = text.find(b"\n", start, start + MAX_LINE)
            end = len(text) if end < 0 else end
            fields = text[start:end].split(b"\t")
            found = fields[0]
            if found == key and len(fields) > 1:
                return fields[1].strip().decode("utf-8", "replace") or None
            # The head of the file is comments, which sort before every prefix.
            if not found or found.startswith(b"#") or found < key:
                low = end + 1
            else:
                high = start
        return None

    def _open(self) -> mmap.mmap | bytes:
        if self._text is None:
            try:
                with self._path.open("rb") as file:
                    self._text = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
            except FileNotFoundError:
                self._text = b""  # `lanwitness check` reports it
        return self._text
