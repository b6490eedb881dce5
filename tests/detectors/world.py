"""A small home for detector tests: who is local, and observations of one flow."""

from __future__ import annotations

from typing import Any

from sensor.events import Event
from sensor.model import Endpoint, Flow, Observation, Side, Transport
from sensor.personas.search import Personas
from sensor.vault import Vault

CAMERA, LAPTOP, CLOUD = b"\xc0\xa8\x01\x05", b"\xc0\xa8\x01\x09", b"\xcb\x00\x71\x07"
"""192.168.1.5, 192.168.1.9 and 203.0.113.7 (RFC 5737)."""


class World:
    """Answers a detector's questions: 192.168.0.0/16 is local, each local address a device of its own."""

    def __init__(self, *, reveal: bool = False) -> None:
        self.vault = Vault(bytes(32), reveal=reveal)
        self.identities: dict[str, dict[str, str]] = {}
        self.personas: Personas | None = None
        self.interception_ca: str | None = None

    def device_of(self, endpoint: Endpoint) -> str | None:
        return endpoint.address.hex(".") if self.is_local(endpoint.address) else None

    def is_local(self, address: bytes) -> bool:
        return address[:2] == b"\xc0\xa8"

    def identity_of(self, device: str) -> dict[str, str]:
        return self.identities.get(device, {})

    def party_of(self, endpoint: Endpoint) -> str | None:
        return "local" if self.is_local(endpoint.address) else None


def flow(client: bytes = LAPTOP, server: bytes = CAMERA, port: int = 80, application: str = "http") -> Flow:
    made = Flow(
        1, Transport.TCP, Endpoint(client, 40000, b""), Endpoint(server, port, b""), 0, 0, 1, application=application
    )
    made.payload = (100, 100)
    made.layers = (application,)
    return made


def seen(event: Event, of: Flow | None = None, *, time: int = 1, frames: tuple[int, ...] = (1,)) -> Observation:
    of = of or flow()
    return Observation(event, of, time, frames, of.application or "unknown")


__all__ = ["CAMERA", "CLOUD", "LAPTOP", "Any", "Side", "World", "flow", "seen"]
