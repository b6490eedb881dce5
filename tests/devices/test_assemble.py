"""Several pairs of one device put together."""

from __future__ import annotations

import pytest

from sensor.devices.assemble import add_bytes, addresses, hostname, traits
from sensor.devices.device import Bytes, Trait
from sensor.devices.host import Host
from sensor.model import Protection
from tests.devices.seen import address, end, flow


@pytest.mark.parametrize(
    ("protection", "clear", "wanted"),
    [
        (Protection.ENCRYPTED, 0, Bytes(encrypted=300)),
        (Protection.ENCRYPTED, 40, Bytes(encrypted=260, cleartext=40)),  # STARTTLS: readable until then
        (Protection.CLEARTEXT, 0, Bytes(cleartext=300)),
        (Protection.UNKNOWN, 0, Bytes(unknown=300)),
        (Protection.UNKNOWN, 400, Bytes(cleartext=300)),
    ],
)
def test_bytes_by_what_an_onlooker_could_read(protection: Protection, clear: int, wanted: Bytes) -> None:
    host = Host(b"", b"", 1, 1)
    add_bytes(host, flow(end("192.168.1.5"), end("192.0.2.1"), protection=protection, clear=clear).by_protection(300))
    assert host.bytes == wanted


def test_each_value_once_with_its_first_frames() -> None:
    one, other = Host(b"", b"", 1, 1), Host(b"", b"", 1, 1)
    one.traits = {"mdns.service": {"_ipp._tcp": (1,)}}
    other.traits = {"mdns.service": {"_ipp._tcp": (9,), "_http._tcp": (9,)}}
    assert traits([one, other]) == [Trait("mdns.service", "_ipp._tcp", (1,)), Trait("mdns.service", "_http._tcp", (9,))]


def test_addresses_in_a_fixed_order() -> None:
    texts = ("fe80::1", "192.168.1.9", "fd00::1", "169.254.1.1", "192.168.1.5", "")
    assert addresses([Host(b"", address(text), 1, 1) for text in texts]) == (
        "192.168.1.5", "192.168.1.9", "169.254.1.1", "fd00::1", "fe80::1",
    )  # fmt: skip


def test_the_name_a_device_gave_in_dhcp_comes_first() -> None:
    told = [Trait("mdns.host", "tv.local.", (1,)), Trait("dhcp.hostname", "living-room", (2,))]
    assert hostname(told) == "living-room"
    assert hostname(told[:1]) == "tv"
    assert hostname([]) is None


def test_bytes_add_up() -> None:
    host = Host(b"", b"", 1, 1)
    for amounts in ((1, 10, 100), (2, 20, 200)):
        add_bytes(host, amounts)
    assert host.bytes == Bytes(cleartext=3, encrypted=30, unknown=300)


def test_what_was_relayed_counts_where_it_may() -> None:
    host = Host(b"", b"", 1, 1)
    host.traits, host.relayed = {"dhcp.hostname": {"a": (1,)}}, {"dhcp.hostname": {"a": (2,), "b": (3,)}}
    assert traits([host]) == [Trait("dhcp.hostname", "a", (1,)), Trait("dhcp.hostname", "b", (3,))]
    assert traits([host], relayed=False) == [Trait("dhcp.hostname", "a", (1,))]


def test_words_about_others_are_left_out_and_own_ones_stay() -> None:
    """A reflector repeats announcements: only what names its own address, and what is no mDNS, is its own."""
    host = Host(b"", address("192.168.1.5"), 1, 1)
    host.traits = {
        "mdns.instance": {"mine": (1,), "another's": (2,), "unnamed": (3,)},
        "dhcp.hostname": {"relay": (4,)},
    }
    own, other = frozenset({host.named}), frozenset({Host(b"", address("192.168.1.9"), 1, 1).named})
    host.subjects = {("mdns.instance", "mine"): own, ("mdns.instance", "another's"): other}
    assert traits([host]) == [Trait("mdns.instance", "mine", (1,)), Trait("dhcp.hostname", "relay", (4,))]
    host.subjects = {("mdns.instance", "mine"): own}
    assert len(traits([host])) == 4, "nothing of another: whoever names no address speaks of itself"
    host.subjects = {("mdns.instance", "mine"): own, ("mdns.instance", "another's"): frozenset()}
    assert len(traits([host])) == 4


@pytest.mark.parametrize(
    ("value", "name"),
    [("tv.local.", "tv"), (" tv ", "tv"), ("tv.", "tv"), ("tv.lan", "tv.lan"), ("  ", None), ("", None)],
)
def test_a_name_without_its_ending(value: str, name: str | None) -> None:
    assert hostname([Trait("mdns.host", value, (1,))]) == name
    assert hostname([Trait("mdns.txt", value, (1,))]) is None
