"""HTTP/1.x by RFC 9112, 9110, 7617, 7616, 6455: pairing, framing, codings, switches, losses."""

from __future__ import annotations

import base64
import gzip
import zlib
from collections.abc import Sequence

import brotli
import pytest

from sensor.events import (
    DATA_LIMIT,
    Access,
    Attribute,
    Content,
    Enough,
    Event,
    Inner,
    Login,
    Skip,
    Span,
    Transfer,
    Upgrade,
    Weird,
)
from sensor.model import Secret, Transport
from sensor.parsing.cursor import Malformed
from sensor.parsing.parser import Match, Opening
from sensor.protocols.http import PROTOCOL, Http, recognise
from sensor.protocols.http.exchange import UNANSWERED_LIMIT
from tests.conversation import C, Run, S, converse, events


def request(line: str, *fields: str, body: bytes = b"") -> bytes:
    sized = (f"Content-Length: {len(body)}",) if body else ()
    return "\r\n".join([f"{line} HTTP/1.1", "Host: cam.example", *fields, *sized, "", ""]).encode() + body


def answer(status: str, *fields: str, body: bytes = b"") -> bytes:
    return "\r\n".join([f"HTTP/1.1 {status}", *fields, f"Content-Length: {len(body)}", "", ""]).encode() + body


def basic(pair: str) -> str:
    return "Authorization: Basic " + base64.b64encode(pair.encode()).decode()


def only(script: Sequence[tuple[object, bytes]], kind: type[Event]) -> list[Event]:
    return events(converse(Http, script), kind)  # type: ignore[arg-type]


def test_basic_refused_then_served_and_the_page_without_a_login() -> None:
    script = [
        (C, request("GET /video?channel=1")),
        (S, answer("401 Unauthorized", 'WWW-Authenticate: Basic realm="IP Camera"', "Server: thttpd/2.25b")),
        (C, request("GET /video?channel=1", basic("anna:open:sesame"), "User-Agent: Viewer/1.2")),
        (S, answer("200 OK", "Server: thttpd/2.25b", body=b"ok")),
    ]
    parsed = converse(Http, script)
    first, second = len(script[0][1]), len(script[2][1])
    assert events(parsed, Access) == [
        Access(
            resource="http://cam.example/video",
            action="GET",
            granted=False,
            status=401,
            spans=(Span(C, 0, first), Span(S, 0, len(script[1][1]))),
        )
    ]
    start = len(script[1][1])
    assert events(parsed, Login) == [
        Login(
            mechanism="password", username="anna", secret=Secret("open:sesame"), scheme="basic", name="Authorization",
            status=200,
            resource="http://cam.example/video",
            spans=(Span(C, first, first + second), Span(S, start, start + len(script[3][1]) - 2)),
        )
    ]  # fmt: skip
    assert [(a.field, a.value, a.side) for a in events(parsed, Attribute)] == [
        ("http.server", "thttpd/2.25b", S), ("http.realm", "IP Camera", S), ("http.user_agent", "Viewer/1.2", C),
    ]  # fmt: skip


def test_pipelined_requests_are_paired_in_order_and_an_interim_answer_is_none() -> None:
    requests = (
        request("GET /a", basic("a:1"))
        + request("POST /b", basic("b:2"), "Expect: 100-continue", body=b"x")
        + request("GET /c")
    )
    reported = b"HTTP/1.1 100 Continue\r\n\r\n" + answer("200 OK") + answer("403 Forbidden") + answer("404 Not Found")
    parsed = converse(Http, [(C, requests), (S, reported)])
    assert [(e.username, e.status, e.resource) for e in events(parsed, Login)] == [
        ("a", 200, "http://cam.example/a"), ("b", 403, "http://cam.example/b"),
    ]  # fmt: skip
    assert [(e.action, e.status, e.granted) for e in events(parsed, Access)] == [("GET", 404, None)]


def test_answers_that_have_no_body_whatever_they_say() -> None:
    script = [
        (C, request("HEAD /big")), (S, answer("200 OK").replace(b"Length: 0", b"Length: 5000")),
        (C, request("GET /same")), (S, b"HTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\n\r\n"),
        (C, request("DELETE /x")), (S, b"HTTP/1.1 204 No Content\r\n\r\n"),
        (C, request("GET /text")), (S, answer("200 OK", "Content-Type: text/plain", body=b"hello")),
    ]  # fmt: skip
    parsed = converse(Http, script)
    assert [(t.name, t.media_type, t.side, t.data, t.complete) for t in events(parsed, Transfer)] == [
        ("/big", "message/http", C, b"", True),
        ("/same", "message/http", C, b"", True),
        ("/x", "message/http", C, b"", True),
        ("/text", "text/plain", S, b"hello", True),
    ]
    assert [t.size for t in events(parsed, Transfer)] == [
        len(request("HEAD /big")),
        len(request("GET /same")),
        len(request("DELETE /x")),
        5,
    ]
    assert [(a.action, a.granted, a.control) for a in events(parsed, Access)] == [
        ("HEAD", True, False), ("GET", None, False), ("DELETE", True, True), ("GET", True, False),
    ]  # fmt: skip


def raw_deflate(data: bytes) -> bytes:
    engine = zlib.compressobj(wbits=-15)
    return engine.compress(data) + engine.flush()


@pytest.mark.parametrize(
    ("coding", "encode"),
    [
        ("gzip", gzip.compress),
        ("x-gzip", gzip.compress),
        ("deflate", zlib.compress),
        ("deflate", raw_deflate),
        ("br", brotli.compress),
        ("identity", bytes),
    ],
)
def test_codings_are_undone_and_the_size_is_that_of_the_wire(coding: str, encode: object) -> None:
    plain = b"<html><title>Plug &amp; play</title>" + b"<p>" * 400
    body = encode(plain)  # type: ignore[operator]
    script = [
        (C, request("GET /")),
        (S, answer("200 OK", "Content-Type: text/html; charset=utf-8", f"Content-Encoding: {coding}", body=body)),
    ]
    parsed = events(converse(Http, script, damage=coding == "gzip"), Transfer)
    assert [(t.data, t.size) for t in parsed] == [(plain, len(body))]


def test_chunks_with_an_extension_and_trailers() -> None:
    body = b"4;note=x\r\nWiki\r\n6\r\npedia \r\nE\r\nin \r\n\r\nchunks.\r\n0\r\nExpires: never\r\n\r\n"
    script = [
        (C, request("GET /wiki")),
        (S, b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Type: text/html\r\n\r\n" + body),
        (C, request("GET /next")),
        (S, answer("200 OK", body=b"!")),
    ]
    assert [(t.data, t.size, t.complete) for t in only(script, Transfer)] == [
        (b"Wikipedia in \r\n\r\nchunks.", 24, True),
        (b"!", 1, True),
    ]


def test_a_body_that_ends_with_the_connection() -> None:
    script = [
        (C, b"GET / HTTP/1.0\r\n\r\n"),
        (S, b"HTTP/1.0 200 OK\nContent-Type: text/html\n\n<TITLE>\n Net  Cam </TITLE>"),
    ]
    parsed = converse(Http, script)
    assert [(t.size, t.complete) for t in events(parsed, Transfer)] == [(26, True)]
    assert [a.value for a in events(parsed, Attribute)] == ["Net Cam"]


def test_internet_radio_answers_icy() -> None:
    script = [
        (C, b"GET /stream HTTP/1.0\r\nIcy-MetaData: 1\r\n\r\n"),
        (S, b"ICY 200 OK\r\nicy-name: Example\r\nContent-Type: audio/mpeg\r\n\r\n\xff\xfb\x90"),
    ]
    assert [(t.media_type, t.data) for t in only(script, Transfer)] == [("audio/mpeg", b"\xff\xfb\x90")]


def test_motion_jpeg_is_reported_once_and_left() -> None:
    part = b"--frame\r\nContent-Type: image/jpeg\r\n\r\n\xff\xd8\xff\xe0" + bytes(20_000)
    run = Run(Http())
    run.feed(C, request("GET /mjpeg"))
    run.feed(S, b"HTTP/1.0 200 OK\r\nContent-Type: multipart/x-mixed-replace; boundary=frame\r\n\r\n")
    for _ in range(5):
        run.feed(S, part)
    reported = events(run.parsed, Transfer)
    assert [(t.media_type, t.complete, t.data[:7]) for t in reported] == [
        ("multipart/x-mixed-replace", False, b"--frame")
    ]
    assert isinstance(run.parsed[-1], Enough)


def test_a_chunked_stream_of_film_is_reported_early_and_the_next_request_still_read() -> None:
    run = Run(Http())
    run.feed(C, request("GET /live.flv") + request("GET /next"))
    run.feed(S, b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Type: video/x-flv\r\n\r\n")
    for _ in range(3):
        run.feed(S, b"10000\r\n" + bytes(0x10000) + b"\r\n")
    assert [(t.media_type, t.complete) for t in events(run.parsed, Transfer)] == [("video/x-flv", False)]
    run.feed(S, b"0\r\n\r\n" + answer("200 OK", body=b"next"))
    assert [t.name for t in events(run.close(), Transfer)] == ["/live.flv", "/next"]


def test_a_large_body_is_skipped_to_its_last_byte() -> None:
    size = DATA_LIMIT + 1_000_000
    run = Run(Http())
    run.feed(C, request("GET /firmware.bin") + request("GET /after"))
    run.feed(S, answer("200 OK", "Content-Type: application/octet-stream").replace(b"Length: 0", b"Length: %d" % size))
    rest = bytes(size) + answer("200 OK", body=b"done")
    for start in range(0, len(rest), 1460):
        run.feed(S, rest[start : start + 1460])
    reported = events(run.close(), Transfer)
    assert [(t.name, t.size, len(t.data), t.complete) for t in reported] == [
        ("/firmware.bin", size, DATA_LIMIT, True),
        ("/after", 4, 4, True),
    ]
    assert sum(s.length for s in events(run.parsed, Skip)) > 900_000  # type: ignore[arg-type]


def test_a_decompression_bomb_is_cut_and_reported() -> None:
    bomb = gzip.compress(bytes(64 * 1024 * 1024), 9)
    run = Run(Http())
    run.feed(C, request("GET /bomb"))
    run.feed(S, answer("200 OK", "Content-Encoding: gzip, gzip", body=gzip.compress(bomb)))
    parsed = run.close()
    assert [w.name for w in events(parsed, Weird)] == ["decompression_bomb"]
    assert [len(t.data) for t in events(parsed, Transfer)] == [DATA_LIMIT]


def test_after_a_bomb_bodies_of_the_connection_stay_packed() -> None:
    """A thousand bodies of a few bytes cost what one does."""
    packed = gzip.compress(b"<p>hello</p>")
    run = Run(Http())
    for body in (packed, gzip.compress(bytes(1 << 20), 9), packed):
        run.feed(C, request("GET /page"))
        run.feed(S, answer("200 OK", "Content-Encoding: gzip", body=body))
    parsed = run.close()
    assert [w.name for w in events(parsed, Weird)] == ["decompression_bomb"]
    assert [t.data for t in events(parsed, Transfer)] == [b"<p>hello</p>", bytes(DATA_LIMIT), packed]


def test_a_form_a_json_and_a_multipart_login_and_set_up_of_a_network() -> None:
    form = b"username=anna&password=open+sesame%21&csrf_token=0123456789abcdef"
    json = b'{"method":"login","params":{"userName":"bert","password":"hunter-2"}}'
    parts = (
        b'--B\r\nContent-Disposition: form-data; name="ssid"\r\n\r\nHome Net\r\n'
        b'--B\r\nContent-Disposition: form-data; name="psk"\r\n\r\nwinter garden\r\n--B--\r\n'
    )
    script = [
        (C, request("POST /login", "Content-Type: application/x-www-form-urlencoded", body=form)),
        (S, answer("302 Found")),
        (C, request("POST /rpc", "Content-Type: application/json", body=json)), (S, answer("200 OK")),
        (C, request("POST /wifi", "Content-Type: multipart/form-data; boundary=B", body=parts)), (S, answer("200 OK")),
    ]  # fmt: skip
    found = only(script, Login)
    assert [(e.mechanism, e.username, e.secret, e.scheme, e.name, e.status) for e in found] == [
        ("password", "anna", Secret("open sesame!"), "form", "password", 302),
        ("password", "bert", Secret("hunter-2"), "json", "password", 200),
        ("key", "Home Net", Secret("winter garden"), "multipart/wifi", "psk", 200),
    ]


def test_an_early_answer_waits_for_the_body_it_answers() -> None:
    body = b"user=anna&pass=open-sesame"
    whole = request("POST /login", "Content-Type: application/x-www-form-urlencoded", body=body)
    script = [(C, whole[:-10]), (S, answer("401 Unauthorized")), (C, whole[-10:])]
    found = only(script, Login)
    assert [(e.username, e.secret, e.status) for e in found] == [("anna", Secret("open-sesame"), 401)]


def test_a_form_without_a_length_is_read_until_the_answer() -> None:
    post = b"POST /l HTTP/1.1\r\nHost: cam.example\r\n\r\nlogin=anna&password=sesame\r\n"
    for script in (
        [(C, post), (S, answer("200 OK"))],
        [(C, post + request("GET /next")), (S, answer("200 OK") + answer("200 OK"))],
        [(C, post)],
    ):
        assert [(e.username, e.secret) for e in only(script, Login)] == [("anna", Secret("sesame\r\n"))]


def test_secrets_in_query_cookie_header_and_path_are_left_out_of_what_is_handed_on() -> None:
    key, canary = "Kx7vQ2mZp9LwT4bN", "canary-9f3b1c7d2e"
    script = [
        (
            C,
            request(
                f"GET /api/{key}/lights?user=anna&password={canary}a",
                f"Cookie: lang=de; PHPSESSID={canary}b",
                f"X-Api-Key: {canary}c",
                "Accept: */*",
            ),
        ),
        (S, answer("200 OK", "Set-Cookie: session=fresh1234567890")),
    ]
    parsed = converse(Http, script)
    assert {(e.mechanism, e.username, e.scheme, e.name, e.secret) for e in events(parsed, Login)} == {
        ("token", None, "hue", "path", Secret(key)),
        ("password", "anna", "query", "password", Secret(canary + "a")),
        ("cookie", None, "cookie", "PHPSESSID", Secret(canary + "b")),
        ("token", None, "header", "x-api-key", Secret(canary + "c")),
        ("cookie", None, "cookie", "session", Secret("fresh1234567890")),
    }
    assert [e.name for e in events(parsed, Login) if e.served] == ["session"]
    assert {e.resource for e in events(parsed, Login)} == {"http://cam.example/api/***/lights"}
    shown = {c.name: c.data.decode() for c in events(parsed, Content)}
    assert shown == {
        "url": "http://cam.example/api/***/lights?user=anna&password=***",
        "header": "host: cam.example\naccept: */*\ncookie: lang=de; PHPSESSID=***",
    }


def test_switch_to_websocket_and_its_subprotocol() -> None:
    ask = ("Upgrade: websocket", "Connection: Upgrade", "Sec-WebSocket-Protocol: mqttv3.1, mqtt")
    script = [
        (C, request("GET /mqtt", *ask)),
        (S, b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: WebSocket\r\nSec-WebSocket-Protocol: mqtt\r\n\r\n\x82\x02"),
    ]
    parsed = converse(Http, script)
    assert parsed[-1] == Upgrade("websocket-mqtt")
    run = Run(Http())
    for side, data in script:
        run.feed(side, data)
    assert run.parser.pending(S) == b"\x82\x02"
    plain = [
        (C, request("GET /chat", *ask[:2])),
        (S, b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n"),
    ]
    assert converse(Http, plain)[-1] == Upgrade("websocket")


def test_connect_hands_the_rest_on_and_a_refused_one_goes_on_in_http() -> None:
    proxy = "Proxy-" + basic("anna:sesame")
    connect = request("CONNECT mail.example:443", proxy)
    parsed = converse(Http, [(C, connect), (S, b"HTTP/1.1 200 Connection established\r\n\r\n")])
    assert parsed[-1] == Upgrade(None)
    assert [(e.name, e.status, e.resource) for e in events(parsed, Login)] == [
        ("Proxy-Authorization", 200, "mail.example:443")
    ]
    script = [
        (C, request("CONNECT mail.example:443") + connect),
        (S, answer("407 Proxy Authentication Required") + b"HTTP/1.1 200 OK\r\n\r\n"),
    ]
    parsed = converse(Http, script)
    assert [(a.action, a.granted, a.status) for a in events(parsed, Access)] == [("CONNECT", False, 407)]
    assert parsed[-1] == Upgrade(None)


def test_what_a_client_sends_early_into_a_tunnel_is_left_for_the_next_protocol() -> None:
    run = Run(Http())
    run.feed(C, request("CONNECT a.example:443") + b"\x16\x03\x01\x00\x05hello")
    run.feed(S, b"HTTP/1.1 200 OK\r\n\r\n")
    assert run.parsed[-1] == Upgrade(None)
    assert run.parser.pending(C) == b"\x16\x03\x01\x00\x05hello"


def test_ntlm_goes_to_its_own_parser_and_comes_back_with_the_answer() -> None:
    def message(kind: int) -> str:
        return base64.b64encode(b"NTLMSSP\0" + bytes([kind, 0, 0, 0])).decode()

    run = Run(Http())
    run.feed(C, request("GET /", f"Authorization: NTLM {message(1)}"))
    run.feed(S, answer("401 Unauthorized", f"WWW-Authenticate: NTLM {message(2)}"))
    run.feed(C, request("GET /", f"Authorization: Negotiate {message(3)}"))
    inner = events(run.parsed, Inner)  # type: ignore[arg-type]
    assert [(i.side, i.protocol, i.data[8]) for i in inner] == [(C, "ntlmssp", 1), (S, "ntlmssp", 2), (C, "ntlmssp", 3)]
    login = Login(mechanism="password", username="EXAMPLE\\anna", secret=Secret("hash"), scheme="ntlmv2", clear=False)
    assert list(run.parser.from_inner(login, 0)) == []
    run.feed(S, answer("200 OK"))
    assert [(e.username, e.scheme, e.status, e.resource) for e in events(run.parsed, Login)] == [
        ("EXAMPLE\\anna", "ntlmv2", 200, "http://cam.example/")
    ]
    assert [(a.status, a.granted) for a in events(run.parsed, Access)] == [(401, False)]


def test_soap_and_device_descriptions_go_to_their_own_parsers() -> None:
    soap = (
        b'<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body><u:SetPower/></s:Body></s:Envelope>'
    )
    described = b'<?xml version="1.0"?><root xmlns="urn:schemas-upnp-org:device-1-0"><device/></root>'
    script = [
        (C, request("POST /control", 'SOAPAction: "urn:x#SetPower"', body=soap)), (S, answer("200 OK", body=soap)),
        (C, request("GET /desc.xml")), (S, answer("200 OK", "Content-Type: text/xml", body=described)),
    ]  # fmt: skip
    parsed = converse(Http, script)
    assert [(i.protocol, i.side, i.data) for i in events(parsed, Inner)] == [
        ("soap", C, soap),
        ("soap", S, soap),
        ("upnp", S, described),
    ]  # type: ignore[arg-type]
    assert [(a.action, a.control) for a in events(parsed, Access)] == [("POST", True), ("GET", False)]
    assert [t.control for t in events(parsed, Transfer)] == [True, False, False]


def test_a_login_in_soap_is_left_to_its_own_parser() -> None:
    soap = (
        b"<s:Envelope xmlns:s='x'><s:Body><CreateUsers><Username>anna</Username><Password>sesame</Password>"
        b"</CreateUsers></s:Body></s:Envelope>"
    )
    assert only([(C, request("POST /onvif", body=soap)), (S, answer("200 OK"))], Login) == []


def test_an_action_reported_by_soap_replaces_the_access_of_its_request() -> None:
    run = Run(Http())
    run.feed(C, request("POST /upnp", body=b"<x/>"))
    assert (
        list(run.parser.from_inner(Access(resource="", action="SetBinaryState", granted=None, control=True), 0)) == []
    )
    run.feed(S, answer("200 OK"))
    assert [(a.resource, a.action, a.granted, a.control) for a in events(run.parsed, Access)] == [
        ("http://cam.example/upnp", "SetBinaryState", True, True)
    ]


def test_a_loss_inside_a_body_leaves_a_hole_and_nothing_else() -> None:
    run = Run(Http())
    run.feed(C, request("GET /a") + request("GET /b", basic("a:b")))
    run.feed(S, answer("200 OK").replace(b"Length: 0", b"Length: 1000") + b"x" * 100)
    run.gap(S, 800)
    run.feed(S, b"y" * 100 + answer("200 OK", body=b"b"))
    parsed = run.close()
    assert [(t.name, t.size, t.data, t.complete) for t in events(parsed, Transfer)] == [
        ("/a", 1000, b"x" * 100, False),
        ("/b", 1, b"b", True),
    ]
    assert [e.status for e in events(parsed, Login)] == [200]


def test_of_a_cut_header_block_the_whole_lines_are_read() -> None:
    """What stood in a packet before it was cut: the request line with its login, whole fields; no answer is claimed."""
    for begin in (
        b"GET /cam?user=anna&password=geheim77 HTTP/1.1\r\nHost: cam.exa",
        b"GET /cam HTTP/1.1\r\n" + b"Authorization: Basic YW5uYTpnZWhlaW03Nw==\r\nUser-Age",
        b"POST /cam HTTP/1.1\r\nContent-Length: 900\r\nAuthorization: Basic YW5uYTpnZWhlaW03Nw==\r\nUser-Age",
    ):
        run = Run(Http())
        run.feed(C, begin)
        run.gap(C, 300)
        run.feed(S, answer("200 OK"))
        run.feed(C, request("GET /b", basic("b:2")))
        found = events(run.close(), Login)
        assert [(e.username, e.status) for e in found] == [("anna", None), ("b", None)], begin
    run = Run(Http())
    run.feed(C, b"GET /cam HTTP/1.1\r\nAuthorization: Basic YW5uYTpnZWhl")
    run.gap(C, 300)
    assert events(run.close(), Login) == [], "half a value is none"


def test_a_loss_inside_a_chunk() -> None:
    run = Run(Http())
    run.feed(C, request("GET /a"))
    run.feed(S, b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n64\r\n" + b"x" * 10)
    run.gap(S, 90)
    run.feed(S, b"\r\n1\r\ny\r\n0\r\n\r\n" + answer("404 Not Found"))
    assert [(t.size, t.data, t.complete) for t in events(run.close(), Transfer)] == [(101, b"x" * 10, False)]


def test_after_a_lost_header_the_next_start_line_is_found() -> None:
    run = Run(Http())
    run.feed(C, request("GET /a", basic("a:1")))
    run.gap(C, 300)
    run.feed(C, b"ent: x\r\n\r\nrest of a body\n" + request("GET /b", basic("b:2")))
    run.gap(S, 300)
    run.feed(S, b"tail of HTTP/1.1 200 OK quoted\n" + answer("200 OK", body=b"b"))
    found = events(run.close(), Login)
    assert [(e.username, e.status) for e in found] == [("a", None), ("b", None)]
    # The response may be that to a or to b: no status is claimed, but its body is read.
    assert [t.data for t in events(run.parsed, Transfer)] == [b"b"]
    run = Run(Http())
    run.gap(C, 5)
    run.feed(C, b"half a line\r\n" + request("GET /c", basic("c:3")))
    run.feed(S, answer("200 OK"))
    assert [(e.username, e.status) for e in events(run.close(), Login)] == [("c", 200)]


def test_a_capture_that_begins_inside_a_download() -> None:
    script = [
        (S, b"\x89PNG middle of a picture\n"),
        (C, request("GET /b", basic("b:2"))),
        (S, answer("200 OK", body=b"b")),
    ]
    assert [(e.username, e.status) for e in only(script, Login)] == [("b", 200)]


def test_unanswered_requests_are_reported_without_a_status_and_are_bounded() -> None:
    parsed = converse(Http, [(C, request("GET /a", basic("a:1")))])
    assert [(e.username, e.status, e.resource) for e in events(parsed, Login)] == [("a", None, "http://cam.example/a")]
    assert events(parsed, Access) == []
    run = Run(Http())
    for number in range(UNANSWERED_LIMIT + 1):
        run.feed(C, request(f"GET /{number}", basic(f"u{number}:x")))
    run.feed(S, answer("200 OK") * UNANSWERED_LIMIT + answer("401 Unauthorized"))
    reported = [(e.username, e.status) for e in events(run.close(), Login)]
    assert reported[:UNANSWERED_LIMIT] == [(f"u{n}", None) for n in range(UNANSWERED_LIMIT)]
    assert reported[UNANSWERED_LIMIT:] == [(f"u{UNANSWERED_LIMIT}", 401)]


@pytest.mark.parametrize(
    "page",
    [
        b'Send {"username":"admin","password":"hunter-2"} to log in',
        b"curl -H 'Authorization: Basic YWRtaW46YWRtaW4='",
        b"var myrcpass=1; user=admin&password=hunter-2",
    ],
)
def test_documentation_that_quotes_a_login_is_none(page: bytes) -> None:
    script = [
        (C, request("GET /docs")),
        (S, answer("200 OK", "Content-Type: text/html", "Set-Cookie: PHPSESSID=abcdef1234567890", body=page)),
    ]
    assert [(e.mechanism, e.name, e.served) for e in only(script, Login)] == [("cookie", "PHPSESSID", True)]


@pytest.mark.parametrize(
    "fields",
    [
        ("Authorization: Basic %s",),
        ("Authorization: Bearer null",),
        ("Cookie: _ga=GA1.2.1343945816.1520241679; csrftoken=abcdef1234567890",),
        ("X-Api-Key: {key}",),
        ("Cookie: access_token=null",),
    ],
)
def test_placeholders_and_counters_are_no_credentials(fields: tuple[str, ...]) -> None:
    assert only([(C, request("GET /", *fields)), (S, answer("200 OK"))], Login) == []


def test_a_header_block_without_end_is_given_up() -> None:
    run = Run(Http())
    with pytest.raises(Malformed):
        for _ in range(100):
            run.feed(
                C,
                b"GET / HTTP/1.1\r\n"
                if not run.parsed and not run.parser.pending(C)
                else b"X: " + b"y" * 2000 + b"\r\n",
            )


def test_byte_by_byte_a_long_header_is_not_searched_again_and_again() -> None:
    run = Run(Http())
    for byte in request("GET /", "X-Long: " + "y" * 30_000):
        run.feed(C, bytes([byte]))
    run.feed(S, answer("200 OK"))
    assert [a.status for a in events(run.close(), Access)] == [200]


def opening(client: bytes = b"", server: bytes = b"") -> Opening:
    return Opening(client, server, 50000, 80, Transport.TCP)


@pytest.mark.parametrize(
    ("client", "server", "match"),
    [
        (b"GET / HTTP/1.1\r\nHost", b"", Match.SURE),
        (b"BREW /pot HTTP/1.0\r\n", b"", Match.SURE),
        (b"GE", b"", Match.MORE),
        (b"GET /long", b"", Match.MORE),
        (b"GET /" + b"x" * 100, b"", Match.WEAK),
        (b"", b"HTTP/1.1 200 OK\r\n", Match.SURE),
        (b"", b"HTT", Match.MORE),
        (b"\x00\x01", b"HTTP/1.0 404 ", Match.SURE),
        (b"", b"ICY 200 OK\r\n", Match.SURE),
        (b"GET /index\r\n", b"", Match.WEAK),
        (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", b"", Match.NO),
        (b"DESCRIBE rtsp://cam.example/ RTSP/1.0\r\n", b"", Match.NO),
        (b"OPTIONS sip:anna@example.org SIP/2.0\r\n", b"", Match.NO),
        (b"USER anna\r\n", b"220 FTP\r\n", Match.NO),
        (b"\x16\x03\x01\x02\x00", b"", Match.NO),
        (b"", b"", Match.NO),
    ],
)
def test_what_is_recognised(client: bytes, server: bytes, match: Match) -> None:
    assert recognise(opening(client, server)) == match


def test_the_protocol_says_who_it_is() -> None:
    assert PROTOCOL.name == "http"
    assert not PROTOCOL.whole_messages


def test_a_page_that_shows_a_secret_and_one_that_repeats_what_it_was_sent() -> None:
    page = b"<form action='w1'><input name=s1 value=Meadow><input name=p1 type=password value=orchard-7></form>"
    head = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: %d\r\n\r\n" % len(page)
    parsed = converse(Http, [(C, b"GET /w0 HTTP/1.1\r\nHost: plug\r\n\r\n"), (S, head + page)])
    (shown,) = [e for e in parsed if isinstance(e, Login)]
    assert (shown.mechanism, shown.username, shown.secret, shown.served) == ("key", "Meadow", Secret("orchard-7"), True)
    assert (shown.verifier, shown.accepted, shown.status, shown.resource) == (S, None, None, "http://plug/w0")
    sent = b"GET /w1?s1=Meadow&p1=orchard-7 HTTP/1.1\r\nHost: plug\r\n\r\n"
    logins = [e for e in converse(Http, [(C, sent), (S, head + page)]) if isinstance(e, Login)]
    assert [(e.secret, e.served) for e in logins] == [(Secret("orchard-7"), False)]
    refused = head.replace(b"200 OK", b"404 No")
    parsed = converse(Http, [(C, b"GET /w0 HTTP/1.1\r\nHost: plug\r\n\r\n"), (S, refused + page)])
    assert not [e for e in parsed if isinstance(e, Login)]


@pytest.mark.parametrize("status", ["100 Continue", "102 Processing", "103 Early Hints", "199 Later"])
def test_no_interim_answer_is_the_answer(status: str) -> None:
    """RFC 9110 §15.2: any number of 1xx comes before the final one; 101 alone ends HTTP."""
    interim = f"HTTP/1.1 {status}\r\nLink: </style.css>\r\n\r\n".encode()
    script = [(C, request("GET /a", basic("a:1")) + request("GET /b")), (S, interim + interim + answer("401 No"))]
    parsed = converse(Http, [*script, (S, interim + answer("200 OK"))])
    assert [(e.username, e.status) for e in events(parsed, Login)] == [("a", 401)]
    assert [(e.resource, e.status) for e in events(parsed, Access)] == [("http://cam.example/b", 200)]


def test_answers_to_forgotten_requests_are_given_to_no_later_one() -> None:
    """Pipelined requests beyond the bound are forgotten twice over, with as many answers to come."""
    count = 2 * UNANSWERED_LIMIT + 1
    parsed = converse(
        Http,
        [
            (C, b"".join(request(f"GET /{n}") for n in range(count - 1)) + request("GET /last", basic("a:1"))),
            (S, answer("200 OK") * (count - 1) + answer("401 Unauthorized")),
        ],
        damage=False,
    )
    assert [(e.resource, e.status) for e in events(parsed, Login)] == [("http://cam.example/last", 401)]
    assert events(parsed, Access) == []


@pytest.mark.parametrize(
    ("status", "granted"),
    [(199 + 1, True), (204, True), (299, True), (302, None), (400, None), (401, False), (402, None), (403, False),
     (404, None), (407, False), (500, None)],
)  # fmt: skip
def test_which_status_grants_and_which_refuses(status: int, granted: bool | None) -> None:
    """RFC 9110 §15: 2xx did it; 401, 403 and 407 are about who asks; the others say neither."""
    parsed = converse(Http, [(C, request("GET /a")), (S, answer(f"{status} x"))])
    assert [(e.status, e.granted) for e in events(parsed, Access)] == [(status, granted)]


@pytest.mark.parametrize(("status", "accepted"), [(200, False), (400, False), (403, False), (401, None), (407, None)])
def test_a_refusal_in_the_body_stands_beside_the_status(status: int, accepted: bool | None) -> None:
    """401 and 407 refuse what the request's fields carry, on another layer than its body (RFC 9110 §11.6, §11.7)."""
    form = request(
        "POST /login", "Content-Type: application/json", body=b'{"username": "anna", "password": "sesame-7"}'
    )
    said = answer(
        f"{status} x", "Content-Type: application/json", body=b'{"success": false, "error": "wrong password"}'
    )
    (login,) = events(converse(Http, [(C, form), (S, said)]), Login)
    assert (login.status, login.accepted) == (status, accepted)


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "HEAD", "DELETE", "PATCH", "OPTIONS", "CONNECT", "TRACE",
                                    "NOTIFY",
                                    "SUBSCRIBE", "UNSUBSCRIBE", "PROPFIND", "SOURCE", "M-POST"])  # fmt: skip
def test_a_request_line_cut_anywhere(method: str) -> None:
    line = f"{method} /index.html HTTP/1.1\r\n".encode()
    for size in range(1, len(line)):
        assert recognise(opening(line[:size])) is Match.MORE, size
    assert recognise(opening(line)) is Match.SURE
    assert recognise(opening(f"{method} index HTTP/1.1".encode())) is Match.NO
    for target, match in (
        (b"/", Match.MORE),
        (b"http://a", Match.MORE),
        (b"https://a", Match.MORE),
        (b"*", Match.MORE),
        (b"a.example:4", Match.MORE),
    ):
        assert recognise(opening(method.encode() + b" " + target)) is match
    assert recognise(opening(method.encode() + b" /" + b"x" * (63 - len(method) - 2))) is Match.MORE
    assert recognise(opening(method.encode() + b" /" + b"x" * (64 - len(method) - 2))) is Match.WEAK


@pytest.mark.parametrize(
    ("server", "match"),
    [(b"HTTP/1.1 200", Match.SURE), (b"HTTP/1.0 404 x", Match.SURE), (b"HTTP/1.1 20", Match.MORE),
     (b"HTTP/2.0 200", Match.NO),
     (b"HTTP/1", Match.MORE), (b"H", Match.MORE), (b"HTTPS", Match.NO), (b"ICY 200", Match.SURE),
     (b"ICY 20", Match.MORE),
     (b"ICY 404", Match.NO), (b"I", Match.MORE)],
)  # fmt: skip
def test_a_status_line_where_the_request_is_missing(server: bytes, match: Match) -> None:
    assert recognise(opening(server=server)) is match


@pytest.mark.parametrize(
    ("status", "framed"), [(200, True), (204, False), (205, True), (304, False), (303, True), (404, True)]
)
def test_which_answers_have_a_body(status: int, framed: bool) -> None:
    """RFC 9112 §6.3: none to HEAD, none with 204 and 304."""
    said = f"HTTP/1.1 {status} x\r\nContent-Length: 4\r\n\r\n".encode()
    script = [(C, request("GET /a") + request("GET /b")), (S, said + b"body" * framed + answer("401 No"))]
    found = events(converse(Http, script, damage=False), Access)
    assert [(e.resource, e.status) for e in found] == [("http://cam.example/a", status), ("http://cam.example/b", 401)]
    head = [(C, request("HEAD /a") + request("GET /b")), (S, said + answer("401 No"))]
    assert [e.status for e in events(converse(Http, head, damage=False), Access)] == [status, 401]


@pytest.mark.parametrize(
    ("word", "protocol"),
    [("websocket", "websocket"), ("WebSocket", "websocket"), ("h2c", "http2"), ("TLS/1.2", "tls"), ("x", None)],
)
def test_what_101_switches_to(word: str, protocol: str | None) -> None:
    script = [(C, request("GET /a", f"Upgrade: {word}")), (S, f"HTTP/1.1 101 S\r\nUpgrade: {word}\r\n\r\n".encode())]
    [upgrade] = [item for item in converse(Http, script, damage=False) if isinstance(item, Upgrade)]
    assert upgrade.protocol == protocol
    silent = [script[0], (S, b"HTTP/1.1 101 S\r\n\r\n")]
    [upgrade] = [item for item in converse(Http, silent, damage=False) if isinstance(item, Upgrade)]
    assert upgrade.protocol == protocol, "the answer may leave the word out"


@pytest.mark.parametrize(
    ("status", "switched"), [(199, False), (200, True), (204, True), (299, True), (300, False), (407, False)]
)
def test_which_answers_to_connect_open_a_tunnel(status: int, switched: bool) -> None:
    script = [(C, request("CONNECT a.example:443")), (S, f"HTTP/1.1 {status} x\r\nContent-Length: 0\r\n\r\n".encode())]
    assert [item for item in converse(Http, script, damage=False) if isinstance(item, Upgrade)] == [
        Upgrade(None)
    ] * switched
    other = [(C, request("GET /")), script[1]]
    assert not [item for item in converse(Http, other, damage=False) if isinstance(item, Upgrade)]


def test_a_second_login_after_the_first_and_the_page_between() -> None:
    form = ("Content-Type: application/x-www-form-urlencoded",)
    script = [
        (C, request("POST /login", *form, body=b"user=anna&password=wrong-1")), (S, answer("401 No")),
        (C, request("GET /a")), (S, answer("200 OK", "Content-Type: text/html", body=b"<p>x</p>")),
        (C, request("POST /login", *form, body=b"user=anna&password=right-2")), (S, answer("302 Found")),
    ]  # fmt: skip
    parsed = converse(Http, script, damage=False)
    assert [(e.secret, e.status) for e in events(parsed, Login)] == [(Secret("wrong-1"), 401), (Secret("right-2"), 302)]
    assert [(e.resource, e.status) for e in events(parsed, Access)] == [("http://cam.example/a", 200)]


def test_a_loss_of_requests_leaves_the_answer_that_is_under_way() -> None:
    """Its request is known; of what the client asks next nobody knows which answer is whose."""
    run = Run(Http())
    run.feed(C, request("GET /a"))
    run.feed(S, answer("200 OK", "Content-Type: image/png").replace(b"Length: 0", b"Length: 10") + b"12345")
    run.gap(C, 20)
    run.feed(S, b"67890")
    found = [(t.name, t.media_type, t.data, t.complete) for t in events(run.close(), Transfer)]
    assert found == [("/a", "image/png", b"1234567890", True)]
