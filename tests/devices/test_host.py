"""A pair that said nothing is dust until anything vouches for it."""

from __future__ import annotations

import pytest

from sensor.devices.host import Host


@pytest.mark.parametrize("sign", ["confirmed", "announced", "bound", "answers", "traits", "relayed"])
def test_dust_is_what_nothing_vouches_for(sign: str) -> None:
    host = Host(b"\x02\0\0\0\0\1", b"\xc0\xa8\1\5", 1, 1)
    assert host.is_dust
    setattr(host, sign, {"dhcp.hostname": {"plug": (1,)}} if sign in ("traits", "relayed") else True)
    assert not host.is_dust
