"""RTSP from RFC 2326's examples: challenges, open streams, ports, interleaved frames, losses."""

from __future__ import annotations

import base64
import struct

import pytest

from sensor.events import Access, Attribute, Content, Enough, Expect, Login, Transfer
from sensor.model import Secret, Side, Transport
from sensor.parsing.formats.sdp import Media
from sensor.parsing.parser import Match, Opening
from sensor.protocols.rtsp import FRAMES, PROTOCOL, Rtsp, recognise
from tests.conversation import C, Run, S, Span, converse, events

URL = "rtsp://cam.example:554/live/1"
SDP = (
    "v=0\r\no=- 1 1 IN IP4 192.0.2.9\r\ns=Camera\r\nc=IN IP4 0.0.0.0\r\nt=0 0\r\n"
    "m=video 0 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\na=control:track1\r\n"
)


def ask(method: str, cseq: int, *fields: str, url: str = URL) -> tuple[Side, bytes]:
    return C, "\r\n".join([f"{method} {url} RTSP/1.0", f"CSeq: {cseq}", *fields, "", ""]).encode()


def answer(status: str, cseq: int, *fields: str, body: str = "") -> tuple[Side, bytes]:
    sized = [f"Content-Length: {len(body)}"] if body else []
    return S, "\r\n".join([f"RTSP/1.0 {status}", f"CSeq: {cseq}", *fields, *sized, "", body]).encode()


def basic(pair: str) -> str:
    return "Authorization: Basic " + base64.b64encode(pair.encode()).decode()


def test_refused_without_then_served_with_a_login() -> None:
    script = [
        ask("OPTIONS", 1, "User-Agent: Player/2.1"),
        answer("200 OK", 1, "Public: DESCRIBE, SETUP, PLAY", "Server: Rtsp Server 3.0"),
        ask("DESCRIBE", 2),
        answer(
            "401 Unauthorized",
            2,
            'WWW-Authenticate: Digest realm="IP Camera(C1234)", nonce="ab12"',
            'WWW-Authenticate: Basic realm="IP Camera(C1234)"',
        ),
        ask("DESCRIBE", 3, basic("admin:open sesame")),
        answer("200 OK", 3, "Content-Type: application/sdp", body=SDP),
    ]
    output = converse(Rtsp, script)
    starts = [sum(len(d) for _, d in script[:i] if _ is script[i][0]) for i in range(6)]
    assert events(output, Login) == [
        Login(
            mechanism="password",
            username="admin",
            secret=Secret("open sesame"),
            scheme="basic",
            name="Authorization",
            status=200,
            resource="rtsp://cam.example:554/live/1",
            spans=(
                Span(C, starts[4], starts[4] + len(script[4][1])),
                Span(S, starts[5], starts[5] + len(script[5][1])),
            ),
        )
    ]
    assert [(a.action, a.granted, a.status, a.resource) for a in events(output, Access)] == [
        ("DESCRIBE", False, 401, "rtsp://cam.example:554/live/1")
    ]
    assert [(a.field, a.value) for a in events(output, Attribute)] == [
        ("rtsp.user_agent", "Player/2.1"),
        ("rtsp.server", "Rtsp Server 3.0"),
        ("rtsp.realm", "IP Camera(C1234)"),
    ]
    assert [(t.application, t.media_type, t.name, t.data) for t in events(output, Transfer)] == [
        ("rtsp", "application/sdp", URL, SDP.encode())
    ]


def test_digest_in_the_form_of_john() -> None:
    value = (
        f'Authorization: Digest username="admin", realm="Cam", nonce="ab12", uri="{URL}", '
        'response="d9b0f40ae4a1d3c6e4b3b2a1a0998877"'
    )
    [login] = events(converse(Rtsp, [ask("DESCRIBE", 3, value), answer("401 Unauthorized", 3)]), Login)
    assert (login.username, login.scheme, login.clear, login.status) == ("admin", "digest-md5", False, 401)
    assert login.secret == Secret(f"$response$d9b0f40ae4a1d3c6e4b3b2a1a0998877$admin$Cam$DESCRIBE${URL}$ab12$$$")


def test_a_stream_served_to_anybody_and_the_ports_it_takes() -> None:
    script = [
        ask("DESCRIBE", 1),
        answer("200 OK", 1, "Content-Type: application/sdp", body=SDP),
        ask("SETUP", 2, "Transport: RTP/AVP;unicast;client_port=4588-4589", url=URL + "/track1"),
        answer("200 OK", 2, "Transport: RTP/AVP;unicast;client_port=4588-4589;server_port=6256-6257;ssrc=0A1B"),
        ask("PLAY", 3),
        answer("200 OK", 3),
    ]
    output = converse(Rtsp, script)
    assert [(a.action, a.granted, a.control) for a in events(output, Access)] == [
        ("DESCRIBE", True, False),
        ("SETUP", True, False),
        ("PLAY", True, False),
    ]
    media = Media(((96, "video/H264"),), "video")
    assert [e for e in output if isinstance(e, Expect)] == [
        Expect("rtp", 4588, C, udp=True, hint=media),
        Expect("rtcp", 4589, C, udp=True),
        Expect("rtp", 6256, S, udp=True, hint=media),
        Expect("rtcp", 6257, S, udp=True),
    ]


def test_secure_and_multicast_transports() -> None:
    def setup(transport: str) -> list[tuple[str, int, str | None]]:
        output = converse(Rtsp, [ask("SETUP", 2), answer("200 OK", 2, f"Transport: {transport}")], damage=False)
        return [(e.protocol, e.port, e.address) for e in output if isinstance(e, Expect)]

    assert setup("RTP/SAVP;unicast;client_port=5000-5001") == [("srtp", 5000, None)]
    assert setup("RTP/AVP;multicast;destination=233.252.0.5;port=5004-5005;ttl=1") == [
        ("rtp", 5004, "233.252.0.5"),
        ("rtcp", 5005, "233.252.0.5"),
    ]
    assert setup("RTP/AVP/TCP;interleaved=0-1") == []
    assert setup("RTP/AVP;client_port=99999-0") == []


def frame(channel: int, payload: bytes) -> bytes:
    return struct.pack(">cBH", b"$", channel, len(payload)) + payload


def rtp(number: int, kind: int, payload: bytes) -> bytes:
    return struct.pack(">BBHII", 0x80, kind, number, 3000 * number, 77) + payload


def test_interleaved_media_is_reported_once_and_left() -> None:
    run = Run(Rtsp())
    for side, data in [
        ask("DESCRIBE", 1),
        answer("200 OK", 1, "Content-Type: application/sdp", body=SDP),
        ask("PLAY", 2),
        answer("200 OK", 2),
    ]:
        run.feed(side, data)
    for number in range(FRAMES):
        run.feed(
            S,
            frame(0, rtp(number, 96, b"\x7c\x85film"))
            if number % 2
            else frame(1, struct.pack(">BBHI", 0x80, 200, 1, 7)),
        )
    transfers = [t for t in events(run.parsed, Transfer) if t.application == "rtp"]
    assert [(t.side, t.media_type, t.name, t.size, t.complete) for t in transfers] == [
        (S, "video/H264", URL, 6 * FRAMES // 2, False)
    ]
    assert isinstance(run.parsed[-1], Enough)


def test_messages_between_frames_and_what_was_seen_at_the_end() -> None:
    script = [
        (S, frame(2, rtp(1, 0, b"sound"))),
        ask("GET_PARAMETER", 9, basic("admin:sesame")),
        (S, frame(2, rtp(2, 0, b"sound")) + answer("200 OK", 9)[1] + frame(2, b"short")),
    ]
    output = converse(Rtsp, script)
    assert [(e.username, e.status) for e in events(output, Login)] == [("admin", 200)]
    assert [(t.media_type, t.data, t.size) for t in events(output, Transfer)] == [("audio/PCMU", b"soundsound", 10)]


def test_a_loss_among_frames_ends_it_and_among_messages_does_not() -> None:
    run = Run(Rtsp())
    run.feed(S, frame(0, rtp(1, 26, b"jpeg")))
    run.gap(S, 1000)
    assert [t.media_type for t in events(run.parsed, Transfer)] == ["video/JPEG"]
    assert isinstance(run.parsed[-1], Enough)
    run = Run(Rtsp())
    run.feed(C, ask("DESCRIBE", 1)[1][:30])
    run.gap(C, 40)
    run.feed(C, b"x\r\n\r\n" + ask("DESCRIBE", 2, basic("admin:sesame"))[1])
    assert [(e.username, e.status) for e in events(run.close(), Login)] == [("admin", None)]


@pytest.mark.parametrize(
    ("url", "user", "secret", "shown"),
    [
        ("rtsp://anna:open%20sesame@cam.example/1", "anna", "open sesame", "rtsp://cam.example/1"),
        (
            "rtsp://cam.example/user=admin&password=tlJwpbo6&channel=1&stream=0.sdp",
            "admin",
            "tlJwpbo6",
            "rtsp://cam.example/user=admin&password=***&channel=1&stream=0.sdp",
        ),
        (
            "rtsp://cam.example/user=admin_password=_channel=1_stream=0.sdp",
            "admin",
            "",
            "rtsp://cam.example/user=admin_password=***_channel=1_stream=0.sdp",
        ),
        ("rtsp://cam.example/s?username=anna&password=sesame", "anna", "sesame", "rtsp://cam.example/s"),
    ],
)
def test_logins_in_urls(url: str, user: str, secret: str, shown: str) -> None:
    output = converse(Rtsp, [ask("DESCRIBE", 1, url=url), answer("200 OK", 1)], damage=False)
    assert [(e.username, e.secret, e.resource) for e in events(output, Login)] == [(user, Secret(secret), shown)]
    assert [c.data.decode() for c in events(output, Content)] == [shown]
    assert events(output, Access) == []


@pytest.mark.parametrize(
    ("client", "server", "match"),
    [
        (b"OPTIONS rtsp://cam.example/ RTSP/1.0\r\nCSeq", b"", Match.SURE),
        (b"OPTIONS * RTSP/1.0\r\n", b"", Match.SURE),
        (b"", b"RTSP/1.0 200 OK\r\n", Match.SURE),
        (b"DESCRIBE rtsp://cam.example/" + b"x" * 50, b"", Match.WEAK),
        (b"DESCR", b"", Match.MORE),
        (b"", b"$\x00\x01\x00\x80\x60", Match.WEAK),
        (b"OPTIONS * HTTP/1.1\r\n", b"", Match.NO),
        (b"OPTIONS sip:a SIP/2.0\r\n", b"", Match.NO),
        (b"$\x00", b"", Match.NO),
        (b"\x16\x03\x01", b"", Match.NO),
    ],
)
def test_what_is_recognised(client: bytes, server: bytes, match: Match) -> None:
    assert recognise(Opening(client, server, 40000, 554, Transport.TCP)) is match


def test_its_name() -> None:
    assert PROTOCOL.name == "rtsp"


@pytest.mark.parametrize(
    ("status", "granted"),
    [
        (200, True), (250, True), (299, True), (300, None), (302, None), (401, False), (403, False), (404, None),
        (407, False), (454, None), (500, None), (551, None),
    ],
)  # fmt: skip
@pytest.mark.parametrize(("method", "control"), [("DESCRIBE", False), ("SETUP", False), ("PLAY", False)])
def test_what_each_answer_says_of_a_request_without_a_login(
    method: str, control: bool, status: int, granted: bool | None
) -> None:
    """RFC 2326 §7.1.1 and §11: only 2xx serves; 401, 403 and 407 refuse; a redirect or an error does neither."""
    output = converse(Rtsp, [ask(method, 1), answer(f"{status} Reason", 1)], damage=False)
    assert [(a.action, a.granted, a.status, a.control) for a in events(output, Access)] == (
        [(method, granted, status, control)]
    )


@pytest.mark.parametrize("status", [200, 302, 401, 403, 404, 500])
@pytest.mark.parametrize("before", [[], ["100 Continue"], ["100 Continue", "110 Wait"]])
def test_a_login_has_the_status_of_its_final_answer(before: list[str], status: int) -> None:
    """An informational answer comes before it, and takes nothing away."""
    script = [
        ask("DESCRIBE", 1, basic("admin:open sesame")),
        *(answer(each, 1) for each in before),
        answer(f"{status} Reason", 1),
        answer("200 OK", 1),
    ]
    output = converse(Rtsp, script, damage=False)
    assert [(login.secret, login.status) for login in events(output, Login)] == [(Secret("open sesame"), status)]
    assert events(output, Access) == []


def test_answers_find_their_requests_in_any_order() -> None:
    script = [
        ask("DESCRIBE", 1, basic("admin:one")),
        ask("DESCRIBE", 2, basic("admin:two")),
        ask("DESCRIBE", 3),
        answer("401 Unauthorized", 3),
        answer("200 OK", 2),
        answer("401 Unauthorized", 1),
    ]
    output = converse(Rtsp, script, damage=False)
    assert [(login.secret, login.status) for login in events(output, Login)] == [
        (Secret("two"), 200),
        (Secret("one"), 401),
    ]
    assert [(a.granted, a.status) for a in events(output, Access)] == [(False, 401)]


def test_two_logins_under_one_number_have_no_answer() -> None:
    """RFC 2326 12.17: another request has another CSeq; a repeated one may have the same."""
    for first, second, statuses in (
        ("berta:other", "anna:s3cret", {None}),
        ("anna:s3cret", "anna:s3cret", {None, 200}),
    ):
        script = [
            ask("DESCRIBE", 1, basic(first)), ask("DESCRIBE", 1, basic(second)),
            answer("200 OK", 1),
        ]  # fmt: skip
        found = [item.status for item in converse(Rtsp, script, damage=False) if isinstance(item, Login)]
        assert len(found) == 2 and set(found) == statuses
