"""Components with a published flaw, by the version in their banner: ``signatures/components.toml``."""

from __future__ import annotations

import re
from functools import cache

from sensor.light_dataclass import dataclass
from sensor.model import Severity
from sensor.shipped_tables import shipped_table

MAX_TEXT = 512
"""Characters of a banner that patterns are applied to."""


@dataclass(frozen=True, slots=True)
class Component:
    """A row of the table: ``cve`` affects versions from ``start`` (if any), before ``below`` or up to ``to``."""

    name: str
    pattern: re.Pattern[str]
    fields: frozenset[str]
    start: tuple[int, ...]
    below: tuple[int, ...] | None
    to: tuple[int, ...] | None
    severity: Severity
    cve: str
    only: str
    source: str
    date: str

    def version_in(self, value: str) -> str | None:
        """The affected version in ``value``; None for another component or version."""
        match = self.pattern.search(value[:MAX_TEXT])
        if match is None:
            return None
        version = version_numbers(match[1])
        if version < self.start or (self.below is not None and version >= self.below):
            return None
        return None if self.to is not None and version > self.to else match[1]


def version_numbers(version: str) -> tuple[int, ...]:
    """``1.6.18`` -> (1, 6, 18); each part is cut to nine digits, which bounds the numbers."""
    return tuple(int(part[:9]) for part in version.split("."))


@cache
def components() -> tuple[Component, ...]:
    """The rows of the table."""
    rows = shipped_table("signatures", "components.toml")["component"]
    return tuple(
        Component(
            row["name"],
            re.compile(row["pattern"], re.A),
            frozenset(row["fields"]),
            version_numbers(row["from"]) if "from" in row else (),
            version_numbers(row["below"]) if "below" in row else None,
            version_numbers(row["to"]) if "to" in row else None,
            Severity[row.get("severity", "medium").upper()],
            row["cve"],
            row["only"],
            row["source"],
            row["date"],
        )
        for row in rows
    )


@cache
def component_fields() -> frozenset[str]:
    """Attributes in which a component of the table may appear."""
    return frozenset(field for component in components() for field in component.fields)
