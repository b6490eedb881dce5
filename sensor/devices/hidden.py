"""Devices behind one MAC: identities that contradict each other, and what still names the box.

The outer side of a router, a client bridge, an extender send the frames of several devices under one MAC. What one of
those says of itself names none of the others, and not the box.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator

from sensor.devices.device import Hidden, Trait
from sensor.devices.weigh import BEHAVIOUR, Statement, family
from sensor.lazy_pattern import expression

NETWORK_CATEGORIES = frozenset({"router", "access_point", "network_equipment"})
"""What a box with several devices behind it may be."""

NEIGHBOUR_FIELDS = ("lldp.", "cdp.", "snmp.", "mac.", "role", "dhcp.server", "dhcp.router")
"""Fields that a router, bridge or switch says of itself, never a device behind it."""

PERSONAL = frozenset({"phone", "tablet", "computer"})
"""Machines on which people run programs of their choice, and those ask for others' clouds."""

MAX_IDENTITIES = 16
"""Identities listed of one box."""

ACCESSORY = expression(r"_(hap)\._(?:tcp|udp) id=(.+)|_(matterc)\._udp VP=(.+)", re.I)
"""TXT records that name one accessory: HomeKit's device id, vendor and product of a Matter device (Matter 4.3.1)."""

OF_ACCESSORIES = expression(r"(?:.*\.)?_(?:hap|matter|matterc)\._(?:tcp|udp)\b", re.I | re.S)
"""Values of DNS-SD about such a service."""

CERTAIN = 2.0
"""Log-odds of a category from which a signature that names a maker too is an identity."""


def contradictions(statements: Iterable[Statement], related: Callable[[str, str], bool]) -> tuple[Hidden, ...]:
    """Identities (a maker's kind of device) that cannot be one device; empty where there is only one.

    ``related``: whether two makers are one. A phone's programs ask for other makers' clouds, so beside a phone or a
    computer only what another device announces of itself counts.
    """
    identities: dict[tuple[str, str], Statement] = {}
    for one in statements:
        if one.kind == "category" and one.vendor is not None and one.weight >= CERTAIN:
            known = identities.get((one.vendor, one.value))
            if known is None or (_is_behaviour(known) and not _is_behaviour(one)):
                identities[one.vendor, one.value] = one
    found: dict[tuple[str, str], Statement] = {}
    names = list(identities)
    for index, first in enumerate(names):
        for second in names[index + 1 :]:
            if related(first[0], second[0]) or not _are_two(identities[first], identities[second]):
                continue
            found[first], found[second] = identities[first], identities[second]
    return tuple(
        Hidden(f"{vendor} {category.replace('_', ' ')}", one.reason.field, one.reason.value, one.reason.frames)
        for (vendor, category), one in list(found.items())[:MAX_IDENTITIES]
    )


def _are_two(one: Statement, other: Statement) -> bool:
    if NETWORK_CATEGORIES & {one.value, other.value}:
        return False  # a router of one brand that runs another's system, or a repeated announcement: no second device
    if (one.value in PERSONAL) == (other.value in PERSONAL):
        return True
    thing = other if one.value in PERSONAL else one
    return not _is_behaviour(thing)


def _is_behaviour(statement: Statement) -> bool:
    return family(statement.reason.field) in BEHAVIOUR


def of_the_box(
    statements: Iterable[Statement], maker: str | None, related: Callable[[str, str], bool]
) -> Iterator[Statement]:
    """The statements about the box itself: by its own MAC's prefix, by what only network equipment says, or about
    products of the prefix's owner (``maker``).
    """
    for one in statements:
        own = one.reason.field.startswith(NEIGHBOUR_FIELDS)
        its_maker = maker is not None and one.vendor is not None and related(one.vendor, maker)
        if its_maker or (own and (one.kind != "category" or one.value in NETWORK_CATEGORIES)):
            yield one


def accessories(traits: Iterable[Trait]) -> tuple[Hidden, ...]:
    """The HomeKit and Matter identities of a host that publishes several; empty for one, which is its own."""
    found: dict[tuple[str, str], Trait] = {}
    for trait in traits:
        if trait.field == "mdns.txt" and (match := ACCESSORY.fullmatch(trait.value)) is not None:
            home, home_id, _, product = match.groups()
            found.setdefault(("HomeKit", home_id.upper()) if home else ("Matter", product), trait)
    several = {kind for kind in ("HomeKit", "Matter") if sum(name[0] == kind for name in found) > 1}
    return tuple(
        Hidden(f"{kind} {name}", trait.field, trait.value, trait.frames)
        for (kind, name), trait in list(found.items())[:MAX_IDENTITIES]
        if kind in several
    )


def beside_accessories(statements: Iterable[Statement], traits: Iterable[Trait]) -> Iterator[Statement]:
    """The statements about a host that publishes accessories: that it is a bridge, and what none of those said."""
    several_hosts = sum(trait.field == "mdns.host" for trait in traits) > 1
    for one in statements:
        field, value = one.reason.field, one.reason.value
        accessory = field.startswith("mdns.") and OF_ACCESSORIES.match(value) is not None
        if (not accessory or (one.kind, one.value) == ("category", "hub")) and not (
            several_hosts and field == "mdns.host"
        ):
            yield one


def names_the_box(trait: Trait) -> bool:
    """Whether a name in that trait is the box's, whatever hides behind it."""
    return trait.field.startswith(("lldp.", "snmp."))
