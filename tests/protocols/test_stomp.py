"""STOMP conversations from its specification 1.0 to 1.2: logins, refusals, bodies, losses."""

from __future__ import annotations

import pytest

from sensor.events import Access, Attribute, Login, Skip, Transfer
from sensor.model import Secret, Transport
from sensor.parsing.cursor import Malformed
from sensor.parsing.parser import Match, Opening
from sensor.protocols.stomp import BODY_LIMIT, HEADERS_LIMIT, PROTOCOL, Stomp, recognise
from tests.conversation import C, Run, S, Script, converse
from tests.protocols.logins import CHECKS, Check, Dialogue
from tests.protocols.talk import spans

CONNECT = (C, b"CONNECT\naccept-version:1.2\nhost:example.com\nlogin:anna\npasscode:s3:cret\n\n\0")
CONNECTED = (S, b"CONNECTED\nversion:1.2\nserver:Example/5.1\n\n\0\n")


def logins(script: Script) -> list[Login]:
    return [item for item in converse(Stomp, script) if isinstance(item, Login)]


def test_a_login() -> None:
    script = [CONNECT, CONNECTED]
    (login,) = logins(script)
    assert (login.username, login.secret, login.scheme, login.accepted, login.basis) == (
        "anna",
        Secret("s3:cret"),
        "connect",
        True,
        "CONNECTED after CONNECT",
    )
    assert login.spans[0] == spans(script, 0)[0]
    assert (
        logins(
            [(C, b"STOMP\r\nlogin:a\r\npasscode:b\r\n\r\n\0"), (S, b"ERROR\nmessage:Bad CONNECT\n\nAccess refused\0")]
        )[0].accepted
        is False
    )
    assert logins([CONNECT, (S, b"ERROR\nmessage:version not supported\n\n\0")])[0].accepted is None
    assert logins([CONNECT])[0].accepted is None


def test_without_a_login() -> None:
    output = converse(Stomp, [(C, b"CONNECT\naccept-version:1.2\n\n\0"), CONNECTED])
    assert [(item.action, item.granted) for item in output if isinstance(item, Access)] == [("connect", True)]
    assert [(item.field, item.value) for item in output if isinstance(item, Attribute)] == [
        ("stomp.server", "Example/5.1")
    ]
    assert [
        item.granted
        for item in converse(Stomp, [(C, b"CONNECT\n\n\0"), (S, b"ERROR\nmessage:login required\n\n\0")])
        if isinstance(item, Access)
    ] == [False]


def test_messages() -> None:
    script = [
        CONNECT,
        CONNECTED,
        (C, b"SEND\ndestination:/queue/a\\cb\ncontent-type:text/plain\n\nhello\0\n\n"),
        (S, b"MESSAGE\ndestination:/topic/x\ncontent-length:5\n\na\0b\0c\0"),
        (C, b"SEND\ndestination:/queue/a\n\nCONNECT\nlogin:x\npasscode:y\n\n\0"),
    ]
    output = converse(Stomp, script)
    assert [(item.side, item.name, item.media_type, item.data) for item in output if isinstance(item, Transfer)] == [
        (C, "/queue/a:b", "text/plain", b"hello"),
        (S, "/topic/x", None, b"a\0b\0c"),
        (C, "/queue/a", None, b"CONNECT\nlogin:x\npasscode:y\n\n"),
    ]
    assert len([item for item in output if isinstance(item, Login)]) == 1


def test_a_large_body_is_passed_over() -> None:
    run = Run(Stomp())
    run.feed(C, b"SEND\ndestination:/x\ncontent-length:%d\n\n" % (10 * BODY_LIMIT))
    assert [item.length for item in run.parsed if isinstance(item, Skip)] == [10 * BODY_LIMIT + 1]
    run.feed(C, b"x" * 10 * BODY_LIMIT + b"\0" + CONNECT[1])
    assert [item.username for item in run.close() if isinstance(item, Login)] == ["anna"]


def test_losses_and_nonsense() -> None:
    run = Run(Stomp())
    run.feed(*CONNECT)
    with pytest.raises(Malformed):
        run.gap(S, 10)
    assert [item.username for item in run.parsed if isinstance(item, Login)] == ["anna"]
    for bad in (
        b"NOSUCH\n\n\0",
        b"SEND\n" + b"a:b\n" * (HEADERS_LIMIT + 1),
        b"SEND\ncontent-length:1\n\nab",
        b"SEND\n\n" + b"x" * (BODY_LIMIT + 10),
    ):
        with pytest.raises(Malformed):
            Run(Stomp()).feed(C, bad)


@pytest.mark.parametrize(
    ("client", "match"),
    [
        (CONNECT[1], Match.SURE),
        (b"STOMP\naccept-version:1.2\n", Match.SURE),
        (b"CONNECT\n\n\0", Match.SURE),
        (b"CONN", Match.MORE),
        (b"CONNECT\nlog", Match.MORE),
        (b"CONNECT example.com:443 HTTP/1.1\r\n", Match.NO),
        (b"\x16\x03\x01", Match.NO),
        (b"", Match.NO),
    ],
)
def test_recognise(client: bytes, match: Match) -> None:
    assert recognise(Opening(client, b"", 40000, 9, Transport.TCP)) is match
    assert PROTOCOL.ports == {61613}


DIALOGUE = Dialogue(
    Stomp,
    lambda user, secret: [(C, f"CONNECT\nlogin:{user}\npasscode:{secret}\n\n\0".encode())],
    accepted=b"CONNECTED\nversion:1.2\n\n\0",
    refused=b"ERROR\nmessage:Access refused\n\n\0",
    again=False,
    resumes=False,
)
"""STOMP 1.2, CONNECT."""


@pytest.mark.parametrize("check", CHECKS)
def test_logins_whatever_happens(check: Check) -> None:
    check(DIALOGUE)


@pytest.mark.parametrize(("length", "read"), [(32, True), (33, False)])
def test_a_line_that_is_no_command_is_not_waited_for(length: int, read: bool) -> None:
    """Commands are shorter than 32 letters; what is longer is none, whether its line ends or not."""
    run = Run(Stomp(None))
    if read:
        run.feed(C, b"X" * length)
        assert run.parsed == []
    else:
        with pytest.raises(Malformed):
            run.feed(C, b"X" * length)
