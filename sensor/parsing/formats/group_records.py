"""Group records of multicast reports: IGMPv3 (RFC 3376 4.2) and MLDv2 (RFC 3810 5.2)."""

from __future__ import annotations

from collections.abc import Iterator

from sensor.parsing.cursor import Cursor

GROUPS_LIMIT = 64
"""Records read of one report: a host is in about ten groups."""

EXCLUDES = frozenset({2, 4})
"""Record types in exclude mode, which means membership (RFC 3376 4.2.12, RFC 3810 5.2.12)."""

INCLUDES = frozenset({1, 3, 5})
"""Record types of include mode or with new sources: they mean membership only with sources."""


def joined_groups(cursor: Cursor, address_size: int) -> Iterator[bytes]:
    """Addresses of the groups that a report's sender is in; ``cursor`` is at the number of records."""
    for _ in range(min(cursor.u16(), GROUPS_LIMIT)):
        kind, auxiliary_words, sources = cursor.u8(), cursor.u8(), cursor.u16()
        group = cursor.take(address_size)
        cursor.skip(sources * address_size + auxiliary_words * 4)
        if kind in EXCLUDES or (kind in INCLUDES and sources):
            yield group
