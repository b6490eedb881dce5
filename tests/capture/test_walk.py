"""The record walk beside readers written anew after the drafts, on whole bytes, cut ones and damaged ones.

Compiled and plain agree; where the tree was built, it is compiled.
"""

from __future__ import annotations

import os
import random
import struct
import sys
from array import array
from collections.abc import Sequence
from fractions import Fraction
from importlib.machinery import SourceFileLoader
from importlib.util import module_from_spec, spec_from_loader
from pathlib import Path
from types import ModuleType
from typing import Any, Literal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sensor.capture import walk
from tests.capture.files import enhanced, interface, obsolete, option, pcap, section, simple


def plain() -> ModuleType:
    """The same source, as Python runs it without a compiler."""
    source = Path(walk.__file__).parent / "walk.py"
    loader = SourceFileLoader("plain_walk", str(source))
    spec = spec_from_loader("plain_walk", loader)
    assert spec is not None
    module = module_from_spec(spec)
    loader.exec_module(module)
    return module


PLAIN = plain()
INTERFACES = array(
    "q", [1, 0, walk.SCALE, 1000, 0, 113, 64, walk.BINARY, 33, -5_000_000_000, 101, 0, walk.DIVIDE, 1000, 7]
)


@pytest.mark.skipif(os.environ.get("LANWITNESS_COMPILED") != "1", reason="asked for where the compiled build is tested")
def test_compiled_where_that_is_demanded() -> None:
    assert walk.compiled


def test_the_plain_one_is_plain() -> None:
    assert not PLAIN.compiled


Row = tuple[int, int, int, int, int]
MODULES = (walk, PLAIN)


class Numbers:
    """Numbers of a file's byte order, for readers written anew after the drafts: no speed, no table, one way each."""

    def __init__(self, data: bytes, big: bool) -> None:
        self.data = data
        self.order: Literal["big", "little"] = "big" if big else "little"

    def __call__(self, at: int, size: int = 4) -> int:
        return int.from_bytes(self.data[at : at + size], self.order)


def naive_pcap(data: bytes, start: int, big: bool, header: int, unit: int, link: int, room: int) -> list[Any]:
    """draft-ietf-opsawg-pcap, 5: where it stops, how many records, why, and the records."""
    number, at = Numbers(data, big), start
    rows: list[Row] = []
    while len(data) - at >= header:
        seconds, fraction, captured, original = (number(at + 4 * field) for field in range(4))
        if captured > 262_144:  # MAXIMUM_SNAPLEN of tcpdump
            return [at, len(rows), walk.DAMAGE, rows]
        if len(data) - at - header < captured:
            break
        if len(rows) == room:
            return [at, len(rows), walk.FULL, rows]
        time = int((seconds + Fraction(fraction * unit, 10**9)) * 10**9)
        rows.append((at + header, captured, max(captured, original), time, link))
        at += header + captured
    return [at, len(rows), walk.MORE, rows]


def naive_time(ticks: int, mode: int, value: int, offset: int) -> int:
    """draft-ietf-opsawg-pcapng, 4.2: if_tsresol and if_tsoffset, in nanoseconds that fit 62 bits."""
    if mode != walk.BINARY:
        seconds = Fraction(ticks * value if mode == walk.SCALE else ticks // value, 10**9)
    elif value > 62:
        seconds = Fraction(0)
    else:  # parts of a second finer than 2**-30 (0.93 ns) are none
        fine = max(0, value - 30)
        seconds = Fraction(ticks >> fine, 1 << value - fine)
    time = min(int(seconds * 10**9), 1 << 62)
    if mode == walk.BINARY and seconds >= (1 << 62) // 10**9:  # the last part of a second, in the year 2116
        time = 1 << 62
    return max(0, min(1 << 62, time + offset))


def naive_pcapng(
    data: bytes, start: int, big: bool, interfaces: Sequence[Sequence[int]], room: int, latest: int
) -> list[Any]:
    """draft-ietf-opsawg-pcapng, 4.3 (enhanced), 4.4 (simple) and A (the obsolete packet block)."""
    number, at = Numbers(data, big), start
    rows: list[Row] = []

    def stopped(why: int) -> list[Any]:
        return [at, len(rows), why, rows, latest]

    while len(data) - at >= 8:
        kind, length = number(at), number(at + 4)
        if kind not in (6, 3, 2):
            return stopped(walk.OTHER)
        if length % 4 or length < (16 if kind == 3 else 32) or length > 262_144 + 524_288:
            return stopped(walk.DAMAGE)
        if len(data) - at < length:
            break
        if number(at + length - 4) != length:
            return stopped(walk.DAMAGE)
        if len(rows) == room:
            return stopped(walk.FULL)
        if kind == 3:
            which, where, original = 0, at + 12, number(at + 8)
            captured = min(original, length - 16)
        else:
            which = number(at + 8, 4 if kind == 6 else 2)
            where, captured, original = at + 28, number(at + 20), number(at + 24)
            if captured > length - 32:
                return stopped(walk.DAMAGE)
        if which >= len(interfaces):
            return stopped(walk.DAMAGE)
        link, snap, *clock = interfaces[which]
        if kind == 3:
            captured = min(captured, snap) if snap else captured
        else:
            latest = naive_time(number(at + 12) << 32 | number(at + 16), clock[0], clock[1], clock[2])
        if captured > 262_144:
            return stopped(walk.DAMAGE)
        rows.append((where, captured, max(captured, original), latest, link))
        at += length
    return stopped(walk.MORE)


def both_pcap(
    data: bytes, big: bool = False, header: int = 16, room: int = 10, start: int = 0, unit: int = 1000
) -> list[int]:
    expected = naive_pcap(data, start, big, header, unit, 7, room)
    results = []
    for module in MODULES:
        table, state = array("q", bytes(40 * room)), array("q", bytes(32))
        module.walk_pcap(data, start, big, header, unit, 7, table, state)
        results.append([*state, *table[: 5 * state[1]]])
        found = [tuple(table[5 * row : 5 * row + 5]) for row in range(state[1])]
        assert [*state[:3], found] == expected
    assert results[0] == results[1]
    return results[0]


def both_pcapng(
    data: bytes, big: bool = False, room: int = 10, start: int = 0, latest: int = 0, interfaces: array[int] = INTERFACES
) -> list[int]:
    each = [list(interfaces[at : at + 5]) for at in range(0, len(interfaces), 5)]
    expected = naive_pcapng(data, start, big, each, room, latest)
    results = []
    for module in MODULES:
        table, state = array("q", bytes(40 * room)), array("q", bytes(24) + latest.to_bytes(8, sys.byteorder))
        module.walk_pcapng(data, start, big, interfaces, table, state)
        results.append([*state, *table[: 5 * state[1]]])
        found = [tuple(table[5 * row : 5 * row + 5]) for row in range(state[1])]
        assert [*state[:3], found, state[3]] == expected
    assert results[0] == results[1]
    return results[0]


def test_a_full_table_and_its_rest() -> None:
    data = pcap([(1, 1, b"abc", 3)] * 5)[24:]
    assert both_pcap(data, room=2)[:3] == [2 * 19, 2, walk.FULL]
    assert both_pcap(data, room=5)[:3] == [5 * 19, 5, walk.MORE]
    blocks = enhanced("<", 0, 1, b"abcd") * 3
    assert both_pcapng(blocks, room=2)[:3] == [2 * 36, 2, walk.FULL]


def test_any_other_block_stops_the_walk() -> None:
    block = enhanced("<", 2, 1, b"abcd")
    assert both_pcapng(block + section())[:3] == [len(block), 1, walk.OTHER]


BLOCKS = (
    enhanced("<", 0, 1 << 60, b"abcd")
    + simple("<", b"abcde", 5)
    + obsolete("<", 1, 1 << 50, b"x" * 80)
    + enhanced("<", 2, 9, b"z")
)


def test_every_byte_changed() -> None:
    blocks = BLOCKS + interface()
    records = pcap([(1, 1, b"abcdef", 6), (2, 2, b"", 0), (3, 3, bytes(9), 90)])[24:]
    for at in range(len(blocks)):
        for value in (0, 1, 0x7F, 0x80, 0xFF, blocks[at] ^ 1):
            both_pcapng(blocks[:at] + bytes([value]) + blocks[at + 1 :])
    for at in range(len(records)):
        for value in (0, 1, 0x7F, 0x80, 0xFF, records[at] ^ 1):
            both_pcap(records[:at] + bytes([value]) + records[at + 1 :])


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=300), st.booleans(), st.sampled_from([16, 24]))
def test_any_bytes(data: bytes, big: bool, header: int) -> None:
    both_pcap(data, big, header)
    both_pcapng(data, big)
    order: Literal["big", "little"] = "big" if big else "little"
    both_pcapng((6).to_bytes(4, order) + (len(data) // 4 * 4).to_bytes(4, order) + data, big)


@pytest.mark.parametrize("big", [False, True])
def test_cut_at_every_byte_and_begun_at_every_record(big: bool) -> None:
    order = ">" if big else "<"
    records = pcap([(1, 1, b"abcdef", 6), (2, 2, b"", 0), (1 << 31, 999_999, bytes(9), 90)], order)
    blocks = enhanced(order, 0, 1 << 60, b"abcd", 1500) + simple(order, b"abcde", 5) + obsolete(order, 1, 77, b"x" * 8)
    for cut in range(24, len(records) + 1):
        both_pcap(records[:cut], big, start=24)
        both_pcap(records[:cut], big, start=24, unit=1)
    for cut in range(len(blocks) + 1):
        both_pcapng(blocks[:cut], big, latest=5)
        both_pcapng(b"\0" * 12 + blocks[:cut], big, start=12)


@pytest.mark.parametrize("extra", [0, 1, 4])
def test_the_largest_packet_and_one_beyond_it(extra: int) -> None:
    packet = bytes(262_144 + extra)
    why = walk.DAMAGE if extra else walk.MORE
    assert both_pcap(pcap([(1, 1, packet, 5)])[24:])[1:3] == [not extra, why]
    assert both_pcapng(enhanced("<", 0, 1, packet))[1:3] == [not extra, why]
    assert both_pcapng(simple("<", packet, len(packet)))[1:3] == [not extra, why]


@pytest.mark.parametrize(
    ("kind", "length", "why"),
    [
        (6, 28, walk.DAMAGE), (6, 32, walk.MORE), (6, 34, walk.DAMAGE), (2, 28, walk.DAMAGE), (2, 32, walk.MORE),
        (3, 12, walk.DAMAGE), (3, 16, walk.MORE), (3, 17, walk.DAMAGE), (6, 786_432, walk.MORE),
        (6, 786_436, walk.DAMAGE), (4, 32, walk.OTHER), (1, 0, walk.OTHER),
    ],
)  # fmt: skip
def test_lengths_that_a_block_can_have(kind: int, length: int, why: int) -> None:
    """Its fixed fields (4.3, 4.4), a multiple of four; more than a packet with options is none."""
    assert both_pcapng(struct.pack("<II", kind, length))[:3] == [0, 0, why]


def test_packets_end_at_the_snap_length_of_their_interface() -> None:
    """4.4: of a simple block only that tells; of others the block itself does."""
    for snap, captured in ((0, 9), (8, 8), (9, 9), (10, 9)):
        interfaces = array("q", [1, snap, walk.SCALE, 1, 0])
        found = both_pcapng(simple("<", b"abcdefghi", 9) + enhanced("<", 0, 1, b"abcdefghi"), interfaces=interfaces)
        assert (found[5], found[6], found[10]) == (captured, 9, 9)


TICKS = st.one_of(
    st.integers(0, (1 << 64) - 1),
    st.integers(0, 1 << 34),
    st.builds(lambda power, step: max(0, (1 << power) + step), st.integers(0, 63), st.integers(-2, 2)),
)
CLOCKS = st.one_of(
    st.tuples(st.just(walk.SCALE), st.integers(0, 9).map(lambda power: 10**power)),
    st.tuples(st.just(walk.DIVIDE), st.integers(1, 18).map(lambda power: 10**power)),
)
OFFSETS = st.sampled_from([0, 1, -1, 10**9, -5 * 10**9, 2 * 10**18, -2 * 10**18])


def time_of(ticks: int, mode: int, value: int, offset: int) -> int:
    """The time of a packet on an interface with such a clock."""
    return both_pcapng(enhanced("<", 0, ticks, b""), interfaces=array("q", [1, 0, mode, value, offset]))[7]


@settings(max_examples=200, deadline=None)
@given(TICKS, CLOCKS, OFFSETS)
def test_decimal_clocks_to_the_nanosecond(ticks: int, clock: tuple[int, int], offset: int) -> None:
    time_of(ticks, *clock, offset)


@pytest.mark.parametrize("bits", [0, 1, 2, 29, 30, 31, 32, 33, 40, 61, 62])
def test_binary_clocks(bits: int) -> None:
    chance = random.Random(bits)
    latest = min((1 << 64) - 1, 4_611_686_018 << bits)
    for ticks in [0, 1, latest, latest - 1, (1 << 64) - 1, *(chance.randrange(latest) for _ in range(30))]:
        for offset in (0, 7, -(10**9)):
            time_of(ticks, walk.BINARY, bits, offset)
    for later in (4_611_686_017, 4_611_686_018, 4_611_686_019):
        if later << bits < 1 << 64:
            assert time_of(later << bits, walk.BINARY, bits, 0) == (1 << 62 if later % 10 > 7 else later * 10**9)


def test_clocks_finer_than_a_tick_can_count_stand_still() -> None:
    for bits in (63, 64, 127):
        assert time_of((1 << 62) - 1, walk.BINARY, bits, 0) == 0


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.one_of(
            st.tuples(st.just("enhanced"), st.integers(0, 3), st.binary(max_size=9), st.integers(0, 20)),
            st.tuples(st.just("obsolete"), st.integers(0, 3), st.binary(max_size=9), st.just(0)),
            st.tuples(st.just("simple"), st.just(0), st.binary(max_size=130), st.integers(0, 140)),
        ),
        max_size=6,
    ),
    st.booleans(),
    st.integers(0, 400),
)
def test_any_blocks(parts: list[tuple[str, int, bytes, int]], big: bool, cut: int) -> None:
    order, data = ">" if big else "<", b""
    for number, (kind, which, packet, original) in enumerate(parts):
        ticks = 1 << 40 | number << 34 | number
        if kind == "enhanced":
            data += enhanced(order, which, ticks, packet, original, option(order, 1, b"why") if number % 2 else b"")
        elif kind == "obsolete":
            data += obsolete(order, which, ticks, packet)
        else:
            data += simple(order, packet, original)
    both_pcapng(data, big)
    both_pcapng(data[:cut], big, room=3, latest=9)
