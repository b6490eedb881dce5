"""The program that holds the right to listen: what it writes, what it keeps, and a whole sensor behind it on a cable of
its own."""

from __future__ import annotations

import contextlib
import errno
import io
import json
import os
import select
import signal
import socket
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
    packet. Behind the flood goes a login: the ring keeps the order, so whoever has told that has read all before it."""
    login = capture_in(PCAPS / "ftp_login")
    with cable("d") as laid, Sensor(laid, tmp_path) as sensor:
        sensor.listening()
        sensor.process.send_signal(signal.SIGSTOP)
        flood = tmp_path / "flood.pcap"
        flood.write_bytes(big_packets(600))
        laid.send(flood, "--topspeed", "--loop=20")
        sensor.process.send_signal(signal.SIGCONT)
        sensor.wait("that it is told", lambda: sensor.of("sensor") and sensor.of("sensor")[-1]["dropped_packets"] > 0)
        for _ in range(5):
            laid.send(login, "--topspeed")
            with contextlib.suppress(AssertionError):  # the ring may have had no room for it
                sensor.wait("the login", lambda: sensor.of("finding"), seconds=8)
                break
        assert sensor.of("finding") and sensor.end() == 0
        (captured,) = sensor.of("capture")
        assert captured["dropped_packets"] > 1000
        assert captured["packets"] + captured["dropped_packets"] == laid.delivered()
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


class Ring:
    """A packet socket of a test: what the kernel would do at each poll, and counters that are set back at each look."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, *steps: Any, kind: str = "1") -> None:
        self.memory = bytearray(child.BLOCK * 3)
        self.steps, self.waits, self.closed = list(steps), list[int](), False
        self.counters, self.error, self.now = (0, 0), 0, 1000.0
        self.out, self.reader = os.pipe()[::-1]
        self.registered: dict[Any, int] = {}
        self.stop: Any = None
        monkeypatch.setattr(child, "BLOCKS", 3)
        monkeypatch.setattr(child, "open_ring", lambda interface: (self, self.memory))
        monkeypatch.setattr(child, "lay_down_privileges", lambda: None)
        monkeypatch.setattr(child.select, "poll", lambda: self)
        monkeypatch.setattr(child.signal, "signal", lambda number, handler: setattr(self, "stop", handler))
        monkeypatch.setattr(child.time, "monotonic", lambda: self.now)
        monkeypatch.setattr(child.time, "time_ns", lambda: 5)
        monkeypatch.setitem(child.__dict__, "open", lambda *_, **__: io.StringIO(f"{kind}\n"))

    def fill(self, number: int, *frames: bytes) -> None:
        """The kernel hands a block over (TP_STATUS_USER)."""
        block = ring_block([(frame, None) for frame in frames])
        struct.pack_into("=I", block, 8, child.TP_STATUS_USER)
        self.memory[number * child.BLOCK : (number + 1) * child.BLOCK] = block

    def full(self, number: int) -> bool:
        return self.memory[number * child.BLOCK + 8] == child.TP_STATUS_USER

    def register(self, what: Any, events: int) -> None:
        self.registered[what] = events

    def unregister(self, what: Any) -> None:
        del self.registered[what]

    def poll(self, milliseconds: int) -> list[tuple[int, int]]:
        self.waits.append(milliseconds)
        self.now += 0.1
        return (self.steps.pop(0)(self) or []) if self.steps else self.stop(15) or []

    def getsockopt(self, level: int, option: int, size: int = 0) -> Any:
        if option == socket.SO_ERROR:
            return self.error
        assert (level, option, size) == (263, 6, 12)  # SOL_PACKET, PACKET_STATISTICS: two words and a third
        found, self.counters = struct.pack("=III", *self.counters, 0), (0, 0)
        return found

    def written(self) -> tuple[list[bytes], int | None, int | None]:
        """Packets, and what was taken in and dropped, as a reader of pcapng finds them."""
        os.close(self.out)
        with os.fdopen(self.reader, "rb") as stream, open_capture("x", io.BytesIO(stream.read())) as capture:
            found = [
                bytes(block.data[at : at + size])
                for block in capture
                for at, size in (block.table[row : row + 2] for row in range(0, 5 * block.count, 5))
            ]
            assert capture.damage is None
            return found, capture.received, capture.dropped


def frames_of(*numbers: int) -> list[bytes]:
    return [bytes([number]) * 60 for number in numbers]


def test_blocks_are_read_in_their_order_and_given_back(monkeypatch: pytest.MonkeyPatch) -> None:
    """Round the ring and over its end; a block that is there is not waited for."""

    def first(ring: Ring) -> None:
        ring.fill(0, *frames_of(1, 2))
        ring.fill(1, *frames_of(3))

    def second(ring: Ring) -> None:
        assert ring.full(0) and ring.full(1)

    def third(ring: Ring) -> None:
        assert not ring.full(0) and ring.full(1)
        ring.fill(2, *frames_of(4))
        ring.fill(0, *frames_of(5))

    ring = Ring(monkeypatch, first, second, third)
    child.capture("eth1", ring.out)
    assert ring.written()[0] == frames_of(1, 2, 3, 4, 5)
    assert ring.waits[:6] == [100, 0, 0, 0, 0, 100] and not any(map(ring.full, range(3)))


def test_counters_are_of_the_whole_capture_each_second_and_at_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    """The kernel sets them back at each look (packet(7)); packets include what was dropped."""

    def counts(received: int, dropped: int) -> Any:
        return lambda ring: setattr(ring, "counters", (ring.counters[0] + received, ring.counters[1] + dropped))

    ring = Ring(monkeypatch, counts(10, 1), *[counts(2, 0)] * 15, counts(5, 3))
    looks: list[tuple[int, int]] = []
    real = child.statistics
    monkeypatch.setattr(child, "statistics", lambda a, b, now: looks.append((a, b)) or real(a, b, now))
    child.capture("eth1", ring.out)
    assert ring.written()[1:] == (45, 4)
    assert looks[0] == (10, 1) and looks[1:] == [(30, 1), (45, 4)], "once a second, and the last"


def test_after_the_signal_it_goes_on_for_a_moment_while_packets_are_there(monkeypatch: pytest.MonkeyPatch) -> None:
    def stops(ring: Ring) -> None:
        ring.stop(15)
        ring.fill(0, *frames_of(1))

    ring = Ring(monkeypatch, stops, lambda ring: ring.fill(1, *frames_of(2)))
    child.capture("eth1", ring.out)
    assert ring.written()[0] == frames_of(1, 2)
    endless = Ring(monkeypatch, *[lambda ring: [ring.fill(n, *frames_of(7)) for n in range(3)] and ring.stop(15)] * 100)
    child.capture("eth1", endless.out)
    assert 19 <= len(endless.waits) <= 22, "two seconds at most (AT_MOST), a tenth each"
    endless.written()


def test_a_reader_that_wants_no_more_ends_it(monkeypatch: pytest.MonkeyPatch) -> None:
    def hangs_up(ring: Ring) -> list[tuple[int, int]]:
        assert ring.registered == {ring: select.POLLIN | select.POLLERR, ring.out: select.POLLRDHUP}
        return [(ring.out, select.POLLRDHUP)]

    ring = Ring(monkeypatch, hangs_up, lambda ring: ring.fill(0, *frames_of(1)), *[lambda ring: None] * 50)
    child.capture("eth1", ring.out)
    assert ring.out not in ring.registered and len(ring.waits) < 6
    assert ring.written()[0] == frames_of(1)


@pytest.mark.parametrize(("event", "error", "gone"), [(8, 100, True), (8, 0, False), (1, 100, False), (9, 19, True)])
def test_an_interface_that_goes_away_is_an_error_of_its_socket(
    monkeypatch: pytest.MonkeyPatch, event: int, error: int, gone: bool
) -> None:
    """POLLERR (8) and what the socket says (ENETDOWN, ENODEV); one without the other is none."""

    def fails(ring: Ring) -> list[tuple[int, int]]:
        ring.error = error
        return [(99, event)]

    ring = Ring(monkeypatch, fails)
    if gone:
        with pytest.raises(child.CannotCapture, match=r"^eth1: the interface went down or away$") as found:
            child.capture("eth1", ring.out)
        assert found.value.status == child.GONE
    else:
        child.capture("eth1", ring.out)
    assert ring.written()[0] == []


@pytest.mark.parametrize(
    ("kind", "link"), [("1", 1), ("772", 1), ("65534", 101), ("801", 105), ("803", 127), ("24", None), ("x", None)]
)
def test_the_kind_of_an_interface_is_its_link_type(
    monkeypatch: pytest.MonkeyPatch, kind: str, link: int | None
) -> None:
    """linux/if_arp.h and tcpdump.org/linktypes.html: Ethernet, loopback, a tunnel, 802.11 bare and with radiotap."""
    ring = Ring(monkeypatch, kind=kind)
    if link is None:
        with pytest.raises(child.CannotCapture) as found:
            child.capture("eth1", ring.out)
        assert found.value.status == (child.UNFIT if kind == "24" else child.NO_INTERFACE)
        return
    child.capture("eth1", ring.out)
    os.close(ring.out)
    with os.fdopen(ring.reader, "rb") as stream:
        data = stream.read()
    assert struct.unpack_from("=IIH", data, 28)[::2] == (1, link) and b"eth1" in data[:80]


@pytest.mark.parametrize(
    ("at", "number", "status"),
    [
        ("socket", errno.EPERM, child.NO_RIGHT), ("bind", errno.ENODEV, child.NO_INTERFACE),
        ("bind", errno.ENXIO, child.NO_INTERFACE), ("bind", errno.ENETDOWN, child.NO_INTERFACE),
        ("bind", errno.EINVAL, child.REFUSED), ("setsockopt", errno.ENOMEM, child.REFUSED),
    ],
)  # fmt: skip
def test_why_a_ring_cannot_be_had(monkeypatch: pytest.MonkeyPatch, at: str, number: int, status: int) -> None:
    """No descriptor is left."""
    made = MagicMock()

    def fails(*_: Any) -> None:
        raise OSError(number, os.strerror(number))

    if at == "socket":
        monkeypatch.setattr(child.socket, "socket", fails)
    else:
        getattr(made, at).side_effect = fails
        monkeypatch.setattr(child.socket, "socket", lambda *_: made)
    monkeypatch.setattr(child.mmap, "mmap", lambda *_: "memory")
    monkeypatch.setattr(child.socket, "if_nametoindex", lambda _: 7)
    with pytest.raises(child.CannotCapture) as found:
        child.open_ring("eth1")
    assert found.value.status == status and made.close.called is (at != "socket")


def test_a_ring_is_asked_for_in_the_form_of_the_kernel(monkeypatch: pytest.MonkeyPatch) -> None:
    """packet(7), linux/if_packet.h: version 3, 64 blocks of 1 MiB given over after 50 ms, promiscuous, all protocols.
    The socket hears nothing before it is bound."""
    made = MagicMock()
    monkeypatch.setattr(child.socket, "socket", lambda *given: made(*given) and made)
    monkeypatch.setattr(child.mmap, "mmap", lambda *given: given)
    monkeypatch.setattr(child.socket, "if_nametoindex", lambda _: 7)
    opened, memory = child.open_ring("eth1")
    assert opened is made and memory[1] == 64 << 20 and made.call_args.args == (17, socket.SOCK_RAW, 0)
    assert [call.args for call in made.setsockopt.call_args_list] == [
        (263, 10, 2), (263, 5, struct.pack("=7I", 1 << 20, 64, 2048, 512 * 64, 50, 0, 0)),
        (263, 1, struct.pack("=iHH8s", 7, 1, 0, bytes(8))),
    ]  # fmt: skip
    made.bind.assert_called_once_with(("eth1", 3))


@pytest.mark.parametrize(
    ("arguments", "given", "status"),
    [
        (["eth1"], b"", 0), (["-"], b"eth1\n", 0), (["-"], b"eth1", 0), ([], b"", 2), (["eth1", "x"], b"", 2),
        (["-"], b"", 2), (["-"], b"../x\n", 2), (["."], b"", 2), ([".."], b"", 2),
        (["a" * 15], b"", 0), (["a" * 16], b"", 2),
    ],
)  # fmt: skip
def test_what_the_program_is_given(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], arguments: list[str], given: bytes, status: int
) -> None:
    names: list[str] = []
    monkeypatch.setattr(child, "capture", lambda name, out: names.append(name))
    monkeypatch.setattr(child.sys, "stdin", io.TextIOWrapper(io.BytesIO(given)))
    monkeypatch.setattr(child.sys.stdout, "fileno", lambda: 1, raising=False)
    assert child.main(arguments) == status
    name = given.decode().strip() if arguments == ["-"] else (arguments or [""])[0]
    assert names == ([name] if status == 0 else [])
    assert capsys.readouterr().err == ("" if status == 0 else "usage: child.py INTERFACE\n")


@pytest.mark.parametrize(
    ("error", "status", "said"),
    [
        (child.CannotCapture(child.GONE, "eth1: away"), 79, "eth1: away\n"), (BrokenPipeError(), 0, ""),
        (ConnectionResetError(), 0, ""), (KeyboardInterrupt(), 0, ""),
    ],
)  # fmt: skip
def test_how_the_program_ends(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], error: BaseException, status: int, said: str
) -> None:
    def fails(*_: Any) -> None:
        raise error

    monkeypatch.setattr(child, "capture", fails)
    monkeypatch.setattr(child.sys.stdout, "fileno", lambda: 1, raising=False)
    assert child.main(["eth1"]) == status and capsys.readouterr().err == said
