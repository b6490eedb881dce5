"""FTP by RFC 959, 2228, 2428 and 4217: logins, pipelines, upgrades, data connections, losses."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from sensor.events import Attribute, Content, Expect, Login, Span, Upgrade
from sensor.model import Secret, Transport
from sensor.parsing.parser import Match, Opening
from sensor.parsing.pending import COMMAND_LIMIT
from sensor.protocols.ftp.control import PROTOCOL, Ftp, recognise
from sensor.protocols.ftp.data import DataConnection
from tests.conversation import C, Run, S, converse, events
from tests.protocols import openings
from tests.protocols.logins import CHECKS, Check, Dialogue
from tests.protocols.talk import span, spans, talk


def login(user: str | None, secret: str | None, accepted: bool | None, basis: str | None, **more: object) -> Login:
    secret_value = None if secret is None else Secret(secret)
    return Login(
        mechanism="password",
        username=user,
        secret=secret_value,
        scheme="user/pass",
        accepted=accepted,
        basis=basis,
        **more,
    )


def test_a_login_that_is_let_in() -> None:
    script = talk(
        "S: 220 cam FTP server (vsFTPd 3.0.3)",
        "C: USER anna",
        "S: 331 Please specify the password.",
        "C: PASS open sesame ",
        "S: 230 Login successful.",
    )
    parsed = converse(Ftp, script)
    assert events(parsed, Login) == [
        login("anna", "open sesame ", True, "230 after PASS", spans=spans(script, 1, 3, 4))
    ]
    assert events(parsed, Attribute) == [Attribute(field="ftp.banner", value="cam FTP server (vsFTPd 3.0.3)", side=S)]


def test_a_name_that_no_password_followed() -> None:
    script = talk("S: 220 hi", "C: USER anna", "S: 530 not today", "C: QUIT")
    parsed = converse(Ftp, script)
    assert [(a.field, a.value, a.spans) for a in events(parsed, Attribute) if a.field == "ftp.user"] == [
        ("ftp.user", "anna", (Span(C, 0, 11),))
    ]
    for other in (["C: USER anonymous"], ["C: USER anna", "C: PASS x"], ["C: USER anna", "S: 230 in"]):
        assert not [a for a in events(converse(Ftp, talk("S: 220 hi", *other)), Attribute) if a.field == "ftp.user"]


def test_several_attempts_each_with_its_own_answer() -> None:
    script = talk(
        "S: 220 FTP",
        "C: USER anna",
        "S: 331 ?",
        "C: PASS wrong",
        "S: 530 Login incorrect.",
        "C: user anna",
        "S: 331 ?",
        "C: pass right",
        "S: 230-Hello",
        "S:  you",
        "S: 230 in",
    )
    answer = span(script, 8)
    assert events(converse(Ftp, script), Login) == [
        login("anna", "wrong", False, "530 after PASS", spans=spans(script, 1, 3, 4)),
        login(
            "anna",
            "right",
            True,
            "230 after PASS",
            spans=(*spans(script, 5, 7), answer._replace(end=span(script, 10).end)),
        ),
    ]


def test_pipelined_commands_are_matched_in_order() -> None:
    commands = b"SYST\r\nUSER a\r\nPASS 1\r\nUSER b\r\nPASS 2\r\nNOOP\r\n"
    replies = b"500 no\r\n331 ok\r\n530 no\r\n331 ok\r\n230 yes\r\n200 ok\r\n"
    found = events(converse(Ftp, [(C, commands), (S, b"220 slow greeting\r\n"), (S, replies)]), Login)
    assert [(item.username, item.secret, item.accepted) for item in found] == [
        ("a", Secret("1"), False),
        ("b", Secret("2"), True),
    ]


@pytest.mark.parametrize(
    ("reply", "accepted"),
    [
        ("230 in", True),
        ("202 superfluous", True),
        ("530 no", False),
        ("430 no", False),
        ("501 bad", False),
        ("421 bye", None),
        ("503 USER first", None),
    ],
)
def test_what_a_reply_to_pass_says(reply: str, accepted: bool | None) -> None:
    found = events(converse(Ftp, talk("C: USER a", "S: 331 ok", "C: PASS b", f"S: {reply}")), Login)
    assert [(item.accepted, item.basis) for item in found] == [(accepted, f"{reply[:3]} after PASS")]


def test_a_user_who_needs_no_password() -> None:
    script = talk("C: USER anonymous", "S: 230 Any user may enter")
    assert events(converse(Ftp, script), Login) == [
        login("anonymous", None, True, "230 after USER", spans=spans(script, 0, 1))
    ]


def test_an_account_is_requested_after_the_password() -> None:
    script = talk("C: USER a", "S: 331 ok", "C: PASS b", "S: 332 account?", "C: ACCT c", "S: 230 in")
    assert events(converse(Ftp, script), Login) == [
        login("a", "b", True, "230 after ACCT", spans=spans(script, 0, 2, 4, 5))
    ]
    assert events(converse(Ftp, script[:4]), Login) == [login("a", "b", None, None, spans=spans(script, 0, 2))]


def test_an_answer_that_never_comes_and_a_password_of_no_bytes() -> None:
    script = talk("C: USER a", "S: 331 ok", "C: PASS")
    assert events(converse(Ftp, script), Login) == [login("a", "", None, None, spans=spans(script, 0, 2))]


def test_anonymous_reveals_an_e_mail_address() -> None:
    parsed = converse(Ftp, talk("C: USER anonymous", "S: 331 e-mail?", "C: PASS anna@example.com", "S: 230 ok"))
    assert events(parsed, Content) == [Content(side=C, name="e-mail of anonymous", data=b"anna@example.com")]
    assert not events(converse(Ftp, talk("C: USER anna", "S: 331 ?", "C: PASS anna@example.com", "S: 230 ok")), Content)


@pytest.mark.parametrize(
    ("ask", "accepted"), [("AUTH TLS", True), ("AUTH SSL", True), ("auth tls-c", True), ("AUTH GSSAPI", False)]
)
def test_auth_tls_is_the_end_of_the_readable_part(ask: str, accepted: bool) -> None:
    parsed = converse(
        Ftp, [*talk(f"C: {ask}", "S: 234 go ahead"), (C, b"\x16\x03\x01\x02\x00\x01"), (S, b"\x16\x03\x03")]
    )
    assert events(parsed, Upgrade) == ([Upgrade("tls")] if accepted else [])


def test_refused_auth_tls_changes_nothing() -> None:
    found = events(
        converse(Ftp, talk("C: AUTH TLS", "S: 502 no", "C: USER a", "S: 331 ?", "C: PASS b", "S: 230 in")), Login
    )
    assert [item.accepted for item in found] == [True]


def expects(parsed: Sequence[object]) -> list[tuple[int, object, str | None, object]]:
    return [
        (item.port, item.side, item.address, item.hint)
        for item in parsed
        if isinstance(item, Expect) and item.protocol == "ftp-data"
    ]


def test_passive_data_connections() -> None:
    parsed = converse(
        Ftp,
        talk(
            "C: PASV",
            "S: 227 Entering Passive Mode (192,0,2,7,195,80).",
            "C: RETR /firmware v2.bin",
            "S: 150 here",
            "S: 226 done",
        ),
    )
    hint = DataConnection("RETR", "/firmware v2.bin")
    assert expects(parsed) == [(50000, S, None, hint), (50000, S, "192.0.2.7", hint)]  # 195 * 256 + 80
    parsed = converse(Ftp, talk("C: EPSV", "S: 229 Extended Passive Mode (|||6446|)", "C: STOR up.jpg"))
    assert expects(parsed) == [(6446, S, None, DataConnection("STOR", "up.jpg"))]  # RFC 2428 3.


def test_active_data_connections_and_their_reuse() -> None:
    parsed = converse(
        Ftp, talk("C: PORT 192,0,2,9,4,1", "S: 200 ok", "C: LIST", "S: 150 x", "S: 226 x", "C: RETR a", "S: 150 x")
    )
    assert expects(parsed) == [
        (1025, C, "192.0.2.9", DataConnection("LIST", None)),
        (1025, C, "192.0.2.9", DataConnection("RETR", "a")),
    ]
    parsed = converse(Ftp, talk("C: EPRT |2|2001:db8::1|5282|", "C: RETR b"))  # RFC 2428 2.
    assert expects(parsed) == [(5282, C, "2001:db8::1", DataConnection("RETR", "b"))]


@pytest.mark.parametrize(
    "line",
    [
        "C: PORT 1,2,3",
        "C: PORT 300,0,2,9,4,1",
        "C: PORT 192,0,2,9,0,0",
        "C: EPRT |1|x|5282|",
        "C: EPRT |2|2001:db8::1|99999|",
        "C: EPRT",
        "C: RETR a",
        "S: 227 (192,0,2,7,195,80)",
    ],
)
def test_no_data_connection_is_announced(line: str) -> None:
    assert not expects(converse(Ftp, talk(line)))


def test_only_an_answer_to_pasv_announces_one() -> None:
    assert not expects(converse(Ftp, talk("C: PASV", "S: 500 use (192,0,2,7,195,80) or (|||6446|)")))
    assert not expects(converse(Ftp, talk("C: EPSV", "S: 229 (|||0|)")))


def test_what_the_ends_say_of_themselves() -> None:
    parsed = converse(
        Ftp,
        talk(
            "S: 220-NAS FTP",
            "S: 220-second line",
            "S: 220 ready",
            "C: CLNT ExampleUploader 1.2",
            "S: 200 ok",
            "C: SYST",
            "S: 215 UNIX Type: L8",
        ),
    )
    assert [(item.field, item.value, item.side) for item in parsed if isinstance(item, Attribute)] == [
        ("ftp.banner", "NAS FTP\nsecond line\nready", S),
        ("ftp.client", "ExampleUploader 1.2", C),
        ("ftp.system", "UNIX Type: L8", S),
    ]


def test_file_names_are_reported_and_secrets_are_not() -> None:
    parsed = converse(
        Ftp,
        talk(
            "C: USER anna",
            "C: PASS secret",
            "C: CWD /home/anna",
            "C: SITE PSWD old new",
            "C: RETR diary.txt",
            "C: XYZZY secret2",
        ),
    )
    assert [item.data for item in parsed if isinstance(item, Content)] == [b"CWD /home/anna", b"RETR diary.txt"]


def test_text_that_looks_like_a_login_or_an_answer() -> None:
    script = talk(
        "S: 220-Type USER guest and PASS guest",
        "S: 230 is the answer",
        "S: 220 ok",
        "C: HELP PASS",
        "S: 214-USER x",
        "S: PASS y",
        "S: 230 more",
        "S: 214 end",
    )
    assert not events(converse(Ftp, script), Login)


def test_a_capture_that_begins_at_the_password() -> None:
    script = talk("C: PASS late", "S: 230 in")
    assert events(converse(Ftp, script), Login) == [
        login(None, "late", True, "230 after PASS", spans=spans(script, 0, 1))
    ]
    assert not events(converse(Ftp, talk("S: 230 in", "C: QUIT", "S: 221 bye")), Login)


def test_lost_replies_leave_the_answer_open_and_later_ones_right() -> None:
    run = Run(Ftp())
    for side, data in talk("C: USER a", "S: 331 ?", "C: PASS 1"):
        run.feed(side, data)
    run.gap(S, 20)
    for side, data in talk("S: rest of a lost line", "C: USER a", "S: 331 ?", "C: PASS 2", "S: 230 in"):
        run.feed(side, data)
    assert [(item.secret, item.accepted) for item in run.close() if isinstance(item, Login)] == [
        (Secret("1"), None),
        (Secret("2"), True),
    ]


def test_a_reply_that_was_not_captured_does_not_shift_the_others() -> None:
    found = events(converse(Ftp, talk("C: FEAT", "C: SYST", "C: USER a", "S: 331 ?", "C: PASS 1", "S: 230 in")), Login)
    assert [item.accepted for item in found] == [True]


def test_telnet_interrupts_before_a_command_are_passed_over() -> None:
    found = events(
        converse(Ftp, [(C, b"\xff\xf4\xff\xf2ABOR\r\nUSER a\r\nPASS b\r\n"), (S, b"226 x\r\n331 ?\r\n230 in\r\n")]),
        Login,
    )
    assert [(item.username, item.accepted) for item in found] == [("a", True)]


def test_commands_that_are_never_answered_are_bounded() -> None:
    run = Run(Ftp())
    for number in range(COMMAND_LIMIT * 3):
        run.feed(C, b"PASS %d\r\n" % number)
    assert len(run.parser._commands) <= COMMAND_LIMIT
    assert len([item for item in run.close() if isinstance(item, Login)]) == COMMAND_LIMIT * 3


def test_user_names_of_other_encodings_and_escapes() -> None:
    script = [(C, b"USER m\xfcller\x1b[2J<b>\r\nPASS p\xe4ss\r\n"), (S, b"331 ?\r\n530 no\r\n")]
    found = [item for item in converse(Ftp, script) if isinstance(item, Login)]
    assert [(item.username, item.secret) for item in found] == [("m\\xfcller\x1b[2J<b>", Secret(b"p\xe4ss"))]


def opening(client: bytes = b"", server: bytes = b"", port: int = 2100) -> Opening:
    return Opening(client, server, 40000, port, Transport.TCP)


@pytest.mark.parametrize(
    ("seen", "match"),
    [
        (opening(server=b"220 (vsFTPd 3.0.3)\r\n"), Match.SURE),
        (opening(server=b"220 FileZilla Server\r\n", port=443), Match.SURE),
        (opening(b"USER anna\r\n", b"220 welcome\r\n"), Match.SURE),
        (opening(server=b"220 welcome\r\n"), Match.MORE),
        (opening(server=b"220 welcome\r\n", port=21), Match.WEAK),
        (opening(server=b"220 mail.example.com ESMTP\r\n", port=21), Match.NO),
        (opening(b"EHLO x\r\n", b"220 welcome\r\n", port=21), Match.NO),
        (opening(b"QUIT\r\n", b"220 welcome\r\n", port=21), Match.WEAK),
        (opening(b"QUIT\r\n", b"220 welcome\r\n", port=25), Match.MORE),
        (opening(b"AUTH TLS\r\n", b"220 welcome\r\n"), Match.SURE),
        (opening(server=b"22"), Match.MORE),
        (opening(b"PASS late\r\n"), Match.WEAK),
        (opening(b"RETR x\r\n", port=21), Match.WEAK),
        (opening(b"US", b"220 welcome\r\n"), Match.MORE),
        (opening(b"USER anna\r\n", b"+OK ready\r\n"), Match.NO),
        (opening(server=b"SSH-2.0-x\r\n", port=21), Match.NO),
        (opening(b"GET / HTTP/1.1\r\n", port=21), Match.NO),
        (opening(b"\x16\x03\x01", port=21), Match.NO),
        (opening(server=b"331 Password required\r\n", port=21), Match.WEAK),
        (opening(server=b"331 Password required\r\n"), Match.NO),
    ],
)
def test_recognise(seen: Opening, match: Match) -> None:
    assert recognise(seen) is match
    assert PROTOCOL.recognise is recognise


@pytest.mark.parametrize(
    ("replies", "accepted"),
    [(b"230 in\r\n", None), (b"331 ok\r\n230 in\r\n", True), (b"331 ok\r\n530 no\r\n", False)],
)
def test_a_pipelined_password_is_not_passed_over(replies: bytes, accepted: bool | None) -> None:
    """Both commands are on their way: a 230 may answer either, and never says that none was needed."""
    found = events(converse(Ftp, [(C, b"USER anna\r\nPASS one\r\n"), (S, replies)], damage=False), Login)
    assert [(one.username, one.secret, one.accepted) for one in found] == [("anna", Secret("one"), accepted)]


def test_a_password_needs_no_name_before_it_in_the_capture() -> None:
    found = events(converse(Ftp, talk("C: PASS one", "S: 230 in"), damage=False), Login)
    assert [(one.username, one.secret, one.accepted) for one in found] == [(None, Secret("one"), True)]


@pytest.mark.parametrize(("reply", "accepted"), [("232 in", True), ("120 wait", None), ("331 more", None)])
def test_other_replies_to_pass(reply: str, accepted: bool | None) -> None:
    """RFC 959 §4.2.1, RFC 2228 §5.1: below 200 another follows; 3yz asks for more."""
    found = events(converse(Ftp, talk("C: USER a", "S: 331 ok", "C: PASS b", f"S: {reply}"), damage=False), Login)
    assert [one.accepted for one in found] == [accepted]


def test_a_reply_that_no_command_has_answers_none() -> None:
    """RFC 959 §5.4: 230 belongs to USER, PASS and ACCT; the commands under way wait for their own."""
    script = talk("C: SYST", "S: 230 in", "S: 215 UNIX Type: L8")
    found = events(converse(Ftp, script, damage=False), Attribute)
    assert [(one.field, one.value) for one in found] == [("ftp.system", "UNIX Type: L8")]


@pytest.mark.parametrize("command", [b"QUIT\r\n", b"NOOP\r\n", b"AUTH GSSAPI\r\n"])
def test_commands_that_mail_has_too_decide_nothing(command: bytes) -> None:
    for greeting, port, match in (
        (b"220 ready\r\n", 21, Match.WEAK),
        (b"220 ready\r\n", 2100, Match.MORE),
        (b"220 mx ESMTP\r\n", 21, Match.NO),
        (b"220 FTP server\r\n", 2100, Match.SURE),
        (b"220", 21, Match.MORE),
        (b"120", 2100, Match.MORE),
        (b"+OK ready\r\n", 21, Match.NO),
    ):
        assert recognise(Opening(command, greeting, 40000, port, Transport.TCP)) is match


DIALOGUE = Dialogue(
    Ftp,
    lambda user, secret: talk(f"C: USER {user}", "S: 331 more", f"C: PASS {secret}"),
    accepted=b"230 in\r\n",
    refused=b"530 no\r\n",
    undecided=(b"421 bye\r\n", b"503 order\r\n"),
    opening=talk("S: 220 hi"),
)
"""RFC 959 5.4."""


@pytest.mark.parametrize("check", CHECKS)
def test_logins_whatever_happens(check: Check) -> None:
    check(DIALOGUE)


def test_reinitialised_the_connection_knows_no_name() -> None:
    """RFC 959 §4.1.1: REIN ends the user; the 220 that answers it is no banner, and a later PASS is of nobody."""
    script = talk(
        "S: 220 hi", "C: USER a", "S: 331 ok", "C: PASS 1", "S: 230 in", "C: REIN", "S: 220 ready again",
        "C: PASS 2", "S: 503 USER first", "C: USER b", "S: 331 ok", "C: PASS 3", "S: 530 no",
    )  # fmt: skip
    parsed = converse(Ftp, script)
    assert [(item.username, item.secret, item.accepted) for item in events(parsed, Login)] == [
        ("a", Secret("1"), True), (None, Secret("2"), None), ("b", Secret("3"), False),
    ]  # fmt: skip
    assert [item.value for item in parsed if isinstance(item, Attribute)] == ["hi"]


def test_a_name_before_it_began_anew_is_told_as_one_without_a_password() -> None:
    parsed = converse(
        Ftp, talk("S: 220 hi", "C: USER a", "S: 331 ok", "C: REIN", "S: 220 hi", "C: USER b", "S: 331 ok")
    )
    assert [item.value for item in parsed if isinstance(item, Attribute) and item.field == "ftp.user"] == ["a", "b"]


def quiet(*lines: str) -> list[tuple[str | None, Secret | None, bool | None, str | None]]:
    found = events(converse(Ftp, talk(*lines), damage=False), Login)
    return [(one.username, one.secret, one.accepted, one.basis) for one in found]


@pytest.mark.parametrize(
    ("code", "accepted"),
    [(200, None), (202, True), (226, None), (230, True), (232, True), (250, None), (350, None),
     (421, None), (430, False), (450, False), (500, False), (503, None), (530, False), (532, False), (550, False)],
)  # fmt: skip
def test_replies_to_a_password(code: int, accepted: bool | None) -> None:
    """RFC 959 §5.4 and §4.2.1; 421 closes, 503 is a wrong order: they do not concern the password."""
    assert quiet("C: USER a", "S: 331 ok", "C: PASS b", f"S: {code} x") == [
        ("a", Secret("b"), accepted, f"{code} after PASS")
    ]


def test_a_preliminary_reply_and_a_greeting_answer_nothing() -> None:
    begun = ("C: USER a", "S: 331 ok", "C: PASS b")
    for line in ("S: 120 wait", "S: 150 here", "S: 199 x", "S: 220 ready", "S: ready", "S: 23 x", "S:  230 x"):
        assert [one[2:] for one in quiet(*begun, line, "S: 530 no")] == [(False, "530 after PASS")], line


@pytest.mark.parametrize("reply", ["200 ok", "230 in", "331 ?", "332 ?", "227 x", "229 x", "234 x"])
def test_which_commands_a_reply_may_belong_to(reply: str) -> None:
    """A reply that the first command cannot have shows that the first one's was lost."""
    found = quiet("C: PWD", f"S: {reply}", "C: USER a", "S: 331 ok", "C: PASS b", "S: 530 no")
    assert [one[2] for one in found] == [False]


def test_an_account_and_its_replies() -> None:
    """RFC 959: 332 after PASS asks for one; what answers ACCT answers the login."""
    begun = ("C: USER a", "S: 331 ok", "C: PASS b", "S: 332 account?", "C: ACCT c")
    for code, accepted in ((230, True), (202, True), (530, False), (503, None)):
        assert quiet(*begun, f"S: {code} x") == [("a", Secret("b"), accepted, f"{code} after ACCT")]
    assert [one[2] for one in quiet("C: ACCT c", "S: 230 in")] == []
    assert quiet(*begun[:4], "C: USER z", "S: 331 ok", "C: PASS y", "S: 230 in") == [
        ("z", Secret("y"), True, "230 after PASS"), ("a", Secret("b"), None, None),
    ]  # fmt: skip


def test_a_reply_of_several_lines_ends_with_its_own_code() -> None:
    """RFC 959 §4.2: the same code and a blank; other codes and the code with a hyphen do not end it."""
    begun = ("C: USER a", "S: 331 ok", "C: PASS b", "S: 230-Welcome")
    assert [one[2] for one in quiet(*begun, "S: 530 is what others get", "S: 230-more", "S: 230 end")] == [True]
    assert [one[2] for one in quiet(*begun, "S: 230end")] == [None]
    assert [one[2] for one in quiet(*begun, "S: 230")] == [True]


def test_who_is_anonymous() -> None:
    for user, shown in (("anonymous", 1), ("ftp", 1), ("FTP", 1), ("ftpuser", 0), ("anna", 0)):
        found = events(converse(Ftp, talk(f"C: USER {user}", "C: PASS anna@example.com"), damage=False), Content)
        assert len(found) == shown
    assert events(converse(Ftp, talk("C: USER ftp", "C: PASS none"), damage=False), Content) == []


@pytest.mark.parametrize(
    ("argument", "end"),
    [
        ("192,0,2,9,4,1", (1025, "192.0.2.9")), ("192,0,2,9,0,1", (1, "192.0.2.9")),
        ("192,0,2,9,255,255", (65535, "192.0.2.9")),
        ("192,0,2,9,0,0", None), ("192,0,2,9,256,0", None), ("256,0,2,9,4,1", None), ("192,0,2,9,4", None),
        ("192,0,2,9,4,1000", None),
    ],
)  # fmt: skip
def test_ends_of_port_and_pasv(argument: str, end: tuple[int, str] | None) -> None:
    """RFC 959 §4.1.2: four numbers of the address, two of the port, each below 256."""
    active = expects(converse(Ftp, talk(f"C: PORT {argument}", "C: LIST"), damage=False))
    assert [(port, side, address) for port, side, address, _ in active] == ([(end[0], C, end[1])] if end else [])
    passive = expects(converse(Ftp, talk("C: PASV", f"S: 227 ({argument})."), damage=False))
    assert [(port, side, address) for port, side, address, _ in passive] == (
        [(end[0], S, None), (end[0], S, end[1])] if end else []
    )


@pytest.mark.parametrize(
    ("text", "port"),
    [("(|||1|)", 1), ("(|||65535|)", 65535), ("(|||65536|)", None), ("(|||0|)", None), ("(!!!21!)", 21),
     ("(||21|)", None),
     ("(|!|21|)", None)],
)  # fmt: skip
def test_ends_of_epsv(text: str, port: int | None) -> None:
    found = expects(converse(Ftp, talk("C: EPSV", f"S: 229 ok {text}"), damage=False))
    assert [(one[0], one[2]) for one in found] == ([(port, None)] if port else [])
    assert expects(converse(Ftp, talk("C: EPSV", f"S: 227 ok {text}"), damage=False)) == []


@pytest.mark.parametrize(
    ("argument", "end"),
    [("|1|192.0.2.9|1|", ("192.0.2.9", 1)), ("|2|2001:db8::1|65535|", ("2001:db8::1", 65535)),
     ("|1|192.0.2.9|0|", None),
     ("|1|192.0.2.9|65536|", None), ("|1|192.0.2.9|", None), ("!1!192.0.2.9!21!", ("192.0.2.9", 21))],
)  # fmt: skip
def test_ends_of_eprt(argument: str, end: tuple[str, int] | None) -> None:
    found = expects(converse(Ftp, talk(f"C: EPRT {argument}", "C: LIST"), damage=False))
    assert [(one[2], one[0]) for one in found] == ([end] if end else [])


@pytest.mark.parametrize("verb", ["RETR", "STOR", "APPE", "STOU", "LIST", "NLST", "MLSD"])
def test_commands_that_move_something(verb: str) -> None:
    found = expects(converse(Ftp, talk("C: PORT 192,0,2,9,4,1", f"C: {verb} x"), damage=False))
    assert [one[3] for one in found] == [DataConnection(verb, "x")]
    again = expects(converse(Ftp, talk("C: EPSV", "S: 229 (|||7|)", f"C: {verb} x", "C: RETR y"), damage=False))
    assert [one[3] for one in again] == [DataConnection(verb, "x")], "a passive end serves once"


@pytest.mark.parametrize("verb", ["MDTM", "SITE", "PWD", "ABOR", "QUIT"])
def test_commands_that_move_nothing(verb: str) -> None:
    found = expects(converse(Ftp, talk("C: PORT 192,0,2,9,4,1", f"C: {verb} x"), damage=False))
    assert [one[3] for one in found] == [DataConnection()]


@pytest.mark.parametrize(
    "verb", ["RETR", "STOR", "APPE", "DELE", "RNFR", "RNTO", "CWD", "MKD", "LIST", "NLST", "MLSD", "SIZE"]
)
def test_names_that_are_handed_on(verb: str) -> None:
    found = events(converse(Ftp, talk(f"C: {verb} diary.txt", f"C: {verb}"), damage=False), Content)
    assert [(one.side, one.data) for one in found] == [(C, f"{verb} diary.txt".encode())]


@pytest.mark.parametrize(
    "verb",
    ["USER a", "PASS a", "ACCT a", "PBSZ 0", "PROT P", "HOST a", "REIN", "PORT 1", "PASV", "EPRT |", "EPSV", "TYPE I",
     "MODE S", "STRU F", "CDUP", "PWD", "XPWD", "XCWD a", "MDTM a", "REST 0", "ABOR", "RETR a", "STOR a", "APPE a",
     "STOU",
     "LIST", "NLST", "MLSD", "DELE a", "RNFR a", "RNTO a", "CWD a", "MKD a", "SIZE a", "FEAT", "SYST", "OPTS a",
     "CLNT a",
     "SITE a", "AUTH TLS", "AUTH SSL"],
)  # fmt: skip
def test_commands_that_are_ftps(verb: str) -> None:
    for text in (verb, verb.lower()):
        assert recognise(opening(f"{text}\r\n".encode())) is Match.WEAK
        assert recognise(opening(f"{text}\r\n".encode(), b"220 welcome\r\n")) is Match.SURE


@pytest.mark.parametrize(
    ("server", "port", "match"),
    [
        (b"220 ftpd ready\r\n", 9, Match.SURE), (b"120 ftp later\r\n", 9, Match.SURE), (b"221 ftp\r\n", 9, Match.NO),
        (b"220-welcome\r\n", 9, Match.MORE), (b"220\r", 9, Match.NO), (b"220xwelcome", 21, Match.NO),
        (b"220", 9, Match.MORE),
        (b"2", 9, Match.MORE), (b"22", 9, Match.MORE), (b"22a", 21, Match.NO), (b"220 lmtp ready\r\n", 21, Match.NO),
        (b"220 example\r\n", 21, Match.WEAK), (b"", 21, Match.NO),
    ],
)  # fmt: skip
def test_greetings(server: bytes, port: int, match: Match) -> None:
    assert recognise(opening(server=server, port=port)) is match, server


def test_where_it_is_found() -> None:
    openings.declares(PROTOCOL, ports={21, 2121})


def test_an_empty_line_is_no_command_that_a_reply_could_answer() -> None:
    assert quiet("C: USER a", "S: 331 ok", "C: ", "C: PASS b", "S: 530 no") == [
        ("a", Secret("b"), False, "530 after PASS")
    ]


@pytest.mark.parametrize(
    ("server", "port", "match"),
    [(b"331", 21, Match.MORE), (b"331 ", 21, Match.WEAK), (b"331-", 21, Match.WEAK), (b"331 ", 9, Match.NO)],
)
def test_replies_that_are_the_first_that_is_seen(server: bytes, port: int, match: Match) -> None:
    assert recognise(opening(server=server, port=port)) is match
