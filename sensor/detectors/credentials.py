"""Logins that crossed readable or crackable: ``credential.cleartext``, ``credential.challenge``."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from sensor.detectors._challenges import strength_of
from sensor.detectors._contrast import Contrast
from sensor.detectors._detector import Context, Detector, Responsible, is_anonymous_login
from sensor.detectors._login_words import login_message
from sensor.events import Access, Event, Login
from sensor.model import Capability, Finding, Flow, Observation, OnRepeat, Severity, Side, Transport

CLEAR_SEVERITY = {
    "password": Severity.HIGH,
    "token": Severity.HIGH,
    "key": Severity.HIGH,
    # It ends with the session.
    "cookie": Severity.MEDIUM,
    # Most open only what a device says of itself.
    "community": Severity.MEDIUM,
}
"""By mechanism; one level higher where it crossed the internet, one lower where it was refused."""

NO_ANSWER = "the other end sent nothing"
"""Basis of a login to which nothing shows an interface."""

MAX_WAITING = 4096
"""Logins without an answer that wait for the end of their flows; more are judged at once."""


NULL_CIPHER = "tls-null"
"""The layer of a channel whose suite authenticates and encrypts nothing (RFC 5246 6.2.3.1)."""


class Credentials(Detector):
    """``credential.cleartext`` and ``credential.challenge``."""

    EVENTS = (Login, Access)

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self._contrast = Contrast()
        self._waiting: dict[int, list[Observation]] = {}
        """By flow: logins whose outcome is not known; whether the other end spoke at all shows when the flow is over.
        """

    def on_repeat(self, event: Event) -> OnRepeat:
        """A refusal is weighed against others, each time; a login that no answer followed waits for its flow's end."""
        if isinstance(event, Login):
            open_ = event.accepted is None and event.status is None
            return OnRepeat.AGAIN if open_ or Contrast.may_note(event) else OnRepeat.SAME
        return OnRepeat.AGAIN if isinstance(event, Access) and Contrast.may_note(event) else OnRepeat.NOTHING

    @property
    def changes(self) -> int:
        """Refusals that a login may be contrasted with."""
        return self._contrast.changes

    def observe(self, observation: Observation) -> Iterable[Finding]:
        """A login, or the refusal that a later login contrasts with."""
        event = observation.event
        if isinstance(event, Access):
            self._contrast.note_access(observation, event)
            return ()
        if isinstance(event, Login):
            if not _may_be_unanswered(observation, event) or len(self._waiting) >= MAX_WAITING:
                return (self._judge(observation, event),)
            self._waiting.setdefault(observation.flow.uid, []).append(observation)
        return ()

    def awaits(self, flow: Flow) -> bool:
        """A flow with logins that wait for its end."""
        return flow.uid in self._waiting

    def flow_ended(self, flow: Flow) -> Iterator[Finding]:
        """Judge the logins of the flow that waited for its end."""
        for observation in self._waiting.pop(flow.uid, ()):
            if isinstance(observation.event, Login):
                yield self._judge(observation, observation.event)

    def finish(self) -> Iterator[Finding]:
        """Judge the logins of flows that go on."""
        for waiting in self._waiting.values():
            for observation in waiting:
                if isinstance(observation.event, Login):
                    yield self._judge(observation, observation.event)

    def _judge(self, observation: Observation, login: Login) -> Finding:
        accepted, basis = self._contrast.accepted(observation, login)
        ends = self.responsible(observation.flow, login.verifier)
        blank = self.context.vault.is_blank(login.secret)
        anonymous = is_anonymous_login(login)
        # A device that sent its own secret, unasked or to a group, is no interface that was probed.
        probed = (
            not login.served and ends.role == login.verifier.name.lower() and accepted is None and login.status is None
        )
        unanswered = probed and _is_unanswered(observation.flow, login.verifier)
        severity = self._severity(login, ends, accepted, without_secret=blank or anonymous or unanswered)
        # 5.1-3 is about mechanisms that check who somebody is: nobody logged in with what is shown.
        provisions = ["EN 303 645 5.5-6"] if login.served else ["EN 303 645 5.1-3", "EN 303 645 5.5-6"]
        if ends.remote:
            provisions.append("EN 303 645 5.5-7")
        if ends.role == "client" and login.mechanism == "password" and not login.served:
            provisions.insert(0, "EN 303 645 5.1-2A")
        rule = "credential.cleartext" if login.clear else "credential.challenge"
        shown = self.context.vault.shown(login.secret)
        protocol = observation.protocol
        found = self.finding(
            observation,
            rule,
            severity,
            ends,
            capability=Capability.SECURE_COMMUNICATION,
            provisions=tuple(provisions),
            message=login_message(login, protocol, accepted, where=ends.where, without_secret=anonymous or blank),
            detail={
                "mechanism": login.mechanism,
                "username": login.username,
                "name": login.name,
                "secret": shown,
                "accepted": accepted,
                "basis": NO_ANSWER if unanswered else basis,
                "scheme": login.scheme,
                **({"served": True} if login.served else {}),
                **({"null_cipher": True} if NULL_CIPHER in observation.flow.layers else {}),
            },
            identity=(
                # A session's key is the same one where it is handed out and where it is sent.
                *(("served",) if login.served and login.mechanism not in ("cookie", "token") else ()),
                *((NO_ANSWER,) if unanswered else ()),
                *_identity(login, accepted, shown and shown["fingerprint"]),
            ),
            protocol=protocol,
        )
        found.has_secret = login.clear or login.username is None
        return found

    @staticmethod
    def _severity(login: Login, ends: Responsible, accepted: bool | None, *, without_secret: bool) -> Severity:
        if without_secret:
            return Severity.INFO
        if not login.clear:
            return strength_of(login.scheme).value
        level = CLEAR_SEVERITY.get(login.mechanism, Severity.MEDIUM)
        if accepted is False:
            level = Severity(level - 1)
        if ends.remote and level >= Severity.HIGH:
            level = Severity.CRITICAL
        return level


def _may_be_unanswered(observation: Observation, login: Login) -> bool:
    """Whether it may be that nothing answers; only the end of the flow tells, for its counters are not yet read."""
    flow = observation.flow
    counted = flow.transport in (Transport.TCP, Transport.UDP) and not any(flow.payload)
    return counted and login.accepted is None and login.status is None


def _is_unanswered(flow: Flow, side: Side) -> bool:
    """Whether that end sent no byte: it did not answer, or with port unreachable or RST. Then nothing shows an
    interface.

    A TCP connection of which no packet of that end was seen is a capture of one direction: the other one was not lost
    on the way, for TCP sends data only after an answer.
    """
    group = bool(flow.server.mac) and bool(flow.server.mac[0] & 1)
    if group or not any(flow.payload) or flow.payload[side]:
        return False
    return flow.transport is Transport.UDP or flow.packets[side] > 0


def _identity(login: Login, accepted: bool | None, fingerprint: object) -> tuple[object, ...]:
    """Identity of a repeated finding.

    The answer to a challenge differs each time, so user and outcome identify it.
    """
    if login.clear or login.username is None:
        return login.mechanism, login.username, login.name, fingerprint
    return login.mechanism, login.username, login.scheme, accepted


DETECTOR = Credentials

__all__ = ["DETECTOR", "Credentials", "Side"]
