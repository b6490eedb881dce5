"""A device of the local network: names, addresses, claims, bytes by protection, destinations, traits."""

from __future__ import annotations

from dataclasses import field

from sensor.light_dataclass import dataclass
from sensor.model import Claim
from sensor.records import claimed

OUT_OF_SCOPE = frozenset(
    {"phone", "tablet", "computer", "server", "virtual_machine", "router", "access_point", "network_equipment"}
)
"""Categories of people's own computers and network equipment: no consumer IoT (EN 303 645 clause 1)."""

CATEGORIES = frozenset(
    {
        "camera", "doorbell", "baby_monitor", "plug", "switch", "light", "hub", "router", "access_point", "speaker",
        "voice_assistant", "tv", "media_player", "game_console", "printer", "scanner", "phone", "tablet", "computer",
        "server", "nas", "wearable", "scale", "health_device", "thermostat", "sensor", "alarm", "siren", "lock",
        "garage_door", "vacuum", "appliance", "energy_meter", "solar", "car_charger", "vehicle", "irrigation",
        "pet_feeder", "toy", "e_reader", "voip_phone", "industrial_controller", "network_equipment", "iot_module",
        "virtual_machine",
    }
)  # fmt: skip
"""The words that ``Device.category`` may say (docs/output.md)."""


@dataclass(frozen=True, slots=True)
class Trait:
    """A value that a device sent about itself: ``field`` (``dhcp.hostname``), text, frames (1-based) of the first."""

    field: str
    value: str
    frames: tuple[int, ...]


@dataclass(slots=True)
class Bytes:
    """Application payload bytes a device sent and received, by what an onlooker could read."""

    encrypted: int = 0
    cleartext: int = 0
    unknown: int = 0


@dataclass(frozen=True, slots=True)
class Destination:
    """A peer: its name if one was learned, its address as text, and the payload bytes both ways.

    ``party``: local, vendor, infrastructure, third, tracker or None; ``cleartext`` and ``encrypted``: bytes of either
    kind; ``country``: ISO 3166, where the user has a file of them. Name and address both None: the sum of the peers
    beyond the bound.
    """

    name: str | None
    address: str | None
    party: str | None
    bytes: int
    cleartext: int = 0
    encrypted: int = 0
    country: str | None = None


@dataclass(frozen=True, slots=True)
class Same:
    """Another record that is probably the same device: its id and why."""

    id: str
    reason: str


@dataclass(frozen=True, slots=True)
class Hidden:
    """A further device behind a device's MAC or address: what it is, and the field, value and frames that show it."""

    identity: str
    field: str
    value: str
    frames: tuple[int, ...]


@dataclass(slots=True)
class Device:
    """One device. ``id``: its MAC as text, else its address; times: ns since 1970 UTC by the capture's clock.

    ``platform``: whose cloud and software it runs on, whoever's brand it has; ``like``: other devices of the run that
    look the same.
    """

    id: str
    mac: str | None
    mac_randomized: bool | None
    addresses: tuple[str, ...]
    hostname: str | None
    first_seen: int
    last_seen: int
    vendor: Claim | None = None
    category: Claim | None = None
    model: Claim | None = None
    firmware: Claim | None = None
    os: Claim | None = None
    platform: Claim | None = None
    bytes: Bytes = field(default_factory=Bytes)
    destinations: tuple[Destination, ...] = ()
    in_scope: bool = True
    like: int = 0
    packets: int = 0
    traits: tuple[Trait, ...] = ()
    probably_same: tuple[Same, ...] = ()
    hidden: tuple[Hidden, ...] = ()
    """Devices behind it: the other side of a router, bridge or extender shares its MAC."""

    def values(self, field: str) -> tuple[str, ...]:
        """The values of its traits in ``field``."""
        return tuple(trait.value for trait in self.traits if trait.field == field)


SERIAL_FIELDS = ("upnp.serial", "upnp.udn", "ssdp.usn", "tplink-smarthome.device_id", "miio.device_id")
"""Fields of a serial number, or of what stands for one."""


def identity(device: Device) -> dict[str, str]:
    """Identifiers of a device, for comparing: ``mac`` ``vendor`` ``platform`` ``model`` ``category``
    ``hostname`` ``serial`` ``address``.

    Only those that are known.
    """
    found = {
        "mac": device.mac,
        "vendor": claimed(device.vendor),
        "platform": claimed(device.platform),
        "model": claimed(device.model),
        "category": claimed(device.category),
        "hostname": device.hostname,
        "serial": next((value for field in SERIAL_FIELDS for value in device.values(field)), None),
        "address": next(iter(device.addresses), None),
    }
    return {name: value for name, value in found.items() if value}
