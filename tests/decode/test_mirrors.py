"""Who sends a mirror tunnel is network equipment; the end of an overlay and a single packet show nothing."""

from __future__ import annotations

import pytest

from sensor.decode import slow
from sensor.decode.mirrors import MAX_PAIRS, MAX_SENDERS, MirrorSenders
from sensor.devices.device import Device
from sensor.records import claimed
from tests.capture.files import pcap
from tests.decode.wire import A, B, ethernet, ip4, udp
from tests.replaying import read_bytes
from tests.tunnelled import AT, COLLECTOR, SWITCH, TUNNELS, tunnelled

OTHER = bytes.fromhex("00005e0053a3")
THERE = ("192.168.7.10", "192.168.7.11")


def frames() -> list[bytes]:
    """A conversation of two devices, question and answer by turns."""
    asks = ethernet(ip4(udp(b"question", 40_000, 9_999), 17, *THERE), source=A, target=B)
    answers = ethernet(ip4(udp(b"answer", 9_999, 40_000), 17, *THERE[::-1]), source=B, target=A)
    return [asks, answers] * 3


def devices(sent: list[bytes]) -> dict[str, Device]:
    capture = pcap([(1_700_000_000 + at, 0, frame, len(frame)) for at, frame in enumerate(sent)])
    return {device.id: device for device in read_bytes(capture).devices}


def is_network_equipment(device: Device) -> bool:
    return claimed(device.category) == "network_equipment" and not device.in_scope


@pytest.mark.parametrize("name", TUNNELS)
def test_the_sender_of_a_mirror_tunnel_is_network_equipment(name: str) -> None:
    """The collector and the devices in the copies are not."""
    found = devices([tunnelled(name, frame) for frame in frames()])
    assert is_network_equipment(found[SWITCH.hex(":")])
    assert [mac for mac, device in found.items() if is_network_equipment(device)] == [SWITCH.hex(":")]


@pytest.mark.parametrize("name", ["TZSP", "ERSPAN"])
def test_one_direction_is_enough_where_the_tunnel_carries_only_copies(name: str) -> None:
    found = devices([tunnelled(name, frame) for frame in frames()[::2]])
    assert is_network_equipment(found[SWITCH.hex(":")])


@pytest.mark.parametrize("name", ["VXLAN", "GRE"])
def test_the_ends_of_an_overlay_mirror_nothing(name: str) -> None:
    """Each sends what comes from its own side: two hosts of containers, two offices."""
    asks, answers = frames()[::2], frames()[1::2]
    sent = []
    for ask, answer in zip(asks, answers, strict=True):
        sent += [tunnelled(name, ask), tunnelled(name, answer, source=OTHER, at=("10.255.53.3", "10.255.53.1"))]
    found = devices(sent)
    assert found.keys() >= {SWITCH.hex(":"), OTHER.hex(":")}
    assert not any(is_network_equipment(device) for device in found.values())


def test_a_forged_address_of_the_sender_is_no_claim_about_its_owner() -> None:
    """A frame is its source MAC's."""
    victim = ethernet(ip4(udp(b"here", 5_000, 5_001), 17, AT[0], AT[1]), source=OTHER, target=COLLECTOR)
    found = devices([victim] * 5 + [tunnelled("TZSP", frame) for frame in frames()])
    assert not is_network_equipment(found[OTHER.hex(":")]) and found[OTHER.hex(":")].in_scope


SENDER = (SWITCH, b"\x0a\xff\x35\x01")
GRE_OF_ERSPAN = b"\x10\0\x88\xbe" + bytes(12)
GRE_OF_ETHERNET = b"\0\0\x65\x58"


def copy_of(source: bytes, target: bytes) -> bytes:
    return target + source + b"\x08\0" + bytes(20)


@pytest.mark.parametrize(
    ("kind", "code", "data", "copies"),
    [
        (slow.TZSP, 0, b"\1\0\0\1\1", True),
        (slow.PROTOCOL, 47, GRE_OF_ERSPAN, True),
        (slow.PROTOCOL, 47, b"\x10\0\x22\xeb" + bytes(12), True),
        (slow.PROTOCOL, 47, GRE_OF_ETHERNET, False),
        (slow.PROTOCOL, 47, b"\x10\0\x88", False),
        (slow.PROTOCOL, 47, b"\0\0\x88\xbe", True),
        (slow.PROTOCOL, 97, GRE_OF_ERSPAN, False),  # EtherIP, whose bytes only look like it
        (slow.VXLAN, 47, GRE_OF_ERSPAN, False),  # … and a VXLAN's
    ],
)
def test_tunnels_of_nothing_but_copies(kind: int, code: int, data: bytes, copies: bool) -> None:
    senders = MirrorSenders()
    assert senders.is_new(SENDER, kind, code, data, copy_of(A, B)) is copies
    assert not senders.is_new(SENDER, kind, code, data, copy_of(A, B))  # said once


def test_both_directions_of_two_others_show_a_mirror() -> None:
    senders = MirrorSenders()
    for source, target in ((A, B), (A, OTHER), (OTHER, B), (A, B)):
        assert not senders.is_new(SENDER, slow.VXLAN, 0, b"", copy_of(source, target))
    assert senders.is_new(SENDER, slow.VXLAN, 0, b"", copy_of(B, A))
    assert not senders.is_new(SENDER, slow.VXLAN, 0, b"", copy_of(OTHER, A))


GROUP = bytes.fromhex("01005e0000fb")


@pytest.mark.parametrize(("source", "target"), [(A, GROUP), (GROUP, A), (SWITCH, A), (A, SWITCH), (A, A)])
def test_what_is_to_a_group_or_of_the_sender_itself_shows_nothing(source: bytes, target: bytes) -> None:
    """In both directions: multicast has no answer, and the sender's own talk is no copy."""
    senders = MirrorSenders()
    for one, other in ((source, target), (target, source), (source, target)):
        assert not senders.is_new(SENDER, slow.VXLAN, 0, b"", copy_of(one, other))


@pytest.mark.parametrize("size", [0, 6, 11])
def test_a_frame_that_is_cut_in_its_ends_shows_nothing(size: int) -> None:
    senders = MirrorSenders()
    for _ in range(2):
        assert not senders.is_new(SENDER, slow.VXLAN, 0, b"", copy_of(A, B)[:size])
        assert not senders.is_new(SENDER, slow.VXLAN, 0, b"", copy_of(B, A)[:size])


def test_senders_and_pairs_are_bounded() -> None:
    senders = MirrorSenders()
    macs = [bytes([2, 0, 0, 0, 1, number]) for number in range(MAX_PAIRS + 1)]
    for mac in macs:
        assert not senders.is_new(SENDER, slow.VXLAN, 0, b"", copy_of(A, mac))
    assert not senders.is_new(SENDER, slow.VXLAN, 0, b"", copy_of(macs[-1], A))  # the one too many was not remembered
    assert senders.is_new(SENDER, slow.VXLAN, 0, b"", copy_of(macs[-2], A))
    for number in range(MAX_SENDERS - 1):
        one = (number.to_bytes(6, "big"), b"")
        assert senders.is_new(one, slow.TZSP, 0, b"", copy_of(A, B))
    assert not senders.is_new((b"\xff" * 6, b""), slow.TZSP, 0, b"", copy_of(A, B))


def test_what_shows_nothing_takes_no_room() -> None:
    """A sender's own talk, groups, and frames to oneself are not among the pairs that are remembered."""
    senders = MirrorSenders()
    for number in range(MAX_PAIRS):
        mac = bytes([2, 0, 0, 0, 2, number])
        for source, target in ((SWITCH, mac), (mac, SWITCH), (mac, GROUP), (GROUP, mac), (mac, mac)):
            assert not senders.is_new(SENDER, slow.VXLAN, 0, b"", copy_of(source, target))
    assert not senders.is_new(SENDER, slow.VXLAN, 0, b"", copy_of(A, B))
    assert senders.is_new(SENDER, slow.VXLAN, 0, b"", copy_of(B, A))


def test_a_sender_that_is_remembered_is_still_heard_when_there_is_no_room_for_others() -> None:
    senders = MirrorSenders()
    for number in range(MAX_SENDERS):
        assert not senders.is_new((number.to_bytes(6, "big"), b""), slow.VXLAN, 0, b"", copy_of(A, B))
    assert not senders.is_new(SENDER, slow.TZSP, 0, b"", copy_of(A, B))
    for number in range(MAX_SENDERS):
        assert senders.is_new((number.to_bytes(6, "big"), b""), slow.VXLAN, 0, b"", copy_of(B, A))


def test_the_pairs_of_a_sender_are_its_own() -> None:
    senders = MirrorSenders()
    for other in ((SWITCH, b"\x0a\xff\x35\x02"), (COLLECTOR, SENDER[1])):
        assert not senders.is_new(SENDER, slow.VXLAN, 0, b"", copy_of(A, B))
        assert not senders.is_new(other, slow.VXLAN, 0, b"", copy_of(B, A))
