"""SASL exchanges: the examples of the RFCs, answers unknown, exchanges that end early, and text that is no exchange."""

from __future__ import annotations

import base64

import pytest

from sensor.events import Attribute, Event, Inner, Login, Span
from sensor.model import Secret, Side
from sensor.parsing.sasl import (
    EXCHANGES_LIMIT,
    MESSAGE_LIMIT,
    MESSAGES_LIMIT,
    SaslExchange,
    SaslExchanges,
    password,
    unbase64,
)

COMMAND, ANSWER = Span(Side.CLIENT, 0, 10), Span(Side.SERVER, 20, 30)


def logins(mechanism: bytes, *messages: tuple[Side, bytes], accepted: bool | None = True) -> list[Login]:
    exchange = SaslExchange(mechanism, COMMAND)
    for number, (side, data) in enumerate(messages):
        if side is Side.CLIENT:
            assert not list(exchange.response(data, Span(side, 10 + number, 11 + number)))
        else:
            assert not list(exchange.challenge(data))
    return list(exchange.logins(accepted, "235 after AUTH", ANSWER))


def b64(data: bytes) -> bytes:
    return base64.b64encode(data)


def only(found: list[Login]) -> Login:
    assert len(found) == 1
    return found[0]


def test_plain_with_and_without_the_right_to_act_for_another() -> None:
    # RFC 4616 4.
    login = only(logins(b"PLAIN", (Side.CLIENT, b"\0tim\0tanstaaftanstaaf")))
    assert (login.username, login.secret, login.scheme, login.clear) == (
        "tim",
        Secret("tanstaaftanstaaf"),
        "plain",
        True,
    )
    assert (login.accepted, login.basis, login.mechanism) == (True, "235 after AUTH", "password")
    assert login.spans == (COMMAND, Span(Side.CLIENT, 10, 11), ANSWER)
    acting = only(logins(b"plain", (Side.CLIENT, b"Ursel\0Kurt\0xipj3plmq")))
    assert (acting.username, acting.secret) == ("Kurt", Secret("xipj3plmq"))
    assert only(logins(b"PLAIN", (Side.CLIENT, b"kim\0blank-first-field-left-out"))).username == "kim"


@pytest.mark.parametrize("message", [b"", b"tim", b"a\0b\0c\0d"])
def test_plain_of_another_shape_is_no_login(message: bytes) -> None:
    assert logins(b"PLAIN", (Side.CLIENT, message)) == []


def test_login_in_two_steps() -> None:
    steps = [
        (Side.SERVER, b"Username:"),
        (Side.CLIENT, b"anna"),
        (Side.SERVER, b"Password:"),
        (Side.CLIENT, b"s3cret \xe4"),
    ]
    login = only(logins(b"LOGIN", *steps, accepted=False))
    assert (login.username, login.secret, login.accepted) == ("anna", Secret(b"s3cret \xe4"), False)
    assert logins(b"LOGIN", *steps[:3]) == []


def test_cram_md5() -> None:
    # RFC 2195 2.
    challenge, answer = b"<1896.697170952@postoffice.reston.mci.net>", b"tim b913a602c7eda7a495b4e6e7334d3890"
    login = only(logins(b"CRAM-MD5", (Side.SERVER, challenge), (Side.CLIENT, answer)))
    assert (login.username, login.clear, login.scheme) == ("tim", False, "cram-md5")
    assert login.secret == Secret(b"$cram_md5$" + b64(challenge) + b"$" + b64(answer))
    assert logins(b"CRAM-MD5", (Side.CLIENT, b"tim not-a-digest")) == []


def test_digest_md5() -> None:
    # RFC 2831 4.
    answer = (
        b'charset=utf-8,username="chris",realm="elwood.innosoft.com",nonce="OA6MG9tEQGm2hh",nc=00000001,cnonce="OA6MHXh6VqTrRk",'
        b'digest-uri="imap/elwood.innosoft.com",response=d388dad90d4bbd760a152321f2143af7,qop=auth'
    )
    login = only(
        logins(
            b"DIGEST-MD5",
            (Side.SERVER, b'realm="elwood.innosoft.com",nonce="OA6MG9tEQGm2hh"'),
            (Side.CLIENT, answer),
            (Side.CLIENT, b""),
        )
    )
    assert (login.username, login.secret, login.clear) == ("chris", Secret(answer), False)
    assert only(logins(b"DIGEST-MD5", (Side.CLIENT, rb'username="a\"b",response=00'))).username == 'a"b'


def test_scram() -> None:
    # RFC 5802 5.
    first, server = (
        b"n,,n=user,r=fyko+d2lbbFgONRv9qkxdawL",
        b"r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,s=QSXCR+Q6sek8bf92,i=4096",
    )
    final = b"c=biws,r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,p=v0X8v3Bz2T0CJGbJQyF0X+HI4Ts="
    login = only(
        logins(
            b"SCRAM-SHA-1",
            (Side.CLIENT, first),
            (Side.SERVER, server),
            (Side.CLIENT, final),
            (Side.SERVER, b"v=rmF9pqV8S7suAoZWja4dJRkFsKQ="),
        )
    )
    assert (login.username, login.scheme, login.clear) == ("user", "scram-sha-1", False)
    assert login.secret == Secret(b"n=user,r=fyko+d2lbbFgONRv9qkxdawL," + server + b"," + final)
    assert (
        only(
            logins(b"SCRAM-SHA-256", (Side.CLIENT, b"n,,n=a=2Cb=3D,r=x"), (Side.SERVER, server), (Side.CLIENT, final))
        ).username
        == "a,b="
    )
    assert logins(b"SCRAM-SHA-1", (Side.CLIENT, first), (Side.SERVER, server)) == []


def test_bearer_tokens() -> None:
    # The XOAUTH2 form of its first users; RFC 7628 4.1.
    old = only(logins(b"XOAUTH2", (Side.CLIENT, b"user=anna@example.com\x01auth=Bearer ya29.vF9dft4\x01\x01")))
    assert (old.mechanism, old.username, old.secret, old.clear) == (
        "token",
        "anna@example.com",
        Secret("ya29.vF9dft4"),
        True,
    )
    new = only(
        logins(
            b"OAUTHBEARER",
            (
                Side.CLIENT,
                b"n,a=user@example.com,\x01host=server.example.com\x01port=143\x01auth=Bearer vF9dft4qmTc2\x01\x01",
            ),
        )
    )
    assert (new.username, new.secret) == ("user@example.com", Secret("vF9dft4qmTc2"))
    assert only(logins(b"OAUTHBEARER", (Side.CLIENT, b"n,,\x01auth=Bearer t\x01\x01"))).username is None
    assert logins(b"XOAUTH2", (Side.CLIENT, b"")) == []


def test_a_token_in_plains_place() -> None:
    for mechanism in (b"X-OAUTH2", b"X-GOOGLE-TOKEN"):
        login = only(logins(mechanism, (Side.CLIENT, b"\0anna\0ya29.vF9dft4")))
        assert (login.username, login.secret, login.mechanism, login.clear) == (
            "anna", Secret("ya29.vF9dft4"), "token", True,
        )  # fmt: skip
        assert logins(mechanism, (Side.CLIENT, b"ya29")) == []


def test_anonymous_has_no_secret() -> None:
    login = only(logins(b"ANONYMOUS", (Side.CLIENT, b"sirhc")))
    assert (login.username, login.secret) == ("anonymous", None)


def test_ntlm_is_read_by_its_own_parser_and_answered_here() -> None:
    exchange = SaslExchange(b"NTLM", COMMAND)
    assert list(exchange.response(b"NTLMSSP\0\x01\0\0\0", COMMAND)) == [
        Inner(b"NTLMSSP\0\x01\0\0\0", "ntlmssp", Side.CLIENT)
    ]
    assert list(exchange.challenge(b"NTLMSSP\0\x02\0\0\0")) == [Inner(b"NTLMSSP\0\x02\0\0\0", "ntlmssp", Side.SERVER)]
    attribute: Event = Attribute(field="ntlmssp.host", value="pc", side=Side.CLIENT)
    assert exchange.from_inner(attribute) == (attribute,)
    inner = Login(mechanism="password", username="anna", secret=Secret("0011"), scheme="ntlmv2", clear=False)
    assert exchange.from_inner(inner) == ()
    login = only(list(exchange.logins(False, "535", ANSWER)))
    assert (login.username, login.scheme, login.accepted, login.basis, login.clear) == (
        "anna",
        "ntlmv2",
        False,
        "535",
        False,
    )
    assert login.spans == (COMMAND, ANSWER)


def test_ntlm_inside_spnego_is_found_by_its_signature() -> None:
    assert [
        inner.data for inner in SaslExchange(b"GSS-SPNEGO", COMMAND).response(b"\x60\x10\x06\x02NTLMSSP\0\x01", COMMAND)
    ] == [b"NTLMSSP\0\x01"]


@pytest.mark.parametrize("mechanism", [b"EXTERNAL", b"X-UNKNOWN", b"", b"\xff" * 100])
def test_other_mechanisms_are_no_login(mechanism: bytes) -> None:
    assert logins(mechanism, (Side.CLIENT, b"\0tim\0secret")) == []


def test_what_is_stored_is_bounded() -> None:
    exchange = SaslExchange(b"PLAIN", COMMAND)
    for number in range(MESSAGES_LIMIT * 3):
        list(exchange.response(b"x" * MESSAGE_LIMIT * 2, Span(Side.CLIENT, number, number + 1)))
        list(exchange.challenge(b"y" * MESSAGE_LIMIT * 2))
    assert len(exchange.spans) <= MESSAGES_LIMIT + 1
    stored = [*exchange._ours, *exchange._theirs]
    assert len(stored) == 2 * MESSAGES_LIMIT and max(map(len, stored)) == MESSAGE_LIMIT


@pytest.mark.parametrize(
    ("text", "data"),
    [
        (b"AHRpbQ==", b"\0tim"),
        (b"AHRpbQ", b"\0tim"),
        (b" QQ== ", b"A"),
        (b"=", b""),
        (b"", b""),
        (b"A", None),
        (b"no base64!", None),
        (b"=AA=", None),
    ],
)
def test_base64(text: bytes, data: bytes | None) -> None:
    assert unbase64(text) == data


def test_a_login_without_a_secret_has_none() -> None:
    """None is no empty password."""
    assert password("x", "anna", None).secret is None
    assert password("x", "anna", b"").secret == Secret("")
    assert password("x", None, b"b", Span(Side.CLIENT, 0, 4)).spans == (Span(Side.CLIENT, 0, 4),)


@pytest.mark.parametrize(
    ("message", "found"),
    [
        (b"n,,n=anna,r=abc", True),
        (b"n,,r=abc", False),  # no name
        (b"n=anna,r=abc", False),  # no GS2 header (RFC 5802 §7)
    ],
)
def test_scram_has_a_name_behind_its_header(message: bytes, found: bool) -> None:
    exchange = SaslExchange(b"SCRAM-SHA-256", Span(Side.CLIENT, 0, 1))
    list(exchange.response(message, Span(Side.CLIENT, 1, 2)))
    list(exchange.challenge(b"r=abcdef,s=c2FsdA==,i=4096"))
    list(exchange.response(b"c=biws,r=abcdef,p=cHJvb2Y=", Span(Side.CLIENT, 2, 3)))
    assert [login.username for login in exchange.logins(True, "x", None)] == (["anna"] if found else [])


def test_logins_inside_are_held_within_a_bound() -> None:
    exchange = SaslExchange(b"NTLM", Span(Side.CLIENT, 0, 1))
    inner = Login(mechanism="ntlm", username="anna", secret=None, scheme="ntlm")
    passed = [exchange.from_inner(inner) for _ in range(9)]
    assert passed == [()] * 8 + [(inner,)]
    assert [login.accepted for login in exchange.logins(False, "x", None)] == [False] * 8


def test_who_is_logged_in_to_judges() -> None:
    for side in Side:
        exchange = SaslExchange(b"PLAIN", Span(side, 0, 1), side)
        list(exchange.response(b"\0a\0b", Span(side, 1, 2)))
        [login] = exchange.logins(True, "x", Span(side.other, 0, 3))
        assert login.verifier is side.other
        assert login.spans == (Span(side, 0, 1), Span(side, 1, 2), Span(side.other, 0, 3))


def test_the_oldest_that_no_longer_fits_is_told_without_an_answer() -> None:
    waiting = SaslExchanges()
    told: list[Login] = []
    for number in range(EXCHANGES_LIMIT + 2):
        told += waiting.begin(SaslExchange(b"PLAIN", COMMAND))
        assert not list(waiting.response(b"\0user%d\0secret" % number, COMMAND))
    assert [(login.username, login.accepted) for login in told] == [("user0", None), ("user1", None)]
    assert len(waiting) == EXCHANGES_LIMIT
    found = [list(waiting.finish(True, "235 after AUTH", ANSWER)) for _ in range(EXCHANGES_LIMIT + 2)]
    assert found[:2] == [[], []]  # the answers of those that were told already
    assert [login.username for one in found for login in one] == [f"user{n}" for n in range(2, EXCHANGES_LIMIT + 2)]
    assert not waiting and list(waiting.finish(True, "235 after AUTH", ANSWER)) == []


def test_a_challenge_that_cannot_be_read_is_answered_all_the_same() -> None:
    waiting = SaslExchanges()
    assert list(waiting.challenge(b"x")) == [] and not waiting.challenge_open
    list(waiting.begin(SaslExchange(b"LOGIN", COMMAND)))
    assert list(waiting.challenge(None)) == [] and waiting.challenge_open
    list(waiting.response(b"anna", COMMAND))
    assert not waiting.challenge_open
    list(waiting.challenge(b"Password:"))
    list(waiting.begin(SaslExchange(b"PLAIN", COMMAND)))
    assert not waiting.challenge_open  # the client did not answer it
    assert list(waiting.unanswered()) == [] and not waiting


def test_after_a_loss_one_alone_keeps_the_next_answer() -> None:
    waiting = SaslExchanges()
    assert list(waiting.lost()) == []
    list(waiting.begin(SaslExchange(b"PLAIN", COMMAND)))
    list(waiting.response(b"\0a\0b", COMMAND))
    assert list(waiting.lost()) == []
    [login] = waiting.finish(False, "535 after AUTH", ANSWER)
    assert (login.username, login.accepted, login.basis) == ("a", False, "535 after AUTH PLAIN")


@pytest.mark.parametrize(
    ("mechanism", "wraps"),
    [(b"NTLM", True), (b"GSS-SPNEGO", True), (b"gssapi", True), (b"PLAIN", False), (b"SCRAM-SHA-1", False)],
)
@pytest.mark.parametrize("side", Side)
def test_mechanisms_that_carry_ntlm(mechanism: bytes, wraps: bool, side: Side) -> None:
    """RFC 4752 (GSSAPI), RFC 4178 (SPNEGO) and NTLM itself; another mechanism's message may hold any bytes."""
    message = b"NTLMSSP\0\x03\0\0\0"
    exchange = SaslExchange(mechanism, COMMAND, side)
    wanted = [(message, "ntlmssp")] if wraps else []
    for wrapping in (b"", b"\x60\x1e\x06\x06"):
        theirs, ours = exchange.challenge(wrapping + message), exchange.response(wrapping + message, COMMAND)
        assert [(one.data, one.protocol, one.side) for one in theirs] == [(*one, side.other) for one in wanted]
        assert [(one.data, one.protocol, one.side) for one in ours] == [(*one, side) for one in wanted]
