"""HTTP/2 by RFC 9113: bodies, header blocks, logins and answers of several streams, bounds, look-alikes."""

from __future__ import annotations

import base64
import gzip
import struct
from collections.abc import Sequence

import pytest
from hpack import Encoder

from sensor.events import Access, Attribute, Content, Enough, Event, Login, Skip, Transfer, Upgrade, Weird
from sensor.model import Secret, Transport
from sensor.parsing.cursor import Malformed
from sensor.parsing.parser import Match, Opening, Parsed
from sensor.protocols.http import Http
from sensor.protocols.http.http2 import BLOCK_LIMIT, MAX_CONTINUATIONS, OPEN_STREAMS, PREFACE, Http2, recognise
from tests.conversation import C, Run, S, converse, events


def frame(kind: int, stream: int, payload: bytes = b"", flags: int = 0) -> bytes:
    return struct.pack(">I", len(payload))[1:] + bytes([kind, flags]) + struct.pack(">I", stream) + payload


HELLO = [(C, PREFACE + frame(4, 0)), (S, frame(4, 0) + frame(4, 0, flags=1))]


def test_bodies_of_two_streams_interleaved() -> None:
    script = [
        *HELLO,
        (
            C,
            frame(1, 1, b"\x82", 5)
            + frame(1, 3, b"\x83", 4)
            + frame(0, 3, b'{"on":', 0)
            + frame(0, 3, b"\x02true}\0\0", 9),
        ),
        (
            S,
            frame(1, 1, b"\x88", 4)
            + frame(0, 1, b"hel")
            + frame(1, 3, b"\x88", 5)
            + frame(0, 1, b"lo")
            + frame(0, 1, b"", 1),
        ),
    ]
    assert [(t.side, t.data, t.size, t.complete) for t in events(converse(Http2, script), Transfer)] == [
        (C, b'{"on":true}', 11, True),
        (S, b"hello", 5, True),
    ]


def test_packed_bodies_and_bodies_that_break_off() -> None:
    packed = gzip.compress(b"temperature 21")
    script = [*HELLO, (S, frame(0, 1, packed, 1) + frame(0, 3, b"half") + frame(3, 3, bytes(4)) + frame(0, 5, b"rest"))]
    assert [(t.data, t.complete) for t in events(converse(Http2, script), Transfer)] == [
        (b"temperature 21", True),
        (b"half", False),
        (b"rest", False),
    ]


def test_long_frames_are_skipped_and_a_loss_ends_it() -> None:
    run = Run(Http2())
    for side, data in HELLO:
        run.feed(side, data)
    run.feed(S, frame(0, 1, bytes(200_000), 1)[:60_000])
    run.feed(S, bytes(140_009))
    assert sum(s.length for s in events(run.parsed, Skip)) > 100_000  # type: ignore[arg-type]
    assert [t.size for t in events(run.parsed, Transfer)] == [200_000]
    run.gap(S, 10)
    assert isinstance(run.parsed[-1], Enough)


def test_what_does_not_begin_with_settings() -> None:
    with pytest.raises(Malformed):
        Run(Http2()).feed(S, frame(0, 1, b"x"))


@pytest.mark.parametrize(
    ("client", "server", "match"),
    [
        (PREFACE, b"", Match.SURE),
        (PREFACE[:10], b"", Match.MORE),
        (b"", frame(4, 0, bytes(12)), Match.WEAK),
        (b"GET / HTTP/1.1\r\n", b"", Match.NO),
        (b"", b"\0\0\x05\x04\0\0\0\0\0", Match.NO),
    ],
)
def test_what_is_recognised(client: bytes, server: bytes, match: Match) -> None:
    assert recognise(Opening(client, server, 40000, 80, Transport.TCP)) is match


REQUEST = [(":method", "GET"), (":scheme", "http"), (":authority", "camera.example"), (":path", "/settings?x=1")]
BASIC = ("authorization", "Basic " + base64.b64encode(b"mara:Regen-7").decode())


def head(encoder: Encoder, stream: int, fields: Sequence[tuple[str, str]], *, last: bool = False) -> bytes:
    return frame(1, stream, encoder.encode(fields), 4 | last)


def only(parsed: Sequence[Parsed], kind: type[Event]) -> Event:
    (one,) = events(parsed, kind)
    return one


def test_a_login_with_its_answer_as_http_1_gives_it() -> None:
    client, server = Encoder(), Encoder()
    script = [
        *HELLO,
        (C, head(client, 1, REQUEST, last=True)),
        (
            S,
            head(
                server, 1, [(":status", "401"), ("www-authenticate", 'Basic realm="cam"'), ("server", "x/2")], last=True
            ),
        ),
        (
            C,
            head(
                client, 3, [*REQUEST, BASIC, ("user-agent", "app/1"), ("cookie", "PHPSESSID=d41d8cd98f00b")], last=True
            ),
        ),
        (S, head(server, 3, [(":status", "200"), ("content-type", "text/html")])),
        (S, frame(0, 3, b"<title>Garden</title>", 1)),
    ]
    parsed = converse(Http2, script)
    access = only(parsed, Access)
    assert isinstance(access, Access)
    assert (access.resource, access.granted, access.status) == ("http://camera.example/settings", False, 401)
    basic, cookie = events(parsed, Login)
    assert isinstance(basic, Login) and isinstance(cookie, Login)
    assert (basic.username, basic.secret, basic.scheme) == ("mara", Secret("Regen-7"), "basic")
    assert (basic.status, basic.resource, basic.accepted) == (200, access.resource, None)
    assert (cookie.mechanism, cookie.name) == ("cookie", "PHPSESSID")
    told = {(a.field, a.value) for a in parsed if isinstance(a, Attribute)}
    assert {
        ("http.server", "x/2"),
        ("http.realm", "cam"),
        ("http.user_agent", "app/1"),
        ("http.title", "Garden"),
    } <= told
    header = b"".join(c.data for c in parsed if isinstance(c, Content))
    assert b"camera.example" in header and b"bWFyYTpSZWdlbi03" not in header and b"d41d8cd9" not in header
    assert [(t.name, t.size) for t in parsed if isinstance(t, Transfer) and t.side is S] == [("/settings", 21)]


def test_the_header_blocks_of_rfc_7541() -> None:
    """Appendix C.4 with a Basic login behind it; the second block uses the table that the first one filled."""
    first = bytes.fromhex("828684418cf1e3c2e5f23a6ba0ab90f4ff")
    second = bytes.fromhex("828684be5886a8eb10649cbf")
    script = [
        *HELLO,
        (C, frame(1, 1, first, 5) + frame(1, 3, second, 5)),
        (S, frame(1, 1, b"\x88", 5) + frame(1, 3, b"\x88", 5)),
    ]
    assert [(a.resource, a.status) for a in converse(Http2, script) if isinstance(a, Access)] == [
        ("http://www.example.com/", 200)
    ] * 2


def test_a_form_in_data_padded_and_continued_header_blocks() -> None:
    block = Encoder().encode(
        [
            (":method", "POST"),
            (":path", "/login"),
            (":authority", "nas.example"),
            ("content-type", "application/x-www-form-urlencoded"),
        ]
    )
    script = [
        *HELLO,
        (
            C,
            frame(1, 1, b"\x02" + bytes(5) + block[:9] + bytes(2), 0x28)
            + frame(9, 1, block[9:12])
            + frame(9, 1, block[12:], 4),
        ),
        (C, frame(0, 1, b"user=mara&password=Regen-7", 1)),
        (
            S,
            head(Encoder(), 1, [(":status", "200"), ("content-type", "application/json")])
            + frame(0, 1, b'{"success":false}', 1),
        ),
    ]
    login = only(converse(Http2, script), Login)
    assert isinstance(login, Login)
    assert (login.username, login.secret, login.scheme) == ("mara", Secret("Regen-7"), "form")
    assert (login.accepted, login.basis) == (False, '"success": false with this login')


@pytest.mark.parametrize(
    ("status", "accepted", "basis"),
    [("0", None, None), ("16", False, "grpc-status 16 with this login"), ("12", None, None)],
)
def test_grpc_says_in_its_trailer_how_a_call_went(status: str, accepted: bool | None, basis: str | None) -> None:
    client, server = Encoder(), Encoder()
    call = [
        (":method", "POST"),
        (":scheme", "http"),
        (":path", "/hub.Hub/Get"),
        (":authority", "hub"),
        ("te", "trailers"),
    ]
    kind = ("content-type", "application/grpc")
    script = [
        *HELLO,
        (
            C,
            head(client, 1, [*call, kind, ("authorization", "Bearer 6fd1c0b5a9e2")]) + frame(0, 1, b"\0\0\0\0\x01x", 1),
        ),
        (S, head(server, 1, [(":status", "200"), kind]) + frame(0, 1, b"\0\0\0\0\x01y")),
        (S, head(server, 1, [("grpc-status", status)], last=True)),
    ]
    login = only(converse(Http2, script), Login)
    assert isinstance(login, Login)
    assert (login.secret, login.accepted, login.basis) == (Secret("6fd1c0b5a9e2"), accepted, basis)
    assert login.resource == ("http://hub/hub.Hub/Get" if status == "0" else None if status == "12" else login.resource)


def test_a_call_of_grpc_that_failed_is_no_use_without_a_login() -> None:
    client, server = Encoder(), Encoder()
    script = [
        *HELLO,
        (C, head(client, 1, [(":method", "POST"), (":path", "/hub.Hub/Set"), (":authority", "hub")], last=True)),
        (
            S,
            head(
                server, 1, [(":status", "200"), ("content-type", "application/grpc"), ("grpc-status", "16")], last=True
            ),
        ),
    ]
    access = only(converse(Http2, script), Access)
    assert isinstance(access, Access) and access.granted is False


def test_an_upgrade_takes_the_request_along() -> None:
    request = (
        b"GET /a HTTP/1.1\r\nHost: cam\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\n"
        b"HTTP2-Settings: AAMAAABk\r\nAuthorization: Basic bWFyYTpSZWdlbi03\r\n\r\n"
    )
    switch = b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n"
    before = converse(Http, [(C, request), (S, switch)])
    assert not events(before, Login)
    (upgrade,) = [item for item in before if isinstance(item, Upgrade)]
    assert upgrade.protocol == "http2"
    encoder = Encoder()
    run = Run(Http2(upgrade.hint))
    run.feed(S, frame(4, 0) + head(encoder, 1, [(":status", "401")], last=True))
    login = only(run.close(), Login)
    assert isinstance(login, Login)
    assert (login.username, login.status, login.resource) == ("mara", 401, "http://cam/a")
    # Places count from where HTTP/2 begins: the request stands before it.
    assert login.spans[0] == (C, -len(request), 0)


def test_an_upgrade_without_an_answer_still_gives_the_login() -> None:
    request = b"GET /a HTTP/1.1\r\nHost: cam\r\nUpgrade: h2c\r\nAuthorization: Basic bWFyYTpSZWdlbi03\r\n\r\n"
    before = converse(Http, [(C, request), (S, b"HTTP/1.1 101 S\r\nUpgrade: h2c\r\n\r\n")])
    (upgrade,) = [item for item in before if isinstance(item, Upgrade)]
    login = only(Run(Http2(upgrade.hint)).close(), Login)
    assert isinstance(login, Login) and login.status is None


def test_bounds_of_header_blocks() -> None:
    def fed(*frames: bytes) -> list[Parsed]:
        run = Run(Http2())
        run.feed(C, PREFACE + frame(4, 0))
        for one in frames:
            run.feed(C, one)
        return run.close()

    flood = fed(frame(1, 1, b"\x82"), *[frame(9, 1)] * (MAX_CONTINUATIONS + 5))
    assert [w.detail for w in flood if isinstance(w, Weird)] == ["a header block beyond all bounds"]
    # A field of 4,000 bytes in the table, referred to once a byte: 64 KB of fields are enough.
    bomb = b"\x40\x01a\x7f\xa1\x1e" + bytes(4000) + b"\xbe" * 10_000
    assert [w.detail for w in fed(frame(1, 1, bomb, 5)) if isinstance(w, Weird)] == [
        "a header block that cannot be unpacked"
    ]
    table = fed(frame(1, 1, b"\x3f" + b"\xff\xff\xff\x7f" + b"\x82", 5))
    assert [w.name for w in table if isinstance(w, Weird)] == ["http2_headers"]
    encoder = Encoder()
    many = Run(Http2())
    many.feed(C, PREFACE + frame(4, 0))
    for number in range(1, 6 * OPEN_STREAMS, 2):
        many.feed(C, head(encoder, number, REQUEST))
    assert many.parser.buffered_bytes() < BLOCK_LIMIT


def test_after_a_broken_header_block_bodies_are_still_read() -> None:
    script = [
        *HELLO,
        (C, frame(1, 1, b"\xff\xff\xff\x7f", 4) + head(Encoder(), 3, [*REQUEST, BASIC]) + frame(0, 3, b"body", 1)),
    ]
    parsed = converse(Http2, script)
    assert not events(parsed, Login)
    assert [t.data for t in parsed if isinstance(t, Transfer)] == [b"body"]


def test_what_awaits_its_answer_comes_out_at_a_loss() -> None:
    run = Run(Http2())
    for side, data in [*HELLO, (C, head(Encoder(), 1, [*REQUEST, BASIC], last=True))]:
        run.feed(side, data)
    assert events(run.parsed, Login) == []
    run.gap(S, 100)
    login = only(run.parsed, Login)
    assert isinstance(login, Login) and (login.username, login.status, login.accepted) == ("mara", None, None)
    assert isinstance(run.parsed[-1], Enough)


@pytest.mark.parametrize(
    ("kind", "title"), [("text/html", "Garden"), ("application/xhtml+xml", "Garden"), ("text/plain", None)]
)
def test_only_a_page_has_a_title(kind: str, title: str | None) -> None:
    server = Encoder()
    script = [
        *HELLO,
        (C, head(Encoder(), 1, REQUEST, last=True)),
        (S, head(server, 1, [(":status", "200"), ("content-type", kind)]) + frame(0, 1, b"<title>Garden</title>", 1)),
    ]
    found = [a.value for a in converse(Http2, script) if isinstance(a, Attribute) and a.field == "http.title"]
    assert found == ([] if title is None else [title])


def test_bodies_of_both_ends_have_the_kind_that_their_own_end_names() -> None:
    client, server = Encoder(), Encoder()
    form = [
        (":method", "POST"),
        (":path", "/login"),
        (":authority", "nas"),
        ("content-type", "application/x-www-form-urlencoded"),
    ]
    script = [
        *HELLO,
        (C, head(client, 1, form) + frame(0, 1, b"user=mara&password=Regen-7", 1)),
        (S, head(server, 1, [(":status", "200"), ("content-type", "image/png")]) + frame(0, 1, b"\x89PNG\r\n", 1)),
    ]
    parsed = converse(Http2, script)
    login = only(parsed, Login)
    assert isinstance(login, Login) and (login.username, login.scheme, login.status) == ("mara", "form", 200)
    assert [(t.side, t.media_type, t.size) for t in parsed if isinstance(t, Transfer)] == [
        (C, "application/x-www-form-urlencoded", 26), (S, "image/png", 6),
    ]  # fmt: skip


def talk(request: bytes, response: bytes) -> list[Parsed]:
    return converse(Http2, [*HELLO, (C, request), (S, response)], damage=False)


def test_a_stream_is_over_when_both_ends_are() -> None:
    """§5.1: END_STREAM on the last frame of each end, with or without a body."""
    for body in (b"", b"x"):
        for reply in (b"", b"y"):
            client, server = Encoder(), Encoder()
            sent = head(client, 1, [*REQUEST, BASIC], last=not body) + (frame(0, 1, body, 1) if body else b"")
            said = head(server, 1, [(":status", "401")], last=not reply) + (frame(0, 1, reply, 1) if reply else b"")
            run = Run(Http2())
            for side, data in [*HELLO, (C, sent), (S, said)]:
                run.feed(side, data)
            assert [login.status for login in events(run.parsed, Login) if isinstance(login, Login)] == [401]
            moved = [(t.side, t.media_type) for t in events(run.parsed, Transfer) if isinstance(t, Transfer)]
            bodies = [(C, None)] * bool(body) + [(S, None)] * bool(reply)
            assert moved == (bodies or [(C, "message/http")])


@pytest.mark.parametrize(
    ("fields", "resource"),
    [
        ([(":authority", "a.example")], "http://a.example/x"), ([("host", "b.example")], "http://b.example/x"),
        ([(":authority", "a.example"), ("host", "b.example")], "http://b.example/x"), ([], "/x"),
    ],
)  # fmt: skip
def test_who_is_asked(fields: list[tuple[str, str]], resource: str) -> None:
    """§8.3.1: :authority, and Host where a proxy kept it."""
    sent = head(Encoder(), 1, [(":method", "GET"), (":path", "/x"), *fields], last=True)
    access = only(talk(sent, head(Encoder(), 1, [(":status", "200")], last=True)), Access)
    assert isinstance(access, Access) and access.resource == resource


@pytest.mark.parametrize(
    ("status", "granted"), [("200", True), ("204", True), ("401", False), ("403", False), ("404", None), ("500", None)]
)
def test_statuses_of_a_stream(status: str, granted: bool | None) -> None:
    sent = head(Encoder(), 1, REQUEST, last=True)
    access = only(talk(sent, head(Encoder(), 1, [(":status", status)], last=True)), Access)
    assert isinstance(access, Access) and (access.status, access.granted) == (int(status), granted)


@pytest.mark.parametrize("interim", ["100", "103", "199"])
def test_an_interim_answer_is_none(interim: str) -> None:
    server = Encoder()
    said = head(server, 1, [(":status", interim)]) + head(server, 1, [(":status", "401")], last=True)
    access = only(talk(head(Encoder(), 1, REQUEST, last=True), said), Access)
    assert isinstance(access, Access) and access.status == 401
    twice = head(server, 3, [(":status", "200")]) + head(server, 3, [(":status", "401")], last=True)
    client = Encoder()
    access = only(talk(head(client, 3, REQUEST, last=True), twice), Access)
    assert isinstance(access, Access) and access.status == 200, "what follows the answer is its trailer"


def test_streams_are_apart() -> None:
    client, server = Encoder(), Encoder()
    sent = head(client, 1, [*REQUEST, BASIC], last=True) + head(
        client, 3, [*REQUEST, ("authorization", "Bearer 6fd1c0b5a9e2")], last=True
    )
    said = head(server, 3, [(":status", "403")], last=True) + head(server, 1, [(":status", "200")], last=True)
    found = [(e.scheme, e.status) for e in talk(sent, said) if isinstance(e, Login)]
    assert found == [("bearer", 403), ("basic", 200)]


@pytest.mark.parametrize("kind", [0, 1, 5, 9])
def test_frames_of_no_stream_say_nothing(kind: int) -> None:
    """§6: data and header blocks belong to a stream."""
    assert converse(Http2, [*HELLO, (S, frame(kind, 0, b"\x88", 5))], damage=False) == []


def test_what_a_server_promises_is_no_request_of_the_client() -> None:
    block = Encoder().encode([*REQUEST, BASIC])
    promised = frame(5, 1, b"\0\0\0\2" + block, 4)
    assert events(converse(Http2, [*HELLO, (S, promised)], damage=False), Login) == []


def test_how_a_connection_begins_and_what_is_too_long() -> None:
    for data, whole in ((frame(4, 0), True), (frame(4, 1), False), (frame(6, 0, bytes(8)), False)):
        run = Run(Http2())
        if whole:
            run.feed(S, data)
        else:
            with pytest.raises(Malformed):
                run.feed(S, data)
    for kind, length, whole in ((16, 1 << 17, True), (17, 1 << 16, True), (17, (1 << 16) + 1, False)):
        run = Run(Http2())
        run.feed(S, frame(4, 0))
        header = struct.pack(">I", length)[1:] + bytes([kind, 0]) + bytes(4)
        if whole:
            run.feed(S, header)
        else:
            with pytest.raises(Malformed):
                run.feed(S, header)


def test_a_preface_cut_anywhere() -> None:
    for size in range(1, 18):
        assert recognise(Opening(PREFACE[:size], b"", 40000, 80, Transport.TCP)) is Match.MORE
    assert recognise(Opening(PREFACE[:18], b"", 40000, 80, Transport.TCP)) is Match.SURE
    for length, match in (
        (0, Match.WEAK),
        (6, Match.WEAK),
        (7, Match.NO),
        (120, Match.WEAK),
        (126, Match.WEAK),
        (127, Match.NO),
    ):
        settings = b"\0\0" + bytes([length]) + b"\4\0\0\0\0\0"
        assert recognise(Opening(b"", settings, 40000, 80, Transport.TCP)) is match, length
        assert recognise(Opening(b"x", settings, 40000, 80, Transport.TCP)) is Match.NO
