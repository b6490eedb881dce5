"""Which frames may be sent: from one forged station to the other, under reserved addresses, and no others."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from sensor.drill import sending
from sensor.drill.sending import DrillFailed, DrillFrame, frames_of, objection, send, shown, taken
from sensor.drill.set_piece import set_piece
from tests.drill.pieces import PIECE, frames


def test_all_frames_of_the_set_piece_may_be_sent() -> None:
    assert len(frames()) > 100 and not [frame for frame in frames() if objection(frame.data, 100)]


@pytest.mark.parametrize(
    ("at", "other", "why"),
    [
        (0, b"\xff" * 6, "ff:ff:ff:ff:ff:ff"),
        (0, bytes.fromhex("0011324e510a"), "00:11:32:4e:51:0a"),
        (6, bytes.fromhex("0011324e510a"), "00:11:32:4e:51:0a"),
        (12, b"\x08\x06", "EtherType is 0x0806"),
        (30, bytes((192, 168, 1, 1)), "192.168.1.1 is not reserved"),
        (26, bytes((8, 8, 8, 8)), "8.8.8.8 is not reserved"),
        (30, bytes((192, 0, 3, 1)), "192.0.3.1 is not reserved"),
    ],
)
def test_a_frame_for_anybody_else_is_not_sent(at: int, other: bytes, why: str) -> None:
    data = frames()[0].data
    assert why in (objection(data[:at] + other + data[at + len(other) :], 100) or "")


def test_a_tag_of_another_vlan_is_not_sent() -> None:
    (tagged, *_) = [frame.data for frame in frames() if frame.data[12:14] == b"\x81\x00"]
    assert objection(tagged, 100) is None and objection(tagged, 101) == "it is of VLAN 100"
    assert objection(tagged, None) == "it is of VLAN 100"


def test_what_was_built_wrong_stops_the_drill(monkeypatch: pytest.MonkeyPatch) -> None:
    line = json.dumps({"frame": (b"\xff" * 6 + frames()[0].data[6:]).hex(), "summary": ""})
    monkeypatch.setattr(sending, "_program", lambda *words, text: line)
    with pytest.raises(DrillFailed, match="may not be sent"):
        frames_of(set_piece("abcd1234", None))


def test_just_the_bytes_that_are_shown_are_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    given: list[tuple[tuple[str, ...], str]] = []
    monkeypatch.setattr(sending, "_program", lambda *words, text: given.append((words, text)) or "")
    two = [DrillFrame(b"\1\2", "x"), DrillFrame(b"\3", "y")]
    send("eth7", two)
    assert given == [(("send", "eth7"), "0102\n03")]
    lines = shown(frames())
    assert len(lines) == len(frames())
    assert "02:4c:57:00:00:0a > 02:4c:57:00:00:0b" in lines[0] and f"USER a-{PIECE.token}" in "".join(lines)


def test_an_address_that_a_station_has_is_seen(tmp_path: Path) -> None:
    """The gateway, a neighbour, an interface of this machine."""
    arp = tmp_path / "arp"
    arp.write_text("IP address HW type Flags HW address Mask Device\n192.0.2.1 0x1 0x2 00:11:32:4e:51:0a * eth0\n")
    own = tmp_path / "net" / "eth0" / "address"
    own.parent.mkdir(parents=True)
    own.write_text("00:11:32:4e:51:0b\n")
    assert taken(arp, tmp_path / "net") is None
    own.write_text("02:4c:57:00:00:0b\n")
    assert taken(arp, tmp_path / "net") == "02:4c:57:00:00:0b"
    arp.write_text("192.0.2.1 0x1 0x2 02:4C:57:00:00:0A * eth0\n")
    assert taken(arp, tmp_path / "net") == "02:4c:57:00:00:0a"
    assert taken(tmp_path / "none", tmp_path / "none") is None


def test_a_program_that_fails_is_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    def run(*_: object, **__: object) -> subprocess.CompletedProcess[str]:
        return subprocess.CompletedProcess([], 2, "", "WARNING: something\nNo such device\n")

    monkeypatch.setattr(subprocess, "run", run)
    with pytest.raises(DrillFailed, match=r"^No such device$"):
        send("eth7", [])
