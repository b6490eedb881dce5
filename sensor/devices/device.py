"""What is handed on of a device: names, addresses, claims with reasons, bytes by protection, destinations, what it told of itself."""

from __future__ import annotations

from dataclasses import dataclass, field

from sensor.model import Claim
from sensor.records import claimed

OUT_OF_SCOPE = frozenset(
    {"phone", "tablet", "computer", "server", "virtual_machine", "router", "access_point", "network_equipment"}
)
"""Categories that are a person's own machine or network equipment, not consumer IoT (EN 303 645 clause 1)."""

CATEGORIES = frozenset(
    {
        "camera", "doorbell", "baby_monitor", "plug", "switch", "light", "hub", "router", "access_point", "speaker", "voice_assistant", "tv",
        "media_player", "game_console", "printer", "scanner", "phone", "tablet", "computer", "server", "nas", "wearable", "scale", "health_device",
        "thermostat", "sensor", "alarm", "siren", "lock", "garage_door", "vacuum", "appliance", "energy_meter", "solar", "car_charger", "vehicle",
        "irrigation", "pet_feeder", "toy", "e_reader", "voip_phone", "industrial_controller", "network_equipment", "iot_module", "virtual_machine",
    }
)  # fmt: skip
"""The words that ``Device.category`` may say (docs/output.md)."""


@dataclass(frozen=True, slots=True)
class Trait:
    """Something a device told of itself: ``field`` (``dhcp.hostname``), ``value`` as text, the frames (1-based) it was first seen in."""

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
    """A peer: its name if one was learned, address as text, ``party`` (local, vendor, infrastructure, third, tracker, None), payload bytes both ways,
    ``cleartext`` and ``encrypted`` ones of them, ``country`` (ISO 3166, where a file tells it).

    Name and address both None: all the peers beyond the bound together.
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


@dataclass(slots=True)
class Device:
    """One device of the local network. ``id`` is its MAC's text, else its address's; times are ns since 1970 UTC by the capture's clock."""

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
    bytes: Bytes = field(default_factory=Bytes)
    destinations: tuple[Destination, ...] = ()
    in_scope: bool = True
    packets: int = 0
    traits: tuple[Trait, ...] = ()
    probably_same: tuple[Same, ...] = ()

    def values(self, field: str) -> tuple[str, ...]:
        """The values of its traits in ``field``."""
        return tuple(trait.value for trait in self.traits if trait.field == field)


SERIAL_FIELDS = ("upnp.serial", "upnp.udn", "ssdp.usn", "tplink-smarthome.device_id", "miio.device_id")
"""Where devices tell their serial number or what stands for one."""


def identity(device: Device) -> dict[str, str]:
    """What is known of a device by name, for comparing: ``mac`` ``vendor`` ``model`` ``hostname`` ``serial`` ``address``; only what is there."""
    found = {
        "mac": device.mac,
        "vendor": claimed(device.vendor),
        "model": claimed(device.model),
        "hostname": device.hostname,
        "serial": next((value for field in SERIAL_FIELDS for value in device.values(field)), None),
        "address": next(iter(device.addresses), None),
    }
    return {name: value for name, value in found.items() if value}
