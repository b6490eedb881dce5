"""EAP packets by RFC 3748 (MD5, GTC), and LEAP's and MSCHAPv2's as their drafts give them."""

from __future__ import annotations

import pytest

from sensor.events import Login, Span
from sensor.model import Secret
from sensor.parsing.formats.eap import FAILURE, SUCCESS, EapExchange
from tests.conversation import C, S

CHALLENGE, RESPONSE = bytes(range(16)), bytes(range(0x20, 0x30))
ASKED, ANSWERED = Span(S, 0, 1), Span(C, 0, 1)


def packet(code: int, identifier: int, body: bytes) -> bytes:
    return bytes([code, identifier]) + (4 + len(body)).to_bytes(2, "big") + body


def run(request: bytes, answered: bytes) -> Login | None:
    exchange = EapExchange()
    exchange.packet(packet(1, 1, b"\1"), Span(S, 9, 10))
    exchange.packet(packet(2, 1, b"\1anna"), Span(C, 9, 10))
    exchange.packet(packet(1, 2, request), ASKED)
    exchange.packet(packet(2, 2, answered), ANSWERED)
    return exchange.login


def login(scheme: str, secret: str, clear: bool = False, user: str = "anna") -> Login:
    return Login(
        mechanism="password", username=user, secret=Secret(secret), scheme=scheme, clear=clear, spans=(ASKED, ANSWERED)
    )


def test_a_tunnel_comes_in_pieces() -> None:
    exchange = EapExchange()

    def piece(code: int, identifier: int, body: bytes) -> bytes:
        exchange.packet(packet(code, identifier, body), ASKED)
        return exchange.piece()

    assert piece(1, 3, b"\x19\x20") == b""  # PEAP begins
    assert piece(2, 3, b"\x19\x80\0\0\0\x05\x16\x03\x01") == b"\x16\x03\x01"
    assert piece(2, 3, b"\x19\x80\0\0\0\x05\x16\x03\x01") == b""  # sent again
    assert piece(1, 4, b"\x19\x40first") == b"first"
    assert piece(2, 4, b"\x19\0") == piece(1, 5, b"\x19") == b""
    assert piece(1, 6, b"\x0d\0rest") == b"rest"
    assert exchange.login is None


def test_md5() -> None:
    assert run(b"\4\x10" + CHALLENGE, b"\4\x10" + RESPONSE + b"name") == login(
        "eap-md5", f"{RESPONSE.hex()}:{CHALLENGE.hex()}:02"
    )


def test_leap() -> None:
    parsed = run(b"\x11\1\0\x08" + CHALLENGE[:8] + b"ap", b"\x11\1\0\x18" + bytes(24) + b"berta")
    assert parsed == login("leap", f"{CHALLENGE[:8].hex()}:{bytes(24).hex()}", user="berta")


def test_mschapv2() -> None:
    parsed = run(b"\x1a\1\x07\0\x1a\x10" + CHALLENGE + b"srv", b"\x1a\2\x07\0\x3b\x31" + bytes(49) + b"anna")
    assert parsed == login("eap-mschapv2", f"{CHALLENGE.hex()}:{bytes(49).hex()}")


def test_gtc_is_the_password_itself() -> None:
    assert run(b"\6Password: ", b"\6s3cret") == login("eap-gtc", "s3cret", clear=True)


def test_others_say_nothing() -> None:
    # A NAK to MD5, a tunnel (PEAP), an answer to something else, a response of another kind than asked for.
    assert run(b"\4\x10" + CHALLENGE, b"\3\x19") is None
    assert run(b"\x19\x20", b"\x19\0\x16\3\1") is None
    assert run(b"\x1a\3\x07\0\x06ok", b"\x1a\3") is None
    assert run(b"\x0d\x20", b"\4\x10" + RESPONSE) is None


def test_results() -> None:
    exchange = EapExchange()
    assert (exchange.packet(packet(3, 2, b""), ASKED), exchange.packet(packet(4, 2, b""), ASKED)) == (SUCCESS, FAILURE)


@pytest.mark.parametrize("code", [SUCCESS, FAILURE])
def test_an_end_has_no_more_than_its_head(code: int) -> None:
    """RFC 3748 §4.2: four bytes; what stands behind them is padding, whatever length they say."""
    exchange = EapExchange()
    assert exchange.packet(bytes([code, 7, 0, 4]), ASKED) == code
    assert exchange.packet(bytes([code, 7, 0, 99]), ASKED) == code
    assert exchange.login is None


def test_what_is_neither_request_nor_response_says_nothing() -> None:
    exchange = EapExchange()
    assert exchange.packet(packet(5, 1, b"\1anna"), ASKED) == 5  # RFC 6696: Initiate
    assert exchange.packet(packet(2, 1, b""), ASKED) == 2
    assert exchange.identity is None and exchange.piece() == b""


def test_a_response_of_another_kind_than_was_asked_for_is_none() -> None:
    """RFC 3748 §5.3: Nak, for example."""
    assert run(b"\4\x10" + CHALLENGE, b"\3\x19") is None
    assert run(b"\4\x10" + CHALLENGE, b"\x11\1\0\x18" + bytes(24)) is None


def test_the_first_piece_of_a_tunnel_that_is_a_response_to_nothing_is_one() -> None:
    exchange = EapExchange()
    exchange.packet(packet(2, 0, b"\x0d\0hello"), ASKED)
    assert exchange.piece() == b"hello" and exchange.piece() == b""


def test_leap_names_its_user_itself() -> None:
    asked = b"\x11\1\0\x08" + bytes(8) + b"ap"
    for named, user in ((b"otto", "otto"), (b"", "anna")):
        found = run(asked, b"\x11\1\0\x18" + bytes(range(24)) + named)
        assert found is not None and found.username == user


@pytest.mark.parametrize("kind", range(1, 60))
def test_which_methods_are_tunnels(kind: int) -> None:
    """EAP-TLS, TTLS, PEAP, FAST and TEAP (IANA's EAP method types)."""
    exchange = EapExchange()
    exchange.packet(packet(1, 7, bytes((kind, 0)) + bytes(20) + b"record"), ASKED)
    assert exchange.piece() == (bytes(20) + b"record" if kind in (13, 21, 25, 43, 55) else b"")


def test_the_proof_of_a_server_is_no_new_challenge() -> None:
    """MSCHAPv2: the server's success or failure follows (draft-kamath-pppext-eap-mschapv2 2.3), the response may come
    again."""
    exchange = EapExchange()
    response = b"\x1a\2\2\0\x45\x31" + bytes(49) + b"anna"
    exchange.packet(packet(1, 2, b"\x1a\1\2\0\x1a\x10" + CHALLENGE + b"radius"), ASKED)
    exchange.packet(packet(2, 2, response), ANSWERED)
    first = exchange.login
    assert first == login("eap-mschapv2", f"{CHALLENGE.hex()}:{bytes(49).hex()}")
    for op in (3, 4):
        exchange.packet(packet(1, 3, bytes((0x1A, op)) + b"\2\0\x20S=0123456789"), Span(S, 5, 6))
        exchange.packet(packet(2, 2, response), ANSWERED)
        assert exchange.login == first
