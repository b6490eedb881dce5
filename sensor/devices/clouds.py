"""Clouds that a device asks for, and what they say of its maker, category and platform."""

from __future__ import annotations

from sensor.devices.device import Device, Trait
from sensor.devices.signatures.matcher import Domain, Signatures
from sensor.devices.weigh import Statement
from sensor.model import Reason

PLATFORM = 3.0
"""Log-odds of a platform for a device that asks for a cloud of it: nothing else does."""

OWN_CLOUD = 1.0
"""Weight of a domain from which it is its maker's own; below are those that everybody's devices ask for."""

COMMON = 0.3
"""Factor of a cloud's name that most devices of the capture look up."""

DOMAIN_FIELDS = frozenset({"dns.name", "tls.server_name", "tls.peer_name", "http.host"})
"""Fields whose values are names of servers that a device asks for."""


def clouds(device: Device, signatures: Signatures) -> frozenset[str]:
    """Makers whose clouds the device looks up."""
    return frozenset(one.owner for _, one in _lookups(device, signatures) if one.owner and one.weight > 0)


def of_clouds(device: Device, signatures: Signatures, common: frozenset[str]) -> list[Statement]:
    """What the listed names say that the device asks for. ``common``: makers whose clouds most devices look up."""
    lookups = _lookups(device, signatures)
    shares = _shares(lookups, signatures)
    found = []
    for trait, domain in lookups:
        owner, reason = domain.owner, Reason(trait.field, trait.value, f"destinations/{domain.name}", trait.frames)
        if domain.platform:
            found.append(Statement("platform", domain.platform, PLATFORM, reason))
        if owner is None or domain.weight <= 0:
            continue
        share = shares[signatures.makers.brand_group(owner)] * (COMMON if owner in common else 1)
        found.append(Statement("vendor", owner, domain.weight * share, reason, owner))
        if domain.category:
            found.append(Statement("category", domain.category, domain.category_weight * share, reason, owner))
    return found


def _lookups(device: Device, signatures: Signatures) -> list[tuple[Trait, Domain]]:
    found = []
    for trait in device.traits:
        if trait.field in DOMAIN_FIELDS:
            domain = signatures.domain(trait.value)
            if domain is not None and ((domain.owner and domain.weight > 0) or domain.platform):
                found.append((trait, domain))
    return found


def _shares(lookups: list[tuple[Trait, Domain]], signatures: Signatures) -> dict[str, float]:
    """Brand group -> the part of its clouds' weight that counts.

    A device that looks up clouds of many makers is a phone with their apps, or forwards for one; but clouds that
    everybody uses (time, push, hosting) do not divide, and who has most of the names has most of the weight.
    """
    names: dict[str, set[str]] = {}
    everybody: set[str] = set()
    for trait, domain in lookups:
        if domain.owner and domain.weight > 0:
            group = signatures.makers.brand_group(domain.owner)
            names.setdefault(group, set()).add(trait.value)
            if domain.weight < OWN_CLOUD:
                everybody.add(group)
    makers = [group for group in names if group not in everybody]
    total = sum(len(names[group]) for group in makers)
    found = {}
    for group, its in names.items():
        others = sum(one != group for one in makers)
        found[group] = max(1 / (1 + others), len(its) / total if group in makers else 0)
    return found
