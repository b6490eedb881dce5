"""Removal of a forgotten device's names from the rows of other devices."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

GONE = "(forgotten)"
"""Stands where text of another device's row named the one that was forgotten."""

SHORTEST = 4
"""Characters a name must have to be searched for: shorter host names stand in too many words."""


def names_pattern(names: Iterable[str]) -> re.Pattern[str] | None:
    """What finds any of these names (MAC, addresses, host name) as a whole, a MAC also without its colons; None without
    names."""
    forms: set[str] = set()
    for name in names:
        if len(name) < SHORTEST:
            continue
        # Not inside a longer address or word: 192.0.2.1 is not 192.0.2.10, fe80::1 not fe80::1:2; a port or a full stop
        # may follow.
        after = "(?![0-9A-Za-z]|:[0-9A-Fa-f])" if ":" in name else r"(?![0-9A-Za-z]|\.[0-9])"
        forms.add("(?<![0-9A-Za-z])" + re.escape(name) + after)
        if re.fullmatch("(?:[0-9a-f]{2}:){5}[0-9a-f]{2}", name):
            # Serial numbers and UUIDs contain it; twelve hex digits do not meet by chance.
            forms |= {name.replace(":", ""), name.replace(":", "-")}
    if not forms:
        return None
    return re.compile("|".join(sorted(forms, key=lambda form: (-len(form), form))), re.IGNORECASE)


def scrubbed(value: Any, pattern: re.Pattern[str]) -> Any:
    """The value with each name in its texts (keys too) replaced by `GONE`; the same object where there is none."""
    if isinstance(value, str):
        return pattern.sub(GONE, value)
    if isinstance(value, list):
        return [scrubbed(each, pattern) for each in value]
    if isinstance(value, dict):
        return {scrubbed(name, pattern): scrubbed(each, pattern) for name, each in value.items()}
    return value


def without(reasons: Iterable[Any], removed: frozenset[str]) -> list[Any]:
    """Reasons without the findings that are gone, and without what is said of these."""
    return [one for one in reasons if _finding_of(one) not in removed]


def _finding_of(reason: Any) -> Any:
    return reason["parameters"].get("finding") if isinstance(reason, dict) else reason
