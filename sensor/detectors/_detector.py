"""Contract of a detector: observations in, findings out, and what it may query of the run."""

from __future__ import annotations

import importlib
import ipaddress
import pkgutil
from collections.abc import Callable, Iterable, Mapping
from functools import cache, lru_cache
from typing import NamedTuple
from typing import Protocol as Interface

import sensor.detectors
from sensor.catalogue import Message
from sensor.events import Event, Login
from sensor.flows.interfaces import Tap
from sensor.model import Capability, Endpoint, Finding, Flow, Observation, OnRepeat, Severity, Side
from sensor.personas.search import Personas
from sensor.vault import Vault


class Context(Interface):
    """What a detector may query of the run."""

    vault: Vault
    personas: Personas | None
    """The values of test personas to search for."""
    interception_ca: str | None
    """The authority of the laboratory's own interceptor: its subject (or a part of it), or its SHA-256."""

    def device_of(self, endpoint: Endpoint) -> str | None:
        """The id of the local device at that end, None where it is not local."""

    def is_local(self, address: bytes) -> bool:
        """Whether an address is on the local network."""

    def party_of(self, endpoint: Endpoint) -> str | None:
        """``local`` ``vendor`` ``infrastructure`` ``third`` ``tracker``, None unknown."""

    def identity_of(self, device: str) -> Mapping[str, str]:
        """Properties of a device; for ``finish`` only.

        ``mac`` ``vendor`` ``platform`` ``model`` ``category`` ``hostname`` ``serial`` ``ssid`` and its addresses.
        """


class Responsible(NamedTuple):
    """The device that a finding is about, its peer and its role, in the records' terms."""

    device: str | None
    peer_device: str | None
    role: str | None
    remote: bool
    """The other end is outside the local network."""

    @property
    def where(self) -> str:
        """Where it happened, as the catalogues have it."""
        return "outside" if self.remote else "home"

    @property
    def where_seen(self) -> str:
        """The same of what two foreign hosts may have exchanged."""
        return "others" if self.device is None and not self.remote else self.where


class Detector:
    """Base class. ``EVENTS``: the kinds of event it observes. State is per run and bounded."""

    EVENTS: tuple[type[Event], ...] = ()
    READS_STREAMS = False
    """It reads the streams themselves, by `tap`."""
    SEARCHES_PERSONAL_DATA = False
    """It searches content for personal data, except that of people's own devices without consent (`Options.people`)."""

    def __init__(self, context: Context) -> None:
        self.context = context

    def observe(self, observation: Observation) -> Iterable[Finding]:
        """Findings from an observation of one of ``EVENTS``."""
        raise NotImplementedError

    def on_repeat(self, event: Event) -> OnRepeat:
        """How it takes ``event`` when equal bytes between equal ends bring it again."""
        return OnRepeat.AGAIN

    def hears_field(self, field: str) -> bool:
        """Whether attributes of that name mean anything to it; asked once for each name."""
        return True

    @property
    def changes(self) -> int:
        """A number that grows whenever it may take what it once called `OnRepeat.SAME` or less for something else."""
        return 0

    def may_change(self) -> bool:
        """Whether it overrides `changes`."""
        return type(self).changes is not Detector.changes

    def tap(self, flow: Flow, report: Callable[[Finding], None]) -> Tap | None:
        """A reader for the streams of a flow that has begun; it passes findings to ``report``."""
        return None

    def flow_ended(self, flow: Flow) -> Iterable[Finding]:
        """A flow that was read has ended; its counters are final."""
        return ()

    def awaits(self, flow: Flow) -> bool:
        """Whether the end of this flow, by what was seen of it, means anything to it; asked of every flow that ends."""
        return True

    def ends_flows(self) -> bool:
        """Whether it overrides `flow_ended`."""
        return type(self).flow_ended is not Detector.flow_ended

    def finish(self) -> Iterable[Finding]:
        """Findings about the whole run. Called at its end, and repeatedly during a live run: it changes no state."""
        return ()

    def responsible(self, flow: Flow, answerable: Side) -> Responsible:
        """The device responsible: the one at that side, else the local one at the other."""
        device_of = self.context.device_of
        if answerable is Side.CLIENT:
            here, there, role, other = flow.client, flow.server, "client", "server"
        else:
            here, there, role, other = flow.server, flow.client, "server", "client"
        device, peer = device_of(here), device_of(there)
        if device is not None:
            return Responsible(device, peer, role, self.is_remote(there))
        if peer is not None:
            return Responsible(peer, None, other, self.is_remote(here))
        return Responsible(None, None, None, self.is_remote(here) or self.is_remote(there))

    def is_remote(self, endpoint: Endpoint) -> bool:
        """Whether it is a unicast address outside the local network."""
        if not endpoint.address:
            return False
        return not self.context.is_local(endpoint.address) and _is_unicast_host(endpoint.address)

    def finding(
        self,
        observation: Observation,
        rule: str,
        severity: Severity,
        ends: Responsible,
        *,
        capability: Capability | None,
        provisions: tuple[str, ...],
        message: Message,
        detail: dict[str, object],
        identity: tuple[object, ...] = (),
        protocol: str | None = None,
    ) -> Finding:
        """A finding from one observation.

        ``identity``: what makes a repeat the same finding, besides rule, ends and protocol.
        """
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
            message=message,
            detail=dict(detail),
            remote=ends.remote,
            server_name=flow.server_name,
            identity=(rule, ends.device, flow.client.address, flow.server.address, flow.server.port, *identity),
        )


ANONYMOUS_NAMES = frozenset({"anonymous", "ftp", "guest"})
"""User names for public access (RFC 1635 for FTP)."""


def is_anonymous_login(login: Login) -> bool:
    """Whether a login is anonymous: its password is no secret."""
    return (login.username or "").lower() in ANONYMOUS_NAMES and login.scheme.startswith("user/pass")


@lru_cache(8192)
def _is_unicast_host(address: bytes) -> bool:
    """Whether an address is one host's as another host sees it (RFC 1122 3.2.1.3).

    Groups, broadcast, the unspecified address and loopback are not.
    """
    parsed = ipaddress.ip_address(address)
    excluded = parsed.is_multicast or parsed.is_unspecified or address == b"\xff\xff\xff\xff"
    return not excluded and not parsed.is_loopback


@cache
def detectors() -> dict[str, type[Detector]]:
    """Every ``DETECTOR`` in this package, by file name."""
    found: dict[str, type[Detector]] = {}
    for module in sorted(pkgutil.iter_modules(sensor.detectors.__path__), key=lambda m: m.name):
        if not module.name.startswith("_"):
            found[module.name] = importlib.import_module(f"sensor.detectors.{module.name}").DETECTOR
    return found
