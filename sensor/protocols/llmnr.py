"""Link-local multicast name resolution (RFC 4795): queried names, host names of responders."""

from __future__ import annotations

from collections.abc import Iterator

from sensor.events import Weird
from sensor.model import Side, Transport
from sensor.parsing.attributes import attribute_events
from sensor.parsing.cursor import Cursor
from sensor.parsing.formats.dns_message import AAAA, PTR, A, lookups, parse, recognise_on
from sensor.parsing.formats.dns_name import name_text
from sensor.parsing.parser import DatagramParser, Match, Opening, Parsed, Protocol

PORT = 5355


def recognise(opening: Opening) -> Match:
    """A DNS message on LLMNR's port."""
    return recognise_on(PORT, opening)


class Llmnr(DatagramParser):
    """Queries and answers. A responder answers for its own names only (RFC 4795 2.3)."""

    def datagram(self, side: Side, cursor: Cursor) -> Iterator[Parsed]:
        """Read one message."""
        message = parse(cursor.rest())
        if message.response:
            names = [name_text(r.name) for r in message.answers if r.kind in (A, AAAA)]
            names += [name_text(r.target) for r in message.answers if r.kind == PTR and r.target]
            for name in dict.fromkeys(names):
                yield from attribute_events("llmnr.host", name, side)
        yield from lookups(message, "llmnr")
        if message.damage:
            yield Weird(name="malformed_llmnr", detail=message.damage)


PROTOCOL = Protocol(
    name="llmnr",
    title="LLMNR",
    discloses={"name": ("llmnr.host",)},
    parser=Llmnr,
    transports=frozenset({Transport.UDP}),
    recognise=recognise,
    only_at_home=True,
    independent=True,
    ports=frozenset({PORT}),
)
