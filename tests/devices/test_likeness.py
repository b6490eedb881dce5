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


def test_maker_and_speech_are_enough_and_other_fields_are_no_speech() -> None:
    speech = [device(name, "TP-Link", speech="1,3,6") for name in "ab"]
    count_alike([*speech, device("c", "TP-Link", speech="1,3"), device("d", "Other", speech="1,3,6")])
    assert [one.like for one in speech] == [1, 1]
    named = [device(name, "TP-Link") for name in "ab"]
    for one in named:
        one.traits = (Trait("dhcp.hostname", "same", (1,)),)
    count_alike(named)
    assert [one.like for one in named] == [0, 0], "a name is the owner's"
    order = [device(name, "TP-Link") for name in "ab"]
    order[0].traits = (Trait("dhcp.parameters", "1", (1,)), Trait("ssdp.server", "x", (2,)))
    order[1].traits = (Trait("ssdp.server", "x", (9,)), Trait("dhcp.parameters", "1", (8,)))
    count_alike(order)
    assert [one.like for one in order] == [1, 1], "in whatever order it was heard"


def test_what_was_alike_once_is_counted_anew() -> None:
    one, other = (device(name, "TP-Link", "HS110") for name in "ab")
    count_alike([one, other])
    count_alike([one])
    assert (one.like, other.like) == (0, 1)
    other.category = Claim("camera", 0.9, ())
    count_alike([one, other])
    assert (one.like, other.like) == (0, 0), "another kind"
