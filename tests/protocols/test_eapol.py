"""EAPOL frames by IEEE 802.1X clause 11 with EAP-MD5 (RFC 3748, clause 5.4); key frames."""

from __future__ import annotations

import pytest

from sensor.events import Attribute, Inner, Login, Span
from sensor.model import Secret, Transport
from sensor.protocols.eapol import PROTOCOL, Eapol
from tests.conversation import C, S, converse
from tests.protocols import openings

CHALLENGE, RESPONSE = bytes(range(16)), bytes(range(0x20, 0x30))


def frame(code: int, identifier: int, body: bytes, kind: int = 0) -> bytes:
    packet = bytes([code, identifier]) + (4 + len(body)).to_bytes(2, "big") + body
    return bytes([1, kind]) + len(packet).to_bytes(2, "big") + packet + bytes(20)


def test_tls_inside() -> None:
    script = [(S, frame(1, 2, b"\x0d\x20")), (C, frame(2, 2, b"\x0d\0\x16\3\1")), (S, frame(1, 3, b"\x0d\0more"))]
    assert converse(Eapol, script) == [Inner(b"\x16\3\1", "tls", C), Inner(b"more", "tls", S)]


@pytest.mark.parametrize(
    ("code", "accepted", "basis"), [(3, True, "EAP Success"), (4, False, "EAP Failure"), (None, None, None)]
)
def test_md5(code: int | None, accepted: bool | None, basis: str | None) -> None:
    script = [
        (C, b"\1\1\0\0"),
        (S, frame(1, 1, b"\1")),
        (C, frame(2, 1, b"\1anna")),
        (S, frame(1, 2, b"\4\x10" + CHALLENGE)),
        (C, frame(2, 2, b"\4\x10" + RESPONSE)),
        *([(S, frame(code, 2, b""))] if code else []),
    ]
    answer = (Span(S, 2, 3),) if code else ()
    assert converse(Eapol, script) == [
        Attribute(field="eapol.identity", value="anna", side=C),
        Login(
            mechanism="password",
            username="anna",
            secret=Secret(f"{RESPONSE.hex()}:{CHALLENGE.hex()}:02"),
            scheme="eap-md5",
            clear=False,
            accepted=accepted,
            basis=basis,
            spans=(Span(S, 1, 2), Span(C, 2, 3), *answer),
        ),
    ]


def test_keys_and_a_tunnels_beginning_say_nothing() -> None:
    key = b"\2\3\0\x5f" + bytes(95)
    assert (
        converse(
            Eapol,
            [(S, key), (C, key), (S, frame(1, 3, b"\x19\x20")), (C, frame(2, 3, b"\x19\0"))],
            damage=False,
        )
        == []
    )


@pytest.mark.parametrize("code", [3, 4])
def test_an_end_without_a_login_says_nothing(code: int) -> None:
    assert converse(Eapol, [(S, frame(code, 2, b""))]) == []
    once = [
        (S, frame(1, 2, b"\4\x10" + CHALLENGE)),
        (C, frame(2, 2, b"\4\x10" + RESPONSE)),
        (S, frame(3, 2, b"")),
        (S, frame(code, 3, b"")),
    ]
    logins = [item for item in converse(Eapol, once) if isinstance(item, Login)]
    assert [(login.accepted, login.verifier) for login in logins] == [(True, S)]


def test_who_authenticates_is_the_end_that_did_not_answer() -> None:
    """Without an end, too: the answer to the challenge shows which end logs in."""
    for supplicant, authenticator in ((C, S), (S, C)):
        script = [(authenticator, frame(1, 2, b"\4\x10" + CHALLENGE)), (supplicant, frame(2, 2, b"\4\x10" + RESPONSE))]
        [login] = [item for item in converse(Eapol, script) if isinstance(item, Login)]
        assert (login.verifier, login.accepted) == (authenticator, None)


def test_nobody_accepts_himself_and_a_second_login_has_its_own_end() -> None:
    asked, answered = (S, frame(1, 2, b"\4\x10" + CHALLENGE)), (C, frame(2, 2, b"\4\x10" + RESPONSE))
    [login] = [item for item in converse(Eapol, [asked, answered, (C, frame(3, 2, b""))]) if isinstance(item, Login)]
    assert (login.accepted, login.basis) == (None, None)
    script = [asked, answered, (S, frame(4, 2, b"")), asked, answered, (S, frame(3, 3, b""))]
    logins = [item for item in converse(Eapol, script) if isinstance(item, Login)]
    assert [login.accepted for login in logins] == [False, True]


def test_a_name_is_reported_once_and_again_where_it_changes() -> None:
    script = [(C, frame(2, number, b"\1" + name)) for number, name in enumerate((b"anna", b"anna", b"berta"))]
    found = [(item.value, item.side) for item in converse(Eapol, script) if isinstance(item, Attribute)]
    assert found == [("anna", C), ("berta", C)]


@pytest.mark.parametrize("kind", [1, 2, 3, 4])
def test_only_eap_frames_are_read(kind: int) -> None:
    """IEEE 802.1X-2020 11.3.2: type 0 holds EAP; the others start, log off, carry keys or alerts."""
    assert converse(Eapol, [(C, frame(2, 1, b"\1anna", kind))]) == []


def test_where_it_is_found() -> None:
    openings.declares(PROTOCOL, transport=Transport.LINK, numbers={0x888E})
