"""When two records are one device: for certain, probably, or not."""

from __future__ import annotations

import pytest

from sensor.devices import linked_identities as module
from sensor.devices.device import Same
from sensor.devices.linked_identities import OFFERED_TXT, LinkedIdentities, is_identity

OLD, NEW, THIRD = "02:00:5e:00:53:01", "02:00:5e:00:53:02", "00:00:5e:00:53:03"
DUID = "ff00000001000100012a2b2c2d00005e005301"


MINUTE = 60 * 1_000_000_000


def test_a_phone_that_changed_its_private_mac_is_one_device() -> None:
    identities = LinkedIdentities()
    identities.observe(OLD, "dhcp.client_id", DUID, 10, private=True)
    identities.observe(OLD, "dhcp.client_id", DUID, 50, private=True)
    identities.observe(NEW, "dhcp.client_id", DUID, 50 + MINUTE, private=True)
    assert identities.record(NEW) == OLD and identities.record(OLD) == OLD and identities.record(THIRD) == THIRD
    identities.observe(THIRD, "dhcp.client_id", DUID, 50 + 2 * MINUTE, private=False)
    assert identities.record(THIRD) == OLD and identities.probably(OLD) == ()


def test_two_that_talk_in_the_same_minute_are_only_offered() -> None:
    identities = LinkedIdentities()
    identities.observe(OLD, "dhcp.client_id", DUID, 10, private=True)
    identities.observe(NEW, "dhcp.client_id", DUID, 9 + MINUTE, private=True)
    assert identities.record(NEW) == NEW and [same.id for same in identities.probably(NEW)] == [OLD]
    # The other sign of the first record counts as well, not only the identifier.
    late = LinkedIdentities()
    late.observe(OLD, "dhcp.client_id", DUID, 10, private=True)
    late.observe(NEW, "dhcp.client_id", DUID, 2 * MINUTE, private=True, last=lambda record: MINUTE + 1)
    assert late.record(NEW) == NEW


def test_two_fixed_macs_are_only_offered() -> None:
    identities = LinkedIdentities()
    identities.observe("00:00:5e:00:53:01", "dhcp.client_id", DUID, 10, private=False)
    identities.observe("00:00:5e:00:53:02", "dhcp.client_id", DUID, 20, private=False)
    assert identities.record("00:00:5e:00:53:02") == "00:00:5e:00:53:02"
    assert identities.probably("00:00:5e:00:53:01") == (Same("00:00:5e:00:53:02", f"both say dhcp.client_id {DUID}"),)


def test_two_that_speak_by_turns_are_two() -> None:
    identities = LinkedIdentities()
    identities.observe(OLD, "dhcp.client_id", DUID, 50, private=True)
    identities.observe(NEW, "dhcp.client_id", DUID, 40, private=True)
    assert identities.record(NEW) == NEW and identities.probably(NEW) == (Same(OLD, f"both say dhcp.client_id {DUID}"),)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("upnp.udn", "uuid:2f402f80-da50-11e1-9b23-00005e005301"),
        ("ssdp.usn", "uuid:2f402f80-da50-11e1-9b23-00005e005301::upnp:rootdevice"),
        ("mdns.txt", "_hap._tcp id=02:00:5E:00:53:09"),
        ("dhcpv6.duid", "000100012a2b2c2d00005e005301"),
    ],
)
def test_two_radios_of_one_device_are_offered_with_the_reason(field: str, value: str) -> None:
    identities = LinkedIdentities()
    identities.observe(THIRD, field, value, 10, private=False)
    identities.observe(OLD, field, value, 20, private=True)
    assert identities.record(OLD) == OLD
    assert [same.id for same in identities.probably(OLD)] == [THIRD] and field in identities.probably(THIRD)[0].reason


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("dhcp.client_id", "0100005e005301"),
        ("dhcp.client_id", "ff"),
        ("mdns.txt", "_hap._tcp md=X"),
        ("dhcp.hostname", "x"),
        ("ssdp.usn", "x"),
    ],
)
def test_what_is_no_identity(field: str, value: str) -> None:
    assert not is_identity(field, value)


def test_bounds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_IDENTITIES", 1)
    monkeypatch.setattr(module, "MAX_OFFERED", 2)
    identities = LinkedIdentities()
    for number in range(9):
        identities.observe(f"00:00:5e:00:53:{number:02x}", "upnp.udn", "uuid:default", number, private=False)
        identities.observe(f"00:00:5e:00:53:{number:02x}", "upnp.udn", f"uuid:{number}", number, private=False)
    assert len(identities.probably("00:00:5e:00:53:00")) == 2


def test_the_user_s_word() -> None:
    identities = LinkedIdentities()
    identities.join(NEW, OLD)
    identities.join(OLD, OLD)
    assert identities.record(NEW) == OLD and identities.record(OLD) == OLD


@pytest.mark.parametrize(
    ("field", "value", "identity"),
    [
        ("ssdp.usn", "uuid:2f402f80-da50-11e1-9b23-001788000001", True), ("ssdp.usn", "upnp:rootdevice", False),
        ("mdns.txt", "_ipp._tcp ty=HP LaserJet", False), ("dhcp.client_id", "01ec71db1c4402", False),
        ("dhcp.client_id", "ff00010203040506", True), ("dhcp.client_id", "0102030", False),
        ("http.server", "lighttpd", False),
    ],
)  # fmt: skip
def test_what_belongs_to_one_device_alone(field: str, value: str, identity: bool) -> None:
    """A type, a model or the hardware address in another form is said by many, or says nothing new."""
    assert is_identity(field, value) is identity


@pytest.mark.parametrize("offered", OFFERED_TXT)
def test_records_of_services_that_name_one_device(offered: str) -> None:
    assert is_identity("mdns.txt", f"{offered}1") and not is_identity("mdns.instance.x", f"{offered}1")
