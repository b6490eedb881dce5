"""rsync daemon greetings from csprotocol.txt: logins by challenge, open modules, lists, losses."""

from __future__ import annotations

import pytest

from sensor.events import Access, Attribute, Content, Enough, Login
from sensor.model import Secret, Transport
from sensor.parsing.parser import Match, Opening
from sensor.protocols.rsync import Rsync, recognise
from tests.conversation import C, S, Script, converse
from tests.protocols import openings
from tests.protocols.logins import CHECKS, Check, Dialogue
from tests.protocols.talk import spans, talk

HELLO = talk("S: @RSYNCD: 31.0", "C: @RSYNCD: 31.0", "C: backup", end="\n")
ASKED = [*HELLO, *talk("S: @RSYNCD: AUTHREQD o0Y1k5nQ", "C: anna bmV2ZXIgbWluZA", end="\n")]


def logins(script: Script) -> list[Login]:
    return [item for item in converse(Rsync, script) if isinstance(item, Login)]


def test_a_login_by_challenge() -> None:
    script = [*ASKED, *talk("S: @RSYNCD: OK", end="\n")]
    (login,) = logins(script)
    assert (login.username, login.secret, login.scheme, login.clear, login.accepted) == (
        "anna",
        Secret("o0Y1k5nQ:bmV2ZXIgbWluZA"),
        "rsync",
        False,
        True,
    )
    assert (login.basis, login.spans) == ("OK after the answer to AUTHREQD", spans(script, 4, 5))
    assert converse(Rsync, script)[-1] == Enough()
    assert logins([*ASKED, *talk("S: @ERROR: auth failed on module backup", end="\n")])[0].accepted is False
    assert logins([*ASKED, *talk("S: @ERROR: max connections (5) reached", end="\n")])[0].accepted is None
    assert logins(ASKED)[0].accepted is None


def test_an_answer_whose_challenge_was_lost_is_no_module() -> None:
    script = [(C, b"@RSYNCD: 31.0\nanna bmV2ZXIgbWluZCBpdCBub3c\n"), (S, b"@RSYNCD: OK\n")]
    assert not [item for item in converse(Rsync, script) if isinstance(item, Access)]


def test_a_module_without_a_login() -> None:
    output = converse(Rsync, [*HELLO, *talk("S: @RSYNCD: OK", end="\n"), (S, b"\x00\xff binary")])
    assert [(item.resource, item.granted) for item in output if isinstance(item, Access)] == [("backup", True)]
    assert [(item.side, item.value) for item in output if isinstance(item, Attribute)] == [(S, "31.0"), (C, "31.0")]


def test_a_list_of_modules_and_one_that_is_not_there() -> None:
    script = talk(
        "S: @RSYNCD: 31.0", "C: @RSYNCD: 31.0", "C: #list", "S: photos \tof Anna Example", "S: @RSYNCD: EXIT", end="\n"
    )
    output = converse(Rsync, script)
    assert [item.data for item in output if isinstance(item, Content)] == [b"photos \tof Anna Example"]
    assert not [item for item in output if isinstance(item, Access | Login)]
    assert not [
        item
        for item in converse(Rsync, [*HELLO, *talk("S: @ERROR: Unknown module", end="\n")])
        if isinstance(item, Access)
    ]


@pytest.mark.parametrize(
    ("client", "server", "match"),
    [
        (b"", b"@RSYNCD: 31.0\n", Match.SURE),
        (b"@RSYNCD: 31.0\n", b"", Match.SURE),
        (b"", b"@RS", Match.MORE),
        (b"", b"@PJL\n", Match.NO),
        (b"GET /", b"", Match.NO),
    ],
)
def test_recognise(client: bytes, server: bytes, match: Match) -> None:
    assert recognise(Opening(client, server, 40000, 873, Transport.TCP)) is match


def test_a_greeting_cut_anywhere() -> None:
    for server in (False, True):
        openings.stream(recognise, b"@RSYNCD: 31.0\n", sure=9, server=server)


DIALOGUE = Dialogue(
    Rsync,
    lambda user, secret: talk(f"C: {user} {secret}", end="\n"),
    accepted=b"@RSYNCD: OK\n",
    refused=b"@ERROR: auth failed on module backup\n",
    undecided=(b"@ERROR: max connections (5) reached\n",),
    opening=[*HELLO, *talk("S: @RSYNCD: AUTHREQD o0Y1k5nQ", end="\n")],
    secret=lambda _, secret: Secret(f"o0Y1k5nQ:{secret}"),
    again=False,
    evident=True,  # a word of its own
)
"""One answer to one challenge (csprotocol.txt)."""


@pytest.mark.parametrize("check", CHECKS)
def test_logins_whatever_happens(check: Check) -> None:
    check(DIALOGUE)
