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
