"""Learned signatures: a laboratory's own devices, as `lanwitness learn` writes and a run reads them.

[[device]]
name = "Test kettle 2"          # the model it is claimed to be
vendor = "Example"              # vendor and category: what the laboratory knows; each may be absent
category = "appliance"
captures = 3                    # recordings that it was learned from; of two units, one each
others = 12                     # other devices in them

[[device.sign]]
field = "dhcp.hostname"
pattern = '^kettle-[0-9a-f]{6}$'
example = "kettle-5f3a21"
seen = 3                        # recordings in which the device showed it
beside = 0                      # other devices that showed it
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from sensor.devices.device import CATEGORIES
from sensor.devices.signatures.patterns import FLAGS, danger, literals
from sensor.light_dataclass import dataclass
from sensor.settings.toml_reader import Keys, Reader, hint, text

MOST = {
    "dhcp.hostname": 2.5, "dhcp.vendor_class": 1.5, "dhcp.parameters": 0.9, "mdns.host": 2.5, "mdns.instance": 2.0,
    "mdns.service": 1.2, "ssdp.server": 1.5, "ssdp.st": 1.2, "upnp.manufacturer": 2.0, "upnp.model_name": 2.5,
    "http.server": 1.2, "http.user_agent": 1.5, "http.realm": 1.5, "x509.subject": 1.8, "tls.ja4": 0.9,
    "dns.name": 1.8, "tls.server_name": 1.8, "port.tcp": 0.6, "port.udp": 0.6, "group.udp": 0.6,
}  # fmt: skip
"""Field -> most log-odds that a sign in it has: a name of a product says more than a program's way of speaking TLS."""

LEAST = 0.3
"""Log-odds below which a sign is left out."""

STRANGERS = 10
"""Devices never seen that are reckoned beside the others: few recordings are no proof that nothing else does this."""

MAX_SIGNS = 64
"""Signs of one device; a real one has under forty."""


@dataclass(frozen=True, slots=True)
class Sign:
    """A value that the device shows: how many of its recordings and how many other devices in them have it."""

    field: str
    pattern: str
    example: str
    seen: int
    beside: int


@dataclass(frozen=True, slots=True)
class LearnedDevice:
    """A device of a laboratory's own."""

    name: str
    vendor: str | None
    category: str | None
    captures: int
    others: int
    signs: tuple[Sign, ...]

    def weight(self, sign: Sign) -> float:
        """How much likelier the sign is for this device than for another, as log-odds."""
        own = (sign.seen + 0.5) / (self.captures + 1)
        another = max((sign.beside + 0.5) / (self.others + STRANGERS), sign.beside / max(self.others, 1))
        return round(min(MOST[sign.field], math.log(own / another)), 2)

    def entries(self) -> Iterator[tuple[str, list[Any]]]:
        """(field, entry as `Signatures` has it) for each sign that says something."""
        says = {"vendor": self.vendor, "category": self.category, "model": self.name}
        for number, sign in enumerate(self.signs):
            if (weight := self.weight(sign)) >= LEAST:
                yield sign.field, [
                    f"learned/{self.name}/{number + 1}", sign.pattern, list(literals(sign.pattern)),
                    {kind: value for kind, value in says.items() if value}, {"all": weight}, None, False,
                ]  # fmt: skip


def _whole(value: Any) -> str | None:
    good = isinstance(value, int) and not isinstance(value, bool) and value >= 0
    return None if good else "must be a whole number"


def _category(value: Any) -> str | None:
    return None if value in CATEGORIES else f"there is no {value!r}{hint(str(value), sorted(CATEGORIES))}"


def _field(value: Any) -> str | None:
    return None if value in MOST else f"{value!r} is no field of a sign{hint(str(value), sorted(MOST))}"


def _pattern(value: Any) -> str | None:
    reason = text(value) or danger(value)
    return reason if reason is None or reason.startswith("must") else f"the pattern {reason}"


DEVICE: Keys = {
    "name": text, "vendor": text, "category": _category, "captures": _whole, "others": _whole, "sign": None,
}  # fmt: skip
SIGN: Keys = {"field": _field, "pattern": _pattern, "example": text, "seen": _whole, "beside": _whole}


def read_learned(path: Path) -> tuple[LearnedDevice, ...]:
    """The devices of a file. ValueError with file and line where it cannot be used, OSError where not read."""
    reader = Reader(str(path), path.read_text("utf-8"))
    reader.top(("device",))
    found: dict[str, LearnedDevice] = {}
    rows = reader.tables((), "device", reader.data.get("device", []), DEVICE, needed=("name", "captures", "others"))
    for place, row in rows:
        if row["name"] in found:
            raise reader.wrong(place, "name", f"{row['name']!r} is there twice")
        signs = []
        for at, one in reader.tables(place, "sign", row.get("sign", []), SIGN, needed=tuple(SIGN)):
            if not re.compile(one["pattern"], FLAGS).search(one["example"]):
                raise reader.wrong(at, "example", f"the pattern does not take {one['example']!r}")
            if one["seen"] > row["captures"] or one["beside"] > row["others"]:
                raise reader.wrong(at, "seen", "was seen more often than there are recordings or other devices")
            signs.append(Sign(**one))
        if len(signs) > MAX_SIGNS:
            raise reader.wrong(place, "name", f"has more than {MAX_SIGNS} signs")
        found[row["name"]] = LearnedDevice(
            row["name"], row.get("vendor"), row.get("category"), row["captures"], row["others"], tuple(signs)
        )
    return tuple(found.values())
