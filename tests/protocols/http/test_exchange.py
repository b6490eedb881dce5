"""HTTP exchanges: the events of a request with its response, and of the bodies of both."""

from __future__ import annotations

import base64
import gzip
from functools import partial

import pytest

from sensor.events import DATA_LIMIT, Access, Inner, Login, Span, Transfer, Weird
from sensor.model import Secret, Side
from sensor.parsing.credentials.credential import Credential
from sensor.parsing.formats.http_body import Body, Unpacker
from sensor.parsing.formats.http_headers import parse_head
from sensor.parsing.parser import Parsed
from sensor.protocols.http.exchange import MAX_LOGINS, UNANSWERED_LIMIT, HttpExchange, bodiless_request, body_events
from sensor.reserves import UnpackingReserve
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
    unpack = partial(Unpacker().decode, reserve=UnpackingReserve())
    return [event for _, event in body_events(side, one, body, unpack, complete=True, end=40 + len(data), head=head)]


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


JSON_FORM = Credential("password", "anna", Secret("sesame"), "json")


def with_login(status: int, credential: Credential = JSON_FORM) -> HttpExchange:
    one = exchange(status)
    one.add(credential)
    return one


@pytest.mark.parametrize(
    ("status", "accepted"), [(200, False), (201, False), (400, False), (403, False), (401, None), (407, None)]
)
def test_a_refusal_in_the_body_is_about_the_body(status: int, accepted: bool | None) -> None:
    """401 and 407 refuse what the header carries (RFC 9110 §11.6, §11.7): their status says so already."""
    one = with_login(status)
    one.refusal = "a word"
    (login,) = one.settle()
    assert isinstance(login, Login) and (login.accepted, login.status) == (accepted, status)


@pytest.mark.parametrize(("mechanism", "accepted"), [("password", False), ("token", None), ("hash", None)])
@pytest.mark.parametrize("unauthenticated", [False, True])
def test_a_refusal_is_about_passwords_and_grpcs_about_all(
    mechanism: str, accepted: bool | None, unauthenticated: bool
) -> None:
    one = with_login(200, Credential(mechanism, "anna", Secret("sesame"), "json"))
    one.refusal, one.unauthenticated = "a word", unauthenticated
    (login,) = one.settle()
    assert isinstance(login, Login) and login.accepted is (False if unauthenticated else accepted)


@pytest.mark.parametrize(
    ("value", "fault", "unauthenticated"),
    [("0", False, False), ("00", False, False), ("7", True, False), ("16", True, True), ("", False, False),
     ("x", False, False), (None, False, False), ("\u0661", False, False)],
)  # fmt: skip
def test_how_a_call_of_grpc_went(value: str | None, fault: bool, unauthenticated: bool) -> None:
    """gRPC status codes: 0 OK, 7 PERMISSION_DENIED, 16 UNAUTHENTICATED; digits of ASCII alone."""
    one = exchange()
    one.read_grpc_status(value)
    assert (one.fault, one.unauthenticated, one.refusal is not None) == (fault, unauthenticated, unauthenticated)


@pytest.mark.parametrize("field", ["fault", "hands_out"])
def test_what_a_successful_status_does_not_grant(field: str) -> None:
    one = exchange()
    setattr(one, field, True)
    assert [a.granted for a in one.settle() if isinstance(a, Access)] == [None]


@pytest.mark.parametrize("field", ["refusal", "undone"])
def test_what_the_body_takes_back(field: str) -> None:
    one = exchange()
    setattr(one, field, "a word")
    assert [a.granted for a in one.settle() if isinstance(a, Access)] == [False]


def test_with_a_fault_a_login_has_no_resource_that_it_opened() -> None:
    one = with_login(200)
    one.fault = True
    (login,) = one.settle()
    assert isinstance(login, Login) and (login.resource, login.accepted, login.status) == (None, None, 200)


def test_nobody_logs_in_with_a_referer() -> None:
    (login,) = with_login(200, Credential("password", "anna", Secret("sesame"), "referer")).settle()
    assert isinstance(login, Login) and (login.status, login.resource) == (None, None)


@pytest.mark.parametrize(("secret", "reported"), [(b"", 0), (b"sesame", 1)])
@pytest.mark.parametrize("challenge", [False, True])
def test_the_first_step_of_a_challenge_is_no_login(secret: bytes, reported: int, challenge: bool) -> None:
    one = with_login(200, Credential("password", "anna", Secret(secret), "json"))
    one.challenge = challenge
    assert len(list(one.settle())) == (reported if challenge else 1)


@pytest.mark.parametrize(
    ("kind", "waits"),
    [("application/json", True), ("application/soap+xml", True), ("text/javascript", True), ("text/plain", True),
     ("text/html", True), (None, True), ("image/jpeg", False), ("application/octet-stream", False)],
)  # fmt: skip
def test_which_answers_are_read_for_a_no(kind: str | None, waits: bool) -> None:
    one = with_login(200)
    one.response_kind = kind
    one.await_answer()
    assert (list(one.settle()) == []) is waits
    one.read_answer(b"")
    assert len(list(one.settle())) == (1 if waits else 0)


@pytest.mark.parametrize(("status", "served"), [(199, 0), (200, 1), (299, 1), (300, 0), (401, 0), (None, 0)])
def test_only_what_was_answered_is_served(status: int | None, served: int) -> None:
    one = exchange(status)
    data = b'{"wifi": {"ssid": "home", "psk": "tulip-77-garden"}}'
    one.response_kind = "application/json"
    found = list(one.served_in_body(data, Span(S, 30, 60), complete=True))
    assert len(found) == served and all(login.served for login in found)


def test_what_the_request_brought_is_not_served() -> None:
    one = with_login(200)
    other = Credential("password", "anna", Secret("another"), "json")
    assert [login.secret for login in one.served([JSON_FORM, other], RESPONSE)] == [Secret("another")]


@pytest.mark.parametrize(
    ("resource", "expected"), [("soap:GetUsers", "soap:GetUsers"), (None, "http://cam.example/video")]
)
def test_an_inner_login_names_its_own_resource_first(resource: str | None, expected: str) -> None:
    inner = Login(mechanism="password", username="anna", secret=Secret("x"), scheme="soap", resource=resource)
    one = exchange()
    one.settled = True
    (login,) = one.from_inner(inner)
    assert isinstance(login, Login) and (login.resource, login.status) == (expected, 200)
    assert login.spans == (REQUEST,)


@pytest.mark.parametrize("field", ["has_credentials", "control", "accesses", "body_over", None])
def test_whose_answers_are_read_for_a_no(field: str | None) -> None:
    """A login, an action, a change, or a request whose body is still to come; a page is settled at once."""
    one = exchange(200)
    one.response_kind = "application/json"
    if field == "accesses":
        one.accesses.append(Access(resource="", action="x", granted=None))
    elif field == "body_over":
        one.body_over = False
    elif field:
        setattr(one, field, True)
    one.await_answer()
    assert one.answer_over is (field is None)


@pytest.mark.parametrize("trailers", [False, True])
def test_trailers_are_waited_for_whoever_asks(trailers: bool) -> None:
    one = exchange(200)
    one.await_answer(trailers=trailers)
    assert one.answer_over is not trailers


def test_an_inner_access_waits_and_is_bounded_and_goes_on_behind_the_answer() -> None:
    one = exchange(200)
    inner_access = Access(resource="", action="Set", granted=None)
    for _ in range(UNANSWERED_LIMIT + 3):
        assert one.from_inner(inner_access) == ()
    assert len(one.accesses) == UNANSWERED_LIMIT
    list(one.settle())
    (late,) = one.from_inner(inner_access)
    assert isinstance(late, Access) and late.status == 200
    other = Weird(name="x", detail="y")
    assert one.from_inner(other) == (other,)


def test_what_an_answer_says_of_a_request_without_a_login() -> None:
    """Only then its words and the keys that it hands out count against the request."""
    no = b'{"success": false, "error": "not logged in"}'
    for credentials, found in ((False, [False]), (True, [])):
        one = exchange(200)
        one.has_credentials = credentials
        one.read_answer(no)
        assert [a.granted for a in one.settle() if isinstance(a, Access)] == found
        assert (one.undone is None) is credentials


def test_an_upgraded_exchange_counts_from_where_its_protocol_begins() -> None:
    one = with_login(200)
    moved = one.moved((100, 50))
    assert (moved.span, moved.status, moved.response_span, moved.upgrade) == (Span(C, -100, -60), None, None, None)
    assert [login.spans for login in moved.logins] == [(Span(C, -100, -60),)]
    assert one.status == 200
