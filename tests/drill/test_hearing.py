"""What is said of each part, from the records of captures that hold all, one side, no tags, less, nothing."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from sensor.drill.hearing import heard
from sensor.drill.sending import DrillFrame
from sensor.drill.set_piece import set_piece
from sensor.drill.waiting import of_capture
from sensor.vault import Vault
from tests.drill.pieces import PIECE, capture

FIRST = bytes.fromhex("024c5700000a")


def states(tmp_path: Path, wanted: Callable[[DrillFrame], bool]) -> dict[str, tuple[str, bool]]:
    report = of_capture(str(capture(tmp_path / "x.pcap", wanted)), Vault(bytes(32)))
    return {one.part: (f"{one.state} ({one.detail})", one.well) for one in heard(PIECE, report.records)}


def test_all_of_it(tmp_path: Path) -> None:
    assert states(tmp_path, lambda frame: True) == {
        "FTP login": ("heard (both directions)", True),
        "DNS names": ("heard (16 of 16 names)", True),
        "TLS 1.0 hello": ("heard (both directions)", True),
        "VLAN 100": ("heard (both directions)", True),
    }


@pytest.mark.parametrize("letter", ["a", "b"])
def test_one_direction(tmp_path: Path, letter: str) -> None:
    found = states(tmp_path, lambda frame: (frame.data[6:12] == FIRST) == (letter == "a"))
    assert set(found.values()) == {(f"one direction only (of the station {letter} alone)", False)}


def test_no_vlan(tmp_path: Path) -> None:
    found = states(tmp_path, lambda frame: frame.data[12:14] != b"\x81\x00")
    assert found["VLAN 100"] == ("VLAN not heard ()", False) and found["FTP login"] == ("heard (both directions)", True)


def test_losses(tmp_path: Path) -> None:
    """Two questions and a login's answer are missing."""
    lost = ("question firmware.a2-", "question firmware.b7-", "230 Logged")
    found = states(tmp_path, lambda frame: not any(word in frame.summary for word in lost))
    assert found["DNS names"] == ("heard (14 of 16 names)", False)
    assert found["FTP login"] == ("heard (both directions)", False)


def test_another_drill_is_not_this_one(tmp_path: Path) -> None:
    report = of_capture(str(capture(tmp_path / "x.pcap")), Vault(bytes(32)))
    other = heard(set_piece("ffff0000", None), report.records)
    assert [(one.state, one.well) for one in other] == [("nothing", False)] * 3 + [("not sent", True)]


@pytest.mark.parametrize(
    ("vlans", "proposal"),
    [
        ((), "--vlan ID sends tagged packets, too"),
        ((20,), "packets of VLAN 20 are heard: --vlan 20 sends a part there, too"),
        (range(1, 11), "packets of VLAN 1, 2, 3, 4, 5, 6, 7, 8 and 2 more are heard: --vlan 1 sends a part there, too"),
    ],
)
def test_a_vlan_that_is_heard_is_proposed(vlans: Sequence[int], proposal: str) -> None:
    found = heard(set_piece("ffff0000", None), [], vlans)[-1]
    assert (found.part, found.state, found.detail, found.well) == ("VLAN", "not sent", proposal, True)
