"""SOCKS negotiations from RFC 1928, RFC 1929 and the SOCKS 4 and 4A memos."""

from __future__ import annotations

import pytest

from sensor.events import Access, Enough, Login, Span, Upgrade
from sensor.model import Secret, Transport
from sensor.parsing.cursor import Malformed
from sensor.parsing.parser import Match, Opening
from sensor.protocols.socks import Socks, recognise
from tests.conversation import C, Run, S, Script, converse, events
from tests.protocols.logins import CHECKS, Check, Dialogue

USER = b"\x01\x04anna\x06s3cret"
CONNECT = b"\x05\x01\x00\x03\x0bexample.com\x00\x50"
GRANTED = b"\x05\x00\x00\x01\xc0\x00\x02\x01\x04\x38"


def test_user_and_password_accepted() -> None:
    script = [
        (C, b"\x05\x02\x00\x02"),
        (S, b"\x05\x02"),
        (C, USER),
        (S, b"\x01\x00"),
        (C, CONNECT),
        (S, GRANTED),
        (C, b"GET / HTTP/1.0\r\n\r\n"),
    ]
    assert converse(Socks, script) == [
        Login(
            mechanism="password",
            username="anna",
            secret=Secret("s3cret"),
            scheme="socks5",
            accepted=True,
            basis="status 0 after user name and password",
            spans=(Span(C, 4, 17), Span(S, 2, 4)),
        ),
        Upgrade(None),
    ]


def test_refused_and_unanswered() -> None:
    script = [(C, b"\x05\x01\x02"), (S, b"\x05\x02"), (C, USER), (S, b"\x01\x01")]
    output = converse(Socks, script)
    assert [e.accepted for e in events(output, Login)] == [False]  # type: ignore[attr-defined]
    assert output[-1] == Enough()
    assert [e.accepted for e in events(converse(Socks, script[:3]), Login)] == [None]  # type: ignore[attr-defined]


def test_all_of_the_client_at_once() -> None:
    script = [(C, b"\x05\x01\x02" + USER + CONNECT + b"GET /"), (S, b"\x05\x02\x01\x00" + GRANTED)]
    output = converse(Socks, script)
    assert [type(e) for e in output] == [Login, Upgrade]


def test_bytes_after_the_answer_belong_to_the_next_protocol() -> None:
    run = Run(Socks())
    run.feed(C, b"\x05\x01\x00")
    run.feed(S, b"\x05\x00")
    run.feed(C, CONNECT + b"early")
    run.feed(S, GRANTED + b"220 hi\r\n")
    assert (run.parser.pending(C), run.parser.pending(S)) == (b"early", b"220 hi\r\n")


@pytest.mark.parametrize(
    ("address", "host"),
    [
        (b"\x01\xc0\x00\x02\x07", "192.0.2.7"),
        (b"\x03\x0bexample.com", "example.com"),
        (b"\x04" + bytes.fromhex("20010db8") + bytes(11) + b"\x01", "[2001:db8::1]"),
    ],
)
def test_use_without_a_login(address: bytes, host: str) -> None:
    request = b"\x05\x01\x00" + address + b"\x00\x50"
    output = converse(Socks, [(C, b"\x05\x01\x00"), (S, b"\x05\x00"), (C, request), (S, GRANTED)])
    assert output == [
        Access(
            resource=f"{host}:80",
            action="connect",
            granted=True,
            status=0,
            spans=(Span(C, 3, 3 + len(request)), Span(S, 2, 12)),
        ),
        Upgrade(None),
    ]


def test_no_method_acceptable() -> None:
    assert converse(Socks, [(C, b"\x05\x01\x00"), (S, b"\x05\xff")]) == [Enough()]


@pytest.mark.parametrize(("code", "accepted"), [(0x5A, True), (0x5B, None), (0x5D, False)])
def test_version_4_user_id(code: int, accepted: bool | None) -> None:
    output = converse(Socks, [(C, b"\x04\x01\x00\x50\xc0\x00\x02\x07anna\0"), (S, b"\0" + bytes([code]) + bytes(6))])
    (login,) = events(output, Login)
    assert isinstance(login, Login)
    assert (login.username, login.secret, login.scheme, login.accepted) == ("anna", None, "socks4", accepted)
    assert output[-1] == (Upgrade(None) if code == 0x5A else Enough())


def test_version_4a_without_user() -> None:
    output = converse(Socks, [(C, b"\x04\x01\x00\x50\x00\x00\x00\x01\0example.com\0"), (S, b"\0\x5a" + bytes(6))])
    assert [(e.resource, e.granted) for e in events(output, Access)] == [("example.com:80", True)]  # type: ignore[attr-defined]


def opening(client: bytes, server: bytes = b"") -> Opening:
    return Opening(client, server, 50000, 31080, Transport.TCP)


def test_recognised_with_both_sides() -> None:
    assert recognise(opening(b"\x05\x02\x00\x02", b"\x05\x02")) is Match.SURE
    assert recognise(opening(b"\x05\x01\x00", b"\x05\xff")) is Match.SURE
    assert recognise(opening(b"\x05\x02\x00\x02")) is Match.MORE
    assert recognise(opening(b"\x05")) is Match.MORE
    socks4 = b"\x04\x01\x00\x50\xc0\x00\x02\x07anna\0"
    assert recognise(opening(socks4, b"\0\x5a" + bytes(6))) is Match.SURE
    assert recognise(opening(socks4)) is Match.MORE
    # DCE/RPC, a method that was not offered, another answer, a long opening without an answer.
    for client, server in (
        (b"\x05\x00\x0b\x03\x10", b""),
        (b"\x05\x01\x00", b"\x05\x02"),
        (b"\x05\x01\x00", b"HTTP"),
        (b"\x05\x01\x00" + bytes(40), b""),
        (b"", b"\x05\x00"),
    ):
        assert recognise(opening(client, server)) is Match.NO
    for client, server in (
        (b"\x04\x05" + bytes(20), b""),
        (b"\x04\x01\x00\x50\xc0\x00\x02\x07anna\0", b"220 hi\r\n"),
        (b"\x04\x01" + b"\xff" * 30, b""),
    ):
        assert recognise(opening(client, server)) is Match.NO


DIALOGUE = Dialogue(
    Socks,
    lambda user, secret: [
        (C, b"\x05\x01\x02"),
        (S, b"\x05\x02"),
        (C, b"\x01" + bytes([len(user)]) + user.encode() + bytes([len(secret)]) + secret.encode()),
    ],
    accepted=b"\x01\x00",
    refused=b"\x01\x01",
    again=False,
    resumes=False,
)
"""RFC 1929 2."""


@pytest.mark.parametrize("check", CHECKS)
def test_logins_whatever_happens(check: Check) -> None:
    check(DIALOGUE)


@pytest.mark.parametrize(
    ("script", "last"),
    [
        ([(C, b"\x06\x01\x00")], None),
        ([(S, b"\x05\x00")], None),
        ([(C, b"\x05\x01\x00"), (S, b"\x04\x00")], None),
        ([(C, b"\x05\x01\x00"), (S, b"\x05\x00"), (C, b"\x04\x01\x00\x01\xc0\0\2\1\0\x50")], None),
        ([(C, b"\x05\x01\x00"), (S, b"\x05\x00"), (C, b"\x05\x01\x00\x02\xc0\0\2\1\0\x50")], None),
        ([(C, b"\x05\x01\x02"), (S, b"\x05\x02"), (C, b"\x02" + USER[1:])], None),
        ([(C, b"\x05\x01\x02"), (S, b"\x05\x01")], Enough()),  # GSSAPI
        ([(C, b"\x05\x01\x02"), (S, b"\x05\xff")], Enough()),  # none acceptable
        ([(C, b"\x05\x01\x02"), (S, b"\x05\x80")], Enough()),  # a private method
    ],
)
def test_what_is_no_negotiation(script: Script, last: Enough | None) -> None:
    run = Run(Socks())
    if last is None:
        with pytest.raises(Malformed):
            for side, data in script:
                run.feed(side, data)
    else:
        for side, data in script:
            run.feed(side, data)
    assert run.parsed == ([last] if last else [])


@pytest.mark.parametrize("code", range(9))
def test_each_answer_of_a_proxy_without_a_login(code: int) -> None:
    """RFC 1928 6: 0 succeeded, 1 to 8 are failures."""
    script = [(C, b"\x05\x01\x00"), (S, b"\x05\x00"), (C, CONNECT), (S, b"\x05" + bytes([code]) + GRANTED[2:])]
    *found, last = converse(Socks, script)
    assert [(e.granted, e.status) for e in found if isinstance(e, Access)] == [(code == 0, code)]
    assert isinstance(last, Upgrade if code == 0 else Enough)


@pytest.mark.parametrize(("code", "accepted"), [(0x5A, True), (0x5B, None), (0x5C, False), (0x5D, False), (0x59, None)])
@pytest.mark.parametrize("user", [b"anna", b""])
def test_each_answer_of_socks_4(code: int, accepted: bool | None, user: bytes) -> None:
    """The memo: 90 granted, 91 rejected or failed, 92 and 93 for the user id."""
    script = [(C, b"\x04\x01\x00\x50\xc0\x00\x02\x01" + user + b"\0"), (S, b"\0" + bytes([code]) + bytes(6))]
    output = converse(Socks, script)
    assert [e.accepted for e in events(output, Login)] == ([accepted] if user else [])
    assert [(e.granted, e.resource) for e in events(output, Access)] == (
        [] if user else [(code == 0x5A, "192.0.2.1:80")]
    )


@pytest.mark.parametrize(
    ("address", "host"),
    [(b"\0\0\0\1", "example.com:80"), (b"\0\0\0\0", "0.0.0.0:80"), (b"\0\0\1\1", "0.0.1.1:80")],
)
def test_socks_4a_names_its_host(address: bytes, host: str) -> None:
    script = [(C, b"\x04\x01\x00\x50" + address + b"\0" + b"example.com\0"), (S, b"\0\x5a" + bytes(6))]
    run = Run(Socks())
    for side, data in script:
        run.feed(side, data)
    assert [e.resource for e in events(run.close(), Access)] == [host]


@pytest.mark.parametrize(
    ("client", "server", "match"),
    [
        (b"\5", b"", Match.MORE),
        (b"\5\0", b"", Match.NO),
        (b"\5\2\0", b"", Match.MORE),
        (b"\5\2\0\2", b"", Match.MORE),
        (b"\5\2\0\2", b"\5", Match.MORE),
        (b"\5\2\0\2", b"\6", Match.NO),
        (b"\5\2\0\2\0", b"", Match.NO),  # a client waits for the choice
        (b"\5\2\0\2", b"\5\0", Match.SURE),
        (b"\5\2\0\2", b"\5\2", Match.SURE),
        (b"\5\2\0\2", b"\5\xff", Match.SURE),
        # SOCKS 4: an answer of eight bytes, which may come in pieces: zero, then 90 to 93.
        (b"\4\1\0\x50\xc0\0\2\1ann\0", b"", Match.MORE),
        (b"\4\1\0\x50\xc0\0\2\1ann\0", b"\0", Match.MORE),
        (b"\4\1\0\x50\xc0\0\2\1ann\0", b"\0\x5a\0\x50\xc0\0\2", Match.MORE),
        (b"\4\1\0\x50\xc0\0\2\1ann\0", b"\0\x5d\0\x50\xc0\0\2\1", Match.SURE),
        (b"\4\1\0\x50\xc0\0\2\1ann\0", b"\0\x59", Match.NO),
        (b"\4\1\0\x50\xc0\0\2\1ann\0", b"\0\x5e\0", Match.NO),
        (b"\4\1\0\x50\xc0\0\2\1ann\0", b"\4\x5a", Match.NO),
        (b"\5\2\0\2", b"\5\1", Match.NO),
        (b"\5\2\0\2", b"\4\0", Match.NO),
        (b"\5\1\x09", b"\5\x09", Match.SURE),
        (b"\5\1\x0a", b"\5\x0a", Match.NO),
        (b"\5\1\x7f", b"\5\x7f", Match.NO),
        (b"\5\1\x80", b"\5\x80", Match.SURE),
    ],
)
def test_a_choice_is_of_what_was_offered(client: bytes, server: bytes, match: Match) -> None:
    """RFC 1928 §3; IANA's methods end at 9, private ones begin at 0x80, 0xFF accepts none."""
    assert recognise(Opening(client, server, 50_000, 1080, Transport.TCP)) is match


@pytest.mark.parametrize(
    ("client", "server", "match"),
    [
        (b"\4", b"", Match.MORE),
        (b"\4\0", b"", Match.NO),
        (b"\4\1", b"", Match.MORE),
        (b"\4\2", b"", Match.MORE),
        (b"\4\3", b"", Match.NO),
        (b"\4\1\0\x50\xc0\0\2\1\0", b"", Match.MORE),
        (b"\4\1\0\x50\xc0\0\2\1anna", b"", Match.NO),
        (b"\4\1\0\x50\xc0\0\2\1\xfc\0", b"", Match.NO),
        (b"\4\1\0\x50\xc0\0\2\1\0", b"\0", Match.MORE),
        (b"\4\1\0\x50\xc0\0\2\1\0", b"\1", Match.NO),
        (b"\4\1\0\x50\xc0\0\2\1\0", b"\0\x5a" + bytes(6), Match.SURE),
        (b"\4\1\0\x50\xc0\0\2\1anna\0", b"\0\x5d" + bytes(6), Match.SURE),
        (b"\4\1\0\x50\xc0\0\2\1\0", b"\0\x59" + bytes(6), Match.NO),
        (b"\4\1\0\x50\xc0\0\2\1\0", b"\0\x5e" + bytes(6), Match.NO),
        (b"\4\1\0\x50\xc0\0\2\1\0", b"\1\x5a" + bytes(6), Match.NO),
    ],
)
def test_version_4_by_its_answer(client: bytes, server: bytes, match: Match) -> None:
    """The memorandum of SOCKS 4: commands 1 and 2, a name that ends in zero, answers 90 to 93 behind a zero."""
    assert recognise(Opening(client, server, 50_000, 1080, Transport.TCP)) is match
