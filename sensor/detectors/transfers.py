"""Objects that crossed unencrypted: ``transfer.unencrypted``, by service and kind of content."""

from __future__ import annotations

from collections.abc import Iterable

from sensor.catalogue import Message
from sensor.detectors._content import content_of
from sensor.detectors._detector import Detector, Responsible
from sensor.events import Content, Event, Transfer
from sensor.model import Capability, Finding, Observation, OnRepeat, Severity, Side
from sensor.parsing.registry import facts

BY_DESIGN = (
    "application/ocsp-response",
    "application/ocsp-request",
    "application/pkix-crl",
    "application/pkix-cert",
    "application/x-x509-ca-cert",
    "application/pkcs7-mime",
)
"""Media types that are signed and sent in the clear on purpose (RFC 6960 A.1, RFC 5280 4.2.1.13, 4.2.2.1)."""

PORTAL_CHECKS = frozenset(
    {
        "/generate_204", "/gen_204", "/hotspot-detect.html", "/library/test/success.html", "/connecttest.txt",
        "/ncsi.txt", "/success.txt", "/canonical.html", "/kindle-wifi/wifistub.html",
        "/kindle-wifi/wifiredirect.html", "/connectivity-check", "/connectivity-check.html",
        "/check_network_status.txt", "/nm-check.txt", "/mobile/status.php", "/nintendowifi",
    }
)  # fmt: skip
"""Pages that systems fetch in the clear on purpose, to detect a hotspot's log-in page (RFC 8952 3.1.1)."""

MAX_PORTAL_BYTES = 2048
"""Bytes of the answer to such a check at most: a log-in page is larger."""

SENSITIVE = frozenset({"image", "audio", "video"})
"""Content that shows people or their rooms (EN 303 645 5.8-2 where the other end is a service)."""


class Transfers(Detector):
    """``transfer.unencrypted``."""

    EVENTS = (Transfer, Content)

    def on_repeat(self, event: Event) -> OnRepeat:
        """Size and kind follow from the event and its ends."""
        return OnRepeat.SAME

    def observe(self, observation: Observation) -> Iterable[Finding]:
        """One finding for each object; the run folds those of one service and kind."""
        event = observation.event
        if isinstance(event, Content) and observation.protocol == "snmp":
            # A variable requested by name counts as an object.
            event = Transfer(side=event.side, application="snmp", size=len(event.data), data=event.data)
        if not isinstance(event, Transfer):
            return
        flow = observation.flow
        answerable = event.side if facts(event.application).publishes else Side.SERVER
        ends = self.responsible(flow, answerable)
        content = content_of(event)
        other = flow.end(Side.SERVER if ends.role == "client" else Side.CLIENT)
        party = self.context.party_of(other)
        by_design = _by_design(event)
        sent = ends.role == event.side.name.lower() if ends.role else None
        provisions = ["EN 303 645 5.5-1"]
        capability = Capability.SECURE_COMMUNICATION
        if content in SENSITIVE and ends.remote and sent:
            provisions.append("EN 303 645 5.8-2")
            capability = Capability.PERSONAL_DATA
        severity = Severity.INFO if by_design else _severity(content, ends)
        yield self.finding(
            observation,
            "transfer.unencrypted",
            severity,
            ends,
            capability=None if by_design else capability,
            provisions=() if by_design else tuple(provisions),
            message=Message(
                "transfer.unencrypted",
                {"content": content, "service": facts(event.application).title, "where": ends.where},
            ),
            detail={
                "application": event.application,
                "content": content,
                "bytes": event.size,
                "party": party,
                "sent": sent,
            },
            # What a camera sends and what a screen fetches are two findings.
            identity=(event.application, content, sent if content in SENSITIVE else None),
            protocol=event.application,
        )


def _by_design(event: Transfer) -> bool:
    if (event.media_type or "").lower().startswith(BY_DESIGN):
        return True
    return (
        event.application == "http"
        and event.size <= MAX_PORTAL_BYTES
        and (event.name or "").partition("?")[0] in PORTAL_CHECKS
    )


def _severity(content: str | None, ends: Responsible) -> Severity:
    if content in SENSITIVE or content in ("control", "firmware", "mail"):
        return Severity.HIGH if ends.remote else Severity.MEDIUM
    return Severity.MEDIUM if ends.remote else Severity.LOW


DETECTOR = Transfers
