"""Logins that crossed readable or crackable: ``credential.cleartext``, ``credential.challenge``."""

from __future__ import annotations

from collections.abc import Iterable

from sensor.detectors._challenges import strength_of
from sensor.detectors._contrast import Contrast
from sensor.detectors._detector import Context, Detector, Responsible, is_anonymous_login
from sensor.detectors._login_words import summary_and_advice
from sensor.events import Access, Login
from sensor.model import Capability, Finding, Observation, Severity, Side

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


class Credentials(Detector):
    """``credential.cleartext`` and ``credential.challenge``."""

    EVENTS = (Login, Access)

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self._contrast = Contrast()

    def observe(self, observation: Observation) -> Iterable[Finding]:
        """A login, or the refusal that a later login contrasts with."""
        event = observation.event
        if isinstance(event, Access):
            self._contrast.note_access(observation, event)
            return ()
        if isinstance(event, Login):
            return (self._judge(observation, event),)
        return ()

    def _judge(self, observation: Observation, login: Login) -> Finding:
        accepted, basis = self._contrast.accepted(observation, login)
        ends = self.responsible(observation.flow, login.verifier)
        blank = self.context.vault.is_blank(login.secret)
        anonymous = is_anonymous_login(login)
        severity = self._severity(login, ends, accepted, without_secret=blank or anonymous)
        provisions = ["EN 303 645 5.1-3", "EN 303 645 5.5-6"]
        if ends.remote:
            provisions.append("EN 303 645 5.5-7")
        if ends.role == "client" and login.mechanism == "password":
            provisions.insert(0, "EN 303 645 5.1-2A")
        rule = "credential.cleartext" if login.clear else "credential.challenge"
        shown = self.context.vault.shown(login.secret)
        protocol = observation.protocol
        summary, advice = summary_and_advice(
            login, protocol, accepted, remote=ends.remote, without_secret=anonymous or blank
        )
        found = self.finding(
            observation,
            rule,
            severity,
            ends,
            capability=Capability.SECURE_COMMUNICATION,
            provisions=tuple(provisions),
            summary=summary,
            advice=advice,
            detail={
                "mechanism": login.mechanism,
                "username": login.username,
                "name": login.name,
                "secret": shown,
                "accepted": accepted,
                "basis": basis,
                "scheme": login.scheme,
            },
            identity=_identity(login, accepted, shown and shown["fingerprint"]),
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


def _identity(login: Login, accepted: bool | None, fingerprint: object) -> tuple[object, ...]:
    """Identity of a repeated finding.

    The answer to a challenge differs each time, so user and outcome identify it.
    """
    if login.clear or login.username is None:
        return login.mechanism, login.username, login.name, fingerprint
    return login.mechanism, login.username, login.scheme, accepted


DETECTOR = Credentials

__all__ = ["DETECTOR", "Credentials", "Side"]
