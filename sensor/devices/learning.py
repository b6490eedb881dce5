"""Learning of a laboratory's own device: what it shows in its recordings and others beside it do not."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import replace

from sensor.devices.device import Device
from sensor.devices.signatures.learned import LEAST, MAX_SIGNS, MOST, LearnedDevice, Sign
from sensor.devices.signatures.matcher import Signatures
from sensor.devices.signatures.patterns import FLAGS
from sensor.records import claimed

EXACT = frozenset({"dhcp.parameters", "tls.ja4", "port.tcp", "port.udp", "group.udp"})
"""Fields of values without a unit's own number in them."""

NAMES = frozenset({"dns.name", "tls.server_name"})

LETTERS = 4
"""Letters that a pattern must hold as they are: without any it would take every number."""

_UNIT = r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}|(?<![0-9a-z])(?=[0-9a-f]*[0-9])[0-9a-f]{6,}(?![0-9a-z])|[0-9]{5,}"
"""What is a unit's own in a value: a UUID, a number in hexadecimal, a long number."""


def learn(
    name: str, macs: Collection[str], recordings: Sequence[Sequence[Device]], signatures: Signatures
) -> LearnedDevice:
    """The device ``macs``, units of one product, as its recordings show it; maker and kind as claimed.

    ValueError where a unit is in none of them.
    """
    own = [device for run in recordings for device in run if device.mac in macs]
    if missing := sorted(set(macs) - {device.mac for device in own}):
        raise ValueError(f"no recording has a device {missing[0]}")
    others = [device for run in recordings for device in run if device.mac not in macs]
    signs: dict[tuple[str, str], str] = {}
    for mac, trait in ((device.mac or "", trait) for device in own for trait in device.traits):
        if trait.field in MOST and not (trait.field in NAMES and _is_everybodys(trait.value, signatures)):
            signs.setdefault((trait.field, _pattern(trait.field, trait.value, mac)), trait.value)
    counted = [
        Sign(field, pattern, example, _showing(own, field, pattern), _showing(others, field, pattern))
        for (field, pattern), example in signs.items()
        if field in EXACT or len(re.sub(r"\\.|\[.*?\]|\{.*?\}|[^A-Za-z]", "", pattern)) >= LETTERS
    ]
    learned = LearnedDevice(
        name, _last(own, lambda device: claimed(device.vendor)), _last(own, lambda device: claimed(device.category)),
        len(own), len(others), (),
    )  # fmt: skip
    best = sorted(counted, key=lambda sign: (-learned.weight(sign), sign.field, sign.pattern))
    return replace(learned, signs=tuple(sign for sign in best[:MAX_SIGNS] if learned.weight(sign) >= LEAST))


def _is_everybodys(name: str, signatures: Signatures) -> bool:
    """Whether the name is of infrastructure, a tracker or another third party, or of the local network."""
    listed = signatures.domain(name)
    return "." not in name or (listed is not None and listed.party not in ("vendor", None))


def _pattern(field: str, value: str, mac: str) -> str:
    """An anchored pattern for a value; what is the unit's own in it may be another's, too."""
    if field in EXACT:
        return f"^{re.escape(value)}$"
    digits = mac.replace(":", "")
    unit = re.compile("|".join((mac, mac.replace(":", "-"), digits, digits[6:], digits[8:], _UNIT)), FLAGS)
    parts: list[str] = []
    end = 0
    for found in unit.finditer(value):
        parts += [re.escape(value[end : found.start()]), _any_like(found[0])]
        end = found.end()
    return f"^{''.join(parts)}{re.escape(value[end:])}$"


def _any_like(part: str) -> str:
    kind = "0-9" if part.isdigit() else "0-9a-f" if part.isalnum() else "0-9a-f:-"
    return f"[{kind}]{{{len(part)}}}"


def _showing(devices: Iterable[Device], field: str, pattern: str) -> int:
    matches = re.compile(pattern, FLAGS).search
    return sum(any(matches(value) for value in device.values(field)) for device in devices)


def _last(devices: Sequence[Device], claim: Callable[[Device], str | None]) -> str | None:
    return next((value for device in reversed(devices) if (value := claim(device))), None)


def as_toml(device: LearnedDevice) -> str:
    """The device's tables for a file that `sensor.devices.signatures.learned` reads."""
    lines = ["[[device]]", f"name = {_quoted(device.name)}"]
    lines += [f"{key} = {_quoted(value)}" for key in ("vendor", "category") if (value := getattr(device, key))]
    lines += [f"captures = {device.captures}", f"others = {device.others}"]
    for sign in device.signs:
        lines += ["", "[[device.sign]]"]
        lines += [f"{key} = {_quoted(getattr(sign, key))}" for key in ("field", "pattern", "example")]
        lines += [f"seen = {sign.seen}", f"beside = {sign.beside}"]
    return "\n".join(lines) + "\n"


def _quoted(text: str) -> str:
    """A basic string of TOML, which escapes as JSON does; DEL must be escaped, too."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
