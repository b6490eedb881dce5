"""ManageSieve by RFC 5804: logins in quoted strings and literals, upgrades, scripts, losses."""

from __future__ import annotations

import base64
import time

import pytest

from sensor.events import Attribute, Login, Skip, Upgrade
from sensor.model import Secret, Transport
from sensor.parsing.lines import LINE_LIMIT
from sensor.parsing.parser import Match, Opening
from sensor.parsing.pending import COMMAND_LIMIT
from sensor.protocols.managesieve import STRINGS_LIMIT, ManageSieve, recognise
from tests.conversation import C, Run, S, Script, converse
from tests.protocols.logins import CHECKS, Check, Dialogue
from tests.protocols.talk import span, talk

PLAIN = base64.b64encode(b"\0anna\0s3cret").decode()
GREETING = ['S: "IMPLEMENTATION" "Example Sieve 1.0"', 'S: "SASL" "PLAIN LOGIN"', 'S: "SIEVE" "fileinto"', "S: OK"]


def logins(script: Script) -> list[Login]:
    return [item for item in converse(ManageSieve, script) if isinstance(item, Login)]


@pytest.mark.parametrize(
    "lines",
    [
        [f'C: AUTHENTICATE "PLAIN" "{PLAIN}"'],
        [f'C: Authenticate "PLAIN" {{{len(PLAIN)}+}}', f"C: {PLAIN}"],
        ['C: AUTHENTICATE "PLAIN"', 'S: ""', f'C: "{PLAIN}"'],
        ['C: AUTHENTICATE "PLAIN"', "S: {0}", "S: ", f"C: {{{len(PLAIN)}+}}", f"C: {PLAIN}"],
    ],
)
def test_plain(lines: list[str]) -> None:
    (login,) = logins(talk(*GREETING, *lines, "S: OK"))
    assert (login.username, login.secret, login.scheme, login.accepted, login.basis) == (
        "anna",
        Secret("s3cret"),
        "plain",
        True,
        "OK after AUTHENTICATE PLAIN",
    )
    assert [item.accepted for item in logins(talk(*GREETING, *lines, 'S: NO (AUTH-TOO-WEAK) "no"'))] == [False]
    assert [item.accepted for item in logins(talk(*GREETING, *lines, 'S: BYE "busy"'))] == [None]


def test_login_in_two_steps() -> None:
    steps = [
        'C: AUTHENTICATE "LOGIN"',
        'S: "VXNlcm5hbWU6"',
        'C: "YW5uYQ=="',
        'S: "UGFzc3dvcmQ6"',
        'C: "czNjcmV0"',
        "S: OK",
    ]
    script = talk(*GREETING, *steps)
    (login,) = logins(script)
    assert (login.username, login.secret, login.accepted) == ("anna", Secret("s3cret"), True)
    assert login.spans == (span(script, 4), span(script, 6), span(script, 8), span(script, 9))


@pytest.mark.parametrize(
    "lines",
    [
        ['C: PUTSCRIPT "x" {40+}', f'C: AUTHENTICATE "PLAIN" "{PLAIN}"'[:43], "S: OK"],
        ['C: AUTHENTICATE "PLAIN"', 'S: ""', 'C: "*"', 'S: NO "cancelled"'],
        ["C: AUTHENTICATE", 'S: NO "what"'],
    ],
)
def test_what_is_no_login(lines: list[str]) -> None:
    assert logins(talk(*GREETING, *lines)) == []


def test_the_greeting_and_tls() -> None:
    parsed = converse(ManageSieve, [*talk(*GREETING, "C: STARTTLS", "S: OK"), (C, b"\x16\x03\x01")])
    assert parsed == [Attribute(field="managesieve.banner", value="Example Sieve 1.0", side=S), Upgrade("tls")]


def test_scripts_are_passed_over() -> None:
    run = Run(ManageSieve())
    run.feed(C, b'PUTSCRIPT "x" {%d+}\r\n' % (10 * LINE_LIMIT))
    assert run.parsed == [Skip(C, 10 * LINE_LIMIT)]
    run.feed(C, b"x" * 10 * LINE_LIMIT + f'\r\nAUTHENTICATE "PLAIN" "{PLAIN}"\r\n'.encode())
    run.feed(S, b"OK\r\nOK\r\n")
    assert [item.accepted for item in run.close() if isinstance(item, Login)] == [True]


def test_losses_and_bounds() -> None:
    run = Run(ManageSieve())
    run.feed(C, f'AUTHENTICATE "PLAIN" "{PLAIN}"\r\n'.encode())
    run.gap(S, 4)
    run.feed(S, b"x\r\nOK\r\n")
    assert [item.accepted for item in run.close() if isinstance(item, Login)] == [None]
    run = Run(ManageSieve())
    run.feed(C, b'"a" ' * 1000 + b"\r\n")
    assert len(run.parser._strings[C]) == STRINGS_LIMIT


def test_answers_of_commands_beyond_the_bound_are_not_taken_for_the_login() -> None:
    run = Run(ManageSieve())
    run.feed(C, b"NOOP\r\n" * (COMMAND_LIMIT + 3) + f'AUTHENTICATE "PLAIN" "{PLAIN}"\r\n'.encode())
    run.feed(S, b"OK\r\n" * (COMMAND_LIMIT + 3) + b"NO\r\n")
    assert [item.accepted for item in run.close() if isinstance(item, Login)] == [False]


def opening(client: bytes = b"", server: bytes = b"", port: int = 4190) -> Opening:
    return Opening(client, server, 40000, port, Transport.TCP)


@pytest.mark.parametrize(
    ("seen", "match"),
    [
        (opening(server=b'"IMPLEMENTATION" "x"\r\n', port=9), Match.SURE),
        (opening(server=b'"SASL" "PLAIN"\r\n'), Match.MORE),
        (opening(server=b'"hello"\r\nOK\r\n'), Match.NO),
        (opening(b'AUTHENTICATE "PLAIN"\r\n'), Match.WEAK),
        (opening(b"GET / HTTP/1.1\r\n"), Match.NO),
    ],
)
def test_recognise(seen: Opening, match: Match) -> None:
    assert recognise(seen) is match


def test_quotes_without_end_cost_no_more_than_their_length() -> None:
    run = Run(ManageSieve())
    began = time.process_time()
    for _ in range(20):
        run.feed(C, b'"\\' * (LINE_LIMIT // 2 - 1) + b"\r\n")
    assert time.process_time() - began < 2  # one try for each quote took 0.3 s a line


DIALOGUE = Dialogue(
    ManageSieve,
    lambda user, secret: talk(
        'C: AUTHENTICATE "PLAIN" "' + base64.b64encode(f"\0{user}\0{secret}".encode()).decode() + '"'
    ),
    accepted=b"OK\r\n",
    refused=b"NO no\r\n",
    undecided=(b'BYE "busy"\r\n',),
    opening=talk('S: "SASL" "PLAIN"', "S: OK"),
)
"""RFC 5804 2.1."""


@pytest.mark.parametrize("check", CHECKS)
def test_logins_whatever_happens(check: Check) -> None:
    check(DIALOGUE)
