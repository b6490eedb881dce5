"""Long and strange runs: a flow without end, clocks that jump by years, a stream of which a hundredth is damaged."""

from __future__ import annotations

import gc
import random
import resource
import struct
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from bench.hostile.inputs import START, Connection
from sensor.capture import Block, open_capture
from sensor.run import Options, Run
from sensor.vault import Vault
from tests.decode.wire import block
from tests.live.watching import watch
from tests.replaying import capture_in, folders, read_bytes

PAGE = resource.getpagesize()
ETHERNET = 1
YEAR = 365 * 86_400

Packet = tuple[int, bytes]
"""Nanoseconds and bytes."""


def resident() -> int:
    """Bytes of this process in memory."""
    gc.collect()
    return int(Path("/proc/self/statm").read_text().split()[1]) * PAGE


def pcap(packets: Iterator[Packet]) -> bytes:
    pieces = [struct.pack("<IHHiIII", 0xA1B23C4D, 2, 4, 0, 0, 262144, ETHERNET)]
    for time, data in packets:
        pieces += (struct.pack("<IIII", time // 10**9 % 2**32, time % 10**9, len(data), len(data)), data)
    return b"".join(pieces)


def packets_of(path: Path) -> Iterator[Packet]:
    """The packets of a capture that are Ethernet."""
    with open_capture(str(path)) as capture:
        for each in capture:
            for at in range(0, each.count * 5, 5):
                start, length, _, time, link = each.table[at : at + 5]
                if link == ETHERNET:
                    yield time, bytes(each.data[start : start + length])


OPENINGS = {
    "a body": (b"GET /f HTTP/1.1\r\nHost: a\r\n\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: 4000000000\r\n\r\n"),
    "chunks": (b"GET /f HTTP/1.1\r\nHost: a\r\n\r\n", b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"),
    "a live picture": (b"GET /f HTTP/1.1\r\nHost: a\r\n\r\n", b"HTTP/1.1 200 OK\r\nContent-Type: video/mp4\r\n\r\n"),
    "lines": (b"USER anna\r\n", b"220 ready\r\n"),
    "no protocol": (b"\x9f\x01\x02\x03", b"\x8e\x01\x02\x03"),
}


def grown(opening: tuple[bytes, bytes], megabytes: int) -> int:
    """Bytes that a run takes for a flow of so many megabytes of the server's."""
    run, connection = Run(Vault(bytes(32)), Options(strict=True)), Connection()
    frames, before = 0, 0
    piece = b"5b4\r\n" + b"x" * 0x5B4 + b"\r\n" if b"chunked" in opening[1] else b"x\r\n" * 486
    first: list[bytes] = [*connection.opened(), *connection.sent(0, opening[0]), *connection.sent(1, opening[1])]
    for step in range(megabytes):
        if step == megabytes // 8:
            before = resident()
        for _ in range(1_000_000 // (500 * len(piece))):
            sent: list[bytes] = [one for _ in range(500) for one in connection.sent(1, piece, len(piece))]
            made: Block = block([*first, *sent], first_frame=frames + 1)
            first, frames = [], frames + made.count
            run.feed(made)
    after = resident()
    result = run.finish("flow", (ETHERNET,), None)
    assert result.failures == 0 and result.packets == frames
    return after - before


@pytest.mark.parametrize("kind", OPENINGS)
def test_a_flow_without_end_takes_no_more_memory(kind: str) -> None:
    assert grown(OPENINGS[kind], 16) < 8_000_000


@pytest.mark.nightly
@pytest.mark.parametrize("kind", OPENINGS)
def test_a_flow_of_a_gigabyte(kind: str) -> None:
    assert grown(OPENINGS[kind], 1000) < 8_000_000


JUMPS: dict[str, Callable[[int], int]] = {
    "to 1970 and back": lambda number: -START if number % 7 == 3 else 0,
    "by ten years each": lambda number: (number % 8) * 10 * YEAR - 40 * YEAR,
    "to the end of 32 bits": lambda number: 2**32 - 1 - START if number % 5 == 4 else 0,
    "back by a second each": lambda number: -number,
}


@pytest.mark.parametrize("jump", JUMPS)
@pytest.mark.parametrize("name", ["ftp_login", "telnet", "mqtt"])
def test_clocks_that_jump(name: str, jump: str) -> None:
    """No bug and no loop; what is found rests on packets of the capture."""
    source = next(folder for folder in folders() if folder.name == name)
    moved = JUMPS[jump]
    packets = [(time, data) for time, data in packets_of(capture_in(source))][:3000]
    data = pcap((max(0, time + moved(number) * 10**9), each) for number, (time, each) in enumerate(packets))
    result = read_bytes(data)
    assert result.failures == 0 and result.packets == len(packets)
    assert all(1 <= frame <= len(packets) for one in result.findings.values() for frame in one.frames)
    status, listener, _ = watch(data)
    assert status == 0 and listener.result.packets == len(packets)


def test_what_comes_after_a_jump_is_found() -> None:
    """A clock that was set once, by NTP or a battery that was empty, costs nothing of what follows."""
    folder = next(folder for folder in folders() if folder.name == "ftp_login")
    packets = list(packets_of(capture_in(folder)))
    for years in (-50, 50):
        data = pcap((max(0, time + years * YEAR * 10**9), each) for time, each in packets[:5])
        later = pcap((time, each) for time, each in packets)[24:]
        rules = {one.rule for one in read_bytes(data + later).findings.values()}
        assert "credential.cleartext" in rules


def fuzzed(sources: list[Path], rounds: int, dice: random.Random) -> Iterator[Packet]:
    """Their packets, one capture after the other, of which a hundredth is damaged or cut."""
    now = START * 10**9
    for _ in range(rounds):
        for source in sources:
            for _, data in packets_of(capture_in(source)):
                now += 1_000_000
                if dice.random() < 0.01:
                    changed = bytearray(data)
                    for _ in range(dice.randrange(1, 9)):
                        changed[dice.randrange(len(changed))] = dice.randrange(256)
                    data = (
                        bytes(changed[: dice.randrange(1, len(changed) + 1)]) if dice.random() < 0.3 else bytes(changed)
                    )
                yield now, data


def test_a_watch_of_a_damaged_stream() -> None:
    sources = sorted(folders(), key=lambda folder: capture_in(folder).stat().st_size)[:30]
    status, listener, _ = watch(pcap(fuzzed(sources, 2, random.Random(18))))
    assert status == 0 and listener.result.failures == 0


@pytest.mark.nightly
def test_a_day_of_a_damaged_stream() -> None:
    """As many packets as a quiet home sends in a day; memory stays within the budget."""
    before = resident()
    status, listener, _ = watch(pcap(fuzzed(list(folders()), 12, random.Random(19))))
    assert status == 0 and listener.result.failures == 0
    assert resident() - before < 400_000_000
