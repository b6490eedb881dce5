"""X11 set-ups by the protocol's chapter 8, in both byte orders."""

from __future__ import annotations

import pytest

from sensor.events import Access, Enough, Login, Span
from sensor.model import Secret, Transport
from sensor.parsing.parser import Match, Opening
from sensor.protocols.x11 import FIELD_LIMIT, X11, recognise
from tests.conversation import C, Run, S, converse
from tests.protocols import openings
from tests.protocols.logins import CHECKS, Check, Dialogue

COOKIE = bytes(range(16))


def setup(name: bytes = b"MIT-MAGIC-COOKIE-1", data: bytes = COOKIE, order: str = "little") -> bytes:
    def number(value: int) -> bytes:
        return value.to_bytes(2, order)  # type: ignore[arg-type]

    head = (
        (b"l" if order == "little" else b"B")
        + b"\0"
        + number(11)
        + number(0)
        + number(len(name))
        + number(len(data))
        + b"\0\0"
    )
    return head + name + bytes(-len(name) % 4) + data + bytes(-len(data) % 4)


@pytest.mark.parametrize("order", ["little", "big"])
@pytest.mark.parametrize(("code", "accepted"), [(1, True), (0, False), (2, None)])
def test_cookie(order: str, code: int, accepted: bool | None) -> None:
    sent = setup(order=order)
    assert converse(X11, [(C, sent), (S, bytes([code]) + bytes(40))]) == [
        Login(
            mechanism="cookie",
            username=None,
            secret=Secret(COOKIE.hex()),
            scheme="mit-magic-cookie-1",
            name="MIT-MAGIC-COOKIE-1",
            accepted=accepted,
            basis=f"set-up answered {code}",
            spans=(Span(C, 0, len(sent)), Span(S, 0, 1)),
        ),
        Enough(),
    ]


def test_encrypted_cookie_and_no_answer() -> None:
    (login,) = converse(X11, [(C, setup(b"XDM-AUTHORIZATION-1", bytes(24)) + bytes(100))])
    assert isinstance(login, Login)
    assert (login.clear, login.accepted) == (False, None)


@pytest.mark.parametrize(("code", "granted"), [(1, True), (0, False)])
def test_open_display(code: int, granted: bool) -> None:
    output = converse(X11, [(C, setup(b"", b"")), (S, bytes([code]) + bytes(7))])
    assert output[0] == Access(
        resource="x11",
        action="connect",
        granted=granted,
        control=True,
        status=code,
        spans=(Span(C, 0, 12), Span(S, 0, 1)),
    )


def test_recognised() -> None:
    def opening(data: bytes) -> Opening:
        return Opening(data, b"", 50000, 6010, Transport.TCP)

    for order in ("little", "big"):
        assert recognise(opening(setup(order=order))) is Match.SURE
        assert recognise(opening(setup(order=order)[:7])) is Match.MORE
    assert recognise(opening(setup(b"", b""))) is Match.SURE
    for lure in (
        b"",
        b"list\r\n",
        b"BYE sip:a@example.com",
        b"l\0\x0b\0\1\0" + bytes(20),
        b"l\0\x0b\0\0\0\xff\xff" + bytes(20),
        setup(b"\xff" * 18),
    ):
        assert recognise(opening(lure)) is Match.NO


@pytest.mark.parametrize("order", ["little", "big"])
def test_a_set_up_by_its_first_twelve_bytes(order: str) -> None:
    """Chapter 8: byte order, unused, major and minor version, two lengths, unused; then the name."""
    data = setup(order=order)
    openings.stream(recognise, data, sure=12)
    major, minor = (2, 4) if order == "little" else (3, 5)
    for place, value in ((0, 0x41), (major, 10), (major, 12), (minor, 1), (12, 0x80)):
        assert recognise(openings.of(data[:place] + bytes([value]) + data[place + 1 :])) is Match.NO
    assert recognise(openings.of(data[:major] + b"\x0c")) is Match.NO
    assert recognise(openings.of(data, server=True)) is Match.NO  # a display waits for its client
    turned = (b"B" if order == "little" else b"l") + data[1:]
    assert recognise(openings.of(turned)) is recognise(openings.of(turned[:8])) is Match.NO


@pytest.mark.parametrize(("code", "granted"), [(0, False), (1, True), (2, False)])
def test_only_success_is_use(code: int, granted: bool) -> None:
    """Chapter 8: 0 failed, 1 success, 2 authenticate (more is asked for)."""
    [access, end] = converse(X11, [(C, setup(b"", b"")), (S, bytes([code]) + bytes(7))], damage=False)
    assert isinstance(access, Access) and isinstance(end, Enough)
    assert (access.granted, access.status) == (granted, code)


DIALOGUE = Dialogue(
    X11,
    lambda _, secret: [(C, setup(data=secret.encode()))],
    accepted=b"\1" + bytes(40),
    refused=b"\0" + bytes(40),
    undecided=(b"\2" + bytes(40),),
    secret=lambda _, secret: Secret(secret.encode().hex()),
    named=False,
    again=False,
    resumes=False,
    shows_answer=False,  # its first byte
)
"""Chapter 8: one set-up, one answer."""


@pytest.mark.parametrize("check", CHECKS)
def test_logins_whatever_happens(check: Check) -> None:
    check(DIALOGUE)


@pytest.mark.parametrize(
    ("sent", "match"),
    [
        (setup(b"n" * 64, b""), Match.SURE),
        (setup(b"n" * 65, b""), Match.NO),
        (setup(data=bytes(FIELD_LIMIT)), Match.SURE),
        (setup(data=bytes(FIELD_LIMIT + 1)), Match.NO),
        (setup(b"MIT-M\xff", b""), Match.NO),
        (setup()[:2] + b"\x0a" + setup()[3:], Match.NO),
        (setup()[:4] + b"\1" + setup()[5:], Match.NO),
        (b"b" + setup()[1:], Match.NO),
    ],
)
@pytest.mark.parametrize("port", [6000, 40000])
def test_bounds_of_a_set_up(sent: bytes, match: Match, port: int) -> None:
    assert recognise(openings.of(sent, port)) is match


def test_what_follows_a_set_up_waits_for_nothing() -> None:
    for sent in (setup(), setup(b"", b"")):
        run = Run(X11())
        run.feed(C, sent)
        run.feed(C, bytes(100))
        assert run.parser.pending(C) == b""
        run.feed(S, b"\1" + bytes(40))
        assert getattr(run.parsed[0], "accepted", getattr(run.parsed[0], "granted", None)) is True
