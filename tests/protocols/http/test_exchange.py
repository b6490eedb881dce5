"""HTTP exchanges: the events of a request with its response, and of the bodies of both."""

from __future__ import annotations

import base64
import gzip

import pytest

from sensor.events import DATA_LIMIT, Access, Inner, Login, Span, Transfer, Weird
from sensor.model import Secret, Side
from sensor.parsing.credentials.credential import Credential
from sensor.parsing.formats.http_body import Body, Unpacker
from sensor.parsing.formats.http_headers import parse_head
from sensor.parsing.parser import Parsed
from sensor.protocols.http.exchange import MAX_LOGINS, HttpExchange, bodiless_request, body_events
from tests.conversation import C, S

REQUEST, RESPONSE = Span(C, 0, 40), Span(S, 0, 30)
BASIC = Credential("password", "anna", Secret("sesame"), "basic", name="Authorization")


def exchange(status: int | None = 200) -> HttpExchange:
    return HttpExchange(
        method="GET",
        path="/video",
        resource="http://cam.example/video",
        span=REQUEST,
        status=status,
        response_span=None if status is None else RESPONSE,
    )


@pytest.mark.parametrize(
    ("status", "granted"),
    # RFC 9110 §15: successful, switching protocols; unauthorized, forbidden, proxy authentication; all others are open
    [
        *((200, True), (204, True), (101, True)),
        *((401, False), (403, False), (407, False)),
        *((302, None), (404, None), (500, None)),
    ],
)
def test_use_without_a_login(status: int, granted: bool | None) -> None:
    assert list(exchange(status).settle()) == [
        Access(
            resource="http://cam.example/video",
            action="GET",
            granted=granted,
            status=status,
            spans=(REQUEST, RESPONSE),
        )
    ]


def test_a_login_carries_the_status_and_is_no_use_without_a_login() -> None:
    one = exchange(401)
    one.add(BASIC)
    assert list(one.settle()) == [
        Login(
            mechanism="password",
            username="anna",
            secret=Secret("sesame"),
            scheme="basic",
            name="Authorization",
            status=401,
            resource="http://cam.example/video",
            spans=(REQUEST, RESPONSE),
        )
    ]
    assert list(one.settle()) == []


def test_nothing_is_reported_before_the_request_is_whole() -> None:
    one = exchange()
    one.body_over = False
    one.add(BASIC, REQUEST, Span(C, 40, 60))
    assert list(one.settle()) == []
    one.body_over = True
    (login,) = one.settle()
    assert isinstance(login, Login) and login.spans == (REQUEST, Span(C, 40, 60), RESPONSE)


def test_a_request_without_a_response_reports_its_logins_only() -> None:
    one = exchange(None)
    assert list(one.settle()) == []
    two = exchange(None)
    two.add(BASIC)
    assert [(login.status, login.spans) for login in two.settle() if isinstance(login, Login)] == [(None, (REQUEST,))]


def test_logins_are_bounded() -> None:
    one = exchange()
    for number in range(MAX_LOGINS + 5):
        one.add(Credential("password", f"u{number}", Secret("x"), "form"))
    assert len(list(one.settle())) == MAX_LOGINS


def test_an_inner_action_takes_the_place_of_the_request() -> None:
    one = exchange()
    one.accesses.append(Access(resource="", action="SetPower", granted=None, control=True))
    assert list(one.settle()) == [
        Access(
            resource="http://cam.example/video",
            action="SetPower",
            granted=True,
            control=True,
            status=200,
            spans=(REQUEST, RESPONSE),
        )
    ]


def test_a_request_without_any_body_is_a_transfer_of_itself() -> None:
    assert bodiless_request(exchange()) == Transfer(
        side=C, application="http", name="/video", media_type="message/http", size=40, spans=(REQUEST,)
    )


def crossed(one: HttpExchange, side: Side, data: bytes) -> list[Parsed]:
    body = Body(40, None)
    body.add(data)
    head = REQUEST if side is C else RESPONSE
    return [
        event for _, event in body_events(side, one, body, Unpacker(), complete=True, end=40 + len(data), head=head)
    ]


def test_a_body_is_decoded_as_its_fields_say() -> None:
    one = exchange()
    one.set_response_fields(parse_head(b"\r\nContent-Type: text/HTML; charset=x\r\nContent-Encoding: gzip\r\n\r\n")[1])
    packed = gzip.compress(b"<p>hello</p>")
    assert crossed(one, S, packed) == [
        Transfer(
            side=S,
            application="http",
            name="/video",
            media_type="text/html",
            size=len(packed),
            data=b"<p>hello</p>",
            spans=(RESPONSE, Span(S, 40, 40 + len(packed))),
        )
    ]


def test_a_decompression_bomb_is_cut() -> None:
    one = exchange()
    one.codings = ["gzip"]
    weird, transfer = crossed(one, C, gzip.compress(bytes(1 << 20), 9))
    assert isinstance(weird, Weird) and weird.name == "decompression_bomb"
    assert isinstance(transfer, Transfer) and len(transfer.data) == DATA_LIMIT


def inner(one: HttpExchange, side: Side, data: bytes) -> list[tuple[str, bytes]]:
    return [(item.protocol, item.data) for item in crossed(one, side, data) if isinstance(item, Inner)]


def test_protocols_inside_a_body() -> None:
    soap = b'<?xml version="1.0"?><s:Envelope xmlns:s="x"><s:Body/></s:Envelope>'
    device = b'<root xmlns="urn:schemas-upnp-org:device-1-0"><device/></root>'
    assert inner(exchange(), C, soap) == [("soap", soap)]
    assert inner(exchange(), S, soap) == [("soap", soap)]
    assert inner(exchange(), S, device) == [("upnp", device)]
    assert inner(exchange(), C, device) == []  # only a server describes itself
    assert inner(exchange(), S, b" " * 4096 + soap) == []  # the root element is within the first 4 KiB


def test_rtsp_through_http_is_base64_in_the_request_only() -> None:
    one = exchange()
    one.kind = one.response_kind = "application/x-rtsp-tunnelled"
    first, second = b"OPTIONS * RTSP/1.0\r\n\r\n", b"DESCRIBE rtsp://cam.example/ RTSP/1.0\r\n\r\n"
    encoded = base64.b64encode(first) + base64.b64encode(second)  # each with padding of its own
    assert inner(one, C, encoded) == [("rtsp", first + second)]
    assert inner(one, S, b"RTSP/1.0 200 OK\r\n\r\n") == [("rtsp", b"RTSP/1.0 200 OK\r\n\r\n")]
