"""Claims on one network that contradict each other: ``network.contradiction``.

ARP and DHCP prove nothing of who speaks. An attacker answers for another, and so do a bridge and a second server: the
finding says which claims stand against each other, not who is right.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Iterator
from typing import NamedTuple, TypeVar

from sensor.catalogue import Message
from sensor.detectors._detector import Context, Detector, Responsible
from sensor.events import Attribute, Binding, Event
from sensor.model import Endpoint, Finding, Observation, OnRepeat, Severity, address_bytes, mac_text

Value = TypeVar("Value")

MAX_REMEMBERED = 8192
"""Addresses and MACs whose last words are remembered; the oldest go first."""

TOGETHER = 60 * 1_000_000_000
"""Time (ns) in which two claims are of one time: by hand no address passes to another device and back sooner."""

VIRTUAL_ROUTERS = ("00:00:5e:00:01:", "00:00:5e:00:02:", "00:00:0c:07:ac:", "00:00:0c:9f:f", "00:07:b4:")
"""MACs of VRRP (RFC 9568 7.3), HSRP and GLBP: several routers speak for one address by design."""

DHCP_SERVER = 67


class AddressClaim(NamedTuple):
    """A MAC's claim of an address."""

    mac: str
    time: int
    frames: tuple[int, ...]


class Contradictions(Detector):
    """``network.contradiction``."""

    EVENTS = (Binding, Attribute)

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self._claims: OrderedDict[str, tuple[AddressClaim, ...]] = OrderedDict()
        self._speakers: OrderedDict[str, int] = OrderedDict()
        self._leases: OrderedDict[str, tuple[str, AddressClaim]] = OrderedDict()

    def hears_field(self, field: str) -> bool:
        """By its name alone."""
        return field == "dhcp.client_mac"

    def on_repeat(self, event: Event) -> OnRepeat:
        """A claim of an address and a request in somebody's name are compared with others by their times."""
        compared = isinstance(event, Binding) or (isinstance(event, Attribute) and event.field == "dhcp.client_mac")
        return OnRepeat.AGAIN if compared else OnRepeat.NOTHING

    def observe(self, observation: Observation) -> Iterable[Finding]:
        """Findings from a claim by ARP, a lease, or a request in another's name."""
        event = observation.event
        if isinstance(event, Binding) and event.via == "arp":
            return self._arp(observation, event)
        if isinstance(event, Binding) and event.via == "dhcp":
            self._lease(observation, event)
        if isinstance(event, Attribute) and event.field == "dhcp.client_mac":
            return self._request(observation, event)
        return ()

    def _arp(self, observation: Observation, event: Binding) -> Iterator[Finding]:
        try:
            address = address_bytes(event.address)
        except ValueError:
            return
        if event.side is None or not self.context.is_local(address):
            return
        sender = mac_text(observation.flow.end(event.side).mac)
        if sender is None or _is_virtual(sender) or _is_virtual(event.mac):
            return
        if sender != event.mac:
            yield self._finding(observation, "arp_sender", sender, event.mac, event.address, observation.frames)
            return
        _remember(self._speakers, sender, observation.time)
        if event.address in self._leases:
            yield from self._against_lease(observation, sender, event.address)
        claims = self._claims.get(event.address, ())
        if claims and claims[-1].mac == sender:
            claims = claims[:-1]
        claims = (*claims, AddressClaim(sender, observation.time, observation.frames))[-3:]
        _remember(self._claims, event.address, claims)
        if len(claims) == 3 and claims[0].mac == sender and claims[2].time - claims[0].time <= TOGETHER:
            frames = tuple(dict.fromkeys(frame for claim in claims for frame in claim.frames))
            yield self._finding(observation, "address", claims[1].mac, sender, event.address, frames)

    def _lease(self, observation: Observation, event: Binding) -> None:
        """Note a lease. One that its holder goes on to contradict is no address that passed on."""
        ends = (observation.flow.client, observation.flow.server)
        server = next((mac_text(end.mac) for end in ends if end.port == DHCP_SERVER and end.mac), None)
        if server is not None:
            lease = AddressClaim(event.mac, observation.time, observation.frames)
            _remember(self._leases, event.address, (server, lease))

    def _against_lease(self, observation: Observation, holder: str, address: str) -> Iterator[Finding]:
        """The holder of an address claims it after a server gave it to another."""
        known, before = self._leases.get(address), self._claims.get(address, ())
        if known is None:
            return
        server, lease = known
        if holder not in (lease.mac, server) and observation.time - lease.time <= TOGETHER:
            had_it = any(claim.mac == holder and claim.time <= lease.time for claim in before)
            if had_it:
                frames = (*lease.frames, *observation.frames)
                yield self._finding(observation, "lease", server, holder, address, frames, one=lease.mac)

    def _request(self, observation: Observation, event: Attribute) -> Iterator[Finding]:
        sender = mac_text(observation.flow.end(event.side).mac)
        if sender is None:
            return
        if sender == event.value:
            _remember(self._speakers, sender, observation.time)
        elif event.value in self._speakers and observation.time - self._speakers[event.value] <= TOGETHER:
            yield self._finding(observation, "client", sender, event.value, None, observation.frames)

    def _finding(
        self,
        observation: Observation,
        kind: str,
        sender: str,
        other: str,
        address: str | None,
        frames: tuple[int, ...],
        *,
        one: str | None = None,
    ) -> Finding:
        """``sender``: the MAC whose words contradict those of ``other``."""
        ends = Responsible(self._device(sender), self._device(other), None, remote=False)
        found = self.finding(
            observation,
            "network.contradiction",
            Severity.INFO,
            ends,
            capability=None,
            provisions=(),
            message=Message(
                f"network.contradiction.{kind}", {"address": address, "one": one or sender, "other": other}
            ),
            detail={"kind": kind, "address": address, "macs": list(dict.fromkeys((sender, other, one or sender)))},
            protocol=observation.protocol,
        )
        found.frames = frames
        found.identity = ("network.contradiction", kind, sender, other, address)
        return found

    def _device(self, mac: str) -> str | None:
        return self.context.device_of(Endpoint(b"", None, bytes.fromhex(mac.replace(":", ""))))


def _is_virtual(mac: str) -> bool:
    return mac.startswith(VIRTUAL_ROUTERS)


def _remember(table: OrderedDict[str, Value], key: str, value: Value) -> None:
    table[key] = value
    table.move_to_end(key)
    if len(table) > MAX_REMEMBERED:
        table.popitem(last=False)


DETECTOR = Contradictions
