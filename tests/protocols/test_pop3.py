"""POP3 conversations from RFC 1939, 2449, 2595 and 5034: logins, mails, pipelines, look-alikes."""

from __future__ import annotations

import base64

import pytest

from sensor.events import Attribute, Content, Login, Transfer, Upgrade
from sensor.model import Secret, Transport
from sensor.parsing.parser import Match, Opening
from sensor.parsing.pending import COMMAND_LIMIT
from sensor.protocols.pop3 import Pop3, recognise
from tests.conversation import C, Run, S, Script, converse, events
from tests.protocols import openings
from tests.protocols.logins import CHECKS, Check, Dialogue
from tests.protocols.talk import span, spans, talk

PLAIN = base64.b64encode(b"\0anna\0s3cret").decode()


def logins(script: Script) -> list[Login]:
    return [item for item in converse(Pop3, script) if isinstance(item, Login)]


def test_user_and_pass() -> None:
    script = talk("S: +OK ready", "C: USER anna@example.com", "S: +OK", "C: PASS open sesame", "S: +OK 2 messages")
    assert logins(script) == [
        Login(
            mechanism="password",
            username="anna@example.com",
            secret=Secret("open sesame"),
            scheme="user/pass",
            accepted=True,
            basis="+OK after PASS",
            spans=spans(script, 1, 3, 4),
        )
    ]


def test_a_name_that_no_password_followed() -> None:
    output = converse(Pop3, talk("S: +OK hi", "C: USER anna", "S: -ERR no", "C: QUIT"))
    assert [(a.field, a.value) for a in events(output, Attribute) if a.field == "pop3.user"] == [("pop3.user", "anna")]
    output = converse(Pop3, talk("S: +OK hi", "C: USER anna", "S: +OK", "C: PASS x"))
    assert not [a for a in events(output, Attribute) if a.field == "pop3.user"]


def test_the_mailbox_that_is_opened_is_readable() -> None:
    output = converse(
        Pop3, talk("C: USER a", "S: +OK", "C: PASS b", 'S: +OK mailbox "anna@example.com" has 3 messages')
    )
    assert [item.data for item in output if isinstance(item, Content)] == [
        b'+OK mailbox "anna@example.com" has 3 messages'
    ]


def test_several_attempts_pipelined_before_the_greeting() -> None:
    script = [
        (C, b"USER a\r\nPASS 1\r\nUSER a\r\nPASS 2\r\n"),
        (S, b"+OK POP3 ready\r\n+OK\r\n-ERR no\r\n+OK\r\n+OK in\r\n"),
    ]
    assert [(item.secret, item.accepted) for item in logins(script)] == [(Secret("1"), False), (Secret("2"), True)]


@pytest.mark.parametrize(
    ("answer", "accepted"),
    [
        ("+OK", True),
        ("-ERR no", False),
        ("-ERR [AUTH] no", False),
        ("-ERR [IN-USE] busy", True),
        ("-ERR [LOGIN-DELAY] wait", None),
        ("-ERR [SYS/TEMP] ill", None),
    ],
)
def test_what_an_answer_says(answer: str, accepted: bool | None) -> None:
    # RFC 2449 8.1, RFC 3206 4.
    assert [
        item.accepted for item in logins(talk("S: +OK ready", "C: USER a", "S: +OK", "C: PASS b", f"S: {answer}"))
    ] == [accepted]


def test_apop() -> None:
    # RFC 1939 7.
    stamp, digest = "<1896.697170952@dbc.mtview.ca.us>", "c4c9334bac560ecc979e58001b3e22fb"
    script = talk(f"S: +OK POP3 server ready {stamp}", f"C: APOP mrose {digest}", "S: +OK maildrop has 1 message")
    (login,) = logins(script)
    assert (login.username, login.scheme, login.clear, login.accepted, login.basis) == (
        "mrose",
        "apop",
        False,
        True,
        "+OK after APOP",
    )
    assert login.secret == Secret(f"{digest}:{stamp}")
    assert logins(talk("S: +OK", "C: APOP mrose", "S: -ERR", "C: APOP mrose x", "S: -ERR")) == []


@pytest.mark.parametrize(
    "lines",
    [
        ["C: AUTH PLAIN", "S: + ", f"C: {PLAIN}"],
        ["C: AUTH PLAIN", "S: +", f"C: {PLAIN}"],
        [f"C: AUTH PLAIN {PLAIN}"],
        ["C: AUTH PLAIN", f"C: {PLAIN}"],
    ],
)
def test_auth_plain(lines: list[str]) -> None:
    (login,) = logins(talk("S: +OK ready", *lines, "S: -ERR no"))
    assert (login.username, login.secret, login.accepted, login.basis) == (
        "anna",
        Secret("s3cret"),
        False,
        "-ERR after AUTH PLAIN",
    )


def test_auth_login_and_cram_md5() -> None:
    b64 = lambda text: base64.b64encode(text).decode()  # noqa: E731
    (login,) = logins(
        talk(
            "C: AUTH LOGIN",
            "S: + VXNlcm5hbWU6",
            f"C: {b64(b'anna')}",
            "S: + UGFzc3dvcmQ6",
            f"C: {b64(b's3cret')}",
            "S: +OK",
        )
    )
    assert (login.username, login.secret, login.accepted) == ("anna", Secret("s3cret"), True)
    answer = b"tim b913a602c7eda7a495b4e6e7334d3890"
    (login,) = logins(talk("C: AUTH CRAM-MD5", f"S: + {b64(b'<1@example.com>')}", f"C: {b64(answer)}", "S: +OK"))
    assert (login.username, login.clear, login.accepted) == ("tim", False, True)


@pytest.mark.parametrize(
    "lines",
    [
        ["C: AUTH", "S: +OK list follows", "S: PLAIN", "S: LOGIN", "S: .", "C: QUIT"],
        [
            "C: AUTH",
            "S: -ERR 1 argument required",
            "C: CAPA",
            "S: +OK",
            "S: USER",
            "S: SASL PLAIN",
            "S: PASS x",
            "S: .",
        ],
        ["C: RETR 1", "S: +OK", "S: USER anna", "S: PASS canary", "S: +OK in", "S: ."],
        ["C: AUTH PLAIN", "S: + ", "C: *", "S: -ERR cancelled"],
        ["C: USER anna", "S: -ERR no such user", "C: QUIT"],
    ],
)
def test_what_is_no_login(lines: list[str]) -> None:
    assert logins(talk("S: +OK ready", *lines)) == []


def test_an_answer_of_many_lines_does_not_shift_the_others() -> None:
    script = talk(
        "S: +OK",
        "C: CAPA",
        "S: +OK",
        "S: USER",
        "S: -ERR is a word here",
        "S: .",
        "C: USER a",
        "S: +OK",
        "C: PASS b",
        "S: -ERR no",
    )
    assert [item.accepted for item in logins(script)] == [False]


def test_mails_that_are_fetched() -> None:
    script = talk(
        "S: +OK",
        "C: RETR 1",
        "S: +OK 40 octets",
        "S: Subject: hi",
        "S: ",
        "S: ..text",
        "S: .",
        "C: TOP 2 0",
        "S: +OK",
        "S: Subject: 2",
        "S: .",
    )
    found = [item for item in converse(Pop3, script) if isinstance(item, Transfer)]
    assert [(item.side, item.application, item.data, item.media_type) for item in found] == [
        (S, "pop3", b"Subject: hi\r\n\r\n.text\r\n", "message/rfc822"),
        (S, "pop3", b"Subject: 2\r\n", "message/rfc822"),
    ]
    assert found[0].spans == (span(script, 1), span(script, 3)._replace(end=span(script, 5).end))
    assert not [
        item
        for item in converse(Pop3, talk("S: +OK", "C: RETR 9", "S: -ERR none", "S: x"))
        if isinstance(item, Transfer)
    ]


def test_stls_is_the_end_of_the_readable_part() -> None:
    output = converse(Pop3, [*talk("S: +OK", "C: STLS", "S: +OK begin"), (C, b"\x16\x03\x01"), (S, b"\x16\x03\x03")])
    assert output == [Upgrade("tls")]
    assert len(logins(talk("S: +OK", "C: STLS", "S: -ERR", "C: USER a", "S: +OK", "C: PASS b", "S: +OK"))) == 1


def test_the_greeting_is_reported() -> None:
    output = converse(Pop3, talk("S: +OK Example Mail ready."))
    assert output == [Attribute(field="pop3.banner", value="Example Mail ready.", side=S)]


def test_a_capture_that_begins_at_the_password() -> None:
    assert [
        (item.username, item.accepted) for item in logins(talk("C: PASS late", "S: +OK 2 messages in maildrop"))
    ] == [(None, True)]


def test_losses() -> None:
    run = Run(Pop3())
    for side, data in talk("S: +OK", "C: USER a", "S: +OK", "C: PASS b"):
        run.feed(side, data)
    run.gap(S, 20)
    for side, data in talk("S: lost", "C: RETR 1", "S: +OK", "S: Subject: x", "S: "):
        run.feed(side, data)
    run.gap(S, 20)
    for side, data in talk("S: lost", "S: text", "S: .", "C: USER a", "S: +OK", "C: PASS c", "S: +OK"):
        run.feed(side, data)
    output = run.close()
    assert [(item.secret, item.accepted) for item in output if isinstance(item, Login)] == [
        (Secret("b"), None),
        (Secret("c"), True),
    ]
    assert [(item.data, item.complete) for item in output if isinstance(item, Transfer)] == [
        (b"Subject: x\r\n\r\ntext\r\n", False)
    ]


def test_commands_that_are_never_answered_are_bounded() -> None:
    run = Run(Pop3())
    run.feed(C, b"PASS x\r\n" * 2 * COMMAND_LIMIT)
    assert len(run.parser._commands) == COMMAND_LIMIT
    assert len([item for item in run.close() if isinstance(item, Login)]) == 2 * COMMAND_LIMIT


def test_the_answer_to_a_dropped_command_goes_to_no_later_login() -> None:
    run = Run(Pop3())
    run.feed(S, b"+OK ready\r\n")
    run.feed(C, b"PASS first\r\n" + b"PASS later\r\n" * COMMAND_LIMIT)
    run.feed(S, b"-ERR no\r\n+OK in\r\n")
    logins = [item for item in run.parsed if isinstance(item, Login)]
    assert [(login.secret, login.accepted) for login in logins] == [(Secret("first"), None), (Secret("later"), True)]


def opening(client: bytes = b"", server: bytes = b"", port: int = 1100) -> Opening:
    return Opening(client, server, 40000, port, Transport.TCP)


@pytest.mark.parametrize(
    ("seen", "match"),
    [
        (opening(server=b"+OK ready\r\n", port=110), Match.SURE),
        (opening(server=b"+OK ready\r\n"), Match.WEAK),
        (opening(b"CAPA\r\n", b"+OK ready\r\n"), Match.SURE),
        (opening(b"USER anna\r\n", b"+OK ready\r\n"), Match.WEAK),
        (opening(b"USER anna\r\n", port=110), Match.WEAK),
        (opening(b"USER anna\r\n"), Match.NO),
        (opening(b"PASS x\r\n", b"-ERR\r\n"), Match.WEAK),
        (opening(b"PASS x\r\n", b"-ERR\r\n", port=110), Match.WEAK),
        (opening(server=b"+"), Match.MORE),
        (opening(b"*1\r\n$4\r\nPING\r\n", b"+PONG\r\n"), Match.NO),
        (opening(b"*2\r\n$4\r\nAUTH\r\n", b"+OK\r\n"), Match.NO),
        (opening(server=b"220 hello\r\n", port=110), Match.NO),
        (opening(b"\x16\x03\x01", port=110), Match.NO),
    ],
)
def test_recognise(seen: Opening, match: Match) -> None:
    assert recognise(seen) is match


DIALOGUE = Dialogue(
    Pop3,
    lambda user, secret: talk(f"C: USER {user}", "S: +OK", f"C: PASS {secret}"),
    accepted=b"+OK in\r\n",
    refused=b"-ERR no\r\n",
    undecided=(b"-ERR [LOGIN-DELAY] wait\r\n", b"-ERR [SYS/TEMP] ill\r\n"),
    opening=talk("S: +OK hi"),
)
"""RFC 1939 7, RFC 2449 8.1."""


SASL = Dialogue(
    Pop3,
    lambda user, secret: talk(
        "C: AUTH PLAIN", "S: + ", "C: " + base64.b64encode(f"\0{user}\0{secret}".encode()).decode()
    ),
    accepted=b"+OK in\r\n",
    refused=b"-ERR no\r\n",
    undecided=(b"-ERR [SYS/TEMP] ill\r\n",),
    opening=talk("S: +OK hi"),
)
"""RFC 5034 4: the client's answer is a line of its own."""


@pytest.mark.parametrize("dialogue", [DIALOGUE, SASL])
@pytest.mark.parametrize("check", CHECKS)
def test_logins_whatever_happens(check: Check, dialogue: Dialogue) -> None:
    check(dialogue)


@pytest.mark.parametrize(
    ("server", "client", "port", "match"),
    [
        (b"+OK hi\r\n", b"", 110, Match.SURE),
        (b"+OK hi\r\n", b"", 9999, Match.WEAK),
        (b"+OK hi\r\n", b"CAPA\r\n", 9999, Match.SURE),
        (b"+OK hi\r\n", b"USER a\r\n", 9999, Match.WEAK),
        (b"-ERR no\r\n", b"USER a\r\n", 9999, Match.WEAK),
        (b"", b"USER a\r\n", 110, Match.WEAK),
        (b"", b"USER a\r\n", 9999, Match.NO),
        (b"+", b"", 9999, Match.MORE),
        (b"-ER", b"", 9999, Match.MORE),
        (b"* OK", b"", 110, Match.NO),
        (b"", b"US", 9999, Match.MORE),
        (b"", b"US\x01", 9999, Match.NO),
        (b"", b"x" * 63, 110, Match.MORE),
        (b"", b"x" * 64, 110, Match.NO),
        (b"", b"HELLO there\r\n", 110, Match.NO),
    ],
)
def test_who_speaks_and_where(server: bytes, client: bytes, port: int, match: Match) -> None:
    """RFC 1939 §3: the server greets; both status words are POP3's own, most commands are others' too."""
    assert recognise(openings.of(client, port, answer=server)) is match
