"""Headlines of statuses: a message id with its parameters, and the English sentence made of both."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from sensor.model import Finding, Severity, Status

MAX_CHARACTERS = 120
"""Characters of a parameter: names come from the wire."""

SENTENCES: Mapping[str, str] = {
    "login.sent.outside": "Sent its {secret} readable to {peer} over the internet",
    "login.sent.home": "Sent its {secret} readable to {peer} in the home network",
    "login.accepted": "Takes a {secret} that crosses readable over {protocol}",
    "login.refused": "Was sent a {secret} readable over {protocol} and refused it",
    "login.asked": "Was sent a {secret} readable over {protocol}",
    "login.challenge": "Its login over {protocol} can be attacked by whoever recorded it",
    "password.default": "Takes a factory {secret} over {protocol}",
    "password.default_refused": "Refused a factory {secret} over {protocol}",
    "password.guessable": "Takes a {secret} that follows from what it tells everybody",
    "password.shared": "Uses the same {secret} as {count} devices",
    "key.shared": "Has the same private key as another device",
    "password.unlimited": "Let wrong passwords be tried over {protocol} without a lock",
    "password.limited": "Slowed down or locked after wrong passwords over {protocol}",
    "channel.accepted": "Sent data to {peer} although its certificate did not check out",
    "channel.refused": "Refused a certificate of {peer} that did not check out",
    "channel.certificate": "Used a certificate that does not prove who {peer} is",
    "channel.version": "Used {value}, which is withdrawn, with {peer}",
    "channel.cipher": "Used {value}, which is behind today's practice, with {peer}",
    "channel.key": "Used the short key {value} with {peer}",
    "transfer.sent.outside": "Sent {what} readable to {peer} over the internet",
    "transfer.received.outside": "Received {what} readable from {peer} over the internet",
    "transfer.home": "Exchanged {what} readable with {peer} in the home network",
    "person.outside": "Sent {what} readable to {peer} over the internet",
    "person.home": "Exchanged {what} readable in the home network",
    "update.check": "Asks {peer} for updates",
    "update.state": "Says itself whether new software waits for it",
    "update.readable": "Fetched an update readable from {peer}",
    "update.component": "Names a component with a known flaw: {value}",
    "exposure.unauthenticated": "Could be used over {protocol} without a login",
    "exposure.disclosure": "Tells its {what} to everybody on the network",
    "exposure.opened": "Had a port opened in the router, so that the internet can reach it",
    "protected": "All that it exchanged with the internet was encrypted well",
    "silence.enough": "Nothing was seen against it; that is no proof",
    "silence.short": "Too little was seen to tell",
    "silence.blind": "Traffic cannot show this",
    "record.complete": "The maker has published it",
    "record.part": "The maker has published a part of it",
    "record.none": "No published record is known",
    "accepted": "Nothing else was seen against it",
    "excluded": "Does not apply to this device",
    "other": "Packets speak to this ({rule})",
}
"""Message id -> sentence. Ids stay; sentences may be worded anew and in other languages."""

SECRETS = {
    "password": "password",
    "token": "token",
    "cookie": "session cookie",
    "community": "community",
    "key": "key",
}

CONTENTS = {
    "text": "text",
    "image": "pictures",
    "audio": "sound",
    "video": "video",
    "firmware": "firmware",
    "archive": "an archive",
    "document": "documents",
    "telemetry": "readings",
    "control": "commands",
    "mail": "mail",
}

PERSON = {
    "email": "an e-mail address",
    "phone": "a phone number",
    "name": "a person's name",
    "account": "an account's name",
    "location": "a precise place",
    "address": "a home address",
    "ssid": "the name of the home's Wi-Fi",
    "mac": "a hardware address",
    "serial": "a serial number",
    "imei": "the number of a phone or SIM card",
    "advertising_id": "an advertising identifier",
    "uuid": "an identifier that stays the same",
    "photo": "a picture with the place where it was taken",
    "health": "a reading of somebody's body",
    "credit_card": "a card number",
    "persona": "data of the test account",
}

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


@dataclass(frozen=True, slots=True)
class Headline:
    """A message id of `SENTENCES` and its parameters."""

    id: str
    parameters: dict[str, str] = field(default_factory=dict)

    @property
    def sentence(self) -> str:
        """In English."""
        return SENTENCES[self.id].format(**self.parameters)


def headline(status: Status, finding: Finding | None) -> Headline:
    """The headline of a status and of the finding that decides it, None where none does."""
    if finding is None:
        return Headline(QUIET.get(status, "silence.short"))
    name = _name_of(finding)
    given = _parameters(finding)
    wanted = {key: value for key, value in given.items() if f"{{{key}}}" in SENTENCES[name]}
    return Headline(name, wanted)


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


def _parameters(finding: Finding) -> dict[str, str]:
    detail = finding.detail
    other = finding.client if finding.role == "server" else finding.server
    peer = detail.get("server_name") or detail.get("host") or (other.host if other else "another device")
    _, _, kind = finding.rule.partition(".")
    value = detail.get("component") or detail.get("value") or ""
    if finding.rule == "update.component":
        value = f"{detail.get('component')} {detail.get('version') or ''}".strip()
    given = {
        "secret": SECRETS.get(str(detail.get("mechanism")), "secret"),
        "peer": str(peer),
        "protocol": finding.protocol.upper(),
        "value": str(value) if isinstance(value, str) else "",
        "what": PERSON.get(kind) or CONTENTS.get(str(detail.get("content"))) or str(detail.get("kind") or "data"),
        "count": str(len(detail.get("devices") or ())),
        "rule": finding.rule,
    }
    return {key: text[:MAX_CHARACTERS] for key, text in given.items()}
