"""Flows that ended, at the devices of a network: payload by protection, destinations, open ports."""

from __future__ import annotations

from collections.abc import Mapping

from sensor.devices.assemble import add_bytes
from sensor.devices.host import NOTHING, Host, Peer, add
from sensor.devices.hosts import Hosts
from sensor.devices.networks import Networks
from sensor.devices.traits import called_port, cloud_port, served_port
from sensor.model import Endpoint, Flow, Side

NameKey = tuple[bytes, bytes]
"""Who asked for a name (its MAC, or its address without one), and an address that the name has."""

Place = tuple[Endpoint, Host | None]
"""An end, and the pair that it is."""


class KnownTalk:
    """What another flow of the same kind adds to: the pairs at its ends, each with its destination.

    Flows are of one kind where ends, server's port, transport, protection and name are the same, and which ends sent
    how much: no packet, one, more; payload or none.
    """

    __slots__ = ("changes", "counted", "is_single", "names", "networks", "places")

    def __init__(
        self,
        places: tuple[Place, Place],
        counted: tuple[tuple[Host, Peer | None], ...],
        names: tuple[tuple[NameKey, str | None], ...],
    ) -> None:
        self.places, self.counted, self.names = places, counted, names
        self.changes = self.networks = -1
        self.is_single = False
        """A side sent one packet that nobody answered."""


class CountedFlows:
    """Counts flows at the pairs of ``hosts``. ``names``: what an address was looked up by last."""

    def __init__(self, hosts: Hosts, networks: Networks, names: Mapping[NameKey, str]) -> None:
        self._hosts, self._networks, self._names = hosts, networks, names

    def add(self, flow: Flow) -> KnownTalk | None:
        """Add the flow's payload bytes, by protection, and its destinations to the pairs at its ends. What another of
        its kind adds to (`add_again`); None where it may do more.
        """
        total, hosts, networks = sum(flow.payload), self._hosts, self._networks
        full = sum(hosts.bounds_hit.values())
        outside = networks.is_outside(flow.server.address)
        apart = outside and networks.is_outside(flow.client.address)
        if apart:
            hosts.apart(flow.client.mac, flow.client.address)
            hosts.apart(flow.server.mac, flow.server.address)
        amounts = flow.by_protection(total) if total else NOTHING
        places: list[Place] = []
        counted: list[tuple[Host, Peer | None]] = []
        names: list[tuple[NameKey, str | None]] = []
        is_single = False
        for side, end, peer in ((Side.CLIENT, flow.client, flow.server), (Side.SERVER, flow.server, flow.client)):
            sent, answered = flow.packets[side], flow.packets[1 - side]
            is_single = is_single or (sent == 1 and not answered)
            # One packet that nobody answered does not bring back a sender that was given up for others.
            comes_back = sent > 1 or (sent and (answered or not hosts.gives_up or not networks.is_local(end.address)))
            if comes_back:
                host = hosts.place(end.mac, end.address, 0, flow.first_frame)
            else:
                host = hosts.find(end.mac, end.address)
            places.append((end, host))
            if host is None:
                continue
            if host.first == 0:
                host.first, host.last = flow.first_time, flow.last_time
            host.last = max(host.last, flow.last_time)
            if sent > 1 and answered:
                host.confirmed = True
            destination: Peer | None = None
            if total:
                add_bytes(host, amounts)
                name, key = self.name_of(flow, side)
                if key is not None:
                    names.append((key, name))
                destination = (peer.address, name)
                hosts.talked(host, *destination, (total, amounts[0], amounts[1]))
            counted.append((host, destination))
        self._add_ports(flow, outside=outside)
        if apart or full != sum(hosts.bounds_hit.values()):
            return None  # an outside address may be a MAC's own from now on, and what does not fit is counted each time
        talk = KnownTalk((places[0], places[1]), tuple(counted), tuple(names))
        talk.changes, talk.networks, talk.is_single = hosts.changes + networks.changes, networks.changes, is_single
        return talk if self._stands(talk) else None

    def add_again(self, talk: KnownTalk, flow: Flow, total: int, amounts: tuple[int, int, int]) -> bool:
        """Add a flow of a kind that was added before: its ``total`` payload bytes, and those by protection. False,
        where it may do more now.
        """
        hosts = self._hosts
        changes = hosts.changes + self._networks.changes
        if talk.changes != changes:
            if talk.networks != self._networks.changes or not self._stands(talk):
                return False
            talk.changes = changes
        if talk.is_single and hosts.gives_up:
            return False
        for key, name in talk.names:
            if self._names.get(key) != name:
                return False
        time = flow.last_time
        for host, destination in talk.counted:
            if host.first == 0:
                host.first, host.last = flow.first_time, time
            if time > host.last:
                host.last = time
            if destination is not None and host.peers is not None:
                add_bytes(host, amounts)
                host.peers[destination] = add(host.peers[destination], (total, amounts[0], amounts[1]))
        return True

    def name_of(self, flow: Flow, side: Side) -> tuple[str | None, NameKey | None]:
        """The name by which that side knows the other end, and under what it was looked up, if it was."""
        here, peer = flow.end(side), flow.end(side.other).address
        name = flow.server_name if side is Side.CLIENT else None
        if name or self._networks.is_local(peer):
            return name, None
        key = (here.mac or here.address, peer)
        return self._names.get(key), key

    def _stands(self, talk: KnownTalk) -> bool:
        """Whether the ends still are these pairs, by whatever way they are looked for."""
        find = self._hosts.find
        return all(
            find(end.mac, end.address) is host and (host is None or host.mac == end.mac) for end, host in talk.places
        )

    def _add_ports(self, flow: Flow, *, outside: bool) -> None:
        to_group = not (outside or self._networks.is_local(flow.server.address))
        if not (to_group or flow.payload[Side.SERVER]):
            return  # an unanswered flow shows no port that is served
        for trait in (called_port(flow) if to_group else served_port(flow), cloud_port(flow) if outside else None):
            if trait is not None and (host := self._hosts.find(trait[0].mac, trait[0].address)) is not None:
                self._hosts.add_trait(host, trait[1], trait[2], (flow.first_frame,))
