"""Local by RFC 1918, RFC 3927, RFC 4193 and RFC 4291, by the user's word, or by a router's."""

from __future__ import annotations

import pytest

from sensor.devices.networks import MAX_LEARNED, Networks, is_group, is_link_local, is_station, names_no_host
from tests.devices.seen import address, mac


@pytest.mark.parametrize(
    ("text", "local"),
    [
        ("10.255.0.1", True), ("172.31.9.9", True), ("172.32.0.1", False), ("192.168.1.5", True), ("169.254.7.7", True),
        ("fe80::1", True), ("fd12::1", True), ("2001:db8::1", False), ("192.0.2.1", False), ("224.0.0.251", False),
        ("255.255.255.255", False), ("ff02::fb", False), ("0.0.0.0", False), ("::", False),
    ],
)  # fmt: skip
def test_the_default_is_the_private_ranges(text: str, local: bool) -> None:
    assert Networks().is_local(address(text)) is local
    assert not Networks().is_local(b"")


def test_a_router_advertises_the_local_prefix() -> None:
    networks = Networks()
    networks.learn("2001:db8:1:2::/64")
    networks.learn("198.51.100.0/24")
    assert networks.is_local(address("2001:db8:1:2::77"))
    assert networks.is_local(address("198.51.100.9"))
    assert not networks.is_local(address("198.51.100.255"))  # that subnet's broadcast
    assert (address("2001:db8:1:2::"), 64) in networks.prefixes()


def test_outside_is_one_host_that_is_not_local() -> None:
    networks = Networks()
    assert networks.is_outside(address("192.0.2.1")) and networks.is_outside(address("2001:db8::1"))
    for text in (
        "192.168.1.9",
        "192.168.1.255",
        "224.0.0.251",
        "255.255.255.255",
        "ff02::fb",
        "0.0.0.0",
        "::",
        "fe80::1",
    ):
        assert not networks.is_outside(address(text)), text
    networks.learn("192.168.1.0/24")
    assert not networks.is_outside(address("192.168.1.255")) and not networks.is_outside(b"")


def test_nobody_makes_the_internet_local() -> None:
    networks = Networks()
    for prefix in ("0.0.0.0/0", "::/0", "128.0.0.0/1", "2000::/3", "224.0.0.0/24", "nonsense", "192.0.2.0/99"):
        networks.learn(prefix)
    assert not networks.is_local(address("192.0.2.1")) and not networks.is_local(address("2001:db8::1"))
    for number in range(3 * MAX_LEARNED):
        networks.learn(f"198.{18 + number // 256}.{number % 256}.0/24")
    assert len(networks.prefixes()) == 6 + MAX_LEARNED


def test_the_user_s_word_is_the_last() -> None:
    networks = Networks(["203.0.113.0/24"])
    networks.learn("2001:db8::/64")
    assert networks.is_local(address("203.0.113.9"))
    assert not networks.is_local(address("192.168.1.1")) and not networks.is_local(address("2001:db8::1"))
    with pytest.raises(ValueError, match="not-a-net"):
        Networks(["not-a-net"])


def test_kinds_of_addresses() -> None:
    assert is_group(address("239.255.255.250")) and is_group(address("ff05::2")) and not is_group(address("10.0.0.1"))
    assert (
        is_link_local(address("169.254.1.1"))
        and is_link_local(address("febf::1"))
        and not is_link_local(address("fec0::1"))
    )
    assert is_station(mac("02:00:5e:00:53:01"))
    assert not any(
        is_station(mac(text)) for text in ("00:00:00:00:00:00", "ff:ff:ff:ff:ff:ff", "01:00:5e:00:00:fb", "")
    )


def test_an_address_belongs_to_networks_of_its_own_version() -> None:
    """The number alone says nothing: ::192.168.1.5 is an IPv6 address (RFC 4291 2.5.5.1)."""
    networks = Networks()
    for text in ("192.168.1.5", "10.0.0.1"):
        assert networks.is_local(address(text))
        assert not networks.is_local(bytes(12) + address(text))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("0.0.0.0", True), ("224.0.0.1", True), ("255.255.255.255", True), ("223.255.255.255", False),
        ("0.0.0.1", False), ("192.0.2.1", False), ("::", True), ("ff02::1", True), ("::1", False), ("fe80::1", False),
    ],
)  # fmt: skip
def test_addresses_that_name_no_host(text: str, expected: bool) -> None:
    """Multicast and 240/4 (RFC 1112), the unspecified address (RFC 4291 2.5.2), groups (RFC 4291 2.7)."""
    assert names_no_host(address(text)) is expected
    assert names_no_host(b"")
