"""Gnutella handshakes by the 0.6 draft, with and without TLS."""

from __future__ import annotations

import pytest

from sensor.events import Attribute, Enough, Upgrade
from sensor.model import Transport
from sensor.parsing.parser import Match, Opening
from sensor.protocols.gnutella import PROTOCOL, Gnutella
from tests.conversation import C, Run, S, converse
from tests.protocols import openings

ASKS = b"GNUTELLA CONNECT/0.6\r\nUser-Agent: clientella/1.0\r\nUpgrade: TLS/1.0\r\n\r\n"
ANSWERS = b"GNUTELLA/0.6 200 OK\r\nUser-Agent: servella/2.1\r\nUpgrade: TLS/1.0\r\nConnection: upgrade\r\n\r\n"
GOES_ON = b"GNUTELLA/0.6 200 OK\r\nConnection: upgrade\r\n\r\n"
HELLO = b"\x16\x03\x01\x00\x05hello"


def test_tls_follows() -> None:
    run = Run(Gnutella(None))
    for side, data in [(C, ASKS), (S, ANSWERS), (C, GOES_ON + HELLO)]:
        run.feed(side, data)
    assert run.parsed == [
        Attribute(field="gnutella.user_agent", value="clientella/1.0", side=C),
        Attribute(field="gnutella.user_agent", value="servella/2.1", side=S),
        Upgrade("tls"),
    ]
    assert run.parser.pending(C) == HELLO


def test_messages_of_its_own_end_it() -> None:
    script = [(C, ASKS), (S, ANSWERS), (C, b"GNUTELLA/0.6 200 OK\r\n\r\n"), (S, b"\x01\x02\x03binary")]
    parsed = converse(Gnutella, script)
    assert [type(item) for item in parsed] == [Attribute, Attribute, Enough]


@pytest.mark.parametrize(
    ("client", "server", "match"),
    [
        (ASKS, b"", Match.SURE),
        (b"GNU", b"", Match.MORE),
        (b"", ANSWERS, Match.SURE),
        (b"GET / HTTP/1.1\r\n", b"", Match.NO),
        (b"", b"", Match.NO),
    ],
)
def test_recognition(client: bytes, server: bytes, match: Match) -> None:
    assert PROTOCOL.recognise is not None
    assert PROTOCOL.recognise(Opening(client, server, 50000, 12345, Transport.TCP)) is match


def test_an_opening_cut_anywhere() -> None:
    assert PROTOCOL.recognise is not None
    openings.stream(PROTOCOL.recognise, ASKS, sure=len(b"GNUTELLA CONNECT/"))
    openings.stream(PROTOCOL.recognise, ANSWERS, sure=len(b"GNUTELLA/"), server=True)


def test_a_word_without_a_colon_is_no_header() -> None:
    script = [(C, b"GNUTELLA CONNECT/0.6\r\nUser-Agent\r\nX-User-Agent: no\r\n USER-AGENT : yes\r\n\r\n")]
    found = [item for item in converse(Gnutella, script) if isinstance(item, Attribute)]
    assert found == [Attribute(field="gnutella.user_agent", value="yes", side=C)]


def test_every_byte_of_the_greeting_counts_and_each_end_has_its_own() -> None:
    assert PROTOCOL.recognise is not None
    for greeting, server in ((b"GNUTELLA CONNECT/", False), (b"GNUTELLA/", True)):
        for place in range(len(greeting)):
            changed = greeting[:place] + b"x" + greeting[place + 1 :] + b"0.6\r\n"
            assert PROTOCOL.recognise(openings.of(changed, server=server)) is Match.NO
    assert PROTOCOL.recognise(openings.of(b"GNUTELLA/0.6 200 OK\r\n")) is Match.NO
    assert PROTOCOL.recognise(openings.of(b"GNUTELLA CONNECT/0.6\r\n", server=True)) is Match.NO


def test_only_a_user_agent_is_told() -> None:
    for line, shown in (
        (b"User-Agent: a/1", 1),
        (b"user-agent : a/1", 1),
        (b"Server: a/1", 0),
        (b"X: User-Agent: a/1", 0),
    ):
        found = converse(Gnutella, [(S, b"GNUTELLA/0.6 200 OK\r\n" + line + b"\r\n\r\n")], damage=False)
        assert [(item.side, item.value) for item in found if isinstance(item, Attribute)] == [(S, "a/1")] * shown
