"""Turns what looks like a login and is none, and logins that are hard to read, into captures."""

from __future__ import annotations

import base64

from .lab import Failed, Host
from .scenario import Scene, scenario
from .scene_devices import says
from .scene_http import SITE, get
from .scene_mqtt import publish
from .tools import mosquitto, nginx, vsftpd

_QUOTED = """Setting up the camera by hand

  telnet 192.168.50.10
  login: root
  Password: example-only-1

  USER anonymous
  PASS guest@example.com
  230 Login successful.

  curl -H "Authorization: Basic YWRtaW46ZXhhbXBsZS1vbmx5LTI=" http://camera/snapshot.jpg
  GET /snapshot.cgi?user=admin&pwd=example-only-3
  mosquitto_pub -u sensor -P example-only-4
  AUTH PLAIN AGVyaWthAGV4YW1wbGUtb25seS01
  a1 LOGIN erika example-only-6
"""

_FORM = """<html><form action="/login" method="post"><input name="username" value="admin"><input type="password" name="password" value="">
<script>var body = "username=" + u + "&password=" + p; var h = {"Authorization": "Basic " + btoa(u + ":" + p)};
var example = {"username": "demo", "password": "example-only-7"};</script></form></html>
"""


@scenario(
    "trap_firmware",
    ["nginx-light", "curl", "u-boot-tools"],
    crafted="the contents of the firmware image are our own strings in front of random bytes, in U-Boot's format by mkimage",
)
def trap_firmware(scene: Scene) -> None:
    """A firmware in the clear that contains the words of logins

    A camera fetches an image (uncompressed, so its strings can be read) with `Authorization: Basic %s`, a whole Basic
    header, `USER %s`, `PASS %s`, `login:`, `Password:` and a query string in it. Nobody logs in. That the firmware
    itself crosses in the clear is to be found.
    """
    server, camera = scene.pair("ec:71:db")
    words = (
        b"Authorization: Basic %s\r\n\0GET /x HTTP/1.1\r\nAuthorization: Basic YWRtaW46ZXhhbXBsZS1vbmx5LTI=\r\n\r\n\0USER %s\r\nPASS %s\r\n\0"
        b"USER root\r\nPASS example-only-8\r\n230 ok\r\n\0login: \0Password: \0/login.cgi?user=admin&pwd=example-only-9\0AUTH LOGIN PLAIN\r\n\0"
        b"a1 LOGIN erika example-only-6\r\n\0rtsp://admin:example-only-10@%s/live\0\xff\xd8\xff\xe0"
    )
    server.sh("mkdir -p /srv/www; head -c 40000 /dev/urandom > /run/image")
    noise = server.read("/run/image")
    server.write("/run/image", noise[:20000] + words * 3 + noise[20000:])
    server.run(
        "mkimage",
        "-A",
        "mips",
        "-O",
        "linux",
        "-T",
        "firmware",
        "-C",
        "none",
        "-n",
        "cam-3.1.0",
        "-d",
        "/run/image",
        "/srv/www/cam-3.1.0.bin",
    )
    nginx(server, "server { listen 80; root /srv/www; }", tcp=80)
    with scene.net.recording(scene.capture):
        get(camera, 200, "-A", "cam/3.0.9", "-o", "/dev/null", f"{SITE}/cam-3.1.0.bin")
    scene.truth.finding(
        "transfer.unencrypted", camera, server, "http", answerable_known=False, application="http", content="firmware"
    )
    scene.truth.never(
        "credential.cleartext",
        "credential.challenge",
        "credential.default",
        "credential.guessable",
        "credential.shared",
    )


@scenario("trap_pages", ["nginx-light", "vsftpd", "mosquitto", "mosquitto-clients", "curl", "socat"])
def trap_pages(scene: Scene) -> None:
    """Documentation that quotes logins, a form with its script, the same text by FTP, MQTT and a bare socket

    A page of instructions and a login form are read over HTTP (plain and gzipped); the same text travels as a file by
    anonymous FTP, as an MQTT message of an anonymous client, as the body of a POST, and through a bare TCP connection.
    Nobody logs in but the anonymous FTP visitor.
    """
    server, laptop = scene.pair("00:11:32")
    server.write("/srv/www/howto.txt", _QUOTED)
    server.write("/srv/www/login.html", _FORM)
    server.write("/srv/ftp/howto.txt", _QUOTED)
    laptop.write("/run/home/howto.txt", _QUOTED)
    nginx(
        server,
        "gzip on; gzip_min_length 10; gzip_types text/plain; server { listen 80; root /srv/www; location = /note { return 200 'noted'; } }",
        tcp=80,
    )
    vsftpd(server, "anonymous_enable=YES\nanon_root=/srv/ftp\n")
    mosquitto(server, "listener 1883\nallow_anonymous true\n")
    server.start("socat", "-u", "TCP-LISTEN:7007,reuseaddr,fork", "OPEN:/run/received,creat,append", tcp=7007)
    with scene.net.recording(scene.capture):
        get(laptop, 200, f"{SITE}/howto.txt")
        get(laptop, 200, "--compressed", f"{SITE}/howto.txt")
        get(laptop, 200, f"{SITE}/login.html")
        get(laptop, 200, "-H", "Content-Type: text/plain", "--data-binary", "@/run/home/howto.txt", f"{SITE}/note")
        says(laptop, "curl -s ftp://192.168.50.10/howto.txt", "by hand")
        publish(laptop, "-t", "notes/howto", "-f", "/run/home/howto.txt")
        laptop.sh("socat -u OPEN:/run/home/howto.txt TCP:192.168.50.10:7007")
    scene.truth.login(laptop, server, "ftp", "anonymous", "ftp@example.com", True)
    scene.truth.never("credential.challenge", "credential.guessable")
    scene.truth.facts["credentials_at_most"] = 1


def basic(server: Host, *lines: bytes, more: str = "") -> None:
    server.write("/etc/lab/users", b"\n".join(lines) + b"\n")
    server.write("/srv/www/index.html", "<html>inside</html>\n")
    nginx(
        server,
        "large_client_header_buffers 4 16k; server { listen 80; root /srv/www; auth_basic 'Inside'; "
        f"auth_basic_user_file /etc/lab/users; {more} }}",
        tcp=80,
    )


@scenario("odd_passwords", ["nginx-light", "vsftpd", "curl", "socat"])
def odd_passwords(scene: Scene) -> None:
    """UTF-8, Latin-1, 4 kB, empty; user names that are markup or a terminal's escape sequence

    HTTP Basic (nginx, curl) and FTP (vsftpd, socat): the password `Grünspecht-Öhrchen-5` once as UTF-8 and once as
    Latin-1 bytes, one of 4,096 characters (HTTP, refused: nginx' list of users takes no line that long), an empty one
    (HTTP, accepted: nginx compares it with an empty one), the user `<img src=x onerror=alert(1)>`, and the user
    ESC]0;owned BEL ESC[31mred (refused by FTP).
    """
    server, laptop = scene.pair("9c:8e:cd")
    umlaut, long = "Grünspecht-Öhrchen-5", "".join(f"{number:04x}" for number in range(7000, 8024))
    markup, escape = "<img src=x onerror=alert(1)>", "\x1b]0;owned\x07\x1b[31mred"
    users = {
        "uta": umlaut.encode(),
        "lars": umlaut.encode("latin-1"),
        "lang": long.encode(),
        "leer": b"",
        markup: b"Spitz-ahorn-17-mZ",
    }
    basic(server, *(name.encode() + b":{PLAIN}" + secret for name, secret in users.items()))
    for name in ("uta", "lars"):
        server.run("useradd", "-m", name)
        server.run("chpasswd", text=name.encode() + b":" + users[name] + b"\n")
    vsftpd(server)
    with scene.net.recording(scene.capture):
        get(laptop, 401, f"{SITE}/")
        for name, secret in users.items():
            code = 401 if name == "lang" else 200
            header = base64.b64encode(name.encode() + b":" + secret).decode()
            get(laptop, code, "-H", f"Authorization: Basic {header}", f"{SITE}/")
        for name, secret, code in (
            ("uta", users["uta"], b"230 "),
            ("lars", users["lars"], b"230 "),
            (escape, b"Feuer-dorn-18-nA", b"530 "),
        ):
            laptop.write("/run/home/login", b"USER " + name.encode() + b"\r\nPASS " + secret + b"\r\nQUIT\r\n")
            said = laptop.sh(
                "(sleep 0.3; head -1 /run/home/login; sleep 0.3; tail -n +2 /run/home/login | head -1; sleep 3; echo QUIT) | socat -t 4 - TCP:192.168.50.10:21"
            ).encode()
            if code not in said:
                raise Failed(f"ftp {name!r}: {said!r}")
    for name, secret in users.items():
        scene.truth.login(laptop, server, "http", name, secret, name != "lang")
    scene.truth.login(laptop, server, "ftp", "uta", users["uta"], True)
    scene.truth.login(laptop, server, "ftp", "lars", users["lars"], True)
    scene.truth.finding(
        "credential.cleartext",
        laptop,
        server,
        "ftp",
        accepted=False,
        secret_sha256=scene.truth.digest("Feuer-dorn-18-nA"),
    )
    scene.truth.facts["no_escape_on_a_terminal"] = True
