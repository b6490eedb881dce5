"""Every capture of this repository cut at its records' borders, a byte before and after, and anywhere: what stood
before is read.
"""

from __future__ import annotations

import random
import struct
from pathlib import Path

import pytest

from sensor.capture import NotACapture, find_captures
from tests.capture.files import Read, opened, records

OWN = [path for path in find_captures(str(Path(__file__).parents[2] / "pcaps")) if not path.endswith((".gz", ".zst"))]


def borders(data: bytes) -> tuple[list[int], list[int]]:
    """Where blocks end, and where those with a packet do, by the formats' own length fields (written here anew, for
    little-endian).
    """
    ends, packets = [], []
    if data[:4] == b"\x0a\x0d\x0d\x0a":
        at = 0
        while at + 12 <= len(data):
            kind, length = struct.unpack_from("<II", data, at)
            at += length
            ends.append(at)
            if kind in (2, 3, 6):
                packets.append(at)
    else:
        at = 24
        ends.append(at)
        while at + 16 <= len(data):
            at += 16 + struct.unpack_from("<I", data, at + 8)[0]
            ends.append(at)
            packets.append(at)
    return ends, packets


def check(data: bytes, cut: int, whole: list[Read], ends: list[int], packets: list[int]) -> None:
    try:
        capture = opened(data[:cut])
    except NotACapture:
        assert cut < 4
        return
    found = records(capture)
    assert found == whole[: sum(end <= cut for end in packets)]
    assert (capture.damage is None) == (cut in ends)
    if capture.damage:
        assert f"at byte {cut:,}" in capture.damage


@pytest.mark.parametrize("path", OWN[:5], ids=lambda path: Path(path).parent.name)
def test_a_sample_of_cuts(path: str) -> None:
    data = Path(path).read_bytes()[:400_000]
    ends, packets = borders(data)
    data = data[: max(end for end in ends if end <= len(data))]
    whole = records(opened(data))
    chance = random.Random(path)
    for border in [*ends[:3], *chance.sample(ends, min(8, len(ends)))]:
        for cut in (border - 1, border, border + 1):
            if cut <= len(data):
                check(data, cut, whole, ends, packets)


@pytest.mark.nightly
@pytest.mark.parametrize("path", OWN, ids=lambda path: Path(path).parent.name)
def test_all_cuts(path: str) -> None:
    data = Path(path).read_bytes()
    ends, packets = borders(data)
    assert ends[-1] == len(data)
    whole = records(opened(data))
    chance = random.Random(path)
    # Each border of what can be read in a minute, and 200 places anywhere.
    near = ends[:: max(1, len(ends) * len(data) // 400_000_000)]
    for cut in sorted(
        {cut for border in near for cut in (border - 1, border, border + 1)}
        | {chance.randrange(len(data)) for _ in range(200)}
    ):
        if cut <= len(data):
            check(data, cut, whole, ends, packets)
