"""Devices judged by the shipped signatures.

What sure signs say, what a module, a phone's traffic and empty evidence must not.
"""

from __future__ import annotations

import pytest

from sensor.devices.classify import IOT_MODULE, Classifier
from sensor.devices.device import Device, Trait
from sensor.records import claimed
from tests.devices.seen import BULB, PHONE, PLUG, PREFIXES, TABLES, mac

CLASSIFIER = Classifier(PREFIXES, TABLES)

PHONE_TRAFFIC = [
    ("dns.name", name)
    for name in ("www.google.com", "mtalk.google.com", "graph.facebook.com", "api.mi.com", "courier.push.apple.com",
    "bridge.meethue.com")
] + [("http.user_agent", "Dalvik/2.1.0 (Linux; U; Android 5.1.1; SM-N7505 Build/LMY47X)")]  # fmt: skip


def judged(hardware: str, *told: tuple[str, str], common: frozenset[str] = frozenset()) -> Device:
    device = Device(
        hardware, hardware, False, (), None, 1, 2, traits=tuple(Trait(field, value, (1,)) for field, value in told)
    )
    CLASSIFIER.classify(device, mac(hardware), common)
    return device


def claims(device: Device) -> tuple[str | None, str | None, str | None]:
    return claimed(device.vendor), claimed(device.category), claimed(device.model)


@pytest.mark.parametrize(
    ("hardware", "told", "wanted"),
    [
        (PLUG, [("dhcp.hostname", "HS110(EU)")], ("TP-Link", "plug", "HS110")),
        (BULB, [("mdns.service", "_hap._tcp"), ("mdns.txt", "_hap._tcp ci=9"), ("mdns.txt", "_hap._tcp md=ecobee3")],
         ("Ecobee", "thermostat", "ecobee3")),
        (BULB, [("upnp.manufacturer", "Belkin International Inc."),
         ("upnp.device_type", "urn:Belkin:device:insight:1")], ("Belkin", "plug", "WeMo Insight")),
        (BULB, [("upnp.manufacturer", "D-Link"), ("upnp.model_name", "DCS-935L")], ("D-Link", "camera", "DCS-935L")),
        (BULB, [("mdns.txt", "_googlecast._tcp md=Google Home Mini")],
         ("Google", "voice_assistant", "Google Home Mini")),
        (BULB, [("dhcp.vendor_class", "Mfg=Xerox;Typ=MFP;Mod=VersaLink C405;Ser=1")],
         ("Xerox", "printer", "VersaLink C405")),
        (BULB, [("dhcp.hostname", "Carls-MacBook-Pro")], ("Apple", "computer", "MacBook-Pro")),
    ],
)  # fmt: skip
def test_what_products_say_of_themselves(hardware: str, told: list[tuple[str, str]], wanted: tuple[str, ...]) -> None:
    assert claims(judged(hardware, *told)) == wanted


def test_the_module_s_maker_is_not_the_product_s() -> None:
    device = judged(BULB, ("dhcp.hostname", "ESP_005303"))
    assert claims(device) == (None, None, None)
    assert device.category is not None and (device.category.value, device.category.confidence) == (
        "iot_module",
        IOT_MODULE,
    )
    assert device.in_scope


def test_without_traits_nothing_is_claimed() -> None:
    device = judged(PHONE)
    assert (device.vendor, device.category, device.model, device.firmware, device.os) == (None,) * 5 and device.in_scope


def test_every_claim_names_its_reasons() -> None:
    device = judged(PLUG, ("dhcp.hostname", "HS110(EU)"))
    assert device.vendor is not None and device.category is not None
    assert {(reason.field, reason.value, reason.signature) for reason in device.vendor.because} >= {
        ("dhcp.hostname", "HS110(EU)", "dhcp.hostname/tplink-hs-plug"),
        ("mac.oui", PREFIXES.owner(mac(PLUG)), "oui"),
    }
    assert device.category.because[0].frames == (1,)


def test_a_plug_that_forwards_its_owner_s_phone_stays_a_plug() -> None:
    """Set-up mode: the phone's names and programs leave under the plug's MAC."""
    assert claims(judged(PLUG, ("dhcp.hostname", "HS110(EU)"), *PHONE_TRAFFIC)) == ("TP-Link", "plug", "HS110")


def test_a_phone_with_apps_is_none_of_the_things_they_control() -> None:
    device = judged(
        PHONE, ("dhcp.hostname", "android-0123456789abcdef"), ("dhcp.vendor_class", "android-dhcp-9"), *PHONE_TRAFFIC
    )
    assert claimed(device.category) == "phone" and not device.in_scope
    assert claimed(device.vendor) in (None, "Samsung")  # Samsung: its own user agent says so


def test_a_name_that_most_devices_look_up_counts_little() -> None:
    alone = judged(BULB, ("dns.name", "devs.tplinkcloud.com"))
    among_many = judged(BULB, ("dns.name", "devs.tplinkcloud.com"), common=frozenset({"TP-Link"}))
    assert alone.vendor is not None and among_many.vendor is not None
    assert alone.vendor.confidence > among_many.vendor.confidence


def test_another_maker_s_product_name_says_nothing_of_this_device() -> None:
    device = judged(PLUG, ("dhcp.hostname", "HS110(EU)"), ("mdns.txt", "_x._tcp note=works with DCS-932L"))
    assert claims(device) == ("TP-Link", "plug", "HS110")


@pytest.mark.parametrize(
    "hardware",
    [
        "00:00:5e:00:01:07",  # RFC 9568, 7.3: VRRP over IPv4, group 7
        "00:00:5e:00:02:07",  # the same over IPv6
        "00:00:0c:07:ac:0a",  # RFC 2281: HSRP, group 10
        "00:00:0c:9f:f1:23",  # HSRP version 2, group 0x123
        "00:07:b4:00:01:02",  # GLBP
    ],
)
def test_an_address_that_routers_share_is_a_router_s(hardware: str) -> None:
    device = judged(hardware)
    assert claimed(device.category) == "router" and not device.in_scope


@pytest.mark.parametrize("hardware", ["00:00:0c:07:ad:0a", "00:00:5e:00:53:01", "00:00:0c:9e:f1:23"])
def test_an_address_beside_theirs_is_not(hardware: str) -> None:
    assert claimed(judged(hardware).category) != "router"


@pytest.mark.parametrize("hardware", ["00:50:56:00:53:01", "08:00:27:00:53:01"])
def test_a_virtual_machine_is_no_consumer_device(hardware: str) -> None:
    device = judged(hardware)
    assert claimed(device.category) == "virtual_machine" and not device.in_scope


def test_unjudged_contract_manufacturers_are_nobody() -> None:
    owner = PREFIXES.owner(mac("28:f3:66:00:53:01"))
    assert owner is not None and "Bilian" in owner
    assert claims(judged("28:f3:66:00:53:01")) == (None, None, None)


@pytest.mark.parametrize("port", ["23", "80", "8000", "8001", "8080", "3000", "445", "6668"])
def test_an_open_port_alone_says_no_kind(port: str) -> None:
    device = judged(PLUG, ("port.tcp", port))
    assert claims(device) == ("TP-Link", None, None) and device.in_scope


@pytest.mark.parametrize("name", ["www.google.com", "s3.amazonaws.com", "time.windows.com", "clients3.google.com"])
def test_a_name_of_a_platform_alone_says_no_maker(name: str) -> None:
    assert claims(judged(BULB, ("dns.name", name))) == (None, None, None)


@pytest.mark.parametrize(
    "hardware", ["24:0a:c4:00:53:01", "70:19:88:00:53:01", "7c:b9:4c:00:53:01", "18:b9:05:00:53:01"]
)
def test_makers_of_modules_under_all_their_names(hardware: str) -> None:
    assert claimed(judged(hardware).vendor) is None, PREFIXES.owner(mac(hardware))


ANDROID = (("dhcp.parameters", "1,33,3,6,15,28,51,58,59"), ("dhcp.vendor_class", "android-dhcp-9"))


@pytest.mark.parametrize(
    ("hardware", "told", "vendor", "category"),
    [
        # Amazon's and Google's speakers run Android: its way of asking for an address makes no phone of them
        ("44:65:0d:00:53:01", ANDROID, "Amazon", None),
        ("44:65:0d:00:53:01", (*ANDROID, ("dns.name", "avs-alexa-4-na.amazon.com")), "Amazon", "voice_assistant"),
        ("54:60:09:00:53:01", (*ANDROID, ("mdns.txt", "_googlecast._tcp md=Google Home")), "Google", "voice_assistant"),
        # under a phone maker's prefix or a private address it does
        ("8c:77:12:00:53:01", ANDROID, "Samsung", "phone"),
        ("02:00:5e:00:53:01", ANDROID, None, "phone"),
        ("02:00:5e:00:53:01", (("dhcp.parameters", "1,121,3,6,15,108,114,119,162,252"),), "Apple", "phone"),
        # a module's prefix leaves it open
        ("5c:cf:7f:00:53:01", ANDROID[:1], None, None),
        # a name that says "PC" is no system's habit
        ("74:da:38:00:53:01", (("dhcp.hostname", "OFFICE-PC3"),), "Edimax", "computer"),
    ],
)
def test_a_system_is_no_kind_of_device(
    hardware: str, told: tuple[tuple[str, str], ...], vendor: str | None, category: str | None
) -> None:
    device = judged(hardware, *told)
    assert claims(device)[:2] == (vendor, category)


@pytest.mark.parametrize(
    ("hardware", "asked", "wanted"),
    [
        # a laptop and two phones with programs for lamps and plugs, seen without their DHCP
        ("3c:2c:30:00:53:01", ("ws.meethue.com", "www.netflix.com"), ("Dell", "computer", None)),
        ("02:00:5e:00:53:01", ("ws.meethue.com", "gs-loc.apple.com"), (None, None, None)),
        ("02:00:5e:00:53:01", ("devs.tplinkcloud.com", "www.google.com", "mtalk.google.com"), (None, None, None)),
        # somebody else's speaker with Alexa inside
        ("b0:f1:ec:00:53:01", ("avs-alexa-16-na.amazon.com", "api.amazon.com"), (None, "voice_assistant", None)),
    ],
)
def test_what_programs_ask_for_is_not_what_they_run_on(
    hardware: str, asked: tuple[str, ...], wanted: tuple[str | None, ...]
) -> None:
    assert claims(judged(hardware, *(("dns.name", name) for name in asked))) == wanted


def test_the_model_an_application_asks_about_is_not_the_phone_s() -> None:
    names = ("ws.meethue.com", "devs.tplinkcloud.com", "api.xbcs.net", "www.google.com")
    device = judged(PHONE, ("dhcp.hostname", "android-0123456789abcdef"), *(("dns.name", name) for name in names))
    assert claims(device) == (None, "phone", None)


APP = ("http.user_agent", "Dalvik/2.1.0 (Linux; U; Android 5.1.1; SM-N7505 Build/LMY47X)")


@pytest.mark.parametrize(
    ("hardware", "wanted"),
    [
        (PLUG, ("TP-Link", None, None)),  # nothing of its own was heard yet
        (BULB, (None, None, None)),  # a module that is in no phone
        ("ec:1a:59:00:53:01", ("Belkin", None, None)),
        ("8c:77:12:00:53:01", ("Samsung", "phone", "SM-N7505")),
        ("54:60:09:00:53:01", (None, "phone", "SM-N7505")),  # Google makes phones, too, but none of that name
        ("b0:f1:ec:00:53:01", ("Samsung", "phone", "SM-N7505")),  # a module as phones have them
    ],
)
def test_a_guest_s_program_makes_no_phone_of_who_forwards_it(hardware: str, wanted: tuple[str | None, ...]) -> None:
    device = judged(hardware, APP, ("dns.name", "graph.facebook.com"))
    assert claims(device) == wanted


AMAZON = "74:c2:46:00:53:04"


def test_a_port_says_nothing_of_another_maker_than_the_prefix() -> None:
    # 55443 is open on Yeelight's lamps and on Amazon's speakers.
    assert claims(judged(AMAZON, ("port.tcp", "55443"))) == ("Amazon", None, None)
    assert claims(judged(BULB, ("port.tcp", "55443"))) == ("Yeelight", "light", None)
    assert claims(judged(AMAZON, ("port.udp", "55444"))) == ("Amazon", "voice_assistant", None)


def test_a_device_s_own_word_beats_what_its_maker_s_cloud_usually_serves() -> None:
    cloud = ("dns.name", "api.wyzecam.com")
    assert claims(judged(BULB, cloud)) == ("Wyze", "camera", None)
    assert claims(judged(BULB, cloud, ("dhcp.hostname", "WYZE_LOCK_GW"))) == ("Wyze", "hub", None)
    # A doorbell's cloud for cameras does not speak against the doorbell.
    assert claims(judged(BULB, cloud, ("dhcp.hostname", "front-doorbell"))) == ("Wyze", "doorbell", None)


def test_cast_s_ports_are_open_on_televisions_speakers_and_assistants() -> None:
    device = judged("f4:f5:d8:00:53:05", ("port.tcp", "8008"), ("port.tcp", "8009"))
    assert claims(device) == ("Google", None, None)
    assert device.category is not None and device.category.value == "media_player"
