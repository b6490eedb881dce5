"""Link types by name."""

from __future__ import annotations

from sensor.capture import links


def test_names() -> None:
    assert links.name(1) == "Ethernet"
    assert links.name(195) == "IEEE 802.15.4"
    assert links.name(40_000) == "unknown link type 40000"
