"""Headlines of statuses: a message with its parameters."""

from __future__ import annotations

import string
from functools import cache

from sensor.catalogue import Message, messages
from sensor.model import Finding, Severity, Status
from sensor.parsing.registry import facts

MAX_CHARACTERS = 120
"""Characters of a parameter: names come from the wire."""

PLAIN = {
    "credential.challenge": "login.challenge",
    "credential.default": "password.default",
    "credential.refused_default": "password.default_refused",
    "credential.guessable": "password.guessable",
    "credential.shared": "password.shared",
    "credential.shared_key": "key.shared",
    "tls.certificate": "channel.certificate",
    "tls.version": "channel.version",
    "tls.cipher": "channel.cipher",
    "tls.key": "channel.key",
    "update.check": "update.check",
    "update.state": "update.state",
    "update.cleartext": "update.readable",
    "update.component": "update.component",
    "exposure.unauthenticated": "exposure.unauthenticated",
    "exposure.disclosure": "exposure.disclosure",
    "exposure.opened": "exposure.opened",
}
"""Rule -> message id, where nothing else decides it."""

QUIET = {
    Status.NO_VIOLATION_SEEN: "silence.enough",
    Status.INSUFFICIENT_EVIDENCE: "silence.short",
    Status.NOT_OBSERVABLE: "silence.blind",
    Status.ON_RECORD: "record.complete",
    Status.PARTLY_ON_RECORD: "record.part",
    Status.NONE_ON_RECORD: "record.none",
    Status.NOT_APPLICABLE: "excluded",
    Status.SIGN_SEEN: "protected",
}
"""Status -> message id, where no finding decides."""


def headline(status: Status, finding: Finding | None) -> Message:
    """The headline of a status and of the finding that decides it, None where none does."""
    if finding is None:
        return Message(QUIET.get(status, "silence.short"))
    name, given = _name_of(finding), _parameters(finding)
    return Message(name, {key: value for key, value in given.items() if key in _fields(name)})


@cache
def _fields(name: str) -> frozenset[str]:
    """The parameters that the text of a headline names."""
    text = messages()["headline"][name]
    return frozenset(field for _, field, _, _ in string.Formatter().parse(text) if field)


def _name_of(finding: Finding) -> str:
    detail, rule = finding.detail, finding.rule
    where = "outside" if finding.remote else "home"
    if rule == "credential.cleartext":
        if finding.role == "client":
            return f"login.sent.{where}"
        accepted = detail.get("accepted")
        return "login.asked" if accepted is None else "login.accepted" if accepted else "login.refused"
    if rule == "credential.unlimited_attempts":
        return "password.limited" if finding.severity is Severity.INFO else "password.unlimited"
    if rule == "tls.validation":
        return "channel.refused" if detail.get("outcome") == "refused" else "channel.accepted"
    if rule == "transfer.unencrypted":
        way = "sent" if detail.get("sent") else "received"
        return f"transfer.{way}.outside" if finding.remote else "transfer.home"
    if rule.startswith("personal."):
        return f"person.{where}"
    return PLAIN.get(rule, "other")


def _parameters(finding: Finding) -> dict[str, str | None]:
    detail = finding.detail
    other = finding.client if finding.role == "server" else finding.server
    peer = detail.get("server_name") or detail.get("host") or (other.host if other else None)
    _, _, kind = finding.rule.partition(".")
    value = detail.get("component") or detail.get("value") or ""
    if finding.rule == "update.component":
        value = f"{detail.get('component')} {detail.get('version') or ''}".strip()
    given = {
        "secret": str(detail.get("mechanism")),
        "peer": peer,
        "protocol": facts(finding.protocol).title,
        "value": str(value) if isinstance(value, str) else "",
        "what": kind if finding.rule.startswith("personal.") else detail.get("content") or detail.get("kind"),
        "count": str(len(detail.get("devices") or ())),
        "rule": finding.rule,
    }
    return {key: None if text is None else str(text)[:MAX_CHARACTERS] for key, text in given.items()}
