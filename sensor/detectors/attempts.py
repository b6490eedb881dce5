"""Wrong passwords that a device refuses one after the other: ``credential.unlimited_attempts``.

EN 303 645 5.1-5: twenty refusals in a minute without a lock or a growing delay are a concern; a lock that is seen is
evidence for the device: an answer that says so, or connections that it no longer takes. Over all protocols whose logins
have answers, from one client or many.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import field
from itertools import pairwise

from sensor.catalogue import Message
from sensor.detectors._contrast import LOGIN_REQUIRED, Contrast
from sensor.detectors._detector import Context, Detector, Responsible, is_anonymous_login
from sensor.events import Access, Event, Login
from sensor.light_dataclass import dataclass
from sensor.model import Capability, Finding, Flow, Observation, OnRepeat, Severity, Transport
from sensor.parsing.registry import facts

ATTEMPTS = 20
"""Refusals within `WINDOW` from which on a device should have reacted: people mistype a password a few times."""

WINDOW = 60 * 1_000_000_000

BEFORE_LOCK = 3
"""Refusals before an answer counts as a lock: fewer may be the service's state of all day."""

LOCKED = {423: "locked", 429: "too many requests"}
"""Statuses of a lock (RFC 4918 11.3, RFC 6585 4)."""

LOCK_CODES = ("421", "429", "423")
"""The same at the beginning of an answer's text, and FTP's and SMTP's closing of the service (RFC 959, RFC 5321)."""

CLOSED = 2
"""Connections in a row that a device does not take before its service counts as closed: one may meet a restart."""

RESET_BYTES = (40, 60)
"""Length of a TCP reset over IPv4 and IPv6: headers alone (RFC 9293 3.10.7.1)."""

GROWTH = 1.8
"""Factor by which the middle gap grows from one third of the refusals to the next where a device slows down."""

SLOW = 2 * 1_000_000_000
"""Middle gap of the last third from which on a delay is one."""

FEWEST_FOR_GROWTH = 9

MAX_SERVICES = 1024
"""Services of devices that are watched."""

MAX_TIMES = 256
"""Times of refusals remembered of one service."""

FRAMES = 32


@dataclass(slots=True)
class GuessedService:
    """Refusals in a row at one service, and the fastest of them so far."""

    observation: Observation
    ends: Responsible
    times: list[int] = field(default_factory=list)
    frames: tuple[int, ...] = ()
    clients: set[bytes] = field(default_factory=set)
    refused: int = 0
    longest: int = 0
    fast: int | None = None
    """Nanoseconds of the fastest twenty."""
    limit: str | None = None
    after: int = 0
    not_taken: list[int] = field(default_factory=list)
    """Times of connections from a client that was refused which the device did not take."""


class Attempts(Detector):
    """``credential.unlimited_attempts``."""

    EVENTS = (Login, Access)

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self._contrast = Contrast()
        self._services: dict[tuple[object, ...], GuessedService] = {}
        self._at: dict[tuple[bytes, int | None], list[GuessedService]] = {}
        """The services at a port: a connection that is not taken shows no protocol."""

    def on_repeat(self, event: Event) -> OnRepeat:
        """A refusal counts each time; what is let in matters where something was refused."""
        if not isinstance(event, (Access, Login)):
            return OnRepeat.NOTHING
        refused = event.status in LOCKED or Contrast.may_note(event)
        if isinstance(event, Login):
            refused = refused or event.accepted is False or bool(self._services)
        return OnRepeat.AGAIN if refused else OnRepeat.NOTHING

    @property
    def changes(self) -> int:
        """Services at which something was refused."""
        return len(self._services)

    def observe(self, observation: Observation) -> Iterable[Finding]:
        """Count a refusal, see a lock, or begin anew after a login that was accepted."""
        event = observation.event
        if isinstance(event, Access):
            self._contrast.note_access(observation, event)
            if event.status in LOCKED:
                self._lock(self._services.get(_key(observation)), LOCKED[event.status])
        elif isinstance(event, Login) and not is_anonymous_login(event):
            self._login(observation, event)
        return ()

    def _login(self, observation: Observation, login: Login) -> None:
        key = _key(observation)
        service = self._services.get(key)
        accepted, basis = self._contrast.accepted(observation, login)
        reason = LOCKED.get(login.status or 0) or (
            "closed" if accepted is False and (basis or "").startswith(LOCK_CODES) else None
        )
        if reason is not None:
            self._lock(service, reason)
        elif accepted is False or login.status in LOGIN_REQUIRED:
            self._refused(key, service, observation, login)
        elif service is not None and (accepted or login.status is not None):
            service.refused, service.times = 0, []

    def _refused(
        self, key: tuple[object, ...], service: GuessedService | None, observation: Observation, login: Login
    ) -> None:
        if service is None:
            ends = self.responsible(observation.flow, login.verifier)
            if ends.role != login.verifier.name.lower() or len(self._services) >= MAX_SERVICES:
                return
            service = self._services[key] = GuessedService(observation, ends)
            server = observation.flow.server
            self._at.setdefault((server.address, server.port), []).append(service)
        service.refused += 1
        service.longest = max(service.longest, service.refused)
        service.times = [*service.times[-MAX_TIMES:], observation.time]
        service.frames = tuple(dict.fromkeys((*service.frames, *observation.frames)))[:FRAMES]
        if len(service.clients) < MAX_TIMES:
            service.clients.add(observation.flow.end(login.verifier.other).address)
        if len(service.times) >= ATTEMPTS:
            lasted = service.times[-1] - service.times[-ATTEMPTS]
            if 0 <= lasted <= WINDOW and (service.fast is None or lasted < service.fast):
                service.fast = lasted

    @staticmethod
    def _lock(service: GuessedService | None, reason: str) -> None:
        if service is not None and service.limit is None and service.refused >= BEFORE_LOCK:
            service.limit, service.after = reason, service.refused

    def awaits(self, flow: Flow) -> bool:
        """Any, once somebody was refused."""
        return bool(self._at)

    def flow_ended(self, flow: Flow) -> Iterable[Finding]:
        """See whether a client that was refused is not let in any more."""
        for service in self._at.get((flow.server.address, flow.server.port), ()):
            if flow.client.address in service.clients and len(service.not_taken) < MAX_TIMES and _not_taken(flow):
                service.not_taken.append(flow.first_time)
        return ()

    def finish(self) -> Iterator[Finding]:
        """A finding for each service that was tried often enough, or that locked."""
        for key, service in self._services.items():
            limit, after = service.limit, service.after
            if limit is None and _grows(service.times):
                limit, after = "growing delay", service.refused
            if limit is None and _closed(service):
                limit, after = "connections refused", service.refused
            if limit is not None or service.fast is not None:
                found = self._finding(service, limit, after)
                found.identity = ("credential.unlimited_attempts", *key)
                yield found

    def _finding(self, service: GuessedService, limit: str | None, after: int) -> Finding:
        title = facts(service.observation.protocol).title
        if limit is not None:
            message = Message("credential.limited_attempts", {"after": after, "service": title, "limit": limit})
        else:
            seconds = max(1, round((service.fast or 0) / 1_000_000_000))
            message = Message(
                "credential.unlimited_attempts",
                {"refused": service.longest, "service": title, "attempts": ATTEMPTS, "seconds": seconds},
            )
        found = self.finding(
            service.observation,
            "credential.unlimited_attempts",
            Severity.MEDIUM if limit is None else Severity.INFO,
            service.ends,
            capability=Capability.NO_DEFAULT_PASSWORDS,
            provisions=("EN 303 645 5.1-5",),
            message=message,
            detail={
                "refused": service.longest,
                "seconds": None if service.fast is None else round(service.fast / 1_000_000_000, 1),
                "clients": len(service.clients),
                "limit": limit,
                "after": after if limit is not None else None,
            },
            protocol=service.observation.protocol,
        )
        found.frames, found.count = service.frames or found.frames, service.longest
        found.last_time = service.times[-1] if service.times else found.time
        return found


def _key(observation: Observation) -> tuple[object, ...]:
    server = observation.flow.server
    return server.address, server.port, observation.protocol


def _not_taken(flow: Flow) -> bool:
    """Whether a TCP connection did not come about: nobody answered, or each packet met with a reset."""
    sent, answered = flow.packets
    if flow.transport is not Transport.TCP or any(flow.payload) or not sent:
        return False
    return not answered or (answered == sent and flow.bytes[1] in [answered * size for size in RESET_BYTES])


def _closed(service: GuessedService) -> bool:
    """Whether connections were not taken any more soon after the last refusal, and no login was heard since."""
    if service.refused < BEFORE_LOCK or not service.times:
        return False
    return sum(0 <= time - service.times[-1] <= WINDOW for time in service.not_taken) >= CLOSED


def _grows(times: list[int]) -> bool:
    """Whether the gaps between refusals grow steadily, as where a device answers later and later."""
    gaps = [later - earlier for earlier, later in pairwise(times)]
    if len(gaps) < FEWEST_FOR_GROWTH:
        return False
    third = len(gaps) // 3
    from statistics import median

    first, second, last = (median(gaps[at : at + third]) for at in (0, third, len(gaps) - third))
    return last >= SLOW and second >= GROWTH * first and last >= GROWTH * second


DETECTOR = Attempts
