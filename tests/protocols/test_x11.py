"""X11 set-ups by the protocol's chapter 8, in both byte orders."""

from __future__ import annotations

import pytest

from sensor.events import Access, Enough, Login, Span
from sensor.model import Secret, Transport
from sensor.parsing.parser import Match, Opening
from sensor.protocols.x11 import X11, recognise
from tests.conversation import C, S, converse

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
