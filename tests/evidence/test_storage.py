"""Folder of evidence: bounded, expiring, owner-only, and without what is to be forgotten."""

from __future__ import annotations

import os
import re
import stat
from pathlib import Path

import pytest

from sensor.evidence.packet import EvidencePacket
from sensor.evidence.storage import DAY, EvidenceFolder, contains_any, evidence_path
from sensor.store.location import store_location
from tests.decode.wire import A, B, ethernet, ip4, udp


def packet(
    frame: int, *findings: str, text: bytes = b"hello", marked: tuple[tuple[int, int], ...] = ()
) -> EvidencePacket:
    data = ethernet(ip4(udp(text), 17), source=A, target=B)
    return EvidencePacket("c", frame, frame, 1, data, len(data), marked, tuple((name, "why") for name in findings))


def test_packets_of_a_finding(tmp_path: Path) -> None:
    folder = EvidenceFolder(tmp_path / "e")
    assert folder.of("r1", "f1") == [] and folder.runs() == []
    assert folder.put("r1", [packet(2, "f1", "f2"), packet(1, "f1"), packet(3, "f2")]) == 3
    assert [one.frame for one in folder.of("r1", "f1")] == [1, 2]
    assert folder.runs() == ["r1"] and folder.of("r2", "f1") == []


def test_only_the_owner_may_read_it(tmp_path: Path) -> None:
    folder = EvidenceFolder(tmp_path / "e")
    folder.put("r1", [packet(1, "f1")])
    assert stat.S_IMODE(folder.path.stat().st_mode) == 0o700
    assert [stat.S_IMODE(file.stat().st_mode) for file in folder.path.iterdir()] == [0o600]


def test_path_of_a_store() -> None:
    assert evidence_path(store_location("a/home.db"), Path("/s")) == Path("a/home.db.evidence")
    folders = {
        evidence_path(store_location(f"postgresql://{server}"), Path("/s"))
        for server in ("u@h/db", "u@h/db2", "u@i/db")
    }
    assert len(folders) == 3, "each server's database has a folder of its own"
    for folder in folders:
        assert folder.parent == Path("/s/evidence") and re.fullmatch("[0-9a-f]{16}", folder.name)


def test_size_and_age_are_bounded(tmp_path: Path) -> None:
    folder = EvidenceFolder(tmp_path / "e", limit=1200, days=2)
    assert folder.put("r1", [packet(n, "f1") for n in range(50)]) < 6
    for number, age in (("r2", 3), ("r3", 1)):
        folder.put(number, [packet(1, "f1")])
        os.utime(folder.path / f"{number}.pcapng", (100 * DAY - age * DAY,) * 2)
    os.utime(folder.path / "r1.pcapng", (100 * DAY, 100 * DAY))
    assert folder.expire(100 * DAY) == 1 and set(folder.runs()) == {"r1", "r3"}
    assert EvidenceFolder(folder.path, limit=100).expire(100 * DAY) == 1 and folder.runs() == ["r1"]


def test_a_file_that_goes_meanwhile_is_none(tmp_path: Path) -> None:
    """A link to nothing is, like a file that another thread removes, in the folder and has no status."""
    (tmp_path / "removed.pcapng").symlink_to(tmp_path / "nothing")
    folder = EvidenceFolder(tmp_path)
    assert folder.runs() == [] and folder.expire(0.0) == 0


def test_more_of_a_run_covers_what_either_copy_covers(tmp_path: Path) -> None:
    folder = EvidenceFolder(tmp_path / "e")
    folder.put("r1", [packet(1, "f1", marked=((42, 44),)), packet(2, "f1")])
    folder.add("r1", [packet(1, "f2", marked=((46, 47),)), packet(3, "f2")])
    first, second, third = folder.packets("r1")
    assert first.marked == ((42, 44), (46, 47)) and first.data[42:47] == b"**ll*"
    assert [name for name, _ in first.findings] == ["f1", "f2"] and (second.frame, third.frame) == (2, 3)


@pytest.mark.parametrize("name", ["02:00:00:00:00:0a", "192.0.2.10", "my-camera"])
def test_a_device_is_removed_with_every_packet_that_names_it(tmp_path: Path, name: str) -> None:
    folder = EvidenceFolder(tmp_path / "e")
    other = packet(3, "f3")
    other = EvidencePacket("c", 3, 3, 1, bytes(12) + b"\x88\xb5" + b"nothing of it", 30, (), other.findings)
    folder.put("r1", [packet(1, "f1"), packet(2, "f2", text=b"I am My-Camera"), other])
    gone = folder.forget("r1", ["f1"], [name])
    assert [one.frame for one in folder.packets("r1")] == [3] and gone == 2
    assert folder.forget("r1", ["f3"], []) == 1 and folder.runs() == []


def test_a_damaged_file_has_no_packets_and_is_removed_whole(tmp_path: Path) -> None:
    folder = EvidenceFolder(tmp_path / "e")
    folder.put("r1", [packet(1, "f1")])
    file = folder.path / "r1.pcapng"
    file.write_bytes(file.read_bytes()[:-3])
    assert folder.packets("r1") == []
    folder.forget("r1", [], ["x"])
    assert not file.exists()


def test_the_name_of_a_run_is_no_path(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="run"):
        EvidenceFolder(tmp_path).put("../r1", [packet(1)])


def test_facts_of_a_lab_come_and_go_with_the_run(tmp_path: Path) -> None:
    folder = EvidenceFolder(tmp_path / "e", days=2)
    folder.put("r1", [packet(1, "f1")])
    folder.put_facts("r1", "lab.toml", "mac = '02:00:00:00:00:0A'\n")
    assert folder.facts("r1") == ("lab.toml", "mac = '02:00:00:00:00:0A'\n") and folder.facts("r2") is None
    folder.forget("r1", [], ["02:00:00:00:00:0b", ""])
    assert folder.facts("r1") is not None
    folder.forget("r1", [], ["02:00:00:00:00:0a"])
    assert folder.facts("r1") is None
    folder.put_facts("r1", "lab.toml", "x = 1\n")
    folder.put_facts("r1", "lab.toml", "")
    assert folder.facts("r1") is None
    folder.put_facts("r1", "lab.toml", "x = 1\n")
    folder.drop("r1")
    assert folder.facts("r1") is None and folder.runs() == []


def test_what_is_as_old_as_it_may_be_stays(tmp_path: Path) -> None:
    folder = EvidenceFolder(tmp_path / "e", days=2)
    folder.put("r1", [packet(1, "f1")])
    os.utime(folder.path / "r1.pcapng", (100 * DAY, 100 * DAY))
    assert folder.expire(102 * DAY) == 0 and folder.expire(102 * DAY + 1) == 1


def test_the_oldest_go_first_until_the_rest_has_room(tmp_path: Path) -> None:
    folder = EvidenceFolder(tmp_path / "e", limit=10_000)
    for number in range(4):
        folder.put(f"r{number}", [packet(1, "f1")])
        os.utime(folder.path / f"r{number}.pcapng", (number, number))
    size = (folder.path / "r0.pcapng").stat().st_size
    assert EvidenceFolder(folder.path, limit=4 * size, days=1).expire(5.0) == 0
    assert EvidenceFolder(folder.path, limit=2 * size, days=1).expire(5.0) == 2
    assert folder.runs() == ["r2", "r3"]


def test_room_for_one_run_and_the_order_that_is_given(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    one = len(packet(1, "f1").data) + len("why") + 16 + 160
    monkeypatch.setattr("sensor.evidence.storage.MAX_RUN_BYTES", 2 * one)
    folder = EvidenceFolder(tmp_path / "e")
    assert folder.put("r1", [packet(3, "f1"), packet(1, "f1"), packet(2, "f1")]) == 2
    assert [each.frame for each in folder.packets("r1")] == [1, 3], "the first two given, in order of their frames"
    folder.add("r1", [packet(4, "f1")])
    assert [each.frame for each in folder.packets("r1")] == [3, 4], "the newest stay"
    monkeypatch.setattr("sensor.evidence.storage.MAX_RUN_BYTES", 2 * one - 1)
    assert folder.put("r1", [packet(3, "f1"), packet(1, "f1")]) == 1
    assert folder.put("r1", []) == 0 and folder.runs() == [], "nothing is no file"


@pytest.mark.parametrize(
    ("name", "text", "contains"),
    [
        ("02:00:00:00:00:77", b"\x02\0\0\0\0\x77", True), ("02:00:00:00:00:77", b"020000000077", True),
        ("02:00:00:00:00:77", b"02-00-00-00-00-77", True), ("02:00:00:00:00:77", b"02:00:00:00:00:77", True),
        ("02:00:00:00:00:AA", b"02:00:00:00:00:aa", True), ("02:00:00:00:00:77", b"\x02\0\0\0\0\x78", False),
        ("192.0.2.10", b"\xc0\0\x02\x0a", True), ("192.0.2.10", b"at 192.0.2.10", True),
        ("2001:db8::5", bytes.fromhex("20010db8000000000000000000000005"), True), ("2001:db8::5", b"2001:DB8::5", True),
        ("Garden-Cam", b"GARDEN-CAM", True), ("Garden-Cam", b"garden cam", False), ("", b"anything", False),
    ],
)  # fmt: skip
def test_whether_a_packet_names_a_device(name: str, text: bytes, contains: bool) -> None:
    assert contains_any(b"--" + text + b"--", [name]) is contains
    assert contains_any(b"--" + text + b"--", ["nobody", name]) is contains


def test_forgetting_says_how_many_packets_went_and_keeps_other_reasons(tmp_path: Path) -> None:
    folder = EvidenceFolder(tmp_path / "e")
    folder.put("r1", [packet(1, "f1", "f2"), packet(2, "f2"), packet(3, "f1")])
    assert folder.forget("r1", ["f1"], []) == 1
    assert [(one.frame, [name for name, _ in one.findings]) for one in folder.packets("r1")] == [
        (1, ["f2"]), (2, ["f2"]),
    ]  # fmt: skip
    assert folder.forget("r1", ["f1"], []) == 0 and folder.forget("r9", ["f1"], ["x"]) == 0
