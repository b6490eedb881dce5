"""WS-Discovery (OASIS 1.1 and the 2005 draft), SOAP over UDP: devices announced and searched for.

Cameras and printers use the draft.
"""

from __future__ import annotations

from collections.abc import Iterator

from sensor.events import Weird
from sensor.model import Side, Transport
from sensor.parsing.attributes import attribute_events
from sensor.parsing.cursor import Cursor, Malformed
from sensor.parsing.formats import xml
from sensor.parsing.parser import DatagramParser, Match, Opening, Parsed, Protocol

NAMESPACES = (b"schemas.xmlsoap.org/ws/2005/04/discovery", b"docs.oasis-open.org/ws-dd/ns/discovery/2009/01")
LOOK = 4096
"""Bytes searched for the namespace: it stands in the envelope's start tag."""
ANNOUNCEMENTS = frozenset({"Hello", "Bye", "ProbeMatch", "ResolveMatch"})
SEARCHES = frozenset({"Probe", "Resolve"})
WORDS_LIMIT = 64
"""Types, scopes and addresses of one message that are reported: ONVIF cameras have about ten scopes."""


def recognise(opening: Opening) -> Match:
    """XML with the protocol's namespace."""
    for data in (opening.client, opening.server):
        if data:
            if data[:1] not in (b"<", b"\xef", b" ", b"\r", b"\n"):
                return Match.NO
            return Match.SURE if any(namespace in data[:LOOK] for namespace in NAMESPACES) else Match.NO
    return Match.MORE


class Wsd(DatagramParser):
    """Hello, Probe and the answers to it."""

    def datagram(self, side: Side, cursor: Cursor) -> Iterator[Parsed]:
        """Read one envelope."""
        elements, damage = xml.read(cursor.rest())
        if not elements:
            raise Malformed(damage or "no element")
        words: dict[tuple[str, str], None] = {}
        for element in elements:
            field = _field(element.path)
            # Types are prefixed names (the prefix is the sender's choice), scopes and addresses are URIs; all are lists
            # separated by blanks.
            for word in element.text.split()[:WORDS_LIMIT] if field else ():
                if len(words) < WORDS_LIMIT:
                    words[field, word.rpartition(":")[2] if field in ("wsd.types", "wsd.search") else word] = None
        for field, value in words:
            yield from attribute_events(field, value, side)
        if damage:
            yield Weird(name="malformed_wsd", detail=damage)


def _field(path: tuple[str, ...]) -> str:
    """The attribute that an element is; empty for the others."""
    holders = set(path[:-1])
    if holders & SEARCHES:
        return "wsd.search" if path[-1] == "Types" else ""
    if not holders & ANNOUNCEMENTS:
        return ""
    if path[-2:] == ("EndpointReference", "Address"):
        return "wsd.endpoint"
    return {"Types": "wsd.types", "Scopes": "wsd.scopes", "XAddrs": "wsd.addresses"}.get(path[-1], "")


PROTOCOL = Protocol(
    name="wsd",
    title="WS-Discovery",
    discloses={"name": ("wsd.endpoint",), "identity": ("wsd.types", "wsd.scopes")},
    parser=Wsd,
    transports=frozenset({Transport.UDP}),
    recognise=recognise,
    opens=rb"[<\xef \r\n]",
    ports=frozenset({3702}),
)
