"""Weighing of statements about one device: log-odds added up to the claim that they support.

Each statement has a weight: the natural logarithm of how much likelier the value seen is if the statement is true than
if not. Statements of one *family* (all of DHCP, all names looked up) are not independent: the best counts whole, the
others add a quarter. Families add up. "None of these" always stands with weight 0, so a lone statement of weight 0
gets one half, and conflicting ones take from each other.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable

from sensor.light_dataclass import dataclass
from sensor.model import Claim, Reason

REPEATED = 0.25
"""Share that a further statement of a family adds: a second DHCP option has the same author as the first."""

CLOUDS = 4
"""Names of a maker's clouds that add up, as multiples of the best: each is a service of its own that was asked for."""

HINT = 1.0
"""Score from which a value is claimed. Below, it rests on one sign that many devices show, such as an open port."""

NOTED = 0.45
"""The most confidence of a value with hints alone: below `CLAIMED`."""

MAX_REASONS = 12
"""Reasons kept for a claim, strongest first."""

FAMILY = {
    "dhcp.server": "port", "dhcp.router": "port", "mac": "oui", "dhcp": "dhcp", "dhcpv6": "dhcp", "dns": "cloud",
    "tls": "cloud", "mdns": "mdns", "ssdp": "upnp", "upnp": "upnp", "llmnr": "names", "nbns": "names", "smb": "names",
    "http": "http", "rtsp": "rtsp", "wsd": "wsd", "ssh": "banner", "ftp": "banner", "telnet": "banner",
    "smtp": "banner", "pop3": "banner", "imap": "banner", "http.user_agent": "behaviour", "http.request": "behaviour",
    "ssdp.user_agent": "behaviour", "group": "behaviour", "edimax": "own", "device": "own", "kasa": "own",
    "miio": "own", "tuya": "own",
}  # fmt: skip
"""Field or first part of its name -> family; others are families of their own."""

BEHAVIOUR = frozenset({"cloud", "behaviour"})
"""Families of what software behind the address does: apps, guests, forwarded traffic."""


def family(field: str) -> str:
    """The family that evidence seen in ``field`` belongs to."""
    prefix = field.split(".", 1)[0]
    return FAMILY.get(field) or FAMILY.get(prefix, prefix)


@dataclass(frozen=True, slots=True)
class Statement:
    """One piece of evidence: ``kind`` (vendor, category, …) is ``value``, with its weight (log-odds) and reason.

    ``vendor``: the maker that its signature is about.
    """

    kind: str
    value: str
    weight: float
    reason: Reason
    vendor: str | None = None


def _key(kind: str, value: str) -> str:
    return value if kind == "category" else re.sub(r"[^a-z0-9]", "", value.lower())


def weigh(kind: str, statements: Iterable[Statement], brand_group: Callable[[str], str] | None = None) -> Claim | None:
    """The best supported value of ``kind`` with its confidence (0 to 1); None without any statement.

    ``brand_group``: values of one group do not compete (a brand and its firm); the weightiest statement names them.
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
    families: dict[str, list[Statement]] = {}
    for statement in group:
        families.setdefault(family(statement.reason.field), []).append(statement)
    return sum(_of_family(name, statements) for name, statements in families.items())


def _of_family(name: str, statements: list[Statement]) -> float:
    weights, most = [statement.weight for statement in statements], 2
    if name == "cloud":
        # A name that is asked for is the name that is then connected to: it counts once.
        by_name: dict[str, float] = {}
        for statement in statements:
            by_name[statement.reason.value] = max(by_name.get(statement.reason.value, 0), statement.weight)
        weights, most = list(by_name.values()), CLOUDS
    return max(weights) * (1 - REPEATED) + REPEATED * min(sum(weights), most * max(weights))


def _folded(by_value: dict[str, list[Statement]]) -> dict[str, list[Statement]]:
    """Groups with names of which one holds the other ("HS110", "HS110(EU)") put together under the better one."""
    ranked = sorted(by_value, key=lambda key: (-max(s.weight for s in by_value[key]), -len(key), key))
    found: dict[str, list[Statement]] = {}
    for key in ranked:
        home = next((other for other in found if len(key) >= 3 and (key in other or other in key)), None)
        if home is None:
            found[key] = list(by_value[key])
        else:
            found[home] += by_value[key]
    return found
