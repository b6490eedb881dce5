"""A device's traits and MAC in, its claims out: vendor, category, model, firmware, operating system, each with confidence and reasons, or silence."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from sensor.devices.device import OUT_OF_SCOPE, Device, Trait
from sensor.devices.oui import Oui
from sensor.devices.signatures.makers import GENERIC, words
from sensor.devices.signatures.matcher import Domain, Signatures
from sensor.devices.weigh import BEHAVIOUR, MAX_REASONS, Statement, family, weigh
from sensor.model import Claim, Reason
from sensor.records import claimed

OUI_LISTED = 2.5
"""Log-odds that a listed maker of finished products made the device that carries its prefix."""

OUI_UNLISTED = 0.8
"""The same for owners nobody judged yet: published sets show 53 to 85 in 100 right over all prefixes, modules included."""

OWNER_NAMED = 2.0
"""What is added where the device is called after such an owner, or asks for a domain of its very name."""

MADE_UP = bytes(2)
"""How addresses that people make up begin (00:00:00:00:00:01); of the owners of such prefixes (Xerox and its time) hardly a device is left."""

OEM = re.compile(
    r"shenzhen|guangzhou|dongguan|hangzhou|guangdong|sichuan|chongqing|huizhou|hui zhou|zhuhai|xiamen|nanjing|wuhan|chengdu|fujian|tianjin|suzhou|kunshan",
    re.I,
)
"""Owners of prefixes named after a place of contract manufacture, when nobody judged them: mostly makers of others' products and of modules."""

IOT_MODULE = 0.4
"""Confidence of `iot_module`: the module is certain, but it is no answer to what the device is, so it stays below what is claimed."""

MAKES = 2.0
"""Log-odds of a category from a maker nearly all of whose networked products are of that kind."""

MODULE_MAKES = 0.8
"""The same from a maker of parts that go into one kind of machine (Intel's network chips into computers)."""

ANNOUNCED = 3.0
"""Weight of a category in a device's own announcements (DHCP, DNS-SD, UPnP, what it serves) from which its clients' behaviour counts little."""

BEHAVIOUR_DISCOUNT = 0.3
"""What is left of such behaviour: a plug in set-up mode sends its owner's phone's traffic under its own MAC, a speaker runs others' apps."""

PERSONAL = frozenset({"phone", "tablet", "computer"})
"""Machines on which a person runs whatever apps he likes."""

HANDHELD = frozenset({"phone", "tablet"})

PERSONAL_ANNOUNCED = 0.8
"""Weight from which such an announcement is heard; Android's and Apple's DHCP are hints of no more."""

SYSTEM_FIELDS = frozenset({"dhcp.parameters", "dhcp.vendor_class"})
SYSTEM_ONLY = 1.5
"""Weight below which a kind told in these fields is a system's habit: what asks for an address as Android does may as well be a speaker or a television."""

VIRTUAL = (b"\x52\x54\x00", b"\x02\x42")
"""How the private addresses of QEMU's and Docker's machines begin: no phone's."""

PHONE_ADDRESS = 0.8
"""Log-odds that such a system runs on a phone, from the prefix of a maker of phones or a private address: phones take a new one for each network."""

COMMON = 0.3
"""What is left of a cloud's name that most devices of the capture ask for."""

MIN_OWNER = 5
"""Letters of an owner's name that are looked for: shorter ones stand in too many others."""

MAX_OWNER_WORDS = 3
"""Leading words of an owner's name that brands are made of."""

DOMAIN_FIELDS = frozenset({"dns.name", "tls.server_name", "http.host"})
"""Fields whose values are names of servers that a device asks for."""

OWN_NAME_FIELDS = frozenset(
    {"dhcp.hostname", "dhcp.fqdn", "dhcp.vendor_class", "mdns.host", "mdns.instance", "upnp.friendly_name", "nbns.host"}
)

SECOND_LEVELS = frozenset({"co", "com", "net", "org", "ac", "gov", "edu"})
"""Labels under which country domains give names out (example.co.uk)."""


class Classifier:
    """Judges devices by the tables it is given."""

    def __init__(self, oui: Oui, signatures: Signatures) -> None:
        self._oui = oui
        self._signatures = signatures

    def classify(self, device: Device, mac: bytes, common: frozenset[str] = frozenset()) -> None:
        """Fill in the device's claims and ``in_scope``. ``common``: makers whose clouds most devices of the capture ask for."""
        statements = [
            *self._of_mac(device, mac),
            *self._of_owner(device, mac),
            *self._of_traits(device),
            *self._of_domains(device, common),
        ]
        statements = _what_counts(self._not_its_own(self._systems(statements, mac), mac), personal=self._personal(mac))
        device.vendor = weigh("vendor", statements, self._signatures.makers.brand_group)
        maker = claimed(device.vendor)
        if maker is not None and device.vendor is not None:
            related = self._signatures.makers.related
            # What a signature about another maker's products says of kind and model is about another device.
            statements = [s for s in statements if s.kind == "vendor" or s.vendor is None or related(s.vendor, maker)]
            listed = self._signatures.makers.find(maker)
            if listed is not None and listed.makes:
                reason = device.vendor.because[0]
                reason = Reason(reason.field, reason.value, "makers", reason.frames)
                statements.append(Statement("category", listed.makes, MAKES, reason))
        device.category = _category(statements)
        device.model = weigh("model", statements)
        device.firmware = weigh("firmware", statements)
        device.os = weigh("os", statements)
        device.in_scope = claimed(device.category) not in OUT_OF_SCOPE

    def clouds(self, device: Device) -> frozenset[str]:
        """Makers whose clouds the device asks for."""
        return frozenset(domain.owner for _, domain in self._lookups(device) if domain.owner)

    def _of_mac(self, device: Device, mac: bytes) -> list[Statement]:
        owner = self._oui.owner(mac) if mac and not mac.startswith(MADE_UP) else None
        if owner is None:
            return []
        listed = self._signatures.makers.find(owner)
        reason = Reason("mac.oui", owner, "oui", ())
        if listed is not None and listed.module:
            return [Statement("category", listed.makes, MODULE_MAKES, reason)] if listed.makes else []
        if listed is None and OEM.search(owner):
            return []
        name = listed.name if listed else self._signatures.makers.spelling(owner)
        weight = OUI_LISTED if listed else OUI_UNLISTED
        return [Statement("vendor", name, weight, reason, name)]

    def _of_owner(self, device: Device, mac: bytes) -> list[Statement]:
        """An owner that is on no list, where the device speaks of it by name."""
        owner = self._oui.owner(mac) if mac and not mac.startswith(MADE_UP) else None
        if owner is None or self._signatures.makers.find(owner) is not None:
            return []
        name = self._signatures.makers.spelling(owner)
        return [
            Statement("vendor", name, OWNER_NAMED, Reason(trait.field, trait.value, "owner", trait.frames), name)
            for trait in owner_traits(owner, device.traits)
        ]

    def _systems(self, statements: list[Statement], mac: bytes) -> list[Statement]:
        """A phone's or computer's system says so only of what may be one: under the prefix of a maker of other things it says nothing of the kind."""
        habits = [
            s
            for s in statements
            if s.kind == "category"
            and s.value in PERSONAL
            and s.reason.field in SYSTEM_FIELDS
            and s.weight < SYSTEM_ONLY
        ]
        if not habits or not mac:
            return statements
        owner = self._oui.owner(mac)
        maker = self._signatures.makers.find(owner) if owner else None
        if maker is not None and not (maker.module or maker.phones or maker.makes in PERSONAL):
            return [s for s in statements if s not in habits]
        if mac[0] & 2 or (maker is not None and maker.phones):
            statements = [
                *statements,
                Statement("category", "phone", PHONE_ADDRESS, Reason("mac.oui", owner or "private", "makers", ())),
            ]
        return statements

    def _not_its_own(self, statements: list[Statement], mac: bytes) -> list[Statement]:
        """Without the programs of a phone that leave under the prefix of a maker of no phones: a plug in set-up mode forwards its owner's."""
        owner = self._oui.owner(mac) if mac else None
        maker = self._signatures.makers.find(owner) if owner else None
        if maker is None or maker.phones or maker.handhelds or maker.makes in PERSONAL:
            return statements
        if maker.module and maker.makes != "iot_module":  # such parts are in phones, too
            return statements
        guests = {
            (s.reason.field, s.reason.value)
            for s in statements
            if s.kind == "category" and s.value in HANDHELD and family(s.reason.field) in BEHAVIOUR
        }
        return [s for s in statements if (s.reason.field, s.reason.value) not in guests]

    def _personal(self, mac: bytes) -> bool:
        """Whether the address alone says that a person's machine is likelier than a thing: private ones are taken by phones, and some makers make no things."""
        if mac and mac[0] & 2:
            return not mac.startswith(VIRTUAL)
        owner = self._oui.owner(mac) if mac else None
        maker = self._signatures.makers.find(owner) if owner else None
        return maker is not None and maker.makes in PERSONAL

    def _of_traits(self, device: Device) -> list[Statement]:
        found = []
        for trait in device.traits:
            matches = self._signatures.match(trait.field, trait.value)
            vendors = {match.signature: match.value for match in matches if match.kind == "vendor"}
            for match in matches:
                reason = Reason(trait.field, trait.value, match.signature, trait.frames)
                found.append(Statement(match.kind, match.value, match.weight, reason, vendors.get(match.signature)))
        return found

    def _lookups(self, device: Device) -> list[tuple[Trait, Domain]]:
        found = (
            (trait, self._signatures.domain(trait.value)) for trait in device.traits if trait.field in DOMAIN_FIELDS
        )
        return [(trait, domain) for trait, domain in found if domain is not None and domain.owner and domain.weight > 0]

    def _of_domains(self, device: Device, common: frozenset[str]) -> list[Statement]:
        lookups = self._lookups(device)
        # Who asks for many makers' clouds is a phone with their apps, or forwards for one.
        owners = len({domain.owner for _, domain in lookups})
        found = []
        for trait, domain in lookups:
            owner = domain.owner or ""
            weight = domain.weight / owners * (COMMON if owner in common else 1)
            reason = Reason(trait.field, trait.value, f"destinations/{domain.name}", trait.frames)
            found.append(Statement("vendor", owner, weight, reason, owner))
        return found


def _what_counts(statements: list[Statement], *, personal: bool = False) -> list[Statement]:
    """What passes through a device counts less once it announced what it is; on a person's machine it tells of apps, whoever made the machine."""
    announced = [s for s in statements if s.kind == "category" and family(s.reason.field) not in BEHAVIOUR]
    sure = any(s.weight >= ANNOUNCED for s in announced)
    personal = personal or any(s.value in PERSONAL and s.weight >= PERSONAL_ANNOUNCED for s in announced)
    if not (sure or personal):
        return statements
    return [
        replace(s, weight=s.weight * BEHAVIOUR_DISCOUNT)
        if family(s.reason.field) in BEHAVIOUR
        and (sure or s.kind in ("vendor", "model", "firmware") or (s.kind == "category" and s.value not in PERSONAL))
        else s
        for s in statements
    ]


def _category(statements: list[Statement]) -> Claim | None:
    claim = weigh("category", [statement for statement in statements if statement.value != "iot_module"])
    modules = [
        statement for statement in statements if statement.kind == "category" and statement.value == "iot_module"
    ]
    if claim is not None or not modules:
        return claim
    return Claim(
        "iot_module", IOT_MODULE, tuple(dict.fromkeys(statement.reason for statement in modules))[:MAX_REASONS]
    )


def brand_names(owner: str) -> frozenset[str]:
    """How the owner's brand may be written in one word: ``"Netvue Robotics, Inc."`` -> ``netvue``, ``netvuerobotics``."""
    leading = words(owner)[:MAX_OWNER_WORDS]
    runs = (leading[:length] for length in range(1, len(leading) + 1))
    return frozenset(name for run in runs if not GENERIC.issuperset(run) and len(name := "".join(run)) >= MIN_OWNER)


def owner_traits(owner: str, traits: tuple[Trait, ...]) -> Iterator[Trait]:
    """The traits in which a prefix's registered owner is named: a domain's own label, or a word of the device's name.

    An owner on no list may be the maker, the maker of a module, or a firm that only holds prefixes. One after whom the
    device is named, or whose name is the domain it asks for, is the maker.
    """
    names = brand_names(owner)
    if not names:
        return
    for trait in traits:
        if trait.field in DOMAIN_FIELDS:
            if registered_label(trait.value) in names:
                yield trait
        elif trait.field in OWN_NAME_FIELDS and not names.isdisjoint(re.findall(r"[a-z]+", trait.value.lower())):
            yield trait


def registered_label(name: str) -> str:
    """The registrable label, without dashes: ``api.my-brand.co.uk`` -> ``mybrand``."""
    labels = name.lower().rstrip(".").split(".")
    place = -3 if len(labels) > 2 and len(labels[-1]) == 2 and labels[-2] in SECOND_LEVELS else -2
    return labels[place].replace("-", "") if len(labels) >= -place else ""
