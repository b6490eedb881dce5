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
    ("field", "port", "maker", "category", "platform"),
    [
        ("cloud.tcp", "9543", "Nest", None, None),
        ("cloud.tcp", "56700", "LIFX", "light", None),
        ("cloud.tcp", "46030", "LG", "appliance", None),
        ("cloud.udp", "32100", None, "camera", None),
        ("cloud.udp", "8053", "Xiaomi", None, "MIoT"),
        ("group.udp", "6667", None, None, "Tuya"),
        ("group.udp", "38900", "WiZ", "light", None),
        ("port.udp", "54321", "Xiaomi", None, "MIoT"),
        ("port.udp", "37020", "Hikvision", "camera", None),
        ("pppp.device_id", "ABCD-123456-EFGHJ", None, "camera", None),
        ("cloud.tcp", "4444", None, None, None),
    ],
)
def test_a_capture_that_begins_in_the_middle_leaves_ports(
    field: str, port: str, maker: str | None, category: str | None, platform: str | None
) -> None:
    device = judged("", ((field, port),))
    assert (claimed(device.vendor), claimed(device.category), claimed(device.platform)) == (maker, category, platform)


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


@pytest.mark.parametrize(
    ("names", "maker"),
    [
        (("fw.ring.com", "es.ring.com", "ps.ring.com"), "Ring"),
        (("rest-prod.immedia-semi.com", "cs.immedia-semi.com"), "Blink"),
        (("www.samsungotn.net", "cdn.samsungcloudsolution.com"), "Samsung"),
        (("fireoscaptiveportal.com", "softwareupdates.amazon.com"), "Amazon"),
    ],
)
def test_names_that_all_kinds_of_a_maker_ask_for_say_no_kind(names: tuple[str, ...], maker: str) -> None:
    device = judged("", looks_up(*names))
    assert (claimed(device.vendor), claimed(device.category)) == (maker, None)


@pytest.mark.parametrize(
    ("names", "maker", "category"),
    [
        (("weather.alarmnet.com",), "Honeywell", "thermostat"),
        (("element.cloud.sengled.com",), "Sengled", "hub"),
        (("us-mqtt.cloud.sengled.com",), "Sengled", "light"),
        (("rbs.august.com",), "August", "hub"),
        (("servlet.ttlock.com",), None, "hub"),
        (("stickupcams.ring.com", "fw.ring.com"), "Ring", "camera"),
        (("doorbell.example.ring.com", "fw.ring.com"), "Ring", "doorbell"),
        (("mqtt.iot.traegergrills.io",), "Traeger", "appliance"),
        (("api.geniecompany.com",), "Genie", "garage_door"),
        (("relay.closeli.com",), None, "camera"),
        (("sous-vide.example.io",), None, "appliance"),
        (("familyhub.samsung.com", "www.samsungotn.net"), "Samsung", "appliance"),
    ],
)
def test_the_name_s_word_or_product_line_says_the_kind(
    names: tuple[str, ...], maker: str | None, category: str
) -> None:
    device = judged("", looks_up(*names))
    assert (claimed(device.vendor), claimed(device.category)) == (maker, category)


@pytest.mark.parametrize(
    ("name", "maker", "category"),
    [
        # A pattern that takes the brand alone says less than a word beside it.
        ("tado-bridge", "tado", "hub"),
        ("tado-1a2b", "tado", "thermostat"),
        ("tado-IB01", "tado", "hub"),
        ("AVD1001", "Arlo", "doorbell"),
        ("VMC4030P", "Arlo", "camera"),
        ("unifi-cam-g4", "Ubiquiti", "camera"),
        ("Ring-Base-Station", "Ring", "hub"),
        ("EchoShow", "Amazon", "voice_assistant"),
        # The word is a part of the product's name.
        ("Google-Nest-Hub", "Google", "voice_assistant"),
        ("Wyze-Plug-1", "Wyze", "plug"),
        # Others' programs in any kind of thing.
        ("tasmota-1A2B3C-1234", None, None),
    ],
)
def test_the_word_in_a_name_beats_the_brand_s_usual_kind(name: str, maker: str | None, category: str | None) -> None:
    device = judged("", (("dhcp.hostname", name),))
    assert (claimed(device.vendor), claimed(device.category)) == (maker, category)


@pytest.mark.parametrize(
    ("name", "maker"),
    [
        ("0.irobot.pool.ntp.org", "iRobot"),
        ("3.netgear.pool.ntp.org", "Netgear"),
        ("0.europe.pool.ntp.org", None),
        ("1.ge.pool.ntp.org", None),  # Georgia, and no maker
        ("0.amazon.pool.ntp.org", None),  # every machine at Amazon's
        ("a2uowfjvhio0fa-ats.iot.us-east-1.amazonaws.com", "iRobot"),
        ("a2uowfjvhio0fb-ats.iot.us-east-1.amazonaws.com", None),
    ],
)
def test_a_zone_of_the_time_pool_or_an_account_on_aws_iot_is_a_maker_s(name: str, maker: str | None) -> None:
    assert claimed(judged("Espressif Inc.", looks_up(name)).vendor) == maker


def test_who_searches_for_cameras_is_none() -> None:
    for port in ("37020", "37810", "1982"):
        assert claimed(judged("Intel Corporate", (("group.udp", port),)).vendor) is None
