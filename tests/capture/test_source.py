"""Packing: gzip with several members, zstd with several frames, cut and damaged ones, memory that does not follow the
content.
"""

from __future__ import annotations

import bz2
import contextlib
import gzip
import lzma
import random
import tracemalloc
from collections.abc import Callable

import pytest
import zstandard

from sensor.capture import NotACapture, open_capture
from sensor.capture.source import PIECE, Source
from tests.capture.files import Trickle, opened, pcap, records

RECORDS = [(number, 0, random.Random(number).randbytes(200), 200) for number in range(300)]
WHOLE = pcap(RECORDS)
HALF = len(WHOLE) // 2


def zst(data: bytes) -> bytes:
    return zstandard.ZstdCompressor().compress(data)


PACKED = {
    "gzip": gzip.compress(WHOLE),
    "gzip members": gzip.compress(WHOLE[:HALF]) + gzip.compress(b"") + gzip.compress(WHOLE[HALF:]) + bytes(512),
    "zstd": zst(WHOLE),
    "zstd frames": zst(WHOLE[:HALF]) + zst(WHOLE[HALF:]),
    "xz": lzma.compress(WHOLE),
    "xz streams": lzma.compress(WHOLE[:HALF]) + bytes(4) + lzma.compress(WHOLE[HALF:]) + bytes(8),
    "bzip2": bz2.compress(WHOLE),
    "bzip2 streams": bz2.compress(WHOLE[:HALF]) + bz2.compress(WHOLE[HALF:]),
}


@pytest.mark.parametrize("name", PACKED)
@pytest.mark.parametrize("step", [1, 100, 1 << 20])
def test_unpacked_as_it_is_read(name: str, step: int) -> None:
    capture = opened(PACKED[name], step)
    assert [record[2] for record in records(capture)] == [record[2] for record in RECORDS]
    assert capture.damage is None
    assert capture.position == len(PACKED[name])


@pytest.mark.parametrize("name", PACKED)
def test_cut_anywhere_yields_what_stood_before(name: str) -> None:
    data = PACKED[name]
    for cut in [*range(20, 60), *range(60, len(data), 1499), len(data) - 513, len(data) - 1]:
        try:
            capture = opened(data[:cut])
        except NotACapture as error:
            assert "cut at byte" in str(error)
            continue
        found = records(capture)
        assert [record[2] for record in found] == [record[2] for record in RECORDS[: len(found)]]
        if len(found) < len(RECORDS):
            assert capture.damage is not None
            assert "cut" in capture.damage


@pytest.mark.parametrize("name", PACKED)
def test_damaged_bytes_never_raise(name: str) -> None:
    data = bytearray(PACKED[name])
    chance = random.Random(7)
    for _ in range(60):
        at = chance.randrange(4, len(data))
        before, data[at] = data[at], chance.randrange(256)
        with contextlib.suppress(NotACapture):
            records(opened(bytes(data)))
        data[at] = before


def test_a_damaged_gzip_says_so() -> None:
    data = bytearray(gzip.compress(WHOLE))
    data[-6] ^= 0xFF  # its checksum (RFC 1952, 2.3.1)
    capture = opened(bytes(data))
    assert len(records(capture)) == 300
    assert capture.damage is not None
    assert capture.damage.startswith("the gzip data is damaged before byte ")
    assert capture.damage.endswith("the 300 packets before that were read")


@pytest.mark.parametrize("packed", [gzip.compress(bytes(200_000_000), 1), zst(bytes(200_000_000))])
def test_a_bomb_costs_no_memory(packed: bytes) -> None:
    tracemalloc.start()
    source = Source(Trickle(packed, 1 << 20))  # type: ignore[arg-type]
    total = 0
    while piece := source.read():
        total += len(piece)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert total == 200_000_000
    assert peak < 48 * 1024 * 1024


def test_a_stream_is_not_waited_for() -> None:
    """What has arrived is given on at once: a growing capture is read packet by packet."""

    class Live(Trickle):
        def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
            given.append(len(seen))
            return super().readinto(buffer)

    given: list[int] = []
    seen: list[int] = []
    data = pcap([(number, 0, b"packet", 6) for number in range(3)])
    capture = open_capture("test", Live(data, 22))  # type: ignore[arg-type]
    for block in capture:
        seen.append(block.count)
    assert sum(seen) == 3
    assert len(seen) == 3
    assert given[-1] == 3


@pytest.mark.parametrize("pack", [gzip.compress, lzma.compress, bz2.compress])
@pytest.mark.parametrize("step", [100, 1 << 20])
def test_pieces_are_bounded_and_all_there(pack: Callable[[bytes], bytes], step: int) -> None:
    """Also of what unpacks to far more than a piece from the last bytes that came."""
    source = Source(Trickle(pack(bytes(3_000_000)), step))  # type: ignore[arg-type]
    pieces = list(iter(source.read, b""))
    assert b"".join(pieces) == bytes(3_000_000) and source.damage is None
    assert max(map(len, pieces)) <= PIECE


def test_each_piece_of_zstd_is_given_on_whole_and_bounded() -> None:
    """Much packed into little comes in pieces; little comes at once."""
    source = Source(Trickle(zst(bytes(3 * PIECE)), 1 << 20))  # type: ignore[arg-type]
    pieces = list(iter(source.read, b""))
    assert sum(map(len, pieces)) == 3 * PIECE and len(pieces) <= 4
    small = Source(Trickle(zst(b"a") + zst(b"b") + zst(b"c"), 1 << 20))  # type: ignore[arg-type]
    assert list(iter(small.read, b"")) == [b"abc"]


@pytest.mark.parametrize("name", ["gzip", "zstd", "xz", "bzip2"])
def test_the_packing_is_named_and_its_end_is_no_damage(name: str) -> None:
    source = Source(Trickle(PACKED[name], 1 << 20), 77)  # type: ignore[arg-type]
    assert b"".join(iter(source.read, b"")) == WHOLE
    assert (source.packing, source.damage, source.size) == (name, None, 77)
    plain = Source(Trickle(WHOLE, 1 << 20))  # type: ignore[arg-type]
    assert b"".join(iter(plain.read, b"")) == WHOLE and plain.packing is None and plain.size is None


@pytest.mark.parametrize("name", ["gzip", "zstd", "xz", "bzip2"])
def test_what_is_cut_says_where(name: str) -> None:
    cut = PACKED[name][:-9]
    source = Source(Trickle(cut, 1 << 20))  # type: ignore[arg-type]
    assert WHOLE.startswith(b"".join(iter(source.read, b"")))
    assert source.damage == f"the {name} data is cut at byte {len(cut):,} of the file"


@pytest.mark.parametrize("name", ["xz", "bzip2"])
def test_what_is_damaged_says_so(name: str) -> None:
    data = bytearray(PACKED[name])
    for at in range(len(data) // 2, len(data) // 2 + 40):
        data[at] ^= 0x55
    source = Source(Trickle(bytes(data), 1 << 20))  # type: ignore[arg-type]
    assert WHOLE.startswith(b"".join(iter(source.read, b"")))
    assert source.damage is not None
    assert source.damage.startswith(f"the {name} data is damaged before byte ")


@pytest.mark.parametrize(
    "head", [b"BZh0" + bytes(20), b"BZ" + bytes(20), b"\x1f" + bytes(20), b"\xfd7zXZ\1" + bytes(20)]
)
def test_what_only_begins_like_a_packing_is_none(head: bytes) -> None:
    """bzip2's level is 1 to 9; of the others each byte of the magic counts."""
    source = Source(Trickle(head, 1 << 20))  # type: ignore[arg-type]
    assert source.packing is None and source.read() == head


def test_a_stream_of_small_pieces_is_read_as_far_as_the_magic() -> None:
    source = Source(Trickle(WHOLE[:100], 2))  # type: ignore[arg-type]
    assert source.position == 6 and source.read() == WHOLE[:6] and source.read() == WHOLE[6:8]
    assert Source(Trickle(b"", 2)).read() == b""  # type: ignore[arg-type]
