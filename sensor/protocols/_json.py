"""A stranger's JSON into Python values, or nothing: size and depth bounded."""

from __future__ import annotations

import json
from typing import Any

SIZE_LIMIT = 64 * 1024
"""Bytes of one document: what devices on a local network say to one another is far smaller."""


def read(data: bytes) -> Any:
    """The document, or None for what is none (or is ``null``). Never raises: nesting beyond Python's stack and endless numbers are none either."""
    if len(data) > SIZE_LIMIT:
        return None
    try:
        return json.loads(data)
    except (ValueError, RecursionError):
        return None


def mapping(data: bytes) -> dict[str, Any]:
    """The document if it is an object, else an empty one."""
    found = read(data)
    return found if isinstance(found, dict) else {}
