"""Keys of peers: addresses of own links, networks beyond."""

import ipaddress
from collections.abc import Iterator

import pytest

from dashboard.auth import peers
from dashboard.auth.peers import peer_key


@pytest.fixture(autouse=True)
def home(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(
        peers, "on_link_prefixes", lambda: [ipaddress.IPv6Network(f"2001:db8:{link}::/64") for link in (6, 7)]
    )
    peers._prefixes.cache_clear()
    yield
    peers._prefixes.cache_clear()


@pytest.mark.parametrize(
    ("address", "key"),
    [
        ("192.0.2.9", "192.0.2.9"),
        ("::ffff:192.0.2.9", "192.0.2.9"),
        ("2001:db8:7::2", "2001:db8:7::2"),
        ("fe80::2%eth0", "fe80::2"),
        ("2001:db8:8::2", "2001:db8:8::/64"),
        ("unix", "?"),
        (None, "?"),
    ],
)
def test_addresses(address: str | None, key: str) -> None:
    assert peer_key(address) == key


@pytest.mark.parametrize(
    ("address", "key"),
    [
        ("", "?"),
        ("192.0.2.300", "?"),
        ("192.0.2.9/24", "?"),
        ("169.254.1.2", "169.254.1.2"),
        ("127.0.0.1", "127.0.0.1"),
        ("::1", "::/64"),
        ("fe80::2", "fe80::2"),
        ("2001:db8:6::2", "2001:db8:6::2"),
        ("2001:db8:6:0:ffff:ffff:ffff:ffff", "2001:db8:6:0:ffff:ffff:ffff:ffff"),
        ("2001:db8:6:1::2", "2001:db8:6:1::/64"),
        ("2001:0DB8:0008:0000:0000:0000:0000:00FF", "2001:db8:8::/64"),
        ("2001:db8:8:0:ffff:ffff:ffff:ffff", "2001:db8:8::/64"),
        ("2001:db8:8:1::", "2001:db8:8:1::/64"),
        ("fd00::5%3", "fd00::/64"),
    ],
)
def test_addresses_at_the_ends_of_a_network(address: str, key: str) -> None:
    """RFC 4291 2.5.4: a host beyond the own links may choose all of a /64, and no bit before it."""
    assert peer_key(address) == key


def test_prefixes_are_read_again_after_a_minute(monkeypatch: pytest.MonkeyPatch) -> None:
    now, links = [600.0], [6]
    monkeypatch.setattr(peers.time, "monotonic", lambda: now[0])
    monkeypatch.setattr(
        peers, "on_link_prefixes", lambda: [ipaddress.IPv6Network(f"2001:db8:{link}::/64") for link in links]
    )
    assert peer_key("2001:db8:9::2") == "2001:db8:9::/64"
    links.append(9)
    for at, key in ((659.9, "2001:db8:9::/64"), (660.0, "2001:db8:9::2")):
        now[0] = at
        assert peer_key("2001:db8:9::2") == key
