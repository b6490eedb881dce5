"""RADIUS packets: RFC 2865's examples (clause 7), others built from RFC 2548 and RFC 3579."""

from __future__ import annotations

import pytest

from sensor.events import Attribute, Inner, Login, Span
from sensor.model import Secret, Transport
from sensor.parsing.parser import Match, Opening
from sensor.protocols.radius import Radius, recognise
from tests.conversation import C, S, converse, events
from tests.protocols import openings

# RFC 2865, 7.1: nemo logs in with User-Password, and is let in.
TELNET = bytes.fromhex(
    "010000380f403f9473978057bd83d5cb98f4227a01066e656d6f02120dbe708d93d413ce3196e43f782a0aee0406c0a80110050600000003"
)
ACCEPT = bytes.fromhex("0200002686fe220e7624ba2a1005f6bf9b55e0b20606000000010f06000000000e06c0a80103")
# RFC 2865, 7.2: flopsy with CHAP.
CHAP = bytes.fromhex(
    "010100472aee86f08d0d55969ca5978e0d3367a20108666c6f707379031316e97557c316185895f293ff63440772750406c0a80110"
    "050600000014060600000002070600000001"
)


def packet(
    code: int, identifier: int, *attributes: tuple[int, bytes], authenticator: bytes = bytes(range(16))
) -> bytes:
    body = b"".join(bytes([kind, len(value) + 2]) + value for kind, value in attributes)
    return bytes([code, identifier]) + (20 + len(body)).to_bytes(2, "big") + authenticator + body


def microsoft(kind: int, value: bytes) -> tuple[int, bytes]:
    return 26, (311).to_bytes(4, "big") + bytes([kind, len(value) + 2]) + value


def test_user_password_of_the_rfc() -> None:
    assert converse(Radius, [(C, TELNET), (C, TELNET), (S, ACCEPT)]) == [
        Login(
            mechanism="password",
            username="nemo",
            secret=Secret("0f403f9473978057bd83d5cb98f4227a:0dbe708d93d413ce3196e43f782a0aee"),
            scheme="radius-pap",
            clear=False,
            accepted=True,
            basis="Access-Accept to the request",
            spans=(Span(C, 0, 1), Span(S, 0, 1)),
        )
    ]


def test_chap_of_the_rfc() -> None:
    # Without a CHAP-Challenge the authenticator is the challenge (RFC 2865, 5.3).
    (login,) = events(converse(Radius, [(C, CHAP)]), Login)
    assert isinstance(login, Login)
    assert (login.username, login.scheme) == ("flopsy", "radius-chap")
    assert login.secret == Secret("2aee86f08d0d55969ca5978e0d3367a2:16e97557c316185895f293ff6344077275")


@pytest.mark.parametrize(
    ("code", "accepted", "basis"),
    [(3, False, "Access-Reject to the request"), (11, None, "Access-Challenge to the request")],
)
def test_other_answers(code: int, accepted: bool | None, basis: str) -> None:
    (login,) = events(converse(Radius, [(C, TELNET), (S, packet(code, 0))]), Login)
    assert (login.accepted, login.basis) == (accepted, basis)  # type: ignore[attr-defined]


def test_without_an_answer() -> None:
    other = packet(1, 0, (1, b"anna"), (2, bytes(range(32, 48))), authenticator=b"\x55" * 16)
    output = events(converse(Radius, [(C, TELNET), (C, other)]), Login)
    assert [(e.username, e.accepted) for e in output] == [("nemo", None), ("anna", None)]  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("attributes", "scheme", "secret"),
    [
        (((3, bytes(17)),), "radius-chap", bytes(range(16)).hex() + ":" + bytes(17).hex()),
        (((60, b"\xaa" * 16), (3, bytes(17))), "radius-chap", "aa" * 16 + ":" + bytes(17).hex()),
        ((microsoft(11, b"\xbb" * 8), microsoft(1, b"\x01" * 50)), "mschap", "bb" * 8 + ":" + "01" * 50),
        ((microsoft(11, b"\xcc" * 16), microsoft(25, b"\x02" * 50)), "mschapv2", "cc" * 16 + ":" + "02" * 50),
    ],
)
def test_challenges(attributes: tuple[tuple[int, bytes], ...], scheme: str, secret: str) -> None:
    (login,) = events(converse(Radius, [(C, packet(1, 7, (1, b"anna"), *attributes)), (S, packet(2, 7))]), Login)
    assert isinstance(login, Login)
    assert (login.username, login.scheme, login.secret, login.accepted) == ("anna", scheme, Secret(secret), True)


def test_eap_md5_in_parts() -> None:
    challenge, response = bytes(range(16)), bytes(range(0x20, 0x30))
    request = b"\1\2\0\x16\4\x10" + challenge
    answered = b"\2\2\0\x16\4\x10" + response
    script = [
        (C, packet(1, 1, (1, b"anna"), (79, b"\2\1\0\x09\1anna"))),
        (S, packet(11, 1, (79, request[:10]), (79, request[10:]))),
        (C, packet(1, 2, (1, b"anna"), (79, answered))),
        (S, packet(2, 2, (79, b"\3\2\0\4"))),
    ]
    (login,) = events(converse(Radius, script), Login)
    assert isinstance(login, Login)
    assert (login.username, login.scheme, login.secret) == (
        "anna",
        "eap-md5",
        Secret(f"{response.hex()}:{challenge.hex()}:02"),
    )
    assert (login.accepted, login.spans) == (True, (Span(S, 0, 1), Span(C, 1, 2), Span(S, 1, 2)))


def test_tls_inside_eap() -> None:
    request = packet(1, 2, (1, b"anna"), (79, b"\2\7\0\x09\x19\0\x16\3\1"))
    answer = packet(11, 2, (79, b"\1\x08\0\x0a\x19\0more"))
    assert [item for item in converse(Radius, [(C, request), (S, answer)]) if isinstance(item, Inner)] == [
        Inner(b"\x16\3\1", "tls", C, 1),
        Inner(b"more", "tls", S, 1),
    ]


def test_a_name_without_a_password_is_reported_once() -> None:
    accounting = packet(4, 1, (1, b"anna"), (40, b"\0\0\0\1"))
    identity = packet(1, 2, (1, b"anna"), (79, b"\2\1\0\x09\1anna"))
    script = [(C, accounting), (S, packet(5, 1)), (C, identity), (S, packet(11, 2))]
    assert converse(Radius, script) == [Attribute(field="radius.user", value="anna", side=C)]
    assert converse(Radius, [(C, packet(4, 1, (40, b"\0\0\0\1")))], damage=False) == []


def test_recognised() -> None:
    def opening(data: bytes) -> Opening:
        return Opening(data, b"", 50000, 21812, Transport.UDP)

    assert recognise(opening(TELNET)) is Match.SURE
    assert recognise(opening(packet(3, 1))) is Match.WEAK
    dns = b"\1\0\0\x1d\0\1\0\0\0\0\0\0\7example\3com\0\0\1\0\1"
    for lure in (b"", dns, TELNET[:-1], TELNET + b"x", b"\x99" + TELNET[1:], packet(1, 1, (1, b"x"))[:-2] + b"\1\1"):
        assert recognise(opening(lure)) is Match.NO


def test_attributes_that_fill_the_datagram_of_either_end() -> None:
    """RFC 2865 §3: twenty bytes, then attributes of two bytes at least."""
    request = bytes([1, 7, 0, 26]) + bytes(range(16)) + b"\1\6anna"
    openings.datagram(recognise, request, away=Match.SURE, counts={0: 9, 21: 1})
    empty = bytes([1, 7, 0, 22]) + bytes(range(16)) + b"\x20\2"
    openings.datagram(recognise, empty, away=Match.SURE)
    status = bytes([2, 7, 0, 20]) + bytes(range(16))
    openings.datagram(recognise, status, found=Match.WEAK)
    openings.datagram(recognise, bytes([2, 7, 0, 26]) + bytes(16) + b"\1\6anna", found=Match.WEAK)


def test_the_codes_of_the_protocol() -> None:
    """RFC 2865 §3, RFC 5176 §2.3."""
    codes = {1, 2, 3, 4, 5, 11, 12, 13, 40, 41, 42, 43, 44, 45}
    openings.values(recognise, TELNET, {0: (codes, set(range(256)) - codes)}, udp=True)
