"""Turns a bathroom scale that tells a service on the internet about its owner, in every encoding, into a capture and
two twins that must stay silent.
"""

from __future__ import annotations

import base64
import dataclasses
import gzip
import hashlib
import json
import zlib
from collections.abc import Callable
from urllib.parse import urlencode

from .lab import Failed, Host
from .network import Network
from .scenario import Scene, scenario
from .tools import PROGRAMS, PYTHON, Authority, mosquitto

PACKAGES = ["curl", "mosquitto", "mosquitto-clients", "socat", "python3"]
CRAFTED = (
    "the collecting service is our own (`recipes/programs/sink.py`, on Python's http.server); "
    "the scale's requests are those of curl, mosquitto_pub and socat"
)
CLOUD = "203.0.113.80"


@dataclasses.dataclass(frozen=True)
class Person:
    """What the scale knows of somebody."""

    mail: str
    phone: str
    name: str
    street: str
    latitude: float
    longitude: float
    ssid: str
    account: str
    serial: str


ANNA = Person(
    "anna.lindqvist@example.com", "+44 20 7946 0123", "Anna Lindqvist", "17 Sample Lane", 52.520008, 13.404954,
    "Lindqvist Upstairs", "alindq75", "SC-2041-7788-AB",
)  # fmt: skip
HANNA = Person(
    "johanna.lindqvist@example.com", "+44 20 7946 0987", "Johanna Lindqvist", "117 Sample Lane", 48.137154, 11.576124,
    "Lindqvist Downstairs", "balindq75", "SC-2041-7788-ABC",
)  # fmt: skip
MATEO, OTHER = "mateo.fuentes@example.org", "amateo.fuentes@example.org"
NUMBERS = "+442079460456", "+442079460789"
"""Hashed as trackers do, of the second person and of a stranger."""


@dataclasses.dataclass
class Stage:
    """The home (scale and router), the internet behind it, and what the scale has told."""

    scene: Scene
    scale: Host
    cloud: Host
    tls: bool = False
    acts: list[tuple[str | None, str, str, list[str]]] = dataclasses.field(default_factory=list)

    def web(self, kind: str, encoding: list[str], *argv: str, persona: str = "anna", path: str = "/v1/report") -> None:
        """A request of curl; the last argument is the path."""
        scheme = "https" if self.tls else "http"
        done = self.scale.run(
            "curl", "-s", "-k", "-o", "/dev/null", "-w", "%{http_code}", *argv, f"{scheme}://{CLOUD}{path}"
        )
        if b"204" not in done.stdout:
            raise Failed(f"the service did not take it: {done.stdout!r}")
        self.acts.append(("http", persona, kind, encoding))

    def topic(self, kind: str, encoding: list[str], topic: str, message: bytes) -> None:
        """A message over MQTT."""
        self.scale.write("/run/message", message)
        secured = ["-p", "8883", "--cafile", "/etc/lab/root.pem", "--insecure"] if self.tls else []
        self.scale.run("mosquitto_pub", "-h", CLOUD, *secured, "-i", "scale-1", "-t", topic, "-f", "/run/message")
        self.acts.append(("mqtt", "anna", kind, encoding))

    def raw(self, kind: str, encoding: list[str], data: bytes, *, udp: bool = False) -> None:
        """Bytes of no protocol that anybody knows."""
        self.scale.write("/run/message", data)
        target = f"OPENSSL:{CLOUD}:7071,verify=0" if self.tls else f"{'UDP' if udp else 'TCP'}:{CLOUD}:7070"
        self.scale.sh(f"socat -u OPEN:/run/message {target}")
        self.acts.append((None, "anna", kind, encoding))


def tell(stage: Stage, who: Person, hashed: tuple[str, str]) -> None:
    """Everything, once in each encoding."""
    post = ["-H", "Content-Type: application/json", "--data-binary"]
    digits = who.phone.replace(" ", "")
    mail, number = hashed
    stage.web("email", ["url"], path="/v1/ping?" + urlencode({"fw": "1.4", "user": who.mail}))
    stage.web("name", ["plain"], *post, json.dumps({"weight": 71.4, "owner": who.name.upper()}))
    stage.web("phone", ["plain"], *post, json.dumps({"contact": {"tel": digits}}))
    stage.scale.write("/run/body", gzip.compress(json.dumps({"street": who.street, "unit": "kg"}).encode(), mtime=0))
    stage.web("address", ["plain"], "-H", "Content-Encoding: gzip", *post, "@/run/body")
    stage.web("location", ["plain"], *post, json.dumps({"lat": who.latitude, "lng": who.longitude}))
    for before in ("", "u", "id"):
        word = base64.b64encode(f"{before} {who.account}:7".encode()).decode()
        stage.web("account", ["base64"], "-H", f"X-Client: {word}")
    stage.web("ssid", ["hex"], path="/v1/net?s=" + who.ssid.encode().hex())
    stage.web("email", ["hex", "sha256"], persona="mateo", path="/t?e=" + hashlib.sha256(mail.encode()).hexdigest())
    stage.web("email", ["hex", "md5"], persona="mateo", path="/t?e=" + hashlib.md5(mail.encode()).hexdigest().upper())
    sha1 = base64.b64encode(hashlib.sha1(number.encode()).digest()).decode()
    stage.web("phone", ["base64", "sha1"], *post, json.dumps({"p": sha1}), persona="mateo")
    stage.web("phone", ["hex", "sha512"], *post, hashlib.sha512(number.encode()).hexdigest(), persona="mateo")
    stage.web("serial", ["plain"], "-H", "Transfer-Encoding: chunked", *post, json.dumps({"sn": who.serial}))
    stage.topic("account", ["plain"], f"scales/{who.account}/weight", b'{"kg":71.4}')
    stage.topic("name", ["gzip"], "scales/1/profile", gzip.compress(f'{{"n":"{who.name}"}}'.encode(), mtime=0))
    packed = base64.b64encode(zlib.compress(f'{{"m":"{who.mail}","kg":[71.4,71.2,71.0]}}'.encode()))
    stage.topic("email", ["base64", "deflate"], "scales/1/sync", packed)
    stage.raw("ssid", ["utf-16"], b"\x01\x00\x2a\x00" + who.ssid.encode("utf-16-le") + b"\0\0" + bytes(range(200, 240)))
    stage.raw(
        "name",
        ["plain"],
        b"\xa2\x61\x6e" + bytes((0x60 + len(who.name),)) + who.name.encode() + b"\x61\x6b\x18\x47",
        udp=True,
    )


def home(scene: Scene, act: Callable[[Stage], None], *, tls: bool = False) -> Stage:
    """Builds it, lets the scale talk while it is recorded."""
    work = scene.work / "wan"
    work.mkdir()
    scale = scene.net.host("scale", "24:0a:c4:4e:51:61", "192.168.50.61/24", gateway="192.168.50.1")
    router = scene.net.host("router", "3c:a6:2f:4e:51:01", "192.168.50.1/24")
    with Network(work, "wan") as wan:
        cloud = wan.host("cloud", "02:00:5e:00:53:01", "198.51.100.1/24", f"{CLOUD}/32")
        cloud.address = CLOUD
        router.join(wan.bridge, "3c:a6:2f:4e:51:02", "198.51.100.2/24", port="w2", interface="wan0")
        router.sh("echo 1 > /proc/sys/net/ipv4/ip_forward; ip route add 203.0.113.0/24 via 198.51.100.1")
        cloud.run("ip", "route", "add", "192.168.50.0/24", "via", "198.51.100.2")
        stage = Stage(scene, scale, cloud, tls)
        if tls:
            authority = Authority(cloud)
            authority.give(cloud, "web", "collect.example", address=CLOUD)
            scale.write("/etc/lab/root.pem", authority.root)
            pair = ["/etc/lab/web.pem", "/etc/lab/web.key"]
            cloud.start(PYTHON, str(PROGRAMS / "sink.py"), "443", *pair, tcp=443)
            listener = f"listener 8883\ncertfile {pair[0]}\nkeyfile {pair[1]}\nallow_anonymous true\n"
            mosquitto(cloud, listener, tcp=8883)
            cloud.start(
                "socat",
                "-u",
                f"OPENSSL-LISTEN:7071,fork,reuseaddr,cert={pair[0]},key={pair[1]},verify=0",
                "/dev/null",
                tcp=7071,
            )
        else:
            cloud.start(PYTHON, str(PROGRAMS / "sink.py"), "80", tcp=80)
            mosquitto(cloud, "listener 1883\nallow_anonymous true\n", tcp=1883)
            cloud.start("socat", "-u", "TCP-LISTEN:7070,fork,reuseaddr", "/dev/null", tcp=7070)
            cloud.start("socat", "-u", "UDP-LISTEN:7070,fork,reuseaddr", "/dev/null", udp=7070)
        with scene.net.recording(scene.capture):
            act(stage)
    scene.truth.device(scale)
    scene.truth.device(router)
    return stage


@scenario("personas", PACKAGES, crafted=CRAFTED)
def personas(scene: Scene) -> None:
    """A scale tells the internet about two test persons, once in each encoding

    The people are those of `pcaps/personas.toml`. By HTTP (query, JSON, gzip, chunks, base64 at its three offsets, hex,
    hashes in hex and base64), by MQTT (topic, gzip, deflate in base64) and in bytes of no known protocol over TCP
    (UTF-16) and UDP (CBOR).
    """
    stage = home(scene, lambda stage: tell(stage, ANNA, (MATEO, NUMBERS[0])))
    for protocol, persona, kind, encoding in stage.acts:
        scene.truth.finding(
            "personal.persona",
            stage.scale,
            stage.cloud,
            protocol,
            iot=stage.scale,
            persona=persona,
            kind=kind,
            encoding=encoding,
        )


@scenario("personas_strangers", PACKAGES, crafted=CRAFTED)
def personas_strangers(scene: Scene) -> None:
    """The same of people with similar names and numbers: the twin in which no test person is

    `johanna.lindqvist@…` holds `anna.lindqvist@…`, `balindq75` holds `alindq75`, and so on, in every encoding.
    """
    home(scene, lambda stage: tell(stage, HANNA, (OTHER, NUMBERS[1])))
    scene.truth.never("personal.persona")


@scenario("personas_tls", [*PACKAGES, "openssl"], crafted=CRAFTED)
def personas_tls(scene: Scene) -> None:
    """The same over TLS: the twin in which nothing can be read

    HTTPS, MQTT and socat's own TLS. The scale accepts any certificate; that is another matter, and is in the clear as
    far as TLS 1.3 lets it.
    """
    home(scene, lambda stage: tell(stage, ANNA, (MATEO, NUMBERS[0])), tls=True)
    scene.truth.never(
        "personal.persona", "personal.email", "personal.name", "personal.phone", "personal.location", "personal.ssid",
        "personal.serial", "personal.account", "personal.address", "transfer.unencrypted",
    )  # fmt: skip
