"""Logins into findings: secrets that crossed in the clear, or as a challenge's answer that can be cracked; accepted by the protocol's word or by contrast."""

from __future__ import annotations

from collections.abc import Iterable

from sensor.detectors._contrast import Contrast
from sensor.detectors._detector import Context, Detector, Ends
from sensor.events import Access, Login
from sensor.model import Capability, Finding, Observation, Severity, Side

ANONYMOUS = frozenset({"anonymous", "ftp", "guest"})
"""User names that ask for public access (RFC 1635 for FTP)."""

CHALLENGE_SEVERITY = {
    # Broken or crackable at once on a home computer: one DES or MD5 per guess, no salt or no iterations.
    "vnc-des": Severity.HIGH,
    "ntlmv1": Severity.HIGH,
    "lm": Severity.HIGH,
    "mysql-old": Severity.HIGH,
    "apop": Severity.MEDIUM,
    "cram-md5": Severity.MEDIUM,
    "digest-md5": Severity.MEDIUM,
    "ntlmv2": Severity.MEDIUM,
    # Thousands of iterations or a modern hash: a good password holds.
    "scram-sha-1": Severity.LOW,
    "scram-sha-256": Severity.LOW,
    "digest-sha-256": Severity.LOW,
}
"""How much a captured answer helps an attacker, by scheme (hashcat's published speeds differ by 10^5 between these classes)."""

CLEAR_SEVERITY = {
    "password": Severity.HIGH,
    "token": Severity.HIGH,
    "key": Severity.HIGH,
    "cookie": Severity.MEDIUM,
    "community": Severity.MEDIUM,
}

WHAT = {
    "password": "a password",
    "token": "an access token",
    "cookie": "a session cookie",
    "community": "an SNMP community (a shared password)",
    "key": "a key",
}


class Credentials(Detector):
    """``credential.cleartext`` and ``credential.challenge``."""

    EVENTS = (Login, Access)

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self._contrast = Contrast()

    def observe(self, observation: Observation) -> Iterable[Finding]:
        """A login, or the refusal that a later login is contrasted with."""
        event = observation.event
        if isinstance(event, Access):
            self._contrast.used(observation, event)
            return ()
        if isinstance(event, Login):
            return (self._judge(observation, event),)
        return ()

    def _judge(self, observation: Observation, login: Login) -> Finding:
        accepted, basis = self._contrast.accepted(observation, login)
        ends = self.ends(observation.flow, login.asked_by)
        blank = self.context.vault.is_blank(login.secret)
        anonymous = (login.username or "").lower() in ANONYMOUS and login.scheme.startswith("user/pass")
        severity = self._severity(login, ends, accepted, harmless=blank or anonymous)
        provisions = ["EN 303 645 5.1-3", "EN 303 645 5.5-6"]
        if ends.remote:
            provisions.append("EN 303 645 5.5-7")
        if ends.role == "client" and login.mechanism == "password":
            provisions.insert(0, "EN 303 645 5.1-2A")
        rule = "credential.cleartext" if login.clear else "credential.challenge"
        shown = self.context.vault.shown(login.secret)
        protocol = observation.protocol
        summary, advice = _words(login, ends, protocol, accepted, anonymous=anonymous or blank)
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
            identity=_same(login, accepted, shown and shown["fingerprint"]),
            protocol=protocol,
        )
        found.has_secret = login.clear or login.username is None
        return found

    @staticmethod
    def _severity(login: Login, ends: Ends, accepted: bool | None, *, harmless: bool) -> Severity:
        if harmless:
            return Severity.INFO
        if not login.clear:
            return CHALLENGE_SEVERITY.get(login.scheme, Severity.MEDIUM)
        level = CLEAR_SEVERITY.get(login.mechanism, Severity.MEDIUM)
        if accepted is False:
            level = Severity(level - 1)
        if ends.remote and level >= Severity.HIGH:
            level = Severity.CRITICAL
        return level


def _same(login: Login, accepted: bool | None, fingerprint: object) -> tuple[object, ...]:
    """What makes a repeat the same finding. An answer to a challenge differs each time: the user and the outcome make it the same."""
    if login.clear or login.username is None:
        return login.mechanism, login.username, login.name, fingerprint
    return login.mechanism, login.username, login.scheme, accepted


def _words(login: Login, ends: Ends, protocol: str, accepted: bool | None, *, anonymous: bool) -> tuple[str, str]:
    """A sentence for a person at home, and what to do. User names stay out: logs and metrics may show summaries."""
    where = "over the internet" if ends.remote else "across the home network"
    what = WHAT.get(login.mechanism, "a secret")
    if anonymous:
        return (
            f"A login without a real secret (anonymous or blank) was made over {protocol} {where}.",
            "If this service should not be open to everyone, set a password and use its encrypted form.",
        )
    answer = {True: " and was accepted", False: " and was refused", None: ""}[accepted]
    if login.clear:
        return (
            f"{what[0].upper()}{what[1:]} crossed readable over {protocol} {where}{answer}: anyone on the way can use it.",
            f"Change this secret, and use the encrypted form of the service (TLS, SSH) or switch {protocol} off.",
        )
    return (
        f"A {protocol} login crossed as a {login.scheme} answer {where}{answer}: a weak password can be guessed from it.",
        "Use a long, random password here and, where the device offers it, TLS.",
    )


DETECTOR = Credentials

__all__ = ["DETECTOR", "Credentials", "Side"]
