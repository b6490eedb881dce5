"""Parsed header blocks of HTTP requests, and their cache."""

from __future__ import annotations

import pytest

from sensor.events import Access, Login, Span
from sensor.model import Secret
from sensor.parsing.formats.http_headers import REMEMBERED, REMEMBERED_BYTES, parse_head
from sensor.protocols.http.framing import Framing
from sensor.protocols.http.request import ParsedRequest, exchange_of, parse_request
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
