"""Classification of a device: vendor, category, model, firmware and system, with reasons."""

from __future__ import annotations

import re
from collections.abc import Iterable

from sensor.devices.assemble import hostname
from sensor.devices.clouds import PLATFORM, clouds, of_clouds
from sensor.devices.device import OUT_OF_SCOPE, Device, Trait
from sensor.devices.discounts import ENTAILS, HEARD, NAME_FIELDS, PERSONAL, SIGNS, specific, what_counts
from sensor.devices.hidden import accessories, beside_accessories, contradictions, names_the_box, of_the_box
from sensor.devices.namesakes import of_namesake, owner_traits
from sensor.devices.oui import Oui
from sensor.devices.signatures.matcher import SignatureMatch, Signatures
from sensor.devices.signatures.name_words import NameWord
from sensor.devices.weigh import BEHAVIOUR, MAX_REASONS, Statement, family, weigh
from sensor.lazy_pattern import expression
from sensor.model import Claim, Reason
from sensor.records import claimed

OUI_LISTED = 2.5
"""Log-odds that a listed maker of finished products made the device that carries its prefix."""

OUI_UNLISTED = 0.8
"""The same for unlisted owners: published sets show 53 to 85 of 100 right over all prefixes, with modules."""

OWNER_NAMED = 2.0
"""Log-odds added where the device is named after such an owner, or looks up a domain of that name."""

MODULE_IN = 0.4
"""Log-odds of a named maker in whose products modules with this prefix are: many others use them, too."""

MADE_UP = bytes(2)
"""First bytes of made-up MACs (00:00:00:00:00:01); hardly a device of these prefixes' owners (Xerox) is left."""

OEM = expression(
    r"shenzhen|guangzhou|dongguan|hangzhou|guangdong|sichuan|chongqing|huizhou|hui zhou|zhuhai|xiamen|nanjing|wuhan"
    r"|chengdu|fujian|tianjin|suzhou|kunshan",
    re.I,
)
"""Places of contract manufacture: unlisted owners named after one mostly make modules and others' products."""

IOT_MODULE = 0.4
"""Confidence of `iot_module`: certain of the module, but no answer to what the device is, so it is not claimed."""

MAKES = 2.0
"""Log-odds of a category from a maker nearly all of whose networked products are of that kind."""

MODULE_MAKES = 0.8
"""The same from a maker of parts that go into one kind of machine (Intel's network chips into computers)."""

HANDHELD = frozenset({"phone", "tablet"})

SYSTEM_FIELDS = frozenset({"dhcp.parameters", "dhcp.vendor_class"})
SYSTEM_ONLY = 1.5
"""Weight below which a category in these fields is the system's: Android's DHCP may be a speaker or a television."""

VIRTUAL = (
    b"\x52\x54\x00", b"\xbc\x24\x11", b"\x00\x15\x5d", b"\x00\x0c\x29", b"\x00\x50\x56", b"\x00\x05\x69",
    b"\x08\x00\x27", b"\x00\x16\x3e", b"\x00\x1c\x42",
)  # fmt: skip
"""Prefixes of machines of QEMU, Proxmox, Hyper-V, VMware, VirtualBox, Xen and Parallels: no phone's."""

DOCKER = b"\x02\x42"
"""First bytes of MACs that Docker gives: its bridges have random bytes after them, containers their IPv4 address or,
since Docker 28, random ones. A private MAC drawn at random begins so once in 16,384.
"""

DOCKER_POOLS = tuple(f"172.{number}." for number in range(17, 32))
"""First bytes of Docker's default networks (172.17.0.0/16 to 172.31.0.0/16). The pools after them, in 192.168.0.0/16,
are homes' networks, too.
"""

IS_VIRTUAL = 4.0
"""Log-odds of a virtual machine under them: no maker of things uses them."""

ROUTER_GROUPS = (
    *(b"\x00\x00\x5e\x00\x01", b"\x00\x00\x5e\x00\x02"),
    *(b"\x00\x00\x0c\x07\xac", *(bytes((0, 0, 0x0C, 0x9F, 0xF0 | high)) for high in range(16))),
    *(bytes((0, 0x05, 0x73, 0xA0, high)) for high in range(16)),
    b"\x00\x07\xb4\x00",
)
"""Prefixes of addresses that routers share: VRRP and CARP (RFC 9568, 7.3), HSRP (RFC 2281, 5.1; Cisco, HSRP Version 2,
HSRP for IPv6), GLBP (Cisco, GLBP Gateway Priority).
"""

IS_ROUTER_GROUP = 4.0
"""Log-odds of a router under them: nothing else may answer for a group's address."""

PHONE_ADDRESS = 0.8
"""Log-odds of a phone for such a system under a phone maker's prefix or a private address."""

USUAL = 0.8
"""Weight of what a maker mostly makes where the device itself says something else."""

PORT_FIELDS = frozenset({"port.tcp", "port.udp", "cloud.tcp", "cloud.udp", "group.udp"})
"""Fields whose values are numbers that any program may use."""

PERSONAL_MAKES = 1.5
"""The same of a computer or phone: their makers' displays and hubs run other systems and say little of themselves."""


class Classifier:
    """Judges devices by the tables it is given."""

    def __init__(self, oui: Oui, signatures: Signatures) -> None:
        self._oui = oui
        self._signatures = signatures

    def classify(self, device: Device, mac: bytes, common: frozenset[str] = frozenset()) -> None:
        """Set the device's claims and ``in_scope``. ``common``: makers whose clouds most devices look up."""
        statements = [
            *_of_virtual(mac, device.addresses),
            *_of_router_group(mac),
            *self._of_mac(device, mac),
            *self._of_owner(device, mac),
            *of_namesake(device, self._signatures),
            *self._of_traits(device),
            *of_clouds(device, self._signatures, common),
        ]
        statements = self._without_others_ports([*statements, *self._of_module(mac, statements)], mac)
        related = self._signatures.makers.related
        published = accessories(device.traits)
        if published:
            statements = list(beside_accessories(statements, device.traits))
            if len(device.values("mdns.host")) > 1:  # each accessory may have one
                device.hostname = hostname([trait for trait in device.traits if trait.field != "mdns.host"])
        behind = contradictions(statements, related)
        if behind:
            owner = self._oui.owner(mac) if mac else None
            statements = list(of_the_box(statements, self._name(owner), related))
            device.hostname = hostname([trait for trait in device.traits if names_the_box(trait)])
        elif device.hidden:
            # What it forwards for others behaves as they do.
            statements = [s for s in statements if family(s.reason.field) not in BEHAVIOUR]
        device.hidden += behind + published
        statements = what_counts(
            self._not_its_own(self._systems(statements, mac), mac),
            self._signatures.makers.brand_group,
            personal=self._personal(mac, device.addresses),
        )
        device.vendor = weigh("vendor", statements, self._signatures.makers.brand_group)
        maker = claimed(device.vendor)
        if maker is not None and device.vendor is not None:
            # What a signature about another maker's products says of kind and model is about another device.
            statements = [s for s in statements if s.kind == "vendor" or s.vendor is None or related(s.vendor, maker)]
            listed = self._signatures.makers.find(maker)
            if listed is not None and listed.makes:
                statements.append(_usual(listed.makes, statements, device.vendor.because[0]))
        device.category = _category(statements)
        device.model = weigh("model", statements)
        device.firmware = weigh("firmware", statements)
        device.os = weigh("os", statements)
        device.platform = weigh("platform", statements)
        category = claimed(device.category)
        # A container or a phone, and neither is judged; a thing under such a MAC says what it is.
        device.in_scope = category not in OUT_OF_SCOPE and not (category is None and mac.startswith(DOCKER))

    def clouds(self, device: Device) -> frozenset[str]:
        """Makers whose clouds the device looks up."""
        return clouds(device, self._signatures)

    def _of_mac(self, device: Device, mac: bytes) -> list[Statement]:
        owner = self._oui.owner(mac) if mac and not mac.startswith(MADE_UP) else None
        if owner is None:
            return []
        listed = self._signatures.makers.find(owner)
        reason = Reason("mac.oui", owner, "oui", ())
        if listed is not None and listed.module:
            found = [Statement("category", listed.makes, MODULE_MAKES, reason)] if listed.makes else []
            return [*found, Statement("platform", listed.name, PLATFORM, reason)] if listed.platform else found
        if listed is None and OEM.search(owner):
            return []
        name = listed.name if listed else self._signatures.makers.spelling(owner)
        weight = OUI_LISTED if listed else OUI_UNLISTED
        return [Statement("vendor", name, weight, reason, name)]

    def _name(self, owner: str | None) -> str | None:
        """A prefix owner's name as a maker: None for a maker of modules."""
        listed = self._signatures.makers.find(owner) if owner else None
        if owner is None or (listed is not None and listed.module):
            return None
        return listed.name if listed else self._signatures.makers.spelling(owner)

    def _of_module(self, mac: bytes, statements: list[Statement]) -> list[Statement]:
        """A hint for each maker that was named and in whose products modules of this prefix's owner are."""
        owner = self._oui.owner(mac) if mac and not mac.startswith(MADE_UP) else None
        listed = self._signatures.makers.find(owner) if owner else None
        if listed is None or not listed.brands:
            return []
        names = {s.value for s in statements if s.kind == "vendor"}
        reason = Reason("mac.oui", owner or "", "oui/brands", ())
        return [Statement("vendor", name, MODULE_IN, reason, name) for name in listed.brands if name in names]

    def _without_others_ports(self, statements: list[Statement], mac: bytes) -> list[Statement]:
        """The statements without those of port numbers about others than the listed maker of the prefix.

        Makers use the same numbers: 55443 is open on Yeelight's lamps and on Amazon's speakers.
        """
        owner = self._oui.owner(mac) if mac and not mac.startswith(MADE_UP) else None
        name = self._name(owner)
        if name is None or self._signatures.makers.find(name) is None:
            return statements
        related = self._signatures.makers.related
        return [
            s for s in statements if s.reason.field not in PORT_FIELDS or s.vendor is None or related(s.vendor, name)
        ]

    def _of_owner(self, device: Device, mac: bytes) -> list[Statement]:
        """An unlisted owner that the device's traits name."""
        owner = self._oui.owner(mac) if mac and not mac.startswith(MADE_UP) else None
        if owner is None or self._signatures.makers.find(owner) is not None:
            return []
        name = self._signatures.makers.spelling(owner)
        return [
            Statement("vendor", name, OWNER_NAMED, Reason(trait.field, trait.value, "owner", trait.frames), name)
            for trait in owner_traits(owner, device.traits)
        ]

    def _systems(self, statements: list[Statement], mac: bytes) -> list[Statement]:
        """The statements without categories that follow from the operating system alone.

        The system of a phone or computer counts under a private address and under prefixes of makers of phones,
        computers or modules. Makers of other things use the same systems.
        """
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
        """The statements without a phone's programs under the prefix of a maker of no phones.

        A plug in set-up mode forwards the traffic of its owner's phone.
        """
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

    def _personal(self, mac: bytes, addresses: Iterable[str]) -> bool:
        """Whether the address alone makes a phone or computer likelier than another device.

        Phones take private addresses, and some makers make nothing but computers.
        """
        if mac and mac[0] & 2:
            return not _is_virtual(mac, addresses)
        owner = self._oui.owner(mac) if mac else None
        maker = self._signatures.makers.find(owner) if owner else None
        return maker is not None and maker.makes in PERSONAL

    def _of_traits(self, device: Device) -> list[Statement]:
        found = []
        for trait in device.traits:
            matches = self._signatures.match(trait.field, trait.value)
            vendors = {match.signature: match.value for match in matches if match.kind == "vendor"}
            words = self._signatures.words(trait.value) if trait.field in NAME_FIELDS else []
            outdone = self._outdone(trait, matches, words)
            for match in matches:
                if match.kind != "category" or match.signature not in outdone:
                    reason = Reason(trait.field, trait.value, match.signature, trait.frames)
                    found.append(Statement(match.kind, match.value, match.weight, reason, vendors.get(match.signature)))
            for word in words:
                reason = Reason(trait.field, trait.value, f"name.word/{word.word}", trait.frames)
                found.append(Statement("category", word.category, word.weight, reason))
        return found

    def _outdone(self, trait: Trait, matches: Iterable[SignatureMatch], words: list[NameWord]) -> set[str]:
        """Signatures that take a name by its brand alone, where a word beside it says another kind ("tado-bridge").

        They take the name without the word as well.
        """
        kinds = {word.category for word in words}
        others = {match.signature for match in matches if match.kind == "category" and match.value not in kinds}
        if not others:
            return others
        rest = trait.value
        for word in words:
            if word.weight >= HEARD:
                rest = re.sub(r"[\W_]*".join(map(re.escape, word.word)), "", rest, flags=re.I)
        if rest == trait.value:
            return set()
        return others & {match.signature for match in self._signatures.match(trait.field, rest)}


def _is_virtual(mac: bytes, addresses: Iterable[str]) -> bool:
    if not mac.startswith(DOCKER):
        return mac.startswith(VIRTUAL)
    own = ".".join(map(str, mac[2:]))
    return any(address == own or address.startswith(DOCKER_POOLS) for address in addresses)


def _of_virtual(mac: bytes, addresses: Iterable[str]) -> list[Statement]:
    if not _is_virtual(mac, addresses):
        return []
    return [Statement("category", "virtual_machine", IS_VIRTUAL, Reason("mac.oui", mac[:3].hex(":"), "virtual", ()))]


def _of_router_group(mac: bytes) -> list[Statement]:
    if not mac.startswith(ROUTER_GROUPS):
        return []
    return [Statement("category", "router", IS_ROUTER_GROUP, Reason("mac.oui", mac[:5].hex(":"), "router_group", ()))]


def _usual(kind: str, statements: list[Statement], because: Reason) -> Statement:
    """What the maker mostly makes. It says little where something else was heard: makers of cameras make hubs, too."""
    others = any(
        s.kind == "category"
        and s.weight >= HEARD
        and family(s.reason.field) not in SIGNS
        and s.reason.field not in SYSTEM_FIELDS
        and s.value not in (kind, "iot_module")
        and kind not in ENTAILS.get(s.value, ())
        for s in statements
    )
    weight = USUAL if others else PERSONAL_MAKES if kind in PERSONAL else MAKES
    return Statement("category", kind, weight, Reason(because.field, because.value, "makers", because.frames))


def _category(statements: list[Statement]) -> Claim | None:
    claim = weigh("category", specific([s for s in statements if s.value != "iot_module"]))
    modules = [
        statement for statement in statements if statement.kind == "category" and statement.value == "iot_module"
    ]
    if claim is not None or not modules:
        return claim
    return Claim(
        "iot_module", IOT_MODULE, tuple(dict.fromkeys(statement.reason for statement in modules))[:MAX_REASONS]
    )
