"""Short ways to say what was seen on a network, for the tests of this folder.

Endpoints, flows, observations, an inventory.
"""

from __future__ import annotations

import ipaddress

from sensor.devices.inventory import Inventory
from sensor.devices.networks import Networks
from sensor.devices.oui import Oui
from sensor.devices.signatures.matcher import Signatures
from sensor.events import Attribute, Event
from sensor.model import Endpoint, Flow, Observation, Protection, Side, Transport

TABLES = Signatures(cache="")
PREFIXES = Oui()

PHONE = "02:00:5e:00:53:01"
PLUG = "50:c7:bf:00:53:02"
ROUTER = "00:00:5e:00:53:fe"
BULB = "5c:cf:7f:00:53:03"


def address(text: str) -> bytes:
    return ipaddress.ip_address(text).packed if text else b""


def mac(text: str) -> bytes:
    return bytes.fromhex(text.replace(":", ""))


def end(text: str, port: int | None = None, hardware: str = "") -> Endpoint:
    return Endpoint(address(text), port, mac(hardware))


def flow(
    client: Endpoint,
    server: Endpoint,
    *,
    transport: Transport = Transport.TCP,
    payload: tuple[int, int] = (100, 200),
    packets: tuple[int, int] = (5, 5),
    protection: Protection = Protection.UNKNOWN,
    clear: int = 0,
    name: str | None = None,
) -> Flow:
    return Flow(
        1, transport, client, server, 10, 20, 3, packets, payload, payload,
        protection=protection, cleartext_bytes=clear, server_name=name,
    )  # fmt: skip


def observed(event: Event, conversation: Flow, time: int = 15, frames: tuple[int, ...] = (7,)) -> Observation:
    return Observation(event, conversation, time, frames)


def inventory(cidrs: list[str] | None = None) -> Inventory:
    return Inventory(Networks(cidrs), oui=PREFIXES, signatures=TABLES)


def says(found: Inventory, hardware: str, field: str, value: str, at: str = "") -> None:
    """The device with that MAC says ``value`` of itself to everybody, in a datagram."""
    conversation = flow(end(at, 68, hardware), end("255.255.255.255", 67, "ff:ff:ff:ff:ff:ff"), transport=Transport.UDP)
    found.observe(observed(Attribute(field=field, value=value, side=Side.CLIENT), conversation))
