"""A live run: what the file would give, told as it comes; time that goes on; an end in good order."""

from __future__ import annotations

import io
import queue
import signal
import struct
import threading
from collections import deque
from types import SimpleNamespace
from typing import Any, cast

import pytest

from sensor.export.records import records
from sensor.live.child import preamble, statistics
from sensor.live.mirror import own_addresses
from sensor.live.streams import StdinStream
from sensor.live.watch import HOUR, LiveRun, run_name
from sensor.model import SensorState, Status
from sensor.records import key_of
from sensor.run import Options
from sensor.vault import Vault
from tests.live.watching import Listener, data_of, plain, signals_restored, watch
from tests.replaying import PCAPS, capture_in, folders, read


@pytest.mark.parametrize("folder", list(folders()), ids=lambda folder: folder.name)
def test_a_stream_gives_exactly_what_its_file_gives(folder: Any) -> None:
    path = capture_in(folder)
    status, sentences, _ = watch(data_of(path))
    replayed = read(path)
    assert status == (1 if replayed.damage else 0)
    assert plain(sentences.result) == plain(replayed)
    # And all of it has been told, in its last state.
    last = {key_of(record): record for record in sentences.records}
    assert last == {key_of(record): record for record in records(sentences.result) if record["record"] != "capture"}


class Clock:
    """Seconds that a test turns."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.wall = 1_700_000_000_000_000_000

    def steady(self) -> float:
        # Each look at the clock takes a little: a loop always comes on.
        self.now += 1.0
        return self.now


class Slow(io.RawIOBase):
    """A stream whose pieces come when the test lets them."""

    def __init__(self, pieces: list[bytes]) -> None:
        self.pieces = pieces
        self.let = threading.Semaphore(0)
        self.requests = threading.Semaphore(0)

    def read1(self, _size: int = -1) -> bytes:
        self.requests.release()
        assert self.let.acquire(timeout=30)
        return self.pieces.pop(0) if self.pieces else b""


def test_an_idle_link_times_its_flows_out_and_is_silent() -> None:
    """One DNS question, then nothing for an hour of the clock: the flow ends, the silence is told, the stream lives
    on."""
    clock = Clock()
    data = data_of(capture_in(PCAPS / "dns_dhcp"))
    slow = Slow([data])
    sentences, ended = Listener(), list[str]()
    made = LiveRun(
        streams=[StdinStream("-", cast(Any, slow))],
        vault=Vault(bytes(32)),
        options=Options(strict=True),
        name="w1",
        capture="-",
        outputs=[sentences],
        say=ended.append,
        steady=clock.steady,
        wall=lambda: clock.wall,
    )

    class Driver:
        def update(self, snapshot: Any) -> None:
            if snapshot.sensor.packets and clock.now < 2000:
                assert snapshot.sensor.state != "silent"
                clock.now += 3600
            elif snapshot.sensor.state == "silent" and not made.run.engine.live_flows:
                slow.let.release()

    made.outputs = [sentences, Driver()]
    slow.let.release()
    with signals_restored():
        assert made.go() == 0
    silent = [snapshot.sensor.message for snapshot in sentences.moments if snapshot.sensor.state == "silent"]
    assert silent and silent[0].startswith("No packet has come for 6")
    assert sentences.moments[-1].sensor.state == "ended"


def test_a_clock_that_is_set_is_reported() -> None:
    clock = Clock()
    slow = Slow([])
    sentences: list[str] = []
    made = LiveRun(
        streams=[StdinStream("-", cast(Any, slow))],
        vault=Vault(bytes(32)),
        options=Options(),
        name="w1",
        capture="-",
        outputs=[],
        say=sentences.append,
        steady=clock.steady,
        wall=lambda: clock.wall + int(clock.now * 1e9),
    )

    class Driver:
        def update(self, snapshot: Any) -> None:
            if not sentences:
                clock.wall += 7200 * 1_000_000_000
            else:
                slow.let.release(2)

    made.outputs = [Driver()]
    with signals_restored():
        made.go()
    assert sentences[0].startswith("the clock of this machine was set forward by 7,20")


def test_a_signal_ends_it_in_good_order() -> None:
    """SIGTERM while the stream waits: what was read is told whole, and the status is that of an end."""
    slow = Slow([data_of(capture_in(PCAPS / "ftp_login"))])
    sentences = Listener()
    made = LiveRun(
        [StdinStream("-", cast(Any, slow))], Vault(bytes(32)), Options(), "w1", "-", [sentences], lambda text: None
    )

    class Driver:
        def update(self, snapshot: Any) -> None:
            if snapshot.sensor.packets and not snapshot.last:
                signal.raise_signal(signal.SIGTERM)

    made.outputs = [sentences, Driver()]
    slow.let.release()
    with signals_restored():
        assert made.go() == 0
    assert sentences.moments[-1].last and any(
        r["record"] == "finding" and r["rule"] == "credential.cleartext" for r in sentences.records
    )
    slow.let.release(10)


def test_no_capture_and_a_cut_one_are_reported() -> None:
    status, _, sentences = watch(b"GET / HTTP/1.1\r\n\r\n" * 10)
    assert status == 2 and sentences == ["-: not a capture: it looks like text"]
    data = data_of(capture_in(PCAPS / "ftp_login"))
    status, sentences, _ = watch(data[:-7])
    assert status == 1 and sentences.result.damage and "cut in packet" in sentences.result.damage


def test_fail_on() -> None:
    data = data_of(capture_in(PCAPS / "home"))
    assert watch(data, fail_on=Status.VIOLATED)[0] == 3
    assert watch(data_of(capture_in(PCAPS / "ntp")), fail_on=Status.VIOLATED)[0] == 0


class Pieces(io.BytesIO):
    """A stream that comes in small pieces: a block is a packet or two."""

    def read1(self, _size: int | None = -1) -> bytes:
        return self.read(200)


def test_what_waits_is_read_to_its_end_however_long_it_takes(monkeypatch: pytest.MonkeyPatch) -> None:
    """The source is at its end long before the run: more blocks wait than may be drained at a stop."""
    monkeypatch.setattr("sensor.live.watch.DRAIN", 0.0)
    data = data_of(capture_in(PCAPS / "ntp"))
    one = read(capture_in(PCAPS / "ntp")).packets
    pieces = Pieces(data[:24] + data[24:] * 5)
    sentences = Listener()
    made = LiveRun(
        [StdinStream("-", cast(Any, pieces))], Vault(bytes(32)), Options(), "w1", "-", [sentences], lambda text: None
    )
    with signals_restored():
        assert made.go() == 0
    assert sentences.result.packets == 5 * one


def test_no_packet_at_all_is_an_end_too() -> None:
    status, sentences, _ = watch(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 1))
    assert status == 0 and sentences.moments[-1].last and not sentences.result.packets


def test_names_of_runs_differ() -> None:
    assert run_name(1, "eth1") != run_name(2, "eth1") != run_name(2, "eth2")
    assert len(run_name(1, "-")) == 13


def test_own_addresses_are_macs() -> None:
    assert all(len(one) == 6 for one in own_addresses())


class Interface:
    """What the capture process sends after it was told to stop: packets, and how many the kernel took in."""

    name, lasting = "eth1", True

    def __init__(self, packets: int, received: int) -> None:
        self.stopped = threading.Event()
        # Ethernet of a local experimental type (IEEE 802 9.2.3), which nothing reads.
        frame = bytes.fromhex("50c7bf005301") + bytes.fromhex("50c7bf005302") + b"\x88\xb5" + bytes(46)
        blocks = b"".join(
            struct.pack("=7I", 6, 32 + 60, 0, 0, n, 60, 60) + frame + struct.pack("=I", 32 + 60) for n in range(packets)
        )
        self.data = preamble("eth1", 1) + blocks + statistics(received, 0, 1)

    def open(self) -> io.BytesIO:
        self.stopped.wait(30)
        return io.BytesIO(self.data)

    def ended(self) -> str:
        return "the capture ended"

    def stop(self) -> None:
        self.stopped.set()

    def interface_back(self) -> bool:
        return False

    def permanent_failure(self) -> bool:
        return False


@pytest.mark.parametrize(("seconds", "read_of_all"), [(10.0, 40), (-1.0, 0)], ids=["time", "no time"])
def test_what_the_ring_holds_at_the_end_is_read_or_lost(
    monkeypatch: pytest.MonkeyPatch, seconds: float, read_of_all: int
) -> None:
    """Of 50 packets the capture could still send 40: those are read while there is time, and what is not is lost."""
    monkeypatch.setattr("sensor.live.watch.DRAIN", seconds)
    monkeypatch.setattr("sensor.live.watch.COUNT_OUT", 10.0)
    listener = Listener()
    made = LiveRun(
        [cast(Any, Interface(40, 50))], Vault(bytes(32)), Options(), "w1", "eth1", [listener], lambda text: None
    )
    made.stop()
    with signals_restored():
        made.go()
    sensor = listener.moments[-1].sensor
    assert (listener.result.packets, sensor.packets) == (read_of_all, read_of_all)
    assert sensor.packets + sensor.dropped == 50 and listener.result.dropped == 50 - read_of_all


def test_a_hang_up_without_a_terminal_reads_the_configuration_again() -> None:
    calls: list[str] = []
    slow = Slow([data_of(capture_in(PCAPS / "ntp")), b""])
    made = LiveRun(
        [StdinStream("-", cast(Any, slow))], Vault(bytes(32)), Options(), "w1", "-", [], lambda text: None,
        reload=lambda: (calls.append("reload"), slow.let.release(2))[0],
    )  # fmt: skip

    def hang_up() -> None:
        assert slow.requests.acquire(timeout=30)  # it listens: its handlers stand
        signal.raise_signal(signal.SIGHUP)

    threading.Thread(target=hang_up).start()
    with signals_restored():
        assert made.go() == 0
    assert calls == ["reload"]


def test_packets_that_the_kernel_lost_count_once() -> None:
    """Each source counts all that it lost since it began; an hour gets what came since the last look."""
    live = SimpleNamespace(watched=[], _dropped=0, _captured={}, now=0, _now=lambda: live.now)
    hours = []
    for now, lost in ((0, (0, 0)), (1, (3, 0)), (2, (3, 4)), (HOUR, (3, 4)), (HOUR + 1, (5, 4)), (HOUR + 2, (1, 4))):
        live.now, live.watched = now, [SimpleNamespace(lost=one) for one in lost]
        LiveRun._count_lost(cast(LiveRun, live))
        hours.append({hour: counts[2] for hour, counts in live._captured.items()})
    # A source that ended or began again may count less: nothing is taken back.
    assert hours == [{}, {0: 3}, {0: 7}, {0: 7}, {0: 7, 1: 2}, {0: 7, 1: 2}] and live._dropped == 9


def a_run(*watched: Any, **more: Any) -> Any:
    """A live run's own parts for one method of it, without streams."""
    said: list[str] = []
    return SimpleNamespace(watched=list(watched), say=said.append, said=said, fail_on=None, **more)


def a_source(name: str = "eth1", damage: str | None = None, *, lasting: bool = True, permanent: bool = False) -> Any:
    stream = SimpleNamespace(lasting=lasting, permanent_failure=lambda: permanent)
    source = SimpleNamespace(name=name, damage=damage, stream=stream, message="why")
    return SimpleNamespace(source=source, state=SimpleNamespace(word=SensorState.DOWN))


@pytest.mark.parametrize(
    ("sources", "packets", "failures", "damage", "status", "said"),
    [
        ([a_source()], 5, 0, None, 0, []),
        ([a_source()], 0, 0, None, 0, []),
        ([a_source(permanent=True)], 0, 0, None, 2, ["eth1: why"]),
        ([a_source(permanent=True)], 5, 0, None, 0, ["eth1: why"]),
        ([a_source(permanent=True, lasting=False)], 0, 0, None, 0, []),
        ([a_source(damage="cut")], 0, 0, "cut", 2, ["eth1: cut"]),
        ([a_source(damage="cut", permanent=True)], 5, 0, "cut", 1, ["eth1: cut"]),
        ([a_source(damage="cut"), a_source("eth2")], 0, 0, "cut", 1, ["eth1: cut"]),
        ([a_source(permanent=True), a_source("eth2", permanent=True)], 0, 0, None, 2, ["eth1: why", "eth2: why"]),
        ([a_source(permanent=True), a_source("eth2", damage="")], 0, 0, None, 2, ["eth1: why"]),
        ([a_source(permanent=True)], 5, 3, None, 70, []),
    ],
)
def test_the_exit_status_and_what_is_said_of_it(
    sources: list[Any], packets: int, failures: int, damage: str | None, status: int, said: list[str]
) -> None:
    """docs/output.md: 0 done, 1 damaged, 2 unusable; 70 a bug of this program (sysexits.h), before all others."""
    live = a_run(*sources)
    result: Any = SimpleNamespace(failures=failures, packets=packets, damage=damage, judged={})
    assert LiveRun._status(live, result) == status
    if failures:
        assert len(live.said) == 1 and live.said[0].startswith("3 parser failures: bugs of this program")
    else:
        assert live.said == said


@pytest.mark.parametrize(
    ("limit", "failing"),
    [
        (None, set()), (Status.VIOLATED, {Status.VIOLATED}), (Status.CONCERN, {Status.VIOLATED, Status.CONCERN}),
        (Status.RECOMMENDATION_MISSED, {Status.VIOLATED, Status.CONCERN, Status.RECOMMENDATION_MISSED}),
    ],
)  # fmt: skip
def test_fail_on_is_the_mark_and_all_that_are_worse(limit: Status | None, failing: set[Status]) -> None:
    for worst in Status:
        live = a_run(a_source())
        live.fail_on = limit
        judged = {
            name: SimpleNamespace(verdicts=[SimpleNamespace(status=one)])
            for name, one in (("a", Status.NOT_APPLICABLE), ("b", worst))
        }
        result: Any = SimpleNamespace(failures=0, packets=5, damage="cut", judged=judged)
        assert LiveRun._status(live, result) == (3 if worst in failing else 1), worst


def test_each_block_counts_at_its_source_and_in_its_hour() -> None:
    """Frames are numbered on from those of an earlier part of the run."""
    engine = SimpleNamespace(packets=0, bytes=0)

    def feed(block: Any) -> None:
        engine.packets += block.count
        engine.bytes += 100 * block.count

    mirrors: list[Any] = []
    names = ["s0", "s1"]
    sources = [
        SimpleNamespace(source=names[n], mirror=SimpleNamespace(see=lambda *a: mirrors.append(a)), packets=0)
        for n in (0, 1)
    ]
    kept: list[Any] = []
    live = a_run(
        *sources, _queue=queue.Queue(), _over=0, _heard=0.0, steady=lambda: 7.5, _captured={},
        evidence=SimpleNamespace(block=kept.append),
        run=SimpleNamespace(before=SimpleNamespace(packets=1000), engine=engine, feed=feed),
    )  # fmt: skip
    blocks = [
        SimpleNamespace(count=count, table=[0, 0, 0, time], first_frame=0)
        for count, time in ((3, HOUR - 1), (4, HOUR), (5, 2 * HOUR - 1))
    ]
    for number, block in zip((0, 1, 1), blocks, strict=True):
        live._queue.put((names[number], block))
    live._queue.put((names[0], None))
    assert [LiveRun._take(live, 0.0) for _ in range(5)] == [True] * 4 + [False]
    assert [one.packets for one in sources] == [3, 9] and live._over == 1 and live._heard == 7.5
    assert [one.first_frame for one in blocks] == [1001, 1004, 1008]
    assert live._captured == {0: [3, 300, 0], 1: [9, 900, 0]}
    assert kept == blocks == [block for block, _ in mirrors] and {at for _, at in mirrors} == {7.5}


def test_what_is_passed_over_is_not_read() -> None:
    live = a_run(_queue=queue.Queue(), _over=0)
    for block in (SimpleNamespace(), None, SimpleNamespace(), None):
        live._queue.put(("s", block))
    for over in (0, 1, 1, 2, 2):
        LiveRun._pass_over(live, 0.0)
        assert live._over == over


@pytest.mark.parametrize(
    ("packets", "heard", "now", "ticks"),
    [(0, 0.0, 9.0, []), (5, 8.5, 9.0, []), (5, 8.0, 9.0, [42]), (5, 0.0, 9.0, [42])],
)
def test_time_goes_on_where_nothing_comes_for_a_second(
    packets: int, heard: float, now: float, ticks: list[int]
) -> None:
    ticked: list[int] = []
    live = a_run(
        _count_lost=lambda: None, _now=lambda: 42, _heard=heard,
        run=SimpleNamespace(engine=SimpleNamespace(packets=packets), tick=ticked.append),
    )  # fmt: skip
    LiveRun._second(live, now, cast(Any, SimpleNamespace(step=lambda: 0.0)))
    assert ticked == ticks and live.said == []


@pytest.mark.parametrize(
    ("step", "said"),
    [
        (0.0, []), (7200.4, ["the clock of this machine was set forward by 7,200 seconds"]),
        (-3.6, ["the clock of this machine was set back by 4 seconds"]),
    ],
)  # fmt: skip
def test_a_second_says_what_happened_with_the_name_of_its_source(step: float, said: list[str]) -> None:
    one = SimpleNamespace(
        source=SimpleNamespace(name="eth1", ends=deque(["eth1: away; tried again", "the capture ended"])),
        second=lambda now: None,
    )
    live = a_run(
        one, _count_lost=lambda: None, _heard=0.0, run=SimpleNamespace(engine=SimpleNamespace(packets=0)),
    )  # fmt: skip
    LiveRun._second(live, 1.0, cast(Any, SimpleNamespace(step=lambda: step)))
    assert live.said == ["eth1: away; tried again", "eth1: the capture ended", *said] and not one.source.ends


def test_the_time_of_packets_goes_on_from_the_last_one() -> None:
    engine = SimpleNamespace(packets=0, last_time=5 * 10**9)
    live = a_run(wall=lambda: 77, steady=lambda: 12.5, _heard=10.0, run=SimpleNamespace(engine=engine))
    assert LiveRun._now(live) == 77
    engine.packets = 1
    assert LiveRun._now(live) == 7_500_000_000
