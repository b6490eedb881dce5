"""Namesakes: makers on no list after whom a device and its domain, or its prefix's owner, are called."""

from __future__ import annotations

import re
from collections.abc import Iterator

from sensor.devices.clouds import DOMAIN_FIELDS
from sensor.devices.device import Device, Trait
from sensor.devices.signatures.makers import GENERIC, words
from sensor.devices.signatures.matcher import Signatures
from sensor.devices.weigh import Statement
from sensor.lazy_pattern import expression
from sensor.model import Reason

NAMESAKE = 1.0
"""Log-odds of each of the two names where a device's own is the domain's: 63 of 100 makers' domains are their names."""

FOR_DEVICES = expression(r"(?:^|[.-])(?:mqtt|iot|aiot|ota|fw|firmware|devices?|p2p)\d*[.-]")
"""Names of servers that devices ask for and people's programs do not."""

MIN_OWNER = 5
"""Letters of an owner's name that are looked for: shorter ones stand in too many others."""

MAX_OWNER_WORDS = 3
"""Leading words of an owner's name that brands are made of."""

OWN_NAME_FIELDS = frozenset(
    {"dhcp.hostname", "dhcp.fqdn", "dhcp.vendor_class", "mdns.host", "mdns.instance", "upnp.friendly_name", "nbns.host"}
)
"""Fields in which a device, or who set it up, names it."""

SECOND_LEVELS = frozenset({"co", "com", "net", "org", "ac", "gov", "edu"})
"""Labels under which country domains give names out (example.co.uk)."""


def of_namesake(device: Device, signatures: Signatures) -> list[Statement]:
    """An unlisted maker: its name stands in the device's own name and is the domain of a server for devices.

    Owners name devices after their firm and these ask for its servers, but hardly for its firmware.
    """
    named = [trait for trait in device.traits if trait.field in OWN_NAME_FIELDS]
    spelled = {part.lower(): part for one in named for part in re.findall(r"[A-Za-z]{5,}", one.value)}
    found = []
    for trait in device.traits if spelled else ():
        label = registered_label(trait.value) if trait.field in DOMAIN_FIELDS else ""
        if label not in spelled or not FOR_DEVICES.search(trait.value) or signatures.domain(trait.value):
            continue
        if not signatures.words(label):
            name = spelled[label] if spelled[label] != label else label.title()
            itself = next(one for one in named if label in one.value.lower())
            found += [
                Statement("vendor", name, NAMESAKE, Reason(one.field, one.value, "namesake", one.frames), name)
                for one in (itself, trait)
            ]
    return found


def brand_names(owner: str) -> frozenset[str]:
    """One-word forms of the owner's brand: ``"Netvue Robotics, Inc."`` -> ``netvue``, ``netvuerobotics``."""
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
