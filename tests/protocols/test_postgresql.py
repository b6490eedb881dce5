"""PostgreSQL start-ups from the documentation: ways of authentication, TLS, refusals, open use."""

from __future__ import annotations

import pytest

from sensor.events import Access, Attribute, Enough, Inner, Login, Span, Upgrade
from sensor.model import Secret, Transport
from sensor.parsing.parser import Match, Opening
from sensor.protocols.postgresql import Postgresql, recognise
from tests.conversation import C, Run, S, converse, events
from tests.protocols import openings
from tests.protocols.logins import CHECKS, Check, Dialogue


def startup(user: bytes = b"anna") -> bytes:
    body = b"\0\3\0\0" + b"user\0" + user + b"\0database\0shop\0\0"
    return (len(body) + 4).to_bytes(4, "big") + body


def message(kind: bytes, body: bytes) -> bytes:
    return kind + (len(body) + 4).to_bytes(4, "big") + body


def request(kind: int, body: bytes = b"") -> bytes:
    return message(b"R", kind.to_bytes(4, "big") + body)


SSL_REQUEST = bytes.fromhex("0000000804d2162f")
READY = message(b"S", b"server_version\x0015.6\0") + message(b"Z", b"I")


def error(code: bytes) -> bytes:
    return message(b"E", b"SFATAL\0C" + code + b"\0Mno\0\0")


@pytest.mark.parametrize(
    ("answer", "accepted", "basis"),
    [
        (request(0) + READY, True, "AuthenticationOk after password"),
        (error(b"28P01"), False, "ErrorResponse 28P01"),
        (error(b"3D000"), None, "ErrorResponse 3D000"),
    ],
)
def test_cleartext(answer: bytes, accepted: bool | None, basis: str) -> None:
    sent = message(b"p", b"s3cret\0")
    auth_request = request(3)
    output = converse(
        Postgresql, [(C, startup()), (S, auth_request), (C, sent), (S, answer), (C, message(b"Q", b"SELECT 1\0"))]
    )
    first = len(answer) if accepted is not True else len(request(0))
    login = Login(
        mechanism="password",
        username="anna",
        secret=Secret("s3cret"),
        scheme="password",
        accepted=accepted,
        basis=basis,
        spans=(
            Span(C, 0, len(startup())),
            Span(C, len(startup()), len(startup()) + len(sent)),
            Span(S, len(auth_request), len(auth_request) + first),
        ),
    )
    version = [Attribute(field="postgresql.version", value="15.6", side=S)] if accepted else []
    assert output == [login, *version, Enough()]


def test_md5() -> None:
    # Response = md5(md5(password + user) + salt), by the documentation; the parser tells it, user and salt.
    digest = b"0123456789abcdef0123456789abcdef"
    script = [
        (C, startup()),
        (S, request(5, b"\x01\x02\x03\x04")),
        (C, message(b"p", b"md5" + digest + b"\0")),
        (S, request(0) + READY),
    ]
    (login,) = events(converse(Postgresql, script), Login)
    assert isinstance(login, Login)
    assert login.secret == Secret(b"$postgres$anna*01020304*" + digest)
    assert (login.scheme, login.clear, login.accepted) == ("md5", False, True)


def test_scram() -> None:
    # RFC 7677, clause 3, with the empty user name that libpq sends.
    bare = b"n=,r=rOprNGfwEbeRWgbNEkqO"
    server = b"r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096"
    final = (
        b"c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ="
    )
    first = b"n,," + bare
    script = [
        (C, startup()),
        (S, request(10, b"SCRAM-SHA-256\0\0")),
        (C, message(b"p", b"SCRAM-SHA-256\0" + len(first).to_bytes(4, "big") + first)),
        (S, request(11, server)),
        (C, message(b"p", final)),
        (S, request(12, b"v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=") + request(0) + READY),
    ]
    (login,) = events(converse(Postgresql, script), Login)
    assert isinstance(login, Login)
    assert login.secret == Secret(b",".join((bare, server, final)))
    assert (login.username, login.scheme, login.clear, login.accepted) == ("anna", "scram-sha-256", False, True)


def test_sspi_hands_ntlm_inside() -> None:
    run = Run(Postgresql())
    token = b"NTLMSSP\0\1" + bytes(24)
    run.feed(C, startup())
    run.feed(S, request(9))
    run.feed(C, message(b"p", token))
    assert run.parsed == [Inner(token, "ntlmssp", C)]


def test_use_without_a_password() -> None:
    output = converse(Postgresql, [(C, startup()), (S, request(0) + READY)])
    assert events(output, Access) == [
        Access(
            resource="postgresql",
            action="connect",
            granted=True,
            control=True,
            spans=(Span(C, 0, len(startup())), Span(S, 0, 9)),
        )
    ]
    (refused,) = events(converse(Postgresql, [(C, startup()), (S, error(b"28000"))]), Access)
    assert refused.granted is False  # type: ignore[attr-defined]


def test_encryption_requested() -> None:
    assert converse(Postgresql, [(C, SSL_REQUEST), (S, b"S"), (C, b"\x16\x03\x01\x02\x00")]) == [Upgrade("tls")]
    refused = [
        (C, SSL_REQUEST),
        (S, b"N"),
        (C, startup()),
        (S, request(3)),
        (C, message(b"p", b"s3cret\0")),
        (S, request(0)),
    ]
    (login,) = events(converse(Postgresql, refused), Login)
    assert (login.secret, login.accepted) == (Secret("s3cret"), True)  # type: ignore[attr-defined]
    assert converse(Postgresql, [(C, bytes.fromhex("0000000804d21630")), (S, b"G"), (C, bytes(40))]) == [Enough()]


def test_unanswered_password() -> None:
    (login,) = events(converse(Postgresql, [(C, startup()), (S, request(3)), (C, message(b"p", b"s3cret\0"))]), Login)
    assert (login.accepted, login.basis) == (None, None)  # type: ignore[attr-defined]


def test_lures() -> None:
    # A password message nobody asked for, a cancel request, a query that begins the capture.
    assert not events(converse(Postgresql, [(C, startup()), (C, message(b"p", b"s3cret\0"))], damage=False), Login)
    assert converse(Postgresql, [(C, bytes.fromhex("0000001004d2162e0000000100000002"))]) == [Enough()]
    assert converse(Postgresql, [(C, message(b"Q", b"SELECT 'password'\0"))]) == [Enough()]


def opening(client: bytes, server: bytes = b"", port: int = 15432) -> Opening:
    return Opening(client, server, 50000, port, Transport.TCP)


def test_recognised() -> None:
    assert recognise(opening(SSL_REQUEST)) is Match.SURE
    assert recognise(opening(startup())) is Match.SURE
    assert recognise(opening(startup()[:6])) is Match.MORE
    assert recognise(opening(SSL_REQUEST[:3])) is Match.MORE
    assert recognise(opening(message(b"p", b"s3cret\0"), port=5432)) is Match.WEAK
    assert recognise(opening(b"", request(3), port=5432)) is Match.WEAK
    assert recognise(opening(message(b"p", b"s3cret\0"))) is Match.NO
    for lure in (
        b"",
        bytes(64),
        b"\0\0\0\x20ftypisom" + bytes(16),
        b"\0\0\0\x54\xffSMB",
        b"\x16\x03\x01\x02\x00",
        b"\0\0\0\x20\0\3\0\0\0\0\0\0",
    ):
        assert recognise(opening(lure)) is Match.NO


DIALOGUE = Dialogue(
    Postgresql,
    lambda user, secret: [
        (C, startup(user.encode())),
        (S, request(3)),
        (C, message(b"p", secret.encode() + b"\0")),
    ],
    accepted=request(0),
    refused=error(b"28P01"),
    undecided=(error(b"3D000"),),
    again=False,
    pipelined=False,
    resumes=False,
)
"""The documentation, 55.2.1."""


@pytest.mark.parametrize("check", CHECKS)
def test_logins_whatever_happens(check: Check) -> None:
    check(DIALOGUE)


def test_openings_cut_anywhere() -> None:
    """Message formats: SSLRequest, GSSENCRequest, StartupMessage of version 3.0 with its first parameter."""
    for code in (80877103, 80877104):
        openings.stream(recognise, b"\0\0\0\x08" + code.to_bytes(4, "big"), sure=8)
    body = b"\0\3\0\0user\0anna\0\0"
    startup = (4 + len(body)).to_bytes(4, "big") + body
    for size in range(1, len(startup) + 1):
        found = recognise(openings.of(startup[:size]))
        assert found is (Match.SURE if size >= 12 else Match.WEAK if size >= 9 else Match.MORE), size
    for place, value in ((4, 1), (5, 2), (6, 1), (8, 0x60), (8, 0x7B), (2, 0x40), (3, 8)):
        assert recognise(openings.of(startup[:place] + bytes([value]) + startup[place + 1 :])) is Match.NO
    assert recognise(openings.of(startup[:7] + b"\2" + startup[8:])) is Match.SURE  # 3.2


def test_a_login_in_the_middle_is_weak_on_its_port() -> None:
    for data, server in ((b"p\0\0\0\x0bsecret\0", False), (b"R\0\0\0\x08\0\0\0\0", True)):
        assert recognise(openings.of(data, 5432, server=server)) is Match.WEAK
        assert recognise(openings.of(data, server=server)) is Match.NO
    assert recognise(openings.of(b"q\0\0\0", 5432)) is Match.NO
    assert recognise(openings.of(b"R\0\0\0\x08", 5432, server=True, answer=b"x")) is Match.NO
