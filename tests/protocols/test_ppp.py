"""PPP authentication by RFC 1334 (PAP), 1994 (CHAP), 2759 (MS-CHAP version 2) and 3748 (EAP)."""

from __future__ import annotations

from dataclasses import replace

import pytest

from sensor.events import Login, Span
from sensor.model import Secret
from sensor.parsing.formats.ppp_login import proof
from sensor.protocols.ppp import PENDING_LIMIT, Ppp
from tests.conversation import C, S, converse, events
from tests.protocols.logins import CHECKS_WITHOUT_SIDES, Check, Dialogue


def frame(protocol: int, code: int, identifier: int, body: bytes = b"") -> bytes:
    return protocol.to_bytes(2, "big") + bytes([code, identifier]) + (4 + len(body)).to_bytes(2, "big") + body


def pap(user: bytes, password: bytes, identifier: int = 1) -> bytes:
    return frame(0xC023, 1, identifier, bytes([len(user)]) + user + bytes([len(password)]) + password)


@pytest.mark.parametrize(("code", "accepted", "basis"), [(2, True, "PAP Ack"), (3, False, "PAP Nak")])
def test_pap(code: int, accepted: bool, basis: str) -> None:
    # The second request repeats the first, as a peer does until it is answered.
    output = converse(
        Ppp, [(C, pap(b"anna", b"s3cret")), (C, pap(b"anna", b"s3cret")), (S, frame(0xC023, code, 1, b"\2hi"))]
    )
    login = Login(
        mechanism="password", username="anna", secret=Secret("s3cret"), scheme="pap", accepted=accepted, basis=basis
    )
    assert [e for e in output if isinstance(e, Login)] == [replace(login, spans=(Span(C, 1, 2), Span(S, 0, 1)))]


CHALLENGE = bytes(range(16))


@pytest.mark.parametrize(
    ("challenge", "value", "scheme"),
    [(CHALLENGE, bytes(16), "chap"), (CHALLENGE[:8], bytes(49), "mschap"), (CHALLENGE, bytes(49), "mschapv2")],
)
def test_challenges(challenge: bytes, value: bytes, scheme: str) -> None:
    script = [
        (S, frame(0xC223, 1, 7, bytes([len(challenge)]) + challenge + b"isp")),
        (C, frame(0xC223, 2, 7, bytes([len(value)]) + value + b"anna")),
        (S, frame(0xC223, 3, 7, b"welcome")),
    ]
    (login,) = events(converse(Ppp, script), Login)
    assert isinstance(login, Login)
    assert login.secret == Secret(proof(7, challenge, value, "anna")[1])
    assert (login.username, login.scheme, login.clear, login.accepted, login.verifier) == (
        "anna",
        scheme,
        False,
        True,
        S,
    )


def test_sides_unknown() -> None:
    script = [
        (C, frame(0xC223, 1, 7, b"\x10" + CHALLENGE)),
        (C, frame(0xC223, 2, 7, b"\x10" + bytes(16) + b"anna")),
        (C, frame(0xC223, 4, 7)),
    ]
    assert [e.accepted for e in events(converse(Ppp, script, damage=False), Login)] == [False]  # type: ignore[attr-defined]


def test_eap_md5() -> None:
    script = [
        (S, frame(0xC227, 1, 2, b"\4\x10" + CHALLENGE)),
        (C, frame(0xC227, 2, 2, b"\4\x10" + bytes(16))),
        (S, frame(0xC227, 3, 2)),
    ]
    (login,) = events(converse(Ppp, script), Login)
    assert (login.scheme, login.accepted) == ("eap-md5", True)  # type: ignore[attr-defined]


def test_without_answers_and_bounded() -> None:
    output = converse(Ppp, [(C, pap(b"anna", b"%d" % n, n)) for n in range(PENDING_LIMIT * 2)], damage=False)
    assert [e.accepted for e in events(output, Login)] == [None] * (PENDING_LIMIT * 2)  # type: ignore[attr-defined]


def test_others_say_nothing() -> None:
    assert (
        converse(
            Ppp,
            [
                (C, frame(0xC021, 1, 1, b"\1\4\5\xd4")),
                (S, frame(0x8021, 1, 1, bytes(6))),
                (S, frame(0xC023, 2, 9, b"\0")),
            ],
            damage=False,
        )
        == []
    )


@pytest.mark.parametrize(("code", "accepted"), [(3, True), (4, False), (1, None), (2, None), (5, None)])
def test_what_answers_eap(code: int, accepted: bool | None) -> None:
    """RFC 3748 4.2: 3 is success, 4 failure."""
    challenge = frame(0xC227, 1, 2, b"\4\x10" + CHALLENGE)
    answer = frame(0xC227, 2, 2, b"\4\x10" + bytes(16) + b"anna")
    identity = frame(0xC227, 2, 1, b"\1anna")
    script = [(S, frame(0xC227, 1, 1, b"\1")), (C, identity), (S, challenge), (C, answer), (S, frame(0xC227, code, 2))]
    found = events(converse(Ppp, script, damage=False), Login)
    assert [e.accepted for e in found if isinstance(e, Login)] == [accepted]


def chap(user: bytes, secret: bytes, identifier: int) -> bytes:
    value = secret.ljust(16, b"\xee")
    return frame(0xC223, 2, identifier, bytes([len(value)]) + value + user)


PAP_DIALOGUE = Dialogue(
    Ppp,
    lambda user, secret: [(C, pap(user.encode(), secret.encode()))],
    accepted=frame(0xC023, 2, 1, b"\2hi"),
    refused=frame(0xC023, 3, 1, b"\2no"),
    undecided=[frame(0xC023, 4, 1), frame(0xC023, 0, 1), frame(0xC223, 3, 1), frame(0xC023, 2, 2, b"\2hi")],
    pipelined=False,
    evident=True,
    datagrams=True,
)
"""RFC 1334 §2.2: 2 acknowledges, 3 refuses, and the identifier is that of the request."""

CHAP_DIALOGUE = Dialogue(
    Ppp,
    lambda user, secret: [(S, frame(0xC223, 1, 1, b"\x10" + CHALLENGE)), (C, chap(user.encode(), secret.encode(), 1))],
    accepted=frame(0xC223, 3, 1),
    refused=frame(0xC223, 4, 1),
    undecided=[frame(0xC223, 5, 1), frame(0xC023, 2, 1), frame(0xC223, 3, 2)],
    secret=lambda _, secret: Secret(f"{secret.encode().ljust(16, bytes([0xEE])).hex()}:{CHALLENGE.hex()}:01"),
    pipelined=False,
    evident=True,
    datagrams=True,
)
"""RFC 1994 §4: 1 challenges, 2 responds, 3 is success, 4 failure."""


@pytest.mark.parametrize("check", CHECKS_WITHOUT_SIDES)
@pytest.mark.parametrize("dialogue", [PAP_DIALOGUE, CHAP_DIALOGUE], ids=["pap", "chap"])
def test_logins_whatever_happens(dialogue: Dialogue, check: Check) -> None:
    check(dialogue)


@pytest.mark.parametrize("first_answer", [1, 2])
@pytest.mark.parametrize("verdicts", [(True, False), (False, True), (True, True), (False, False)])
@pytest.mark.parametrize(("protocol", "codes"), [(0xC023, (2, 3)), (0xC223, (3, 4))])
def test_each_of_two_in_flight_has_the_answer_of_its_number(
    protocol: int, codes: tuple[int, int], verdicts: tuple[bool, bool], first_answer: int
) -> None:
    """RFC 1334 §2.2.2 and RFC 1994 §4.2: the identifier of an answer is copied from what it answers."""
    login = pap if protocol == 0xC023 else chap
    sent = [(C, login(b"anna", b"one", 1)), (C, login(b"berta", b"two", 2))]
    answers = {n + 1: (S, frame(protocol, codes[0] if ok else codes[1], n + 1)) for n, ok in enumerate(verdicts)}
    both = dict(zip(("anna", "berta"), verdicts, strict=True))
    found = events(converse(Ppp, [*sent, answers[first_answer], answers[3 - first_answer]], damage=False), Login)
    assert {e.username: e.accepted for e in found if isinstance(e, Login)} == both
    found = events(converse(Ppp, [*sent, answers[first_answer]], damage=False), Login)
    expected = {name: ok if n == first_answer else None for n, (name, ok) in enumerate(both.items(), 1)}
    assert {e.username: e.accepted for e in found if isinstance(e, Login)} == expected
