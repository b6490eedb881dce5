"""ERF files built record by record: Ethernet and IP, extension headers, losses, damage, what is no ERF file."""

from __future__ import annotations

import struct

import pytest

from sensor.capture import NotACapture, erf
from sensor.decode.engine import DATAGRAM
from tests.capture.files import opened, records
from tests.decode.wire import ethernet, ip4, run, udp

FRAME = ethernet(ip4(udp(b"inside", 7, 9999), 17))
SECONDS = 1_700_000_000


def record(data: bytes, number: int = 0, kind: int = 2, lost: int = 0, wire: int | None = None) -> bytes:
    """Time (seconds in its upper half), type, flags, length with padding to 8, losses, the packet's length."""
    pad = b"\0\0" if kind & 0x7F in erf.ETHERNET_TYPES else b""
    more = b"\3" + bytes(7) if kind & 0x80 else b""
    body = more + pad + data
    body += bytes(-len(body) % 8)
    time = struct.pack("<II", 1 << 31, SECONDS + number)
    return time + struct.pack(">BBHHH", kind, 4, 16 + len(body), lost, len(data) if wire is None else wire) + body


@pytest.mark.parametrize("step", [200, 1 << 20])
def test_records(step: int) -> None:
    capture = opened(b"".join(record(FRAME, number, lost=number) for number in range(5)), step)
    found = records(capture)
    assert [(one[0], one[1], one[4]) for one in found] == [
        (number + 1, (SECONDS + number) * 1_000_000_000 + 500_000_000, 197) for number in range(5)
    ]
    assert capture.format == "erf" and capture.dropped == 10 and capture.damage is None
    ran = run([one[2] for one in found], 197)
    assert [entry[-1] for entry in ran.of(DATAGRAM)] == [b"inside"] * 5


@pytest.mark.parametrize(("kind", "data"), [(2, FRAME), (0x82, FRAME), (22, FRAME[14:])])
def test_kinds_and_extension_headers(kind: int, data: bytes) -> None:
    found = records(opened(record(data, kind=kind)))
    assert [entry[-1] for entry in run([one[2] for one in found], 197).of(DATAGRAM)] == [b"inside"]


def test_a_cut_packet_is_known_as_one() -> None:
    (one,) = records(opened(record(FRAME[:40], wire=1500)))
    assert one[3] == 1500 + 18 > len(one[2])


def test_cut_at_every_byte() -> None:
    whole = b"".join(record(FRAME, number) for number in range(6))
    size = len(whole) // 6
    for cut in range(4 * size, len(whole)):
        capture = opened(whole[:cut])
        assert len(records(capture)) == cut // size
        assert (capture.damage is None) == (cut % size == 0)


def test_what_stops_being_one_is_damage() -> None:
    whole = b"".join(record(FRAME, number) for number in range(5))
    capture = opened(whole + b"\xff" * 40)
    assert len(records(capture)) == 5
    assert capture.damage == (
        f"packet 6 at byte {len(whole)} is no record of an ERF file; the 5 packets before it were read"
    )


@pytest.mark.parametrize(
    "data",
    [
        bytes(400),
        b"\xff" * 400,
        record(FRAME, kind=99) * 4,
        record(FRAME, number=-SECONDS) * 4,
        record(FRAME) + b"\xff" * 40,
        b"".join(record(FRAME, 100_000 * number) for number in range(4)),
        record(FRAME)[:-1],
    ],
)
def test_what_is_none(data: bytes) -> None:
    assert not erf.is_erf(data)
    with pytest.raises(NotACapture):
        opened(data)


def test_its_link_type_is_reported() -> None:
    capture = opened(record(FRAME) * 3)
    records(capture)
    assert capture.link_types == ["ERF"]


# Endace's "ERF types reference guide": TYPE_HDLC_POS 1, TYPE_ETH 2, ATM and AAL5 3 and 4, multi-channel ones 5 to 9 and
# 12, coloured HDLC, Ethernet and ATM 10, 11 and 17 (DSM Ethernet 16 and 20), Infiniband 21, IPv4 22, IPv6 23, raw links
# 24 and 25, 26 to 28, META 48. 0 is the legacy one; 13 to 15, 18 and 19 are counters and others.
POSSIBLE = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 16, 17, 20, 21, 22, 23, 24, 25, 26, 27, 28, 48}


def test_each_type_of_a_packet_is_one_and_no_other() -> None:
    assert {kind for kind in range(128) if erf.is_erf(record(FRAME, kind=kind) * 3)} == POSSIBLE


@pytest.mark.parametrize("kind", [2, 11, 16, 20])
def test_ethernet_has_two_bytes_of_padding_before_it(kind: int) -> None:
    found = records(opened(record(FRAME, kind=kind, wire=1500) * 3))
    assert [one[3] for one in found] == [16 + 2 + 1500] * 3
    assert [entry[-1] for entry in run([found[0][2]], 197).of(DATAGRAM)] == [b"inside"]


@pytest.mark.parametrize("kind", [22, 23, 1])
def test_others_have_none(kind: int) -> None:
    found = records(opened(record(FRAME[14:], kind=kind, wire=1500) * 3))
    assert [one[3] for one in found] == [16 + 1500] * 3


@pytest.mark.parametrize(
    ("data", "one"),
    [
        (record(FRAME), True),
        (record(FRAME) + b"\0", False),  # of fewer than are tried, nothing is left over
        (record(FRAME) * 2, True),
        (record(FRAME) * 3 + b"\0", True),
        (record(FRAME, kind=13), False),
        (record(FRAME, kind=0), False),
        (record(FRAME) + record(FRAME, 86_400), True),
        (record(FRAME) + record(FRAME, 86_401), False),
        (record(FRAME, 86_401) + record(FRAME), False),
        (struct.pack("<IIBBHHH", 0, SECONDS, 2, 4, 16 * 256, 0, 0), True),
        (struct.pack("<IIBB", 0, SECONDS, 2, 4) + struct.pack(">HHH", 15, 0, 0), False),
        (struct.pack("<IIBB", 0, SECONDS, 0x82, 4) + struct.pack(">HHH", 16, 0, 0), False),  # no room for its extension
        (struct.pack("<IIBB", 0, SECONDS, 0x82, 4) + struct.pack(">HHH", 24, 0, 0) + bytes(8), True),
        (struct.pack("<IIBB", 0, erf.OLDEST - 1, 2, 4) + struct.pack(">HHH", 16, 0, 0), False),
        (struct.pack("<IIBB", 0, erf.OLDEST, 2, 4) + struct.pack(">HHH", 16, 0, 0), True),
        (struct.pack("<IIBB", 0, erf.NEWEST - 1, 2, 4) + struct.pack(">HHH", 16, 0, 0), True),
        (struct.pack("<IIBB", 0, erf.NEWEST, 2, 4) + struct.pack(">HHH", 16, 0, 0), False),
        (b"", False),
    ],
)
def test_what_can_be_such_a_file(data: bytes, one: bool) -> None:
    assert erf.is_erf(data) is one
