"""Secrets that servers show, and what only looks like them."""

from __future__ import annotations

import json
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sensor.model import Secret
from sensor.parsing.credentials import served
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


def test_variables_of_a_script() -> None:
    admin = ("password", "mara", Secret("hedge-6"), "user_pwd")
    page = (
        "<html><script>var user='mara'; var user_pwd = \"hedge-6\";\nvar hint='the password, please';</script></html>"
    )
    assert found(page, "text/html") == [admin]
    listed = "var now=1;\nvar user='mara';\nvar user_pwd='hedge-6';\n"
    assert found(listed, "text/plain") == found(listed, "text/javascript") == [admin]
    assert found(listed + "function go() {}\n", "text/javascript") == []


def test_settings_as_routers_store_them() -> None:
    want = {
        ("password", "mara", Secret("hedge-6"), "http_passwd"),
        ("key", "Meadow", Secret("orchard-7"), "wl0_wpa_psk"),
    }
    stored = ("http_username=mara", "http_passwd=hedge-6", "wl0_ssid=Meadow", "wl0_wpa_psk=orchard-7", "lan=1")
    octets = "application/octet-stream"
    for joined in ("\0".join(stored) + "\0", "[admin]\n" + "\n".join(stored), "Default\n" + "\n".join(stored) + "\n"):
        assert want <= {(m, u or "mara", s, n) for m, u, s, n in found(joined, octets)}, joined
    rows = '[{"key":"wifi.ssid","value":"Meadow"},{"key":"wifi.psk","value":"orchard-7"},{"key":"x","value":1}]'
    assert found(rows, "application/json") == [("key", "Meadow", Secret("orchard-7"), "wifi.psk")]


def test_each_password_has_the_user_of_its_number() -> None:
    camera = "var user1_name='mara';\nvar user1_pwd='hedge-6';\nvar user2_name='otto';\nvar user2_pwd='tulip-9';\n"
    assert [one[1:3] for one in found(camera, "text/plain")] == [
        ("mara", Secret("hedge-6")),
        ("otto", Secret("tulip-9")),
    ]
    telephone = "<flat-profile><User_ID_1_>100</User_ID_1_><Password_1_>hedge-6</Password_1_></flat-profile>"
    assert found(telephone) == [("password", "100", Secret("hedge-6"), "Password_1_")]
    with_admin = telephone.replace("</flat", "<Admin_Passwd>tulip-9</Admin_Passwd></flat")
    assert [one[1:3] for one in found(with_admin)] == [("100", Secret("hedge-6")), (None, Secret("tulip-9"))]
    yealink = "security.user_password = admin:tulip-9\naccount.1.auth_name = 100\naccount.1.password = hedge-6\n"
    assert {one[1:3] for one in found(yealink)} == {("admin", Secret("tulip-9")), ("100", Secret("hedge-6"))}


def test_streams_in_a_playlist_a_link_and_a_script() -> None:
    address = "rtsp://mara:hedge-6@192.0.2.9/live"
    want = [("password", "mara", Secret("hedge-6"), None)]
    assert found(f"#EXTM3U\n#EXTINF:-1,Cam\n{address}\n", "audio/x-mpegurl") == want
    assert found(f"<html><a href='{address}'>live</a></html>", "text/html") == want
    assert found(f"<html><script>play('{address}')</script></html>", "text/html") == want


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


@pytest.mark.parametrize(
    ("name", "value", "want"),
    [
        ("refresh", b"0; url=/main?user=mara&pwd=hedge-6", ("password", "mara", Secret("hedge-6"))),
        ("location", b"/cgi-bin/luci/;stok=0123456789abcdef/admin", ("token", None, Secret("0123456789abcdef"))),
        ("location", b"/home?token=1f8a9c2e7b3d4f60", ("token", None, Secret("1f8a9c2e7b3d4f60"))),
    ],
)
def test_secrets_in_the_address_that_follows(name: str, value: bytes, want: tuple[str, str | None, Secret]) -> None:
    assert [(c.mechanism, c.username, c.secret) for c in header_secrets(Fields([(name, value)]), 200)] == [want]


def test_a_page_that_goes_on_to_another() -> None:
    page = "<html><meta http-equiv='refresh' content='0; url=/main?user=mara&pwd=hedge-6'></html>"
    assert [one[:3] for one in found(page, "text/html")] == [("password", "mara", Secret("hedge-6"))]


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


NAMES = st.sampled_from(
    ["on", "name", "key", "value", "pass", "password", "psk", "user", ":password", "wi\u0066i_key", "ssid", "param"]
)
TEXTS = st.sampled_from(["", "orchard-7", "hedge-6", ":", "password", '"password":', "x\\y", "Straße 8"])
DOCUMENTS = st.recursive(
    TEXTS | st.integers(0, 9) | st.booleans(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=4),
    max_leaves=12,
)


@settings(max_examples=300, deadline=None)
@given(DOCUMENTS, st.sampled_from([(",", ":"), (", ", " : ")]), st.booleans())
def test_a_look_at_the_names_of_a_document_hides_no_secret(
    sent: object, separators: tuple[str, str], ascii_only: bool
) -> None:
    data = json.dumps(sent, separators=separators, ensure_ascii=ascii_only).encode()
    if data[:1] in b"{[":
        looked = list(served_credentials(data, "application/json", whole=True))
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(served, "_may_name_secret", lambda _: True)
            assert looked == list(served_credentials(data, "application/json", whole=True))


@pytest.mark.parametrize(
    "begins",
    [b"<!DOCTYPE html>", b"<HTML>", b"<head>", b"<body>", b"<form>", b"<div>", b"<table>", b"\xef\xbb\xbf <div>"],
)
@pytest.mark.parametrize("kind", ["text/html", None])
def test_a_page_is_one_by_its_type_or_by_how_it_begins(begins: bytes, kind: str | None) -> None:
    page = begins + b'<input type="password" name="psk" value="orchard-7">'
    known = begins.lower().startswith((b"<!doctype html", b"<html", b"<head", b"<body", b"<form"))
    found = [one.secret for one in served_credentials(page, kind, whole=True)]
    assert (found == [Secret("orchard-7")]) is (known or kind == "text/html")
