"""Group membership by RFC 2236 and RFC 3376 4."""

from __future__ import annotations

import struct

import pytest

from sensor.events import Attribute
from sensor.model import Transport
from sensor.parsing.formats.group_records import GROUPS_LIMIT
from sensor.protocols.igmp import PROTOCOL, Igmp
from tests.conversation import C, converse
from tests.protocols import openings

SSDP, MDNS = bytes([239, 255, 255, 250]), bytes([224, 0, 0, 251])


def groups(*names: str) -> list[Attribute]:
    return [Attribute(field="igmp.group", value=name, side=C) for name in names]


def entry(mode: int, group: bytes, sources: int = 0) -> bytes:
    return struct.pack("!BBH", mode, 0, sources) + group + bytes(4 * sources)


def test_reports_of_all_versions() -> None:
    assert converse(Igmp, [(C, b"\x16\0\0\0" + SSDP), (C, b"\x12\0\0\0" + MDNS)]) == groups(
        "239.255.255.250", "224.0.0.251"
    )
    report = b"\x22\0\0\0\0\0\0\x04" + entry(4, SSDP) + entry(3, MDNS) + entry(3, MDNS, 1) + entry(6, MDNS)
    assert converse(Igmp, [(C, report)]) == groups("239.255.255.250", "224.0.0.251")


def test_queries_by_version() -> None:
    for query, version in (
        (b"\x11\0\0\0" + bytes(4), 1),
        (b"\x11\x64\0\0" + bytes(4), 2),
        (b"\x11\x64\0\0" + bytes(8), 3),
    ):
        assert converse(Igmp, [(C, query)]) == [Attribute(field="igmp.querier", value=f"version {version}", side=C)]


def test_a_leave_and_a_group_that_is_none_say_nothing() -> None:
    assert converse(Igmp, [(C, b"\x17\0\0\0" + SSDP)]) == []
    assert converse(Igmp, [(C, b"\x16\0\0\0" + bytes([192, 0, 2, 1]))]) == []


def test_bounded() -> None:
    assert len(converse(Igmp, [(C, b"\x22\0\0\0\0\0\xff\xff" + entry(4, SSDP) * 5000)], damage=False)) == GROUPS_LIMIT


def test_a_query_of_version_3_has_four_bytes_more() -> None:
    """RFC 3376 §7.1: 8 bytes or less are versions 1 and 2, 12 and more are version 3."""
    for wait in (0, 1, 100):
        for more, version in ((0, 2 if wait else 1), (3, 2 if wait else 1), (4, 3), (8, 3)):
            query = bytes([0x11, wait, 0, 0]) + bytes(4 + more)
            [found] = converse(Igmp, [(C, query)], damage=False)
            assert isinstance(found, Attribute) and (found.value, found.side) == (f"version {version}", C)


@pytest.mark.parametrize(("first", "shown"), [(223, 0), (224, 1), (239, 1), (240, 0)])
def test_groups_are_those_of_class_d(first: int, shown: int) -> None:
    for kind in (0x12, 0x16):
        assert len(converse(Igmp, [(C, bytes([kind, 0, 0, 0, first, 1, 2, 3]))], damage=False)) == shown
    report = b"\x22\0\0\0\0\0\0\x01" + entry(4, bytes([first, 1, 2, 3]))
    assert len(converse(Igmp, [(C, report)], damage=False)) == shown


@pytest.mark.parametrize("kind", [0x10, 0x13, 0x14, 0x15, 0x17, 0x21, 0x23])
def test_other_kinds_say_nothing(kind: int) -> None:
    assert converse(Igmp, [(C, bytes([kind, 0, 0, 0]) + SSDP + bytes(8))], damage=False) == []


def test_where_it_is_found() -> None:
    openings.declares(PROTOCOL, "independent", transport=Transport.IP, numbers={2})
