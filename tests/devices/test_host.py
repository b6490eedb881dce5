"""A pair that said nothing is dust until anything vouches for it."""

from __future__ import annotations

import pytest

from sensor.devices.host import Host, Station


@pytest.mark.parametrize("sign", ["confirmed", "announced", "bound", "answers", "traits", "relayed"])
def test_dust_is_what_nothing_vouches_for(sign: str) -> None:
    host = Host(b"\x02\0\0\0\0\1", b"\xc0\xa8\1\5", 1, 1)
    assert host.is_dust
    setattr(host, sign, {"dhcp.hostname": {"plug": (1,)}} if sign in ("traits", "relayed") else True)
    assert not host.is_dust


def test_a_host_without_a_mac_or_an_address_is_unknown() -> None:
    host = Host(b"\x02\0\0\0\0\1", b"\xc0\xa8\1\5", 7, 3)
    assert (host.carrier, host.named) == ("02:00:00:00:00:01", "192.168.1.5")
    assert (Host(b"", b"", 1, 1).carrier, Host(b"", b"", 1, 1).named) == ("unknown", "unknown")
    assert (host.first, host.last, host.frame, host.packets, host.earlier, host.rest) == (7, 7, 3, 0, 0, 0)
    assert not (host.bound or host.answers or host.announced or host.confirmed)


def test_a_station_begins_with_nothing() -> None:
    station = Station()
    assert (station.count, station.sent, station.pairs) == (0, False, [])
    assert station.routable == station.bound == {4: 0, 16: 0} and station.routable is not station.bound
