"""Channels of a device as they were seen: each way of communication with its amounts."""

from __future__ import annotations

from dataclasses import field, replace

from sensor.light_dataclass import dataclass
from sensor.model import Flow, Side, Transport, address_text

MAX_CHANNELS = 256
"""Different channels of a device; what is beyond is counted as one."""

FIRST_DYNAMIC = 49_152
"""Ports from here on name no service (RFC 6335 6)."""

MAX_NAMES = 8

ROLES = tuple(side.name.lower() for side in Side)

Key = tuple[str, str, int | None, str | None, bytes]
"""Role of the device, transport, server's port, protocol, and the other end's address where that is outside."""


@dataclass(slots=True)
class SeenChannel:
    """A channel and what crossed it. Times in ns; ``names`` that its flows called the other end."""

    role: str
    transport: str
    port: int | None
    protocol: str | None
    peer: str | None
    remote: bool
    flows: int = 0
    bytes: int = 0
    cleartext: int = 0
    encrypted: int = 0
    first_time: int = 0
    last_time: int = 0
    names: tuple[str, ...] = ()


@dataclass(slots=True)
class SeenChannels:
    """All channels of one device; ``more`` flows found no place among them."""

    by_key: dict[Key, SeenChannel] = field(default_factory=dict)
    more: int = 0

    def of(self, flow: Flow, side: Side, *, remote: bool) -> SeenChannel | None:
        """The channel of a flow whose ``side`` is this device's, with the flow's name among its own; None where there
        are too many.
        """
        other = flow.end(side.other).address if remote else b""
        numbered = flow.transport in (Transport.TCP, Transport.UDP)
        port = flow.server.port if numbered else None
        port = None if port is not None and port >= FIRST_DYNAMIC else port
        role, transport = ROLES[side], flow.transport._value_
        key = (role, transport, port, flow.application, other)
        found = self.by_key.get(key)
        if found is None:
            if len(self.by_key) >= MAX_CHANNELS:
                return None
            peer = address_text(other) if other else None
            found = SeenChannel(role, transport, port, flow.application, peer, remote, first_time=flow.first_time)
            self.by_key[key] = found
        name = flow.server_name if side is Side.CLIENT else None
        if name and name not in found.names and len(found.names) < MAX_NAMES:
            found.names = (*found.names, name)
        return found

    def copy(self) -> SeenChannels:
        """One that can be added to while this one stays."""
        return SeenChannels({key: replace(one) for key, one in self.by_key.items()}, self.more)
