"""Announced flows (FTP data, RTP out of SDP, TFTP's new port) and what they will be when they come."""

from __future__ import annotations

import ipaddress
from collections import OrderedDict
from typing import NamedTuple

from sensor.events import Expect
from sensor.model import Flow, Side, Transport

EXPECTATIONS = 4096
"""Announced flows remembered at a time: an FTP client opens one data connection after the other, a SIP home has a few
calls.
"""

EXPECTED_FOR = 120 * 1_000_000_000
"""How long an announced flow may take to begin (ns): clients time out sooner."""


class Expected(NamedTuple):
    """An announced flow's protocol and what the announcer said of it. ``turned``: its first packet came from the end
    that serves.
    """

    protocol: str
    hint: object
    turned: bool = False


class Expectations:
    """By transport, host and port. ``dropped`` counts those that were forgotten for the bound."""

    def __init__(self) -> None:
        self.dropped = 0
        self._known: OrderedDict[tuple[bool, bytes, int], tuple[Expected, int, Side | None]] = OrderedDict()

    def __bool__(self) -> bool:
        return bool(self._known)

    def announce(self, expect: Expect, flow: Flow, time: int) -> None:
        """A message of ``flow`` announced another one."""
        key = (expect.udp, _host(expect, flow), expect.port or flow.end(expect.side).port or 0)
        self._known[key] = (Expected(expect.protocol, expect.hint), time, None if expect.port else expect.side)
        self._known.move_to_end(key)
        if len(self._known) > EXPECTATIONS:
            self._known.popitem(last=False)
            self.dropped += 1

    def of(self, flow: Flow, time: int) -> Expected | None:
        """What was announced of a new flow."""
        if not self._known:
            return None
        udp = flow.transport is Transport.UDP
        for end in (flow.server, flow.client):
            found = self._known.get((udp, end.address, end.port or 0))
            if found is not None and time - found[1] <= EXPECTED_FOR:
                # The side that went on from its own port keeps its part, whoever sends first (RFC 1350 4: the server
                # does).
                return found[0]._replace(
                    turned=found[2] is not None and (end is flow.server) == (found[2] is Side.CLIENT)
                )
        return None


def _host(expect: Expect, flow: Flow) -> bytes:
    """The announced host: the address in the message, unless it does not parse; else the side's own."""
    if expect.address is not None:
        try:
            return ipaddress.ip_address(expect.address).packed
        except ValueError:
            pass
    return flow.end(expect.side).address
