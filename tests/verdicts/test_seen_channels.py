"""Channels that were seen: what makes two flows one, what is counted, and their bound."""

from __future__ import annotations

from dataclasses import replace

from sensor.model import Endpoint, Flow, Protection, Side, Transport
from sensor.verdicts.seen_channels import FIRST_DYNAMIC, MAX_CHANNELS, SeenChannels
from tests.detectors.world import CAMERA, CLOUD, flow


def at(port: int) -> Flow:
    base = flow(CAMERA, CLOUD)
    return replace(base, server=Endpoint(base.server.address, port, base.server.mac))


def test_flows_of_one_service_are_one_channel() -> None:
    channels = SeenChannels()
    one = replace(flow(CAMERA, CLOUD), payload=[100, 50], protection=Protection.ENCRYPTED, cleartext_bytes=10)
    one.first_time, one.last_time, one.server_name = 5, 9, "api.example"
    channels.add(one, Side.CLIENT, remote=True)
    channels.add(replace(one, first_time=2, last_time=7), Side.CLIENT, remote=True)
    (seen,) = channels.by_key.values()
    assert (seen.flows, seen.bytes, seen.cleartext, seen.encrypted) == (2, 300, 20, 280)
    assert (seen.first_time, seen.last_time, seen.names, seen.role) == (2, 9, ("api.example",), "client")
    assert seen.peer is not None and seen.remote


def test_the_other_end_within_the_home_is_not_named() -> None:
    channels = SeenChannels()
    channels.add(flow(CAMERA, CLOUD), Side.SERVER, remote=False)
    (seen,) = channels.by_key.values()
    assert seen.peer is None and seen.names == () and seen.role == "server"


def test_different_channels_are_bounded() -> None:
    channels = SeenChannels()
    for port in range(1, MAX_CHANNELS + 10):
        channels.add(at(port), Side.CLIENT, remote=True)
    assert len(channels.by_key) == MAX_CHANNELS and channels.more == 9
    assert len({one.port for one in channels.by_key.values()}) == MAX_CHANNELS


def test_ports_that_name_no_service_are_one() -> None:
    channels = SeenChannels()
    for port in (FIRST_DYNAMIC, 65_535):
        channels.add(at(port), Side.CLIENT, remote=True)
    assert [one.port for one in channels.by_key.values()] == [None]


def test_a_copy_goes_its_own_way() -> None:
    channels = SeenChannels()
    channels.add(at(80), Side.CLIENT, remote=True)
    other = channels.copy()
    other.add(at(80), Side.CLIENT, remote=True)
    assert [one.flows for one in channels.by_key.values()] == [1]
    assert [one.flows for one in other.by_key.values()] == [2]


def test_each_transport_numbers_its_own_ports() -> None:
    """TCP and UDP have ports, other packets none; two transports are two channels."""
    channels = SeenChannels()
    for transport in (Transport.TCP, Transport.UDP, Transport.IP):
        channels.add(replace(at(443), transport=transport), Side.CLIENT, remote=True)
    assert {(one.transport, one.port) for one in channels.by_key.values()} == {
        ("tcp", 443), ("udp", 443), (Transport.IP.value, None),
    }  # fmt: skip


def test_what_is_not_known_to_be_encrypted_counts_as_neither() -> None:
    channels = SeenChannels()
    unknown = replace(at(443), payload=[100, 0], protection=Protection.UNKNOWN, cleartext_bytes=0)
    channels.add(unknown, Side.CLIENT, remote=True)
    (seen,) = channels.by_key.values()
    assert (seen.bytes, seen.cleartext, seen.encrypted) == (100, 0, 0)
