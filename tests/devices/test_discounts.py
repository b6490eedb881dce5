"""Discounts: what is asked for counts less beside what a device announced, and when it does not."""

from __future__ import annotations

import pytest

from sensor.devices.discounts import specific, what_counts
from sensor.devices.weigh import Statement
from sensor.model import Reason


def said(kind: str, value: str, weight: float, field: str) -> Statement:
    return Statement(kind, value, weight, Reason(field, "x", "test", (1,)), value if kind == "vendor" else None)


def vendors(*statements: Statement) -> dict[str, float]:
    return {s.value: s.weight for s in what_counts(list(statements), str.casefold) if s.kind == "vendor"}


DOORBELL = said("category", "doorbell", 3.0, "dhcp.hostname")
WYZE, TADO = said("vendor", "Wyze", 2.8, "dns.name"), said("vendor", "tado", 2.8, "dns.name")


def test_the_only_cloud_of_a_device_that_nobody_else_names_is_its_maker_s() -> None:
    assert vendors(DOORBELL, WYZE) == {"Wyze": 2.8}


@pytest.mark.parametrize(
    "others",
    [
        (TADO,),  # a second maker's cloud: programs of a phone
        (said("vendor", "Ring", 2.5, "mac.oui"),),  # the prefix names the maker
        (said("category", "phone", 1.0, "dhcp.hostname"),),  # a person's machine
    ],
)
def test_clouds_are_a_phone_s_programs_beside_anything_else(others: tuple[Statement, ...]) -> None:
    assert vendors(DOORBELL, WYZE, *others)["Wyze"] == pytest.approx(0.84)


def test_a_prefix_of_virtual_machines_is_no_word_of_the_device() -> None:
    assert vendors(said("category", "virtual_machine", 4.0, "mac.oui"), WYZE)["Wyze"] == pytest.approx(0.84)


def test_without_an_announcement_nothing_is_discounted() -> None:
    assert vendors(WYZE, TADO) == {"Wyze": 2.8, "tado": 2.8}


def test_a_usual_kind_gives_way_to_the_device_s_own_word_and_a_product_line_does_not() -> None:
    own, usual = said("category", "lock", 1.8, "dhcp.hostname"), said("category", "camera", 1.5, "dns.name")
    assert what_counts([own, usual], str.casefold)[1].weight == pytest.approx(0.45)
    line = said("category", "camera", 2.2, "dns.name")
    assert what_counts([own, line], str.casefold)[1].weight == 2.2
    # A doorbell is a camera, too; a word in another's text is no own one.
    assert what_counts([said("category", "doorbell", 1.8, "dhcp.hostname"), usual], str.casefold)[1].weight == 1.5
    assert what_counts([said("category", "lock", 1.8, "http.title"), usual], str.casefold)[1].weight == 1.5


def test_the_general_kind_does_not_speak_against_the_narrower_one() -> None:
    camera, doorbell = said("category", "camera", 1.5, "dns.name"), said("category", "doorbell", 1.5, "dhcp.hostname")
    assert specific([camera, doorbell]) == [doorbell]
    assert specific([camera, said("category", "doorbell", 1.0, "dhcp.hostname")])[0] is camera


def weights(*statements: Statement, personal: bool = False) -> list[float]:
    return [round(s.weight, 2) for s in what_counts(list(statements), str.casefold, personal=personal)]


@pytest.mark.parametrize(("announced", "factor"), [(3.0, 0.3), (2.99, 1.0)])
def test_from_what_weight_a_device_is_sure_of_itself(announced: float, factor: float) -> None:
    camera, cloud = said("category", "camera", announced, "dhcp.hostname"), said("category", "tv", 2.0, "dns.name")
    assert weights(camera, cloud) == [round(announced, 2), round(2.0 * factor, 2)]


def test_beside_a_persons_machine_apps_say_nothing_of_its_maker() -> None:
    """What another kind asks for is discounted; that it is a phone is what its behaviour may show."""
    phone = said("category", "phone", 0.8, "dhcp.hostname")
    asked = [said(kind, value, 2.0, "dns.name") for kind, value in (
        ("vendor", "A"), ("model", "M"), ("firmware", "1"), ("category", "camera"), ("category", "tablet"),
        ("platform", "P"),
    )]  # fmt: skip
    assert weights(phone, *asked) == [0.8, 0.6, 0.6, 0.6, 0.6, 2.0, 2.0]
    assert weights(*asked, personal=True) == [0.6, 0.6, 0.6, 0.6, 2.0, 2.0]
    weak = said("category", "phone", 0.79, "dhcp.hostname")
    assert weights(weak, *asked) == [0.79, *[2.0] * 6]
    its_own = said("vendor", "A", 2.0, "dhcp.vendor_class")
    assert weights(phone, its_own) == [0.8, 2.0], "what the device says itself is no behaviour"


@pytest.mark.parametrize(
    ("kind", "weight", "named_as", "discounted"),
    [("camera", 1.5, "lock", True), ("camera", 1.51, "lock", False), ("lock", 1.5, "lock", False),
     ("camera", 1.5, "doorbell", False), ("camera", 1.5, "baby_monitor", False), ("speaker", 1.5, "doorbell", True)],
)  # fmt: skip
def test_a_clouds_usual_kind_beside_the_devices_own_word(
    kind: str, weight: float, named_as: str, discounted: bool
) -> None:
    own, usual = said("category", named_as, 1.8, "dhcp.hostname"), said("category", kind, weight, "dns.name")
    assert weights(own, usual)[1] == round(weight * (0.3 if discounted else 1), 2)
    for other in (said("category", named_as, 1.1, "dhcp.hostname"), said("category", named_as, 1.8, "mdns.txt")):
        assert weights(other, usual)[1] == weight, "too faint, or no name"


def test_the_general_kind_gives_way_to_the_narrower_one_that_was_said_as_clearly() -> None:
    camera, bell = said("category", "camera", 2.0, "dhcp.hostname"), said("category", "doorbell", 2.0, "mdns.txt")
    maker = said("vendor", "A", 9.0, "dhcp.hostname")
    assert specific([camera, bell, maker]) == [bell, maker]
    for weaker in (1.99, 1.0):
        fainter = said("category", "doorbell", weaker, "mdns.txt")
        assert specific([camera, fainter]) == [camera, fainter]
    faint = [said("category", name, 1.49, "mdns.txt") for name in ("camera", "doorbell")]
    assert specific(faint) == faint
    enough = [said("category", name, 1.5, "mdns.txt") for name in ("camera", "doorbell")]
    assert specific(enough) == enough[1:]
    twice = [said("category", "doorbell", 0.2, "mdns.txt"), said("category", "doorbell", 1.5, "mdns.txt"), enough[0]]
    assert specific(twice) == twice[:2], "the clearest word of a kind counts"
