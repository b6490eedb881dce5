"""Text of anybody into text that a terminal, a page, a label or a message can show: the one place that says which characters are taken out."""

from __future__ import annotations

import unicodedata

SEPARATORS = "\u2028\u2029"


def printable(text: str, limit: int, *, instead: str = "\ufffd", cut: str = "…") -> str:
    """``text`` without controls, direction overrides and the like (Unicode C*) and line separators, at most ``limit`` characters.

    ``instead`` stands for each that is taken out, ``cut`` for what does not fit. Line breaks are controls, too."""
    if len(text) <= limit and text.isprintable():
        return text  # nearly all of it, and at once: nothing of C*, no separator but the space
    kept = "".join(instead if unicodedata.category(c)[0] == "C" or c in SEPARATORS else c for c in text[: limit + 1])
    return kept if len(kept) <= limit else kept[: limit - len(cut)] + cut


def safe(text: str | None, limit: int = 200) -> str:
    """Text from the wire for a terminal: controls, direction overrides and the like (Unicode C*) as ``?``, at most ``limit`` characters."""
    return printable(text or "", limit, instead="?", cut="~")
