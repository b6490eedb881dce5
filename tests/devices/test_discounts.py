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
