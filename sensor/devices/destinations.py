"""A destination's name and the asking device's maker in, the party that it is to that device out (vendor, infrastructure, third, tracker)."""

from __future__ import annotations

from sensor.devices.signatures.makers import words
from sensor.devices.signatures.matcher import Signatures

MIN_BRAND = 4
"""Letters a maker's name must have to be recognised in a domain by itself: shorter ones stand in too many words."""


class Destinations:
    """Parties by the list in ``signatures/destinations.toml``."""

    def __init__(self, signatures: Signatures) -> None:
        self._signatures = signatures

    def party(self, name: str | None, vendor: str | None) -> str | None:
        """``vendor`` if the name is the device maker's own; another listed party; None where neither list nor name tells."""
        if not name:
            return None
        listed = self._signatures.domain(name)
        if listed is not None:
            if listed.owner is not None and vendor is not None and listed.owner.casefold() == vendor.casefold():
                return "vendor"
            return "third" if listed.party == "vendor" else listed.party
        if vendor is not None:
            brand = "".join(words(vendor))
            labels = name.lower().rstrip(".").split(".")
            # The registrable part only: a maker's name further left may be a customer's folder at a hoster.
            if len(brand) >= MIN_BRAND and len(labels) >= 2 and brand in labels[-2].replace("-", ""):
                return "vendor"
        return None
