"""Captures and findings into the frames that show the findings again: their conversations whole, what else was said to the same services, and what devices tell of themselves."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from struct import unpack_from
from typing import Any

from sensor.capture import open_capture
from sensor.capture.walk import FIELDS
from sensor.evidence.frame_layout import Layout, layout
from sensor.evidence.packet import Packet
from sensor.model import Endpoint

NO_ENDPOINT = Endpoint(b"", None, b"")

TELLING = frozenset({53, 67, 68, 137, 138, 546, 547, 1900, 3702, 5353, 5355})
"""Ports at which devices say who they are and whom they look for (IANA): names, leases, services."""

NAMES = 2 * 1000 * 1000
"""Bytes of such talk that are taken of one capture: the beginning tells it all."""


class Chosen:
    """What belongs to the findings among ``records`` (docs/output.md)."""

    def __init__(self, records: Iterable[Mapping[str, Any]]) -> None:
        self._pairs: set[frozenset[bytes]] = set()
        self._services: set[tuple[bytes, int]] = set()
        self._devices: set[bytes] = set()
        for record in records:
            if record["record"] == "finding":
                client, server = (Endpoint.parse(record[end]) or NO_ENDPOINT for end in ("client", "server"))
                self._pairs.add(frozenset((client.address or client.mac, server.address or server.mac)))
                if server.port is not None:
                    self._services.add((server.address, server.port))
            elif record["record"] == "device":
                ends = (Endpoint.parse(one) or NO_ENDPOINT for one in (record["mac"], *record["addresses"]))
                self._devices |= {end.address or end.mac for end in ends} - {b""}

    def belongs(self, data: bytes, found: Layout) -> bool:
        """Whether a frame is of a finding's conversation, or of another one with the same service."""
        if found.ends in self._pairs or (found.macs and frozenset((data[:6], data[6:12])) in self._pairs):
            return True
        ends = [data[slice(*place)] for place in found.addresses[-2:]]
        ports = _ports(data, found)
        return ports is not None and any(pair in self._services for pair in zip(ends, ports, strict=True))

    def tells(self, data: bytes, found: Layout) -> bool:
        """Whether devices tell of themselves in it."""
        ports = _ports(data, found)
        return bool(data and data[0] & 1) or (ports is not None and not TELLING.isdisjoint(ports))


def _ports(data: bytes, found: Layout) -> tuple[int, int] | None:
    """Of TCP and UDP: they stand before the checksum's place."""
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
) -> Iterator[Packet]:
    """The frames, as they were captured. ``evidence``: capture -> frames that are taken whatever they are. Raises as opening a capture does."""
    chosen = Chosen(records)
    for path in paths:
        wanted = set(evidence.get(path, ()))
        room = NAMES
        with open_capture(path) as capture:
            for block in capture:
                table = block.table
                for row in range(block.count):
                    at, size, length, time, link = table[row * FIELDS : row * FIELDS + FIELDS]
                    data = bytes(block.data[at : at + size])
                    frame = block.first_frame + row
                    found = layout(link, data)
                    take = frame in wanted or chosen.belongs(data, found)
                    if not take and room > 0 and chosen.tells(data, found):
                        take = True
                        room -= size
                    if take:
                        yield Packet(path, frame, time, link, data, length)
