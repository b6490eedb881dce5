"""Logins that a device accepts into ``credential.default``, ``credential.shared`` and ``credential.guessable``: what its secret is worth.

Secrets stay in memory until the run ends, because what a device is called and made of is known only then; they are compared there and never stored.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from sensor.detectors._contrast import Contrast
from sensor.detectors._detector import Context, Detector, Responsible, asks_for_public_access
from sensor.detectors._pairs import best, pairs
from sensor.events import Access, Login
from sensor.model import Capability, Finding, Observation, Secret, Severity

KEPT = 4096
"""Different logins compared at the end of a run; a home has a few dozen, a password guesser's thousands are one device's story."""

JUDGED = frozenset({"password", "community", "key"})
"""Mechanisms that are passwords by another name; tokens and cookies are made by the service, not shipped."""

TOLD_TO_ALL = frozenset({"mac", "serial", "ssid", "model", "address"})
"""Properties that anyone on the network can learn (UK PSTI Schedule 1 paragraph 1(3)). Names are left out: people choose those."""

ADVICE = {
    "default": "Set a password of your own on this device, one that is used nowhere else.",
    "shared": "Give each device a password of its own.",
    "guessable": "Set a password that has nothing to do with the device's name, address or serial number.",
}


@dataclass(slots=True)
class _Kept:
    observation: Observation
    login: Login
    secret: Secret
    ends: Responsible
    fingerprint: str
    last: int
    """When it was last seen with as good an answer (ns): what was taken in the factory state only is told apart from what still is in use."""


class Factory(Detector):
    """What a secret is worth, where the device itself asks for it."""

    EVENTS = (Login, Access)

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self._kept: dict[tuple[object, ...], _Kept] = {}
        self._contrast = Contrast()

    def observe(self, observation: Observation) -> Iterable[Finding]:
        """Keep a readable login that was not refused, of a device on the local network."""
        event = observation.event
        if isinstance(event, Access):
            self._contrast.used(observation, event)
            return ()
        if isinstance(event, Login):
            accepted, basis = self._contrast.accepted(observation, event)
            event = replace(event, accepted=accepted, basis=basis)
        if not isinstance(event, Login) or event.secret is None or not event.clear or event.mechanism not in JUDGED:
            return ()
        if event.accepted is False or event.status in (401, 403, 407) or asks_for_public_access(event):
            return ()
        ends = self.ends(observation.flow, event.verifier)
        if ends.device is None or ends.role != event.verifier.name.lower():
            return ()
        fingerprint = self.context.vault.fingerprint_of(event.secret)
        key = (ends.device, event.username, fingerprint)
        known = self._kept.get(key)
        if known is not None:
            if event.accepted and not known.login.accepted:
                known.login, known.observation, known.last = event, observation, observation.time
            elif event.accepted or not known.login.accepted:
                known.last = max(known.last, observation.time)
        elif len(self._kept) < KEPT:
            self._kept[key] = _Kept(observation, event, event.secret, ends, fingerprint, observation.time)
        return ()

    def finish(self) -> Iterable[Finding]:
        """Compare what was kept."""
        for kept in self._kept.values():
            yield from self._default(kept)
            yield from self._guessable(kept)
        yield from self._shared()

    def _default(self, kept: _Kept) -> Iterator[Finding]:
        login = kept.login
        rows = self.context.vault.pair(login.username, kept.secret, pairs())
        if rows is None:
            return
        identity = self.context.identity_of(kept.ends.device or "")
        row, own = best(rows, identity.get("vendor"), kept.observation.protocol)
        severity = Severity.MEDIUM if login.accepted is None else Severity.CRITICAL if own else Severity.HIGH
        if login.mechanism == "community":
            severity = Severity.MEDIUM
        whose = "this maker ships" if own else "factories ship"
        seen = "and the device accepted it" if login.accepted else "; whether the device accepted it was not seen"
        yield self._finding(
            kept,
            "credential.default",
            severity,
            ("EN 303 645 5.1-1",),
            f"A login used a pair of name and password that {whose}{' ' if login.accepted else ''}{seen}.",
            ADVICE["default"],
            {"matched": f"{row.product} ({row.source})", "makers_own": own, "phase": None},
        )

    def _guessable(self, kept: _Kept) -> Iterator[Finding]:
        identity = self.context.identity_of(kept.ends.device or "")
        told = {name: value for name, value in identity.items() if name in TOLD_TO_ALL}
        source = self.context.vault.derived_from(kept.secret, told)
        if source is not None:
            yield self._finding(
                kept,
                "credential.guessable",
                Severity.HIGH,
                ("EN 303 645 5.1-2",),
                f"A password follows from something the device tells to everyone: its {source}.",
                ADVICE["guessable"],
                {"derived_from": source},
            )

    def _shared(self) -> Iterator[Finding]:
        same: dict[str, dict[str, _Kept]] = {}
        for kept in self._kept.values():
            if not self.context.vault.is_blank(kept.secret):
                same.setdefault(kept.fingerprint, {})[kept.ends.device or ""] = kept
        for devices in same.values():
            if len(devices) < 2:
                continue
            kept = next(iter(devices.values()))
            models = {self.context.identity_of(device).get("model") for device in devices}
            factory = self.context.vault.pair(kept.login.username, kept.secret, pairs()) is not None
            grave = factory and len(models) == 1 and None not in models
            found = self._finding(
                replace_ends(kept),
                "credential.shared",
                Severity.HIGH if grave else Severity.INFO,
                ("EN 303 645 5.1-1",),
                f"{len(devices)} devices take the same password.",
                ADVICE["shared"],
                {"devices": sorted(devices)},
            )
            found.frames = tuple(sorted({frame for one in devices.values() for frame in one.observation.frames}))
            yield found

    def _finding(
        self,
        kept: _Kept,
        rule: str,
        severity: Severity,
        provisions: tuple[str, ...],
        summary: str,
        advice: str,
        detail: dict[str, object],
    ) -> Finding:
        login = kept.login
        told = {
            "mechanism": login.mechanism,
            "username": login.username,
            "name": login.name,
            "secret": self.context.vault.shown(kept.secret),
            "accepted": login.accepted,
            "basis": login.basis,
            **detail,
        }
        found = self.finding(
            kept.observation,
            rule,
            severity,
            kept.ends,
            capability=Capability.NO_DEFAULT_PASSWORDS,
            provisions=provisions,
            summary=summary,
            advice=advice,
            detail=told,
            identity=(login.username, kept.fingerprint),
            protocol=kept.observation.protocol,
        )
        found.last_time = max(found.last_time, kept.last)
        return found


def replace_ends(kept: _Kept) -> _Kept:
    """For a finding about several devices: no one of them answers alone."""
    return replace(kept, ends=Responsible(None, None, None, kept.ends.remote))


DETECTOR = Factory
