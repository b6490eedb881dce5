"""What needs a person: findings by device and kind, in the order in which they are dealt with."""

from __future__ import annotations

import ipaddress
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import field
from typing import Any, Final, TypedDict

from sensor.catalogue import LANGUAGES, texts_of
from sensor.devices.networks import DEFAULT
from sensor.light_dataclass import dataclass
from sensor.model import SEVERITIES
from sensor.parsing.registry import facts
from sensor.records import claimed_in
from sensor.wording import in_language

NEEDS = 200
"""Needs of a run that are worked out: far more than a person reads."""

DESTINATIONS = 2
"""Destinations that a sentence names; the others are counted."""

LOCAL: Final = tuple(map(ipaddress.ip_network, (*DEFAULT, "127.0.0.0/8", "255.255.255.255/32")))
"""Addresses that are no internet: the default local networks, loopback and the broadcast (RFC 919)."""

MEDIA = {"image": "photo", "audio": "audio", "video": "video"}
"""Content of a transfer -> the word for it in the catalogue."""

SHELLS = frozenset({"telnet", "rlogin", "rsh", "rexec"})
"""Protocols of a shell whose login crosses readable."""

Record = Mapping[str, Any]


class Need(TypedDict):
    """One line of problem and one of remedy about a device.

    ``kind``: a key of the catalogue; ``urgent``: it does not wait; ``severity``: the worst of ``findings`` (ids);
    ``count``: how often it was seen; ``device`` its id and ``name`` the name in the sentences.
    """

    kind: str
    urgent: bool
    device: str
    name: str
    severity: str
    count: int
    findings: list[str]
    problem: str
    remedy: str


@dataclass(slots=True)
class _Group:
    findings: list[Record] = field(default_factory=list)
    destinations: dict[str, None] = field(default_factory=dict)
    data: dict[str, None] = field(default_factory=dict)
    secrets: dict[str, None] = field(default_factory=dict)

    @property
    def worst(self) -> Record:
        return min(self.findings, key=lambda one: (SEVERITIES.index(one["severity"]), one["time"] or ""))


def needs(findings: Iterable[Record], devices: Iterable[Record], language: str = "en") -> list[Need]:
    """The needs of a run or device, the first to be dealt with first; at most `NEEDS`.

    ``findings`` and ``devices``: their records. Findings of no known device, remarks (severity info), and what the user
    muted or accepted are left out. FileNotFoundError where there is no catalogue of that language.
    """
    catalogue = texts(language)
    known = {one["id"]: one for one in devices}
    groups: dict[tuple[str, str], _Group] = {}
    for one in sorted(findings, key=lambda one: (SEVERITIES.index(one["severity"]), one["time"] or "", one["id"])):
        device = one["device"]
        if device not in known or one["severity"] == "info" or one.get("muted") or one.get("accepted"):
            continue
        kind = kind_of(one)
        group = groups.get((device, kind))
        if group is None:
            if len(groups) >= NEEDS:
                continue
            group = groups[device, kind] = _Group()
        group.findings.append(one)
        group.destinations[_destination(one, known[device])] = None
        if (data := _data(one)) is not None:
            group.data[data] = None
        if one["rule"].startswith("credential."):
            group.secrets[_mechanism(one)] = None
    order = list(catalogue["need"])
    names = _names([known[device] for device in dict.fromkeys(device for device, _ in groups)], catalogue)
    made = [_need(kind, device, names[device], group, catalogue, language) for (device, kind), group in groups.items()]
    made.sort(key=lambda one: (order.index(one["kind"]), SEVERITIES.index(one["severity"]), one["name"], one["device"]))
    return made


def kind_of(finding: Record) -> str:
    """The kind of need that a finding speaks of: the first rule of `KINDS` that fits."""
    return next(kind for kind, fits in KINDS if fits(finding))


def phrase(device: Record, catalogue: Mapping[str, Any]) -> str:
    """A device for a sentence: what the user calls it, else what it is and the name by which he may know it."""
    if "name" in device.get("corrected", ()):
        return str(device["hostname"])
    what = what_of(device, catalogue)
    name = device.get("hostname") if claimed_in(device, "model") is None else None
    if what and not name:
        return (
            what if claimed_in(device, "model") else f"{what} {next(iter(device.get('addresses') or ()), '')}".strip()
        )
    name = name or next(iter(device.get("addresses") or ()), "") or device["id"]
    maker = claimed_in(device, "vendor") or ""
    if maker and name.casefold().startswith(maker.casefold()):
        what = what.removeprefix(maker).strip()
    return f"{what} {name}".strip()


def what_of(device: Record, catalogue: Mapping[str, Any]) -> str:
    """Maker, kind and model of a device in the catalogue's words, as far as they are known; "" where nothing is."""
    category = claimed_in(device, "category")
    word = catalogue["category"].get(category, (category or "").replace("_", " ")) if category else ""
    maker, model = (claimed_in(device, field) or "" for field in ("vendor", "model"))
    if maker and model.casefold().startswith(maker.casefold()):
        maker = ""
    return " ".join(catalogue["pattern"]["device"].format(maker=maker, category=word, name=model).split())


def described(device: Record, language: str = LANGUAGES[0]) -> str:
    """What a device is in a language: as `what_of`, with the platform where its maker is not known."""
    catalogue = texts(language)
    platform = None if claimed_in(device, "vendor") else claimed_in(device, "platform")
    on = catalogue["pattern"]["platform"].format(platform=platform) if platform else None
    return " ".join(filter(None, (what_of(device, catalogue), on)))


def texts(language: str) -> dict[str, Any]:
    """The catalogue of a language. FileNotFoundError where there is none."""
    return texts_of("sensor.needs", language)


def _names(devices: list[Record], catalogue: Mapping[str, Any]) -> dict[str, str]:
    """Device -> its phrase; two of one model have their own names beside it."""
    found = {one["id"]: phrase(one, catalogue) for one in devices}
    often = Counter(found.values())
    for one in devices:
        if often[found[one["id"]]] > 1:
            found[one["id"]] += f" ({one.get('hostname') or next(iter(one.get('addresses') or ()), one['id'])})"
    return found


def _need(kind: str, device: str, name: str, group: _Group, catalogue: Mapping[str, Any], language: str) -> Need:
    entry, worst = catalogue["need"][kind], group.worst
    # Its own sentences only where a text has them: most kinds say it in their own words.
    if "{summary}" in entry["problem"] or not entry["remedy"]:
        worst = in_language({**worst, "record": "finding"}, language)
    listed = list(group.destinations)
    more = len(listed) - DESTINATIONS
    to = ", ".join(listed[:DESTINATIONS])
    if more > 0:
        to += catalogue["pattern"]["more"].format(count=more)
    count = sum(one["count"] for one in group.findings)
    data = [catalogue["data"].get(one, one) for one in group.data]
    secrets = [catalogue["secret"].get(one, catalogue["secret"]["other"]) for one in group.secrets]
    problem = entry["problem"].format(
        device=name,
        to=to,
        what=", ".join(data[:3]) or catalogue["data"]["other"],
        secret=catalogue["pattern"]["and"].join(dict.fromkeys(secrets)) or catalogue["secret"]["other"],
        protocol=", ".join(dict.fromkeys(facts(one["protocol"]).title for one in group.findings)),
        source=worst["detail"].get("derived_from") or catalogue["data"]["other"],
        port=", ".join(dict.fromkeys(str(one["server"] or "").rpartition(":")[2] for one in group.findings)),
        summary=worst["summary"],
        times=catalogue["pattern"]["times"].format(count=count) if count > 1 else "",
    )
    return {
        "kind": kind,
        "urgent": bool(entry.get("urgent")),
        "device": device,
        "name": name,
        "severity": worst["severity"],
        "count": count,
        "findings": [one["id"] for one in group.findings],
        "problem": problem[:1].upper() + problem[1:],
        "remedy": entry["remedy"].format(protocol=facts(worst["protocol"]).title) or worst["advice"],
    }


def _destination(finding: Record, device: Record) -> str:
    """The other end as people know it: the name that was asked for, else its address."""
    if (name := finding["detail"].get("server_name")) is not None:
        return str(name)
    address = address_of(finding["server"])
    for one in device.get("destinations") or ():
        if one.get("address") == address and one.get("name"):
            return str(one["name"])
    return address


def address_of(endpoint: str | None) -> str:
    """The address of ``"address:port"`` or ``"[v6]:port"``; "" for None."""
    text = endpoint or ""
    if text.startswith("["):
        return text[1:].partition("]")[0]
    return text.partition(":")[0] if text.count(":") == 1 else text


def outside(finding: Record) -> bool:
    """Whether what was found went from a device of the network to the internet."""
    if finding["role"] != "client" or finding["peer_device"] is not None:
        return False
    if finding["detail"].get("party") == "local":
        return False
    try:
        address = ipaddress.ip_address(address_of(finding["server"]))
    except ValueError:
        return False
    return not (address.is_multicast or address.is_unspecified or any(address in net for net in LOCAL))


def _data(finding: Record) -> str | None:
    rule = finding["rule"]
    if rule.startswith("personal."):
        return str(rule.removeprefix("personal."))
    if rule == "transfer.unencrypted":
        return MEDIA.get(finding["detail"].get("content") or "")
    return None


def _accepted(finding: Record) -> bool:
    return finding["detail"].get("accepted") is True


def _severe(finding: Record) -> bool:
    return finding["severity"] in ("high", "critical")


def _mechanism(finding: Record) -> str:
    return str(finding["detail"].get("mechanism") or "password")


def _personal(finding: Record) -> bool:
    """Personal data that the device gave away: a picture that it was sent tells nobody of its owner."""
    rule, detail = finding["rule"], finding["detail"]
    media = rule == "transfer.unencrypted" and detail.get("content") in MEDIA and detail.get("sent") is not False
    return bool(rule.startswith("personal.") or media) and finding["severity"] != "low"


def _sent_outside(finding: Record) -> bool:
    """A login that crossed the internet, was not refused, and opens more than a session."""
    severe = outside(finding) and _severe(finding) and finding["detail"].get("accepted") is not False
    return finding["rule"] == "credential.cleartext" and severe


def _fetched(finding: Record) -> bool:
    return finding["rule"] == "transfer.unencrypted" and finding["detail"].get("sent") is False and outside(finding)


KINDS: Final[tuple[tuple[str, Callable[[Record], bool]], ...]] = (
    ("factory_password", lambda one: one["rule"] == "credential.default" and _accepted(one) and _severe(one)),
    ("guessable_password", lambda one: one["rule"] == "credential.guessable" and _accepted(one) and _severe(one)),
    ("password_outside", lambda one: _sent_outside(one) and _mechanism(one) == "password"),
    ("token_outside", _sent_outside),
    ("opened_port", lambda one: one["rule"] == "exposure.opened"),
    ("open_control", lambda one: one["rule"] == "exposure.unauthenticated" and _severe(one)),
    ("shell_login", lambda one: one["rule"] == "credential.cleartext" and one["protocol"] in SHELLS and _accepted(one)),
    ("unchecked_certificate", lambda one: one["rule"] == "tls.validation" and _severe(one)),
    ("personal_outside", lambda one: _personal(one) and outside(one)),
    ("factory_secret", lambda one: one["rule"] == "credential.default" and _accepted(one)),
    ("factory_attempt", lambda one: one["rule"] == "credential.default"),
    ("login_outside", lambda one: one["rule"] == "credential.cleartext" and outside(one)),
    ("login_home", lambda one: one["rule"] == "credential.cleartext" and one["role"] == "client"),
    ("password_home", lambda one: one["rule"] == "credential.cleartext" and _mechanism(one) == "password"),
    ("token_home", lambda one: one["rule"] == "credential.cleartext"),
    ("personal_home", _personal),
    ("open_reading", lambda one: one["rule"] == "exposure.unauthenticated"),
    ("cleartext_update", lambda one: one["rule"] == "update.cleartext"),
    ("weak_tls", lambda one: one["rule"].startswith("tls.")),
    ("fetched", _fetched),
    ("cleartext_transfer", lambda one: one["rule"] == "transfer.unencrypted"),
    ("other", lambda one: True),
)
"""Kinds of needs with their conditions; the first that fits. Their order in the catalogue is that of urgency."""
