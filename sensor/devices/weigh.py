"""Statements about one device in, the claim they support out: evidence added up as log-odds, same-source evidence counted once.

Each statement carries a weight: the natural logarithm of how much likelier the value seen is if the statement is true than if not. Statements of the same
*family* (all that DHCP says, all that names looked up say) are not independent: the best counts whole, the others add a quarter. Families add up. "None of
these" always stands with weight 0, so a lone statement of weight 0 is believed by half and conflicting ones take from each other.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from sensor.model import Claim, Reason

REPEATED = 0.25
"""Share that a further statement of the same family adds: a second DHCP option is written by the same hand as the first."""

HINT = 1.0
"""Score from which a value is claimed at all. Below, all that speaks for it is one thing that many others show too, such as an open port or a name
everybody looks up: noted, but silence is the better answer.
"""

NOTED = 0.45
"""The most confidence of what only hints speak for: below `CLAIMED`."""

MAX_REASONS = 12
"""Reasons kept for a claim, strongest first."""

FAMILY = {
    "dhcp.server": "port", "dhcp.router": "port", "mac": "oui", "dhcp": "dhcp", "dhcpv6": "dhcp", "dns": "cloud", "tls": "cloud", "mdns": "mdns", "ssdp": "upnp", "upnp": "upnp",
    "llmnr": "names", "nbns": "names", "smb": "names", "http": "http", "rtsp": "rtsp", "wsd": "wsd", "ssh": "banner", "ftp": "banner", "telnet": "banner",
    "smtp": "banner", "pop3": "banner", "imap": "banner", "http.user_agent": "behaviour", "http.request": "behaviour", "ssdp.user_agent": "behaviour", "group": "behaviour",
    "edimax": "own", "device": "own", "kasa": "own", "miio": "own", "tuya": "own",
}  # fmt: skip
"""Field or first part of its name -> family; others are families of their own."""

BEHAVIOUR = frozenset({"cloud", "behaviour"})
"""Families that show what software behind the address does, not what the device says of itself: apps, guests, forwarded traffic."""


def family(field: str) -> str:
    """The family that evidence seen in ``field`` belongs to."""
    prefix = field.split(".", 1)[0]
    return FAMILY.get(field) or FAMILY.get(prefix, prefix)


@dataclass(frozen=True, slots=True)
class Statement:
    """One piece of evidence: ``kind`` (vendor, category, …) is ``value``, with that weight, for that reason; ``vendor``: the maker its signature is about."""

    kind: str
    value: str
    weight: float
    reason: Reason
    vendor: str | None = None


def _key(kind: str, value: str) -> str:
    return value if kind == "category" else re.sub(r"[^a-z0-9]", "", value.lower())


def weigh(kind: str, statements: Iterable[Statement], brand_group: Callable[[str], str] | None = None) -> Claim | None:
    """The best supported value of ``kind`` with its confidence (0 to 1); None without any statement.

    ``brand_group``: values it gives the same name for do not compete (a brand and the firm it belongs to); the one with the weightiest statement names them.
    """
    by_value: dict[str, list[Statement]] = {}
    for statement in statements:
        if statement.kind == kind and statement.weight > 0:
            by_value.setdefault(
                brand_group(statement.value) if brand_group else _key(kind, statement.value), []
            ).append(statement)
    if kind in ("model", "firmware"):
        by_value = _folded(by_value)
    if not by_value:
        return None
    scores = {key: _score(group) for key, group in by_value.items()}
    best = max(sorted(scores), key=lambda key: scores[key])
    top = max(0.0, scores[best])
    total = math.exp(-top) + sum(math.exp(score - top) for score in scores.values())
    group = sorted(by_value[best], key=lambda s: (-s.weight, s.reason.field, s.reason.value))
    reasons = tuple(dict.fromkeys(statement.reason for statement in group))[:MAX_REASONS]
    most = 0.999 if scores[best] >= HINT else NOTED
    return Claim(group[0].value, round(min(most, math.exp(scores[best] - top) / total), 3), reasons)


def _score(group: list[Statement]) -> float:
    families: dict[str, list[float]] = {}
    for statement in group:
        families.setdefault(family(statement.reason.field), []).append(statement.weight)
    return sum(
        max(weights) * (1 - REPEATED) + REPEATED * min(sum(weights), 2 * max(weights)) for weights in families.values()
    )


def _folded(by_value: dict[str, list[Statement]]) -> dict[str, list[Statement]]:
    """Names of which one holds the other speak for each other ("HS110" and "HS110(EU)"): the better supported one takes both."""
    ranked = sorted(by_value, key=lambda key: (-max(s.weight for s in by_value[key]), -len(key), key))
    found: dict[str, list[Statement]] = {}
    for key in ranked:
        home = next((other for other in found if len(key) >= 3 and (key in other or other in key)), None)
        if home is None:
            found[key] = list(by_value[key])
        else:
            found[home] += by_value[key]
    return found
