"""OPC UA chunks by OPC 10000-6, clauses 5.2 and 7.1, and ActivateSession by OPC 10000-4, 5.6.3."""

from __future__ import annotations

import pytest

from sensor.events import Access, Enough, Login, Span
from sensor.model import Secret, Transport
from sensor.parsing.cursor import Malformed
from sensor.parsing.parser import Match, Opening
from sensor.protocols.opcua import OpcUa, recognise
from tests.conversation import C, S, converse, events
from tests.protocols import openings
from tests.protocols.logins import CHECKS, Check, Dialogue


def number(value: int) -> bytes:
    return value.to_bytes(4, "little")


def string(value: bytes | None) -> bytes:
    return number(0xFFFFFFFF) if value is None else number(len(value)) + value


def chunk(kind: bytes, body: bytes) -> bytes:
    return kind + number(8 + len(body)) + body


def node(value: int) -> bytes:
    return b"\1\0" + value.to_bytes(2, "little")


def extension(kind: int, body: bytes) -> bytes:
    return node(kind) + b"\1" + number(len(body)) + body


HELLO = chunk(b"HELF", bytes(20) + string(b"opc.tcp://plc.example:4840"))


def open_channel(policy: bytes = b"None") -> bytes:
    return chunk(
        b"OPNF",
        bytes(4)
        + string(b"http://opcfoundation.org/UA/SecurityPolicy#" + policy)
        + string(None)
        + string(None)
        + bytes(30),
    )


def message(service: int, body: bytes, request: int = 9) -> bytes:
    return chunk(b"MSGF", number(1) + number(2) + number(3) + number(request) + node(service) + body)


def activate(token: bytes) -> bytes:
    header = (
        b"\5\1\0" + string(b"session") + bytes(8) + number(77) + number(0) + string(None) + number(5000) + b"\0\0\0"
    )
    return message(
        467,
        header
        + string(None)
        + string(None)
        + number(0xFFFFFFFF)
        + number(1)
        + string(b"en")
        + token
        + string(None)
        + string(None),
    )


def user(password: bytes = b"s3cret", algorithm: bytes | None = None) -> bytes:
    return extension(324, string(b"user_policy") + string(b"anna") + string(password) + string(algorithm))


def response(result: int, service: int = 470) -> bytes:
    return message(service, bytes(8) + number(77) + number(result) + bytes(6))


def signed(sent: bytes, signature: bytes) -> bytes:
    """A message of the mode Sign: the same with a signature behind it (OPC 10000-6, clause 6.7.2)."""
    return chunk(sent[:4], sent[8:] + signature)


@pytest.mark.parametrize(
    ("result", "service", "accepted", "basis"),
    [
        (0, 470, True, "ActivateSession 00000000"),
        (0x801F0000, 397, False, "ActivateSession 801f0000 BadUserAccessDenied"),
        (0x80010000, 397, None, "ActivateSession 80010000"),
    ],
)
def test_user_name(result: int, service: int, accepted: bool | None, basis: str) -> None:
    sent, answer = activate(user()), response(result, service)
    output = converse(
        OpcUa,
        [(C, HELLO), (S, chunk(b"ACKF", bytes(20))), (C, open_channel()), (S, open_channel()), (C, sent), (S, answer)],
    )
    (login,) = events(output, Login)
    assert isinstance(login, Login)
    assert (login.username, login.secret, login.clear, login.accepted, login.basis) == (
        "anna",
        Secret("s3cret"),
        True,
        accepted,
        basis,
    )
    before_c, before_s = len(HELLO) + len(open_channel()), 28 + len(open_channel())
    assert login.spans == (Span(C, before_c, before_c + len(sent)), Span(S, before_s, before_s + len(answer)))
    assert (Enough() in output) is (accepted is True)


def test_anonymous() -> None:
    output = converse(OpcUa, [(C, open_channel()), (C, activate(extension(321, string(b"anon")))), (S, response(0))])
    (access,) = events(output, Access)
    assert (access.resource, access.granted, access.control) == ("opcua", True, True)  # type: ignore[attr-defined]


def test_what_is_encrypted_stays_silent() -> None:
    sealed = activate(user(bytes(256), b"http://www.w3.org/2001/04/xmlenc#rsa-oaep"))
    assert converse(OpcUa, [(C, open_channel()), (C, sealed), (S, response(0))], damage=False) == [Enough()]
    encrypted = chunk(b"MSGF", number(1) + number(2) + bytes(range(80, 180)))
    assert converse(OpcUa, [(C, HELLO), (C, open_channel(b"Basic256Sha256")), (C, encrypted)]) == [Enough()]


@pytest.mark.parametrize(("result", "service", "accepted"), [(0, 470, True), (0x80210000, 397, False)])
def test_a_channel_that_only_signs_is_read(result: int, service: int, accepted: bool) -> None:
    signature = bytes(range(200, 232))
    script = [
        (C, HELLO + open_channel(b"Basic256Sha256")),
        (C, signed(message(461, bytes(40)), signature)),
        (C, signed(activate(user()), signature)),
        (S, signed(response(result, service), signature)),
    ]
    (login,) = events(converse(OpcUa, script), Login)
    assert isinstance(login, Login)
    assert (login.username, login.secret, login.accepted) == ("anna", Secret("s3cret"), accepted)


def test_unanswered() -> None:
    (login,) = events(converse(OpcUa, [(C, open_channel()), (C, activate(user()))], damage=False), Login)
    assert login.accepted is None  # type: ignore[attr-defined]


def test_recognised() -> None:
    def opening(data: bytes) -> Opening:
        return Opening(data, b"", 50000, 53530, Transport.TCP)

    assert recognise(opening(HELLO)) is Match.SURE
    assert recognise(opening(open_channel())) is Match.SURE
    assert recognise(opening(b"HEL")) is Match.MORE
    for lure in (b"", b"HELO mail.example.com\r\n", b"HELP\r\n", b"HELF\xff\xff\xff\xff", b"MSGF" + bytes(20)):
        assert recognise(opening(lure)) is Match.NO


def test_an_opening_cut_anywhere() -> None:
    """Part 6, 7.1.2: eight bytes of header; a hello has 32 bytes and an address of at most 4096."""
    hello = b"HELF" + (60).to_bytes(4, "little") + bytes(52)
    openings.stream(recognise, hello, sure=8)
    for size, match in ((31, Match.NO), (32, Match.SURE), (4128, Match.SURE), (4129, Match.NO)):
        assert recognise(openings.of(b"HELF" + size.to_bytes(4, "little") + bytes(30))) is match
    assert recognise(openings.of(b"HELX" + bytes(40))) is Match.NO


def test_only_the_client_activates_and_only_the_server_answers() -> None:
    token = extension(324, string(b"0") + string(b"anna") + string(b"s3cret") + string(None))
    for script, found in (
        ([(C, HELLO), (C, open_channel()), (S, activate(token))], []),
        ([(C, HELLO), (C, open_channel()), (C, activate(token)), (C, message(470, bytes(12) + number(0)))], [None]),
    ):
        assert [item.accepted for item in events(converse(OpcUa, script), Login)] == found


def activation(name: str, secret: str) -> bytes:
    token = string(b"user_policy") + string(name.encode()) + string(secret.encode()) + string(None)
    return activate(extension(324, token))


DIALOGUE = Dialogue(
    OpcUa,
    lambda user, secret: [(C, activation(user, secret))],
    accepted=response(0),
    refused=response(0x80210000, 397),
    undecided=(response(0x80020000, 397),),
    opening=[(C, HELLO), (C, open_channel())],
    resumes=False,
    evident=True,  # by its number
)
"""OPC 10000-4, 5.6.3: BadIdentityTokenRejected, BadInternalError."""


@pytest.mark.parametrize("check", CHECKS)
def test_logins_whatever_happens(check: Check) -> None:
    check(DIALOGUE)


@pytest.mark.parametrize(
    "node",
    [
        b"\0\5", b"\1\0\5\0", b"\2\0\0\5\0\0\0", b"\3\0\0" + string(b"session"), b"\4\0\0" + bytes(16),
        b"\5\0\0" + string(b"id"),
    ],
)  # fmt: skip
def test_every_form_of_a_session_s_token(node: bytes) -> None:
    """OPC 10000-6, 5.2.2.9: two bytes, four, a number, a text, a GUID, bytes."""
    sent = activate(user())
    old = b"\5\1\0" + string(b"session")
    changed = sent[8:].replace(old, node, 1)
    output = converse(
        OpcUa, [(C, HELLO), (C, open_channel()), (C, chunk(b"MSGF", changed)), (S, response(0))], damage=False
    )
    (login,) = events(output, Login)
    assert isinstance(login, Login) and (login.username, login.accepted) == ("anna", True)


def test_an_unknown_form_of_a_token_ends_it() -> None:
    changed = activate(user())[8:].replace(b"\5\1\0" + string(b"session"), b"\6\0\0" + bytes(8), 1)
    with pytest.raises(Malformed):
        converse(OpcUa, [(C, HELLO), (C, open_channel()), (C, chunk(b"MSGF", changed))], damage=False)
