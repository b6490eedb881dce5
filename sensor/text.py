"""Text for people: what may not be shown taken out of it, amounts of bytes, times."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import PurePath

from sensor.lazy_pattern import expression

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

SEPARATORS = "\u2028\u2029"


def printable(text: str, limit: int, *, instead: str = "\ufffd", cut: str = "…") -> str:
    """``text`` without controls, direction overrides and the like (Unicode C*) and line separators.

    At most ``limit`` characters. ``instead`` stands for each that is taken out, ``cut`` for what does not fit. Line
    breaks are controls, too.
    """
    if len(text) <= limit and text.isprintable():
        return text  # nearly all texts: nothing of C*, no separator but the space
    shown = "".join(instead if unicodedata.category(c)[0] == "C" or c in SEPARATORS else c for c in text[: limit + 1])
    return shown if len(shown) <= limit else shown[: limit - len(cut)] + cut


def safe(text: str | None, limit: int = 200) -> str:
    """Text from the wire for a terminal: each character that `printable` takes out as ``?``."""
    return printable(text or "", limit, instead="?", cut="~")


def short_names(paths: Iterable[str]) -> dict[str, str]:
    """Each path by as many of its last parts as tell it from the others: ``a/x.pcap`` ``b/x.pcap`` but ``y.pcap``."""
    split = {path: PurePath(path).parts for path in paths}
    found = {}
    for path, parts in split.items():
        others = [other for each, other in split.items() if each != path]
        count = 1
        while count < len(parts) and any(other[-count:] == parts[-count:] for other in others):
            count += 1
        found[path] = "/".join(parts[-count:]).replace("//", "/") or path
    return found


FORMULA = expression(r"[=+\-@\t\r]")
"""How a cell begins that a spreadsheet would take for a formula (OWASP, CSV Injection)."""


def no_formula(cell: str) -> str:
    """A cell of a table with an apostrophe before what a spreadsheet would calculate."""
    return f"'{cell}" if FORMULA.match(cell) else cell


def size(count: int | None) -> str:
    """Bytes for people, in powers of 1000: ``999 B``, ``1.5 kB``, ``25 MB``, ``5.0 TB``."""
    amount, unit = float(count or 0), "B"
    for larger in ("kB", "MB", "GB", "TB"):
        if amount < 1000:
            break
        amount, unit = amount / 1000, larger
    return f"{amount:.0f} {unit}" if unit == "B" or amount >= 10 else f"{amount:.1f} {unit}"


def minute(seconds: float) -> str:
    """A time since 1970 for people, to the minute: ``2026-05-01 12:00 UTC``."""
    return f"{EPOCH + timedelta(seconds=seconds):%Y-%m-%d %H:%M} UTC"
