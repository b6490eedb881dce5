"""Telnet conversations from RFC 854, 1091, 1572 and of devices: negotiation, environment, none."""

from __future__ import annotations

import pytest

from sensor.events import Attribute, Enough, Inner, Login, Upgrade
from sensor.model import Secret, Transport
from sensor.parsing.parser import Match, Opening
from sensor.protocols.telnet import SEEN, SUBOPTION_LIMIT, Telnet, recognise
from tests.conversation import C, Run, S, Script, converse
from tests.protocols.logins import CHECKS, Check, Dialogue

IAC, DO, WILL, SB, SE = b"\xff", b"\xff\xfd", b"\xff\xfb", b"\xff\xfa", b"\xff\xf0"
TTYPE, NEW_ENVIRON, ENVIRON, ECHO, SGA = b"\x18", b"\x27", b"\x24", b"\x01", b"\x03"
OPENING: Script = [
    (S, DO + TTYPE + DO + NEW_ENVIRON),
    (C, WILL + TTYPE + WILL + NEW_ENVIRON),
    (S, WILL + ECHO + WILL + SGA),
    (C, DO + ECHO + DO + SGA),
]
LOGIN: Script = [(S, b"nas login: "), (C, b"anna\r\0"), (S, b"anna\r\nPassword: "), (C, b"s3cret\r\0"), (S, b"\r\n$ ")]


def logins(script: Script) -> list[tuple[str | None, Secret | None, bool | None]]:
    return [(item.username, item.secret, item.accepted) for item in converse(Telnet, script) if isinstance(item, Login)]


def test_negotiation_is_no_text() -> None:
    assert logins([*OPENING, *LOGIN]) == [("anna", Secret("s3cret"), True)]


def test_spans_count_the_negotiation() -> None:
    login = next(item for item in converse(Telnet, [*OPENING, *LOGIN]) if isinstance(item, Login))
    sent = b"".join(data for side, data in [*OPENING, *LOGIN] if side is C)
    assert [sent[span.start : span.end] for span in login.spans] == [b"anna\r", b"s3cret\r"]


def test_commands_in_the_middle_of_a_word() -> None:
    assert logins(
        [
            (S, b"log" + DO + ECHO + b"in: "),
            (C, b"an" + IAC + b"\xf1" + b"na\r\n"),
            (S, b"Password: "),
            (C, b"a" + IAC + IAC + b"b\r\n"),
        ]
    ) == [("anna", Secret(b"a\xffb"), None)]


def test_erasing_by_command() -> None:
    # RFC 854: EC 247, EL 248
    assert logins(
        [
            (S, b"login: "),
            (C, b"xyz" + IAC + b"\xf8anmb" + IAC + b"\xf7" + IAC + b"\xf7na\r\n"),
            (S, b"Password: "),
            (C, b"p\r\n"),
        ]
    ) == [("anna", Secret("p"), None)]


def environment(option: bytes, *pairs: bytes) -> bytes:
    return SB + option + b"\0" + b"".join(pairs) + SE


@pytest.mark.parametrize(
    ("sent", "user"),
    [
        (environment(NEW_ENVIRON, b"\0USER\1anna"), "anna"),
        (environment(NEW_ENVIRON, b"\0DISPLAY\1pc:0\3USER\1anna"), "anna"),
        (environment(NEW_ENVIRON, b"\0US\2ER\1an\2\1na"), "an\1na"),
        (environment(ENVIRON, b"\1USER\0anna"), "anna"),
        (environment(NEW_ENVIRON, b"\0USER\0DISPLAY\1pc:0"), None),
        (environment(NEW_ENVIRON, b"\0LOGNAME\1anna"), None),
        (environment(NEW_ENVIRON), None),
    ],
)
def test_a_name_from_the_environment(sent: bytes, user: str | None) -> None:
    assert logins([*OPENING, (C, sent), (S, b"Password: "), (C, b"p\r\n")]) == [(user, Secret("p"), None)]


def test_a_typed_name_goes_before_one_from_the_environment() -> None:
    assert logins([(C, environment(NEW_ENVIRON, b"\0USER\1bo")), *LOGIN])[0][0] == "anna"


def test_what_the_ends_say_of_themselves() -> None:
    output = converse(
        Telnet,
        [
            *OPENING,
            (S, SB + TTYPE + b"\1" + SE),
            (C, SB + TTYPE + b"\0XTERM-256COLOR" + SE),
            (S, b"Example Camera\r\n"),
            *LOGIN,
        ],
    )
    assert [(item.field, item.value, item.side) for item in output if isinstance(item, Attribute)] == [
        ("telnet.terminal", "XTERM-256COLOR", C),
        ("telnet.banner", "Example Camera\nnas login:", S),
    ]


def test_tls_begins_when_both_follow() -> None:
    follows = SB + b"\x2e\1" + SE
    output = converse(
        Telnet,
        [(S, DO + b"\x2e"), (C, WILL + b"\x2e"), (S, follows), (C, follows + b"\x16\x03\x01"), (S, b"\x16\x03\x03")],
    )
    assert output == [Upgrade("tls")]
    run = Run(Telnet())
    run.feed(S, follows)
    run.feed(C, follows + b"\x16\x03\x01")
    assert (run.over, run.parser.pending(C), run.parser.pending(S)) == (True, b"\x16\x03\x01", b"")
    assert not [item for item in converse(Telnet, [(S, follows), (C, b"x")]) if isinstance(item, Upgrade)]


def test_encryption_ends_the_readable_part() -> None:
    assert isinstance(
        converse(Telnet, [(S, DO + b"\x26"), (C, WILL + b"\x26"), (C, SB + b"\x26\3\0" + SE), (C, b"\x80\x81")])[-1],
        Enough,
    )


def test_ntlm_goes_to_its_parser() -> None:
    output = converse(Telnet, [(C, SB + b"\x25\0\x0f\0\0NTLMSSP\0\1\0\0\0" + SE)])
    assert output == [Inner(b"NTLMSSP\0\1\0\0\0", "ntlmssp", C)]


def test_a_loss_inside_a_command() -> None:
    run = Run(Telnet())
    run.feed(S, SB + TTYPE)
    run.gap(S, 4)
    for side, data in LOGIN:
        run.feed(side, data)
    assert [item.accepted for item in run.close() if isinstance(item, Login)] == [True]


def test_a_subnegotiation_without_end_is_bounded() -> None:
    run = Run(Telnet())
    run.feed(C, SB + TTYPE + b"x" * 10 * SUBOPTION_LIMIT)
    assert len(run.parser._suboptions[C]) == SUBOPTION_LIMIT


def opening(client: bytes = b"", server: bytes = b"", port: int = 4000) -> Opening:
    return Opening(client, server, 40000, port, Transport.TCP)


@pytest.mark.parametrize(
    ("seen", "match"),
    [
        (opening(server=DO + TTYPE + DO + ECHO), Match.SURE),
        (opening(WILL + TTYPE + WILL + ECHO), Match.SURE),
        (opening(server=DO + TTYPE), Match.WEAK),
        (opening(server=b"\xff"), Match.MORE),
        (opening(server=b"\xff\xd8\xff\xe0"), Match.NO),  # a JPEG picture
        (opening(server=b"\r\nnas login: "), Match.WEAK),
        (opening(server=b"Welcome\r\nPassword: ", port=1337), Match.WEAK),
        (opening(server=b"hello\r\n"), Match.MORE),
        (opening(server=b"hello\r\n", port=23), Match.WEAK),
        (opening(b"GET / HTTP/1.1\r\n", b"hello\r\n"), Match.NO),
        (opening(server=b"x" * SEEN), Match.NO),
        (opening(server=b"\0\1\2", port=23), Match.NO),
        (opening(b"root\r\n", port=23), Match.WEAK),
        (opening(b"root\r\n"), Match.NO),
        (opening(b"\x16\x03\x01\x02\x00", port=23), Match.NO),
    ],
)
def test_recognise(seen: Opening, match: Match) -> None:
    assert recognise(seen) is match


def test_a_name_in_the_server_s_environment_logs_nobody_in() -> None:
    sent = environment(NEW_ENVIRON, b"\0USER\1anna")
    assert logins([*OPENING, (S, sent), (S, b"Password: "), (C, b"p\r\n")]) == [(None, Secret("p"), None)]


@pytest.mark.parametrize(("verb", "user"), [(b"\0", "anna"), (b"\2", "anna"), (b"\1", None)])
def test_an_environment_counts_when_it_is_sent_not_when_it_is_asked_for(verb: bytes, user: str | None) -> None:
    """RFC 1572 2.: IS 0, SEND 1, INFO 2."""
    sent = SB + NEW_ENVIRON + verb + b"\0USER\1anna" + SE
    assert logins([*OPENING, (C, sent), (S, b"Password: "), (C, b"p\r\n")]) == [(user, Secret("p"), None)]


def test_a_terminal_s_type_counts_when_it_is_named() -> None:
    """RFC 1091: IS 0, SEND 1; an environment is none."""
    for sent in (SB + TTYPE + b"\1VT100" + SE, SB + NEW_ENVIRON + b"\0VT100" + SE):
        assert not [item for item in converse(Telnet, [(C, sent)]) if isinstance(item, Attribute)]


def test_a_password_with_a_hole_is_no_password() -> None:
    """The line that a loss is in says nothing, and is not joined to the next."""
    run = Run(Telnet())
    for side, data in LOGIN[:3]:
        run.feed(side, data)
    run.feed(C, b"s3c")
    run.gap(C, 5)
    run.feed(C, b"ls\r\n")
    run.feed(S, b"\r\n$ ")
    assert not [item for item in run.close() if isinstance(item, Login)]


def test_offsets_go_on_behind_a_hole() -> None:
    run = Run(Telnet())
    run.feed(S, b"\r\n")
    run.feed(C, b"\r\n")
    run.gap(C, 100)
    run.feed(C, b"x\r\n")
    for side, data in LOGIN:
        run.feed(side, data)
    (login,) = [item for item in run.close() if isinstance(item, Login)]
    assert [(span.start, span.end) for span in login.spans] == [(105, 110), (111, 118)]


def test_a_login_before_encryption_starts_is_reported() -> None:
    encrypted = (C, SB + b"\x26\3\0" + SE)
    output = converse(Telnet, [*LOGIN, encrypted])
    assert [item.username for item in output if isinstance(item, Login)] == ["anna"]
    assert isinstance(output[-1], Enough)
    # What is asked while the password is on its way is reported when encryption begins, unanswered.
    output = converse(Telnet, [*LOGIN[:4], encrypted])
    assert [(item.username, item.accepted) for item in output if isinstance(item, Login)] == [("anna", None)]


@pytest.mark.parametrize("verb", [b"\0", b"\1", b"\2", b"\4", b"\5"])
def test_encryption_that_is_only_talked_about_ends_nothing(verb: bytes) -> None:
    """RFC 2946 2.: START is 3; IS, SUPPORT, REPLY, END and REQUEST-START change nothing."""
    output = converse(Telnet, [(C, SB + b"\x26" + verb + b"\0" + SE), *LOGIN])
    assert not [item for item in output if isinstance(item, Enough)]
    assert [item.username for item in output if isinstance(item, Login)] == ["anna"]


def test_tls_does_not_begin_before_it_is_followed() -> None:
    """draft-altman-telnet-starttls: FOLLOWS is 1."""
    other = SB + b"\x2e\2" + SE
    assert converse(Telnet, [(S, other), (C, other)]) == []


def test_no_ntlm_is_taken_from_another_option() -> None:
    assert converse(Telnet, [(C, SB + b"\x27\0NTLMSSP\0\1\0\0\0" + SE)]) == []


@pytest.mark.parametrize("command", [b"\xf1", b"\xf3", b"\xf9"])
def test_commands_without_a_meaning_for_the_text(command: bytes) -> None:
    """RFC 854: NOP, BRK, GA. Erasing by the server's command erases nothing typed."""
    script: Script = [
        (S, b"login: "), (C, b"an" + IAC + command + b"na\r\n"), (S, IAC + b"\xf8Password: "), (C, b"p\r\n"),
    ]  # fmt: skip
    assert logins(script) == [("anna", Secret("p"), None)]


def test_a_subnegotiation_holds_as_much_as_it_may() -> None:
    run = Run(Telnet())
    run.feed(C, SB + TTYPE + b"\0" + b"x" * (SUBOPTION_LIMIT - 2) + SE)
    (terminal,) = [item for item in run.parsed if isinstance(item, Attribute)]
    assert set(terminal.value) == {"x"}


DIALOGUE = Dialogue(
    Telnet,
    lambda user, secret: [
        (S, b"login: "),
        (C, user.encode() + b"\r\n"),
        (S, b"\r\nPassword: "),
        (C, secret.encode() + b"\r\n"),
    ],
    accepted=b"\r\n$ ",
    refused=b"\r\nLogin incorrect\r\n",
    undecided=(b"\r\nhello\r\n",),
    pipelined=False,
    prompted=True,
    evident=True,  # a shell prompt shows that somebody is in
    shows_answer=False,
)
"""A prompt, a shell, a refusal."""


@pytest.mark.parametrize("check", CHECKS)
def test_logins_whatever_happens(check: Check) -> None:
    check(DIALOGUE)
