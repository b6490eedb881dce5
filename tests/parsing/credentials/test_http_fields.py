"""Targets, headers, cookies and bodies of requests: the credentials in them, and the same texts without them."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sensor.model import Secret
from sensor.parsing.credentials import field_sets
from sensor.parsing.credentials import http_fields as module
from sensor.parsing.credentials.credential import Credential
from sensor.parsing.credentials.http_fields import (
    Target,
    body_credentials,
    cookies,
    header_credentials,
    json_credentials,
    masked_url,
    safe_header,
)
from sensor.parsing.formats.http_headers import parse_head


@pytest.mark.parametrize(
    ("target", "url", "path", "want"),
    [
        (
            "/a/b?x=1&pwd=op%65n&y=2",
            "/a/b?x=1&pwd=***&y=2",
            "/a/b",
            [Credential("password", None, Secret("open"), "query", name="pwd")],
        ),
        (
            "/api/a1B2c3D4e5F6g7H8/lights/1",
            "/api/***/lights/1",
            "/api/***/lights/1",
            [Credential("token", None, Secret("a1B2c3D4e5F6g7H8"), "hue", name="path")],
        ),
        (
            "/bot123456789:AAabcdefghijklmnopqrstuvwxyz0123456/getMe",
            "/bot***/getMe",
            "/bot***/getMe",
            [Credential("token", None, Secret("123456789:AAabcdefghijklmnopqrstuvwxyz0123456"), "path", name="path")],
        ),
        (
            "/cgi-bin/luci/;stok=0123456789abcdef0123456789abcdef/admin",
            "/cgi-bin/luci/;stok=***/admin",
            "/cgi-bin/luci/;stok=***/admin",
            [Credential("token", None, Secret("0123456789abcdef0123456789abcdef"), "path", name="path")],
        ),
        (
            "/api/v1/a1B2c3D4e5F6g7H8i9J0/telemetry?x=1",
            "/api/v1/***/telemetry?x=1",
            "/api/v1/***/telemetry",
            [Credential("token", None, Secret("a1B2c3D4e5F6g7H8i9J0"), "path", name="path")],
        ),
        (
            "/trigger/door_open/with/key/a1B2c3D4e5F6g7H8i9J0-x",
            "/trigger/door_open/with/key/***",
            "/trigger/door_open/with/key/***",
            [Credential("token", None, Secret("a1B2c3D4e5F6g7H8i9J0-x"), "path", name="path")],
        ),
        (
            "/0123456789abcdef0123456789abcdef/update/V1?value=7",
            "/***/update/V1?value=7",
            "/***/update/V1",
            [Credential("token", None, Secret("0123456789abcdef0123456789abcdef"), "path", name="path")],
        ),
        ("/api/v1/devices/telemetry", "/api/v1/devices/telemetry", "/api/v1/devices/telemetry", []),
        *(
            (path, path, path, [])
            for path in (
                "/api/v1/3fa85f64-5717-4562-b3fc-2c963f66afa6/telemetry",
                "/api/v1/1234567890123456/attributes",
                "/static0123456789abcdef01234567890/logo",
            )
        ),
        ("/api/v1/customers/attributes", "/api/v1/customers/attributes", "/api/v1/customers/attributes", []),
        (
            "http://anna:open%3Asesame@cam.example/live",
            "/live",
            "/live",
            [Credential("password", "anna", Secret("open:sesame"), "userinfo")],
        ),
        ("/api/webviewAdReq", "/api/webviewAdReq", "/api/webviewAdReq", []),
        ("/api/v1/lights", "/api/v1/lights", "/api/v1/lights", []),
        (
            "/api/k7x2q/lights",
            "/api/***/lights",
            "/api/***/lights",
            [Credential("token", None, Secret("k7x2q"), "hue", name="path")],
        ),
        ("/api/newdeveloper/lights", "/api/newdeveloper/lights", "/api/newdeveloper/lights", []),
        ("/search?q=password&passage=7", "/search?q=password&passage=7", "/search", []),
        ("*", "*", "*", []),
    ],
)
def test_targets(target: str, url: str, path: str, want: list[Credential]) -> None:
    taken = Target(target.encode())
    assert (taken.url, taken.path, taken.found) == (url, path, want)


def test_a_referer_is_shown_without_its_secrets() -> None:
    assert masked_url("http://cam.example/x?token=DPcheC1cFX7slXmno84l&n=1") == "http://cam.example/x?token=***&n=1"


def test_cookies_of_sessions_and_others() -> None:
    found, line = cookies([b'a=1; SID="DQAAAN4AAAB3Mw7hSAXm29sv"; ', b"_ga=GA1.2.3"])
    assert found == [Credential("cookie", None, Secret("DQAAAN4AAAB3Mw7hSAXm29sv"), "cookie", name="SID")]
    assert line == "a=1; SID=***; ; _ga=GA1.2.3"


HEADERS = b"""GET / HTTP/1.1
Host: cam.example
Authorization: Bearer abcdef.0123
Proxy-Authorization: Basic YW5uYTpzZXNhbWU=
X-Api-Key: 0123456789abcdef
HNAP_AUTH: 0A1B2C3D4E5F60718293A4B5C6D7E8F9 1700000000
Sec-WebSocket-Protocol: v1, authorization.bearer.eyJhbGciOi.e30.sig
X-WSSE: UsernameToken Username="bob", PasswordDigest="quR/EWLAV4xLf9Zqyw4pDmfV9OY=", Nonce="d36e", Created="2003-12-15"
Referer: http://cam.example/?pass=sesame-7

"""


def test_a_cookie_with_what_authorization_would_carry() -> None:
    found, line = cookies(
        [b"Authorization=Basic%20YW5uYTpzZXNhbWU%3D; subType=pcSub", b'auth="Basic YW5uYTpzZXNhbWU="']
    )
    assert found == [
        Credential("password", "anna", Secret("sesame"), "basic", name="Authorization"),
        Credential("password", "anna", Secret("sesame"), "basic", name="auth"),
    ]
    assert line == "Authorization=***; subType=pcSub; auth=***"
    assert cookies([b"note=Basic%20%25s; plan=Basic%20tariff"])[0] == []


def test_credentials_in_headers_and_the_header_without_them() -> None:
    _, fields = parse_head(HEADERS)
    found = [(c.mechanism, c.username, c.scheme, c.clear, c.name) for c in header_credentials(fields, "GET")]
    assert found == [
        ("token", None, "bearer", True, "Authorization"),
        ("password", "anna", "basic", True, "Proxy-Authorization"),
        ("token", None, "header", True, "x-api-key"),
        ("password", None, "hnap", False, "HNAP_AUTH"),
        ("token", None, "bearer", True, "Sec-WebSocket-Protocol"),
        ("password", "bob", "wsse", False, "X-WSSE"),
    ]
    assert safe_header(fields, "lang=de") == "host: cam.example\nreferer: http://cam.example/?pass=***\ncookie: lang=de"


@pytest.mark.parametrize(
    ("document", "want"),
    [
        ({"login_id": "toto", "password": "tototo"}, [("password", "toto", "tototo")]),
        ({"userName": "anna", "auth": {"passwd": "sesame"}}, [("password", "anna", "sesame")]),
        (
            [{"cmd": "Login", "param": {"User": {"userName": "admin", "password": "cam-7"}}}],
            [("password", "admin", "cam-7")],
        ),
        ({"wifi": {"ssid": "Home Net", "password": "winter garden"}}, [("key", "Home Net", "winter garden")]),
        ({"pin": 1, "password": None, "passwordEnabled": True}, []),
        ({"user": "anna", "password": 12345678}, [("password", "anna", "12345678")]),
        ({"token": "DPcheC1cFX7slXmno84l"}, [("token", None, "DPcheC1cFX7slXmno84l")]),
    ],
)
def test_json(document: object, want: list[tuple[str, str | None, str]]) -> None:
    assert [(c.mechanism, c.username, c.secret) for c in json_credentials(json.dumps(document).encode())] == [
        (m, u, Secret(s)) for m, u, s in want
    ]


@pytest.mark.parametrize("hostile", [b"[" * 60_000, b'{"a":' * 60_000, b"1" * 60_000, b'"\\ud800"', b"\xff\xfe{", b"{"])
def test_json_that_means_harm(hostile: bytes) -> None:
    assert list(json_credentials(hostile)) == []


def test_calls_with_parameters_by_position() -> None:
    def found(body: str) -> list[tuple[str | None, Secret | None]]:
        return [(c.username, c.secret) for c in json_credentials(body.encode())]

    assert found('{"method":"login","params":["anna","sesame"],"id":1}') == [("anna", Secret("sesame"))]
    assert found('{"method":"user.login","params":["anna","sesame"]}') == [("anna", Secret("sesame"))]
    for other in (
        '{"method":"login","params":["anna"]}',
        '{"method":"login","params":[1,2]}',
        '{"method":"login","params":"anna"}',
        '{"method":"setLogin2","params":["a","b"]}',
        '["login","anna","sesame"]',
    ):
        assert found(other) == []


def test_structures_of_xml_rpc() -> None:
    def member(name: str, value: str) -> str:
        return f"<member><name>{name}</name><value>{value}</value></member>"

    struct = member("user", "<string>anna</string>") + member("note", "") + member("password", "sesame")
    body = f"<struct>{struct}</struct>"
    body = f"<methodCall><methodName>x</methodName><params><param><value>{body}</value></param></params></methodCall>"
    assert list(body_credentials(body.encode(), "text/xml", "", whole=True)) == [
        Credential("password", "anna", Secret("sesame"), "xml", name="password")
    ]


def test_attributes_of_xml() -> None:
    body = (
        b'<request><user name="anna" password="sesame"/><item id="7"/><page password="" user="" lang="en"/></request>'
    )
    assert list(body_credentials(body, "text/xml", "", whole=True)) == [
        Credential("password", "anna", Secret("sesame"), "xml", name="password")
    ]


def test_bytes_that_are_no_text_stay_what_they_are() -> None:
    [found] = body_credentials(b"user=J%FCrgen&pass=caf%E9+\xe9", None, "", whole=True)
    assert (found.username, found.secret) == ("J\\xfcrgen", Secret(b"caf\xe9 \xe9"))
    [found] = json_credentials(b'{"user":"a\\ud800","password":"b\\udc80\\ud800"}')
    assert (found.username, found.secret) == ("a\\ud800", Secret("b\\udc80\\ud800"))
    assert Target(b"/\xff?\xfe=1&pass=\xff").url == "/\\xff?\\xfe=1&pass=***"


def test_bodies_by_what_they_are() -> None:
    def of(data: bytes, kind: str | None, whole: bool = True) -> list[tuple[str | None, Secret | None]]:
        return [(c.username, c.secret) for c in body_credentials(data, kind, "b", whole=whole)]

    assert of(b"user=a&pass=b", None) == [("a", Secret("b"))]
    assert of(b"user=a&pass=b", "text/plain") == [("a", Secret("b"))]
    assert of(b"user=a&pass=b&c=cut of", "application/x-www-form-urlencoded", whole=False) == [("a", Secret("b"))]
    assert of(b"user=a&pass=b", "application/x-www-form-urlencoded", whole=False) == []
    assert of(b"user=a&pass=b", "application/octet-stream") == []
    assert of(b"\x00\x01user=a&pass=b", None) == []
    assert of(b"<login><user>a</user><password>b</password></login>", "text/xml") == [("a", Secret("b"))]


NAMES = ("password", "user", "username", "ssid", "wifi_key", "token", "name", "state", "on", "cmd", "auth", "key1")
VALUES = st.one_of(st.booleans(), st.none(), st.integers(), st.sampled_from(["admin", "secret1", "", "cGFzczpwYXNz"]))
DOCUMENTS = st.recursive(
    VALUES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(NAMES), inner, max_size=5)
)


@given(DOCUMENTS)
def test_objects_without_a_secret_are_passed_over_and_no_other(document: object) -> None:
    found = []
    for secrets in (True, False):
        objects = list(module.json_objects(document, secrets=secrets))
        found.append([one for pairs in objects for one in field_sets.credentials(pairs, "json", tokens=False)])
    assert found[0] == found[1]


def test_objects_passed_over_count_among_the_values_visited(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_NODES", 6)
    login = {"user": "admin", "password": "secret"}
    for states, is_read in ((3, True), (5, False)):
        document = [login, {f"state{number}": number for number in range(states)}]
        objects = [list(module.json_objects(document, secrets=secrets)) for secrets in (True, False)]
        assert [[("user", "admin"), ("password", "secret")] in found for found in objects] == [is_read, is_read]


@pytest.mark.parametrize(
    ("target", "host", "user"),
    [
        ("http://cam.example/a", "cam.example", []),
        ("http://anna:s3cret@cam.example/a", "cam.example", ["anna"]),
        ("http://anna@cam.example", "cam.example", ["anna"]),
        ("/a@b:c", None, []),
    ],
)
def test_a_user_in_a_target_is_before_an_at(target: str, host: str | None, user: list[str]) -> None:
    """RFC 3986 §3.2.1; a host alone is no user."""
    found = Target(target.encode())
    assert found.host == host and [c.username for c in found.found] == user


@pytest.mark.parametrize(
    "data",
    [b'{"user":"anna","password":"sesame"}', b'[{"user":"anna","password":"sesame"}]',
         b' \r\n[{"user":"anna","password":"sesame"}]',
     b"user=anna&password=sesame"],
)  # fmt: skip
@pytest.mark.parametrize("kind", [None, "text/plain", "application/x-www-form-urlencoded"])
def test_a_body_is_read_as_what_it_begins_with(data: bytes, kind: str | None) -> None:
    (found,) = module.body_credentials(data, kind, "", whole=True)
    assert (found.username, found.secret) == ("anna", Secret("sesame"))


@pytest.mark.parametrize(
    ("params", "found"),
    [
        (["anna", "sesame"], ("anna", "sesame")), (["anna", "sesame", 7], ("anna", "sesame")),
        (["anna", ""], ("anna", "")),
        (["", "sesame"], None), (["anna"], None), (["anna", 7], None), ([7, "sesame"], None), ({"user": 1}, None),
        (["a" * 512, "sesame"], ("a" * 512, "sesame")), (["a" * 513, "sesame"], None),
    ],
)  # fmt: skip
@pytest.mark.parametrize("method", ["login", "auth.logIn", "session/authenticate", "authorize"])
def test_a_login_by_position(method: str, params: object, found: tuple[str, str] | None) -> None:
    sent = json.dumps({"method": method, "params": params}).encode()
    seen = [(one.username, one.secret) for one in module.json_credentials(sent)]
    assert seen == ([] if found is None else [(found[0], Secret(found[1]))])
