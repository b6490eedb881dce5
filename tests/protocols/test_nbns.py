"""NetBIOS names by RFC 1001 14.1 and messages by RFC 1002 4.2."""

from __future__ import annotations

import struct

import pytest

from sensor.events import Attribute, Lookup
from sensor.model import Transport
from sensor.parsing.parser import Match, Opening
from sensor.protocols.nbns import Nbns, decode, recognise
from tests.conversation import C, S, converse
from tests.protocols import openings
from tests.protocols.wire import message, question, record

NB, NBSTAT = 32, 33


def encoded(text: bytes, suffix: int, pad: bytes = b" ") -> bytes:
    raw = text.ljust(15, pad) + bytes([suffix])
    return b"\x20" + b"".join(bytes([0x41 + (c >> 4), 0x41 + (c & 15)]) for c in raw) + b"\0"


def entry(flags: int) -> bytes:
    return struct.pack("!H", flags) + bytes([192, 0, 2, 50])


def register(name: bytes, flags: int) -> bytes:
    # RFC 1002 4.2.2: opcode 5, recursion desired, broadcast
    return message(0x2910, [question(name, NB)], [], [], [record(b"\xc0\x0c", NB, entry(flags), ttl=300000)])


def test_the_example_of_the_rfc() -> None:
    # RFC 1001 14.1 gives "FRED            " in this encoding
    assert decode((b"EGFCEFEECACACACACACACACACACACACA",)) == ("FRED", 0x20)
    assert decode((b"FRED",)) is None


def test_registrations_give_host_and_workgroup() -> None:
    assert converse(Nbns, [(C, register(encoded(b"STUDY-NAS", 0x20), 0x0000))]) == [
        Attribute(field="nbns.host", value="STUDY-NAS", side=C)
    ]
    assert converse(Nbns, [(C, register(encoded(b"HOME", 0x00), 0x8000))]) == [
        Attribute(field="nbns.workgroup", value="HOME", side=C)
    ]
    assert converse(Nbns, [(C, register(encoded(b"HOME", 0x1D), 0x0000))]) == []


def test_a_query_and_a_hosts_own_answer() -> None:
    request = message(0x0110, [question(encoded(b"WPAD", 0x00), NB)])
    answered = message(0x8500, [], [record(encoded(b"STUDY-NAS", 0x20), NB, entry(0))])
    assert converse(Nbns, [(C, request), (S, answered)]) == [
        Lookup(name="wpad", kind="NB", source="nbns"),
        Attribute(field="nbns.host", value="STUDY-NAS", side=S),
        Lookup(name="study-nas", kind="NB", answers=("192.0.2.50",), answered=True, code="NOERROR", source="nbns"),
    ]


def test_a_name_server_answers_for_others() -> None:
    answered = message(0x8580, [], [record(encoded(b"STUDY-NAS", 0x20), NB, entry(0))])
    assert [type(output) for output in converse(Nbns, [(S, answered)])] == [Lookup]


def test_node_status_lists_names_and_the_mac() -> None:
    names = [
        (b"STUDY-NAS", 0x00, 0x0400),
        (b"STUDY-NAS", 0x20, 0x0400),
        (b"HOME", 0x00, 0x8400),
        (b"ANNA", 0x03, 0x0400),
    ]
    data = bytes([len(names)]) + b"".join(n.ljust(15) + bytes([s]) + struct.pack("!H", f) for n, s, f in names)
    data += bytes.fromhex("020000000a02") + bytes(40)
    request = message(0x0000, [question(encoded(b"*", 0x00, b"\0"), NBSTAT)])
    status = message(0x8400, [], [record(encoded(b"*", 0x00, b"\0"), NBSTAT, data)])
    assert converse(Nbns, [(C, request), (S, status)]) == [
        Lookup(name="*", kind="NBSTAT", source="nbns"),
        Attribute(field="nbns.host", value="STUDY-NAS", side=S),
        Attribute(field="nbns.workgroup", value="HOME", side=S),
        Attribute(field="nbns.mac", value="02:00:00:00:0a:02", side=S),
    ]


def test_recognised_on_any_port() -> None:
    request = message(0x0110, [question(encoded(b"WPAD", 0x00), NB)])
    assert recognise(Opening(request, b"", 40000, 10137, Transport.UDP)) is Match.SURE
    assert recognise(Opening(request.replace(b"F", b"Z"), b"", 137, 137, Transport.UDP)) is Match.NO


def test_names_of_either_end() -> None:
    """RFC 1002 §4.2.1.2: an encoded name of 32 letters from A to P, and its type and class."""
    query = b"\0\1\1\x10\0\1\0\0\0\0\0\0\x20" + b"EBEOEOEB" + b"CA" * 12 + b"\0\0\x20\0\1"
    openings.datagram(recognise, query, exact=False, counts={12: 0x21, 13: 0x40, 44: 0x51, 2: 0x11})
    assert recognise(openings.of(query[:49], udp=True)) is Match.NO
    assert recognise(openings.of(query[:2] + b"\x29" + query[3:], udp=True)) is Match.SURE  # registration
    assert recognise(openings.of(b"", udp=True)) is Match.MORE


@pytest.mark.parametrize("opcode", range(16))
def test_which_requests_are_about_a_name_of_ones_own(opcode: int) -> None:
    """RFC 1002 4.2.1.1: registration 5, release 6, refresh 8; refresh 9 and multihomed 15 as Windows sends them."""
    sent = register(encoded(b"STUDY-NAS", 0x20), 0)
    sent = sent[:2] + struct.pack("!H", opcode << 11 | 0x0110) + sent[4:]
    found = [a.value for a in converse(Nbns, [(C, sent)], damage=False) if isinstance(a, Attribute)]
    assert found == (["STUDY-NAS"] if opcode in (5, 6, 8, 9, 15) else [])
