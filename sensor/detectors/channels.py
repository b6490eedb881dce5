"""Handshakes into ``tls.version``, ``tls.cipher``, ``tls.key`` and ``tls.certificate``: what was really negotiated, and what a certificate proves."""

from __future__ import annotations

from collections.abc import Iterable

from sensor.detectors._certificates import JudgedChain, judge
from sensor.detectors._detector import Detector, Responsible
from sensor.events import Handshake
from sensor.model import Capability, Finding, Observation, Severity, Side

OLD_VERSIONS = {
    "SSL 2.0": Severity.HIGH,  # RFC 6176
    "SSL 3.0": Severity.HIGH,  # RFC 7568
    "TLS 1.0": Severity.MEDIUM,  # RFC 8996
    "TLS 1.1": Severity.MEDIUM,
    "DTLS 1.0": Severity.MEDIUM,
}

WEAK_SUITES = (
    ("NULL", "no_encryption", Severity.CRITICAL),  # RFC 9325 4.1
    ("anon", "no_authentication", Severity.HIGH),
    ("EXPORT", "export", Severity.HIGH),
    ("RC4", "rc4", Severity.HIGH),  # RFC 7465
    ("_DES_", "des", Severity.HIGH),
    ("DES40", "des", Severity.HIGH),
    ("RC2", "rc2", Severity.HIGH),
    ("IDEA", "idea", Severity.MEDIUM),
    ("3DES", "3des", Severity.MEDIUM),  # RFC 9325 4.1, 64-bit blocks
)
"""(part of the IANA name, reason, severity), the worst first. Lesser ones, by the whole shape of the name: no forward secrecy and CBC with SHA-1
(RFC 9325 4.1, 4.2.1)."""

FINITE_FIELD = 2048
CURVE = 224
"""Bits below which a key for one connection is too short: of a finite field or RSA, and of a curve (RFC 9325 4.3 and 4.4)."""

BREAKABLE = 1024
"""Bits up to which a finite field, or RSA, has been broken or is held to be in reach of a state (Adrian et al. 2015, "Imperfect Forward Secrecy")."""

PROVISIONS = ("EN 303 645 5.5-1",)

ADVICE_OUTSIDE = "Update the device; if that does not help, ask its maker why its service shows such a certificate."
ADVICE_AT_HOME = "Compare the certificate once with what the device's own page shows, and keep it."

PRIVATE = frozenset({"untrusted_root", "self_signed", "long_validity"})
"""What a maker's own authority or a pinned certificate looks like from outside: no proof of anything."""

WORDS = {
    "expired": "has expired",
    "not_yet_valid": "is not valid yet",
    "self_signed": "vouches for itself only",
    "untrusted_root": "is vouched for by no public authority",
    "name_mismatch": "belongs to another name",
    "weak_signature": "is signed with a broken hash",
    "short_key": "has a key that is too short",
    "long_validity": "is valid for longer than today's practice",
}


class Channels(Detector):
    """``tls.version``, ``tls.cipher``, ``tls.key``, ``tls.certificate``."""

    EVENTS = (Handshake,)

    def observe(self, observation: Observation) -> Iterable[Finding]:
        """A handshake as far as it could be seen; one that was refused protects nothing and endangers nobody."""
        event = observation.event
        if not isinstance(event, Handshake) or event.kind not in ("tls", "dtls", "quic"):
            return
        server_is_local = self.context.device_of(observation.flow.server) is not None
        ends = self.ends(observation.flow, Side.SERVER if server_is_local else Side.CLIENT)
        judged = judge(event.certificates, event.server_name, observation.time) if event.certificates else None
        # A client that refused, or left at a certificate that does not check out, did not use what was negotiated.
        refused = event.established is False or (event.client_data is False and judged is not None and judged.why)
        if not refused:
            if event.version in OLD_VERSIONS:
                yield self._version(observation, event, ends, OLD_VERSIONS[event.version])
            yield from self._suite(observation, event, ends)
            yield from self._key(observation, event, ends)
        if judged is not None and judged.why:
            yield self._certificate(observation, event, ends, judged)

    def _version(self, observation: Observation, event: Handshake, ends: Responsible, severity: Severity) -> Finding:
        return self.finding(
            observation,
            "tls.version",
            severity,
            ends,
            capability=Capability.SECURE_COMMUNICATION,
            provisions=PROVISIONS,
            summary=f"An encrypted connection used {event.version}, which is withdrawn because it can be attacked.",
            advice="Update the device's software; if that does not help, ask its maker for TLS 1.2 or newer.",
            detail={"value": event.version, "why": ["withdrawn"], "server_name": event.server_name},
            identity=(event.version, event.server_name),
            protocol=event.kind,
        )

    def _suite(self, observation: Observation, event: Handshake, ends: Responsible) -> Iterable[Finding]:
        suite = event.cipher or ""
        found = [(reason, severity) for part, reason, severity in WEAK_SUITES if part in suite]
        found += [("no_forward_secrecy", Severity.LOW)] if suite.startswith("TLS_RSA_WITH") else []
        found += [("cbc_sha1", Severity.INFO)] if suite.endswith("_CBC_SHA") else []
        if not found:
            return
        yield self.finding(
            observation,
            "tls.cipher",
            max(severity for _, severity in found),
            ends,
            capability=Capability.SECURE_COMMUNICATION,
            provisions=PROVISIONS,
            summary=f"An encrypted connection used {suite}, which is weaker than today's practice.",
            advice="Update the device's software; if that does not help, ask its maker for modern cipher suites.",
            detail={
                "value": suite,
                "why": list(dict.fromkeys(reason for reason, _ in found)),
                "server_name": event.server_name,
            },
            identity=(suite, event.server_name),
            protocol=event.kind,
        )

    def _key(self, observation: Observation, event: Handshake, ends: Responsible) -> Iterable[Finding]:
        if event.key is None or event.key_bits is None:
            return
        whole = event.key in ("DH", "RSA")
        if event.key_bits >= (FINITE_FIELD if whole else CURVE):
            return
        value = f"{event.key} {event.key_bits}" if whole else event.key
        yield self.finding(
            observation,
            "tls.key",
            Severity.HIGH if whole and event.key_bits <= BREAKABLE else Severity.MEDIUM,
            ends,
            capability=Capability.SECURE_COMMUNICATION,
            provisions=PROVISIONS,
            summary=f"An encrypted connection was made with a key of {event.key_bits} bits ({value}), which is too short today.",
            advice="Update the device's software; if that does not help, ask its maker for longer keys.",
            detail={"value": value, "why": ["short_key"], "server_name": event.server_name},
            identity=(value, event.server_name),
            protocol=event.kind,
        )

    def _certificate(
        self, observation: Observation, event: Handshake, ends: Responsible, judged: JudgedChain
    ) -> Finding:
        went_on = _went_on(event) if judged.fatal else None
        told = " and ".join(WORDS[reason] for reason in judged.why)
        tail = ""
        if went_on and ends.role == "client":
            tail = " The device went on all the same, so it does not check."
        elif went_on is False and ends.role == "client":
            tail = " The device sent nothing over it, as it should."
        elif set(judged.why) <= PRIVATE and ends.remote:
            tail = " The device may know it in another way: its maker's own authority, or this very certificate."
        return self.finding(
            observation,
            "tls.certificate",
            self._weigh(judged.why, ends, event),
            ends,
            capability=Capability.SECURE_COMMUNICATION,
            provisions=PROVISIONS,
            summary=f"A certificate {told}.{tail}",
            advice=ADVICE_OUTSIDE if ends.remote else ADVICE_AT_HOME,
            detail={
                "value": judged.subject or None,
                "why": list(judged.why),
                "server_name": event.server_name,
                "went_on": went_on,
            },
            identity=(judged.subject, judged.why, event.server_name),
            protocol=event.kind,
        )

    @staticmethod
    def _weigh(why: tuple[str, ...], ends: Responsible, event: Handshake) -> Severity:
        """On the LAN a device has no public name, so that only what it could do better counts (standards: pinning is possible)."""
        reasons = set(why)
        if not reasons - {"long_validity"}:
            return Severity.INFO
        if not ends.remote:
            return Severity.LOW
        if _went_on(event) is False or reasons <= PRIVATE:
            return Severity.LOW
        return Severity.HIGH if _went_on(event) else Severity.MEDIUM


def _went_on(event: Handshake) -> bool | None:
    """Whether the client accepted what the server showed: by its own data alone, whatever the server sent."""
    return False if event.established is False else event.client_data


DETECTOR = Channels
