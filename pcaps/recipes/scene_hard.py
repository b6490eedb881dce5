"""Turns logins that are hard to read (single bytes, losses, tags, tunnels) into captures."""

from __future__ import annotations

import pathlib
import subprocess

from .lab import Failed
from .scenario import Scene, scenario
from .scene_devices import says
from .scene_http import SITE, get
from .scene_mail import WALDO, dovecot, mail_login
from .scene_mqtt import publish
from .scene_traps import basic
from .tools import PROGRAMS, PYTHON, mosquitto, vsftpd


@scenario("one_byte_segments", ["nginx-light", "vsftpd", "mosquitto", "mosquitto-clients", "curl"])
def one_byte_segments(scene: Scene) -> None:
    """Logins over FTP, HTTP and MQTT, each byte in a segment of its own

    The programs are real; a relay on the client's side (`recipes/programs/drip.py`) sends each byte they say alone.
    """
    server, laptop = scene.pair("00:11:32")
    ulla = ("ulla", "Zaun-koenig!204~b")
    server.user(*ulla)
    vsftpd(server)
    basic(server, b"ulla:{PLAIN}" + ulla[1].encode())
    mosquitto(server, "listener 1883\n", **dict([ulla]))
    for local, port in ((2021, 21), (2080, 80), (2883, 1883)):
        laptop.start(PYTHON, str(PROGRAMS / "drip.py"), str(local), server.address, str(port), tcp=local)
    with scene.net.recording(scene.capture):
        get(laptop, 401, "http://127.0.0.1:2080/")
        get(laptop, 200, "-u", ":".join(ulla), "http://127.0.0.1:2080/")
        said = laptop.run(
            "curl", "-s", "-u", ":".join(ulla), "-Q", "PWD", "-Q", "QUIT", "ftp://127.0.0.1:2021/", "-v", check=False
        ).stdout
        if b"230 " not in said:
            raise Failed(said.decode())
        laptop.run(
            "mosquitto_pub", "-h", "127.0.0.1", "-p", "2883", "-u", ulla[0], "-P", ulla[1], "-t", "a/b", "-m", "slowly"
        )
    for protocol in ("http", "ftp", "mqtt"):
        scene.truth.login(laptop, server, protocol, *ulla, True)


def _craft(capture: pathlib.Path, *command: str) -> None:
    """Replaces a recording by what `command RAW OUT …` makes of it."""
    raw = capture.with_name("raw.pcap")
    capture.rename(raw)
    subprocess.run(
        [str(part).replace("RAW", str(raw)).replace("OUT", str(capture)) for part in command],
        check=True,
        timeout=60,
        capture_output=True,
    )


def _frames(capture: pathlib.Path, what: str) -> list[str]:
    return subprocess.run(
        ["tshark", "-r", str(capture), "-Y", what, "-T", "fields", "-e", "frame.number"],
        check=True,
        capture_output=True,
        text=True,
    ).stdout.split()


@scenario(
    "lost_packets",
    ["nginx-light", "vsftpd", "curl", "wireshark-common"],
    crafted="with editcap: three frames are taken out of the recording, as a recorder that could not keep up would have lost them: "
    "one of the large page's segments, FTP's greeting, and the SYN of the second FTP connection",
)
def lost_packets(scene: Scene) -> None:
    """Logins after a packet that the recorder lost

    One HTTP connection fetches a large page and then, on the same connection, a page with Basic; a segment of the first
    is missing. An FTP login whose greeting is missing; another whose SYN is missing. No retransmission fills the gaps,
    since both ends had everything.
    """
    server, laptop = scene.pair("00:11:32")
    bodo = ("bodo", "Trauer-schnaepper_9")
    server.user(*bodo)
    vsftpd(server)
    basic(server, b"bodo:{PLAIN}" + bodo[1].encode(), more="location = /large.txt { auth_basic off; }")
    server.write("/srv/www/large.txt", "Nothing to see on this line.\n" * 900)
    with scene.net.recording(scene.capture):
        done = laptop.sh(
            f"curl -s -o /dev/null -w '%{{http_code}} ' {SITE}/large.txt --next -s -o /dev/null -w '%{{http_code}} ' {SITE}/ "
            f"--next -s -o /dev/null -w '%{{http_code}}' -u bodo:{bodo[1]} {SITE}/"
        )
        if done != "200 401 200":
            raise Failed(done)
        for _ in range(2):
            laptop.run("curl", "-s", "-u", ":".join(bodo), "ftp://192.168.50.10/")
    page = _frames(scene.capture, "tcp.srcport == 80 && tcp.len > 1000")
    greeting = _frames(scene.capture, "ftp.response.code == 220")
    syn = _frames(scene.capture, "tcp.dstport == 21 && tcp.flags.syn == 1")
    _craft(scene.capture, "editcap", "-F", "pcap", "RAW", "OUT", page[3], greeting[0], syn[1])
    scene.truth.login(laptop, server, "http", *bodo, True)
    scene.truth.login(laptop, server, "ftp", *bodo, True)
    scene.truth.facts["frames_taken_out"] = 3


@scenario(
    "vlan_tunnels",
    [
        "vsftpd",
        "mosquitto",
        "mosquitto-clients",
        "nginx-light",
        "redis-server",
        "redis-tools",
        "dovecot-pop3d",
        "python3",
        "python3-scapy",
    ],
    crafted="the tags and tunnels, with scapy, around the frames of one recording (`recipes/programs/wrap.py`), because the kernel it was made on has "
    "neither 802.1Q nor GRE nor PPP",
)
def vlan_tunnels(scene: Scene) -> None:
    """Logins under tags and in tunnels: FTP in 802.1Q, MQTT in 802.1ad, HTTP in GRE, Redis in VXLAN, POP3 in PPPoE

    Five short sessions between the same two hosts, recorded bare and then wrapped by server port.
    """
    server, laptop = scene.pair("00:11:32")
    selma = ("selma", "Wacholder_drossel=7")
    server.user(*selma)
    vsftpd(server)
    basic(server, b"selma:{PLAIN}" + selma[1].encode())
    mosquitto(server, "listener 1883\n", **dict([selma]))
    server.start(
        "redis-server",
        "--port",
        "6379",
        "--requirepass",
        selma[1],
        "--save",
        "",
        "--protected-mode",
        "no",
        "--dir",
        "/run",
        tcp=6379,
    )
    dovecot(server)
    with scene.net.recording(scene.capture):
        laptop.run("curl", "-s", "-u", ":".join(selma), "-Q", "PWD", "ftp://192.168.50.10/", "-l")
        get(laptop, 401, f"{SITE}/")
        get(laptop, 200, "-u", ":".join(selma), f"{SITE}/")
        publish(laptop, "-u", selma[0], "-P", selma[1], "-t", "a/b", "-m", "tagged twice")
        says(laptop, f"redis-cli -h 192.168.50.10 --no-auth-warning -a {selma[1]} PING", "PONG")
        mail_login(laptop, "pop3", WALDO)
    _craft(scene.capture, PYTHON, str(PROGRAMS / "wrap.py"), "RAW", "OUT")
    for protocol in ("ftp", "mqtt"):
        scene.truth.login(laptop, server, protocol, *selma, True)
    for protocol, user, secret in (("http", *selma), ("redis", None, selma[1]), ("pop3", *WALDO)):
        scene.truth.finding(
            "credential.cleartext",
            laptop,
            server,
            protocol,
            answerable_known=False,
            username=user,
            accepted=True,
            secret_sha256=scene.truth.digest(secret),
        )
