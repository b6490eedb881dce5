"""Clouds: what the names say that a device asks for, and how they share."""

from __future__ import annotations

import pytest

from sensor.devices.clouds import clouds, of_clouds
from sensor.devices.device import Device, Trait
from sensor.records import claimed
from tests.devices.seen import TABLES
from tests.devices.test_published import judged, looks_up


def asking(*names: str) -> Device:
    traits = tuple(Trait("dns.name", name, (1,)) for name in names)
    return Device("x", None, False, (), None, 1, 2, traits=traits)


def weight(device: Device, kind: str, value: str) -> float:
    found = of_clouds(device, TABLES, frozenset())
    return max((one.weight for one in found if (one.kind, one.value) == (kind, value)), default=0.0)


def test_clouds_that_everybody_uses_do_not_take_from_a_maker() -> None:
    alone, among = asking("api.rach.io"), asking("api.rach.io", "www.google.com", "clients3.google.com")
    assert weight(alone, "vendor", "Rachio") == weight(among, "vendor", "Rachio") > 0


def test_another_maker_s_cloud_does() -> None:
    assert weight(asking("api.rach.io", "i.tado.com"), "vendor", "Rachio") == pytest.approx(
        weight(asking("api.rach.io"), "vendor", "Rachio") / 2
    )


def test_who_has_most_of_the_names_has_most_of_the_weight() -> None:
    mostly = asking("a.rach.io", "b.rach.io", "c.rach.io", "i.tado.com")
    assert weight(mostly, "vendor", "Rachio") == pytest.approx(0.75 * weight(asking("a.rach.io"), "vendor", "Rachio"))


def test_a_product_line_s_cloud_says_the_category() -> None:
    device = judged("Espressif Inc.", looks_up("transport.nest.com"))
    assert (claimed(device.vendor), claimed(device.category)) == ("Nest", "thermostat")


@pytest.mark.parametrize(
    ("name", "platform"),
    [
        ("a1.tuyaeu.com", "Tuya"),
        ("agent.electricimp.com", "Electric Imp"),
        ("ads-field.aylanetworks.com", "Ayla"),
        ("servlet.ttlock.com", "TTLock"),
        ("de.ot.io.mi.com", "MIoT"),
        ("a1b2c3d4e5f6g7-ats.iot.us-east-1.amazonaws.com", "AWS IoT"),
        ("fleet-7.azure-devices.net", "Azure IoT"),
        ("a1b2c3.iot-as-mqtt.cn-shanghai.aliyuncs.com", "Alibaba Cloud IoT"),
    ],
)
def test_a_platform_is_named(name: str, platform: str) -> None:
    assert claimed(judged("Espressif Inc.", looks_up(name)).platform) == platform


@pytest.mark.parametrize("name", ["a1.tuyaeu.com", "fleet-7.azure-devices.net", "agent.electricimp.com"])
def test_and_is_no_maker(name: str) -> None:
    device = judged("Espressif Inc.", looks_up(name))
    assert device.vendor is None and claimed(device.category) is None and not clouds(device, TABLES)


def test_an_ordinary_device_has_no_platform() -> None:
    assert judged("Espressif Inc.", looks_up("api.rach.io", "s3.amazonaws.com")).platform is None


def test_a_server_s_certificate_names_the_cloud_where_the_capture_begins_later() -> None:
    device = judged("Espressif Inc.", (("tls.peer_name", "rach.io"),))
    assert claimed(device.vendor) == "Rachio"
