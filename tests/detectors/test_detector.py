"""Contract of detectors: discovery by file, declared events, the responsible device."""

from __future__ import annotations

import pytest

from sensor.detectors._detector import Detector, detectors
from sensor.events import Event
from sensor.model import Endpoint, Side
from tests.detectors.world import CAMERA, CLOUD, LAPTOP, World, flow


def test_every_file_is_found_and_says_what_it_wants() -> None:
    found = detectors()
    assert {"credentials", "transfers"} <= set(found)
    for detector in found.values():
        assert detector.EVENTS and all(issubclass(kind, Event) for kind in detector.EVENTS)


@pytest.mark.parametrize(
    ("client", "server", "side", "device", "peer", "role", "remote"),
    [
        (LAPTOP, CAMERA, Side.SERVER, "c0.a8.01.05", "c0.a8.01.09", "server", False),
        (LAPTOP, CAMERA, Side.CLIENT, "c0.a8.01.09", "c0.a8.01.05", "client", False),
        (LAPTOP, CLOUD, Side.SERVER, "c0.a8.01.09", None, "client", True),
        (CLOUD, CAMERA, Side.SERVER, "c0.a8.01.05", None, "server", True),
        (CLOUD, CLOUD, Side.SERVER, None, None, None, True),
    ],
)
def test_who_answers(
    client: bytes, server: bytes, side: Side, device: str | None, peer: str | None, role: str | None, remote: bool
) -> None:
    ends = Detector(World()).responsible(flow(client, server), side)
    assert (ends.device, ends.peer_device, ends.role, ends.remote) == (device, peer, role, remote)


@pytest.mark.parametrize(
    "group",
    [b"\xff\xff\xff\xff", b"\xef\xff\xff\xfa", b"\x00\x00\x00\x00", b"", b"\x7f\x00\x00\x01", bytes(15) + b"\1"],
)
def test_groups_loopback_and_no_address_are_not_outside(group: bytes) -> None:
    assert not Detector(World()).is_remote(Endpoint(group, None, b""))
