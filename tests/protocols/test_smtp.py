"""SMTP conversations from RFC 5321, 4954, 3030, 3207 and 2920: logins, mails, pipelines, losses."""

from __future__ import annotations

import base64

import pytest

from sensor.events import DATA_LIMIT, Attribute, Content, Event, Inner, Login, Skip, Transfer, Upgrade
from sensor.model import Secret, Side, Transport
from sensor.parsing.parser import Match, Opening
from sensor.parsing.pending import COMMAND_LIMIT
from sensor.protocols.smtp import Smtp, recognise
from tests.conversation import C, Run, S, Script, converse
from tests.protocols.logins import CHECKS, Check, Dialogue
from tests.protocols.talk import span, spans, talk


def b64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def logins(script: Script) -> list[Login]:
    return [item for item in converse(Smtp, script) if isinstance(item, Login)]


def mails(script: Script, **more: bool) -> list[Transfer]:
    return [item for item in converse(Smtp, script, **more) if isinstance(item, Transfer)]


PLAIN = b64("\0anna\0s3cret")
USER, SECRET = b64("anna"), b64("s3cret")


def test_auth_plain_with_an_initial_response() -> None:
    script = talk(
        "S: 220 mail.example.com ESMTP",
        "C: EHLO cam",
        "S: 250-mail",
        "S: 250 AUTH LOGIN PLAIN",
        f"C: AUTH PLAIN {PLAIN}",
        "S: 235 2.7.0 ok",
    )
    assert logins(script) == [
        Login(
            mechanism="password",
            username="anna",
            secret=Secret("s3cret"),
            scheme="plain",
            accepted=True,
            basis="235 after AUTH PLAIN",
            spans=spans(script, 4, 5),
        )
    ]


def test_auth_plain_on_a_line_of_its_own() -> None:
    script = talk("C: auth plain", "S: 334 ", f"C: {PLAIN}", "S: 535 no")
    found = logins(script)
    assert [(item.username, item.accepted, item.basis) for item in found] == [("anna", False, "535 after AUTH PLAIN")]
    assert found[0].spans == spans(script, 0, 2, 3)


@pytest.mark.parametrize(
    "lines",
    [
        ["C: AUTH LOGIN", "S: 334 VXNlcm5hbWU6", f"C: {USER}", "S: 334 UGFzc3dvcmQ6", f"C: {SECRET}"],
        [f"C: AUTH LOGIN {USER}", "S: 334 UGFzc3dvcmQ6", f"C: {SECRET}"],
        ["C: AUTH LOGIN", "S: 334 VXNlcm5hbWU6", f"C: {USER}", f"C: {SECRET}"],  # the second 334 was not captured
        ["C: AUTH LOGIN", f"C: {USER}", f"C: {SECRET}"],
    ],
)
def test_auth_login(lines: list[str]) -> None:
    found = logins(talk(*lines, "S: 235 in"))
    assert [(item.username, item.secret, item.scheme, item.accepted) for item in found] == [
        ("anna", Secret("s3cret"), "login", True)
    ]


def test_the_answer_was_not_captured() -> None:
    assert [
        (item.username, item.accepted, item.basis) for item in logins(talk(f"C: AUTH PLAIN {PLAIN}", "C: QUIT"))
    ] == [("anna", None, None)]


@pytest.mark.parametrize(
    ("reply", "accepted"),
    [("235 ok", True), ("535 no", False), ("538 encrypt", False), ("454 later", None), ("503 twice", None)],
)
def test_what_an_answer_says(reply: str, accepted: bool | None) -> None:
    assert [item.accepted for item in logins(talk(f"C: AUTH PLAIN {PLAIN}", f"S: {reply}"))] == [accepted]


def test_several_attempts() -> None:
    other = b64("\0anna\0other")
    found = logins(talk(f"C: AUTH PLAIN {PLAIN}", "S: 535 no", "C: AUTH PLAIN", "S: 334 ", f"C: {other}", "S: 235 ok"))
    assert [(item.secret, item.accepted) for item in found] == [(Secret("s3cret"), False), (Secret("other"), True)]


def test_cram_md5_and_bearer() -> None:
    answer = b64("tim b913a602c7eda7a495b4e6e7334d3890")
    found = logins(talk("C: AUTH CRAM-MD5", f"S: 334 {b64('<1@example.com>')}", f"C: {answer}", "S: 235 ok"))
    assert [(item.username, item.clear, item.secret) for item in found] == [
        ("tim", False, Secret(f"$cram_md5${b64('<1@example.com>')}${answer}"))
    ]
    token = b64("user=anna@example.com\x01auth=Bearer tok.en\x01\x01")
    found = logins(talk(f"C: AUTH XOAUTH2 {token}", f"S: 334 {b64('{}')}", "C: ", "S: 535 no"))
    assert [(item.mechanism, item.secret, item.accepted) for item in found] == [("token", Secret("tok.en"), False)]


def test_ntlm_is_handed_over_and_answered() -> None:
    run, login = (
        Run(Smtp()),
        Login(mechanism="password", username="anna", secret=Secret("00"), scheme="ntlmv2", clear=False),
    )
    for side, data in talk("C: AUTH NTLM", "S: 334 ", f"C: {b64(chr(0).join(['NTLMSSP', '']))}"):
        run.feed(side, data)
    assert [item for item in run.parsed if isinstance(item, Inner)] == [Inner(b"NTLMSSP\0", "ntlmssp", Side.CLIENT)]
    assert list(run.parser.from_inner(login, 0)) == []
    run.feed(S, b"235 ok\r\n")
    assert [(item.username, item.accepted, item.basis) for item in run.parsed if isinstance(item, Login)] == [
        ("anna", True, "235 after AUTH NTLM")
    ]
    passed: Event = Attribute(field="ntlmssp.host", value="x", side=C)
    assert list(run.parser.from_inner(passed, 0)) == [passed]


@pytest.mark.parametrize(
    "lines",
    [
        ["S: 250-AUTH LOGIN PLAIN", "S: 250 AUTH=LOGIN PLAIN"],
        ["C: HELP AUTH PLAIN AGFubmEAczNjcmV0", "S: 214-AUTH PLAIN AGFubmEAczNjcmV0", "S: 214 235 ok"],
        ["C: AUTH LOGIN", "S: 504 unknown", "C: QUIT", "S: 221 bye"],
        ["C: AUTH LOGIN", "S: 334 VXNlcm5hbWU6", "C: *", "S: 501 cancelled"],
        ["C: AUTH PLAIN !!!!", "S: 501 bad"],
        ["C: AUTH", "S: 501 bad"],
        ["C: DATA", "S: 354 go", "C: AUTH PLAIN AGFubmEAczNjcmV0", "C: .", "S: 250 queued"],
    ],
)
def test_what_is_no_login(lines: list[str]) -> None:
    assert logins(talk("S: 220 mail ESMTP", "C: EHLO x", *lines)) == []


def test_a_login_after_a_mail_that_quotes_one() -> None:
    script = talk(
        "C: DATA", "S: 354 go", "C: AUTH PLAIN AAAA", "C: .", "S: 250 queued", f"C: AUTH PLAIN {PLAIN}", "S: 235 ok"
    )
    assert [(item.username, item.accepted) for item in logins(script)] == [("anna", True)]


def test_starttls_is_the_end_of_the_readable_part() -> None:
    output = converse(
        Smtp,
        [
            *talk("S: 220 x ESMTP", "C: EHLO cam", "S: 250 STARTTLS", "C: STARTTLS", "S: 220 go ahead"),
            (C, b"\x16\x03\x01"),
            (S, b"\x16\x03\x03"),
        ],
    )
    assert output[-1] == Upgrade("tls")
    refused = converse(Smtp, talk("C: STARTTLS", "S: 454 not now", f"C: AUTH PLAIN {PLAIN}", "S: 235 ok"))
    assert not [item for item in refused if isinstance(item, Upgrade)] and [
        item for item in refused if isinstance(item, Login)
    ]


def test_names_and_envelope() -> None:
    greeting, hello = ["S: 220-mail.example.com ESMTP Postfix", "S: 220 no spam"], ["C: EHLO ipcam-7", "S: 250 ok"]
    output = converse(Smtp, talk(*greeting, *hello, "C: MAIL FROM:<cam@example.com>", "C: RCPT TO:<anna@example.org>"))
    assert [(item.field, item.value, item.side) for item in output if isinstance(item, Attribute)] == [
        ("smtp.banner", "mail.example.com ESMTP Postfix\nno spam", S),
        ("smtp.helo", "ipcam-7", C),
    ]
    assert [(item.name, item.data) for item in output if isinstance(item, Content)] == [
        ("envelope", b"FROM:<cam@example.com>"),
        ("envelope", b"TO:<anna@example.org>"),
    ]


def test_a_mail_is_an_object() -> None:
    script = talk("C: DATA", "S: 354 go", "C: Subject: motion", "C: ", "C: ..at the door", "C: .", "S: 250 queued")
    body = b"Subject: motion\r\n\r\n.at the door\r\n"
    (found,) = mails(script)
    assert (found.side, found.application, found.media_type, found.data, found.size, found.complete) == (
        C,
        "smtp",
        "message/rfc822",
        body,
        len(body) + 1,
        True,
    )
    assert found.spans == (span(script, 2)._replace(end=span(script, 4).end),)


def test_mails_in_one_conversation_pipelined() -> None:
    script = [
        (C, b"MAIL FROM:<a@example.com>\r\nRCPT TO:<b@example.com>\r\nDATA\r\n"),
        (S, b"250 ok\r\n250 ok\r\n354 go\r\n"),
        (C, b"Subject: 1\r\n\r\none\r\n.\r\nMAIL FROM:<a@example.com>\r\nRCPT TO:<c@example.com>\r\nDATA\r\n"),
        (S, b"250 queued\r\n250 ok\r\n250 ok\r\n354 go\r\n"),
        (C, b".\r\nQUIT\r\n"),
        (S, b"250 queued\r\n221 bye\r\n"),
    ]
    assert [item.data for item in mails(script)] == [b"Subject: 1\r\n\r\none\r\n"]


def test_data_that_is_refused_is_no_mail() -> None:
    script = talk("C: DATA", "S: 503 RCPT first", "C: Subject: x", "S: 500 what", f"C: AUTH PLAIN {PLAIN}", "S: 235 ok")
    assert mails(script) == [] and len(logins(script)) == 1


def test_chunks() -> None:
    # RFC 3030 4.2
    script = [
        (C, b"BDAT 12\r\nSubject: x\r\n"),
        (S, b"250 12 octets\r\n"),
        (C, b"BDAT 11 LAST\r\n\r\nAUTH\r\n.\r\nQUIT\r\n"),
        (S, b"250 ok\r\n"),
    ]
    assert [(item.data, item.size) for item in mails(script)] == [(b"Subject: x\r\n\r\nAUTH\r\n.\r\n", 23)]
    assert [item.data for item in mails([(C, b"BDAT 3\r\nabcBDAT 0 LAST\r\nQUIT\r\n")])] == [b"abc"]
    assert mails([(C, b"BDAT x\r\nBDAT\r\nBDAT 99999999999 LAST\r\n")]) == []


def test_of_a_large_chunk_the_rest_is_passed_over() -> None:
    run = Run(Smtp())
    run.feed(C, b"BDAT %d LAST\r\n" % (DATA_LIMIT + 1000) + b"x" * DATA_LIMIT)
    assert [item for item in run.parsed if isinstance(item, Skip)] == [Skip(C, 1000)]
    run.feed(C, b"x" * 1000 + b"AUTH PLAIN " + PLAIN.encode() + b"\r\n")
    run.feed(S, b"250 ok\r\n235 ok\r\n")
    assert [(len(item.data), item.size) for item in run.parsed if isinstance(item, Transfer)] == [
        (DATA_LIMIT, DATA_LIMIT + 1000)
    ]
    assert [item.accepted for item in run.parsed if isinstance(item, Login)] == [True]


def test_of_a_large_mail_the_beginning_is_stored() -> None:
    run = Run(Smtp())
    run.feed(C, b"DATA\r\n")
    for _ in range(100):
        run.feed(C, b"x" * 9998 + b"\r\n")
    run.feed(C, b".\r\n")
    assert [(len(item.data), item.size, item.complete) for item in run.parsed if isinstance(item, Transfer)] == [
        (DATA_LIMIT, 1_000_000, True)
    ]


def test_a_mail_with_a_loss_and_one_without_an_end() -> None:
    run = Run(Smtp())
    for side, data in talk("C: DATA", "S: 354 go", "C: Subject: x", "C: "):
        run.feed(side, data)
    run.gap(C, 100)
    run.feed(C, b"lost\r\nwhole\r\n")
    run.gap(C, 100)  # the end is in here
    for side, data in talk("S: 250 queued", "C: x", f"C: AUTH PLAIN {PLAIN}", "S: 235 ok"):
        run.feed(side, data)
    (mail,) = (item for item in run.parsed if isinstance(item, Transfer))
    assert (mail.complete, mail.data) == (False, b"Subject: x\r\n\r\nwhole\r\n")
    assert [item.accepted for item in run.close() if isinstance(item, Login)] == [True]
    assert [(item.data, item.complete) for item in mails(talk("C: DATA", "S: 354 go", "C: Subject: x", "C: "))] == [
        (b"Subject: x\r\n\r\n", False)
    ]


def test_a_lost_reply_leaves_the_login_open() -> None:
    run = Run(Smtp())
    run.feed(C, f"AUTH PLAIN {PLAIN}\r\n".encode())
    run.gap(S, 20)
    run.feed(S, b"x\r\n250 ok\r\n")
    assert [item.accepted for item in run.close() if isinstance(item, Login)] == [None]


def test_an_exchange_whose_challenge_was_lost() -> None:
    run = Run(Smtp())
    for side, data in talk("C: AUTH LOGIN", "S: 334 VXNlcm5hbWU6", f"C: {USER}"):
        run.feed(side, data)
    run.gap(S, 18)
    run.feed(C, f"{SECRET}\r\n".encode())
    run.feed(S, b"x\r\n235 ok\r\n")
    assert [(item.secret, item.accepted) for item in run.close() if isinstance(item, Login)] == [
        (Secret("s3cret"), True)
    ]


def test_a_loss_in_a_chunk() -> None:
    run = Run(Smtp())
    run.feed(C, b"BDAT 10 LAST\r\nab")
    run.gap(C, 6)
    run.feed(C, b"yzQUIT\r\n")
    assert [(item.data, item.size, item.complete) for item in run.close() if isinstance(item, Transfer)] == [
        (b"abyz", 10, False)
    ]


def test_commands_that_are_never_answered_are_bounded() -> None:
    run = Run(Smtp())
    run.feed(C, b"NOOP\r\n" * 5 * COMMAND_LIMIT)
    assert len(run.parser._commands) == COMMAND_LIMIT


def opening(client: bytes = b"", server: bytes = b"", port: int = 2600) -> Opening:
    return Opening(client, server, 40000, port, Transport.TCP)


@pytest.mark.parametrize(
    ("seen", "match"),
    [
        (opening(server=b"220 mail.example.com ESMTP\r\n"), Match.SURE),
        (opening(server=b"220 hello\r\n"), Match.MORE),
        (opening(server=b"220 hello\r\n", port=25), Match.WEAK),
        (opening(b"EHLO x\r\n", b"220 hello\r\n"), Match.SURE),
        (opening(b"EHLO x\r\n"), Match.SURE),
        (opening(b"QUIT\r\n", b"220 hello\r\n", port=25), Match.WEAK),
        (opening(b"XYZZY\r\n", b"220 x ESMTP\r\n"), Match.SURE),
        (opening(b"USER x\r\n", b"220 hello\r\n", port=25), Match.NO),
        (opening(b"AUTH LOGIN\r\n"), Match.WEAK),
        (opening(b"MAIL FROM:<a@example.com>\r\n"), Match.WEAK),
        (opening(b"EH", b"220 hello\r\n"), Match.MORE),
        (opening(server=b"22"), Match.MORE),
        (opening(server=b"+OK\r\n", port=25), Match.NO),
        (opening(b"\x16\x03\x01", port=25), Match.NO),
        (opening(b"GET / HTTP/1.1\r\n", port=25), Match.NO),
    ],
)
def test_recognise(seen: Opening, match: Match) -> None:
    assert recognise(seen) is match


DIALOGUE = Dialogue(
    Smtp,
    lambda user, secret: talk(
        "C: AUTH LOGIN", "S: 334 VXNlcm5hbWU6", f"C: {b64(user)}", "S: 334 UGFzc3dvcmQ6", f"C: {b64(secret)}"
    ),
    accepted=b"235 in\r\n",
    refused=b"535 no\r\n",
    undecided=(b"454 later\r\n", b"421 bye\r\n"),
    opening=talk("S: 220 hi", "C: EHLO x", "S: 250 x"),
    evident=True,  # RFC 4954 6: 235 answers nothing else
)
"""RFC 4954 4 and 6."""


@pytest.mark.parametrize("check", CHECKS)
def test_logins_whatever_happens(check: Check) -> None:
    check(DIALOGUE)


def test_the_greeting_is_reported_once() -> None:
    """RFC 5321 4.3.1: 220 and its lines; what comes later without a command (421) is none."""
    script = talk("S: 220-mail.example ready", "S: 220 at once", "S: 421 closing", "S: 220 again")
    found = [item.value for item in converse(Smtp, script, damage=False) if isinstance(item, Attribute)]
    assert len(found) == 1 and "ready" in found[0] and "again" not in found[0] and "closing" not in found[0]
