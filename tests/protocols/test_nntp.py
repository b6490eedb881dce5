"""NNTP conversations from RFC 3977, 4642 and 4643: logins, articles, upgrades, look-alikes."""

from __future__ import annotations

import base64

import pytest

from sensor.events import Attribute, Login, Transfer, Upgrade
from sensor.model import Secret, Transport
from sensor.parsing.parser import Match, Opening
from sensor.parsing.pending import COMMAND_LIMIT
from sensor.protocols.nntp import Nntp, recognise
from tests.conversation import C, Run, S, Script, converse
from tests.protocols.logins import CHECKS, Check, Dialogue
from tests.protocols.talk import span, spans, talk

PLAIN = base64.b64encode(b"\0anna\0s3cret").decode()


def logins(script: Script) -> list[Login]:
    return [item for item in converse(Nntp, script) if isinstance(item, Login)]


def test_user_and_pass() -> None:
    # RFC 4643 2.3.3
    script = talk(
        "S: 200 news.example.com InterNetNews ready",
        "C: AUTHINFO USER anna",
        "S: 381 more",
        "C: AUTHINFO PASS open sesame",
        "S: 281 in",
    )
    (login,) = logins(script)
    assert (login.username, login.secret, login.scheme, login.accepted, login.basis) == (
        "anna",
        Secret("open sesame"),
        "authinfo",
        True,
        "281 after AUTHINFO PASS",
    )
    assert login.spans == spans(script, 1, 3, 4)


@pytest.mark.parametrize(
    ("answer", "accepted"),
    [("281 in", True), ("481 no", False), ("482 order", False), ("502 no", False), ("400 bye", None)],
)
def test_what_an_answer_says(answer: str, accepted: bool | None) -> None:
    assert [
        item.accepted
        for item in logins(talk("C: authinfo user a", "S: 381 more", "C: authinfo pass b", f"S: {answer}"))
    ] == [accepted]


@pytest.mark.parametrize(
    "lines", [["C: AUTHINFO SASL PLAIN", "S: 383 =", f"C: {PLAIN}"], [f"C: AUTHINFO SASL PLAIN {PLAIN}"]]
)
def test_sasl(lines: list[str]) -> None:
    assert [(item.username, item.accepted, item.basis) for item in logins(talk(*lines, "S: 281 in"))] == [
        ("anna", True, "281 after AUTHINFO PLAIN")
    ]
    assert [item.accepted for item in logins(talk(*lines, "S: 283 cnNwYXV0aA=="))] == [True]


@pytest.mark.parametrize(
    "lines",
    [
        ["C: ARTICLE 1", "S: 220 1 <a@example.com>", "S: AUTHINFO USER anna", "S: 281 in", "S: .", "C: AUTHINFO"],
        ["C: HELP", "S: 100 help", "S: AUTHINFO PASS x", "S: ."],
        ["C: POST", "S: 340 go", "C: AUTHINFO PASS x", "C: .", "S: 240 posted"],
        ["C: AUTHINFO USER anna", "S: 281 in", "C: AUTHINFO PASS"],
    ],
)
def test_what_is_no_login(lines: list[str]) -> None:
    assert logins(talk("S: 200 hi", *lines)) == []


def test_articles_that_are_read_and_posted() -> None:
    read = ["C: ARTICLE 1", "S: 220 1", "S: Subject: a", "S: ", "S: ..b", "S: ."]
    script = talk(
        "S: 200 hi",
        *read,
        "C: POST",
        "S: 340 go",
        "C: Subject: c",
        "C: .",
        "S: 240 ok",
        "C: LIST",
        "S: 215 l",
        "S: x",
        "S: .",
    )
    found = [item for item in converse(Nntp, script) if isinstance(item, Transfer)]
    assert [(item.side, item.data, item.application) for item in found] == [
        (S, b"Subject: a\r\n\r\n.b\r\n", "nntp"),
        (C, b"Subject: c\r\n", "nntp"),
    ]
    assert [item.spans for item in found] == [(span(script, 3)._replace(end=span(script, 5).end),), (span(script, 9),)]


def test_tls_ends_the_readable_part() -> None:
    assert converse(Nntp, [*talk("C: STARTTLS", "S: 382 go"), (C, b"\x16\x03\x01")]) == [Upgrade("tls")]


def test_the_greeting_is_reported() -> None:
    output = converse(Nntp, talk("S: 201 ExampleNews 1.0", "C: MODE READER", "S: 200 posting allowed"))
    assert output == [Attribute(field="nntp.banner", value="ExampleNews 1.0", side=S)]


def test_losses_and_bounds() -> None:
    run = Run(Nntp())
    for side, data in talk("C: AUTHINFO USER a", "S: 381 more", "C: AUTHINFO PASS b"):
        run.feed(side, data)
    run.gap(S, 20)
    for side, data in talk("S: lost", "C: ARTICLE 1", "S: 220 1", "S: Subject: x", "S: "):
        run.feed(side, data)
    run.gap(S, 20)
    for side, data in talk("S: lost", "S: text", "S: ."):
        run.feed(side, data)
    output = run.close()
    assert [item.accepted for item in output if isinstance(item, Login)] == [None]
    assert [(item.data, item.complete) for item in output if isinstance(item, Transfer)] == [
        (b"Subject: x\r\n\r\ntext\r\n", False)
    ]
    run = Run(Nntp())
    run.feed(C, b"AUTHINFO PASS b\r\n" * 3 * COMMAND_LIMIT)
    assert len(run.parser._commands) == COMMAND_LIMIT


def opening(client: bytes = b"", server: bytes = b"", port: int = 1190) -> Opening:
    return Opening(client, server, 40000, port, Transport.TCP)


@pytest.mark.parametrize(
    ("seen", "match"),
    [
        (opening(server=b"200 news.example.com InterNetNews NNRP ready\r\n"), Match.SURE),
        (opening(server=b"200 hello\r\n"), Match.MORE),
        (opening(server=b"200 hello\r\n", port=119), Match.WEAK),
        (opening(b"MODE READER\r\n", b"200 hello\r\n"), Match.SURE),
        (opening(b"AUTHINFO USER x\r\n"), Match.WEAK),
        (opening(b"USER x\r\n", b"200 hello\r\n", port=119), Match.NO),
        (opening(server=b"220 hello\r\n", port=119), Match.NO),
        (opening(b"\x16\x03\x01", port=119), Match.NO),
    ],
)
def test_recognise(seen: Opening, match: Match) -> None:
    assert recognise(seen) is match


DIALOGUE = Dialogue(
    Nntp,
    lambda user, secret: talk(f"C: AUTHINFO USER {user}", "S: 381 more", f"C: AUTHINFO PASS {secret}"),
    accepted=b"281 in\r\n",
    refused=b"481 no\r\n",
    undecided=(b"400 bye\r\n",),
    opening=talk("S: 200 hi"),
)
"""RFC 4643 2.3."""


SASL = Dialogue(
    Nntp,
    lambda user, secret: talk(
        "C: AUTHINFO SASL PLAIN", "S: 383 =", "C: " + base64.b64encode(f"\0{user}\0{secret}".encode()).decode()
    ),
    accepted=b"281 in\r\n",
    refused=b"481 no\r\n",
    undecided=(b"400 bye\r\n",),
    opening=talk("S: 200 hi"),
    evident=True,  # 281 answers nothing else
)
"""RFC 4643 2.4: the client's answer is a line of its own."""


@pytest.mark.parametrize("dialogue", [DIALOGUE, SASL])
@pytest.mark.parametrize("check", CHECKS)
def test_logins_whatever_happens(check: Check, dialogue: Dialogue) -> None:
    check(dialogue)


def test_what_is_sent_as_a_password_elsewhere_is_none() -> None:
    """RFC 4643 2.3: AUTHINFO alone; RFC 3977 6.1.2: 211 brings lines for LISTGROUP and none for GROUP."""
    for lines in (["C: XAUTHINFO PASS x"], ["C: POST PASS x"], ["C: AUTHINFO PASS"], ["C: AUTHINFO OTHER x"]):
        assert logins(talk(*lines, "S: 281 in")) == []
    group = talk("C: GROUP a.b", "S: 211 3 1 3 a.b", "C: AUTHINFO PASS x", "S: 281 in")
    assert [one.accepted for one in logins(group)] == [True]
    listed = talk("C: LISTGROUP a.b", "S: 211 3 1 3 a.b", "S: 1", "S: .", "C: AUTHINFO PASS x", "S: 281 in")
    assert [one.accepted for one in logins(listed)] == [True]
