"""Turns hosts into the devices of a made-up home: what each does from power-up on, and how often."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable

from . import tools
from .home_internet import NAMES, RESOLVER, SENSOR_LOGIN
from .lab import Host
from .network import Network
from .tools import PROGRAMS, avahi, dhclient, mosquitto, telnetd, udhcpc, vsftpd

DEVICES = {
    "camera": ("ec:71:db:1c:44:02", 20),
    "printer": ("00:80:77:31:5a:9e", 30),
    "nas": ("00:11:32:7d:02:41", 40),
    "plug": ("68:57:2d:0b:3f:2a", 50),
    "sensor": ("24:0a:c4:88:42:10", 51),
    "thermostat": ("ec:e5:12:04:7b:c3", 52),
    "hub": ("b8:27:eb:6e:10:f4", 60),
    "tv": ("8c:79:f5:20:d1:66", 70),
    "speaker": ("5c:aa:fd:9a:03:18", 71),
    "assistant": ("fc:65:de:42:11:b7", 72),
    "phone": ("5e:3b:91:d4:07:2c", 80),
    "laptop": ("a4:c3:f0:17:6d:05", 90),
    "recorder": ("90:02:a9:5f:33:e1", 95),
}
"""Each device's MAC and the last number of its address in 192.168.178.0/24. The first halves of the MACs belong to real
makers so that a look-up has something to find; nothing here is a product of theirs.
"""

CAMERA, STREAM = ("admin", "admin"), ("viewer", "b4Zr-kamin-20qh")
NAS, NAS_WRONG = ("jonas", "Regenpfeifer-58-uQ"), ("jonas", "regenpfeifer-58")
PLUG, APP = ("plug-hall", "T9wz-laterne-61km"), ("mara", "Ufer!schwalbe-204")
AUDIENCE = {
    "ad_id": "7d1f0c3a-5b2e-4c8d-9a41-0e6b2f7c9d10",
    "email": "mara.lindner@post.example",
    "latitude": 52.51627,
    "longitude": 13.37770,
    "watching": "A film about boats",
}
"""What the TV tells an audience counter in the clear: an invented person, at a public place."""

RECORDER = ("root", "vizxv")
"""A published pair of the Mirai botnet's list."""

MINUTES = 10.0


class Clock:
    """Runs acts at their minutes, one after the other; PCAPS_PACE=0.2 makes a minute last 12 seconds."""

    def __init__(self) -> None:
        self.minute = 60 * float(os.environ.get("PCAPS_PACE", "1"))
        self.begun = time.monotonic()

    def play(self, acts: list[tuple[float, Callable[[], object]]]) -> None:
        for minute, act in sorted(acts, key=lambda pair: pair[0]):
            time.sleep(max(0.0, self.begun + minute * self.minute - time.monotonic()))
            act()

    def every(self, seconds: float, host: Host, script: str) -> None:
        """A device's habit, for the rest of the recording."""
        host.start("sh", "-c", f"while :; do {script}; sleep {seconds * self.minute / 60:.1f}; done")


def boot_small(h: dict[str, Host], net: Network, clock: Clock, ca: bytes) -> list[tuple[float, Callable[[], object]]]:
    """What the devices without a screen do from power-up on."""

    def camera() -> None:
        net.plug(h["camera"], "192.168.178.20")
        udhcpc(h["camera"], "IPC-Garden", "udhcp 1.24.1")
        h["camera"].write("/etc/lab/httpd.conf", f"/:{CAMERA[0]}:{CAMERA[1]}\n")
        h["camera"].sh(
            "mkdir -p /srv/www; gst-launch-1.0 -q videotestsrc num-buffers=1 pattern=snow ! video/x-raw,format=I420,width=160,height=120 ! jpegenc "
            "! filesink location=/srv/www/snapshot.jpg; echo '<html><title>IPC-Garden</title>Network camera</html>' > /srv/www/index.html"
        )
        h["camera"].start(
            "busybox",
            "httpd",
            "-f",
            "-p",
            "80",
            "-h",
            "/srv/www",
            "-c",
            "/etc/lab/httpd.conf",
            "-r",
            "IPCamera",
            tcp=80,
        )
        h["camera"].start(tools.PYTHON, str(PROGRAMS / "rtsp_server.py"), "554", "/live", "basic", *STREAM, tcp=554)
        clock.every(
            55, h["camera"], "curl -s --cacert /etc/lab/ca.pem -A 'IPC/2.800' https://cloud.cameras.example/heartbeat"
        )

    def hub() -> None:
        net.plug(h["hub"], "192.168.178.60")
        udhcpc(h["hub"], "homehub", "udhcp 1.35.0")
        mosquitto(h["hub"], "listener 1883\n", **dict([PLUG, APP]))
        avahi(
            h["hub"],
            (
                "Home Hub",
                "_hap._tcp",
                51826,
                ("md=HomeHub 2", "pv=1.1", "id=0A:11:22:33:44:55", "c#=3", "s#=1", "ff=0", "ci=2", "sf=0"),
            ),
            ("Home Hub", "_mqtt._tcp", 1883, ()),
            name="homehub",
        )

    def plug() -> None:
        net.plug(h["plug"], "192.168.178.50")
        udhcpc(h["plug"], "ESP_0B3F2A", "udhcp 1.19.4")
        h["plug"].run("curl", "-sk", "-A", "smartplug/1.0.9", "https://iot.plugs.example/register")
        clock.every(
            45,
            h["plug"],
            f'mosquitto_pub -h 192.168.178.60 -i plug-hall -u {PLUG[0]} -P {PLUG[1]} -t home/hall/plug/power -m \'{{"on":true,"watt":41.7}}\'',
        )

    def sensor() -> None:
        net.plug(h["sensor"], "192.168.178.51")
        udhcpc(h["sensor"], "sensor-8842", "udhcp 1.19.4")
        clock.every(
            60,
            h["sensor"],
            f"mosquitto_pub -q 1 -h mqtt.sensors.example -i sns-8842 -u {SENSOR_LOGIN[0]} -P {SENSOR_LOGIN[1]} "
            '-t up/8842/climate -m \'{"temperature":21.4,"humidity":48}\'',
        )

    def thermostat() -> None:
        net.plug(h["thermostat"], "192.168.178.52")
        udhcpc(h["thermostat"], "thermo-living", "udhcp 1.29.3")
        clock.every(
            70,
            h["thermostat"],
            "curl -s --cacert /etc/lab/ca.pem -A 'thermo/2.4.0' -d '{\"t\":20.5}' https://api.thermo.example/v1/state",
        )

    def assistant() -> None:
        net.plug(h["assistant"], "192.168.178.72")
        udhcpc(h["assistant"], "", "udhcp 1.30.1")
        h["assistant"].sh(f"dig +short @{RESOLVER} voice.assistant.example")
        h["assistant"].start(
            "openssl",
            "s_client",
            "-quiet",
            "-connect",
            f"{NAMES['voice.assistant.example']}:443",
            "-servername",
            "voice.assistant.example",
        )
        clock.every(
            65,
            h["assistant"],
            "curl -s --cacert /etc/lab/ca.pem --tls-max 1.2 -A 'assistant/9' https://voice.assistant.example/ping",
        )

    for name in ("camera", "thermostat", "assistant", "laptop", "phone"):
        h[name].write("/etc/lab/ca.pem", ca)
    return [(0.05, camera), (0.1, hub), (0.3, plug), (0.4, sensor), (0.5, thermostat), (0.6, assistant)]


def boot_large(h: dict[str, Host], net: Network, clock: Clock) -> list[tuple[float, Callable[[], object]]]:
    """What the devices with a screen, a disk or paper do from power-up on."""

    def printer() -> None:
        net.plug(h["printer"], "192.168.178.30")
        dhclient(
            h["printer"],
            'send host-name "BRW0080773"; send vendor-class-identifier "Brother HL series";\nrequest subnet-mask, routers, domain-name-servers;\n',
        )
        h["printer"].write(
            "/etc/lab/snmpd.conf",
            "rocommunity public\nsysDescr Office printer HL-5\nsysName BRW0080773\nagentAddress udp:161\n",
        )
        h["printer"].start("snmpd", "-f", "-Lo", "-C", "-c", "/etc/lab/snmpd.conf", udp=161)
        avahi(
            h["printer"],
            (
                "Office printer HL-5",
                "_ipp._tcp",
                631,
                (
                    "txtvers=1",
                    "rp=ipp/print",
                    "ty=Office printer HL-5",
                    "product=(HL-5)",
                    "pdl=application/pdf,image/urf",
                ),
            ),
            ("Office printer HL-5", "_pdl-datastream._tcp", 9100, ("txtvers=1", "ty=Office printer HL-5")),
            name="BRW0080773",
        )

    def nas() -> None:
        net.plug(h["nas"], "192.168.178.40")
        dhclient(h["nas"], 'send host-name "nas-cellar";\n')
        h["nas"].user(*NAS)
        h["nas"].write("/home/jonas/recipes.txt", "Lentil soup: lentils, carrots, an onion.\n" * 20)
        vsftpd(h["nas"], "ftpd_banner=Welcome to the cellar.\n")
        h["nas"].sh("mkdir -p /srv/media /run/minidlna; cp /usr/share/pixmaps/* /srv/media 2>/dev/null || true")
        h["nas"].write(
            "/etc/lab/minidlna.conf",
            "media_dir=/srv/media\nfriendly_name=nas-cellar\ndb_dir=/run/minidlna\nlog_dir=/run/minidlna\nport=8200\n"
            "network_interface=eth0\nnotify_interval=120\nmodel_name=Cellar Media\n",
        )
        h["nas"].start("minidlnad", "-S", "-f", "/etc/lab/minidlna.conf", "-P", "/run/minidlna.pid", tcp=8200)
        avahi(
            h["nas"],
            ("nas-cellar", "_smb._tcp", 445, ()),
            ("nas-cellar", "_device-info._tcp", 0, ("model=DS-Cellar",)),
            name="nas-cellar",
        )

    def tv() -> None:
        net.plug(h["tv"], "192.168.178.70")
        dhclient(
            h["tv"],
            'send host-name "LivingRoomTV";\nrequest subnet-mask, routers, domain-name-servers, broadcast-address;\n',
        )
        h["tv"].sh("gssdp-discover -i eth0 -t urn:schemas-upnp-org:device:MediaServer:1 -n 4; true")
        agent = "-A 'Mozilla/5.0 (SMART-TV; Linux; TVOS 6.0) AppleWebKit/538.1'"
        clock.every(
            90,
            h["tv"],
            f"curl -s {agent} http://192.168.178.40:8200/rootDesc.xml; for n in 1 2 3; do curl -s {agent} http://img.streams.example/poster$n.jpg; done; "
            f"curl -sk {agent} --tls-max 1.0 --ciphers DEFAULT:@SECLEVEL=0 https://tv.streams.example/guide; "
            f"curl -s {agent} -H 'Content-Type: application/json' -d '{json.dumps(AUDIENCE)}' http://count.audience.example/v1/seen",
        )

    def speaker() -> None:
        net.plug(h["speaker"], "192.168.178.71")
        udhcpc(h["speaker"], "SonicOne-Kitchen", "udhcp 1.33.2")
        h["speaker"].write("/etc/lab/chrony.conf", "server pool.ntp.example iburst minpoll 4 maxpoll 5\ncmdport 0\n")
        h["speaker"].start("chronyd", "-d", "-x", "-u", "root", "-f", "/etc/lab/chrony.conf")
        avahi(
            h["speaker"],
            (
                "SonicOne Kitchen",
                "_googlecast._tcp",
                8009,
                ("id=3f1d0c62a7d84e0f", "md=SonicOne", "fn=Kitchen", "ve=05"),
            ),
            ("SonicOne Kitchen", "_spotify-connect._tcp", 4070, ("CPath=/zc", "VERSION=1.0")),
            name="SonicOne-Kitchen",
        )

    def recorder() -> None:
        net.plug(h["recorder"], "192.168.178.95")
        udhcpc(h["recorder"], "DVR", "udhcp 1.18.4")
        h["recorder"].run("chpasswd", text=":".join(RECORDER) + "\n")
        telnetd(h["recorder"])

    def phone() -> None:
        net.plug(h["phone"], "192.168.178.80")
        dhclient(
            h["phone"],
            'send host-name "maras-phone"; send vendor-class-identifier "android-dhcp-14";\n'
            "request subnet-mask, routers, domain-name-servers, domain-name, interface-mtu, broadcast-address, dhcp-lease-time;\n",
        )
        avahi(h["phone"], name="maras-phone", allow_query_only=True)

    def laptop() -> None:
        net.plug(h["laptop"], "192.168.178.90")
        dhclient(h["laptop"], 'send host-name "jonas-laptop";\n')
        avahi(h["laptop"], name="jonas-laptop", allow_query_only=True)

    return [(0.15, printer), (0.2, nas), (0.35, tv), (0.45, speaker), (0.55, recorder), (0.7, phone), (0.8, laptop)]
