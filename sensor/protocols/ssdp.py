"""SSDP (UPnP Device Architecture 2.0, 1): announcements of devices, searches and their answers."""

from __future__ import annotations

from collections.abc import Iterator

from sensor.model import Side, Transport
from sensor.parsing.attributes import attribute_events
from sensor.parsing.cursor import Cursor, Malformed
from sensor.parsing.parser import DatagramParser, Match, Opening, Parsed, Protocol

HEADER_LIMIT = 64
"""Header lines read of one message: announcements have about ten."""
OTHERS_LIMIT = 16
"""Headers of the maker's own that are reported."""
LOOK = 1024
"""Bytes searched for the header that makes an HTTP answer an SSDP one."""

FIELDS = {
    "server": "ssdp.server",
    "usn": "ssdp.usn",
    "location": "ssdp.location",
    "nt": "ssdp.nt",
    "user-agent": "ssdp.user_agent",
}
ORDINARY = frozenset({
    "host", "man", "mx", "cache-control", "date", "ext", "nts", "opt", "01-nls", "content-length", "connection",
    "bootid.upnp.org", "configid.upnp.org", "nextbootid.upnp.org", "searchport.upnp.org", "securelocation.upnp.org",
    "tcpport.upnp.org",
})  # fmt: skip
"""Headers of the standard that do not identify the sender."""


def recognise(opening: Opening) -> Match:
    """The start line, and for an answer a header that only SSDP has."""
    for data in (opening.client, opening.server):
        if data:
            if data.startswith((b"NOTIFY * HTTP/1.", b"M-SEARCH * HTTP/1.")):
                return Match.SURE
            upper = data[:LOOK].upper()
            answer = upper.startswith(b"HTTP/1.") and (b"\nST:" in upper or b"\nUSN:" in upper)
            return Match.SURE if answer else Match.NO
    return Match.MORE


class Ssdp(DatagramParser):
    """Announcements, searches and their answers."""

    def datagram(self, side: Side, cursor: Cursor) -> Iterator[Parsed]:
        """Read one message."""
        lines = cursor.rest().split(b"\n", HEADER_LIMIT + 1)
        start = lines[0].strip().upper()
        searches = start.startswith(b"M-SEARCH ")
        if not searches and not start.startswith((b"NOTIFY ", b"HTTP/1.")):
            raise Malformed("no start line of SSDP")
        others = 0
        for line in lines[1 : HEADER_LIMIT + 1]:
            name, colon, value = line.partition(b":")
            key = name.strip().lower().decode("ascii", "backslashreplace")
            if not key:
                break
            if key == "st":
                # The target of a search does not identify its sender, so it has a field of its own.
                yield from attribute_events("ssdp.search" if searches else "ssdp.st", value, side)
            elif key in FIELDS:
                yield from attribute_events(FIELDS[key], value, side)
            elif colon and key not in ORDINARY and value.strip() and others < OTHERS_LIMIT:
                others += 1
                yield from attribute_events("ssdp.header", key.encode() + b": " + value.strip(), side)


PROTOCOL = Protocol(
    name="ssdp",
    title="SSDP",
    discloses={"identity": ("ssdp.server", "ssdp.usn", "ssdp.header")},
    parser=Ssdp,
    transports=frozenset({Transport.UDP}),
    recognise=recognise,
    opens=rb"NOTIFY |M-SEARCH |[Hh][Tt]{2}[Pp]/1",
    independent=True,
    ports=frozenset({1900}),
)
