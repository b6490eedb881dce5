"""Names of local addresses in the reverse mapping (PTR) of the network's own resolver (RFC 1035 3.5).

The weakest source of a name: the resolver speaks of another. It counts where a device on the network asked it, and only
of the resolver that the most devices ask; an answer to a question that was not seen counts for nothing.
"""

from __future__ import annotations

import ipaddress
import re
from collections import OrderedDict
from collections.abc import Mapping
from typing import Any, NamedTuple

from sensor.devices.networks import Networks
from sensor.events import Lookup
from sensor.lazy_pattern import expression
from sensor.model import Flow, Observation, reverse_address

DNS_PORT = 53

MAX_QUESTIONS = 4096
"""Reverse questions that wait for an answer; the oldest go first."""

MAX_NAMES = 65_536
"""Addresses with a name: as many as MACs are followed."""

MAX_RESOLVERS = 64
"""Local resolvers counted, and names of one address; a home has one or two."""

MAX_CLIENTS = 1024
"""Clients counted of a resolver: beyond, it is the network's in any case."""

LABEL = expression(r"(?=[a-z0-9-]{0,62}[a-z])[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?", re.I)
"""A host's name (RFC 1123 2.1) with a letter in it."""

MADE_UP = frozenset({"localhost", "unknown", "host", "dhcp", "client", "static", "dynamic", "ip", "lan", "gateway"})
"""Names that say no more than the address does."""

Resolver = tuple[bytes, bytes]


class ReverseName(NamedTuple):
    """A name of an address; ``mac``: who had the address when the answer came, b"" if it was not known."""

    name: str
    mac: bytes
    frames: tuple[int, ...]


class ReverseNames:
    """The reverse mappings of one run, by address and resolver. Bounded."""

    def __init__(self, networks: Networks) -> None:
        self._networks = networks
        self._questions: OrderedDict[tuple[bytes, int | None, bytes, str], None] = OrderedDict()
        self._clients: dict[Resolver, set[bytes]] = {}
        self._names: dict[bytes, dict[Resolver, ReverseName]] = {}

    def state(self) -> dict[str, Any]:
        """Who asks which resolver, and the names, for a run that goes on later."""
        return {"clients": self._clients, "names": self._names}

    def go_on(self, state: Mapping[str, Any]) -> None:
        """Take over what an earlier part of the run learned."""
        self._clients.update(state["clients"])
        self._names.update(state["names"])

    def observe(self, event: Lookup, observation: Observation, mac_of: dict[bytes, bytes]) -> bool:
        """Note a question or an answer of DNS; True if a local address got another name by it.

        ``mac_of``: the MAC that has an address now.
        """
        flow = observation.flow
        server = flow.server
        if event.source != "dns" or server.port != DNS_PORT or not self._networks.is_local(server.address):
            return False
        resolver = server.mac, server.address
        if event.kind != "PTR":
            if not event.answered:
                self._ask(resolver, flow, None)
            return False
        key = (flow.client.address, flow.client.port, server.address, event.name.lower())
        if not event.answered:
            self._ask(resolver, flow, key)
            return False
        if key not in self._questions:
            return False
        del self._questions[key]
        text = reverse_address(event.name)
        address = ipaddress.ip_address(text).packed if text else b""
        name = next((name for name in map(host_name, event.answers) if name), None)
        if name is None or not self._networks.is_local(address) or _repeats(name, address):
            return False
        if address not in self._names and len(self._names) >= MAX_NAMES:
            return False
        names = self._names.setdefault(address, {})
        if resolver not in names and len(names) >= MAX_RESOLVERS:
            return False
        found = ReverseName(name, mac_of.get(address, b""), observation.frames)
        before = names.get(resolver)
        if before is not None and before[:2] == found[:2]:
            return False
        names[resolver] = found
        return True

    def _ask(self, resolver: Resolver, flow: Flow, key: tuple[bytes, int | None, bytes, str] | None) -> None:
        if resolver in self._clients or len(self._clients) < MAX_RESOLVERS:
            clients = self._clients.setdefault(resolver, set())
            if len(clients) < MAX_CLIENTS:
                clients.add(flow.client.mac or flow.client.address)
        if key is not None:
            self._questions.pop(key, None)
            if len(self._questions) >= MAX_QUESTIONS:
                self._questions.popitem(last=False)
            self._questions[key] = None

    def of(self, address: bytes, mac: bytes) -> ReverseName | None:
        """The name of an address at a time when ``mac`` had it."""
        names = self._names.get(address)
        if not names:
            return None
        found = names.get(max(self._clients, key=lambda resolver: len(self._clients[resolver])))
        return found if found is not None and found.mac in (mac, b"") else None


def host_name(text: str) -> str | None:
    """The first label of a name, if it is a host's name that says something."""
    label = text.rstrip(".").partition(".")[0]
    return label if LABEL.fullmatch(label) and label.lower().strip("0123456789-") not in MADE_UP else None


def _repeats(name: str, address: bytes) -> bool:
    """Whether a name is made from the address itself (``pool-192-168-1-10``)."""
    if len(address) == 16:
        return address.hex() in name.replace("-", "").lower()
    octets, numbers = [str(octet) for octet in address], re.findall(r"\d+", name)
    return numbers[-4:] in (octets, octets[::-1])
