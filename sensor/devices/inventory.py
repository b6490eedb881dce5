"""Inventory of the local network: one classified record for each real device, in a fixed order."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Mapping
from typing import Any

from sensor.devices.assemble import addresses, hostname, traits
from sensor.devices.classify import Classifier
from sensor.devices.counted_flows import CountedFlows, KnownTalk
from sensor.devices.destinations import Destinations
from sensor.devices.device import Destination, Device, Hidden, Trait, identity
from sensor.devices.host import NOTHING, Amounts, Host, Peer, add
from sensor.devices.hosts import MAX_PEERS, MIN_FRAMES, Hosts
from sensor.devices.likeness import count_alike
from sensor.devices.linked_identities import LinkedIdentities, is_identity
from sensor.devices.networks import Networks, is_group, is_station, is_unspecified
from sensor.devices.oui import Oui
from sensor.devices.reverse_names import ReverseNames
from sensor.devices.signatures.matcher import Signatures
from sensor.devices.traits import queried_name, traits_of
from sensor.devices.users import Users
from sensor.events import (
    Access,
    Attribute,
    Binding,
    Event,
    Handshake,
    Login,
    Lookup,
    Network,
    Transfer,
    is_about_another,
)
from sensor.lazy_pattern import expression
from sensor.memory import DEFAULT_BUDGET, MemoryBudget
from sensor.model import Endpoint, Flow, Observation, OnRepeat, Side, address_bytes, address_text, mac_text
from sensor.records import claimed

MAX_NAMES = 65_536
"""Addresses remembered with the name they were looked up by, to name destinations of flows that carry none."""

GATEWAY_ADDRESSES = 3
"""Outside addresses behind a MAC that make it the gateway; fewer are a hint."""

DHCP_SERVER = 67
"""Port of a DHCP server (RFC 2131 4.1)."""

MAC_TEXT = expression(r"[0-9a-f]{2}(?::[0-9a-f]{2}){5}")

COMMON_ASKERS = 3
"""Devices that look up a maker's cloud before that cloud can count as common."""

NOT_DEVICES = 256
"""Pairs that are no device yet and that a run goes on with: of a home all, of a flood the last."""

PROOF_OF_PRESENCE = (Login, Transfer, Handshake)
"""Events that only a participant of a conversation has."""

OBSERVED_EVENTS = (Attribute, Access, Binding, Handshake, Login, Lookup, Network, Transfer)
"""Events that the inventory reads."""


class Inventory:
    """The devices of one run. ``oui`` and ``signatures`` are shared tables, ``users`` the user's decisions, if any."""

    def __init__(
        self,
        networks: Networks,
        *,
        oui: Oui,
        signatures: Signatures,
        users: Users | None = None,
        memory: MemoryBudget = DEFAULT_BUDGET,
    ) -> None:
        self._networks = networks
        self._hosts = Hosts(networks, memory)
        self._users = users
        self._identities = LinkedIdentities()
        for part, whole in (users.merges if users is not None else {}).items():
            self._identities.join(part, whole)
        self._classifier = Classifier(oui, signatures)
        self._parties = Destinations(signatures)
        self._names: OrderedDict[tuple[bytes, bytes], str] = OrderedDict()
        self._counted = CountedFlows(self._hosts, networks, self._names)
        self._reverse_names = ReverseNames(networks)
        self._devices: list[Device] | None = None
        self._owners: dict[tuple[bytes, bytes], str | None] = {}
        self._owners_since = 0
        self._relayed: tuple[tuple[int, ...], bytes] | None = None

    @property
    def bounds_hit(self) -> dict[str, int]:
        """Name of a bound -> how often something no longer fitted."""
        return self._hosts.bounds_hit

    def seen(self, mac: bytes, address: bytes, time: int, frame: int) -> None:
        """Note the first frame of a source MAC (b"" without) with a local source address (b"": the MAC alone)."""
        self._devices = None
        self._hosts.place(mac, address, time, frame)
        self._hosts.sends(mac)

    def mirrors(self, mac: bytes, address: bytes, time: int, frame: int) -> None:
        """Note that a MAC (an address without one) sends copies of others' frames through a tunnel."""
        # The frame is its MAC's: the address in it may be forged.
        host = self._hosts.place(mac, b"" if mac else address, time, frame)
        if host is not None and self._hosts.add_trait(host, "role", "mirror", (frame,)):
            self._devices = None

    def observe(self, observation: Observation) -> None:
        """Take in an event: bindings, networks, names and traits of the ends of its flow."""
        event, flow = observation.event, observation.flow
        if isinstance(event, Binding):
            self._bind(event, observation)
            return  # it is no trait
        if isinstance(event, Lookup):
            if event.answers:
                self._name(event, flow)
            if self._reverse_names.observe(event, observation, self._hosts.mac_of):
                self._devices = None
            if queried_name(event) is None:
                return  # it is no trait
        elif isinstance(event, Network):
            self._networks.learn(event.prefix)
            self._router(event.router, observation)
        elif isinstance(event, PROOF_OF_PRESENCE):
            for end in (flow.client, flow.server):
                host = self._hosts.find(end.mac, end.address)
                if host is not None:
                    host.confirmed = True
        for end, field, value in traits_of(event, flow):
            sender = end
            end = self._trait_end(end, field, value, observation.frames)
            relayed = end is not sender
            host = self._hosts.place(
                end.mac, end.address, observation.time, observation.frames[0] if observation.frames else 0
            )
            if host is not None:
                host.announced = host.announced or isinstance(event, Attribute)
                if self._hosts.add_trait(host, field, value, observation.frames, relayed=relayed):
                    self._devices = None
                if isinstance(event, Attribute) and event.addresses:
                    self._hosts.add_subject(host, field, value, event.addresses)
                if not relayed and is_identity(field, value) and not is_about_another(event, flow):
                    private = bool(host.mac and host.mac[0] & 2)
                    self._identities.observe(
                        self._hosts.owner(host), field, value, observation.time, private=private, last=self._last
                    )

    def on_repeat(self, event: Event) -> OnRepeat:
        """Names and traits add nothing when they are seen again; identities are compared by their times, and what does
        not fit is counted each time.
        """
        if isinstance(event, (Binding, Network)) or self.bounds_hit:
            return OnRepeat.AGAIN
        if isinstance(event, Lookup):
            # The last name that an address was looked up by counts. Who asks which resolver is remembered for good.
            names = event.kind == "PTR" or (bool(event.answers) and event.kind in ("A", "AAAA"))
            return OnRepeat.AGAIN if names and event.source == "dns" else OnRepeat.NOTHING
        identity = isinstance(event, Attribute) and (
            bool(event.addresses) or is_identity(event.field, event.value) or event.field.startswith("dhcp")
        )
        return OnRepeat.AGAIN if identity else OnRepeat.NOTHING

    @property
    def changes(self) -> int:
        """A number that grows whenever `device_of` may answer otherwise than before."""
        return self._hosts.changes + self._networks.changes + self._identities.joined

    def _last(self, record: str) -> int:
        """Time (ns) of the last sign of a record that is a MAC."""
        return self._hosts.last_of(bytes.fromhex(record.replace(":", ""))) if MAC_TEXT.fullmatch(record) else 0

    def _trait_end(self, end: Endpoint, field: str, value: str, frames: tuple[int, ...]) -> Endpoint:
        """The end that a trait belongs to.

        A DHCP option belongs to the client in the message's own field (chaddr); a relay may have carried it (RFC 2131
        2).
        """
        if field == "dhcp.client_mac":
            try:
                mac = bytes.fromhex(value.replace(":", ""))
            except ValueError:
                mac = b""
            self._relayed = (frames, mac) if is_station(mac) and end.mac and mac != end.mac else None
            if self._relayed is not None:
                self._hosts.carries(end.mac, mac, frames)
        if self._relayed is not None and field.startswith("dhcp.") and self._relayed[0] == frames:
            return Endpoint(b"", None, self._relayed[1])
        return end

    def _bind(self, event: Binding, observation: Observation) -> None:
        try:
            mac, address = bytes.fromhex(event.mac.replace(":", "")), address_bytes(event.address)
        except ValueError:
            return
        if not self._networks.is_local(address):
            return
        if event.side is not None and observation.flow.end(event.side).mac not in (mac, b""):
            return  # ARP speaks for its sender (RFC 826): another MAC's frame proves nothing of this one
        leased = event.via.startswith("dhcp")
        if leased:
            ends = (observation.flow.client, observation.flow.server)
            server = next((end for end in ends if end.port == DHCP_SERVER and not is_group(end.address)), None)
            if server is not None and server.address == address and server.mac != mac:
                return  # no server leases its own address to another
            self._hosts.lease(mac, address, server.mac if server is not None else b"")
            if self._hosts.used_by_another(mac, address):
                self._devices = None
                return
        host = self._hosts.place(mac, address, observation.time, observation.frames[0] if observation.frames else 0)
        if host is not None:
            self._devices = None
            self._hosts.bind(host)
            host.confirmed = host.confirmed or leased
            if event.via == "arp" and not host.answers:
                host.answers = True
                self._hosts.changes += 1

    def _router(self, address: str | None, observation: Observation) -> None:
        """Note that ``address`` was announced as a router.

        Of a DHCP server that names itself that says little: the set-up network of a plug does the same.
        """
        if address is None:
            return
        try:
            host = self._hosts.find(b"", address_bytes(address))
        except ValueError:
            return
        if host is not None:
            flow = observation.flow
            itself = any(end.port == DHCP_SERVER and end.address == host.address for end in (flow.client, flow.server))
            self._hosts.add_trait(
                host, *(("dhcp.router", "itself") if itself else ("role", "router")), observation.frames
            )

    def _name(self, event: Lookup, flow: Flow) -> None:
        if event.source != "dns" or event.kind not in ("A", "AAAA"):
            return
        for answer in event.answers:
            try:
                address = address_bytes(answer)
            except ValueError:
                continue
            # The oldest go first: an appliance that listens for months must still learn what is asked for today.
            if len(self._names) >= MAX_NAMES:
                self._names.popitem(last=False)
            self._names[flow.client.mac or flow.client.address, address] = event.name.rstrip(".").lower()

    def device_of(self, endpoint: Endpoint) -> str | None:
        """Id of the device at that end; None where it is not local, a group address, or unknown."""
        since = self._hosts.changes + self._networks.changes
        if since != self._owners_since or len(self._owners) > MAX_NAMES:
            self._owners.clear()
            self._owners_since = since
        key = (endpoint.mac, endpoint.address)
        if key in self._owners:
            owner = self._owners[key]
        else:
            host = self._hosts.find(*key) if self._may_be_local(endpoint.address) else None
            owner = self._owners[key] = None if host is None else self._hosts.owner(host)
        return None if owner is None else self._identities.record(owner)

    def _may_be_local(self, address: bytes) -> bool:
        return self._networks.is_local(address) or not address or is_unspecified(address)

    def flow_ended(self, flow: Flow) -> KnownTalk | None:
        """Add the flow's payload bytes, by protection, and its destinations to the devices at its ends. What another
        of its kind adds to (see `CountedFlows`).
        """
        self._devices = None
        return self._counted.add(flow)

    def flow_ended_again(self, talk: KnownTalk, flow: Flow, total: int, amounts: Amounts) -> bool:
        """Add a flow of a kind that was added before; False where it may do more now."""
        self._devices = None
        return self._counted.add_again(talk, flow, total, amounts)

    def name_of(self, flow: Flow, side: Side) -> str | None:
        """The name by which that side knows the other end."""
        return self._counted.name_of(flow, side)[0]

    def party_of(self, peer: bytes, name: str | None, vendor: str | None) -> str | None:
        """The party that a peer is to a device of that maker."""
        local = is_group(peer) or self._networks.is_local(peer)
        return "local" if local else self._parties.party(name, vendor)

    def totals(self, hosts: Iterable[tuple[bytes, bytes, int, int, int, int]]) -> None:
        """Set the decoder's totals by (MAC, address): first and last time (ns), packets; replaces earlier ones."""
        self._devices = None
        rows = list(hosts)
        flood = len(rows) > self._hosts.most_dust
        for mac, address, first, last, packets, _ in rows:
            if flood and packets < MIN_FRAMES and not self._hosts.knows(mac, address):
                continue  # given up as dust; what is of others stays
            host = self._hosts.place(mac, address, first, 0)
            if host is not None:
                host.packets = host.earlier + packets
                host.first, host.last = min(first, host.first) or first, max(last, host.last)

    def hosts_by_device(self) -> dict[str, list[Host]]:
        """Device id -> the pairs that are the device."""
        groups: dict[str, list[Host]] = {}
        for name, hosts in self._hosts.groups().items():
            groups.setdefault(self._identities.record(name), []).extend(hosts)
        return groups

    def senders(self, hosts: Iterable[Host]) -> set[bytes]:
        """The MACs among these pairs of which frames were seen."""
        return {host.mac for host in hosts if self._hosts.has_sent(host.mac)}

    def state(self) -> dict[str, Any]:
        """What is known of the network beside the devices' own pairs, for a run that goes on later."""
        theirs = {host for hosts in self.hosts_by_device().values() for host in hosts}
        return {
            "not_devices": [host for host in self._hosts if host not in theirs][-NOT_DEVICES:],
            "prefixes": self._networks.learned,
            "hosts": self._hosts.state(),
            "identities": self._identities.state(),
            "reverse_names": self._reverse_names.state(),
        }

    def go_on(self, hosts: Iterable[Host], senders: Iterable[bytes], state: Mapping[str, Any]) -> None:
        """Take over what an earlier part of the run knew; ``senders``: MACs of which frames were seen."""
        self._devices = None
        for prefix in list(state.get("prefixes", ())):
            self._networks.learn(prefix)
        hosts = [*hosts, *state.get("not_devices", ())]
        self._hosts.go_on(hosts, senders, state.get("hosts", {}))
        for host in hosts:
            for peer, name in host.peers or ():
                if name is not None:
                    self._names[host.mac or host.address, peer] = name
        for part, into in (("identities", self._identities), ("reverse_names", self._reverse_names)):
            if part in state:
                into.go_on(state[part])

    def devices(self) -> list[Device]:
        """All devices, by id; classified when something new was learned since the last call."""
        if self._devices is None:
            groups = self.hosts_by_device()
            devices = [self._device(name, hosts) for name, hosts in groups.items()]
            common = self._common(devices)
            for device in devices:
                self._classifier.classify(
                    device, bytes.fromhex(device.mac.replace(":", "")) if device.mac else b"", common
                )
                device.destinations = self._destinations(groups[device.id], claimed(device.vendor))
            if self._users is not None:
                devices = self._users.apply(devices)
            count_alike(devices)
            self._devices = sorted(devices, key=lambda device: device.id)
        return self._devices

    def identity_of(self, device: str) -> dict[str, str]:
        """The identifiers of a device (see `identity`); empty for an unknown one."""
        return next((identity(found) for found in self.devices() if found.id == device), {})

    def _device(self, name: str, hosts: list[Host]) -> Device:
        mac = next((host.mac for host in hosts if mac_text(host.mac) == name), b"")
        found = traits(hosts, relayed=not self._hosts.has_sent(mac))
        if beyond := self._hosts.beyond(mac):
            role = "gateway" if beyond >= GATEWAY_ADDRESSES else "forwards"
            found.append(Trait("role", role, (hosts[0].frame,)))
        for host in hosts:
            if host.address and (reverse := self._reverse_names.of(host.address, host.mac)) is not None:
                found.append(Trait("dns.ptr", reverse.name, reverse.frames))
        device = Device(
            id=name,
            mac=mac_text(mac),
            mac_randomized=bool(mac[0] & 2) if mac else None,
            addresses=addresses(hosts),
            hostname=hostname(found),
            first_seen=min(host.first for host in hosts),
            last_seen=max(host.last for host in hosts),
            packets=sum(host.packets for host in hosts),
            traits=tuple(found),
            probably_same=self._identities.probably(name),
            hidden=tuple(
                Hidden(mac_text(client) or "", "dhcp.client_mac", mac_text(client) or "", frames)
                for client, frames in self._hosts.carried(mac).items()
            ),
        )
        for host in hosts:
            if host.bytes is not None:
                device.bytes.encrypted += host.bytes.encrypted
                device.bytes.cleartext += host.bytes.cleartext
                device.bytes.unknown += host.bytes.unknown
        return device

    def _common(self, devices: list[Device]) -> frozenset[str]:
        """Makers whose clouds more than half of the devices ask for, and at least `COMMON_ASKERS` do."""
        counts: dict[str, int] = {}
        for device in devices:
            for owner in self._classifier.clouds(device):
                counts[owner] = counts.get(owner, 0) + 1
        return frozenset(
            owner for owner, count in counts.items() if count >= COMMON_ASKERS and 2 * count > len(devices)
        )

    def _destinations(self, hosts: list[Host], vendor: str | None) -> tuple[Destination, ...]:
        amounts: dict[Peer, Amounts] = {}
        rest = 0
        for host in hosts:
            rest += host.rest
            for key, amount in (host.peers or {}).items():
                amounts[key] = add(amounts.get(key, NOTHING), amount)
        ranked = sorted(amounts.items(), key=lambda item: (-item[1][0], item[0][0], item[0][1] or ""))
        found = []
        for (peer, name), amount in ranked[:MAX_PEERS]:
            found.append(Destination(name, address_text(peer), self.party_of(peer, name, vendor), *amount))
        rest += sum(amount for _, (amount, _, _) in ranked[MAX_PEERS:])
        if rest:
            found.append(Destination(None, None, None, rest))
        return tuple(found)
