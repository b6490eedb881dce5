"""PAP and CHAP bodies by RFC 1334 and RFC 1994; the schemes of MS-CHAP by their lengths."""

from __future__ import annotations

import pytest

from sensor.events import Span
from sensor.model import Secret
from sensor.parsing.cursor import Cursor, Malformed
from sensor.parsing.formats.ppp_login import REQUEST, RESPONSE, chap, pap, proof
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


def test_the_forms_that_crackers_take() -> None:
    assert proof(2, b"\xaa" * 16, b"\xbb" * 16, "anna") == ("chap", f"{'bb' * 16}:{'aa' * 16}:02")
    value = b"\x11" * 24 + b"\x22" * 24 + b"\1"
    assert proof(2, b"\xcc" * 8, value, "anna")[1] == f"anna:::{'11' * 24}:{'22' * 24}:{'cc' * 8}"


def test_the_example_of_rfc_2759() -> None:
    peer, response = "21402324255e262a28295f2b3a337c7e", "82309ecd8d708b5ea08faa3981cd83544233114a3d85d6df"
    challenge = bytes.fromhex("5b5d7c7d7b3f2f3e3c2c602132262628")
    value = bytes.fromhex(peer) + bytes(8) + bytes.fromhex(response) + b"\0"
    for user in ("User", "HOME\\User"):
        assert proof(1, challenge, value, user) == ("mschapv2", f"User::::{response}:d02e4386bce91226")


def test_what_the_codes_are() -> None:
    """RFC 1334 §2.2 and RFC 1994 §4: a request or challenge is 1, a response 2."""
    assert (REQUEST, RESPONSE) == (1, 2)


def test_chap_is_a_hash_of_the_client_s() -> None:
    login = chap(5, bytes(16), Cursor(bytes([16]) + bytes(range(16)) + b"anna"), S, HERE)
    assert (login.clear, login.verifier, login.spans, login.mechanism) == (False, S, (HERE,), "password")
    assert login.secret == Secret(f"{bytes(range(16)).hex()}:{bytes(16).hex()}:05")


def test_version_2_leaves_the_domain_out_of_its_hash() -> None:
    """RFC 2759 §8.2: the name without its domain."""
    value = bytes(16) + bytes(8) + bytes(range(24)) + b"\0"
    assert proof(1, bytes(16), value, "OFFICE\\anna") == proof(1, bytes(16), value, "anna")
    assert proof(1, bytes(16), value, "anna")[1].startswith("anna::::")
