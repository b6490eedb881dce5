"""Turns a home before and after a change into two captures that are set against each other."""

from __future__ import annotations

import dataclasses

from .lab import Failed, Host
from .network import Network
from .scenario import LAPTOP, Scene, scenario
from .scene_http import get
from .tools import PROGRAMS, PYTHON, Authority, dnsmasq, mosquitto, udhcpc

PACKAGES = [
    "dnsmasq-base", "busybox", "udhcpc", "curl", "mosquitto", "mosquitto-clients", "openssl", "gnutls-bin", "python3",
]  # fmt: skip
CRAFTED = (
    "the clouds are our own (`recipes/programs/sink.py`, on Python's http.server); the devices' requests are curl's"
)
CLOUD, BROKER = "203.0.113.45", "203.0.113.40"
NAMES = {"iot.plugs.example": CLOUD, "scale.health.example": CLOUD, "mqtt.sensors.example": BROKER}

HALL, KITCHEN = "68:57:2d:4e:53:11", "68:57:2d:4e:53:22"
"""The two units of one model; the first halves of the MACs belong to a real maker, whose products took no part."""

DEVICES = {
    "hall": (HALL, 51, "shellyplug-s-4E5311"),
    "kitchen": (KITCHEN, 52, "shellyplug-s-4E5322"),
    "camera": ("ec:71:db:4e:53:20", 20, "IPC-Yard"),
    "sensor": ("24:0a:c4:4e:53:51", 61, "sensor-2207"),
    "scale": ("d8:80:39:4e:53:30", 30, "scale"),
    "laptop": (LAPTOP, 90, "laptop"),
}
"""Each device's MAC, the last number of its address in 192.168.50.0/24, and its name in DHCP."""

ACCOUNTS = {"hall": ("plug-hall", "Wiesen-knopf-4471"), "kitchen": ("plug-kitchen", "Ginster*blatt-88")}
FACTORY, OWN = ("admin", "admin"), ("admin", "Sauer-ampfer:2026")
SENSOR = ("sensor-2207", "hV3-feld-lerche-9")
MAIL = "nele.brandt@example.com"


@dataclasses.dataclass
class Home:
    """The devices, by name, and the cloud."""

    scene: Scene
    devices: dict[str, Host]
    cloud: Host

    def join(self, *names: str) -> None:
        """Power-up: an address by DHCP."""
        for name in names:
            host, (_, last, called) = self.devices[name], DEVICES[name]
            self.scene.net.plug(host, f"192.168.50.{last}")
            udhcpc(host, called, "udhcp 1.24.1")
            self.scene.truth.device(host, hostname=called)

    def send(self, name: str, url: str, *how: str) -> None:
        """What a device tells its cloud, which says 204."""
        done = self.devices[name].run("curl", "-s", "-o", "/dev/null", "-w", "%{http_code}", *how, url, check=False)
        if b"204" not in done.stdout:
            raise Failed(f"the cloud did not take it: {done.stdout!r}")

    def report_readable(self, name: str) -> None:
        """A plug of the old firmware: its state and its login over plain HTTP."""
        user, secret = ACCOUNTS[name]
        for watts in ("4.1", "57.3"):
            state = ("-H", "Content-Type: application/json", "-d", f'{{"relay": "on", "power": {watts}}}')
            self.send(name, "http://iot.plugs.example/v1/report", "-u", f"{user}:{secret}", *state)
        self.scene.truth.login(self.devices[name], self.cloud, "http", user, secret, None)


def home(scene: Scene, wan: Network, camera: tuple[str, str]) -> Home:
    """Starts what does not change: the router with its names, the cloud, the broker, the camera's page."""
    devices = {}
    for name, (mac, _, _) in DEVICES.items():
        devices[name] = scene.net.host(name, mac, plugged=False)
    router = scene.net.host("router", "3c:a6:2f:4e:53:01", "192.168.50.1/24")
    scene.truth.device(router)
    cloud = wan.host("cloud", "02:00:5e:00:53:01", "198.51.100.1/24", f"{CLOUD}/32", f"{BROKER}/32")
    cloud.address = CLOUD
    router.join(wan.bridge, "3c:a6:2f:4e:53:02", "198.51.100.2/24", port="w2", interface="wan0")
    router.sh("echo 1 > /proc/sys/net/ipv4/ip_forward; ip route add 203.0.113.0/24 via 198.51.100.1")
    cloud.run("ip", "route", "add", "192.168.50.0/24", "via", "198.51.100.2")
    leases = "".join(f"dhcp-host={mac},192.168.50.{last}\n" for mac, last, _ in DEVICES.values())
    names = "".join(f"host-record={name},{address}\n" for name, address in NAMES.items())
    dnsmasq(
        router,
        f"interface=eth0\nbind-interfaces\ndhcp-range=192.168.50.100,192.168.50.150,1h\ndhcp-option=3,192.168.50.1\n{leases}{names}",
    )
    authority = Authority(cloud)
    authority.give(cloud, "plugs", "iot.plugs.example")
    devices["kitchen"].write("/etc/lab/ca.pem", authority.root)
    cloud.start(PYTHON, str(PROGRAMS / "sink.py"), "80", tcp=80)
    cloud.start(PYTHON, str(PROGRAMS / "sink.py"), "443", "/etc/lab/plugs.pem", "/etc/lab/plugs.key", tcp=443)
    mosquitto(cloud, "listener 1883\n", **dict([SENSOR]))
    devices["camera"].write("/etc/lab/httpd.conf", f"/:{camera[0]}:{camera[1]}\n")
    devices["camera"].write("/srv/www/index.html", "<html><title>IPC-Yard</title>Network camera</html>\n")
    return Home(scene, devices, cloud)


def serve(camera: Host) -> None:
    """The camera's page, once it has its address."""
    camera.start(
        "busybox", "httpd", "-f", "-p", "80", "-h", "/srv/www", "-c", "/etc/lab/httpd.conf", "-r", "IPCamera", tcp=80
    )


def look(home: Home, status: int, login: tuple[str, str], accepted: bool) -> None:
    """The laptop asks for the camera's page: without a login first, as a browser does."""
    laptop, camera = home.devices["laptop"], home.devices["camera"]
    get(laptop, 401, f"http://{camera.address}/")
    get(laptop, status, "-u", ":".join(login), f"http://{camera.address}/")
    home.scene.truth.login(laptop, camera, "http", *login, accepted)


@scenario("change_before", PACKAGES, crafted=CRAFTED)
def change_before(scene: Scene) -> None:
    """A home before a change: two plugs of one model, a camera with its factory password, a sensor

    A router, two plugs (units of one model), a camera, a sensor and a laptop. Both plugs report to their cloud over
    plain HTTP with a login. The camera takes the pair it left the factory with. The sensor logs in to a broker on the
    internet. `change_after` is the same home after a change; both are for `lanwitness compare`.
    """
    (scene.work / "wan").mkdir()
    with Network(scene.work / "wan", "wan") as wan:
        at = home(scene, wan, FACTORY)
        with scene.net.recording(scene.capture):
            at.join("hall", "kitchen", "camera", "sensor", "laptop")
            serve(at.devices["camera"])
            for name in ("hall", "kitchen"):
                at.report_readable(name)
            look(at, 200, FACTORY, accepted=True)
            sensor = at.devices["sensor"]
            argv = (
                "-h",
                "mqtt.sensors.example",
                "-u",
                SENSOR[0],
                "-P",
                SENSOR[1],
                "-t",
                "yard/temperature",
                "-m",
                "11.4",
            )
            sensor.run("mosquitto_pub", *argv)
        at.cloud.address = BROKER
        scene.truth.login(sensor, at.cloud, "mqtt", *SENSOR, True)
        laptop, camera = at.devices["laptop"], at.devices["camera"]
        scene.truth.finding("credential.default", laptop, camera, "http", username="admin", accepted=True)


@scenario("change_after", PACKAGES, crafted=CRAFTED)
def change_after(scene: Scene) -> None:
    """The same home after a change: one plug updated, the camera's password set, a new scale, the sensor off

    The kitchen's plug reports over HTTPS; the hall's plug is as it was. The camera refuses the pair it left the factory
    with and takes its owner's own password, still over plain HTTP. The sensor is switched off: nothing can be said of
    it. A new scale tells its cloud an e-mail address over plain HTTP.
    """
    (scene.work / "wan").mkdir()
    with Network(scene.work / "wan", "wan") as wan:
        at = home(scene, wan, OWN)
        with scene.net.recording(scene.capture):
            at.join("hall", "kitchen", "camera", "scale", "laptop")
            serve(at.devices["camera"])
            at.report_readable("hall")
            user, secret = ACCOUNTS["kitchen"]
            secured = ("--cacert", "/etc/lab/ca.pem", "-u", f"{user}:{secret}", "-d", '{"relay": "on", "power": 57.3}')
            at.send("kitchen", "https://iot.plugs.example/v1/report", *secured)
            look(at, 401, FACTORY, accepted=False)
            look(at, 200, OWN, accepted=True)
            at.send("scale", "http://scale.health.example/v1/weight", "-d", f'{{"user": "{MAIL}", "kg": 71.4}}')
        scale = at.devices["scale"]
        scene.truth.finding("personal.email", scale, at.cloud, "http")
        scene.truth.never("credential.default")
