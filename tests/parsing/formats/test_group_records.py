"""Group records by RFC 3376 4.2.4 and RFC 3810 5.2.5: types, sources, auxiliary data, bounds."""

from __future__ import annotations

import struct

import pytest

from sensor.parsing.cursor import Cursor, Malformed
from sensor.parsing.formats.group_records import GROUPS_LIMIT, joined_groups


def report(*records: bytes) -> Cursor:
    return Cursor(struct.pack("!H", len(records)) + b"".join(records))


def record(kind: int, group: bytes, sources: int = 0, auxiliary: int = 0) -> bytes:
    return struct.pack("!BBH", kind, auxiliary, sources) + group + bytes(len(group) * sources + 4 * auxiliary)


@pytest.mark.parametrize("size", [4, 16])
@pytest.mark.parametrize(
    ("kind", "sources", "joined"),
    [
        (1, 0, False),  # MODE_IS_INCLUDE of no source: not a member
        (1, 2, True),
        (2, 0, True),  # MODE_IS_EXCLUDE
        (3, 0, False),  # CHANGE_TO_INCLUDE of no source: a leave
        (3, 1, True),
        (4, 0, True),  # CHANGE_TO_EXCLUDE: a join
        (5, 1, True),  # ALLOW_NEW_SOURCES
        (6, 1, False),  # BLOCK_OLD_SOURCES
        (7, 1, False),  # unknown types are ignored
    ],
)
def test_membership_by_record_type(size: int, kind: int, sources: int, joined: bool) -> None:
    group, last = b"\xef" * size, b"\xee" * size
    records = report(record(kind, group, sources, auxiliary=3), record(4, last))
    assert list(joined_groups(records, size)) == [*([group] if joined else []), last]


def test_records_are_bounded() -> None:
    assert len(list(joined_groups(report(*[record(4, b"\xef\0\0\1")] * 500), 4))) == GROUPS_LIMIT


def test_a_report_shorter_than_its_records_is_malformed() -> None:
    with pytest.raises(Malformed):
        list(joined_groups(Cursor(b"\0\2" + record(4, b"\xef\0\0\1")), 4))
