"""NATS conversations from its protocol reference: users, tokens, nkeys, open use, TLS, losses."""

from __future__ import annotations

import pytest

from sensor.events import Access, Attribute, Login, Skip, Transfer, Upgrade
from sensor.model import Secret, Transport
from sensor.parsing.parser import Match, Opening
from sensor.protocols.nats import PAYLOAD_LIMIT, PROTOCOL, Nats, recognise
from tests.conversation import C, Run, S, Script, converse
from tests.protocols import openings
from tests.protocols.logins import CHECKS, Check, Dialogue
from tests.protocols.talk import spans, talk

INFO = 'S: INFO {"server_id":"NDX","version":"2.10.1","nonce":"qXm4Yw","auth_required":true}'
CONNECT = 'C: CONNECT {"verbose":false,"user":"anna","pass":"s3cret"}'


def logins(script: Script) -> list[Login]:
    return [item for item in converse(Nats, script) if isinstance(item, Login)]


def test_a_user() -> None:
    script = talk(INFO, CONNECT, "C: PING", "S: PONG")
    (login,) = logins(script)
    assert (login.mechanism, login.username, login.secret, login.accepted, login.basis) == (
        "password",
        "anna",
        Secret("s3cret"),
        True,
        "PONG after CONNECT",
    )
    assert login.spans == spans(script, 1, 3)
    assert [item.accepted for item in logins(talk(INFO, CONNECT, "S: +OK"))] == [True]
    assert [item.accepted for item in logins(talk(INFO, CONNECT, "S: -ERR 'Authorization Violation'"))] == [False]
    assert [item.accepted for item in logins(talk(INFO, CONNECT, "S: -ERR 'Maximum Connections Exceeded'"))] == [None]
    assert [item.accepted for item in logins(talk(INFO, CONNECT))] == [None]


def test_a_token_and_a_key() -> None:
    (token,) = logins(talk(INFO, 'C: CONNECT {"auth_token":"tok.en"}', "S: +OK"))
    assert (token.mechanism, token.username, token.secret, token.clear) == ("token", None, Secret("tok.en"), True)
    (key,) = logins(talk(INFO, 'C: CONNECT {"nkey":"UABC","sig":"c2ln"}', "S: +OK"))
    assert (key.mechanism, key.username, key.secret, key.scheme, key.clear) == (
        "key",
        "UABC",
        Secret("qXm4Yw:c2ln"),
        "nkey",
        False,
    )


@pytest.mark.parametrize("command", ["PUB a 0\r\n", "HPUB a 12 12\r\nNATS/1.0\r\n\r\n", "SUB a 1", "UNSUB 1"])
def test_each_command_of_verbose_mode_has_its_own_ok(command: str) -> None:
    """The reference, "OK/ERR": in verbose mode +OK answers each well-formed message of the client, PING excepted."""
    first, second = (f'C: CONNECT {{"verbose":true,"user":"{user}","pass":"s3cret"}}' for user in ("anna", "berta"))
    sent = [INFO, first, "C: " + command, second]
    for answers, expected in (
        (["S: +OK"], [True, None]),
        (["S: +OK", "S: +OK"], [True, None]),
        (["S: +OK", "S: +OK", "S: +OK"], [True, True]),
        (["S: +OK", "S: +OK", "S: -ERR 'Authorization Violation'"], [True, False]),
    ):
        assert [item.accepted for item in logins(talk(*sent, *answers))] == expected, answers
    pinged = [INFO, first, "C: PING", second, "S: +OK", "S: PONG", "S: +OK"]
    assert [item.accepted for item in logins(talk(*pinged))] == [True, True]


@pytest.mark.parametrize("command", ["MSG a 1 0\r\n", "HMSG a 1 12 12\r\nNATS/1.0\r\n\r\n"])
def test_what_the_server_sends_has_no_ok(command: str) -> None:
    sent = ['C: CONNECT {"user":"anna","pass":"a"}', 'C: CONNECT {"user":"berta","pass":"b"}']
    found = logins(talk(INFO, sent[0], "S: " + command, sent[1], "S: +OK", "S: +OK"))
    assert [item.accepted for item in found] == [True, True]


def test_without_a_login() -> None:
    output = converse(Nats, talk(INFO, 'C: CONNECT {"verbose":false}', "C: PING", "S: PONG"))
    assert [(item.resource, item.granted) for item in output if isinstance(item, Access)] == [("nats", True)]
    assert [(item.field, item.value) for item in output if isinstance(item, Attribute)] == [("nats.version", "2.10.1")]
    assert [
        item.granted
        for item in converse(Nats, talk("C: CONNECT {}", "S: -ERR 'Authorization Violation'"))
        if isinstance(item, Access)
    ] == [False]


QUOTED = 'C: PUB a 40\r\nCONNECT {"user":"x","pass":"y"}        x'


@pytest.mark.parametrize(
    "line", ["C: CONNECT no json", "C: CONNECT []", 'C: CONNECT {"pass":1}', QUOTED, 'S: INFO {"user":"x","pass":"y"}']
)
def test_what_is_no_login(line: str) -> None:
    assert logins(talk(line, "S: +OK")) == []


def test_messages() -> None:
    output = converse(
        Nats,
        talk(
            "C: PUB home.door 4",
            "C: open",
            "S: MSG home.lamp 9 reply.1 2",
            "S: on",
            "C: HPUB a 12 14",
            "C: NATS/1.0\r\n\r\nhi",
            "C: PUB b 0",
            "C: ",
        ),
    )
    assert [(item.side, item.name, item.data) for item in output if isinstance(item, Transfer)] == [
        (C, "home.door", b"open"),
        (S, "home.lamp", b"on"),
        (C, "a", b"NATS/1.0\r\n\r\nhi"),
    ]


def test_a_large_message_is_passed_over() -> None:
    run = Run(Nats())
    run.feed(C, b"PUB a %d\r\n" % (2 * PAYLOAD_LIMIT))
    assert [item.length for item in run.parsed if isinstance(item, Skip)] == [2 * PAYLOAD_LIMIT + 2]
    run.feed(C, b"x" * 2 * PAYLOAD_LIMIT + b"\r\n" + CONNECT[3:].encode() + b"\r\n")
    assert [item.username for item in run.close() if isinstance(item, Login)] == ["anna"]


def test_tls_begins_without_a_word() -> None:
    output = converse(Nats, [*talk(INFO), (C, b"\x16\x03\x01\x00\x05hello"), (S, b"\x16\x03\x03")])
    assert output[-1] == Upgrade("tls")
    run = Run(Nats())
    run.feed(C, b"\x16\x03\x01\x00")
    assert run.parser.pending(C) == b"\x16\x03\x01\x00"


def test_losses() -> None:
    run = Run(Nats())
    run.feed(C, CONNECT[3:].encode() + b"\r\n")
    run.gap(S, 5)
    run.feed(S, b"x\r\n+OK\r\n")
    assert [item.accepted for item in run.close() if isinstance(item, Login)] == [None]


@pytest.mark.parametrize(
    ("client", "server", "match"),
    [
        (b"", b'INFO {"server_id":"x"', Match.SURE),
        (b'CONNECT {"verbose":true}', b"", Match.SURE),
        (b"", b"INF", Match.MORE),
        (b"", b'INFO {"a', Match.MORE),
        (b"CONNECT example.com:443 HTTP/1.1\r\n", b"", Match.NO),
        (b"", b"INFO hello\r\n", Match.NO),
        (b"", b"", Match.NO),
    ],
)
def test_recognise(client: bytes, server: bytes, match: Match) -> None:
    assert recognise(Opening(client, server, 40000, 9, Transport.TCP)) is match
    assert PROTOCOL.ports == {4222}


DIALOGUE = Dialogue(
    Nats,
    lambda user, secret: [(C, f'CONNECT {{"user":"{user}","pass":"{secret}","verbose":true}}\r\n'.encode())],
    accepted=b"+OK\r\n",
    refused=b"-ERR 'Authorization Violation'\r\n",
    opening=[(S, b'INFO {"auth_required":true}\r\n')],
    again=False,
)
"""The client protocol, CONNECT."""


@pytest.mark.parametrize("check", CHECKS)
def test_logins_whatever_happens(check: Check) -> None:
    check(DIALOGUE)


def test_openings_cut_anywhere() -> None:
    info = b'INFO {"server_id":"x","version":"2.10.1","proto":1}\r\n'
    connect = b'CONNECT {"verbose":false,"lang":"go"}\r\n'
    for data, server in ((info, True), (connect, False)):
        sure = next(n for n in range(1, len(data) + 1) if recognise(openings.of(data[:n], server=server)) is Match.SURE)
        assert sure > 7  # a word alone is none
        openings.stream(recognise, data, sure=sure, server=server)
    assert recognise(openings.of(b"INFO {" + b"x" * 505, server=True)) is Match.MORE
    assert recognise(openings.of(b"INFO {" + b"x" * 506, server=True)) is Match.NO
    assert recognise(openings.of(b"INFORMATION", server=True)) is Match.NO
