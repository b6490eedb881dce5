"""What a mirror does to its copy changes no claim: each capture of ours skewed, doubled, one-sided, cut, tunnelled and
with an address moved, against what it says undisturbed.
"""

from __future__ import annotations

import io
import re
import struct
from collections import Counter
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import dpkt
import pytest
from rich.console import Console

from sensor.export.terminal import Terminal
from sensor.model import Finding
from sensor.run import Result
from tests.replaying import PCAPS, ROOT, read, read_bytes
from tests.tunnelled import TUNNELS, tunnelled

CAPTURES = sorted(path for path in PCAPS.glob("*/capture.pcap") if path.stat().st_size < 200_000)
ALL = [
    *(pytest.param(path, id=path.parent.name) for path in CAPTURES),
    pytest.param(PCAPS / "home" / "capture.pcapng", id="home", marks=pytest.mark.nightly),
]
"""With the large one."""

MAC = re.compile(r"[0-9a-f]{2}(?::[0-9a-f]{2}){5}")
LOGINS = ("credential.cleartext", "credential.challenge", "credential.default")

Packet = tuple[float, bytes]


def packets(path: Path) -> tuple[int, list[Packet]]:
    with path.open("rb") as file:
        reader = (dpkt.pcapng if path.suffix == ".pcapng" else dpkt.pcap).Reader(file)
        return reader.datalink(), list(reader)


def written(link: int, frames: list[Packet], *, cut: int = 262144) -> bytes:
    """A pcap of the frames, each cut to ``cut`` bytes."""
    out = io.BytesIO()
    out.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, cut, link))
    for at, data in frames:
        out.write(struct.pack("<IIII", int(at), int(at % 1 * 1e6), min(len(data), cut), len(data)) + data[:cut])
    return out.getvalue()


def tcp_of(data: bytes) -> tuple[bytes, bytes, int, int, int] | None:
    """Source, target, ports and length of payload of a TCP segment over Ethernet, None for anything else."""
    try:
        ip = dpkt.ethernet.Ethernet(data).data
    except dpkt.UnpackError:
        return None
    if not isinstance(ip, (dpkt.ip.IP, dpkt.ip6.IP6)) or not isinstance(ip.data, dpkt.tcp.TCP):
        return None
    return bytes(ip.src), bytes(ip.dst), ip.data.sport, ip.data.dport, len(ip.data.data)


def skewed(frames: list[Packet]) -> list[Packet]:
    """Each answer one place early: a segment with payload goes before the opposite one with payload just before it in
    its connection.
    """
    found = list(frames)
    moved: set[int] = set()
    last: dict[frozenset[tuple[bytes, int]], tuple[int, tuple[bytes, int]]] = {}
    for place, (_, data) in enumerate(found):
        tcp = tcp_of(data)
        if tcp is None or not tcp[4]:
            continue
        ends = frozenset(((tcp[0], tcp[2]), (tcp[1], tcp[3])))
        before = last.get(ends)
        last[ends] = (place, (tcp[0], tcp[2]))
        if before is not None and before[1] != (tcp[0], tcp[2]) and before[0] not in moved:
            earlier = before[0]
            times = [at for at, _ in found[earlier : place + 1]]
            block = [found[place][1], *(each for _, each in found[earlier:place])]
            found[earlier : place + 1] = list(zip(times, block, strict=True))
            moved |= {earlier, place}
    return found


def doubled(frames: list[Packet]) -> list[Packet]:
    """Both ports of a connection are mirrored: each packet twice."""
    return [each for at, data in frames for each in ((at, data), (at + 1e-5, data))]


def answers(findings: Iterator[Finding]) -> dict[tuple[str, str, str | None, str], set[bool | None]]:
    """What is claimed of each login: by rule, protocol, user and fingerprint."""
    found: dict[tuple[str, str, str | None, str], set[bool | None]] = {}
    for one in findings:
        if one.rule in LOGINS:
            secret = one.detail.get("secret") or {}
            key = (one.rule, one.protocol, one.detail.get("username"), secret.get("fingerprint", ""))
            found.setdefault(key, set()).add(one.detail["accepted"])
    return found


@pytest.mark.parametrize("path", CAPTURES, ids=lambda path: path.parent.name)
@pytest.mark.parametrize("disturb", [skewed, doubled])
def test_no_answer_turns_wrong(path: Path, disturb: Callable[[list[Packet]], list[Packet]]) -> None:
    """A login keeps its answer or says that it is not known; no new answer and no new login appears."""
    link, frames = packets(path)
    if link != 1:
        pytest.skip("no Ethernet")
    before = answers(iter(read(path).findings.values()))
    after = answers(iter(read_bytes(written(link, disturb(frames))).findings.values()))
    for key, claims in after.items():
        assert claims - {None} <= before.get(key, set()) - {None}, key[:3]


def test_the_skew_is_reported() -> None:
    link, frames = packets(PCAPS / "ftp_login" / "capture.pcap")
    assert read_bytes(written(link, frames)).reordered_segments == 0
    assert read_bytes(written(link, skewed(frames))).reordered_segments > 0


def test_a_skewed_login_keeps_its_answer() -> None:
    """Not only nothing wrong: in the FTP capture nothing is lost either."""
    path = PCAPS / "ftp_login" / "capture.pcap"
    link, frames = packets(path)
    before = answers(iter(read(path).findings.values()))
    assert {True, False} <= set().union(*before.values())
    assert answers(iter(read_bytes(written(link, skewed(frames))).findings.values())) == before


def shown(data: bytes) -> str:
    out = io.StringIO()
    Terminal(plain=True, console=Console(file=out, width=200, no_color=True)).page(read_bytes(data))
    return out.getvalue()


def test_the_page_says_what_the_copy_lacks() -> None:
    link, frames = packets(PCAPS / "ftp_login" / "capture.pcap")
    whole = shown(written(link, frames))
    assert "Cut:" not in whole and "Out of order:" not in whole
    assert re.search(r"Cut: [\d,]+ packets were cut short", shown(written(link, frames, cut=70)))
    assert re.search(r"Out of order: [\d,]+ answers", shown(written(link, skewed(frames))))


def one_sided(frames: list[Packet]) -> list[Packet]:
    """What the first speaker of each TCP connection and of each other frame sent; the answers are missing."""
    firsts: dict[frozenset[tuple[bytes, int]], tuple[bytes, int]] = {}
    found = []
    for at, data in frames:
        tcp = tcp_of(data)
        if tcp is None:
            found.append((at, data))
            continue
        ends = frozenset(((tcp[0], tcp[2]), (tcp[1], tcp[3])))
        if firsts.setdefault(ends, (tcp[0], tcp[2])) == (tcp[0], tcp[2]):
            found.append((at, data))
    return found


@pytest.mark.parametrize("path", CAPTURES, ids=lambda path: path.parent.name)
@pytest.mark.parametrize("how", ["one direction", "cut at 96", "cut at 256"])
def test_what_the_copy_lacks_makes_no_answer(path: Path, how: str) -> None:
    """A login that is still read keeps its answer or says that it is not known."""
    link, frames = packets(path)
    if link != 1:
        pytest.skip("no Ethernet")
    before = {(key[0], key[1]): set[bool | None]() for key in answers(iter(read(path).findings.values()))}
    for key, claims in answers(iter(read(path).findings.values())).items():
        before[key[0], key[1]] |= claims
    data = (
        written(link, one_sided(frames))
        if how == "one direction"
        else written(link, frames, cut=int(how.rpartition(" ")[2]))
    )
    for key, claims in answers(iter(read_bytes(data).findings.values())).items():
        assert claims - {None} <= before.get((key[0], key[1]), set()) - {None}, key[:3]


def test_a_doubled_copy_is_reported() -> None:
    link, frames = packets(PCAPS / "ftp_login" / "capture.pcap")
    once, twice = written(link, frames), written(link, doubled(frames))
    assert read_bytes(once).doubled_packets == 0 and "Doubled:" not in shown(once)
    assert read_bytes(twice).doubled_packets > 10 and re.search(r"Doubled: [\d,]+ packets", shown(twice))


def test_a_doubled_call_is_recognised() -> None:
    """G.711 in both directions without signalling: RTP, seen once or twice."""
    ends = ((b"\x02\0\0\0\0\x01", b"\xc0\xa8\x08\x14", 17000), (b"\x02\0\0\0\0\x02", b"\xc0\xa8\x08\x1e", 18000))
    frames = []
    for number in range(20):
        for side in (0, 1):
            (mac, source, port), (other, target, there) = ends[side], ends[1 - side]
            media = struct.pack(">BBHII", 0x80, 0, 100 + number, 160 * number, 77 + side) + b"\xff\x7f" * 80
            udp = dpkt.udp.UDP(sport=port, dport=there, data=media)
            udp.ulen = len(udp)
            ip = dpkt.ip.IP(src=source, dst=target, p=17, data=udp)
            ip.len = len(ip)
            frames.append(
                (1e9 + number * 0.02 + side * 0.005, bytes(dpkt.ethernet.Ethernet(src=mac, dst=other, data=ip)))
            )
    for each in (frames, doubled(frames)):
        found = read_bytes(written(1, each))
        assert any(
            f.rule == "transfer.unencrypted" and f.detail["application"] == "rtp" for f in found.findings.values()
        )


def test_findings_are_shown_where_no_device_is_local() -> None:
    _link, frames = packets(PCAPS / "ftp_login" / "capture.pcap")
    result = read_bytes(written(101, [(at, data[14:]) for at, data in frames if data[12:14] == b"\x08\0"]))
    result.devices.clear()
    out = io.StringIO()
    Terminal(plain=True, console=Console(file=out, width=200, no_color=True)).page(result)
    assert "No device of the local network" in out.getvalue() and "FTP" in out.getvalue()


def test_a_capture_over_midnight_has_both_dates() -> None:
    link, frames = packets(PCAPS / "ftp_login" / "capture.pcap")
    midnight = frames[0][0] // 86400 * 86400
    text = shown(written(link, [(midnight + place * 86400 / 2, data) for place, (_, data) in enumerate(frames[:4])]))
    assert len(re.findall(r"\d{4}-\d\d-\d\d", text.splitlines()[1])) == 2


def claims(result: Result) -> dict[tuple[str, str, str | None, str], set[bool | None]]:
    return answers(iter(result.findings.values()))


def reads(path: Path) -> tuple[int, list[Packet]]:
    link, frames = packets(path)
    if link != 1:
        pytest.skip("no Ethernet")
    return link, frames


def through(tunnel: str, link: int, frames: list[Packet]) -> bytes:
    """The copy as the tunnel's sender sends it."""
    return written(link, [(at, tunnelled(tunnel, data)) for at, data in frames])


@pytest.mark.parametrize("tunnel", TUNNELS)
@pytest.mark.parametrize("path", ALL)
def test_a_tunnel_on_the_way_changes_no_login(path: Path, tunnel: str) -> None:
    """What the switch sends to a collector is read as what it copied: the same logins, answers and devices."""
    link, frames = reads(path)
    before = read_bytes(written(link, frames))
    after = read_bytes(through(tunnel, link, frames))
    assert claims(after) == claims(before)
    assert logins_by_device(after) == logins_by_device(before)


def logins_by_device(result: Result) -> set[tuple[str, str, str | None, str | None]]:
    return {
        (one.rule, one.protocol, one.device, one.peer_device) for one in result.findings.values() if one.rule in LOGINS
    }


MOVED = bytes.fromhex("00005e0053b1")
"""A documentation address (RFC 7042, 2.1.1): the device that has the address in the second half."""


def moved(frames: list[Packet]) -> list[Packet]:
    """From the middle on another device has the hardware address, and the IP address, of the one that sent most."""
    senders = Counter(data[6:12] for _, data in frames)
    busiest = senders.most_common(1)[0][0]
    half = len(frames) // 2
    return [*frames[:half], *((at, data.replace(busiest, MOVED)) for at, data in frames[half:])]


def flow_of(data: bytes) -> frozenset[tuple[bytes, int]] | None:
    """Both ends of a TCP segment or a UDP datagram over Ethernet."""
    try:
        ip = dpkt.ethernet.Ethernet(data).data
    except dpkt.UnpackError:
        return None
    if not isinstance(ip, (dpkt.ip.IP, dpkt.ip6.IP6)) or not isinstance(ip.data, (dpkt.tcp.TCP, dpkt.udp.UDP)):
        return None
    return frozenset(((bytes(ip.src), ip.data.sport), (bytes(ip.dst), ip.data.dport)))


@pytest.mark.parametrize("path", ALL)
def test_an_address_that_moves_takes_no_finding_along(path: Path) -> None:
    """An answer stays or becomes null, and a finding's device sent or received packets of the finding's own flow."""
    link, frames = reads(path)
    before = claims(read_bytes(written(link, frames)))
    changed = moved(frames)
    result = read_bytes(written(link, changed))
    for key, said in claims(result).items():
        assert said - {None} <= before.get(key, set()) - {None}, key[:3]
    stations: dict[frozenset[tuple[bytes, int]], set[str]] = {}
    for _, data in changed:
        if (flow := flow_of(data)) is not None:
            stations.setdefault(flow, set()).update((data[:6].hex(":"), data[6:12].hex(":")))
    for one in result.findings.values():
        if one.client is None or one.server is None or one.device is None or not MAC.fullmatch(one.device):
            continue
        flow = frozenset(((one.client.address, one.client.port or 0), (one.server.address, one.server.port or 0)))
        if flow in stations:
            assert one.device in stations[flow], (one.rule, one.device)


def test_a_move_between_two_logins_keeps_each_with_its_device() -> None:
    """The same password is used at the same address before and after: each device answers for its own logins."""
    link, frames = packets(PCAPS / "ftp_login" / "capture.pcap")
    result = read_bytes(written(link, moved(frames)))
    half = len(frames) // 2
    logins = [one for one in result.findings.values() if one.rule in LOGINS]
    late = {one.device for one in logins if min(one.frames) > half}
    early = {one.device for one in logins if max(one.frames) <= half}
    assert late == {MOVED.hex(":")} and early and MOVED.hex(":") not in early


VARIANTS: dict[str, Callable[[int, list[Packet]], bytes]] = {
    "doubled": lambda link, frames: written(link, doubled(frames)),
    "skewed": lambda link, frames: written(link, skewed(frames)),
    "one direction": lambda link, frames: written(link, one_sided(frames)),
    "cut at 96": lambda link, frames: written(link, frames, cut=96),
    "cut at 256": lambda link, frames: written(link, frames, cut=256),
    **{name: partial(through, name) for name in TUNNELS},
    "address moved": lambda link, frames: written(link, moved(frames)),
}


def rows() -> dict[str, list[str]]:
    """The table of docs/mirrors.md, by its first column."""
    lines = (ROOT / "docs" / "mirrors.md").read_text("utf-8").splitlines()
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines if line.startswith("|")]
    return {row[0]: row[1:] for row in cells[2:]}


def test_the_table_has_each_variant() -> None:
    assert list(rows()) == list(VARIANTS)


@pytest.mark.parametrize("variant", VARIANTS)
def test_the_table_s_sentence_is_on_the_page(variant: str) -> None:
    """What stands in a row's last column is said, and only then."""
    link, frames = packets(PCAPS / "ftp_login" / "capture.pcap")
    page = shown(VARIANTS[variant](link, frames))
    for sentence in ("Doubled:", "Out of order:", "Cut:", "One direction:", "network device"):
        assert (sentence in page) == (sentence in rows()[variant][-1]), sentence


@pytest.mark.nightly
@pytest.mark.parametrize("variant", VARIANTS)
def test_the_table_s_figures_are_right(variant: str) -> None:
    counts: Counter[str] = Counter()
    for path in CAPTURES:
        link, frames = packets(path)
        if link == 1:
            after = claims(read_bytes(VARIANTS[variant](link, frames)))
            for key, said in claims(read(path)).items():
                found = after.get(key)
                counts["not read" if found is None else "same" if found == said else "null"] += 1
    assert rows()[variant][:3] == [str(counts[name]) for name in ("same", "null", "not read")]
