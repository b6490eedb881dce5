"""Selection of the frames that reproduce the findings of a capture.

Selected are the findings' conversations whole, other conversations with the same services, and devices' announcements.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from struct import unpack_from
from typing import Any

from sensor.capture import open_capture
from sensor.capture.walk import FIELDS
from sensor.evidence.frame_layout import FrameLayout, layout
from sensor.evidence.packet import EvidencePacket
from sensor.model import Endpoint

NO_ENDPOINT = Endpoint(b"", None, b"")

ANNOUNCEMENT_PORTS = frozenset({53, 67, 68, 137, 138, 546, 547, 1900, 3702, 5353, 5355})
"""Ports of names, leases and service discovery, where devices announce themselves (IANA)."""

MAX_ANNOUNCEMENT_BYTES = 2 * 1000 * 1000
"""Bytes of announcements that are taken of one capture: they repeat."""


class ConversationFilter:
    """Which frames belong to the findings among ``records`` (docs/output.md)."""

    def __init__(self, records: Iterable[Mapping[str, Any]]) -> None:
        self._pairs: set[frozenset[bytes]] = set()
        self._services: set[tuple[bytes, int]] = set()
        for record in records:
            if record["record"] == "finding":
                client, server = (Endpoint.parse(record[end]) or NO_ENDPOINT for end in ("client", "server"))
                self._pairs.add(frozenset((client.address or client.mac, server.address or server.mac)))
                if server.port is not None:
                    self._services.add((server.address, server.port))

    def belongs(self, data: bytes, found: FrameLayout) -> bool:
        """Whether a frame belongs to a finding's conversation or to another one with the same service."""
        if found.ends in self._pairs or (found.macs and frozenset((data[:6], data[6:12])) in self._pairs):
            return True
        ends = [data[slice(*place)] for place in found.addresses[-2:]]
        ports = _ports(data, found)
        return ports is not None and any(pair in self._services for pair in zip(ends, ports, strict=True))

    def announces(self, data: bytes, found: FrameLayout) -> bool:
        """Whether a frame is an announcement or was sent to a group."""
        ports = _ports(data, found)
        return bool(data and data[0] & 1) or (ports is not None and not ANNOUNCEMENT_PORTS.isdisjoint(ports))


def _ports(data: bytes, found: FrameLayout) -> tuple[int, int] | None:
    """(source, destination) ports of TCP and UDP, None for others."""
    for check in found.checks:
        if check.pseudo:
            return unpack_from("!HH", data, check.start)
    start = found.payload[0] - 8
    if found.addresses and start >= found.addresses[-1][1]:
        # UDP without a checksum.
        return unpack_from("!HH", data, start)
    return None


def conversations(
    paths: Iterable[str], records: Iterable[Mapping[str, Any]], evidence: Mapping[str, Iterable[int]]
) -> Iterator[EvidencePacket]:
    """The frames, unmasked. ``evidence``: capture -> frames that are taken in any case.

    Raises as opening a capture does.
    """
    chosen = ConversationFilter(records)
    for path in paths:
        wanted = set(evidence.get(path, ()))
        room = MAX_ANNOUNCEMENT_BYTES
        with open_capture(path) as capture:
            for block in capture:
                table = block.table
                for row in range(block.count):
                    at, size, length, time, link = table[row * FIELDS : row * FIELDS + FIELDS]
                    data = bytes(block.data[at : at + size])
                    frame = block.first_frame + row
                    found = layout(link, data)
                    take = frame in wanted or chosen.belongs(data, found)
                    if not take and room > 0 and chosen.announces(data, found):
                        take = True
                        room -= size
                    if take:
                        yield EvidencePacket(path, frame, time, link, data, length)
