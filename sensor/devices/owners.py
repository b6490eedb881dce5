"""The registered owner of a device's prefix and what the device tells in, where it speaks of that owner by name out.

An owner that is on no list may be anybody: the maker, the maker of a module, a firm that only holds prefixes. One after whom the device is called, or whose very
name is the domain it asks for, is the maker.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from sensor.devices.device import Trait
from sensor.devices.signatures.makers import GENERIC, words

SHORTEST = 5
"""Letters of an owner's name that are looked for: shorter ones stand in too many others."""

MOST_WORDS = 3
"""Leading words of an owner's name that brands are made of."""

ASKED = frozenset({"dns.name", "tls.server_name", "http.host"})
CALLED = frozenset(
    {"dhcp.hostname", "dhcp.fqdn", "dhcp.vendor_class", "mdns.host", "mdns.instance", "upnp.friendly_name", "nbns.host"}
)

SECOND_LEVELS = frozenset({"co", "com", "net", "org", "ac", "gov", "edu"})
"""Labels under which country domains give names out (example.co.uk)."""


def names_of(owner: str) -> frozenset[str]:
    """How the owner's brand may be written in one word: ``"Netvue Robotics, Inc."`` -> ``netvue``, ``netvuerobotics``."""
    said = words(owner)[:MOST_WORDS]
    runs = (said[:length] for length in range(1, len(said) + 1))
    return frozenset(name for run in runs if not GENERIC.issuperset(run) and len(name := "".join(run)) >= SHORTEST)


def told(owner: str, traits: tuple[Trait, ...]) -> Iterator[Trait]:
    """The traits in which the owner's name stands as a domain's own label or as a word of a name."""
    names = names_of(owner)
    if not names:
        return
    for trait in traits:
        if trait.field in ASKED:
            if own_label(trait.value) in names:
                yield trait
        elif trait.field in CALLED and not names.isdisjoint(re.findall(r"[a-z]+", trait.value.lower())):
            yield trait


def own_label(name: str) -> str:
    """The label that somebody registered, without dashes: ``api.my-brand.co.uk`` -> ``mybrand``."""
    labels = name.lower().rstrip(".").split(".")
    place = -3 if len(labels) > 2 and len(labels[-1]) == 2 and labels[-2] in SECOND_LEVELS else -2
    return labels[place].replace("-", "") if len(labels) >= -place else ""
