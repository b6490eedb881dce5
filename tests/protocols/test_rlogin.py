"""rlogin, rsh and rexec from RFC 1282 and the manual pages: trusted hosts, passwords, refusals."""

from __future__ import annotations

import pytest

from sensor.events import Access, Content, Enough, Login
from sensor.model import Secret, Transport
from sensor.parsing.cursor import Malformed
from sensor.parsing.parser import Match, Opening
from sensor.protocols.rlogin import PROTOCOLS, Remote, Rlogin, Rsh, recognise_rexec, recognise_rlogin, recognise_rsh
from tests.conversation import C, Run, S, Script, converse
from tests.protocols.logins import CHECKS, Check, Dialogue
from tests.protocols.talk import span, spans

HEADER: Script = [(C, b"\0"), (C, b"bo\0anna\0vt100/9600\0"), (S, b"\0")]


def logins(parser: type, script: Script) -> list[tuple[str | None, Secret | None, str, bool | None, str | None]]:
    return [
        (item.username, item.secret, item.scheme, item.accepted, item.basis)
        for item in converse(parser, script)
        if isinstance(item, Login)
    ]


def test_rlogin_with_a_password() -> None:
    script = [
        *HEADER,
        (S, b"Password: "),
        *[(C, bytes([key])) for key in b"s3cret\r"],
        (S, b"\r\nLogin incorrect\r\nlogin: "),
    ]
    assert logins(Rlogin, script) == [("anna", Secret("s3cret"), "prompt", False, "'login incorrect' after password")]


def test_rlogin_by_the_hosts_word() -> None:
    script = [*HEADER, (S, b"Last login: today\r\n$ "), (C, b"ls\r"), (S, b"ls\r\n$ ")]
    assert logins(Rlogin, script) == [("anna", None, "rhosts", True, "shell prompt without a password")]
    output = converse(Rlogin, script)
    assert [(i.resource, i.granted, i.control) for i in output if isinstance(i, Access)] == [("shell", True, True)]


def test_window_sizes_are_no_keystrokes() -> None:
    size = b"\xff\xffss\0\x18\0\x50\0\0\0\0"
    script = [*HEADER, (S, b"Password: "), (C, size + b"s3" + size + b"cret\r"), (S, b"\r\n$ ")]
    assert logins(Rlogin, script) == [("anna", Secret("s3cret"), "prompt", True, "shell prompt after password")]


def test_rlogin_after_a_loss() -> None:
    run = Run(Rlogin())
    for side, data in [*HEADER, (S, b"Password: "), (C, b"s3")]:
        run.feed(side, data)
    run.gap(C, 3)
    run.feed(C, b"t\r")
    run.feed(S, b"\r\nPassword: ")
    run.feed(C, b"again\r")
    assert [item.secret for item in run.close() if isinstance(item, Login)] == [Secret("again")]
    run = Run(Rlogin())
    with pytest.raises(Malformed):
        run.gap(C, 3)


def test_rexec() -> None:
    script = [(C, b"1023\0anna\0s3cret\0uname -a\0"), (S, b"\0Linux\n")]
    output = converse(Remote, script)
    assert output[0] == Content(side=C, name="command", data=b"uname -a")
    assert output[1] == Login(
        mechanism="password",
        username="anna",
        secret=Secret("s3cret"),
        scheme="rexec",
        accepted=True,
        basis="NUL after the request",
        spans=(span(script, 0), span(script, 1)._replace(end=1)),
    )
    assert output[2] == Enough()
    assert logins(Remote, [(C, b"0\0anna\0wrong\0ls\0"), (S, b"\1Password incorrect.\n")])[0][3:] == (
        False,
        "error after the request",
    )
    assert logins(Remote, [(C, b"\0anna\0wrong\0ls\0")])[0][3:] == (None, None)


def test_rsh() -> None:
    script = [(C, b"0\0bo\0anna\0reboot\0"), (S, b"\0")]
    assert converse(Rsh, script) == [
        Content(side=C, name="command", data=b"reboot"),
        Login(
            mechanism="password",
            username="anna",
            secret=None,
            scheme="rhosts",
            accepted=True,
            basis="NUL after the request",
            spans=spans(script, 0, 1),
        ),
        Access(resource="shell", action="command", granted=True, control=True, spans=spans(script, 0, 1)),
        Enough(),
    ]
    refused = [(C, b"0\0bo\0anna\0ls\0"), (S, b"\1Permission denied.\n")]
    assert [item.granted for item in converse(Rsh, refused) if isinstance(item, Access)] == [False]
    assert [item.granted for item in converse(Rsh, refused[:1]) if isinstance(item, Access)] == [None]


@pytest.mark.parametrize(
    "script", [[(C, b"x\0a\0b\0c\0")], [(C, b"0\0a\0b\0c\0"), (S, b"HTTP/1.1")], [(C, b"1234567\0")]]
)
def test_malformed_requests(script: Script) -> None:
    run = Run(Remote())
    with pytest.raises(Malformed):
        for side, data in script:
            run.feed(side, data)


def opening(client: bytes, port: int, server: bytes = b"") -> Opening:
    return Opening(client, server, 1023, port, Transport.TCP)


@pytest.mark.parametrize(
    ("seen", "matches"),
    [
        (opening(b"\0bo\0anna\0vt100/9600\0", 513), (Match.SURE, Match.NO, Match.NO)),
        (opening(b"\0", 513), (Match.MORE, Match.NO, Match.NO)),
        (opening(b"\0\1\2\3\4\5", 513), (Match.NO, Match.NO, Match.NO)),
        (opening(b"1023\0bo\0anna\0ls\0", 514), (Match.NO, Match.SURE, Match.NO)),
        (opening(b"1023\0anna\0pw\0ls\0", 512), (Match.NO, Match.NO, Match.SURE)),
        (opening(b"1023\0anna\0pw\0ls\0", 5000), (Match.NO, Match.NO, Match.NO)),
        (opening(b"10", 514), (Match.NO, Match.MORE, Match.NO)),
        (opening(b"GET / HTTP/1.1\r\n", 514), (Match.NO, Match.NO, Match.NO)),
    ],
)
def test_recognise(seen: Opening, matches: tuple[Match, Match, Match]) -> None:
    assert (recognise_rlogin(seen), recognise_rsh(seen), recognise_rexec(seen)) == matches
    assert [protocol.name for protocol in PROTOCOLS] == ["rlogin", "rsh", "rexec"]


DIALOGUE = Dialogue(
    Rlogin,
    lambda user, secret: [
        (S, b"login: "),
        (C, user.encode() + b"\r"),
        (S, b"\r\nPassword: "),
        (C, secret.encode() + b"\r"),
    ],
    accepted=b"\r\n$ ",
    refused=b"\r\nLogin incorrect\r\n",
    undecided=(b"\r\nhello\r\n",),
    opening=HEADER,
    pipelined=False,
    prompted=True,
    evident=True,
    shows_answer=False,
)
"""A prompt, a shell, a refusal."""


@pytest.mark.parametrize("check", CHECKS)
def test_logins_whatever_happens(check: Check) -> None:
    check(DIALOGUE)
