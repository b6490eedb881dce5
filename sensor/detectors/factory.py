"""Readable secrets: ``credential.default``, ``.refused_default``, ``.shared`` and ``.guessable``.

Of a log-in at a device it counts where the device answered; of one that a device makes at a service outside, whether
other devices send the same secret. Secrets stay in memory until the run ends, because a device's name, model and
addresses are known only then. They are compared there and never stored.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from sensor.catalogue import Message
from sensor.detectors._contrast import Contrast
from sensor.detectors._detector import Context, Detector, Responsible, is_anonymous_login
from sensor.detectors._pairs import best_pair, factory_pairs
from sensor.events import Access, Event, Login
from sensor.light_dataclass import dataclass
from sensor.model import Capability, Finding, Observation, OnRepeat, Secret, Severity

MAX_LOGINS = 4096
"""Different logins that are compared at the end of a run; a home has a few dozen.

The thousands of a password guesser all concern one device.
"""

PASSWORD_MECHANISMS = frozenset({"password", "community", "key"})
"""Mechanisms that are passwords by another name; tokens and cookies are made by the service, not shipped."""

SERVICE_MECHANISMS = frozenset({"password", "token", "key"})
"""Mechanisms of a device's own log-in at a service outside; a cookie is the session's."""

PERSONAL_CATEGORIES = frozenset({"phone", "tablet", "computer"})
"""Kinds of device that log in with the account of the person who uses them."""

PUBLIC_PROPERTIES = frozenset({"mac", "serial", "ssid", "model", "address"})
"""Properties that anyone on the network can learn (UK PSTI Schedule 1 paragraph 1(3)); people choose names."""


@dataclass(slots=True)
class ObservedLogin:
    """A readable login of a local device, remembered until the run ends."""

    observation: Observation
    login: Login
    secret: Secret
    ends: Responsible
    fingerprint: str
    last: int
    """Time when it was last seen with as good an answer (ns).

    Use in the factory state only is distinguished from present use.
    """


def _is_comparable(login: Login) -> bool:
    """Whether a login has a readable password that factories may have set."""
    if login.secret is None or not login.clear or login.served or is_anonymous_login(login):
        return False
    return login.mechanism in PASSWORD_MECHANISMS | SERVICE_MECHANISMS


class Factory(Detector):
    """Secrets of the device that asks for them: factory pairs, shared and guessable ones."""

    EVENTS = (Login, Access)

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self._logins: dict[tuple[object, ...], ObservedLogin] = {}
        self._services: dict[tuple[object, ...], ObservedLogin] = {}
        """Log-ins of local devices at services outside."""
        self._refused: dict[tuple[object, ...], ObservedLogin] = {}
        """Log-ins that local devices refused."""
        self._contrast = Contrast()

    def on_repeat(self, event: Event) -> OnRepeat:
        """A refusal and a login with a password are weighed against others, each time; of a token the last time
        counts."""
        if isinstance(event, Login) and not Contrast.may_note(event):
            if not _is_comparable(event):
                return OnRepeat.NOTHING
            return OnRepeat.AGAIN if event.mechanism in PASSWORD_MECHANISMS else OnRepeat.LATER
        noted = isinstance(event, (Access, Login)) and Contrast.may_note(event)
        return OnRepeat.AGAIN if noted else OnRepeat.NOTHING

    def observe(self, observation: Observation) -> Iterable[Finding]:
        """Remember a readable login of a local device that was not refused."""
        event = observation.event
        if isinstance(event, Access):
            self._contrast.note_access(observation, event)
            return ()
        if isinstance(event, Login) and event.served:
            return ()  # nobody logged in with it
        if isinstance(event, Login):
            accepted, basis = self._contrast.accepted(observation, event)
            if (accepted, basis) != (event.accepted, event.basis):
                event = replace(event, accepted=accepted, basis=basis)
        if not isinstance(event, Login) or event.secret is None or not _is_comparable(event):
            return ()
        ends = self.responsible(observation.flow, event.verifier)
        if ends.device is None:
            return ()
        if ends.role == event.verifier.name.lower():
            logins, mechanisms = self._logins, PASSWORD_MECHANISMS
        else:
            logins, mechanisms = self._services, SERVICE_MECHANISMS
        if event.mechanism not in mechanisms or (logins is self._services and not ends.remote):
            return ()
        fingerprint = self.context.vault.fingerprint_of(event.secret)
        key = (ends.device, event.username, fingerprint)
        known = logins.get(key)
        if event.accepted is False or event.status in (401, 403, 407):
            if known is not None and known.login.accepted is None and event.accepted is False:
                del logins[key]  # an answer that was not seen before is no reason to suspect it
            if event.accepted is False and logins is self._logins and len(self._refused) < MAX_LOGINS:
                refused = ObservedLogin(observation, event, event.secret, ends, fingerprint, observation.time)
                self._refused.setdefault(key, refused)
            return ()
        if known is not None:
            if event.accepted and not known.login.accepted:
                known.login, known.observation, known.last = event, observation, observation.time
            elif event.accepted or not known.login.accepted:
                known.last = max(known.last, observation.time)
        elif len(logins) < MAX_LOGINS:
            logins[key] = ObservedLogin(observation, event, event.secret, ends, fingerprint, observation.time)
        return ()

    def finish(self) -> Iterable[Finding]:
        """Compare the remembered logins."""
        answered = [observed for observed in self._logins.values() if shows_interface(observed)]
        for observed in answered:
            yield from self._default(observed)
            yield from self._guessable(observed)
        for key, observed in self._refused.items():
            if key not in self._logins:
                yield from self._refused_default(observed)
        yield from self._shared(answered)
        yield from self._shared_at_services()

    def _default(self, observed: ObservedLogin) -> Iterator[Finding]:
        login = observed.login
        if login.username is None and login.mechanism != "community":
            return  # The lists hold pairs; a password whose name was not seen is none.
        rows = self.context.vault.pair(login.username, observed.secret, factory_pairs())
        if rows is None:
            return
        identity = self.context.identity_of(observed.ends.device or "")
        row, own = best_pair(rows, identity.get("vendor"), observed.observation.protocol)
        severity = Severity.MEDIUM if login.accepted is None else Severity.CRITICAL if own else Severity.HIGH
        if login.mechanism == "community":
            severity = Severity.MEDIUM
        what = "community" if login.mechanism == "community" else "pair"
        yield self._finding(
            observed,
            "credential.default",
            severity,
            ("EN 303 645 5.1-1",),
            Message("credential.default", {"what": what, "own": own, "accepted": login.accepted or None}),
            {"matched": f"{row.product} ({row.source})", "makers_own": own, "phase": None},
        )

    def _refused_default(self, observed: ObservedLogin) -> Iterator[Finding]:
        """A factory pair that the device refused: it speaks for the device."""
        login = observed.login
        pair = self.context.vault.pair(login.username, observed.secret, factory_pairs())
        if pair is None or (login.username is None and login.mechanism != "community"):
            return
        row, own = best_pair(
            pair, self.context.identity_of(observed.ends.device or "").get("vendor"), observed.observation.protocol
        )
        yield self._finding(
            observed,
            "credential.refused_default",
            Severity.INFO,
            ("EN 303 645 5.1-1",),
            Message("credential.refused_default"),
            {"matched": f"{row.product} ({row.source})", "makers_own": own},
        )

    def _guessable(self, observed: ObservedLogin) -> Iterator[Finding]:
        identity = self.context.identity_of(observed.ends.device or "")
        public = {name: value for name, value in identity.items() if name in PUBLIC_PROPERTIES}
        source = self.context.vault.derived_from(observed.secret, public)
        if source is not None:
            yield self._finding(
                observed,
                "credential.guessable",
                Severity.HIGH,
                ("EN 303 645 5.1-2",),
                Message("credential.guessable", {"source": source}),
                {"derived_from": source},
            )

    def _groups(self, logins: Iterable[ObservedLogin]) -> Iterator[dict[str, ObservedLogin]]:
        """Log-ins of several devices with the same secret, by device."""
        same: dict[str, dict[str, ObservedLogin]] = {}
        for observed in logins:
            if not self.context.vault.is_blank(observed.secret):
                same.setdefault(observed.fingerprint, {})[observed.ends.device or ""] = observed
        return (devices for devices in same.values() if len(devices) > 1)

    def _shared(self, logins: Iterable[ObservedLogin]) -> Iterator[Finding]:
        for devices in self._groups(logins):
            observed = next(iter(devices.values()))
            models = {self.context.identity_of(device).get("model") for device in devices}
            factory = self.context.vault.pair(observed.login.username, observed.secret, factory_pairs()) is not None
            grave = factory and len(models) == 1 and None not in models
            found = self._finding(
                without_device(observed),
                "credential.shared",
                Severity.HIGH if grave else Severity.INFO,
                ("EN 303 645 5.1-1",),
                Message("credential.shared", {"count": len(devices)}),
                {"devices": sorted(devices), "sent": False},
            )
            found.frames = frames_of(devices)
            yield found

    def _shared_at_services(self) -> Iterator[Finding]:
        """The same secret sent by several devices to services outside: it stands in their software, or is
        a person's.
        """
        for devices in self._groups(self._services.values()):
            observed = next(iter(devices.values()))
            found = self._finding(
                without_device(observed, "client"),
                "credential.shared",
                self._likeness(devices),
                ("EN 303 645 5.4-3", "EN 303 645 5.4-4"),
                Message("credential.shared_at_service", {"count": len(devices), "mechanism": observed.login.mechanism}),
                {"devices": sorted(devices), "sent": True},
            )
            found.capability = None
            found.frames = frames_of(devices)
            yield found

    def _likeness(self, devices: Iterable[str]) -> Severity:
        """How much a common secret says against the maker: devices of one model, of one maker, of persons
        or of nobody.
        """
        identities = [self.context.identity_of(device) for device in devices]
        if any(identity.get("category") in PERSONAL_CATEGORIES for identity in identities):
            return Severity.INFO
        vendors, models = ({identity.get(name) for identity in identities} for name in ("vendor", "model"))
        if len(vendors) > 1:
            return Severity.INFO
        if len(models) == 1 and None not in models:
            return Severity.HIGH
        # Where no maker is known, one that bought its network addresses in one block.
        blocks = {identity.get("mac", "")[:8] for identity in identities}
        alike = None not in vendors or (len(blocks) == 1 and is_assigned(blocks.pop()))
        return Severity.MEDIUM if alike else Severity.INFO

    def _finding(
        self,
        observed: ObservedLogin,
        rule: str,
        severity: Severity,
        provisions: tuple[str, ...],
        message: Message,
        detail: dict[str, object],
    ) -> Finding:
        login = observed.login
        shown = {
            "mechanism": login.mechanism,
            "username": login.username,
            "name": login.name,
            "secret": self.context.vault.shown(observed.secret),
            "accepted": login.accepted,
            "basis": login.basis,
            **detail,
        }
        found = self.finding(
            observed.observation,
            rule,
            severity,
            observed.ends,
            capability=Capability.NO_DEFAULT_PASSWORDS,
            provisions=provisions,
            message=message,
            detail=shown,
            identity=(login.username, observed.fingerprint),
            protocol=observed.observation.protocol,
        )
        found.last_time = max(found.last_time, observed.last)
        return found


def shows_interface(observed: ObservedLogin) -> bool:
    """Whether the end that a log-in went to answered, so that there is something to log in to.

    An agent of SNMP answers nothing to a community that it does not know (RFC 1157 4.1), so only an answer counts
    there. A port unreachable or a RST is no byte of the service.
    """
    login = observed.login
    if login.accepted is not None or login.status is not None:
        return True
    return login.mechanism != "community" and observed.observation.flow.payload[login.verifier] > 0


def is_assigned(block: str) -> bool:
    """Whether the first three bytes of a MAC are a registered block, not random (IEEE 802c 4)."""
    return len(block) == 8 and not int(block[:2], 16) & 2


def without_device(observed: ObservedLogin, role: str | None = None) -> ObservedLogin:
    """The same without a device, for a finding about several of them."""
    return replace(observed, ends=Responsible(None, None, role, observed.ends.remote))


def frames_of(devices: dict[str, ObservedLogin]) -> tuple[int, ...]:
    """The frames of several devices' log-ins."""
    return tuple(sorted({frame for one in devices.values() for frame in one.observation.frames}))


DETECTOR = Factory
