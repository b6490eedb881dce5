"""NoMachine NX: the versions in both greetings and the TLS that follows at once.

A greeting is ``NXSH-8.10.1`` (client) or ``NXD-8.10.1`` (server), as captures of version 8 show it; the makers have
published no description.
"""

from __future__ import annotations

from collections.abc import Iterator

from sensor.events import Attribute
from sensor.lazy_pattern import expression
from sensor.model import Side
from sensor.parsing.parser import Match, Opening, Parsed, Protocol
from sensor.parsing.plaintext_preamble import PreambleParser

_GREETING = expression(rb"NX(?:SH|D)-\d{1,3}\.\d{1,3}\.\d{1,3}\Z")


class NoMachine(PreambleParser):
    """One line of each side."""

    def line(self, side: Side, text: bytes) -> Iterator[Parsed]:
        """A greeting."""
        if _GREETING.match(text):
            yield Attribute(field="nomachine.banner", value=text.decode("ascii"), side=side)


def _recognise(opening: Opening) -> Match:
    lines = [data.partition(b"\n") for data in (opening.client, opening.server) if data]
    if any(end and _GREETING.match(line) for line, end, _ in lines):
        return Match.SURE
    open_ = any(not end and len(line) < 20 and line[:3] in (b"N", b"NX", b"NXS", b"NXD") for line, end, _ in lines)
    return Match.MORE if open_ else Match.NO


PROTOCOL = Protocol(
    name="nomachine", title="NoMachine", parser=NoMachine, recognise=_recognise, ports=frozenset({4000})
)
