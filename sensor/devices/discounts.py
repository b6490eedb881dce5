"""Discounts: what a statement counts beside what the device announced of itself."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from sensor.devices.clouds import OWN_CLOUD
from sensor.devices.weigh import BEHAVIOUR, HINT, Statement, family

ANNOUNCED = 3.0
"""Weight of a category announced by the device itself from which behaviour behind its address counts little."""

BEHAVIOUR_DISCOUNT = 0.3
"""Factor of such behaviour: a plug in set-up mode forwards its owner's phone, a speaker runs others' apps."""

PERSONAL = frozenset({"phone", "tablet", "computer"})
"""Machines on which people run apps of their choice."""

PERSONAL_ANNOUNCED = 0.8
"""Weight from which such an announcement counts; DHCP of Android and Apple is only a hint."""

HEARD = 1.2
"""Weight from which the device speaks of it itself."""

USUAL_CLOUD = 1.5
"""Weight up to which a cloud says what its maker mostly makes; one product line's own cloud weighs more."""

SIGNS = frozenset({"oui", "port", "role"})
"""Families of signs that are no word of the device: prefix, open ports, forwarding."""

ENTAILS = {
    "camera": ("doorbell", "baby_monitor"), "speaker": ("voice_assistant",), "sensor": ("thermostat", "scale"),
    "media_player": ("speaker", "tv", "voice_assistant", "game_console"),
}  # fmt: skip
"""Kind -> kinds that are such a thing, too, and more: a doorbell's camera does not speak against the doorbell."""

SPECIAL = 1.5
"""Weight from which the narrower kind was said."""

NAME_FIELDS = frozenset(
    {
        "dhcp.hostname", "dhcp.fqdn", "dhcpv6.fqdn", "mdns.host", "nbns.host", "llmnr.host", "snmp.sysname",
        "lldp.system_name", "mqtt.client_id", "upnp.friendly_name", "device.name", "dhcp.user_class",
    }
)  # fmt: skip
"""Fields of names whose words may say what the device is."""


def what_counts(
    statements: list[Statement], brand_group: Callable[[str], str], *, personal: bool = False
) -> list[Statement]:
    """The statements with behaviour discounted once the device announced what it is.

    On a person's own machine behaviour shows apps, not the maker of the machine.
    """
    announced = [s for s in statements if s.kind == "category" and family(s.reason.field) not in BEHAVIOUR]
    statements = _beside_own_word(statements, announced)
    sure = any(s.weight >= ANNOUNCED for s in announced)
    personal = personal or any(s.value in PERSONAL and s.weight >= PERSONAL_ANNOUNCED for s in announced)
    if not (sure or personal):
        return statements
    by_word = any(s.weight >= ANNOUNCED and family(s.reason.field) not in SIGNS for s in announced)
    only = _only_maker(statements, brand_group) if by_word and not personal else None
    return [
        replace(s, weight=s.weight * BEHAVIOUR_DISCOUNT)
        if family(s.reason.field) in BEHAVIOUR
        and (sure or s.kind in ("vendor", "model", "firmware") or (s.kind == "category" and s.value not in PERSONAL))
        and not (s.kind == "vendor" and brand_group(s.value) == only)
        else s
        for s in statements
    ]


def _only_maker(statements: list[Statement], brand_group: Callable[[str], str]) -> str | None:
    """The brand group whose clouds alone are asked for, where nothing else names a maker; None for all others.

    Programs of a phone whose traffic a device forwards ask for clouds of many makers.
    """
    vendors = [s for s in statements if s.kind == "vendor"]
    if any(s.weight >= HINT for s in vendors if family(s.reason.field) not in BEHAVIOUR):
        return None
    groups = {brand_group(s.value) for s in vendors if s.weight >= OWN_CLOUD}
    return groups.pop() if len(groups) == 1 else None


def _beside_own_word(statements: list[Statement], announced: list[Statement]) -> list[Statement]:
    """The statements with a cloud's usual kind discounted where the device calls itself another kind.

    All products of a maker ask for its cloud: a camera maker's lock and hub, too.
    """
    own = {s.value for s in announced if s.weight >= HEARD and s.reason.field in NAME_FIELDS}
    if not own:
        return statements
    return [
        replace(s, weight=s.weight * BEHAVIOUR_DISCOUNT)
        if s.kind == "category"
        and s.value not in own
        and s.weight <= USUAL_CLOUD
        and family(s.reason.field) == "cloud"
        and own.isdisjoint(ENTAILS.get(s.value, ()))
        else s
        for s in statements
    ]


def specific(statements: list[Statement]) -> list[Statement]:
    """The statements without the general kinds of which a narrower one was said as clearly."""
    best: dict[str, float] = {}
    for statement in statements:
        if statement.kind == "category":
            best[statement.value] = max(best.get(statement.value, 0), statement.weight)
    general = {
        kind
        for kind, narrower in ENTAILS.items()
        if any(best.get(n, 0) >= max(SPECIAL, best.get(kind, 0)) for n in narrower)
    }
    return [s for s in statements if s.kind != "category" or s.value not in general]
