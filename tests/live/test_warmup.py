"""What is loaded at first use is loaded by then."""

from __future__ import annotations

import io
import json
import subprocess
import sys

from scapy.all import DNSQR, IP, TCP, UDP, PcapReader

from sensor.live import warmup
from sensor.live.warmup import warm_up
from tests.replaying import ROOT


def test_the_run_that_is_thrown_away_reaches_parsers_detectors_and_verdicts() -> None:
    assert warm_up() >= 2  # a password and data that crossed readable


def test_nothing_of_ours_is_loaded_after_it() -> None:
    """A capture of ours afterwards needs no module that was not there."""
    code = (
        "import sys\n"
        "from sensor.live.warmup import warm_up\n"
        "warm_up()\n"
        "before = set(sys.modules)\n"
        "from tests.replaying import PCAPS, read, capture_in\n"
        "between = set(sys.modules)\n"
        "read(capture_in(PCAPS / 'http_basic'))\n"
        "ours = ('sensor', 'signatures', 'hyperscan', 'cryptography')\n"
        "print(sorted(name for name in set(sys.modules) - between if name.startswith(ours)))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=120, check=True
    )
    assert done.stdout.strip() == "[]"


def test_the_conversation_is_one_that_scapy_reads() -> None:
    """A question of DNS, the three ways of TCP but its last ACK, a request and its answer; all between two MACs and two
    addresses, each side answering the other."""
    packets = list(PcapReader(io.BytesIO(warmup._capture())))
    ends = {True: ("02:00:5e:00:53:01", "192.168.1.5"), False: ("02:00:5e:00:53:02", "192.0.2.7")}
    sides = [True, True, False, True, False]
    assert [(one.src, one[IP].src, one.dst, one[IP].dst) for one in packets] == [
        (*ends[side], *ends[not side]) for side in sides
    ]
    assert all(one[IP].version == 4 and one[IP].ttl == 64 and one[IP].len == len(one) - 14 for one in packets)
    question, opening, answer, request, response = packets
    assert (question[UDP].dport, question[DNSQR].qname, question[UDP].len) == (
        53,
        b"www.example.com.",
        len(question) - 34,
    )
    assert [str(one[TCP].flags) for one in packets[1:]] == ["S", "SA", "PA", "PA"]
    assert [(one[TCP].sport, one[TCP].dport) for one in packets[1:]] == [
        (40000, 80) if side else (80, 40000) for side in sides[1:]
    ]
    assert answer[TCP].ack == opening[TCP].seq + 1 == request[TCP].seq
    assert request[TCP].ack == answer[TCP].seq + 1 == response[TCP].seq
    assert response[TCP].ack == request[TCP].seq + len(request[TCP].payload)
    head, _, body = bytes(request[TCP].payload).partition(b"\r\n\r\n")
    assert b"Content-Length: %d\r\n" % len(body) in head + b"\r\n" and json.loads(body)["user"] == "nobody"
    head, _, body = bytes(response[TCP].payload).partition(b"\r\n\r\n")
    assert b"Content-Length: %d\r\n" % len(body) in head + b"\r\n"


def test_the_capture_begins_as_classic_pcap_does() -> None:
    """Magic of microseconds, version 2.4, no zone, no accuracy, 65,535 bytes a packet, Ethernet; then each packet whole
    and a microsecond after the one before (draft-ietf-opsawg-pcap)."""
    data = warmup._capture()
    assert data[:24] == bytes.fromhex("d4c3b2a1 02000400 00000000 00000000 ffff0000 01000000")
    at, times = 24, []
    while at < len(data):
        second, micro, captured, length = (int.from_bytes(data[at + n : at + n + 4], "little") for n in (0, 4, 8, 12))
        assert captured == length
        times.append((second, micro))
        at += 16 + captured
    assert at == len(data) and times == [(1_700_000_000, number) for number in range(5)]
