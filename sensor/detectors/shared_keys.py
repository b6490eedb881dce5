"""One private key on several devices: ``credential.shared_key``.

The same key of a TLS server or the same SSH host key on two units stands in their firmware (EN 303 645 5.4-3, 5.4-4).
Only a completed handshake shows that the device has the key. A certificate of a public authority may have been copied
by the owner; one device may have two network cards.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import field, replace

from sensor.catalogue import Message
from sensor.detectors._chains import judge_chain
from sensor.detectors._detector import Context, Detector, Responsible
from sensor.events import Handshake
from sensor.light_dataclass import dataclass
from sensor.model import Capability, Finding, Observation, Severity

MAX_KEYS = 2048
"""Keys of local devices that are compared."""

MAX_DEVICES = 32
"""Devices of one key that are named."""

NEIGHBOURS = 8
"""Network cards of one unit have numbers close to one another; what is closer than this may be one device."""

TUNNELS = frozenset({"http", "socks"})
"""Protocols of proxies: the key is that of a server behind them."""

UNTRUSTED = frozenset({"self_signed", "untrusted_root"})


@dataclass(slots=True)
class SharedKey:
    """A key and the devices that proved to have it, each with the observation of it."""

    kind: str
    subject: str | None
    devices: dict[str, Observation] = field(default_factory=dict)


class SharedKeys(Detector):
    """``credential.shared_key``."""

    EVENTS = (Handshake,)

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self._keys: dict[tuple[str, str], SharedKey] = {}

    def observe(self, observation: Observation) -> Iterable[Finding]:
        """Remember the key of a local server."""
        event = observation.event
        if not isinstance(event, Handshake) or event.established is not True or observation.flow.application in TUNNELS:
            return ()
        device = self.context.device_of(observation.flow.end(event.client_side.other))
        if device is None:
            return ()
        if event.kind == "ssh" and event.host_key is not None:
            self._note("ssh", hashlib.sha256(event.host_key).hexdigest(), None, device, observation)
        elif event.certificates:
            self._certificate(observation, event, device)
        return ()

    def _certificate(self, observation: Observation, event: Handshake, device: str) -> None:
        judged = judge_chain(event.certificates, event.server_name, observation.time)
        if judged is None or not UNTRUSTED & set(judged.why):
            return
        from sensor.detectors._certificates import key_digest

        digest = key_digest(event.certificates[0])
        if digest is not None:
            self._note("tls", digest, judged.subject, device, observation)

    def _note(self, kind: str, digest: str, subject: str | None, device: str, observation: Observation) -> None:
        shared = self._keys.get((kind, digest))
        if shared is None:
            if len(self._keys) >= MAX_KEYS:
                return
            shared = self._keys[kind, digest] = SharedKey(kind, subject)
        if len(shared.devices) < MAX_DEVICES:
            shared.devices.setdefault(device, _without_chain(observation))

    def finish(self) -> Iterator[Finding]:
        """A finding for each key of several units."""
        for key, shared in self._keys.items():
            if len(shared.devices) > 1:
                units = self._units(shared)
                if len(units) > 1:
                    yield self._finding(key, shared, units)

    def _units(self, shared: SharedKey) -> list[str]:
        """The devices that are units of their own: those that may be a second address of another are left out."""
        units: list[tuple[str, dict[str, str]]] = []
        for device in shared.devices:
            identity = dict(self.context.identity_of(device))
            if identity.get("mac") and not any(_may_be_one(identity, other) for _, other in units):
                units.append((device, identity))
        return [device for device, _ in units]

    def _finding(self, key: tuple[str, str], shared: SharedKey, units: list[str]) -> Finding:
        identities = [self.context.identity_of(device) for device in units]
        makers = {one.get("vendor") for one in identities}
        alike = len(makers) == 1 and None not in makers
        found = self.finding(
            shared.devices[units[0]],
            "credential.shared_key",
            Severity.HIGH if alike else Severity.MEDIUM,
            Responsible(None, None, "server", remote=False),
            capability=Capability.SECURE_COMMUNICATION,
            provisions=("EN 303 645 5.4-3", "EN 303 645 5.4-4"),
            message=Message("credential.shared_key", {"count": len(units), "kind": shared.kind, "alike": alike}),
            detail={
                "kind": shared.kind,
                "devices": sorted(units),
                "value": shared.subject,
                "key_sha256": key[1],
            },
            protocol=shared.kind,
        )
        found.frames = tuple(dict.fromkeys(f for unit in units for f in shared.devices[unit].frames[:8]))[:32]
        found.identity = ("credential.shared_key", *key)
        return found


def _without_chain(observation: Observation) -> Observation:
    """The observation without the certificates, which may be a hundred kilobytes."""
    event = observation.event
    return replace(observation, event=replace(event, certificates=())) if isinstance(event, Handshake) else observation


def _may_be_one(one: dict[str, str], other: dict[str, str]) -> bool:
    """Whether two records may be one unit: the same name or serial number, or network cards numbered close together."""
    if one.get("serial") and other.get("serial"):
        return one["serial"] == other["serial"]
    if one.get("hostname") and one.get("hostname") == other.get("hostname"):
        return True
    first, second = (int(each["mac"].replace(":", ""), 16) for each in (one, other))
    return abs(first - second) < NEIGHBOURS


DETECTOR = SharedKeys
