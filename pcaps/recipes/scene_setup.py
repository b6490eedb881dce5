"""Turns setting up and looking after devices (Wi-Fi over plain HTTP, ONVIF, TFTP, syslog) into captures."""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
import time

from .lab import Failed
from .scenario import Scene, scenario
from .scene_devices import says
from .scene_http import get
from .tools import PROGRAMS, PYTHON


@scenario(
    "softap",
    ["curl", "python3"],
    crafted="the plug's set-up page is our own (`recipes/programs/setup.py`); the phone's requests are curl's",
)
def softap(scene: Scene) -> None:
    """A plug's own Wi-Fi during set-up: the home's name and key posted over plain HTTP

    The network of a plug in set-up mode (192.168.4.0/24). A phone (random MAC) asks for the list of networks and posts
    the home's ssid and key in three ways that such devices have: as JSON, as a form, in a query string. The DHCP of a
    real SoftAP is left out.
    """
    plug = scene.net.host("plug", "24:0a:c4:4e:51:04", "192.168.4.1/24")
    phone = scene.net.host("phone", "5e:3b:91:4e:51:02", "192.168.4.2/24")
    scene.truth.device(plug)
    scene.truth.device(phone)
    plug.start(PYTHON, str(PROGRAMS / "setup.py"), "80", tcp=80)
    home, keys = "Haus am Anger", ("Quitten-Gelee:2019", "Schlehen/Likoer&7", "Holunder-Sirup_12")
    with scene.net.recording(scene.capture):
        get(phone, 200, "http://192.168.4.1/scan")
        get(
            phone,
            200,
            "-H",
            "Content-Type: application/json",
            "-d",
            json.dumps({"ssid": home, "psk": keys[0], "security": "WPA2"}),
            "http://192.168.4.1/api/wifi",
        )
        get(
            phone,
            200,
            "--data-urlencode",
            f"ssid={home}",
            "--data-urlencode",
            f"password={keys[1]}",
            "http://192.168.4.1/wifisave",
        )
        get(
            phone,
            200,
            "-G",
            "--data-urlencode",
            f"s1={home}",
            "--data-urlencode",
            f"p1={keys[2]}",
            "http://192.168.4.1/wi",
        )
    for key in keys:
        scene.truth.finding("credential.cleartext", phone, plug, "http", secret_sha256=scene.truth.digest(key))


_ENVELOPE = """<?xml version="1.0" encoding="utf-8"?>
<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope"><s:Header><Security s:mustUnderstand="1"
 xmlns="http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd"><UsernameToken><Username>{user}</Username>
<Password Type="http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-username-token-profile-1.0#Password{kind}">{password}</Password>{nonce}
</UsernameToken></Security></s:Header><s:Body xmlns:tds="http://www.onvif.org/ver10/device/wsdl"><tds:GetDeviceInformation/></s:Body></s:Envelope>"""

_NONCE = (
    '<Nonce EncodingType="http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-soap-message-security-1.0#Base64Binary">{nonce}</Nonce>'
    '<Created xmlns="http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-utility-1.0.xsd">{created}</Created>'
)


@scenario(
    "onvif",
    ["curl", "python3"],
    crafted="Debian has no ONVIF program: the camera's service is our own (`recipes/programs/setup.py`), the envelopes follow "
    "OASIS' UsernameToken Profile 1.0; curl sends them",
)
def onvif(scene: Scene) -> None:
    """ONVIF with WS-UsernameToken: password as text and as digest, accepted and refused

    GetDeviceInformation without a login (SOAP fault), with PasswordText right and wrong, with PasswordDigest right and
    wrong.
    """
    device, laptop = scene.pair("c0:56:e3")
    user, right, wrong = "ingo", "Kornel-kirsche.8-Tb", "Vogel-kirsche.8-Tb"
    device.start(PYTHON, str(PROGRAMS / "setup.py"), "80", user, right, tcp=80)

    def ask(code: int, secret: str, digest: bool) -> None:
        if digest:
            nonce, created = secrets.token_bytes(16), time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
            hashed = base64.b64encode(hashlib.sha1(nonce + created.encode() + secret.encode()).digest()).decode()
            envelope = _ENVELOPE.format(
                user=user,
                kind="Digest",
                password=hashed,
                nonce=_NONCE.format(nonce=base64.b64encode(nonce).decode(), created=created),
            )
        else:
            envelope = _ENVELOPE.format(user=user, kind="Text", password=secret, nonce="")
        get(
            laptop,
            code,
            "-H",
            "Content-Type: application/soap+xml; charset=utf-8",
            "-d",
            envelope,
            "http://192.168.50.10/onvif/device_service",
        )

    with scene.net.recording(scene.capture):
        get(
            laptop,
            400,
            "-H",
            "Content-Type: application/soap+xml; charset=utf-8",
            "-d",
            "<Envelope><Body><GetDeviceInformation/></Body></Envelope>",
            "http://192.168.50.10/onvif/device_service",
        )
        ask(200, right, False)
        ask(400, wrong, False)
        ask(200, right, True)
        ask(400, wrong, True)
    truth = scene.truth
    for secret in (right, wrong):
        truth.finding(
            "credential.cleartext",
            laptop,
            device,
            None,
            mechanism="password",
            username=user,
            secret_sha256=truth.digest(secret),
        )
    truth.finding("credential.challenge", laptop, device, None, mechanism="password", username=user)


@scenario("tftp", ["tftpd-hpa", "tftp-hpa"])
def tftp(scene: Scene) -> None:
    """TFTP: a telephone fetches its configuration with passwords in it

    tftpd-hpa and tftp-hpa; the file is of our own making, in the manner of such files. A second file is fetched that is
    not there.
    """
    router, phone = scene.pair("3c:a6:2f")
    router.write(
        "/srv/tftp/cfg3ca62f4e5a10.xml",
        '<?xml version="1.0"?>\n<phone><sip user="hallway" password="Spitz-wegerich!7fK" server="pbx.lab.example"/>\n'
        "<web><admin_password>Breit-wegerich!8gL</admin_password></web></phone>\n" + "<!-- ring tones -->\n" * 60,
    )
    router.start("in.tftpd", "-L", "-4", "--secure", "-u", "tftp", "--address", "192.168.50.10:69", "/srv/tftp", udp=69)
    with scene.net.recording(scene.capture):
        says(
            phone, "cd /run; tftp -m binary 192.168.50.10 -c get cfg3ca62f4e5a10.xml; cat cfg3ca62f4e5a10.xml", "Spitz"
        )
        says(phone, "cd /run; tftp -m octet 192.168.50.10 -c get absent.xml 2>&1; true", "not found")
    truth = scene.truth
    for secret in ("Spitz-wegerich!7fK", "Breit-wegerich!8gL"):
        truth.finding(
            "credential.cleartext", phone, router, "tftp", answerable_known=False, secret_sha256=truth.digest(secret)
        )


@scenario("syslog", ["rsyslog", "bsdutils"])
def syslog(scene: Scene) -> None:
    """Syslog lines that carry a secret, over UDP and TCP, in both formats

    logger (RFC 3164 and RFC 5424) and rsyslog. Two of the five lines carry a password; one only says that a password
    was wrong.
    """
    server, device = scene.pair("00:11:32")
    server.write(
        "/etc/lab/rsyslog.conf",
        'module(load="imudp")\ninput(type="imudp" port="514")\nmodule(load="imtcp")\ninput(type="imtcp" port="514")\n*.* /run/log\n',
    )
    server.start("rsyslogd", "-n", "-f", "/etc/lab/rsyslog.conf", "-i", "/run/rsyslog.pid", udp=514, tcp=514)
    with scene.net.recording(scene.capture):
        for how, line in (
            ("-d --rfc3164", "wlan0: link up"),
            ("-d --rfc3164", "ftpd: login failed: wrong password for user anton"),
            ("-d --rfc3164", "cloud: connecting user=boiler7 password=Wiesen-salbei_61x"),
            ("-T --rfc5424", "mqtt: bye"),
            ("-T --octet-count --rfc5424", "httpd: GET /set.cgi?user=admin&pwd=Kuckucks-nelke_62y"),
        ):
            device.run("sh", "-c", f'logger -n 192.168.50.10 -P 514 {how} -t heating -p daemon.info "$1"', "sh", line)
        if server.read("/run/log").count(b"heating") != 5:
            raise Failed("rsyslog did not get all lines")
    truth = scene.truth
    for user, secret in (("boiler7", "Wiesen-salbei_61x"), ("admin", "Kuckucks-nelke_62y")):
        truth.finding(
            "credential.cleartext",
            device,
            server,
            "syslog",
            answerable_known=False,
            secret_sha256=truth.digest(secret),
            username=user,
        )
