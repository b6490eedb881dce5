"""Turns a made-up home, from power-up to the end of ten minutes, into the capture that the README of the
project shows.
"""

from __future__ import annotations

from collections.abc import Callable

from .home_devices import (
    APP,
    CAMERA,
    DEVICES,
    MINUTES,
    NAS,
    NAS_WRONG,
    PLUG,
    RECORDER,
    STREAM,
    Clock,
    boot_large,
    boot_small,
)
from .home_internet import NAMES, ROUTER_LOGIN, SENSOR_LOGIN, internet, router
from .lab import Failed, Host
from .network import Network
from .scenario import Scene, scenario
from .tools import AIOQUIC, PROGRAMS, dialog


def people(h: dict[str, Host]) -> list[tuple[float, Callable[[], object]]]:
    """What the two people of the home do with phone and laptop, and what they set the thermostat and the speaker to."""
    laptop, phone = h["laptop"], h["phone"]
    browser = ("curl", "-s", "-A", "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0")

    def web(path: str, code: int, *more: str) -> Callable[[], object]:
        def act() -> None:
            said = laptop.run(*browser, "-o", "/dev/null", "-w", "%{http_code}", *more, path).stdout
            if said != b"%d" % code:
                raise Failed(f"{path}: {said!r} instead of {code}")

        return act

    def page(host: Host, address: str, login: tuple[str, str], path: str) -> Callable[[], object]:
        def act() -> None:
            web(f"http://{address}{path}", 401)()
            web(f"http://{address}{path}", 200, "-u", ":".join(login))()

        return act

    def ftp(login: tuple[str, str], code: int) -> Callable[[], object]:
        def act() -> None:
            done = laptop.run("curl", "-s", "-u", ":".join(login), "ftp://192.168.178.40/recipes.txt", check=False)
            if done.returncode != code:
                raise Failed(f"ftp ended with {done.returncode}")

        return act

    def telnet() -> None:
        shown = dialog(
            laptop,
            ["telnet", "192.168.178.95"],
            [("login:", RECORDER[0] + "\r"), ("assword:", RECORDER[1] + "\r"), ("# ", "uptime\r"), ("# ", "exit\r")],
            pace=0.09,
        )
        if "load average" not in shown:
            raise Failed(f"telnet: {shown}")

    def stream() -> None:
        laptop.sh(
            f"timeout 6 gst-launch-1.0 -q rtspsrc location=rtsp://192.168.178.20/live user-id={STREAM[0]} user-pw={STREAM[1]} protocols=tcp ! fakesink; true"
        )

    def h3() -> None:
        phone.run(
            str(AIOQUIC),
            str(PROGRAMS / "http3.py"),
            "get",
            NAMES["video.example"],
            "443",
            "video.example",
            "/",
            "/etc/lab/ca.pem",
        )

    def firmware() -> None:
        h["thermostat"].sh(
            "curl -s -A thermo/2.4.0 http://fw.thermo.example/v2/manifest.json && curl -s -A thermo/2.4.0 -o /dev/null http://fw.thermo.example/v2/thermo-2.4.1.bin"
        )

    def app() -> None:
        phone.sh(
            f"timeout 20 mosquitto_sub -h 192.168.178.60 -i app-mara -u {APP[0]} -P '{APP[1]}' -t 'home/#' -C 1; true",
            timeout=40,
        )

    def paper() -> None:
        laptop.sh("snmpget -v1 -c public 192.168.178.30 1.3.6.1.2.1.1.1.0; avahi-browse -rpt _ipp._tcp")

    secure = ("--cacert", "/etc/lab/ca.pem")
    return [
        (1.2, page(h["router"], "192.168.178.1", ROUTER_LOGIN, "/")),
        (1.8, web("https://www.news.example/", 200, *secure)),
        (
            2.0,
            lambda: phone.run(
                "curl", "-s", "--cacert", "/etc/lab/ca.pem", "-A", "NewsApp/7 (Android 14)", "https://www.news.example/"
            ),
        ),
        (2.3, h3),
        (2.6, lambda: phone.sh("avahi-browse -rpt _googlecast._tcp")),
        (3.0, page(h["camera"], "192.168.178.20", CAMERA, "/snapshot.jpg")),
        (3.4, stream),
        (4.0, ftp(NAS_WRONG, 67)),
        (4.2, ftp(NAS, 0)),
        (4.8, paper),
        (5.2, app),
        (5.8, telnet),
        (
            6.4,
            lambda: h["speaker"].run(
                "curl", "-s", "-A", "SonicOne/3.1", "-o", "/dev/null", "http://radio.example/morning.mp3"
            ),
        ),
        (7.0, firmware),
        (7.6, lambda: laptop.sh("avahi-browse -rpt _smb._tcp")),
        (8.2, h3),
        (8.6, web("https://www.news.example/", 200, *secure)),
        (9.0, page(h["camera"], "192.168.178.20", CAMERA, "/")),
        (MINUTES, lambda: None),
    ]


@scenario(
    "home",
    [
        "dnsmasq-base",
        "nginx-light",
        "busybox",
        "udhcpc",
        "isc-dhcp-client",
        "avahi-daemon",
        "mosquitto",
        "mosquitto-clients",
        "vsftpd",
        "minidlna",
        "snmpd",
        "snmp",
        "inetutils-telnetd",
        "inetutils-telnet",
        "libgstrtspserver-1.0-0",
        "gstreamer1.0-plugins-good",
        "chrony",
        "curl",
        "openssl",
        "gnutls-bin",
        "gupnp-tools",
        "u-boot-tools",
        "squashfs-tools",
        "pip:aioquic",
    ],
    suffix=".pcapng",
)
def home(scene: Scene) -> None:
    """a home of fourteen devices, from power-up on

    A router, a camera, an old video recorder, a printer, a NAS, a hub with an MQTT broker, a plug, a temperature
    sensor, a thermostat, a TV, a speaker, a voice assistant, a phone (random MAC) and a laptop get their addresses by
    DHCP and do what such devices do. Two invented people, Mara and Jonas, look at the camera, fetch a recipe from the
    NAS (one wrong password first), ask the printer for its name, watch, and log in to the router and to the recorder.
    What lies outside the home (clouds, radio, firmware, a broker, time) is one host with addresses of RFC 5737 and
    names of RFC 2606; the router only forwards, without NAT, so the home's side is as it always is.

    In the clear on purpose: HTTP Basic of the router's page and of the camera (factory pair admin/admin), RTSP Basic,
    FTP, Telnet with a pair of Mirai's published list (root/vizxv), MQTT in the home (plug, app) and to the internet
    (sensor), SNMP v1 `public`, a firmware with its manifest, a camera's picture, the TV's pictures, radio, and what the
    TV tells an audience counter (an address for mail, an advertising id, a place; all invented). Weak on purpose: the
    TV's TLS 1.0, the expired self-signed certificate that the plug accepts. Sound: the rest of TLS, HTTP/2, HTTP/3.

    The MAC prefixes are those of real makers, so that a vendor look-up has something to find; no product of theirs took
    part. The small programs of devices are busybox, curl, mosquitto and GStreamer under the names that such devices
    give.
    """
    with Network(scene.work, "wan") as wan:
        h = {name: scene.net.host(name, mac, plugged=False) for name, (mac, _) in DEVICES.items()}
        outside, ca = internet(scene.net, wan)
        reservations = "".join(f"dhcp-host={mac},192.168.178.{last}\n" for mac, last in DEVICES.values())
        with scene.net.recording(scene.capture):
            h["router"] = router(scene.net, wan, reservations)
            clock = Clock()
            clock.play(boot_small(h, scene.net, clock, ca.root) + boot_large(h, scene.net, clock) + people(h))
    tell(scene, h, outside)


def tell(scene: Scene, h: dict[str, Host], outside: Host) -> None:
    """The truth, from what the acts above do."""
    truth = scene.truth
    said = {
        "camera": "IPC-Garden",
        "printer": "BRW0080773",
        "nas": "nas-cellar",
        "plug": "ESP_0B3F2A",
        "sensor": "sensor-8842",
        "thermostat": "thermo-living",
        "hub": "homehub",
        "tv": "LivingRoomTV",
        "speaker": "SonicOne-Kitchen",
        "recorder": "DVR",
        "phone": "maras-phone",
        "laptop": "jonas-laptop",
    }
    makers = {
        "router": "AVM",
        "camera": "Reolink",
        "printer": "Brother",
        "nas": "Synology",
        "plug": "Tuya",
        "sensor": "Espressif",
        "thermostat": "tado",
        "hub": "Raspberry Pi",
        "tv": "Samsung",
        "speaker": "Sonos",
        "assistant": "Amazon",
        "laptop": "Intel",
        "recorder": "Dahua",
    }
    for name, host in h.items():
        truth.device(host, hostname=said.get(name), oui=makers.get(name), kind=name)
    laptop = h["laptop"]
    truth.login(laptop, h["router"], "http", *ROUTER_LOGIN, True)
    truth.login(laptop, h["camera"], "http", *CAMERA, True)
    truth.login(laptop, h["camera"], "http", *CAMERA, True, rule="credential.default")
    truth.login(laptop, h["camera"], "rtsp", *STREAM, True)
    truth.login(laptop, h["nas"], "ftp", *NAS_WRONG, False)
    truth.login(laptop, h["nas"], "ftp", *NAS, True)
    truth.login(laptop, h["recorder"], "telnet", *RECORDER, True)
    truth.login(laptop, h["recorder"], "telnet", *RECORDER, True, rule="credential.default")
    truth.login(h["plug"], h["hub"], "mqtt", *PLUG, True)
    truth.login(h["phone"], h["hub"], "mqtt", *APP, True)
    truth.login(h["sensor"], outside, "mqtt", *SENSOR_LOGIN, True)
    truth.finding("credential.cleartext", laptop, h["printer"], "snmp", mechanism="community")

    def out(name: str) -> Host:
        place = object.__new__(Host)
        place.name, place.mac, place.address = name, outside.mac, NAMES[name]
        return place

    truth.finding("transfer.unencrypted", h["sensor"], outside, "mqtt", application="mqtt")
    truth.finding(
        "transfer.unencrypted",
        h["thermostat"],
        out("fw.thermo.example"),
        "http",
        application="http",
        content="firmware",
    )
    truth.finding("update.cleartext", h["thermostat"], out("fw.thermo.example"), "http")
    truth.finding(
        "transfer.unencrypted", h["tv"], out("img.streams.example"), "http", application="http", content="image"
    )
    truth.finding(
        "transfer.unencrypted", h["speaker"], out("radio.example"), "http", application="http", content="audio"
    )
    truth.finding("transfer.unencrypted", laptop, h["camera"], "http", application="http", content="image")
    truth.finding("tls.certificate", h["plug"], out("iot.plugs.example"), "tls", why=["expired", "self_signed"])
    truth.finding("tls.version", h["tv"], out("tv.streams.example"), "tls")
    for category in ("email", "location", "advertising_id"):
        truth.finding(f"personal.{category}", h["tv"], out("count.audience.example"), "http")
    # EN 303 645 5.1-3 (shall): users are authenticated against the device with best practice cryptography; here
    # passwords that the device accepts cross as they are typed.
    truth.verdict(h["camera"], "no_default_passwords", "violated")
    truth.verdict(h["recorder"], "no_default_passwords", "violated")
    truth.never("credential.guessable")
    truth.names.extend(name for name in NAMES if name != "video.example")
    truth.facts["devices"] = len(h)
