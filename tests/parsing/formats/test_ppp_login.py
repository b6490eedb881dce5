"""PAP and CHAP bodies by RFC 1334 and RFC 1994; the schemes of MS-CHAP by their lengths."""

from __future__ import annotations

import pytest

from sensor.events import Span
from sensor.model import Secret
from sensor.parsing.cursor import Cursor, Malformed
from sensor.parsing.formats.ppp_login import chap, pap
from tests.conversation import C, S

HERE = Span(C, 0, 1)


def test_pap() -> None:
    login = pap(Cursor(b"\x04anna\x06s3cret"), S, HERE)
    assert (login.username, login.secret, login.scheme, login.clear, login.spans) == (
        "anna",
        Secret("s3cret"),
        "pap",
        True,
        (HERE,),
    )


def test_a_cut_body() -> None:
    with pytest.raises(Malformed):
        pap(Cursor(b"\x04anna\x06s3c"), S, HERE)


@pytest.mark.parametrize(
    ("challenge", "size", "scheme"), [(16, 16, "chap"), (8, 49, "mschap"), (16, 49, "mschapv2"), (0, 16, "chap")]
)
def test_chap(challenge: int, size: int, scheme: str) -> None:
    login = chap(5, bytes(challenge), Cursor(bytes([size]) + bytes(size) + b"anna"), S, HERE)
    assert (login.username, login.scheme, login.clear) == ("anna", scheme, False)
    assert login.secret == Secret(f"05:{'00' * challenge}:{'00' * size}")
