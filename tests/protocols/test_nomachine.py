"""NoMachine: greetings as seen on the wire, then TLS."""

from __future__ import annotations

import pytest

from sensor.events import Attribute, Enough, Upgrade
from sensor.model import Transport
from sensor.parsing.parser import Match, Opening
from sensor.parsing.plaintext_preamble import LINES_LIMIT
from sensor.protocols.nomachine import PROTOCOL, NoMachine
from tests.conversation import C, Run, S, converse
from tests.protocols import openings

HELLO = b"\x16\x03\x01\x00\x05hello"


def test_versions_then_tls() -> None:
    run = Run(NoMachine(None))
    for side, data in [(C, b"NXSH-8.10.1\n"), (S, b"NXD-8.10.1\n"), (C, HELLO[:1]), (C, HELLO[1:])]:
        run.feed(side, data)
    assert run.parsed == [
        Attribute(field="nomachine.banner", value="NXSH-8.10.1", side=C),
        Attribute(field="nomachine.banner", value="NXD-8.10.1", side=S),
        Upgrade("tls"),
    ]
    assert run.parser.pending(C) == HELLO


def test_text_without_end_is_left() -> None:
    assert converse(NoMachine, [(C, b"NXSH-4.0.1\n" + b"more\n" * LINES_LIMIT)], damage=False)[-1] == Enough()
    converse(NoMachine, [(C, b"NXSH-4.0.1\nmore\n"), (S, b"NXD-4.0.1\n")])


@pytest.mark.parametrize(
    ("client", "server", "match"),
    [
        (b"NXSH-8.10.1\n", b"", Match.SURE),
        (b"", b"NXD-8.10.1\n", Match.SURE),
        (b"NXS", b"", Match.MORE),
        (b"NXDOMAIN is no greeting\n", b"", Match.NO),
        (b"", b"", Match.NO),
    ],
)
def test_recognition(client: bytes, server: bytes, match: Match) -> None:
    assert PROTOCOL.recognise is not None
    assert PROTOCOL.recognise(Opening(client, server, 50000, 12345, Transport.TCP)) is match


def test_a_greeting_cut_anywhere() -> None:
    assert PROTOCOL.recognise is not None
    for line in (b"NXSH-6.0.0\n", b"NXD-5.4.12\n"):
        openings.stream(PROTOCOL.recognise, line, sure=len(line))
        openings.stream(PROTOCOL.recognise, line, sure=len(line), server=True)
    assert PROTOCOL.recognise(openings.of(b"NXSH-" + b"6" * 14)) is Match.MORE
    assert PROTOCOL.recognise(openings.of(b"NXSH-" + b"6" * 15)) is Match.NO
    assert PROTOCOL.recognise(openings.of(b"NO")) is Match.NO
