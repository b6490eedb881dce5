"""RFB handshakes from RFC 6143 and rfbproto: versions, no security, Tight, VeNCrypt, refusals."""

from __future__ import annotations

import pytest

from sensor.events import Access, Attribute, Enough, Login, Span, Upgrade
from sensor.model import Secret, Transport
from sensor.parsing.parser import Match, Opening
from sensor.protocols.rfb import Rfb, recognise
from tests.conversation import C, S, converse, events
from tests.protocols import openings

CHALLENGE, RESPONSE = bytes(range(16)), bytes(range(0x40, 0x50))
OK, FAILED = bytes(4), b"\0\0\0\1"
SESSION = (800).to_bytes(2, "big") + (600).to_bytes(2, "big") + bytes(16) + (4).to_bytes(4, "big") + b"desk"
SECRET = Secret("$vnc$*000102030405060708090a0b0c0d0e0f*404142434445464748494a4b4c4d4e4f")


def version(minor: int) -> bytes:
    return b"RFB 003.%03d\n" % minor


def security(minor: int, kind: int) -> list[tuple[object, bytes]]:
    if minor < 7:
        return [(S, version(8)), (C, version(minor)), (S, kind.to_bytes(4, "big"))]
    return [(S, version(8)), (C, version(minor)), (S, b"\2" + bytes([kind, 30])), (C, bytes([kind]))]


@pytest.mark.parametrize("minor", [3, 5, 7, 8])
@pytest.mark.parametrize(
    ("result", "accepted", "basis"), [(OK, True, "SecurityResult 0"), (FAILED, False, "SecurityResult 1")]
)
def test_challenge(minor: int, result: bytes, accepted: bool, basis: str) -> None:
    tail = result if accepted else result + b"\0\0\0\2no"
    script = [*security(minor, 2), (S, CHALLENGE), (C, RESPONSE), (S, tail), (C, b"\1"), (S, SESSION)]
    before_s = 12 + (4 if minor < 7 else 3)
    before_c = 12 + (0 if minor < 7 else 1)
    login = Login(
        mechanism="password",
        username=None,
        secret=SECRET,
        scheme="vnc",
        clear=False,
        accepted=accepted,
        basis=basis,
        spans=(
            Span(S, before_s, before_s + 16),
            Span(C, before_c, before_c + 16),
            Span(S, before_s + 16, before_s + 20),
        ),
    )
    output = converse(Rfb, script)  # type: ignore[arg-type]
    assert output == (
        [login, Attribute(field="rfb.name", value="desk", side=S), Enough()] if accepted else [login, Enough()]
    )


@pytest.mark.parametrize("minor", [3, 7, 8])
def test_no_security(minor: int) -> None:
    script = [*security(minor, 1), *([(S, OK)] if minor == 8 else []), (C, b"\1"), (S, SESSION)]
    (access,) = events(converse(Rfb, script), Access)  # type: ignore[arg-type]
    assert isinstance(access, Access)
    assert (access.resource, access.action, access.granted, access.control) == ("rfb", "connect", True, True)


def test_no_security_refused() -> None:
    (access,) = events(converse(Rfb, [*security(8, 1), (S, FAILED + b"\0\0\0\2no")]), Access)  # type: ignore[list-item]
    assert access.granted is False  # type: ignore[attr-defined]


def test_login_without_a_result() -> None:
    (login,) = events(converse(Rfb, [*security(8, 2), (S, CHALLENGE), (C, RESPONSE)]), Login)  # type: ignore[list-item]
    assert (login.accepted, login.basis) == (None, None)  # type: ignore[attr-defined]


def test_server_refuses_to_talk() -> None:
    assert converse(Rfb, [(S, version(8)), (C, version(8)), (S, b"\0\0\0\0\x04busy")]) == [Enough()]


def capability(code: int, name: bytes) -> bytes:
    return code.to_bytes(4, "big") + b"STDV" + name


def test_tight() -> None:
    script = [
        *security(8, 16),
        (S, b"\0\0\0\1" + capability(0, b"NOTUNNEL")),
        (C, bytes(4)),
        (S, b"\0\0\0\1" + capability(2, b"VNCAUTH_")),
        (C, b"\0\0\0\2"),
        (S, CHALLENGE),
        (C, RESPONSE),
        (S, OK),
    ]
    (login,) = events(converse(Rfb, script), Login)  # type: ignore[arg-type]
    assert (login.secret, login.accepted) == (SECRET, True)  # type: ignore[attr-defined]
    unlocked = [*security(8, 16), (S, bytes(4)), (S, bytes(4)), (S, OK)]
    assert [e.granted for e in events(converse(Rfb, unlocked), Access)] == [True]  # type: ignore[attr-defined,arg-type]


def vencrypt(kind: int) -> list[tuple[object, bytes]]:
    return [
        *security(8, 19),
        (S, b"\0\2"),
        (C, b"\0\2"),
        (S, b"\0\2" + (256).to_bytes(4, "big") + (262).to_bytes(4, "big")),
        (C, kind.to_bytes(4, "big")),
    ]


def test_vencrypt_plain() -> None:
    script = [*vencrypt(256), (C, b"\0\0\0\4\0\0\0\6annas3cret"), (S, OK)]
    (login,) = events(converse(Rfb, script), Login)  # type: ignore[arg-type]
    assert isinstance(login, Login)
    assert (login.username, login.secret, login.clear, login.accepted) == ("anna", Secret("s3cret"), True, True)


def test_vencrypt_tls() -> None:
    assert converse(Rfb, [*vencrypt(262), (S, b"\1"), (C, b"\x16\x03\x01\x02\x00")]) == [Upgrade("tls")]  # type: ignore[list-item]


@pytest.mark.parametrize("kind", [5, 30, 113])
def test_encrypted_types_are_left_alone(kind: int) -> None:
    assert converse(Rfb, [*security(8, kind), (S, bytes(64))]) == [Enough()]  # type: ignore[list-item]


def test_proprietary_version() -> None:
    assert converse(Rfb, [(S, b"RFB 005.000\n"), (C, b"RFB 005.000\n"), (S, bytes(64))]) == [Enough()]


def test_all_of_the_client_at_once() -> None:
    script = [(C, version(8) + b"\2" + RESPONSE + b"\1"), (S, version(8) + b"\1\2" + CHALLENGE + OK + SESSION)]
    assert [type(e) for e in converse(Rfb, script)] == [Login, Attribute, Enough]


def opening(server: bytes) -> Opening:
    return Opening(b"", server, 50000, 45900, Transport.TCP)


def test_recognised() -> None:
    assert recognise(opening(b"RFB 003.008\n")) is Match.SURE
    assert recognise(opening(b"RFB 003.889\n")) is Match.SURE
    assert recognise(opening(b"RFB 0")) is Match.MORE
    for lure in (b"", b"RFC 003.008\n", b"RFB server here", b"220 RFB 003.008\n"):
        assert recognise(opening(lure)) is Match.NO


def test_a_version_cut_anywhere() -> None:
    """RFC 6143 §7.1.1: twelve bytes."""
    openings.stream(recognise, b"RFB 003.008\n", sure=12, server=True)
    for bad in (b"RFB 003x008\n", b"RFB 003.008 ", b"RFB 0a3.008\n", b"RFC 003.008\n"):
        assert recognise(openings.of(bad, server=True)) is Match.NO


def test_tight_may_lead_to_vencrypt_or_nowhere() -> None:
    """rfbproto, "Tight Security Type": the codes are those of the security types."""
    for code, last in ((19, Upgrade("tls")), (16, Enough()), (5, Enough()), (3, Enough())):
        script = [
            *security(8, 16), (S, bytes(4)), (S, b"\0\0\0\1" + capability(code, b"SOMEAUTH")),
            (C, code.to_bytes(4, "big")), (S, b"\0\2"), (C, b"\0\2"),
            (S, b"\0\1" + (262).to_bytes(4, "big")), (C, (262).to_bytes(4, "big")), (S, b"\1"),
        ]  # fmt: skip
        assert converse(Rfb, script, damage=False)[-1] == last  # type: ignore[arg-type]


@pytest.mark.parametrize(("chosen", "goes"), [(b"\0\2", True), (b"\0\1", False), (b"\0\3", False)])
def test_versions_of_vencrypt(chosen: bytes, goes: bool) -> None:
    script = vencrypt(262)
    script = [*script[:-3], (C, chosen), *script[-2:], (S, b"\1")]
    assert (converse(Rfb, script, damage=False)[-1] == Upgrade("tls")) is goes  # type: ignore[arg-type]


def test_a_tunnel_is_left_alone() -> None:
    script = [*security(8, 16), (S, b"\0\0\0\1" + capability(9, b"TUNNEL__")), (C, b"\0\0\0\x09"), (S, bytes(8))]
    assert converse(Rfb, script, damage=False) == [Enough()]  # type: ignore[arg-type]
