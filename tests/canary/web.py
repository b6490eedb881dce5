"""Conversations of HTTP and what is like it or inside it, with a canary as their secret."""

from __future__ import annotations

import base64
import json

from hpack import Encoder

from sensor.model import Side
from tests.canary.plant import Canary, plants
from tests.conversation import C, S, Script
from tests.protocols import (
    test_coap,
    test_dahua,
    test_dvrip,
    test_foscam,
    test_ntlmssp,
    test_rtsp,
    test_soap,
    test_tplink_smarthome,
    test_websocket,
)
from tests.protocols.http import test_http2
from tests.protocols.test_sip import message as sip
from tests.protocols.test_tftp import data as block

OK = (S, b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nServer: Cam/1\r\n\r\nok")
NO = (S, b'HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\nWWW-Authenticate: Basic realm="cam"\r\n\r\n')


def ask(line: str, *fields: str, body: bytes = b"") -> tuple[Side, bytes]:
    sized = [f"Content-Length: {len(body)}"] if body else []
    return C, "\r\n".join([f"{line} HTTP/1.1", "Host: cam.example", *fields, *sized, "", ""]).encode() + body


def basic(user: str, password: str) -> str:
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


@plants("http", "tcp", 80)
def basic_by_contrast(k: Canary) -> Script:
    return [ask("GET /"), NO, ask("GET /", f"Authorization: {basic('anna', k.text())}"), OK]


@plants("http2", "tcp", 8080)
def basic_in_a_header_block(k: Canary) -> Script:
    encoder = Encoder()
    request = [(":method", "GET"), (":path", "/"), (":authority", "cam.example")]
    login = ("authorization", basic("anna", k.text()))
    return [
        *test_http2.HELLO,
        (C, test_http2.head(encoder, 1, [*request, login], last=True)),
        (S, test_http2.frame(1, 1, b"\x88", 5)),
    ]


@plants("http", "tcp", 3128)
def proxy(k: Canary) -> Script:
    return [
        ask("CONNECT cam.example:443", f"Proxy-Authorization: {basic('anna', k.text())}"),
        (S, b"HTTP/1.1 407 No\r\nContent-Length: 0\r\n\r\n"),
    ]


@plants("http", "tcp", 8080)
def header_tokens(k: Canary) -> Script:
    return [
        ask("GET /a", f"Authorization: Bearer {k.text(40)}"),
        OK,
        ask("GET /b", f"Authorization: {k.text()}"),
        OK,
        ask("GET /c", f"X-Api-Key: {k.text()}", f"X-Auth-Token: {k.text()}"),
        OK,
        ask("GET /d", f"Authorization: CustomAuth {k.text()}"),
        OK,
    ]


@plants("http", "tcp", 80)
def digest(k: Canary) -> Script:
    value = (
        f'Digest username="anna", realm="cam", nonce="ab12", uri="/", response="{k.hex()}", '
        'qop=auth, nc=00000001, cnonce="x"'
    )
    return [ask("GET /"), NO, ask("GET /", f"Authorization: {value}"), OK]


@plants("http", "tcp", 80)
def signed(k: Canary) -> Script:
    value = f"AWS4-HMAC-SHA256 Credential=AKID/2026/iam, SignedHeaders=host, Signature={k.hex(64)}"
    return [ask("GET /", f"Authorization: {value}"), OK]


@plants("http", "tcp", 80)
def wsse_and_hnap(k: Canary) -> Script:
    wsse = f'UsernameToken Username="bob", PasswordDigest="{k.text(27)}=", Nonce="d36e", Created="2003-12-15"'
    return [ask("GET /", f"X-WSSE: {wsse}", f"HNAP_AUTH: {k.hex().upper()} 1700000000"), OK]


@plants("http", "tcp", 80)
def cookies(k: Canary) -> Script:
    answer = (
        f"HTTP/1.1 302 Found\r\nSet-Cookie: PHPSESSID={k.text(expected=False)}; path=/\r\n"
        f"Location: /home?token={k.text(expected=False)}\r\nContent-Length: 0\r\n\r\n"
    )
    return [ask("GET /", f"Cookie: lang=de; PHPSESSID={k.text()}"), (S, answer.encode()), ask("GET /home"), OK]


@plants("http", "tcp", 80)
def urls(k: Canary) -> Script:
    return [
        ask(f"GET /login?user=anna&password={k.text()}&x=1"),
        OK,
        ask(f"GET /api/{k.text(20)}7/lights"),
        OK,
        ask(f"GET /cgi-bin/luci/;stok={k.hex()}/admin"),
        OK,
        ask(f"GET http://anna:{k.text()}@cam.example/live"),
        OK,
        ask(f"GET /bot123456789:{k.text(35)}/getMe"),
        OK,
        ask(f"GET /api/v1/{k.text(20)}7/telemetry"),
        OK,
        ask("GET /next", f"Referer: http://cam.example/?access_token={k.text(expected=False)}"),
        OK,
    ]


@plants("http", "tcp", 80)
def bodies(k: Canary) -> Script:
    mark = "x7x"
    part = f'--{mark}\r\nContent-Disposition: form-data; name="{{}}"\r\n\r\n{{}}\r\n'
    form = part.format("user", "anna") + part.format("password", k.text()) + f"--{mark}--\r\n"
    return [
        ask("POST /a", "Content-Type: application/x-www-form-urlencoded", body=f"user=anna&pass={k.text()}".encode()),
        OK,
        ask(
            "POST /b",
            "Content-Type: application/json",
            body=json.dumps({"user": "anna", "auth": {"password": k.text()}}).encode(),
        ),
        OK,
        ask("POST /c", f"Content-Type: multipart/form-data; boundary={mark}", body=form.encode()),
        OK,
        ask(
            "POST /d",
            "Content-Type: text/xml",
            body=f"<login><user>anna</user><password>{k.text()}</password></login>".encode(),
        ),
        OK,
        ask("POST /goform/wifi", body=f"ssid=Meadow&psk={k.text()}&email=anna%40example.org".encode()),
        OK,
        ask("POST /hash", body=f"user=anna&pwd={k.hex()}".encode()),
        OK,
    ]


@plants("http", "tcp", 80)
def broken_body(k: Canary) -> Script:
    """The chunk that follows has no length; the last field before it may have been cut."""
    body = f"user=anna&pass={k.text(expected=False)}"
    head = ask("POST /a", "Content-Type: application/x-www-form-urlencoded", "Transfer-Encoding: chunked")[1]
    return [
        (C, head + f"{len(body):x}\r\n{body}\r\n{k.text(expected=False)}\r\n".encode()),
        OK,
        ask("GET /", f"Authorization: {basic('anna', k.text())}"),
    ]


@plants("ntlmssp", "tcp", 80, shown="http")
def ntlm(k: Canary) -> Script:
    answer = test_ntlmssp.authenticate(b"D\0", b"a\0", bytes(24), k.raw(16) + b"\1\1\0\0" + bytes(40))
    tokens = [base64.b64encode(one).decode() for one in (test_ntlmssp.NEGOTIATE, test_ntlmssp.challenge(), answer)]
    refused = f"HTTP/1.1 401 No\r\nWWW-Authenticate: NTLM {tokens[1]}\r\nContent-Length: 0\r\n\r\n".encode()
    return [
        ask("GET /", f"Authorization: NTLM {tokens[0]}"),
        (S, refused),
        ask("GET /", f"Authorization: NTLM {tokens[2]}"),
        OK,
    ]


@plants("soap", "tcp", 80, shown="http")
def onvif(k: Canary) -> Script:
    text = test_soap.envelope(test_soap.PROFILES, test_soap.token("Text", k.text()))
    hashed = test_soap.envelope(test_soap.PROFILES, test_soap.token("Digest", k.text(27) + "="))
    kind = "Content-Type: application/soap+xml"
    return [
        ask("POST /onvif/media_service", kind, body=text),
        OK,
        ask("POST /onvif/media_service", kind, body=hashed),
        OK,
    ]


@plants("websocket", "tcp", 80)
def socket_login(k: Canary) -> Script:
    upgrade = (
        "Upgrade: websocket",
        "Connection: Upgrade",
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
        f"Sec-WebSocket-Protocol: bearer.{k.text(30)}",
    )
    login = json.dumps({"type": "login", "username": "anna", "password": k.text()}).encode()
    return [
        ask("GET /ws", *upgrade),
        (S, b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n"),
        (C, test_websocket.frame(login, key=b"\1\2\3\4")),
        (S, test_websocket.frame(b'{"ok":true}')),
    ]


@plants("rtsp", "tcp", 554)
def camera(k: Canary) -> Script:
    digest = (
        'Authorization: Digest username="admin", realm="Cam", nonce="ab12", '
        f'uri="{test_rtsp.URL}", response="{k.hex()}"'
    )
    return [
        test_rtsp.ask("OPTIONS", 1, "User-Agent: Player/2.1"),
        test_rtsp.answer("200 OK", 1, "Server: Rtsp Server 3.0"),
        test_rtsp.ask("DESCRIBE", 2, test_rtsp.basic(f"admin:{k.text()}")),
        test_rtsp.answer("401 Unauthorized", 2),
        test_rtsp.ask("DESCRIBE", 3, digest),
        test_rtsp.answer("200 OK", 3, "Content-Type: application/sdp", body=test_rtsp.SDP),
        test_rtsp.ask("DESCRIBE", 4, url=f"rtsp://admin:{k.text()}@cam.example:554/live/2"),
        test_rtsp.answer("200 OK", 4),
        test_rtsp.ask("DESCRIBE", 5, url=f"rtsp://cam.example:554/user=admin_password={k.text()}_channel=1"),
        test_rtsp.answer("200 OK", 5),
    ]


def registering(k: Canary) -> Script:
    value = (
        f'Authorization: Digest username="bob", realm="pbx", nonce="ea9c", uri="sip:pbx.example", response="{k.hex()}"'
    )
    return [
        (C, sip("REGISTER sip:pbx.example SIP/2.0", value, cseq="2 REGISTER")),
        (S, sip("SIP/2.0 200 OK", cseq="2 REGISTER")),
    ]


plants("sip", "udp", 5060)(registering)
plants("sip", "tcp", 5060)(registering)


@plants("coap", "udp", 5683)
def coap(k: Canary) -> Script:
    query = (15, f"token={k.text()}".encode())
    key = json.dumps({"ssid": "Meadow", "psk": k.text()}).encode()
    return [
        (C, test_coap.message(1, 1, *test_coap.path(b"time"), query)),
        (S, test_coap.message(0x45, 1, payload=b"22", kind=2)),
        (C, test_coap.message(3, 2, *test_coap.path(b"wifi"), (12, b"\x32"), payload=key)),
        (S, test_coap.message(0x44, 2, kind=2)),
    ]


@plants("tplink-smarthome", "tcp", 9999)
def plug(k: Canary) -> Script:
    order = json.dumps({"netif": {"set_stainfo": {"ssid": "Meadow", "password": k.text(), "key_type": 3}}})
    bind = json.dumps({"cnCloud": {"bind": {"username": "anna@example.org", "password": k.text()}}})
    return [(C, test_tplink_smarthome.framed(order)), (C, test_tplink_smarthome.framed(bind))]


@plants("tplink-smarthome", "udp", 9999)
def plug_datagram(k: Canary) -> Script:
    order = json.dumps({"netif": {"set_stainfo": {"ssid": "Meadow", "password": k.text(), "key_type": 3}}})
    return [(C, test_tplink_smarthome.cipher(order))]


@plants("http", "tcp", 80)
def page_of_settings(k: Canary) -> Script:
    page = f"<form action='/w1'><input name='s1' value='Meadow'><input name='p1' value='{k.text()}'></form>".encode()
    head = f"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: {len(page)}\r\n\r\n"
    return [ask("GET /w0"), (S, head.encode() + page)]


@plants("tftp", "udp", 69)
def settings_file(k: Canary) -> Script:
    content = (
        f'<phone><sip user="hall" password="{k.text()}"/><web><admin_password>{k.text()}</admin_password></web></phone>'
    )
    return [(C, b"\0\x01phone.xml\0octet\0"), (S, block(1, content.encode()))]


@plants("dahua", "tcp", 37777)
def camera_of_dahua(k: Canary) -> Script:
    return [
        (C, test_dahua.json_login(k.text())),
        (S, test_dahua.dhip({"id": 1, "result": True})),
    ]


@plants("foscam", "tcp", 88)
def camera_of_foscam(k: Canary) -> Script:
    return [(C, test_foscam.START + test_foscam.login(b"admin", k.word()))]


@plants("dvrip", "tcp", 34567)
def recorder(k: Canary) -> Script:
    return [
        (C, test_dvrip.login(k.text(), "NONE")),
        (S, test_dvrip.answer(100)),
    ]
