"""The table of all protocols, found in the package ``protocols``.

A file there gives ``PROTOCOL = Protocol(…)`` or ``PROTOCOLS = (…)``; there is no list to edit.
"""

from __future__ import annotations

import importlib
import pkgutil
from functools import cache

import sensor.protocols
from sensor.model import Transport
from sensor.parsing.fallback import UNREAD
from sensor.parsing.parser import Protocol, ProtocolFacts


@cache
def _everything() -> tuple[Protocol, ...]:
    """All protocols in the order of their names. One name may stand for a stream and a datagram form (DNS over TCP
    and UDP)."""
    found: list[Protocol] = []
    carried: dict[str, frozenset[Transport]] = {}
    for module in sorted(pkgutil.iter_modules(sensor.protocols.__path__), key=lambda m: m.name):
        if module.name.startswith("_"):
            continue
        loaded = importlib.import_module(f"sensor.protocols.{module.name}")
        for protocol in getattr(loaded, "PROTOCOLS", None) or (loaded.PROTOCOL,):
            if protocol.name in carried and (not protocol.transports or carried[protocol.name] & protocol.transports):
                raise ValueError(f"two protocols are named {protocol.name}")
            carried[protocol.name] = carried.get(protocol.name, frozenset()) | protocol.transports
            found.append(protocol)
    return tuple(sorted(found, key=lambda p: p.name))


@cache
def protocols() -> dict[str, Protocol]:
    """All protocols by name, in the order of their names; of two forms of one protocol the one its file names first."""
    found: dict[str, Protocol] = {}
    for protocol in _everything():
        found.setdefault(protocol.name, protocol)
    return found


@cache
def facts(name: str) -> ProtocolFacts:
    """The facts of a protocol by its name in records; a title only, in capitals, for one without a parser (``tcp``)."""
    return UNREAD if name == UNREAD.name else protocols().get(name) or ProtocolFacts(title=name.upper())


@cache
def disclosures() -> dict[str, str]:
    """The kind of thing that an attribute's field discloses, by the field."""
    return {name: kind for p in protocols().values() for kind, names in p.discloses.items() for name in names}


@cache
def recognisable(transport: Transport) -> tuple[Protocol, ...]:
    """Protocols of a transport that can be recognised by content."""
    return tuple(p for p in _everything() if transport in p.transports and p.recognise is not None)


@cache
def by_ethertype() -> dict[int, Protocol]:
    """LINK protocols by the code the decoder gives."""
    return {code: p for p in _everything() for code in p.ethertypes}


@cache
def by_ip_protocol() -> dict[int, Protocol]:
    """IP protocols by number."""
    return {code: p for p in _everything() for code in p.ip_protocols}
