"""Gnutella handshakes (RFC draft "Gnutella 0.6"): software of both ends, change to TLS."""

from __future__ import annotations

from collections.abc import Iterator

from sensor.events import Attribute
from sensor.model import Side
from sensor.parsing.parser import Match, Opening, Parsed, Protocol
from sensor.parsing.plaintext_preamble import PreambleParser

GREETINGS = (b"GNUTELLA CONNECT/", b"GNUTELLA/")


class Gnutella(PreambleParser):
    """Two header blocks and an acknowledgement."""

    def line(self, side: Side, text: bytes) -> Iterator[Parsed]:
        """A header line."""
        name, colon, value = text.partition(b":")
        if colon and name.strip().lower() == b"user-agent":
            software = value.strip().decode("utf-8", "backslashreplace")
            yield Attribute(field="gnutella.user_agent", value=software, side=side)


def _recognise(opening: Opening) -> Match:
    for data, greeting in ((opening.client, GREETINGS[0]), (opening.server, GREETINGS[1])):
        if data.startswith(greeting):
            return Match.SURE
        if data and greeting.startswith(data):
            return Match.MORE
    return Match.NO


PROTOCOL = Protocol(
    name="gnutella", title="Gnutella", parser=Gnutella, recognise=_recognise, ports=frozenset({6346, 6347})
)
