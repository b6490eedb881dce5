"""The contract of a detector: observations in, findings out; and the few questions it may ask of the run."""

from __future__ import annotations

import importlib
import ipaddress
import pkgutil
from collections.abc import Callable, Iterable, Mapping
from functools import cache, lru_cache
from typing import NamedTuple
from typing import Protocol as Interface

import sensor.detectors
from sensor.events import Event, Login
from sensor.flows.interfaces import Tap
from sensor.model import Capability, Endpoint, Finding, Flow, Observation, Severity, Side
from sensor.personas.search import Personas
from sensor.vault import Vault


class Context(Interface):
    """What a detector may ask."""

    vault: Vault
    personas: Personas | None
    """Seeded truths to search for."""

    def device_of(self, endpoint: Endpoint) -> str | None:
        """The id of the local device at that end, None where it is not local."""

    def is_local(self, address: bytes) -> bool:
        """Whether an address is on the local network."""

    def party_of(self, endpoint: Endpoint) -> str | None:
        """``local`` ``vendor`` ``infrastructure`` ``third`` ``tracker``, None unknown."""

    def identity_of(self, device: str) -> Mapping[str, str]:
        """What is known of a device by name: ``mac`` ``vendor`` ``model`` ``hostname`` ``serial`` ``ssid`` and its addresses; for ``finish`` only."""


class Responsible(NamedTuple):
    """Who answers for a finding, in the records' terms."""

    device: str | None
    peer_device: str | None
    role: str | None
    remote: bool
    """The other end is outside the local network."""


class Detector:
    """``EVENTS``: the kinds of event it wants. State is per run and bounded."""

    EVENTS: tuple[type[Event], ...] = ()
    READS_STREAMS = False
    """It reads along with the streams themselves, by `tap`."""
    SEARCHES_PERSONAL_DATA = False
    """It searches content for what is personal: not that of people's own devices, unless they agreed (`Options.people`)."""

    def __init__(self, context: Context) -> None:
        self.context = context

    def observe(self, observation: Observation) -> Iterable[Finding]:
        """An observation of one of ``EVENTS``."""
        raise NotImplementedError

    def tap(self, flow: Flow, tell: Callable[[Finding], None]) -> Tap | None:
        """For a flow that has begun: who reads along with it; ``tell`` takes what that finds."""
        return None

    def flow_ended(self, flow: Flow) -> Iterable[Finding]:
        """A flow that was read is over; its counters are final."""
        return ()

    def ends_flows(self) -> bool:
        """Whether it wants to be told of flows that are over."""
        return type(self).flow_ended is not Detector.flow_ended

    def finish(self) -> Iterable[Finding]:
        """What is to be said of the whole run. Asked at its end, and of a live run again and again: it changes nothing of what is kept."""
        return ()

    def ends(self, flow: Flow, answerable: Side) -> Responsible:
        """Who answers: the device at that side, else the local one at the other."""
        here, there = flow.end(answerable), flow.end(answerable.other)
        device, peer = self.context.device_of(here), self.context.device_of(there)
        if device is not None:
            return Responsible(device, peer, answerable.name.lower(), self.is_remote(there))
        if peer is not None:
            return Responsible(peer, None, answerable.other.name.lower(), self.is_remote(here))
        return Responsible(None, None, None, self.is_remote(here) or self.is_remote(there))

    def is_remote(self, endpoint: Endpoint) -> bool:
        """A unicast address outside the local network."""
        if not endpoint.address:
            return False
        return not self.context.is_local(endpoint.address) and _is_one(endpoint.address)

    def finding(
        self,
        observation: Observation,
        rule: str,
        severity: Severity,
        ends: Responsible,
        *,
        capability: Capability | None,
        provisions: tuple[str, ...],
        summary: str,
        advice: str,
        detail: dict[str, object],
        identity: tuple[object, ...] = (),
        protocol: str | None = None,
    ) -> Finding:
        """A finding that rests on one observation. ``identity`` adds to rule, ends and protocol what makes a repeat the same finding."""
        flow = observation.flow
        return Finding(
            rule=rule,
            severity=severity,
            device=ends.device,
            peer_device=ends.peer_device,
            role=ends.role,
            capability=capability,
            provisions=provisions,
            client=flow.client,
            server=flow.server,
            protocol=protocol or flow.application or flow.transport.value,
            time=observation.time,
            last_time=observation.time,
            frames=observation.frames,
            summary=summary,
            advice=advice,
            detail=dict(detail),
            remote=ends.remote,
            identity=(rule, ends.device, flow.client.address, flow.server.address, flow.server.port, *identity),
        )


ANONYMOUS = frozenset({"anonymous", "ftp", "guest"})
"""User names that ask for public access (RFC 1635 for FTP)."""


def asks_for_public_access(login: Login) -> bool:
    """An anonymous login: its password is no secret."""
    return (login.username or "").lower() in ANONYMOUS and login.scheme.startswith("user/pass")


@lru_cache(8192)
def _is_one(address: bytes) -> bool:
    """Whether an address is one host's, seen from another: no group's, not broadcast, not "none yet", no loopback (RFC 1122 3.2.1.3)."""
    parsed = ipaddress.ip_address(address)
    nobody = parsed.is_multicast or parsed.is_unspecified or address == b"\xff\xff\xff\xff"
    return not nobody and not parsed.is_loopback


@cache
def detectors() -> dict[str, type[Detector]]:
    """Every ``DETECTOR`` in this package, by file name."""
    found: dict[str, type[Detector]] = {}
    for module in sorted(pkgutil.iter_modules(sensor.detectors.__path__), key=lambda m: m.name):
        if not module.name.startswith("_"):
            found[module.name] = importlib.import_module(f"sensor.detectors.{module.name}").DETECTOR
    return found
