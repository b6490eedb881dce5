"""Bounded reading of hostile JSON: Python values, or None."""

from __future__ import annotations

import json
from functools import lru_cache
from typing import Any

SIZE_LIMIT = 64 * 1024
"""Bytes of one document: what devices on a local network say to one another is far smaller."""


def document(data: bytes) -> Any:
    """The document of any length, or None for what is none. It is shared by all who read the same body one after the
    other: nobody may change it.
    """
    return _loaded(bytes(data))


@lru_cache(2)
def _loaded(data: bytes) -> Any:
    try:
        return json.loads(data)
    except (ValueError, RecursionError):
        return None


def read(data: bytes) -> Any:
    """The document, or None for what is none (or is ``null``). Never raises: nesting beyond Python's stack and
    endless numbers are none either.

    Nor is one with half of a surrogate pair in it (RFC 8259 8.2): such text cannot be written out again.
    """
    if len(data) > SIZE_LIMIT:
        return None
    try:
        found = json.loads(data)
        if b"\\ud" in data.lower():
            json.dumps(found, ensure_ascii=False).encode()
    except (ValueError, RecursionError):
        return None
    return found


def mapping(data: bytes) -> dict[str, Any]:
    """The document if it is an object, else an empty one."""
    found = read(data)
    return found if isinstance(found, dict) else {}
