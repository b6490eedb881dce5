"""Who sends a mirror tunnel is network equipment; the end of an overlay and a single packet show nothing."""

from __future__ import annotations

import pytest

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
