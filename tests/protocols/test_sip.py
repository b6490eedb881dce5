"""SIP from RFC 3665 and RFC 3261 §24: registrations, calls, media, keep-alives, retransmissions."""

from __future__ import annotations

import pytest

from sensor.events import Access, Attribute, Content, Expect, Login, Transfer
from sensor.model import Secret, Side, Transport
from sensor.parsing.cursor import Malformed
from sensor.parsing.formats.sdp import Media
from sensor.parsing.parser import Match, Opening, Parser
from sensor.protocols.sip import (
    HEADERS,
    KEEP_ALIVE,
    PENDING_LIMIT,
    PROTOCOLS,
    REMEMBERED,
    SipDatagram,
    SipStream,
    recognise,
)
from tests.conversation import C, Run, S, Span, converse, events

DIGEST = (
    'Authorization: Digest username="bob", realm="atlanta.example.com", '
    'nonce="ea9c8e88df84f1cec4341ae6cbe5a359", opaque="",\r\n'
    ' uri="sips:ss2.biloxi.example.com", response="dfe56131d1958046689d83306477ecc"'
)


def message(
    line: str,
    *fields: str,
    cseq: str = "1 REGISTER",
    call: str = "1j9FpLxk3uxtm8tn@biloxi.example.com",
    body: str = "",
    length: bool = True,
    branch: str = "z9hG4bKnashds7",
) -> bytes:
    head = [
        line,
        f"Via: SIP/2.0/TLS client.biloxi.example.com:5061;branch={branch}",
        f"Call-ID: {call}",
        f"CSeq: {cseq}",
        *fields,
    ]
    sized = [f"Content-Length: {len(body)}"] if length else []
    return "\r\n".join([*head, *sized, "", body]).encode()


REGISTRATION: list[tuple[Side, bytes]] = [
    (
        C,
        message(
            "REGISTER sips:ss2.biloxi.example.com SIP/2.0",
            "User-Agent: Phone/1.2",
            "Contact: <sips:bob@client.biloxi.example.com>",
        ),
    ),
    (
        S,
        message(
            "SIP/2.0 401 Unauthorized",
            'WWW-Authenticate: Digest realm="atlanta.example.com", nonce="ea9c"',
            "Server: Registrar/3",
        ),
    ),
    (C, message("REGISTER sips:ss2.biloxi.example.com SIP/2.0", DIGEST, "User-Agent: Phone/1.2", cseq="2 REGISTER")),
    (S, message("SIP/2.0 200 OK", cseq="2 REGISTER", length=False)),
]


@pytest.mark.parametrize("form", [SipDatagram, SipStream])
def test_a_registration_from_rfc_3665(form: type[Parser]) -> None:
    output = converse(form, REGISTRATION)
    [login] = events(output, Login)
    assert (login.username, login.scheme, login.clear, login.status, login.resource, login.accepted) == (
        "bob", "digest-md5", False, 200, "sips:ss2.biloxi.example.com", None,
    )  # fmt: skip
    assert login.secret == Secret(
        "$sip$*client.biloxi.example.com*ss2.biloxi.example.com*bob*atlanta.example.com*REGISTER*sips*ss2.biloxi.example.com**"
        "ea9c8e88df84f1cec4341ae6cbe5a359****MD5*dfe56131d1958046689d83306477ecc"
    )
    assert [(a.action, a.granted, a.control, a.status, a.resource) for a in events(output, Access)] == [
        ("REGISTER", False, True, 401, "sips:ss2.biloxi.example.com")
    ]
    assert [(a.field, a.value, a.side) for a in events(output, Attribute)] == [
        ("sip.user_agent", "Phone/1.2", C), ("sip.server", "Registrar/3", S), ("sip.realm", "atlanta.example.com", S),
    ]  # fmt: skip
    shown = b"".join(c.data for c in events(output, Content))
    assert b"bob@client.biloxi.example.com" in shown
    assert b"dfe56131" not in shown


@pytest.mark.parametrize("form", [SipDatagram, SipStream])
def test_a_second_try_under_the_number_of_the_first(form: type[Parser]) -> None:
    again = [
        *REGISTRATION[:2],
        (C, message("REGISTER sips:ss2.biloxi.example.com SIP/2.0", DIGEST)),
        (C, message("REGISTER sips:ss2.biloxi.example.com SIP/2.0", DIGEST)),
        (S, message("SIP/2.0 200 OK", length=False)),
    ]
    output = converse(form, again)
    assert [(login.username, login.status) for login in events(output, Login)] == [("bob", 200)]
    assert [access.status for access in events(output, Access)] == [401]


@pytest.mark.parametrize("form", [SipDatagram, SipStream])
def test_attempts_that_share_a_number_get_their_own_answers(form: type[Parser]) -> None:
    """RFC 3261 §17.1.3: the branch tells them apart, whichever is answered first."""
    wrong = DIGEST.replace("dfe5", "0000")
    output = converse(
        form,
        [
            (C, message("REGISTER sips:ss2.biloxi.example.com SIP/2.0", wrong, branch="z9hG4bK-a")),
            (C, message("REGISTER sips:ss2.biloxi.example.com SIP/2.0", DIGEST, branch="z9hG4bK-b")),
            (S, message("SIP/2.0 200 OK", branch="z9hG4bK-b;received=192.0.2.4")),
            (S, message("SIP/2.0 401 Unauthorized", branch="z9hG4bK-a")),
            (S, message("SIP/2.0 200 OK", branch="z9hG4bK-c")),
        ],
    )
    logins = {login.status: login for login in events(output, Login)}
    assert set(logins) == {200, 401}
    right = converse(form, [(C, message("REGISTER sips:ss2.biloxi.example.com SIP/2.0", DIGEST))])
    assert logins[200].secret == events(right, Login)[0].secret != logins[401].secret


def test_evidence_is_the_request_and_its_answer() -> None:
    [login] = events(converse(SipDatagram, REGISTRATION, damage=False), Login)
    assert login.spans == (Span(C, 1, 2), Span(S, 1, 2))


SDP = (
    "v=0\r\no=- 1 1 IN IP4 192.0.2.101\r\ns=-\r\nc=IN IP4 192.0.2.101\r\nt=0 0\r\n"
    "m=audio 49172 RTP/AVP 0\r\na=rtpmap:0 PCMU/8000\r\n"
)


def test_a_call_announces_its_media_and_provisional_answers_do_not_count() -> None:
    invite = message(
        "INVITE sip:bob:pin@biloxi.example.com;transport=udp SIP/2.0", "c: application/sdp", cseq="7 INVITE", body=SDP
    )
    script = [
        (C, invite),
        (C, invite),
        (S, message("SIP/2.0 100 Trying", cseq="7 INVITE")),
        (S, message("SIP/2.0 180 Ringing", cseq="7 INVITE")),
        (
            S,
            message(
                "SIP/2.0 200 OK",
                "Content-Type: application/sdp",
                cseq="7 INVITE",
                body=SDP.replace("101", "201").replace("49172", "3456"),
            ),
        ),
        (C, message("ACK sip:bob@biloxi.example.com SIP/2.0", DIGEST, cseq="7 ACK")),
    ]
    output = converse(SipDatagram, script)
    assert [(a.action, a.granted, a.resource) for a in events(output, Access)] == [
        ("INVITE", True, "sip:bob@biloxi.example.com")
    ]
    assert events(output, Login) == []
    media = Media(((0, "audio/PCMU"),), "audio")
    wanted = [
        Expect("rtp", 49172, C, udp=True, address="192.0.2.101", hint=media),
        Expect("rtcp", 49173, C, udp=True, address="192.0.2.101"),
    ]
    assert [e for e in output if isinstance(e, Expect)] == [
        *wanted,
        *wanted,
        Expect("rtp", 3456, S, udp=True, address="192.0.2.201", hint=media),
        Expect("rtcp", 3457, S, udp=True, address="192.0.2.201"),
    ]


def test_keys_of_srtp_in_the_clear_are_reported_once() -> None:
    secured = (
        SDP.replace("RTP/AVP", "RTP/SAVP")
        + "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVubGVz|2^20|1:4\r\n"
    )
    invite = message(
        "INVITE sip:bob@biloxi.example.com SIP/2.0", "Content-Type: application/sdp", cseq="7 INVITE", body=secured
    )
    output = converse(SipDatagram, [(C, invite), (C, invite)], damage=False)
    assert [(e.mechanism, e.secret, e.scheme) for e in events(output, Login)] == [
        ("key", Secret("WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVubGVz"), "sdes")
    ]
    assert [e.protocol for e in output if isinstance(e, Expect)] == ["srtp", "srtp"]


def test_unanswered_logins_are_reported_and_bounded() -> None:
    run = Run(SipDatagram())
    for number in range(PENDING_LIMIT + 2):
        run.feed(C, message("REGISTER sip:a.example SIP/2.0", DIGEST, cseq=f"{number} REGISTER"))
    assert len(events(run.parsed, Login)) == 2
    assert [e.status for e in events(run.close(), Login)] == [None] * (PENDING_LIMIT + 2)


def test_a_proxy_refuses() -> None:
    script = [
        (C, message("INVITE sip:b.example SIP/2.0", "Proxy-" + DIGEST, cseq="3 INVITE")),
        (S, message("SIP/2.0 407 Proxy Authentication Required", cseq="3 INVITE")),
    ]
    output = converse(SipDatagram, script, damage=False)
    assert [(e.username, e.status) for e in events(output, Login)] == [("bob", 407)]
    assert events(output, Access) == []


def test_a_text_message_is_a_transfer() -> None:
    text = message(
        "MESSAGE sip:user2@example.com SIP/2.0", "Content-Type: text/plain", cseq="1 MESSAGE", body="Watson, come here."
    )
    [transfer] = events(converse(SipStream, [(C, text)]), Transfer)
    assert (transfer.application, transfer.media_type, transfer.data, transfer.size) == (
        "sip",
        "text/plain",
        b"Watson, come here.",
        18,
    )


def test_keep_alives_say_nothing_and_nonsense_is_malformed() -> None:
    assert converse(SipDatagram, [(C, b"\r\n\r\n"), (S, b"\0\0\0\0"), (C, b"jaK")]) == []
    with pytest.raises(Malformed):
        Run(SipDatagram()).feed(C, b"hello there\r\n\r\n")


def test_a_stream_goes_on_after_a_loss() -> None:
    run = Run(SipStream())
    run.feed(C, REGISTRATION[0][1][:50])
    run.gap(C, 400)
    run.feed(C, b"x: y\r\n\r\n" + REGISTRATION[2][1])
    run.feed(S, REGISTRATION[3][1])
    assert [(e.username, e.status) for e in events(run.close(), Login)] == [("bob", 200)]


@pytest.mark.parametrize(
    ("data", "match"),
    [
        (b"REGISTER sip:a.example SIP/2.0\r\nVia:", Match.SURE),
        (b"INVITE tel:+15550100 SIP/2.0\r\n", Match.SURE),
        (b"SIP/2.0 200 OK\r\n", Match.SURE),
        (b"REGIS", Match.MORE),
        (b"REGISTER sip:a", Match.MORE),
        (b"OPTIONS * HTTP/1.1\r\n", Match.NO),
        (b"OPTIONS rtsp://cam.example RTSP/1.0\r\n", Match.NO),
        (b"M-SEARCH * HTTP/1.1\r\n", Match.NO),
        (b"\x80\x00\x12", Match.NO),
        (b"", Match.NO),
    ],
)
def test_what_is_recognised(data: bytes, match: Match) -> None:
    assert recognise(Opening(data, b"", 40000, 5060, Transport.UDP)) is match


@pytest.mark.parametrize(
    ("datagrams", "port", "match"),
    [
        ([b"\r\n"], 40001, Match.MORE),
        ([b"\r\n", b"\r\n\r\n"], 40001, Match.WEAK),
        ([b"hello"], 5060, Match.WEAK),
        ([b"hello", b"hello"], 40001, Match.NO),
        ([b"\r\n", b"longer than that"], 5060, Match.NO),
    ],
)
def test_keep_alives_alone(datagrams: list[bytes], port: int, match: Match) -> None:
    output = tuple((C, data) for data in datagrams)
    assert recognise(Opening(datagrams[-1], b"", 40000, port, Transport.UDP, output)) is match


def test_both_forms_have_one_name() -> None:
    assert {(p.name, *p.transports) for p in PROTOCOLS} == {("sip", Transport.UDP), ("sip", Transport.TCP)}


def test_a_login_has_the_name_of_its_header() -> None:
    response = "0" * 32
    value = f'Digest username="mara", realm="pbx", nonce="n", uri="sip:pbx.example", response="{response}"'
    for field in ("Authorization", "Proxy-Authorization"):
        sent = message("REGISTER sip:pbx.example SIP/2.0", f"{field}: {value}")
        (login,) = [e for e in converse(SipDatagram, [(C, sent)]) if isinstance(e, Login)]
        assert login.name == field


@pytest.mark.parametrize(
    ("code", "granted"),
    [
        (200, True), (202, True), (299, True), (300, None), (302, None), (401, False), (403, False), (404, None),
        (407, False), (486, None), (503, None), (603, None),
    ],
)  # fmt: skip
def test_what_an_answer_says_of_a_request_without_credentials(code: int, granted: bool | None) -> None:
    """RFC 3261 §21: 2xx grants, 401, 403 and 407 refuse; a redirect, a busy line and an error do neither."""
    script = [
        (C, message("INVITE sip:bob@biloxi.example.com SIP/2.0", cseq="1 INVITE")),
        (S, message(f"SIP/2.0 {code} Reason", cseq="1 INVITE")),
    ]
    (access,) = events(converse(SipDatagram, script), Access)
    assert (access.granted, access.status) == (granted, code)


@pytest.mark.parametrize(
    ("method", "control"),
    [("REGISTER", True), ("INVITE", True), ("MESSAGE", True), ("PUBLISH", True), ("REFER", True), ("SUBSCRIBE", False)],
)
def test_which_methods_need_a_right(method: str, control: bool) -> None:
    script = [
        (C, message(f"{method} sip:bob@biloxi.example.com SIP/2.0", "Contact: <sip:a@b>", cseq=f"1 {method}")),
        (S, message("SIP/2.0 200 OK", cseq=f"1 {method}")),
    ]
    output = converse(SipDatagram, script)
    assert [(a.action, a.control, a.granted) for a in events(output, Access)] == [(method, control, True)]
    assert [b"sip:a@b" in c.data for c in events(output, Content)] == [True]


@pytest.mark.parametrize("method", ["OPTIONS", "NOTIFY", "BYE", "INFO"])
def test_other_methods_are_no_access(method: str) -> None:
    script = [
        (C, message(f"{method} sip:bob@biloxi.example.com SIP/2.0", cseq=f"1 {method}")),
        (S, message("SIP/2.0 200 OK", cseq=f"1 {method}")),
    ]
    output = converse(SipDatagram, script)
    assert events(output, Access) == [] and events(output, Content) == []


@pytest.mark.parametrize("method", ["ACK", "CANCEL"])
def test_what_repeats_an_invite_is_no_login_of_its_own(method: str) -> None:
    script = [(C, message(f"{method} sip:bob@biloxi.example.com SIP/2.0", DIGEST, cseq=f"1 {method}"))]
    assert events(converse(SipDatagram, script), Login) == []


def test_a_message_without_a_call_id_is_paired_with_nothing() -> None:
    def nameless(data: bytes) -> bytes:
        return b"".join(line for line in data.splitlines(keepends=True) if not line.startswith(b"Call-ID"))

    script = [
        (C, nameless(message("INVITE sip:bob@biloxi.example.com SIP/2.0", cseq="1 INVITE"))),
        (S, nameless(message("SIP/2.0 200 OK", cseq="1 INVITE"))),
    ]
    assert events(converse(SipDatagram, script), Access) == []


def test_names_are_reported_once_for_each_side() -> None:
    agent = message("OPTIONS sip:a.example SIP/2.0", "User-Agent: Phone/1.2", cseq="1 OPTIONS")
    server = message("SIP/2.0 200 OK", "Server: Phone/1.2", "User-Agent: Phone/1.2", cseq="1 OPTIONS")
    output = converse(SipDatagram, [(C, agent), (C, agent), (S, server), (S, server)], damage=False)
    assert [(a.field, a.side) for a in events(output, Attribute)] == [
        ("sip.user_agent", C), ("sip.user_agent", S), ("sip.server", S),
    ]  # fmt: skip


def test_what_is_reported_once_is_bounded() -> None:
    run = Run(SipDatagram())
    for number in range(REMEMBERED + 5):
        run.feed(C, message("OPTIONS sip:a.example SIP/2.0", f"User-Agent: Phone/{number}", cseq=f"{number} OPTIONS"))
    agents = [a.value for a in events(run.parsed, Attribute) if a.field == "sip.user_agent"]
    assert agents == [f"Phone/{number}" for number in range(REMEMBERED)]


def test_a_body_that_was_cut_is_not_whole() -> None:
    whole = message("MESSAGE sip:b.example SIP/2.0", "Content-Type: text/plain", cseq="1 MESSAGE", body="Watson, come")
    for data, complete in ((whole, True), (whole[:-5], False)):
        (transfer,) = events(converse(SipDatagram, [(C, data)], damage=False), Transfer)
        assert (transfer.size, transfer.complete, transfer.media_type) == (12, complete, "text/plain")
        assert transfer.name == "sip:b.example"


@pytest.mark.parametrize(
    ("kind", "body", "announced"),
    [
        ("application/sdp", SDP, True),
        ("multipart/mixed", SDP, True),
        ("application/sdp", "\r\n" + SDP, True),
        ("text/plain", "m=audio 49172 RTP/AVP 0\r\n", False),
    ],
)
def test_where_media_are_announced(kind: str, body: str, announced: bool) -> None:
    """By the body's type, or by how it begins (RFC 8866 §5.1)."""
    invite = message("INVITE sip:b.example SIP/2.0", f"Content-Type: {kind}", cseq="1 INVITE", body=body)
    output = converse(SipDatagram, [(C, invite)], damage=False)
    assert ([e.port for e in output if isinstance(e, Expect)] != []) is announced


def test_a_message_whose_end_is_missing_is_read() -> None:
    """A datagram cut by the capture inside its header."""
    data = message("REGISTER sip:a.example SIP/2.0", DIGEST)
    cut = data[: data.index(b"Content-Length")]
    (login,) = events(converse(SipDatagram, [(C, cut)], damage=False), Login)
    assert login.username == "bob"


@pytest.mark.parametrize(
    ("client", "server", "match"),
    [
        (b"", b"SIP/2.0 200 OK\r\n", Match.SURE),
        (b"", b"REGISTER sip:a.example SIP/2.0\r\n", Match.SURE),
        (b"", b"INVI", Match.MORE),
        (b"INVI\n", b"", Match.NO),
        (b"BYE s", b"", Match.MORE),
        (b"SIP/2.0 799 x\r\n", b"", Match.NO),
        (b"SIP/2.0 099 x\r\n", b"", Match.NO),
    ],
)
def test_either_side_shows_it(client: bytes, server: bytes, match: Match) -> None:
    assert recognise(Opening(client, server, 40000, 5060, Transport.UDP)) is match


@pytest.mark.parametrize("blank", [b"\r\n", b"\r\n\r\n", b"\0\0\0\0"])
def test_each_form_of_a_keep_alive(blank: bytes) -> None:
    opening = Opening(blank, b"", 40000, 40001, Transport.UDP, ((C, blank), (C, blank)))
    assert recognise(opening) is Match.WEAK


def test_a_keep_alive_is_at_most_as_long_as_its_longest_form() -> None:
    for size, match in ((KEEP_ALIVE, Match.WEAK), (KEEP_ALIVE + 1, Match.NO)):
        data = b"x" * size
        assert recognise(Opening(data, b"", 40000, 5060, Transport.UDP, ((C, data),))) is match


def test_headers_are_searched_in_a_flow_s_first_requests_only() -> None:
    run = Run(SipDatagram())
    for number in range(HEADERS + 3):
        run.feed(C, message("REGISTER sip:a.example SIP/2.0", cseq=f"{number} REGISTER"))
    assert len(events(run.parsed, Content)) == HEADERS


@pytest.mark.parametrize("name", ["Authorization", "Proxy-Authorization"])
def test_credentials_are_not_handed_on_for_search(name: str) -> None:
    """They are a login's secret; whatever else the header holds is searched for personal data."""
    register = message("REGISTER sip:a.example SIP/2.0", DIGEST.replace("Authorization", name, 1), "Subject: hello")
    (header,) = events(converse(SipDatagram, [(C, register)], damage=False), Content)
    assert b"dfe56131" not in header.data and b"subject: hello" in header.data.lower()


@pytest.mark.parametrize("form", [SipDatagram, SipStream])
@pytest.mark.parametrize("credentials", [(), (DIGEST,)])
def test_a_request_that_comes_again_after_its_answer_is_not_reported_again(
    form: type[Parser], credentials: tuple[str, ...]
) -> None:
    """RFC 3261 §17.1.2: a client repeats until it hears the answer, which is on the wire already."""
    request, answer = message("REGISTER sip:a.example SIP/2.0", *credentials), message("SIP/2.0 200 OK")
    output = converse(form, [(C, request), (S, answer), (C, request), (C, request), (S, answer)], damage=False)
    statuses = [(type(e), e.status) for e in output if isinstance(e, Access | Login)]
    assert statuses == [(Login if credentials else Access, 200)]


def test_a_cut_keep_alive_among_others_is_none() -> None:
    """All datagrams so far have a keep-alive's form, or there is nothing to wait for."""
    short, long = b"hello", b"something longer"
    for pieces in ((short, long), (long, short)):
        opening = Opening(pieces[-1], b"", 40000, 5060, Transport.UDP, tuple((C, data) for data in pieces))
        assert recognise(opening) is Match.NO


def test_the_key_of_a_call_serves_the_other_side() -> None:
    secured = SDP.replace("RTP/AVP", "RTP/SAVP") + "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:" + "A" * 40 + "\r\n"
    for side in (C, S):
        invite = message(
            "INVITE sip:bob@biloxi.example.com SIP/2.0", "Content-Type: application/sdp", cseq="7 INVITE", body=secured
        )
        (login,) = events(converse(SipDatagram, [(side, invite)], damage=False), Login)
        assert isinstance(login, Login) and login.verifier is side.other


def test_a_request_that_comes_again_pushes_nothing_out() -> None:
    run = Run(SipDatagram())
    for number in (*range(PENDING_LIMIT), 0, 5, PENDING_LIMIT - 1):
        run.feed(C, message("REGISTER sip:a.example SIP/2.0", DIGEST, cseq=f"{number} REGISTER"))
    assert events(run.parsed, Login) == []
