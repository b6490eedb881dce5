"""Secrets that servers show, and what only looks like them."""

from __future__ import annotations

import time

import pytest

from sensor.model import Secret
from sensor.parsing.credentials.served import MAX_FOUND, address_credentials, header_secrets, served_credentials
from sensor.parsing.formats.http_headers import Fields


def found(data: str, kind: str | None = None) -> list[tuple[str, str | None, Secret | None, str | None]]:
    return [(c.mechanism, c.username, c.secret, c.name) for c in served_credentials(data.encode(), kind, whole=True)]


def test_a_page_of_settings_that_is_filled_in() -> None:
    page = """<!DOCTYPE html><html><form action='/w1'><input name='s1' value='Meadow'>
    <input name=p1 type=password value='orchard-7'></form>
    <form action="/users"><input name="user" value="mara"/><input type="password" name="passwd" value="Regen&amp;7"/>
    <input type="password" name="x9" value="hedge-6"></form></html>"""
    assert found(page, "text/html") == [
        ("key", "Meadow", Secret("orchard-7"), "p1"),
        ("password", "mara", Secret("Regen&7"), "passwd"),
        ("password", None, Secret("hedge-6"), "x9"),
    ]


def test_settings_in_json_xml_and_lines() -> None:
    json = '{"wifi_sta":{"ssid":"Meadow","key":"orchard-7"},"mqtt":{"user":"mara","pass":"hedge-6","id":3}}'
    assert set(found(json, "application/json")) == {
        ("key", "Meadow", Secret("orchard-7"), "key"),
        ("password", "mara", Secret("hedge-6"), "pass"),
    }
    xml = "<config><user>mara</user><password>hedge-6</password></config>"
    assert found(xml, "text/xml") == [("password", "mara", Secret("hedge-6"), "password")]
    assert found("ssid=Meadow\npsk=orchard-7\n", "application/octet-stream") == [
        ("key", "Meadow", Secret("orchard-7"), "psk")
    ]


@pytest.mark.parametrize(
    ("address", "user", "secret"),
    [
        ("rtsp://mara:hedge-6@192.0.2.9:554/live", "mara", "hedge-6"),
        ("rtsp://192.0.2.9/user=mara&password=hedge-6&channel=1", "mara", "hedge-6"),
        ("rtsp://192.0.2.9/user=mara_password=hedge-6_channel=1_stream=0.sdp", "mara", "hedge-6"),
        ("http://192.0.2.9/video.cgi?user=mara&pwd=hedge-6", "mara", "hedge-6"),
    ],
)
def test_the_address_of_a_stream_with_a_login(address: str, user: str, secret: str) -> None:
    (one,) = address_credentials(address)
    assert (one.username, one.secret) == (user, Secret(secret))
    assert found('{"url":"' + address.replace("/", "\\/") + '"}') == [("password", user, Secret(secret), one.name)]


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        ("<html><pre>rtsp://mara:hedge-6@192.0.2.9/live password=hedge-6</pre></html>", "text/html"),
        ("<html><script>document.write('<input type=password name=p value=hedge-6>')</script></html>", "text/html"),
        ("<html><!-- <input type=password name=p value=hedge-6> --></html>", "text/html"),
        ("<form><input name=user value=Benutzername><input type=password name=pw value=Kennwort></form>", "text/html"),
        ("<form><input type=password name=password value='********'></form>", "text/html"),
        ("<form><input type=password name=password value=''></form>", "text/html"),
        ("<form><input type=password name=password value='{{ password }}'></form>", "text/html"),
        ("<form><input type=hidden name=csrf_token value=a8d7c6b5e4f3></form>", "text/html"),
        ('{"username":"Username","password":"Password","login":"Log in"}', "application/json"),
        ('{"user":"Benutzer","password":"Bitte gib dein Kennwort ein"}', "application/json"),
        ('{"example":{"username":"string","password":"string"}}', "application/json"),
        ('{"access_token":"a8d7c6b5e4f3a2b1","user":"mara"}', "application/json"),
        ('{"pic":{"pw":"640","ph":"480"}, "pw":"ab12cd34"}', "application/json"),
        ('{"url":"rtsp://user:password@192.0.2.9/"}', "application/json"),
        ('{"url":"rtsp://mara:****@192.0.2.9/"}', "application/json"),
        ("var user='mara'; var password='hedge-6';", "application/javascript"),
        ("user: mara\npassword: hedge-6\n", "text/css"),
        ("Log in with\nuser: mara\npassword: hedge-6\nand change both as soon as you can.", "text/plain"),
        ("<translation><user>Benutzer</user><password>Kennwort</password></translation>", "text/xml"),
    ],
)
def test_what_is_no_secret_of_the_server(data: str, kind: str) -> None:
    assert found(data, kind) == []


def test_cookies_that_are_set_and_redirects_with_a_login() -> None:
    fields = Fields(
        [
            ("set-cookie", b"PHPSESSID=d41d8cd98f00b204; Path=/; HttpOnly"),
            ("set-cookie", b"lang=de; Path=/"),
            ("set-cookie", b"sid=deleted; Max-Age=0"),
            ("location", b"/index.cgi?user=mara&password=hedge-6"),
        ]
    )
    assert [(c.mechanism, c.username, c.secret, c.name) for c in header_secrets(fields, 302)] == [
        ("cookie", None, Secret("d41d8cd98f00b204"), "PHPSESSID"),
        ("password", "mara", Secret("hedge-6"), "password"),
    ]
    assert list(header_secrets(fields, 403)) == []


def test_bounds() -> None:
    began = time.monotonic()
    many = "<form>" + "".join(f"<input type=password name=p{n} value=orchard-{n}>" for n in range(900)) + "</form>"
    assert len(found(many, "text/html")) == MAX_FOUND
    for hostile in (
        "<input " + "a='b' " * 10_000,
        "<script>" * 8_000,
        "<!--" * 16_000,
        "http://" * 9_000,
        "[" * 60_000,
    ):
        found(hostile, "text/html")
        found("{" + hostile, None)
        found("<x>" + hostile, "text/xml")
    assert time.monotonic() - began < 5
