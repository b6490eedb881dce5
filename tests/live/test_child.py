"""The program that holds the right to listen: what it writes, what it keeps, and a whole sensor behind it on a cable of
its own."""

from __future__ import annotations

import io
import json
import os
import signal
import struct
import subprocess
import sys
from pathlib import Path
from typing import Any
from unittest.mock import MagicMock

import pytest

from sensor.capture import open_capture
from sensor.live import child, launcher
from tests.live.namespaces import Sensor, cable, ip, status_of
from tests.replaying import PCAPS, capture_in
from tests.replaying import replayed as replayed_here


def ring_block(frames: list[tuple[bytes, int | None]]) -> bytearray:
    """A block of the ring as the kernel fills it (struct tpacket_block_desc, tpacket3_hdr); a tag where the kernel took
    one out."""
    memory = bytearray(child.BLOCK)
    struct.pack_into("=II", memory, 12, len(frames), 64)
    at = 64
    for number, (data, tag) in enumerate(frames):
        size = 96 + (len(data) + 15) // 16 * 16
        status = child.VLAN_VALID | child.TPID_VALID if tag is not None else 0
        child._PACKET.pack_into(
            memory, at, size, 1_700_000_000, number, len(data), len(data) + 7, status, 82, 96, 0, tag or 0, 0x88A8
        )
        memory[at + 82 : at + 82 + len(data)] = data
        at += size
    return memory


def test_what_it_writes_is_read_as_it_was() -> None:
    frames: list[tuple[bytes, int | None]] = [
        (bytes([n % 251]) * (14 + n % 97), None if n % 3 else n) for n in range(1200)
    ]
    pieces = child.packets(memoryview(ring_block(frames)), 0)
    stream = child.preamble("eth1", 1) + b"".join(b"".join(each) for each in pieces)
    stream += child.statistics(1200, 3, 5) + child.statistics(1300, 1 << 40, 6)
    found = []
    with open_capture("x", io.BytesIO(stream)) as capture:
        for block in capture:
            for row in range(0, 5 * block.count, 5):
                at, captured, original, time, link = block.table[row : row + 5]
                found.append((bytes(block.data[at : at + captured]), original, time, link))
        assert capture.damage is None and (capture.received, capture.dropped) == (1300, 1 << 40)
    expected = []
    for number, (data, tag) in enumerate(frames):
        whole = data if tag is None else data[:12] + struct.pack(">HH", 0x88A8, tag) + data[12:]
        expected.append((whole, len(whole) + 7, 1_700_000_000 * 10**9 + number, 1))
    assert found == expected


@pytest.mark.parametrize("name", ["", "..", "../../etc", "a/b", "x" * 16, "eth0;id"])
def test_names_that_are_none(name: str) -> None:
    done = subprocess.run([sys.executable, "-I", child.__file__, name], capture_output=True, timeout=30)
    assert (done.returncode, done.stdout, done.stderr) == (2, b"", b"usage: child.py INTERFACE\n")


def test_an_interface_that_is_not_there() -> None:
    for arguments, given in ((["nosuchif0"], b""), (["-"], b"nosuchif0\n")):
        done = subprocess.run(
            [sys.executable, "-I", child.__file__, *arguments], input=given, capture_output=True, timeout=30
        )
        assert (done.returncode, done.stdout) == (child.NO_INTERFACE, b"")
        assert done.stderr == b"nosuchif0: there is no such interface\n"


def test_it_stands_on_the_standard_library_alone() -> None:
    """Nothing of ours, nor of anybody else's, runs with its privilege."""
    files = [child.__file__, launcher.__file__]
    code = (
        f"import runpy, sys; [runpy.run_path(each) for each in {files!r}]; "
        "print(sorted(m for m in sys.modules if '.' not in m))"
    )
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", code], capture_output=True, text=True, timeout=30, check=True
    )
    foreign = set(json.loads(done.stdout.replace("'", '"'))) - set(sys.stdlib_module_names) - {"__main__"}
    assert not foreign


def findings(records: list[dict[str, Any]]) -> list[str]:
    """What each finding says in its last state, with the frames it rests on; without what differs between two runs:
    names and times."""
    last = {record["id"]: record for record in records if record["record"] == "finding"}
    frames = []
    for record in last.values():
        plain = {k: v for k, v in record.items() if k not in ("run", "id", "time", "last_time", "evidence")}
        frames.append(json.dumps({**plain, "frames": [one["frames"] for one in record["evidence"]]}, sort_keys=True))
    return sorted(frames)


def packets_of(path: Path) -> int:
    with open_capture(str(path)) as capture:
        return sum(block.count for block in capture)


@pytest.mark.namespaces
@pytest.mark.parametrize("name", ["ftp_login", "http_basic", "mqtt"])
def test_a_capture_on_a_cable_gives_what_its_file_gives(name: str, tmp_path: Path) -> None:
    """At the recorded pace, which for these is a few seconds."""
    path = capture_in(PCAPS / name)
    with cable("a") as laid, Sensor(laid, tmp_path) as sensor:
        sensor.listening()
        laid.send(path)
        assert sensor.end() == 0, sensor.errors.read_text()
        live = sensor.records()
    expected = findings(replayed_here(path))
    assert findings(live) == expected
    (summary,) = [record for record in live if record["record"] == "summary"]
    assert live[-1] == summary and summary["records"]["finding"] == len(expected) > 3
    (captured,) = [record for record in live if record["record"] == "capture"]
    assert (captured["packets"], captured["dropped_packets"]) == (packets_of(path), 0)


@pytest.mark.namespaces
def test_the_child_keeps_nothing_and_is_started_again_when_it_dies(tmp_path: Path) -> None:
    with cable("b") as laid, Sensor(laid, tmp_path) as sensor:
        sensor.listening()
        pid = sensor.child()
        status = status_of(pid)
        assert status["Uid"].split() == [str(child.NOBODY)] * 4 and status["Groups"] == ""
        assert all(int(status[f"Cap{kind}"], 16) == 0 for kind in ("Inh", "Prm", "Eff", "Bnd", "Amb"))
        assert (status["NoNewPrivs"], status["Seccomp"]) == ("1", "2")
        laid.send(capture_in(PCAPS / "ftp_login"))
        sensor.wait("a finding", lambda: sensor.of("finding"))
        os.kill(pid, signal.SIGKILL)
        sensor.wait("another capture", lambda: sensor.of("sensor")[-1]["sources"][0]["captures"] == 2)
        assert f"{laid.hears}: the capture was ended by SIGKILL; it is tried again" in sensor.errors.read_text()
        sensor.listening()
        assert sensor.child() != pid
        laid.send(capture_in(PCAPS / "mqtt"))
        sensor.wait("findings of after", lambda: any(r["protocol"] == "mqtt" for r in sensor.of("finding")))
        assert sensor.end() == 0
        # Frames go on counting: those of after come after those of before.
        frames = {r["protocol"]: r["evidence"][0]["frames"][0] for r in sensor.of("finding") if r["evidence"]}
        assert frames["ftp"] < frames["mqtt"]


@pytest.mark.namespaces
def test_an_interface_goes_down_and_away_and_comes_back(tmp_path: Path) -> None:
    with cable("c") as laid, Sensor(laid, tmp_path) as sensor:
        sensor.listening()
        ip("-n", laid.near, "link", "set", laid.hears, "down")
        sensor.wait("that it is told", lambda: sensor.of("sensor") and sensor.of("sensor")[-1]["state"] == "down")
        ip("-n", laid.near, "link", "set", laid.hears, "up")
        sensor.wait("that it listens", lambda: sensor.of("sensor")[-1]["state"] != "down")
        laid.unplug()
        sensor.wait("that it is told again", lambda: sensor.of("sensor")[-1]["state"] == "down")
        laid.plug()
        sensor.wait("that it listens again", lambda: sensor.of("sensor")[-1]["state"] != "down")
        laid.send(capture_in(PCAPS / "ftp_login"))
        sensor.wait("a finding", lambda: sensor.of("finding"))
        assert sensor.end() == 0


@pytest.mark.namespaces
def test_lost_packets_are_counted(tmp_path: Path) -> None:
    """The sensor is stopped (SIGSTOP) until pipe and ring are full: what the kernel drops then is counted, to the
    packet."""
    with cable("d") as laid, Sensor(laid, tmp_path) as sensor:
        sensor.listening()
        sensor.process.send_signal(signal.SIGSTOP)
        flood = tmp_path / "flood.pcap"
        flood.write_bytes(big_packets(600))
        laid.send(flood, "--topspeed", "--loop=20")
        sensor.process.send_signal(signal.SIGCONT)
        sensor.wait("that it is told", lambda: sensor.of("sensor") and sensor.of("sensor")[-1]["dropped_packets"] > 0)
        assert sensor.end() == 0
        (captured,) = sensor.of("capture")
        assert captured["dropped_packets"] > 1000 and captured["packets"] + captured["dropped_packets"] == 12_000
        assert any(record["state"] == "losing" and "were lost" in record["message"] for record in sensor.of("sensor"))


def big_packets(count: int) -> bytes:
    """A capture of datagrams of 8,000 bytes between two others."""
    frames = []
    for number in range(count):
        data = struct.pack("!HHHH", 4000 + number, 9, 8008, 0) + bytes(8000)
        head = struct.pack(
            "!BBHHHBBH4s4s", 0x45, 0, 20 + len(data), number, 0, 64, 17, 0, b"\xc0\xa8\1\5", b"\xc0\xa8\1\6"
        )
        frames.append(b"\0\x11\x32\0\0\2" + b"\0\x11\x32\0\0\1" + b"\x08\0" + head + data)
    records = (struct.pack("<IIII", 1_700_000_000, n, len(f), len(f)) + f for n, f in enumerate(frames))
    return struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 1) + b"".join(records)


@pytest.mark.parametrize("user", [0, 1000])
@pytest.mark.parametrize("who", ["child", "launcher"])
def test_rights_are_given_up_in_the_order_in_which_they_can_be(
    monkeypatch: pytest.MonkeyPatch, user: int, who: str
) -> None:
    """Groups before the group, the group before the user, the filter last: each needs the rights of the one before."""
    done: list[tuple[Any, ...]] = []

    def note(name: str) -> Any:
        return lambda *given: done.append((name, *given[1 if name in ("bounding", "capabilities") else 0 :]))

    libc = MagicMock()
    libc.prctl.return_value = 0
    for module in (child, launcher):
        monkeypatch.setattr(module.ctypes, "CDLL", lambda *_, **__: libc)
        monkeypatch.setattr(module.resource, "setrlimit", note("limit"))
    for name in ("setgroups", "setresgid", "setresuid", "setpriority"):
        monkeypatch.setattr(os, name, note(name))
    monkeypatch.setattr(os, "geteuid", lambda: user)
    monkeypatch.setattr(child, "empty_bounding_set", note("bounding"))
    monkeypatch.setattr(child, "set_capabilities", note("capabilities"))
    monkeypatch.setattr(child.seccomp, "apply", note("filter"))
    if who == "child":
        child.lay_down_privileges()
    else:
        launcher.keep_listening_alone(child)
    core = ("limit", child.resource.RLIMIT_CORE, (0, 0))
    nobody = [("setgroups", []), ("setresgid", *[65534] * 3), ("setresuid", *[65534] * 3)]
    steps = [one for one in done if one[0] != "setpriority"]
    if who == "child":
        assert [one[0] for one in steps[-2:]] == ["capabilities", "filter"] and steps[-2][1:] == (0,)
        assert steps[:-2] == [core, ("bounding",), *(nobody if user == 0 else [])]
    else:
        listening = launcher.NET_RAW | launcher.SETPCAP
        assert steps == [core, ("bounding", listening), *nobody, ("capabilities", listening)]
