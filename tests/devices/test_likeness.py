"""Likeness of devices: what has to agree, and that little knowledge is no likeness."""

from __future__ import annotations

from sensor.devices.device import Device, Trait
from sensor.devices.likeness import count_alike
from sensor.model import Claim


def device(name: str, vendor: str | None, model: str | None = None, speech: str | None = None) -> Device:
    traits = (Trait("dhcp.parameters", speech, (1,)),) if speech else ()
    found = Device(name, None, False, (), None, 1, 2, traits=traits)
    found.vendor = Claim(vendor, 0.9, ()) if vendor else None
    found.model = Claim(model, 0.9, ()) if model else None
    return found


def test_the_same_maker_and_model_and_speech_are_alike() -> None:
    plugs = [device(name, "TP-Link", "HS110", "1,3,6") for name in "abc"]
    other = device("d", "TP-Link", "HS100", "1,3,6")
    count_alike([*plugs, other])
    assert [one.like for one in (*plugs, other)] == [2, 2, 2, 0]


def test_a_maker_alone_is_none() -> None:
    two = [device("a", "Xiaomi"), device("b", "Xiaomi")]
    count_alike(two)
    assert [one.like for one in two] == [0, 0]


def test_nor_are_unknown_devices() -> None:
    two = [device("a", None, speech="1,3"), device("b", None, speech="1,3")]
    count_alike(two)
    assert [one.like for one in two] == [0, 0]
