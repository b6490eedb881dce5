"""Countries from a file in MaxMind's format, written here by its specification (MaxMind DB 2.0).

Damaged ones cost an answer, never the run.
"""

from __future__ import annotations

import ipaddress
import random
from pathlib import Path
from typing import Any

import pytest

from sensor.devices.geo import Geo


def _sized(kind: int, size: int) -> bytes:
    first = kind << 5 if kind <= 7 else 0
    extra = bytes((kind - 7,)) if kind > 7 else b""
    return bytes((first | size,)) + extra if size < 29 else bytes((first | 29,)) + extra + bytes((size - 29,))


def encoded(value: Any, kind: int = 0) -> bytes:
    """A value of the data section: texts (2), numbers of 16, 32 and 64 bits (5, 6, 9), maps (7), arrays (11)."""
    if isinstance(value, str):
        return _sized(2, len(value.encode())) + value.encode()
    if isinstance(value, int):
        raw = value.to_bytes(8, "big").lstrip(b"\0")
        return _sized(kind or (9 if value > 0xFFFF else 5), len(raw)) + raw
    if isinstance(value, list):
        return _sized(11, len(value)) + b"".join(map(encoded, value))
    return _sized(7, len(value)) + b"".join(
        encoded(k) + encoded(v, 6 if k == "node_count" else 0) for k, v in value.items()
    )


def database(networks: dict[str, Any], version: int = 4) -> bytes:
    """A whole file: 24-bit records, one node a bit."""
    nodes: list[list[Any]] = [[None, None]]
    data = b""
    places: dict[str, int] = {}
    for network, value in networks.items():
        places[network] = len(data)
        data += encoded(value)
    for network in networks:
        parsed = ipaddress.ip_network(network)
        bits = f"{int(parsed.network_address):0{parsed.max_prefixlen}b}"[: parsed.prefixlen]
        at = 0
        for bit in bits[:-1]:
            if nodes[at][int(bit)] is None:
                nodes.append([None, None])
                nodes[at][int(bit)] = len(nodes) - 1
            at = nodes[at][int(bit)]
        nodes[at][int(bits[-1])] = network
    count = len(nodes)
    tree = b"".join(
        (count if side is None else side if isinstance(side, int) else count + 16 + places[side]).to_bytes(3, "big")
        for node in nodes
        for side in node
    )
    told = {
        "binary_format_major_version": 2, "binary_format_minor_version": 0, "build_epoch": 1_700_000_000,
        "database_type": "Test-Country",
        "description": {"en": "test"}, "ip_version": version, "languages": ["en"], "node_count": count,
        "record_size": 24,
    }  # fmt: skip
    return tree + bytes(16) + data + b"\xab\xcd\xefMaxMind.com" + encoded(told)


FILE = database(
    {
        "203.0.113.0/24": {"country": {"iso_code": "DE"}},
        "198.51.100.0/25": {"registered_country": {"iso_code": "US"}},
        "198.51.100.128/25": {"country_code": "FR"},
        "192.0.2.0/24": {"country": "SE"},
        "100.64.0.0/16": {"country": {"iso_code": "not a code"}},
        "100.65.0.0/16": "text",
    }
)


@pytest.fixture
def geo(tmp_path: Path) -> Geo:
    (tmp_path / "geo.mmdb").write_bytes(FILE)
    return Geo(tmp_path / "geo.mmdb")


@pytest.mark.parametrize(
    ("address", "country"),
    [
        ("203.0.113.7", "DE"),
        ("198.51.100.2", "US"),
        ("198.51.100.200", "FR"),
        ("192.0.2.1", "SE"),
        ("100.64.0.1", None),
        ("100.65.0.1", None),
        ("8.8.8.8", None),
        ("2001:db8::1", None),
        ("no address", None),
    ],
)
def test_countries(geo: Geo, address: str, country: str | None) -> None:
    assert geo.country(address) == country


@pytest.mark.parametrize("data", [b"", b"rubbish", FILE[:-30], FILE[-60:]])
def test_another_kind_of_file_is_refused(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "geo.mmdb").write_bytes(data)
    with pytest.raises(ValueError, match="is no file in MaxMind's format"):
        Geo(tmp_path / "geo.mmdb")
    with pytest.raises(OSError):
        Geo(tmp_path / "none.mmdb")


def test_damage_costs_an_answer(tmp_path: Path) -> None:
    chance = random.Random(3)
    for number in range(300):
        data = bytearray(FILE)
        for _ in range(4):
            data[chance.randrange(len(data))] = chance.randrange(256)
        path = tmp_path / f"{number}.mmdb"
        path.write_bytes(data)
        try:
            geo = Geo(path)
        except ValueError:
            continue
        for address in ("203.0.113.7", "198.51.100.2", "2001:db8::1"):
            found = geo.country(address)
            assert found is None or len(found) == 2
