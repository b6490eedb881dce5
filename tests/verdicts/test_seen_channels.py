"""Channels that were seen: what makes two flows one, what is counted, and their bound."""

from __future__ import annotations

from dataclasses import replace

from sensor.model import Endpoint, Flow, Protection, Side, Transport
from sensor.verdicts.coverage import Coverage
from sensor.verdicts.seen_channels import FIRST_DYNAMIC, MAX_CHANNELS, SeenChannels
from tests.detectors.world import CAMERA, CLOUD, flow


def add(channels: SeenChannels, flow: Flow, side: Side, *, remote: bool) -> None:
    Coverage(channels=channels).add(flow, side, outside=remote)


def at(port: int) -> Flow:
    base = flow(CAMERA, CLOUD)
    return replace(base, server=Endpoint(base.server.address, port, base.server.mac))


def test_flows_of_one_service_are_one_channel() -> None:
    channels = SeenChannels()
    one = replace(flow(CAMERA, CLOUD), payload=[100, 50], protection=Protection.ENCRYPTED, cleartext_bytes=10)
    one.first_time, one.last_time, one.server_name = 5, 9, "api.example"
    add(channels, one, Side.CLIENT, remote=True)
    add(channels, replace(one, first_time=2, last_time=7), Side.CLIENT, remote=True)
    (seen,) = channels.by_key.values()
    assert (seen.flows, seen.bytes, seen.cleartext, seen.encrypted) == (2, 300, 20, 280)
    assert (seen.first_time, seen.last_time, seen.names, seen.role) == (2, 9, ("api.example",), "client")
    assert seen.peer is not None and seen.remote


def test_the_other_end_within_the_home_is_not_named() -> None:
    channels = SeenChannels()
    add(channels, flow(CAMERA, CLOUD), Side.SERVER, remote=False)
    (seen,) = channels.by_key.values()
    assert seen.peer is None and seen.names == () and seen.role == "server"


def test_different_channels_are_bounded() -> None:
    channels = SeenChannels()
    for port in range(1, MAX_CHANNELS + 10):
        add(channels, at(port), Side.CLIENT, remote=True)
    assert len(channels.by_key) == MAX_CHANNELS and channels.more == 9
    assert len({one.port for one in channels.by_key.values()}) == MAX_CHANNELS


def test_ports_that_name_no_service_are_one() -> None:
    channels = SeenChannels()
    for port in (FIRST_DYNAMIC, 65_535):
        add(channels, at(port), Side.CLIENT, remote=True)
    assert [one.port for one in channels.by_key.values()] == [None]


def test_a_copy_goes_its_own_way() -> None:
    channels = SeenChannels()
    add(channels, at(80), Side.CLIENT, remote=True)
    other = channels.copy()
    add(other, at(80), Side.CLIENT, remote=True)
    assert [one.flows for one in channels.by_key.values()] == [1]
    assert [one.flows for one in other.by_key.values()] == [2]


def test_each_transport_numbers_its_own_ports() -> None:
    """TCP and UDP have ports, other packets none; two transports are two channels."""
    channels = SeenChannels()
    for transport in (Transport.TCP, Transport.UDP, Transport.IP):
        add(channels, replace(at(443), transport=transport), Side.CLIENT, remote=True)
    assert {(one.transport, one.port) for one in channels.by_key.values()} == {
        ("tcp", 443), ("udp", 443), (Transport.IP.value, None),
    }  # fmt: skip


def test_what_is_not_known_to_be_encrypted_counts_as_neither() -> None:
    channels = SeenChannels()
    unknown = replace(at(443), payload=[100, 0], protection=Protection.UNKNOWN, cleartext_bytes=0)
    add(channels, unknown, Side.CLIENT, remote=True)
    (seen,) = channels.by_key.values()
    assert (seen.bytes, seen.cleartext, seen.encrypted) == (100, 0, 0)


def test_names_are_bounded_and_each_is_there_once() -> None:
    channels = SeenChannels()
    for number in (0, 0, *range(12)):
        add(channels, replace(flow(CAMERA, CLOUD), server_name=f"{number}.example"), Side.CLIENT, remote=True)
    (seen,) = channels.by_key.values()
    assert seen.names == tuple(f"{number}.example" for number in range(8)) and seen.flows == 14


def test_what_is_readable_and_what_is_encrypted() -> None:
    """Of an encrypted flow what crossed before; of a readable one all; of an unknown one neither."""
    for protection, before, clear, encrypted in (
        (Protection.ENCRYPTED, 30, 30, 120), (Protection.ENCRYPTED, 500, 150, 0), (Protection.CLEARTEXT, 0, 150, 0),
        (Protection.UNKNOWN, 0, 0, 0), (Protection.UNKNOWN, 30, 30, 0),
    ):  # fmt: skip
        channels = SeenChannels()
        one = replace(flow(CAMERA, CLOUD), payload=[100, 50], protection=protection, cleartext_bytes=before)
        add(channels, one, Side.CLIENT, remote=True)
        (seen,) = channels.by_key.values()
        assert (seen.bytes, seen.cleartext, seen.encrypted) == (150, clear, encrypted), protection


def test_what_makes_two_flows_two_channels() -> None:
    channels, base = SeenChannels(), flow(CAMERA, CLOUD)
    for one, side, remote in (
        (base, Side.CLIENT, True), (base, Side.SERVER, True), (base, Side.CLIENT, False),
        (replace(base, application="mqtt"), Side.CLIENT, True),
        (replace(base, transport=Transport.UDP), Side.CLIENT, True),
        (flow(CAMERA, b"\xcb\x00\x71\x08"), Side.CLIENT, True), (at(81), Side.CLIENT, True),
    ):  # fmt: skip
        add(channels, one, side, remote=remote)
    assert len(channels.by_key) == 7 and channels.more == 0
    link = SeenChannels()
    for port in (1, 2):
        add(link, replace(at(port), transport=Transport.LINK), Side.CLIENT, remote=False)
    assert [one.port for one in link.by_key.values()] == [None], "only TCP and UDP have ports"


def test_a_copy_stays_as_it_was() -> None:
    channels = SeenChannels(more=3)
    add(channels, flow(CAMERA, CLOUD), Side.CLIENT, remote=True)
    before = channels.copy()
    add(channels, flow(CAMERA, CLOUD), Side.CLIENT, remote=True)
    add(channels, at(81), Side.CLIENT, remote=True)
    assert ([one.flows for one in before.by_key.values()], before.more) == ([1], 3)
    assert [one.flows for one in channels.by_key.values()] == [2, 1]


def test_a_known_channel_goes_on_where_there_is_no_room() -> None:
    channels = SeenChannels()
    for port in range(1, MAX_CHANNELS + 1):
        add(channels, at(port), Side.CLIENT, remote=True)
    add(channels, at(1), Side.CLIENT, remote=True)
    assert channels.more == 0 and next(iter(channels.by_key.values())).flows == 2
