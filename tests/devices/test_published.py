"""Devices are known by what they send when they join a network, as makers and published matchers have it.

Each row: the registered owner of the device's prefix ("" for a private MAC), its traits, the right makers ("": no maker
may be named) and the category ("": none may be named). The values are those of Home Assistant's matchers, of the
makers' own set-up guides and of the domains of their clouds; none is taken from this program's output or a capture.
"""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from sensor.devices.classify import Classifier
from sensor.devices.device import CATEGORIES, OUT_OF_SCOPE, Device, Trait
from sensor.devices.signatures.compiled import SHIPPED
from sensor.records import claimed
from tests.devices.seen import PREFIXES, TABLES

CLASSIFIER = Classifier(PREFIXES, TABLES)

Traits = tuple[tuple[str, str], ...]


def looks_up(*names: str) -> Traits:
    """The device looks these names up."""
    return tuple(("dns.name", name) for name in names)


def named(name: str) -> Traits:
    """The device calls itself that when it asks for an address."""
    return (("dhcp.hostname", name),)


def registry() -> dict[str, bytes]:
    """Owner -> a MAC in the first prefix registered for it."""
    found: dict[str, bytes] = {}
    for line in (SHIPPED / "oui.tsv").read_text("utf-8").splitlines():
        digits, _, owner = line.partition("\t")
        if not line.startswith("#"):
            start = bytes.fromhex(digits + "0" * (len(digits) % 2))
            found.setdefault(owner, (start + bytes.fromhex("005301"))[:6])
    return found


OWNERS = registry()


def long_tail() -> list[tuple[str, Traits, str, str]]:
    """Further rows: cloud-only devices, hubs of makers of locks and cameras, kitchens, assistants, toys.

    A value with ``~`` is right and may be left unsaid: not all that such a device sends shows it.
    """
    rows = csv.DictReader((Path(__file__).parent / "long_tail.csv").read_text("utf-8").splitlines())
    return [
        (
            row["owner"],
            (named(row["name"]) if row["name"] else ())
            + looks_up(*row["asks for"].split())
            + tuple(
                (field, value) for field, _, value in (one.partition("=") for one in row["shows"].split("|")) if field
            ),
            row["vendor"],
            row["category"],
        )
        for row in rows
    ]


KNOWN: list[tuple[str, Traits, str, str]] = [
    # camera
    ("D-Link International", named("DCS-932L"), "D-Link", "camera"),
    ("D-Link International", (("mdns.txt", "_dhnap._tcp model_number=DCH-935L"),), "D-Link", "camera"),
    ("Axis Communications AB", (("mdns.service", "_axis-video._tcp"),), "Axis", "camera"),
    ("Reolink Innovation Limited", (), "Reolink", "camera"),
    ("Tp-Link Technologies Co.,Ltd.", looks_up("relay.dcipc.i.tplinkcloud.com", "devs.tplinkcloud.com"), "TP-Link",
     "camera"),
    ("Samsung Electronics Co.,Ltd", looks_up("www.samsungsmartcam.com", "time.nist.gov"), "Samsung Techwin", "camera"),
    ("Dropcam", looks_up("nexus.dropcam.com"), "Nest|Google|Dropcam", "camera"),
    ("Shenzhen Bilian Electronic Co.，Ltd", looks_up("api4.eye4.cn"), "Vstarcam", "camera"),
    ("Netatmo", named("netatmo-welcome-1a2b3c"), "Netatmo", "camera"),
    ("Amcrest Technologies", looks_up("command-1.amcrestview.com"), "Amcrest", "camera"),
    ("Zhejiang Dahua Technology Co., Ltd.", looks_up("www.easy4ipcloud.com"), "Dahua", "camera"),
    ("Hangzhou Hikvision Digital Technology Co.,Ltd.", looks_up("dev.hik-connect.com"), "Hikvision", "camera"),
    ("Wyze Labs Inc", named("WYZE_CAKP2JFUS-1A2B3C"), "Wyze", "camera"),
    ("Espressif Inc.", looks_up("cam-gw.ajcloud.net"), "Wansview", "camera"),
    ("Nest Labs Inc.", looks_up("nexus.camera.home.nest.com", "oculus1.dropcam.com"), "Nest|Google", "camera"),
    ("Edimax Technology Co. Ltd.", (("edimax.model", "IC-3115W"),), "Edimax", "camera"),
    ("", (("wsd.types", "dn:NetworkVideoTransmitter"),), "", "camera"),
    ("", (("rtsp.server", "Hipcam RealServer/V1.0"),), "", "camera"),
    ("Axis Communications AB", (("rtsp.server", "GStreamer RTSP server"),), "Axis", "camera"),
    ("", looks_up("api.us.xiaoyi.com"), "Yi", "camera"),
    # a cloud that says what it is for, of a maker that nobody knows
    ("Espressif Inc.", looks_up("ipcam-eu.example.net"), "", "camera"),
    # doorbell
    ("Texas Instruments", named("RingDoorbell-ab"), "Ring", "doorbell"),
    ("Bird Home Automation GmbH", (("mdns.txt", "_axis-video._tcp macaddress=1ccae3000001"),), "DoorBird", "doorbell"),
    ("", looks_up("cloud.myskybell.com"), "SkyBell", "doorbell"),
    # baby monitor
    ("Withings", looks_up("babyws.withings.net"), "Withings", "baby_monitor"),
    ("Texas Instruments", looks_up("api.nanit.com"), "Nanit", "baby_monitor"),
    ("", looks_up("alpha.ibabylabs.com"), "iBaby", "baby_monitor"),
    # plug
    ("Tp-Link Technologies Co.,Ltd.", named("HS110(EU)"), "TP-Link", "plug"),
    ("Belkin International Inc.", (("ssdp.usn", "uuid:Socket-1_0-221517K0101769::urn:Belkin:device:controllee:1"),),
     "Belkin", "plug"),
    ("Belkin International Inc.", (("upnp.model_name", "Insight"),
     ("upnp.manufacturer", "Belkin International Inc.")), "Belkin", "plug"),
    ("D-Link International", (("mdns.txt", "_dhnap._tcp model_number=DSP-W215"),), "D-Link", "plug"),
    ("Edimax Technology Co. Ltd.", (("edimax.model", "SP-2101W"),), "Edimax", "plug"),
    ("Espressif Inc.", named("shellyplug-s-1A2B3C"), "Shelly", "plug"),
    ("Espressif Inc.", named("Meross_Smart_Plug"), "Meross", "plug"),
    ("iDevices, LLC", (("mdns.txt", "_hap._tcp ci=7"),), "iDevices", "plug"),
    ("Espressif Inc.", (("mdns.txt", "_matterc._udp DT=266"), ("mdns.txt", "_matterc._udp VP=5010+257")), "TP-Link",
     "plug"),
    # switch
    ("Belkin International Inc.", (("ssdp.usn", "uuid:Lightswitch-1_0-221517K0101769::upnp:rootdevice"),), "Belkin",
     "switch"),
    ("Tp-Link Technologies Co.,Ltd.", named("HS220(US)"), "TP-Link", "switch"),
    ("Leviton Manufacturing Co., Inc", (), "Leviton", "switch"),
    ("Espressif Inc.", named("shelly1-1A2B3C"), "Shelly", "switch"),
    # light
    ("Lifi Labs Management Pty Ltd", looks_up("v2.broker.lifx.co"), "LIFX", "light"),
    ("Espressif Inc.", looks_up("wifij01us.magichue.net"), "Magic Home", "light"),
    ("WiZ IoT Company Limited", named("wiz_1a2b3c"), "WiZ", "light"),
    ("Espressif Inc.", named("Twinkly_1A2B3C"), "Twinkly", "light"),
    ("Nanoleaf", (("mdns.service", "_nanoleafapi._tcp"),), "Nanoleaf", "light"),
    ("XIAOMI Electronics,CO.,LTD", (("mdns.instance", "yeelink-light-color1_miio1._miio._udp"),), "Yeelight|Xiaomi",
     "light"),
    ("Zhejiang shenghui lighting co.,Ltd", named("sengled-bulb"), "Sengled", "light"),
    ("Espressif Inc.", (("mdns.txt", "_matterc._udp DT=268"),), "", "light"),
    # hub
    ("eQ-3 Entwicklung GmbH", looks_up("lookup.homematic.com"), "eQ-3", "hub"),
    ("Philips Lighting BV", (("ssdp.server", "Linux/3.14.0 UPnP/1.0 IpBridge/1.17.0"),), "Philips", "hub"),
    ("Philips Lighting BV", (("ssdp.header", "hue-bridgeid: 001788FFFE102201"),), "Philips", "hub"),
    ("Philips Lighting BV", (("mdns.service", "_hue._tcp"),), "Philips", "hub"),
    ("Osram GmbH", named("Lightify-1A2B3C"), "Osram", "hub"),
    ("SmartThings, Inc.", looks_up("dc.connect.smartthings.com"), "SmartThings", "hub"),
    ("Flextronics International", looks_up("agent-v1-production.wink.com", "hub-updates.wink.com"), "Wink", "hub"),
    ("eQ-3 Entwicklung GmbH", looks_up("max.eq-3.de"), "eQ-3", "hub"),
    ("eQ-3 Entwicklung GmbH", named("MAX! Cube"), "eQ-3", "hub"),
    ("D-Link International", named("DCH-G020"), "D-Link", "hub"),
    ("Belkin International Inc.", (("ssdp.usn", "uuid:Bridge-1_0-231442B0100E7C::upnp:rootdevice"),), "Belkin", "hub"),
    ("IKEA of Sweden AB", named("TRADFRI-Gateway-1a2b3c"), "IKEA", "hub"),
    ("Smartlabs, Inc.", looks_up("connect.insteon.com"), "Insteon", "hub"),
    ("Hubitat Inc.", (), "Hubitat", "hub"),
    ("Logitech, Inc", looks_up("svcs.myharmony.com"), "Logitech", "hub"),
    ("Lutron Electronics Co., Inc.", (("mdns.service", "_lutron._tcp"),), "Lutron", "hub"),
    ("Loxone Electronics GmbH", looks_up("dns.loxonecloud.com"), "Loxone", "hub"),
    ("Zhejiang shenghui lighting co.,Ltd", named("Sengled-Hub"), "Sengled", "hub"),
    ("Xiaomi Communications Co Ltd", (("mdns.instance", "lumi-gateway-v3_miio1._miio._udp"),), "Xiaomi|Aqara", "hub"),
    # router
    ("AVM GmbH", (("ssdp.st", "urn:schemas-upnp-org:device:InternetGatewayDevice:1"),), "AVM", "router"),
    ("Routerboard.com", named("MikroTik"), "MikroTik", "router"),
    ("ASUSTek COMPUTER INC.", named("RT-AC68U"), "ASUS", "router"),
    ("Netgear", (("upnp.model_name", "R7000"),
     ("upnp.device_type", "urn:schemas-upnp-org:device:InternetGatewayDevice:1")), "Netgear", "router"),
    ("", (("role", "router"), ("dhcp.server", "yes")), "", "router"),
    # access point
    ("Ubiquiti Inc", named("UAP-AC-Lite"), "Ubiquiti", "access_point"),
    ("Tp-Link Technologies Co.,Ltd.", named("EAP225"), "TP-Link", "access_point"),
    ("Netgear", named("EX6120"), "Netgear", "access_point"),
    # speaker
    ("Sonos, Inc.", (("ssdp.st", "urn:schemas-upnp-org:device:ZonePlayer:1"),), "Sonos", "speaker"),
    ("Bose Corporation", (("mdns.service", "_soundtouch._tcp"),), "Bose", "speaker"),
    ("D&M Holdings Inc.", named("HEOS-1"), "Denon", "speaker"),
    ("Invoxia", looks_up("sip.invoxia.com"), "Invoxia", "speaker"),
    # voice
    ("Google, Inc.", (("mdns.txt", "_googlecast._tcp md=Google Home Mini"),), "Google", "voice_assistant"),
    ("Amazon Technologies Inc.", looks_up("dcape-na.amazon.com", "avs-alexa-4-na.amazon.com"), "Amazon",
     "voice_assistant"),
    ("Amazon Technologies Inc.", named("Echo-Dot"), "Amazon", "voice_assistant"),
    # tv
    ("LG Electronics", named("LGwebOSTV"), "LG", "tv"),
    ("Samsung Electronics Co.,Ltd", looks_up("time.samsungcloudsolution.com", "log-config.samsungacr.com"), "Samsung",
     "tv"),
    ("Samsung Electronics Co.,Ltd", looks_up("time.samsungcloudsolution.com"), "Samsung", ""),
    ("Samsung Electronics Co.,Ltd", (("ssdp.st", "urn:samsung.com:device:RemoteControlReceiver:1"),), "Samsung", "tv"),
    ("Vizio, Inc", (("mdns.service", "_viziocast._tcp"),), "Vizio", "tv"),
    ("Sony Corporation", named("BRAVIA-4K-GB"), "Sony", "tv"),
    ("Hisense Electric Co.,Ltd", looks_up("api.hismarttv.com"), "Hisense", "tv"),
    ("Funai Electric Co., Ltd.", (), "Funai", "tv"),
    # media player
    ("Roku, Inc", looks_up("captive.roku.com"), "Roku", "media_player"),
    ("Roku, Inc", (("ssdp.st", "roku:ecp"),), "Roku", "media_player"),
    ("Google, Inc.", (("mdns.txt", "_googlecast._tcp md=Chromecast"),), "Google", "media_player"),
    ("Amazon Technologies Inc.", looks_up("firetvcaptiveportal.com"), "Amazon", "media_player"),
    ("Apple, Inc.", named("Apple-TV"), "Apple", "media_player"),
    ("Apple, Inc.", (("mdns.txt", "_airplay._tcp model=AppleTV5,3"),), "Apple", "media_player"),
    ("AMPAK Technology, Inc.", looks_up("api.pix-star.com", "iptime.pix-star.com"), "Pix-Star", "media_player"),
    ("TiVo", (), "TiVo", "media_player"),
    # console
    ("Sony Interactive Entertainment Inc.", looks_up("fus01.ps4.update.playstation.net"),
     "Sony Interactive Entertainment", "game_console"),
    ("Microsoft Corporation", named("XboxOne"), "Microsoft", "game_console"),
    ("Nintendo Co.,Ltd", looks_up("conntest.nintendowifi.net"), "Nintendo", "game_console"),
    # printer, scanner
    ("Hewlett Packard", looks_up("chat.hpeprint.com", "ccc.hpeprint.com"), "HP", "printer"),
    ("Brother Industries, LTD.", named("BRW1A2B3C4D5E6F"), "Brother", "printer"),
    ("Seiko Epson Corporation", (("mdns.txt", "_ipp._tcp ty=EPSON WF-3720 Series"), ("mdns.service", "_ipp._tcp")),
     "Epson", "printer"),
    ("Canon Inc.", looks_up("gdlp01.c-wss.com"), "Canon", "printer"),
    ("Samsung Electronics Co.,Ltd", named("SEC30CDA7123456"), "Samsung", "printer"),
    # people
    ("Apple, Inc.", named("Annas-iPhone"), "Apple", "phone"),
    ("Apple, Inc.", named("iPad-von-Tom"), "Apple", "tablet"),
    ("", (("dhcp.hostname", "Galaxy-S21"), ("dhcp.vendor_class", "android-dhcp-12")), "Samsung", "phone"),
    ("Samsung Electronics Co.,Ltd", named("Galaxy-Tab-A7"), "Samsung", "tablet"),
    ("", (("dhcp.vendor_class", "MSFT 5.0"), ("dhcp.hostname", "DESKTOP-AB12CD3")), "", "computer"),
    ("Intel Corporate", (("dhcp.vendor_class", "MSFT 5.0"),), "", "computer"),
    ("Apple, Inc.", named("Annas-MacBook-Pro"), "Apple", "computer"),
    ("Raspberry Pi Trading Ltd", named("raspberrypi"), "Raspberry Pi", "computer"),
    ("Amazon Technologies Inc.", named("kindle-1a2b3c"), "Amazon", "e_reader"),
    # nas, server, vm
    ("Synology Incorporated", named("DiskStation"), "Synology", "nas"),
    ("QNAP Systems, Inc.", (), "QNAP", "nas"),
    ("Western Digital", named("WDMyCloud"), "Western Digital", "nas"),
    ("VMware, Inc.", (), "VMware", "virtual_machine"),
    ("Super Micro Computer, Inc.", (), "Supermicro", "server"),
    # wearable, scale, health
    ("", named("Galaxy-Watch4"), "Samsung", "wearable"),
    ("Apple, Inc.", named("Annas-AppleWatch"), "Apple", "wearable"),
    ("Withings", looks_up("scalews.withings.net"), "Withings", "scale"),
    ("Delta Electronics", (("http.request", "www.fitbit.com/scale/upload"),), "Fitbit", "scale"),
    ("", looks_up("svcsleepiq.bamlabs.com"), "Sleep Number", "health_device"),
    ("", looks_up("tech.carematix.com"), "Blipcare", "health_device"),
    # thermostat, sensors
    ("ecobee inc", looks_up("home.ecobee.com"), "Ecobee", "thermostat"),
    ("Resideo", named("Lyric-1A2B3C"), "Honeywell|Resideo", "thermostat"),
    ("", looks_up("i.tado.com"), "tado", "thermostat"),
    ("Murata Manufacturing Co., Ltd.", looks_up("weather.nest.com"), "Nest", "thermostat"),
    ("", looks_up("connect.behmor.com"), "Behmor", "appliance"),
    ("", named("Lockly-Hub-12"), "Lockly", "hub"),
    ("", looks_up("www.keurig.com"), "Keurig", "appliance"),
    ("", looks_up("api.petlibro.com"), "Petlibro", "pet_feeder"),
    ("Murata Manufacturing Co., Ltd.", named("thermostat-1A-2B-3C"), "", "thermostat"),
    ("D-Link International", (("mdns.txt", "_dhnap._tcp model_number=DCH-S150"),), "D-Link", "sensor"),
    ("D-Link International", (("mdns.txt", "_dhnap._tcp model_number=DCH-S160"),), "D-Link", "sensor"),
    ("D-Link International", (("mdns.txt", "_dhnap._tcp model_number=DCH-S220"),), "D-Link", "siren"),
    ("Netatmo", named("Netatmo-Personal-Weather-Station"), "Netatmo", "sensor"),
    ("Belkin International Inc.", (("ssdp.usn", "uuid:Sensor-1_0-221517K0101769::upnp:rootdevice"),), "Belkin",
     "sensor"),
    ("Airthings", (), "Airthings", "sensor"),
    ("", looks_up("messages.awair.is"), "Awair", "sensor"),
    # alarm, lock, garage
    ("", looks_up("api.simplisafe.com"), "SimpliSafe", "alarm"),
    ("Securitas Direct AB", (), "Verisure", "alarm"),
    ("Vivint Inc", (), "Vivint", "alarm"),
    ("", named("Nuki_Bridge_75BCD15"), "Nuki", "hub"),
    ("Kwikset", (), "Kwikset", "lock"),
    ("", looks_up("connect1.myqdevice.com"), "Chamberlain", "garage_door"),
    ("", named("ismartgate1A2B3C"), "iSmartGate", "garage_door"),
    # vacuum, appliance
    ("Dyson Limited", (("mdns.service", "_360eye_mqtt._tcp"),), "Dyson", "vacuum"),
    ("iRobot Corporation", looks_up("disc-prod.iot.irobotapi.com"), "iRobot", "vacuum"),
    ("Beijing Roborock Technology Co., Ltd.", named("roborock-vacuum-s5_miio123"), "Roborock", "vacuum"),
    ("", looks_up("nucleo.ksecosys.com", "beehive.neatocloud.com"), "Neato", "vacuum"),
    ("Miele & Cie. KG", (("mdns.service", "_mieleathome._tcp"),), "Miele", "appliance"),
    ("BSH Hausgeräte GmbH", (("mdns.service", "_homeconnect._tcp"),), "Bosch", "appliance"),
    ("electric imp, incorporated", looks_up("agent.electricimp.com"), "", ""),
    ("Dyson Limited", (), "Dyson", "appliance"),
    ("Espressif Inc.", looks_up("api.anovaculinary.com"), "Anova", "appliance"),
    # energy
    ("Murata Manufacturing Co., Ltd.", named("Sense-1a2b3c"), "Sense", "energy_meter"),
    ("Enphase Energy", looks_up("reports.enphaseenergy.com"), "Enphase", "solar"),
    ("SMA Solar Technology AG", (), "SMA", "solar"),
    ("SolarEdge Technologies", looks_up("prod2.solaredge.com"), "SolarEdge", "solar"),
    ("", looks_up("ocpp.wall-box.com"), "Wallbox", "car_charger"),
    ("Coulomb Technologies", (), "ChargePoint", "car_charger"),
    ("", looks_up("hermes-prd.vn.teslamotors.com"), "Tesla", "vehicle"),
    # garden, pets, toys
    ("", looks_up("mqtt.rach.io"), "Rachio", "irrigation"),
    ("", looks_up("api.orbitbhyve.com"), "Orbit", "irrigation"),
    ("SureFlap Ltd", (), "SureFlap", "pet_feeder"),
    ("", named("toniebox-1a2b3c"), "Tonies", "toy"),
    # telephony, industry, networks
    ("Cisco Systems, Inc", named("SEP001122334455"), "Cisco", "voip_phone"),
    ("Grandstream Networks, Inc.", (), "Grandstream", "voip_phone"),
    ("WAGO Kontakttechnik GmbH", (), "WAGO", "industrial_controller"),
    ("Cisco Systems, Inc", (("cdp.platform", "cisco WS-C2960-24TT-L"),), "Cisco", "network_equipment"),
    ("Espressif Inc.", named("ESP_1A2B3C"), "", ""),
    *long_tail(),
]  # fmt: skip


def right_answers(text: str) -> set[str | None]:
    """The values of a cell, divided by "|"; ``None`` (silence) where there are none, or where they begin with ``~``."""
    return {*text.lstrip("~").split("|"), None} if text.startswith("~") else {*text.split("|")} if text else {None}


def judged(owner: str, told: Traits) -> Device:
    device = Device(
        "x", None, not owner, (), None, 1, 2, traits=tuple(Trait(field, value, (1,)) for field, value in told)
    )
    CLASSIFIER.classify(device, OWNERS[owner] if owner else b"")
    return device


@pytest.mark.parametrize(("owner", "told", "vendors", "category"), KNOWN)
def test_what_is_published_is_enough(owner: str, told: Traits, vendors: str, category: str) -> None:
    device = judged(owner, told)
    assert claimed(device.vendor) in right_answers(vendors)
    assert claimed(device.category) in right_answers(category)
    assert device.in_scope is (category.lstrip("~") not in OUT_OF_SCOPE)


def test_each_kind_is_met_here() -> None:
    assert {category for *_, category in KNOWN} >= CATEGORIES - {"iot_module", "scanner"}


SILENT: list[tuple[str, Traits]] = [
    # makers of modules, chips and others' products
    ("Espressif Inc.", ()),
    ("Murata Manufacturing Co., Ltd.", ()),
    ("Tuya Smart Inc.", looks_up("a1.tuyaeu.com", "m1.tuyaeu.com")),
    ("Shanghai High-Flying Electronics Technology Co., Ltd", named("HF-LPB100")),
    ("Shenzhen Bilian Electronic Co.，Ltd", ()),
    ("AMPAK Technology, Inc.", ()),
    ("Libre Wireless Technologies Inc.", ()),
    ("Wisol", ()),
    ("Texas Instruments", ()),
    # owners of prefixes whom nobody judged: an own product, a module and a contract are equally likely
    ("Rezolt Corporation", ()),
    ("Formike Electronic Co., Ltd", ()),
    # clouds and names that everybody uses
    ("Espressif Inc.", looks_up("pool.ntp.org", "mqtt.evrythng.com", "s3.amazonaws.com")),
    ("", looks_up("www.google.com", "www.facebook.com", "time.windows.com")),
    ("", looks_up("homeserver.synology.me")),
    ("", looks_up("anna.myfritz.net")),
    ("", named("living-room")),
    # names of the house's own network say what is looked for
    ("Espressif Inc.", looks_up("printer.fritz.box", "camera.lan")),
    ("", named("localhost")),
]  # fmt: skip


@pytest.mark.parametrize(("owner", "told"), SILENT)
def test_without_a_sign_nothing_is_claimed(owner: str, told: Traits) -> None:
    device = judged(owner, told)
    assert (claimed(device.vendor), claimed(device.category), claimed(device.model)) == (None, None, None)


@pytest.mark.parametrize(
    ("owner", "told", "vendor"),
    [
        ("Ingersoll-Rand", looks_up("api.ingersollrand.com"), "Ingersoll-Rand"),
        ("JK microsystems, Inc.", named("jkmicrosystems-12"), "JK microsystems"),
        ("Rezolt Corporation", looks_up("rezolt.example.com"), None),
    ],
)
def test_an_owner_on_no_list_is_the_maker_where_the_device_speaks_of_it(
    owner: str, told: Traits, vendor: str | None
) -> None:
    assert claimed(judged(owner, told).vendor) == vendor


def test_made_up_addresses_are_no_copier() -> None:
    device = Device("x", None, False, (), None, 1, 2)
    CLASSIFIER.classify(device, bytes.fromhex("000000000001"))
    assert device.vendor is None and device.category is None


PERSONAL = {
    "phone": ("iPhone-de-Marie", "iPhonevonAnna", "Galaxy-S20-von-Anna", "Pixel-4a", "RMX3363", "CPH2211", "M2101K6G",
    "Mi-A3", "Nokia-7.2", "LG-G6", "moto-g7",
              "OnePlus-Nord", "HUAWEI_P20_lite-5a2b", "HONOR-9X", "Telefon-Anna", "movil-de-ana",
              "android-0123456789abcdef"),
    "tablet": ("iPad-di-Luca", "Galaxy-Tab-A7", "Fire-HD-8", "MediaPad-T5", "Lenovo-Tab-M10"),
    "computer": ("MacBook-Pro-de-Luis", "iMac-de-Paul", "Macmini", "DESKTOP-7GHTY65", "LAPTOP-7GHTY65A",
    "PC-de-Marie", "USER-PC", "Portatil-Juan", "ordi-salon",
                 "XPS-13", "HP-EliteBook", "ThinkPad-X1", "Surface-Pro", "Chromebook", "ubuntu-desktop", "debian"),
    "server": ("proxmox", "esxi"),
    "router": ("fritz.box", "livebox", "bbox", "speedport", "vodafone-station", "BTHub6", "dlinkrouter", "NETGEAR12",
    "TL-WR841N", "Archer-C6", "OpenWrt", "HUAWEI-B525",
               "GL-MT300N-V2", "Google-Wifi"),
}  # fmt: skip
"""Names under which people's machines and the way out ask for an address, as systems, makers and providers give them,
in several languages."""


@pytest.mark.parametrize(("kind", "name"), [(kind, name) for kind, names in PERSONAL.items() for name in names])
def test_people_s_computers_and_routers_are_distinguished(kind: str, name: str) -> None:
    device = judged("", named(name))
    assert claimed(device.category) == kind and not device.in_scope
