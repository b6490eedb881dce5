"""The contract's words of a device."""

from __future__ import annotations

from sensor.devices.device import CATEGORIES, OUT_OF_SCOPE, Device, Trait
from sensor.model import Claim
from sensor.records import claimed


def test_what_is_shown_is_what_is_believed_by_half() -> None:
    assert claimed(None) is None
    assert claimed(Claim("plug", 0.49, ())) is None
    assert claimed(Claim("plug", 0.5, ())) == "plug"


def test_computers_and_network_equipment_are_out_of_scope() -> None:
    assert OUT_OF_SCOPE <= CATEGORIES
    assert {"phone", "computer", "router"} <= OUT_OF_SCOPE and not {"camera", "tv", "printer", "hub"} & OUT_OF_SCOPE


def test_values_of_a_field() -> None:
    traits = (
        Trait("mdns.service", "_hue._tcp", (1,)),
        Trait("mdns.host", "x", (1,)),
        Trait("mdns.service", "_hap._tcp", (2,)),
    )
    device = Device("a", None, None, (), None, 1, 2, traits=traits)
    assert device.values("mdns.service") == ("_hue._tcp", "_hap._tcp") and device.values("none") == ()
