"""Whole runs over captures that are cut, changed, or made by others: no exception, no hang, nothing already found is
lost.

Every run here is strict: a bug in a parser is raised, not contained. The long versions are nightly (``-m nightly``).
"""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from sensor.capture import NotACapture
from tests.replaying import SHARED, capture_in, folders, read, read_bytes

FOLDERS = list(folders())
OTHERS = (
    sorted(path for path in (SHARED / "captures").rglob("*") if path.is_file())
    if (SHARED / "captures").is_dir()
    else []
)

CUTS, NIGHTLY_CUTS = 4, 200
FLIPS, NIGHTLY_FLIPS = 3, 100
STRIDE = 12
"""Each of the four tests reads every twelfth capture made by others, so that CI reads a third of them."""


def cut_and_read(data: bytes, at: int) -> None:
    try:
        result = read_bytes(data[:at])
    except NotACapture:
        assert at < 28  # less than a file header and a bit
        return
    assert result.damage is None or "read" in result.damage


def damage(data: bytes, dice: random.Random, changes: int) -> bytes:
    changed = bytearray(data)
    for _ in range(changes):
        changed[dice.randrange(40, len(changed))] = dice.choice((0, 1, 0x20, 0x7F, 0x80, 0xFF))
    return bytes(changed)


def try_cuts(folder: Path, count: int) -> None:
    data = capture_in(folder).read_bytes()
    dice = random.Random(folder.name)
    for at in sorted(dice.randrange(len(data)) for _ in range(count)):
        cut_and_read(data, at)


def try_damage(folder: Path, count: int) -> None:
    data = capture_in(folder).read_bytes()
    dice = random.Random(folder.name)
    for _ in range(count):
        try:
            read_bytes(damage(data, dice, max(4, len(data) // 4000)))
        except NotACapture:
            continue


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda path: path.name)
def test_cut_captures(folder: Path) -> None:
    try_cuts(folder, CUTS)


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda path: path.name)
def test_damaged_captures(folder: Path) -> None:
    try_damage(folder, FLIPS)


@pytest.mark.nightly
@pytest.mark.parametrize("folder", FOLDERS, ids=lambda path: path.name)
def test_cut_and_damaged_captures_at_length(folder: Path) -> None:
    try_cuts(folder, NIGHTLY_CUTS)
    try_damage(folder, NIGHTLY_FLIPS)


def test_records_before_the_damage_stay() -> None:
    folder = next(folder for folder in FOLDERS if folder.name == "ftp_login")
    data = capture_in(folder).read_bytes()
    whole, cut = read_bytes(data), read_bytes(data[: len(data) * 3 // 4])
    assert cut.damage and cut.packets < whole.packets
    kept = {(f.rule, f.client, f.server, f.frames[0]) for f in cut.findings.values()}
    assert kept and kept <= {(f.rule, f.client, f.server, f.frames[0]) for f in whole.findings.values()}
    assert any(f.rule == "credential.cleartext" for f in cut.findings.values())


def read_others(paths: list[Path]) -> None:
    for path in paths:
        try:
            result = read(path)
        except NotACapture:
            continue
        assert result.failures == 0, path.name
        assert all(1 <= frame <= result.packets for f in result.findings.values() for frame in f.frames), path.name


@pytest.mark.skipif(not OTHERS, reason="captures made by others are not at hand")
@pytest.mark.parametrize("start", range(4))
def test_captures_made_by_others(start: int) -> None:
    read_others(OTHERS[start * STRIDE // 4 :: STRIDE])


@pytest.mark.nightly
@pytest.mark.skipif(not OTHERS, reason="captures made by others are not at hand")
@pytest.mark.parametrize("start", range(16))
def test_all_captures_made_by_others(start: int) -> None:
    read_others(OTHERS[start::16])
