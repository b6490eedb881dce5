"""CoAP by RFC 7252, 7641 and 7959: use without a login, payloads, blocks, repetition."""

from __future__ import annotations

import pytest

from sensor.events import Access, Content, Login, Span, Transfer
from sensor.model import Secret, Side, Transport
from sensor.parsing.cursor import Malformed
from sensor.parsing.parser import Match, Opening
from sensor.parsing.repeated_messages import SAMPLES
from sensor.protocols.coap import BODIES, MESSAGE_IDS, PROTOCOL, REPORTED_LIMIT, REQUESTS, Coap, recognise
from tests.conversation import C, Run, S, converse, events
from tests.protocols import openings

GET, POST, PUT, CHANGED, CONTENT, UNAUTHORIZED, CONTINUE = 1, 2, 3, 0x44, 0x45, 0x81, 0x5F


def message(
    code: int, identifier: int, *options: tuple[int, bytes], payload: bytes = b"", token: bytes = b"\x4a", kind: int = 0
) -> bytes:
    out = bytes([0x40 | kind << 4 | len(token), code]) + identifier.to_bytes(2, "big") + token
    last = 0
    for number, value in options:
        delta, size = number - last, len(value)
        first, extra = (
            (delta, b"")
            if delta < 13
            else (13, bytes([delta - 13]))
            if delta < 269
            else (14, (delta - 269).to_bytes(2, "big"))
        )
        second, more = (size, b"") if size < 13 else (13, bytes([size - 13]))
        out += bytes([first << 4 | second]) + extra + more + value
        last = number
    return out + (b"\xff" + payload if payload else b"")


def path(*parts: bytes) -> list[tuple[int, bytes]]:
    return [(11, part) for part in parts]


def test_reading_is_use_without_control() -> None:
    # RFC 7252, figure 16: GET /temperature, piggybacked "22.3 C".
    script = [
        (C, message(GET, 0x7D34, *path(b"temperature"))),
        (S, message(CONTENT, 0x7D34, payload=b"22.3 C", kind=2)),
    ]
    assert converse(Coap, script) == [
        Access(resource="/temperature", action="get", granted=True, status=205, spans=(Span(C, 0, 1), Span(S, 0, 1))),
        Transfer(side=S, application="coap", name="/temperature", size=6, data=b"22.3 C", spans=(Span(S, 0, 1),)),
    ]


@pytest.mark.parametrize(
    ("answer", "granted", "status"), [(CHANGED, True, 204), (UNAUTHORIZED, False, 401), (0x83, False, 403)]
)
def test_control(answer: int, granted: bool, status: int) -> None:
    script = [
        (C, message(PUT, 1, *path(b"light", b"1"), (12, b"\x32"), payload=b'{"on":1}')),
        (S, message(answer, 1, kind=2)),
    ]
    parsed = converse(Coap, script)
    assert parsed == [
        Transfer(
            side=C,
            application="coap",
            name="/light/1",
            media_type="application/json",
            size=8,
            data=b'{"on":1}',
            control=True,
            spans=(Span(C, 0, 1),),
        ),
        Access(
            resource="/light/1",
            action="put",
            granted=granted,
            control=True,
            status=status,
            spans=(Span(C, 0, 1), Span(S, 0, 1)),
        ),
    ]


def test_not_found_is_neither() -> None:
    assert not events(
        converse(Coap, [(C, message(GET, 1, *path(b"x1"))), (S, message(0x84, 1, kind=2))], damage=False), Access
    )


def test_query_is_reported_as_url() -> None:
    request = message(POST, 1, *path(b"rd"), (15, b"ep=meter-7"), (15, b"lt=60"))
    assert events(converse(Coap, [(C, request)]), Content) == [
        Content(side=C, name="url", data=b"/rd?ep=meter-7&lt=60")
    ]


@pytest.mark.parametrize(("answer", "status"), [(CONTENT, 205), (UNAUTHORIZED, 401), (None, None)])
def test_token_in_the_query(answer: int | None, status: int | None) -> None:
    request = message(GET, 1, *path(b"time"), (15, b"token=c41d8cd98f00b204e980"))
    parsed = converse(Coap, [(C, request), *([(S, message(answer, 1, kind=2))] if answer else [])])
    assert parsed == [
        Content(side=C, name="url", data=b"/time?token=***"),
        Login(
            mechanism="token",
            username=None,
            secret=Secret("c41d8cd98f00b204e980"),
            scheme="query",
            name="token",
            status=status,
            resource="/time",
            spans=(Span(C, 0, 1), *((Span(S, 0, 1),) if answer else ())),
        ),
    ]


def test_network_key_in_the_payload() -> None:
    request = message(PUT, 1, *path(b"wifi"), (12, b"\x32"), payload=b'{"ssid":"Haus Nord","psk":"Nord-stern-7"}')
    (login,) = events(converse(Coap, [(C, request), (S, message(CHANGED, 1, kind=2))]), Login)
    assert isinstance(login, Login)
    assert (login.mechanism, login.username, login.secret, login.status) == (
        "key",
        "Haus Nord",
        Secret("Nord-stern-7"),
        204,
    )


def test_telemetry_is_no_login() -> None:
    request = message(POST, 1, *path(b"up"), payload=b'{"t":21.5,"name":"hall","key":"temperature"}')
    assert not events(converse(Coap, [(C, request), (S, message(CHANGED, 1, kind=2))], damage=False), Login)


def test_retransmission_is_reported_once() -> None:
    request = message(PUT, 9, *path(b"light"), payload=b"1")
    assert len(events(converse(Coap, [(C, request), (C, request)], damage=False), Transfer)) == 1


def test_body_in_blocks_from_the_client() -> None:
    def block(number: int, more: int, data: bytes) -> bytes:
        return message(PUT, 10 + number, *path(b"fw"), (27, bytes([number << 4 | more << 3 | 2])), payload=data)

    script = []
    for number in range(3):
        script += [
            (C, block(number, int(number < 2), b"%d" % number * 64)),
            (S, message(CONTINUE if number < 2 else CHANGED, 10 + number, kind=2)),
        ]
    (seen,) = events(converse(Coap, script), Transfer)
    assert isinstance(seen, Transfer)
    assert (seen.name, seen.size, seen.data, seen.complete) == ("/fw", 192, b"0" * 64 + b"1" * 64 + b"2" * 64, True)
    assert seen.spans == (Span(C, 0, 1), Span(C, 1, 2), Span(C, 2, 3))


def test_body_in_blocks_from_the_server_cut_short() -> None:
    request = [message(GET, n, *path(b"log"), (23, bytes([n << 4 | 2]))) for n in range(2)]
    responses = [message(CONTENT, n, (23, bytes([n << 4 | 8 | 2])), payload=b"x" * 64, kind=2) for n in range(2)]
    (seen,) = events(converse(Coap, [(C, request[0]), (S, responses[0]), (C, request[1]), (S, responses[1])]), Transfer)
    assert (seen.name, seen.size, seen.complete) == ("/log", 128, False)  # type: ignore[attr-defined]


def test_observations_fold() -> None:
    script = [(C, message(GET, 1, (6, b""), *path(b"temp")))]
    script += [(S, message(CONTENT, 100 + n, (6, bytes([n % 250])), payload=b"%04d" % n, kind=1)) for n in range(300)]
    reported = events(converse(Coap, script, damage=False), Transfer)
    assert sum(t.size for t in reported) == 1200  # type: ignore[attr-defined]
    assert len(reported) <= SAMPLES + 300 // 64 + 2
    assert {t.name for t in reported} == {"/temp"}  # type: ignore[attr-defined]


def test_oscore_payload_is_not_readable() -> None:
    assert not events(converse(Coap, [(C, message(POST, 1, (9, b"\x09\x05"), payload=b"\x5a" * 20))]), Transfer)


def test_uses_are_reported_once_and_bounded() -> None:
    parser = Coap()
    parsed = []
    for n in range(REPORTED_LIMIT * 2):
        parsed += list(parser.receive(C, message(GET, n, *path(b"r%d" % n))))
        parsed += list(parser.receive(S, message(CONTENT, n, kind=2)))
    assert len(parsed) == REPORTED_LIMIT
    assert len(parser._requests) == 0


def opening(data: bytes, port: int = 5683) -> Opening:
    return Opening(data, b"", 50000, port, Transport.UDP)


def test_recognised() -> None:
    request = message(GET, 0x7D34, *path(b".well-known", b"core"))
    assert recognise(opening(request)) is Match.WEAK
    assert recognise(opening(request, 40000)) is Match.WEAK
    assert recognise(opening(b"\x40\x00\x12\x34")) is Match.WEAK
    assert recognise(opening(message(CONTENT, 5, payload=b"22"))) is Match.WEAK
    # QUIC short headers, STUN, RTP, DNS, an unknown option, a lone marker, an empty message elsewhere.
    quic = [bytes([0x40 | n % 64]) + bytes((n * 37 + k * 101) % 256 for k in range(60)) for n in range(200)]
    others = [
        b"\x00\x01\x00\x00\x21\x12\xa4\x42" + bytes(12),
        b"\x80\x60" + bytes(20),
        b"\x12\x34\x01\x00\x00\x01" + bytes(8),
    ]
    for lure in (*quic, *others, message(GET, 1, (2, b"x")), message(GET, 1) + b"\xff", b"\x40\x00\x12\x34"):
        assert recognise(opening(lure, 40000)) is Match.NO


@pytest.mark.parametrize(
    ("code", "granted"),
    [
        (0x41, True), (0x42, True), (0x44, True), (0x45, True),
        (0x80, None), (0x81, False), (0x83, False), (0x84, None), (0x85, None), (0xA0, None), (0xA3, None),
    ],
)  # fmt: skip
@pytest.mark.parametrize(("method", "control"), [(GET, False), (PUT, True)])
def test_what_each_code_says_of_a_request_without_a_login(
    method: int, control: bool, code: int, granted: bool | None
) -> None:
    """RFC 7252 §5.9: class 2 serves, 4.01 and 4.03 refuse, the rest is an error."""
    script = [(C, message(method, 1, *path(b"light"))), (S, message(code, 1, kind=2))]
    found = events(converse(Coap, script, damage=False), Access)
    assert [(a.granted, a.control) for a in found] == ([] if granted is None else [(granted, control)])


def use(code: int, answer: int) -> list[tuple[str, bool | None, bool]]:
    script = [(C, message(code, 1, *path(b"light"))), (S, message(answer, 1, kind=2))]
    found = [e for e in converse(Coap, script, damage=False) if isinstance(e, Access)]
    return [(e.action, e.granted, e.control) for e in found]


@pytest.mark.parametrize(
    ("code", "name", "control"),
    [(1, "get", False), (2, "post", True), (3, "put", True), (4, "delete", True), (5, "fetch", False),
     (6, "patch", True), (7, "ipatch", True)],
)  # fmt: skip
def test_each_method_and_what_it_changes(code: int, name: str, control: bool) -> None:
    """RFC 7252 §5.8, RFC 8132."""
    assert use(code, CHANGED) == [(name, True, control)]
    assert use(code, UNAUTHORIZED) == [(name, False, control)]


@pytest.mark.parametrize("code", [8, 31, 32, 63, 0x46, 0x60, 0x9E, 0xE1])
def test_codes_that_are_not_registered_are_malformed(code: int) -> None:
    with pytest.raises(Malformed):
        Run(Coap()).feed(C, message(code, 1))


def test_an_answer_belongs_to_the_request_of_the_other_side_and_token() -> None:
    asked = (C, message(PUT, 1, *path(b"light")))
    for answer in ((S, message(CHANGED, 2, token=b"x")), (C, message(CHANGED, 2))):
        assert events(converse(Coap, [asked, answer], damage=False), Access) == []
    for side in (C, S):
        script = [(side, message(PUT, 1, *path(b"light"))), (side.other, message(CHANGED, 9))]
        [access] = events(converse(Coap, script, damage=False), Access)
        assert access.spans == (Span(side, 0, 1), Span(side.other, 0, 1))
    twice = [asked, (S, message(CHANGED, 1, kind=2)), (S, message(UNAUTHORIZED, 2))]
    assert [e.granted for e in events(converse(Coap, twice, damage=False), Access) if isinstance(e, Access)] == [True]


def login_of(*script: tuple[Side, bytes]) -> list[tuple[int | None, Side]]:
    found = converse(Coap, list(script), damage=False)
    return [(e.status, e.verifier) for e in found if isinstance(e, Login)]


def test_logins_wait_for_their_own_answer() -> None:
    def asks(identifier: int, token: bytes = b"\x4a") -> bytes:
        return message(GET, identifier, *path(b"time"), (15, b"token=c41d8cd98f00b204e980"), token=token)

    assert login_of((C, asks(1)), (S, message(CONTINUE, 1, kind=2)), (S, message(UNAUTHORIZED, 2))) == [(401, S)]
    assert login_of((C, asks(1)), (C, asks(2)), (S, message(CONTENT, 2))) == [(None, S), (205, S)]
    assert login_of((S, asks(1)), (C, message(CONTENT, 1))) == [(205, C)]
    assert login_of((C, asks(1)), (S, message(CONTENT, 1)), (S, message(UNAUTHORIZED, 2))) == [(205, S)]
    many = [(C, asks(n, bytes([n]))) for n in range(REQUESTS + 1)]
    run = Run(Coap())
    for side, data in many:
        run.feed(side, data)
    assert len(events(run.parsed, Login)) == 1 and len(events(run.close(), Login)) == REQUESTS + 1


def test_retransmissions_are_recognised_on_each_side_alone() -> None:
    """RFC 7252 §4.2: by message id, of one end; the window is bounded."""
    request = message(PUT, 9, *path(b"light"), payload=b"1")
    assert len(events(converse(Coap, [(C, request), (S, request)], damage=False), Transfer)) == 2
    between = [(C, message(GET, 100 + n, token=bytes([n]))) for n in range(MESSAGE_IDS)]
    assert len(events(converse(Coap, [(C, request), *between[1:], (C, request)], damage=False), Transfer)) == 1
    assert len(events(converse(Coap, [(C, request), *between, (C, request)], damage=False), Transfer)) == 2
    assert len(events(converse(Coap, [(C, message(0, 9)), (C, request)], damage=False), Transfer)) == 1


def blocks(*numbers: tuple[int, int], code: int = PUT, option: int = 27) -> list[Transfer]:
    script = [
        (
            C,
            message(
                code, 10 + at, *path(b"fw"), (option, bytes([number << 4 | more << 3 | 2])), payload=b"%d" % number * 64
            ),
        )
        for at, (number, more) in enumerate(numbers)
    ]
    return [e for e in converse(Coap, script, damage=False) if isinstance(e, Transfer)]


def test_blocks_of_a_body() -> None:
    """RFC 7959 §2.2: number, M bit, size; a lone block 0 without M is the whole body."""
    assert [(t.size, t.complete) for t in blocks((0, 0))] == [(64, True)]
    assert [(t.size, t.complete) for t in blocks((0, 1), (1, 0))] == [(128, True)]
    assert [(t.size, t.complete) for t in blocks((0, 1), (1, 1))] == [(128, False)]
    assert [(t.size, t.complete, t.data) for t in blocks((3, 1))] == [(64, False, b"3" * 64)]
    assert [(t.size, t.data[:1]) for t in blocks((0, 1), (0, 1), (1, 0))] == [(128, b"0")], "it began anew"
    many = [(C, message(PUT, n, *path(b"f%d" % n), (27, b"\x0a"), payload=b"x" * 64)) for n in range(BODIES + 1)]
    assert len(events(converse(Coap, many, damage=False), Transfer)) == BODIES
    ten = blocks(*((n, 1) for n in range(10)))
    assert [(t.size, len(t.spans)) for t in ten] == [(640, 8)]


def test_media_types_by_their_number() -> None:
    """IANA "CoAP Content-Formats": 0 is text, 50 JSON, 60 CBOR; without the option nothing is said."""
    for value, media in ((b"", "text/plain"), (b"\x32", "application/json"), (b"\x3c", "application/cbor"),
                         (b"\x28", "application/link-format"), (b"\x03\xe7", "content-format 999")):  # fmt: skip
        [seen] = events(
            converse(Coap, [(C, message(POST, 1, *path(b"up"), (12, value), payload=b"x"))], damage=False), Transfer
        )
        assert isinstance(seen, Transfer) and (seen.media_type, seen.control) == (media, True)
    [seen] = events(converse(Coap, [(C, message(5, 1, *path(b"up"), payload=b"x"))], damage=False), Transfer)
    assert isinstance(seen, Transfer) and (seen.media_type, seen.control) == (None, False)


def test_what_is_hardly_coap() -> None:
    request, reply = message(GET, 1, *path(b"ab")), message(CONTENT, 5)
    for data, port, match in (
        (request, 40000, Match.WEAK), (message(GET, 1, *path(b"a")), 40000, Match.NO),
        (message(GET, 1), 40000, Match.NO),
        (message(GET, 1), 5683, Match.WEAK), (message(GET, 1, *path(b"a\x01b")), 40000, Match.NO),
        (message(GET, 1, *path(b"a\xe4b")), 40000, Match.NO), (reply, 40000, Match.NO), (reply, 5683, Match.WEAK),
        (message(8, 1, *path(b"ab")), 5683, Match.NO), (message(0x46, 1), 5683, Match.NO),
        (b"\x40\0\0\1\xff!", 5683, Match.NO), (b"\x40\0\0", 5683, Match.NO), (b"", 5683, Match.NO),
    ):  # fmt: skip
        for server in (False, True):
            assert recognise(openings.of(data, port, server=server, udp=True)) is match, data
    assert recognise(Opening(reply, b"", 5683, 40000, Transport.UDP)) is Match.WEAK
    openings.values(recognise, request, {0: ((0x41, 0x51, 0x61, 0x71), (0x01, 0x81, 0xC1))}, udp=True, found=Match.WEAK)


def test_where_it_is_found() -> None:
    openings.declares(PROTOCOL, "publishes", "telemetry", ports={5683}, transport=Transport.UDP)


def test_an_answer_without_its_request_and_an_observed_resource() -> None:
    """RFC 7641: each notification answers the one request; without the option an answer ends it."""
    [seen] = [
        e for e in converse(Coap, [(S, message(CONTENT, 5, payload=b"22"))], damage=False) if isinstance(e, Transfer)
    ]
    assert (seen.name, seen.control, seen.complete) == (None, False, True)
    for options, names in (((6, b"\1"),), ["/t", "/t"]), ((), ["/t", None]):
        script = [(C, message(GET, 1, (6, b""), *path(b"t")))]
        script += [(S, message(CONTENT, 100 + n, *options, payload=b"%d" % n)) for n in range(2)]
        found = [e for e in converse(Coap, script, damage=False) if isinstance(e, Transfer)]
        assert [e.name for e in found] == names


def test_blocks_of_an_answer_end_with_the_last() -> None:
    """RFC 7959 §2.4: the client asks for each block; the answer with M leaves the request open."""
    script = []
    for n in range(3):
        script += [
            (C, message(GET, n, *path(b"log"), (23, bytes([n << 4 | 2])), token=b"x")),
            (
                S,
                message(
                    CONTENT, n, (23, bytes([n << 4 | (n < 2) << 3 | 2])), payload=b"%d" % n * 64, token=b"x", kind=2
                ),
            ),
        ]
    [seen] = [e for e in converse(Coap, script, damage=False) if isinstance(e, Transfer)]
    assert (seen.side, seen.name, seen.size, seen.complete) == (S, "/log", 192, True)
    assert seen.data == b"0" * 64 + b"1" * 64 + b"2" * 64
    [access] = [e for e in converse(Coap, script, damage=False) if isinstance(e, Access)]
    assert (access.resource, access.granted) == ("/log", True)


def test_a_login_in_a_body_is_that_of_its_request() -> None:
    body = b'{"ssid":"Haus Nord","psk":"Nord-stern-7"}'
    first = message(PUT, 1, *path(b"wifi"), (12, b"\x32"), (27, b"\x0a"), payload=body[:20])
    last = message(PUT, 2, *path(b"wifi"), (12, b"\x32"), (27, b"\x12"), payload=body[20:])
    script = [(C, first), (S, message(CONTINUE, 1, kind=2)), (C, last), (S, message(UNAUTHORIZED, 2, kind=2))]
    [login] = [e for e in converse(Coap, script, damage=False) if isinstance(e, Login)]
    assert (login.secret, login.status, login.resource, login.verifier) == (Secret("Nord-stern-7"), 401, "/wifi", S)


def test_bodies_in_flight_come_out_at_the_end() -> None:
    script = [(C, message(PUT, n, *path(b"f"), (27, bytes([n << 4 | 0x0A])), payload=b"x" * 64)) for n in range(2)]
    [seen] = [e for e in converse(Coap, script, damage=False) if isinstance(e, Transfer)]
    assert (seen.name, seen.size, seen.complete, seen.spans) == ("/f", 128, False, (Span(C, 0, 1), Span(C, 1, 2)))


def test_urls_are_told_once_and_only_with_a_query() -> None:
    script = [
        (C, message(GET, n, *path(b"rd"), *options)) for n, options in enumerate((((15, b"a=1"),), ((15, b"a=1"),), ()))
    ]
    assert [(e.side, e.data) for e in converse(Coap, script, damage=False) if isinstance(e, Content)] == [
        (C, b"/rd?a=1")
    ]
