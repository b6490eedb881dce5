"""Encrypted channels: ``tls.version``, ``tls.cipher``, ``tls.key`` and ``tls.certificate``."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from sensor.catalogue import Message
from sensor.detectors._chains import JudgedChain, judge_chain
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
"""(part of the IANA name, reason, severity), the worst first.

Lesser ones are found by the shape of the whole name: no forward secrecy and CBC with SHA-1 (RFC 9325 4.1, 4.2.1).
"""

MIN_FINITE_FIELD_BITS = 2048
MIN_CURVE_BITS = 224
"""Least bits of a key of one connection: a finite field or RSA, and a curve (RFC 9325 4.3 and 4.4)."""

BREAKABLE_BITS = 1024
"""Bits up to which a finite field or RSA has been broken or is within a state's reach.

Adrian et al. 2015, "Imperfect Forward Secrecy".
"""

PROVISIONS = ("EN 303 645 5.5-1",)

PRIVATE_REASONS = frozenset({"untrusted_root", "self_signed", "long_validity"})
"""Reasons that a maker's own authority or a pinned certificate gives, too: they prove nothing."""


class Channels(Detector):
    """``tls.version``, ``tls.cipher``, ``tls.key``, ``tls.certificate``."""

    EVENTS = (Handshake,)

    def observe(self, observation: Observation) -> Iterable[Finding]:
        """Findings of a handshake as far as it was visible; a refused one neither protects nor endangers."""
        event = observation.event
        if not isinstance(event, Handshake) or event.kind not in ("tls", "dtls", "quic"):
            return
        server_is_local = self.context.device_of(observation.flow.server) is not None
        ends = self.responsible(observation.flow, Side.SERVER if server_is_local else Side.CLIENT)
        judged = judge_chain(event.certificates, event.server_name, observation.time)
        # A client that refused did not use what was negotiated. One that left at a certificate that does not check out
        # sent nothing: what the server chose is said, and weighs nothing.
        left = event.client_data is False and judged is not None and bool(judged.why)
        if event.established is not False:
            found = [*self._version(observation, event, ends), *self._suite(observation, event, ends)]
            found += self._key(observation, event, ends)
            yield from map(_unused, found) if left else found
        if judged is not None and judged.why:
            yield self._certificate(observation, event, ends, judged)

    def _version(self, observation: Observation, event: Handshake, ends: Responsible) -> Iterable[Finding]:
        if event.version not in OLD_VERSIONS:
            return
        yield self.finding(
            observation,
            "tls.version",
            OLD_VERSIONS[event.version],
            ends,
            capability=Capability.SECURE_COMMUNICATION,
            provisions=PROVISIONS,
            message=Message("tls.version", {"version": event.version, "unused": None}),
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
            message=Message("tls.cipher", {"suite": suite, "unused": None}),
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
        if event.key_bits >= (MIN_FINITE_FIELD_BITS if whole else MIN_CURVE_BITS):
            return
        value = f"{event.key} {event.key_bits}" if whole else event.key
        yield self.finding(
            observation,
            "tls.key",
            Severity.HIGH if whole and event.key_bits <= BREAKABLE_BITS else Severity.MEDIUM,
            ends,
            capability=Capability.SECURE_COMMUNICATION,
            provisions=PROVISIONS,
            message=Message("tls.key", {"bits": event.key_bits, "key": value, "unused": None}),
            detail={"value": value, "why": ["short_key"], "server_name": event.server_name},
            identity=(value, event.server_name),
            protocol=event.kind,
        )

    def _certificate(
        self, observation: Observation, event: Handshake, ends: Responsible, judged: JudgedChain
    ) -> Finding:
        went_on = _went_on(event) if judged.fatal else None
        remark = None
        if went_on is not None and ends.role == "client":
            remark = "went_on" if went_on else "left"
        elif set(judged.why) <= PRIVATE_REASONS and ends.remote:
            remark = "private"
        return self.finding(
            observation,
            "tls.certificate",
            self._weigh(judged.why, ends, event),
            ends,
            capability=Capability.SECURE_COMMUNICATION,
            provisions=PROVISIONS,
            message=Message("tls.certificate", {"why": list(judged.why), "remark": remark, "where": ends.where}),
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
        """Severity of the reasons.

        On the LAN a device has no public name, so only its own faults count (it could be pinned).
        """
        reasons = set(why)
        if not reasons - {"long_validity", "unreadable"}:
            return Severity.INFO
        if not ends.remote:
            return Severity.LOW
        if _went_on(event) is False:
            return Severity.LOW
        if reasons <= {*PRIVATE_REASONS, "name_mismatch"} and reasons & PRIVATE_REASONS - {"long_validity"}:
            return Severity.LOW  # a certificate that is known itself needs no name
        return Severity.HIGH if _went_on(event) else Severity.MEDIUM


def _unused(finding: Finding) -> Finding:
    """What was agreed on for a connection over which the client sent nothing."""
    message = Message(finding.message.id, {**finding.message.parameters, "unused": True})
    return replace(finding, severity=Severity.INFO, message=message)


def _went_on(event: Handshake) -> bool | None:
    """Whether the client accepted the server's certificate, which only its own data shows."""
    return False if event.established is False else event.client_data


DETECTOR = Channels
