"""The record walk: compiled and plain agree, on damaged bytes as on whole ones; where the tree was built, it is
compiled.
"""

from __future__ import annotations

import os
from array import array
from importlib.machinery import SourceFileLoader
from importlib.util import module_from_spec, spec_from_loader
from pathlib import Path
from types import ModuleType
from typing import Literal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sensor.capture import walk
from tests.capture.files import enhanced, interface, obsolete, pcap, section, simple


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


def both_pcap(data: bytes, big: bool = False, header: int = 16, room: int = 10) -> list[int]:
    results = []
    for module in (walk, PLAIN):
        table, state = array("q", bytes(40 * room)), array("q", bytes(32))
        module.walk_pcap(data, 0, big, header, 1000, 1, table, state)
        results.append([*state, *table[: 5 * state[1]]])
        assert 0 <= state[0] <= len(data)
        for row in range(state[1]):
            assert table[5 * row] + table[5 * row + 1] <= len(data)
    assert results[0] == results[1]
    return results[0]


def both_pcapng(data: bytes, big: bool = False, room: int = 10) -> list[int]:
    results = []
    for module in (walk, PLAIN):
        table, state = array("q", bytes(40 * room)), array("q", bytes(32))
        module.walk_pcapng(data, 0, big, INTERFACES, table, state)
        results.append([*state, *table[: 5 * state[1]]])
        assert 0 <= state[0] <= len(data)
        for row in range(state[1]):
            assert table[5 * row] + table[5 * row + 1] <= len(data)
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
