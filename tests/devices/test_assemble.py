"""Several pairs of one device put together."""

from __future__ import annotations

import pytest

from sensor.devices.assemble import add_bytes, addresses, bytes_by_protection, hostname, traits
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
    add_bytes(
        host, bytes_by_protection(flow(end("192.168.1.5"), end("192.0.2.1"), protection=protection, clear=clear), 300)
    )
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
