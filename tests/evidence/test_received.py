"""What a sensor sends as evidence is checked: only packets of its findings, covered where it says so, pass."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from sensor.evidence import pcapng
from sensor.evidence.packet import EvidencePacket
from sensor.evidence.received import received
from tests.replaying import of
from tests.store.scale import records

FOUND = of(records(2, 2), "finding")
(ENTRY,) = FOUND[0]["evidence"]
PACKET = EvidencePacket(
    ENTRY["capture"], ENTRY["frames"][0], 5, 1, b"ab****cd", 60, ((2, 6),), (("elsewhere", "<b>canary</b>"),)
)


def sent(*packets: EvidencePacket) -> bytes:
    return pcapng.write(packets, "LANwitness")


def test_a_packet_of_a_finding_comes_with_the_hubs_own_reason() -> None:
    (found,) = received(sent(PACKET), FOUND)
    assert replace(found, findings=()) == replace(PACKET, findings=())
    assert FOUND[0]["id"] in dict(found.findings) and "canary" not in str(found.findings)


@pytest.mark.parametrize("change", [{"frame": 10**9}, {"capture": "another.pcap"}])
def test_packets_of_no_finding_are_left_out(change: dict[str, Any]) -> None:
    assert received(sent(replace(PACKET, **change)), FOUND) == []


@pytest.mark.parametrize(
    "change",
    [
        {"marked": ((1, 6),)},
        {"marked": ((2, 9),)},
        {"marked": ((4, 6), (2, 4))},
        {"marked": ((2, 6),) * 2},
        {"marked": ((4, 4),)},
        {"length": 3},
        {"length": 300_000},
        {"data": bytes(262_145), "marked": (), "length": 262_145},
        {"time": (1 << 64) - 1},
    ],
)
def test_what_cannot_be_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(pcapng.Damaged):
        received(sent(replace(PACKET, **change)), FOUND)


def test_what_is_no_file_of_ours_is_refused() -> None:
    whole = sent(PACKET)
    for data in (whole[:-4], whole[:30], b"nonsense", bytes(2000), whole + b"\xff" * 12):
        with pytest.raises(pcapng.Damaged):
            received(data, FOUND)
    assert received(b"", FOUND) == []


def test_no_more_than_fifty_megabytes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sensor.evidence.received.MOST_BYTES", 100)
    with pytest.raises(pcapng.Damaged, match="more than 100 bytes"):
        received(sent(PACKET), FOUND)


@pytest.mark.parametrize(
    "change",
    [
        # The largest frame, a covered first byte, ranges that touch, and a frame of which only the beginning is there.
        {"data": bytes(262_144), "marked": (), "length": 262_144},
        {"data": b"****cdef", "marked": ((0, 4),)},
        {"marked": ((2, 4), (4, 6))},
        {"data": b"ab******", "marked": ((2, 8),), "length": 8},
        {"marked": (), "data": b"", "length": 0},
        {"time": 0},
        {"time": (1 << 63) - 1},
    ],
)
def test_what_may_be_passes(change: dict[str, Any]) -> None:
    packet = replace(PACKET, **change)
    (found,) = received(sent(packet), FOUND)
    assert replace(found, findings=()) == replace(packet, findings=())


@pytest.mark.parametrize(
    "change",
    [
        {"time": 1 << 63}, {"length": 262_145}, {"length": 7}, {"data": b"ab***xcd"}, {"data": b"abx***cd"},
        {"marked": ((2, 6), (5, 6))},
    ],
)  # fmt: skip
def test_what_is_one_too_much_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(pcapng.Damaged):
        received(sent(replace(PACKET, **change)), FOUND)


def test_the_size_itself_is_allowed(monkeypatch: pytest.MonkeyPatch) -> None:
    data = sent(PACKET)
    monkeypatch.setattr("sensor.evidence.received.MOST_BYTES", len(data))
    assert len(received(data, FOUND)) == 1
    monkeypatch.setattr("sensor.evidence.received.MOST_BYTES", len(data) - 1)
    with pytest.raises(pcapng.Damaged):
        received(data, FOUND)


def test_a_packet_that_comes_twice_is_one_with_all_findings_that_rest_on_it() -> None:
    second = {**FOUND[0], "id": "another"}
    (found,) = received(sent(PACKET, replace(PACKET, time=7)), [FOUND[0], second])
    assert set(dict(found.findings)) == {FOUND[0]["id"], "another"} and found.time == 7
