"""Whether a set-up was seen.

What commissioning looks like, a newcomer, a restart, and a device that was there all along.
"""

from __future__ import annotations

import pytest

from sensor.events import Login
from sensor.model import Secret
from sensor.verdicts.commissioning import JOINING, NEWCOMER, RETRIES, SECOND, Commissioning

START = 1_777_000_000 * SECOND


def joined(*, remembers: bool = False, at: int = START) -> Commissioning:
    commissioning = Commissioning()
    assert commissioning.add_attribute("dhcp.message", "DISCOVER", at, (7,))
    if remembers:
        commissioning.add_attribute("dhcp.requested", "192.0.2.7", at, (7,))
    return commissioning


def key(mechanism: str, scheme: str) -> Login:
    return Login(mechanism=mechanism, username="Home", secret=Secret(b"x" * 9), scheme=scheme)


@pytest.mark.parametrize(
    ("field", "value", "sign"),
    [
        # Matter core specification 4.3.1.3: CM=1 and CM=2 are in commissioning mode, 0 is not.
        ("mdns.txt", "_matterc._udp CM=1", "matter"),
        ("mdns.txt", "_matterc._udp CM=2", "matter"),
        ("mdns.txt", "_matterc._udp CM=0", None),
        ("mdns.txt", "_matterc._udp D=840", None),
        # HomeKit: sf is a set of bits, the first says that no controller is paired.
        ("mdns.txt", "_hap._tcp sf=1", "homekit"),
        ("mdns.txt", "_hap._tcp sf=5", "homekit"),
        ("mdns.txt", "_hap._tcp sf=0", None),
        ("mdns.txt", "_hap._tcp sf=4", None),
        ("mdns.txt", "_ipp._tcp sf=1", None),
        ("dhcp.hostname", "_matterc._udp CM=1", None),
    ],
)
def test_commissioning_is_announced(field: str, value: str, sign: str | None) -> None:
    commissioning = Commissioning()
    commissioning.add_attribute(field, value, START, (1,))
    assert commissioning.sign == sign
    assert commissioning.seen(START, START) == (sign is not None, sign)


@pytest.mark.parametrize(
    ("mechanism", "scheme", "sign"),
    [
        ("key", "form/wifi", "network_key"),
        ("key", "wifi", "network_key"),
        ("password", "form", None),
        ("password", "form/wifi", None),
        ("key", "sdes", None),
    ],
)
def test_a_networks_key_is_handed_over_only_in_a_set_up(mechanism: str, scheme: str, sign: str | None) -> None:
    commissioning = Commissioning()
    commissioning.login(key(mechanism, scheme))
    assert commissioning.sign == sign


def test_a_newcomer_was_not_there_for_long_and_remembers_no_address() -> None:
    assert joined().seen(START, START - NEWCOMER) == (True, "newcomer")


def test_a_first_time_that_may_be_a_restart_stays_open() -> None:
    assert joined().seen(START, START - NEWCOMER + 1) == (None, None)
    assert joined(remembers=True).seen(START, START - NEWCOMER) == (None, None)
    # It was there before and came up again.
    assert joined().seen(START - JOINING - 1, START - 2 * NEWCOMER) == (None, None)


def test_a_device_that_never_joined_was_set_up_before() -> None:
    assert Commissioning().seen(START, START - NEWCOMER) == (False, None)
    renewal = Commissioning()
    renewal.add_attribute("dhcp.message", "REQUEST", START, (1,))
    renewal.add_attribute("dhcp.requested", "192.0.2.7", START, (1,))
    assert renewal.seen(START, START - NEWCOMER) == (False, None)


def test_retries_belong_to_one_start() -> None:
    commissioning = joined()
    assert not commissioning.add_attribute("dhcp.message", "DISCOVER", START + RETRIES - 1, (8,))
    assert commissioning.add_attribute("dhcp.message", "DISCOVER", START + 3 * RETRIES, (9,))
    assert commissioning.discover == START


def test_an_address_requested_in_another_message_is_no_memory() -> None:
    commissioning = joined()
    commissioning.add_attribute("dhcp.requested", "192.0.2.7", START, (8,))
    assert not commissioning.remembers
    # Once it was so, a later request does not take it back.
    commissioning.add_attribute("dhcp.requested", "192.0.2.7", START, (7,))
    commissioning.add_attribute("dhcp.requested", "192.0.2.7", START, (9,))
    assert commissioning.remembers


@pytest.mark.parametrize("first", ["matter", "homekit", "network_key"])
def test_the_first_sign_stays(first: str) -> None:
    commissioning = Commissioning(sign=first)
    commissioning.add_attribute("mdns.txt", "_matterc._udp CM=1", START, (1,))
    commissioning.add_attribute("mdns.txt", "_hap._tcp sf=1", START, (2,))
    commissioning.login(key("key", "wifi"))
    assert commissioning.sign == first


def test_a_clock_that_goes_back_begins_another_start() -> None:
    commissioning = joined()
    assert commissioning.add_attribute("dhcp.message", "DISCOVER", START - SECOND, (8,))
    assert not commissioning.add_attribute("dhcp.message", "DISCOVER", START - SECOND, (9,))
    assert commissioning.add_attribute("dhcp.message", "DISCOVER", START - SECOND + RETRIES, (10,))


def test_a_request_without_frames_is_no_memory() -> None:
    commissioning = Commissioning()
    commissioning.add_attribute("dhcp.requested", "192.0.2.7", START, ())
    assert not commissioning.remembers
