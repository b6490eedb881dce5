"""Parsed header blocks of HTTP requests, and their cache."""

from __future__ import annotations

import base64

import pytest

from sensor.events import Access, Login, Span
from sensor.model import Secret
from sensor.parsing.formats.http_headers import REMEMBERED, REMEMBERED_BYTES, parse_head
from sensor.protocols.http._directions import Framing
from sensor.protocols.http.request import ParsedRequest, content_length, exchange_of, parse_request
from tests.conversation import C


def parsed(head: str) -> ParsedRequest:
    return parse_request(*parse_head(head.replace("\n", "\r\n").encode()))


@pytest.mark.parametrize(
    ("head", "framing", "length"),
    [  # RFC 9112 §6.3
        ("GET / HTTP/1.1\n\n", Framing.NONE, 0),
        ("POST / HTTP/1.1\nContent-Length: 5\n\n", Framing.LENGTH, 5),
        ("POST / HTTP/1.1\nContent-Length: 0\n\n", Framing.NONE, 0),
        ("POST / HTTP/1.1\nTransfer-Encoding: gzip, chunked\n\n", Framing.CHUNKED, 0),
        ("POST / HTTP/1.1\n\n", Framing.UNFRAMED, 0),
        ("POST / HTTP/1.1\nContent-Length: five\n\n", Framing.UNFRAMED, 0),
        ("CONNECT cdn.example:443 HTTP/1.1\n\n", Framing.HOLD, 0),
        ("GET /chat HTTP/1.1\nUpgrade: websocket\n\n", Framing.HOLD, 0),
    ],
)
def test_how_the_body_is_framed(head: str, framing: Framing, length: int) -> None:
    request = parsed(head)
    assert (request.framing, request.length) == (framing, length)


def test_what_is_handed_on_holds_no_secret() -> None:
    request = parsed(
        "GET /a?pass=tops3cret&x=1 HTTP/1.1\nHost: cam.example\nAuthorization: Basic dTpw\nUser-Agent: app\n\n"
    )
    assert (request.resource, request.agent) == ("http://cam.example/a", "app")
    assert request.url == b"http://cam.example/a?pass=***&x=1"
    assert b"dTpw" not in request.header and b"host: cam.example" in request.header
    assert [(c.scheme, c.username) for c in request.credentials] == [("query", None), ("basic", "u")]


@pytest.mark.parametrize(
    ("referer", "user", "secret"),
    [
        ("http://cam.example/main.cgi?user=mara&pwd=hedge-6", "mara", "hedge-6"),
        ("http://mara:hedge-6@cam.example/main", "mara", "hedge-6"),
        ("http://cam.example/cgi-bin/luci/;stok=0123456789abcdef/admin", None, "0123456789abcdef"),
    ],
)
def test_a_secret_in_the_address_of_the_page_before_is_no_login(referer: str, user: str | None, secret: str) -> None:
    request = parsed(f"GET /a HTTP/1.1\nHost: cam.example\nReferer: {referer}\n\n")
    assert request.credentials == () and secret.encode() not in request.header
    exchange = exchange_of(request, Span(C, 0, 10))
    assert [(login.username, login.secret, login.scheme) for login in exchange.logins] == [
        (user, Secret(secret), "referer")
    ]
    assert not exchange.has_credentials
    exchange.status = 200
    login, access = exchange.settle()
    assert isinstance(login, Login) and (login.status, login.accepted) == (None, None)
    assert isinstance(access, Access) and access.granted


def test_a_block_that_comes_again_is_not_read_again_and_another_one_is() -> None:
    one = "GET /api/a HTTP/1.1\nHost: hub.example\n\n"
    assert parsed(one) is parsed(one)
    assert parsed(one) is not parsed(one.replace("/a ", "/b "))
    assert parsed(one.replace("/a ", "/b ")).path == "/api/b"
    for number in range(2 * REMEMBERED):  # more than are remembered
        assert parsed(f"GET /api/{number} HTTP/1.1\n\n").path == f"/api/{number}"


def test_long_blocks_are_not_cached() -> None:
    long = f"GET / HTTP/1.1\nX: {'x' * REMEMBERED_BYTES}\n\n"
    assert parsed(long) is not parsed(long) and parsed(long) == parsed(long)


@pytest.mark.parametrize(
    ("head", "server"),
    [
        ("GET / HTTP/1.1\nHost: Cloud.Cameras.example:8080\n\n", "cloud.cameras.example"),
        ("GET / HTTP/1.1\nHost: cloud.cameras.example.\n\n", "cloud.cameras.example"),
        ("GET / HTTP/1.1\nHost: 203.0.113.7\n\n", None),
        ("GET / HTTP/1.1\nHost: [2001:db8::1]:80\n\n", None),
        ("GET / HTTP/1.1\nHost: camera\n\n", None),
        ("GET / HTTP/1.1\nHost: a.example b.example\n\n", None),
        ("GET / HTTP/1.1\nHost: a.example\nHost: b.example\n\n", None),
        ("GET / HTTP/1.1\n\n", None),
        ("GET http://cloud.example/ HTTP/1.1\nHost: cloud.example\n\n", None),
        ("CONNECT cloud.example:443 HTTP/1.1\nHost: cloud.example\n\n", None),
        ("GET / HTTP/1.1\nHost: cloud.example\nProxy-Authorization: Basic dTpw\n\n", None),
    ],
)
def test_the_server_that_a_request_names(head: str, server: str | None) -> None:
    """RFC 9110 7.2; a request to a proxy names another (RFC 9112 3.2.2)."""
    assert parsed(head).server == server


@pytest.mark.parametrize(
    ("method", "control"),
    [("GET", False), ("HEAD", False), ("OPTIONS", False), ("TRACE", False), ("PROPFIND", False), ("REPORT", False),
     ("SEARCH", False), ("SUBSCRIBE", False), ("UNSUBSCRIBE", False), ("NOTIFY", False), ("POST", True), ("PUT", True),
     ("DELETE", True), ("PATCH", True), ("MKCOL", True), ("LOCK", True)],
)  # fmt: skip
def test_methods_that_change_something(method: str, control: bool) -> None:
    """RFC 9110 §9.2.1, RFC 4918, RFC 5323, UPnP 2.0 §4; an action of SOAP always may."""
    assert parsed(f"{method} / HTTP/1.1\nContent-Length: 0\n\n").control is control
    assert parsed(f"{method} / HTTP/1.1\nSOAPAction: x\n\n").control is True


@pytest.mark.parametrize("method", ["GET", "HEAD", "DELETE", "OPTIONS", "POST", "PUT", "PATCH"])
def test_bodies_without_a_length(method: str) -> None:
    """RFC 9112 §6.3: none; of those that bring something one is assumed."""
    unframed = method in ("POST", "PUT", "PATCH")
    assert parsed(f"{method} / HTTP/1.1\n\n").framing is (Framing.UNFRAMED if unframed else Framing.NONE)
    assert parsed(f"{method} / HTTP/1.1\nContent-Length: 0\n\n").framing is Framing.NONE
    assert parsed(f"{method} / HTTP/1.1\nContent-Length: 3\n\n").length == 3


@pytest.mark.parametrize(
    ("value", "length"),
    [("5", 5), (" 5 ", 5), ("5, 5", 5), ("", None), ("-5", None), ("+5", None), ("5a", None), ("0x5", None),
     ("5.0", None),
     (str((1 << 50) - 1), (1 << 50) - 1), (str(1 << 50), None), ("9" * 17, None), ("\u0665", None)],
)  # fmt: skip
def test_lengths(value: str, length: int | None) -> None:
    _, fields = parse_head(f"GET / HTTP/1.1\r\nContent-Length: {value}\r\n\r\n".encode())
    assert content_length(fields) == length


@pytest.mark.parametrize(
    ("head", "framing", "upgrade"),
    [
        ("GET / HTTP/1.1\nUpgrade: h2c\n\n", Framing.NONE, "h2c"),
        ("GET / HTTP/1.1\nUpgrade: TLS/1.0\n\n", Framing.HOLD, "tls/1.0"),
        ("POST / HTTP/1.1\nUpgrade: websocket\nContent-Length: 2\n\n", Framing.LENGTH, "websocket"),
        ("CONNECT a.example:443 HTTP/1.1\nUpgrade: x\n\n", Framing.HOLD, "connect"),
        ("POST / HTTP/1.1\nUpgrade: h2c\n\n", Framing.UNFRAMED, "h2c"),
    ],
)
def test_switches_of_protocols(head: str, framing: Framing, upgrade: str) -> None:
    request = parsed(head)
    assert (request.framing, request.upgrade) == (framing, upgrade)


def test_resources_name_their_host_but_not_through_connect() -> None:
    for head, resource in (
        ("GET /a HTTP/1.1\nHost: cam\n\n", "http://cam/a"), ("GET /a HTTP/1.1\n\n", "/a"),
        ("GET http://b.example/a HTTP/1.1\nHost: cam\n\n", "http://b.example/a"),
        ("CONNECT a.example:443 HTTP/1.1\nHost: cam\n\n", "a.example:443"),
    ):  # fmt: skip
        assert parsed(head).resource == resource


def test_a_login_of_the_header_is_not_told_again_by_its_page() -> None:
    """The same secret in Referer and in the request: one login of the request."""
    request = parsed("GET /a?pwd=hedge-6 HTTP/1.1\nHost: cam\nReferer: http://cam/x?pwd=hedge-6\n\n")
    assert [login.scheme for login in exchange_of(request, Span(C, 0, 10)).logins] == ["query"]
    other = parsed("GET /a?pwd=hedge-7 HTTP/1.1\nHost: cam\nReferer: http://cam/x?pwd=hedge-6\n\n")
    assert [login.scheme for login in exchange_of(other, Span(C, 0, 10)).logins] == ["query", "referer"]


@pytest.mark.parametrize(("kind", "carries"), [(1, False), (3, True)])
def test_only_the_last_step_of_ntlm_is_a_credential(kind: int, carries: bool) -> None:
    """MS-NLMP: type 1 negotiates, type 3 authenticates; each channel is its own."""
    message = base64.b64encode(b"NTLMSSP\0" + bytes([kind, 0, 0, 0])).decode()
    for field, channel in (("Authorization", 0), ("Proxy-Authorization", 1)):
        request = parsed(f"GET / HTTP/1.1\nHost: cam\n{field}: NTLM {message}\n\n")
        assert [(item.protocol, item.side, item.channel) for item in request.inner] == [("ntlmssp", C, channel)]
        assert exchange_of(request, Span(C, 0, 10)).has_credentials is carries
