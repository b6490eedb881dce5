"""Hosts: what was seen of each (MAC, address) pair, and the device that each pair belongs to.

A router's MAC also carries the addresses of other hosts, so a MAC alone does not name a device.
"""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from sensor.devices.host import NOTHING, Amounts, Host, PairKey, Station, add
from sensor.devices.networks import Networks, is_group, is_link_local, is_station, is_unspecified, names_no_host
from sensor.memory import DEFAULT_BUDGET, MemoryBudget
from sensor.model import mac_text

MAX_ADDRESSES = 64
"""Addresses listed of a device: IPv6 privacy addresses change daily (RFC 8981 3.4); two months of them fit."""

MAX_TRAITS = 768
"""Distinct values of one pair: the most in real homes (a phone's DNS names) are under 500 in a day."""

MAX_TRAITS_A_FIELD = 256
"""Distinct values in one field, so that a flood in one (DNS names) cannot silence the others."""

TRAITS_A_PAIR = 8
"""Values kept in one run for each pair that may be kept: a few hundred devices with `MAX_TRAITS_A_FIELD` each."""

MAX_VALUE = 512
"""Characters of a value that are stored and matched: product names stand first; bounds what a pattern runs over."""

MAX_PEERS = 256
"""Destinations listed of one pair; the rest is summed."""

PEERS_A_PAIR = 8
"""Destinations in one run for each pair that may be kept: a scan from spoofed senders cannot grow further."""

LOOKS = 1024
"""Pairs without room after which it is looked again whether others can be given up for them."""

MIN_FRAMES = 3
"""Frames that make an unconfirmed MAC a device: one or two may be a spoofed probe."""

MAX_UNCONFIRMED_MACS = 256
"""MACs that count as devices by one or two frames with a trait. More are a flood (DHCP starvation): none counts."""

SECOND_SERVER = 2
"""Clients from which a DHCP server beside that of most leases is one of the network."""

MAX_LESSORS = 64
"""DHCP servers counted: a home has one, and plugs in set-up mode; more are a flood."""

MAX_CARRIED = 64
"""Clients counted behind one MAC; an extender serves a few dozen."""

MAX_OWN_ADDRESSES = 8
"""IPv4 addresses of one MAC without a binding; with more, it forwards for others."""

STATE = frozenset({"mac_of", "forwarding", "bounds_hit", "_carried", "_abroad", "_leases", "_lessors"})
"""Attributes of `Hosts` beside its pairs that a run goes on with."""


class Hosts:
    """The pairs of one run, within their share of the memory.

    New ones displace dust, the oldest first. What is displaced and what no longer fits is counted in ``bounds_hit``.
    """

    def __init__(self, networks: Networks, memory: MemoryBudget = DEFAULT_BUDGET) -> None:
        self._most, self._most_dust = memory.pairs, memory.dust
        self._dust: OrderedDict[PairKey, Host] = OrderedDict()
        """Pairs that may be dust, in order of appearance."""
        self._spare: deque[PairKey] = deque()
        """Pairs that may be given up next."""
        self.networks = networks
        self.bounds_hit: dict[str, int] = {}
        self.changes = 0
        """Number of changes that may give a pair another device; callers drop cached answers by it."""
        self._pairs: dict[PairKey, Host] = {}
        self._stations: dict[bytes, Station] = {}
        self.mac_of: dict[bytes, bytes] = {}
        """Address -> MAC that was seen with it last."""
        self.forwarding: dict[bytes, set[bytes]] = {}
        """MACs that carried addresses from outside, with up to `MAX_OWN_ADDRESSES` of those."""
        self._carried: dict[bytes, dict[bytes, tuple[int, ...]]] = {}
        """MAC -> hardware addresses of DHCP clients whose requests it sent, with the frames."""
        self._abroad: set[PairKey] = set()
        self._leases: dict[bytes, dict[bytes, bytes]] = {}
        """Address -> DHCP server -> MAC that it gave the address to."""
        self._lessors: dict[bytes, set[bytes]] = {}
        """DHCP server -> MACs that it gave addresses to."""
        self._sure: dict[PairKey, Host] = {}
        self._sure_since = 0
        self._traits = self._peers = 0

    def state(self) -> dict[str, Any]:
        """What is known of the network beside the pairs themselves, for a run that goes on later."""
        return {name: getattr(self, name) for name in STATE}

    def go_on(self, hosts: Iterable[Host], senders: Iterable[bytes], state: Mapping[str, Any]) -> None:
        """Take over what an earlier part of the run knew; ``senders``: MACs of which frames were seen."""
        for host in hosts:
            key = (host.mac, host.address)
            if key in self._pairs or len(self._pairs) >= self._most or not any(key):
                continue
            self._add(key, host)
            host.earlier = host.packets
            self._traits += sum(map(len, (host.traits or {}).values())) + sum(map(len, (host.relayed or {}).values()))
            self._peers += len(host.peers or ())
            if host.bound and host.mac and host.address and not is_link_local(host.address):
                self._stations[host.mac].bound[len(host.address)] += 1
        for mac in senders:
            self.sends(mac)
        for name in STATE & state.keys():
            getattr(self, name).update(state[name])
        # Pairs that were dust are not taken along.
        self.mac_of = {address: mac for address, mac in self.mac_of.items() if (mac, address) in self._pairs}
        self.changes += 1

    def __iter__(self) -> Iterator[Host]:
        return iter(self._pairs.values())

    def _full(self, what: str) -> None:
        self.bounds_hit[what] = self.bounds_hit.get(what, 0) + 1

    def place(self, mac: bytes, address: bytes, time: int, frame: int) -> Host | None:
        """The pair's record, made if it is new; None for a group, zero or remote sender, and beyond the bound."""
        key = (mac, address)
        if self._sure_since != self.networks.changes:
            self._sure.clear()
            self._sure_since = self.networks.changes
        known = self._sure.get(key)
        if known is None:
            known = self._placed(mac, address, time, frame)
            if known is None:
                return None
            if known.address == address:
                self._sure[key] = known
        if time:
            if time < known.first:
                known.first = time
            if time > known.last:
                known.last = time
        return known

    def _placed(self, mac: bytes, address: bytes, time: int, frame: int) -> Host | None:
        if mac and not is_station(mac):
            return None
        if address and not self.networks.is_local(address):
            if not mac:
                return None
            if not is_group(address) and not is_unspecified(address):
                self._forwards(mac, address)
                return None
            address = b""
        elif not (mac or address):
            return None
        found = self._pairs.get((mac, address))
        if found is None:
            if len(self._dust) >= self._most_dust or len(self._pairs) >= self._most:
                self._displace_dust()
            if len(self._pairs) >= self._most and not self._displace_oldest():
                self._full("hosts")
                return None
            found = self._dust[mac, address] = Host(mac, address, time, frame)
            self._add((mac, address), found)
        return found

    def _add(self, key: PairKey, host: Host) -> None:
        self._pairs[key] = host
        self.changes += 1
        mac, address = key
        if not mac:
            return
        station = self._stations.get(mac)
        if station is None:
            station = self._stations[mac] = Station()
        station.count += 1
        if len(station.pairs) < MAX_ADDRESSES:
            station.pairs.append(host)
        if address:
            self.mac_of[address] = mac
            station.routable[len(address)] += not is_link_local(address)

    def _displace_dust(self) -> None:
        """Give up the oldest pair that is dust; those that turned out to be more are looked at no longer."""
        while self._dust:
            key, host = self._dust.popitem(last=False)
            if host.is_dust:
                self._full("silent_hosts")
                self._remove(key, host)
                return

    def _displace_oldest(self) -> bool:
        """Give up a pair that took part in no conversation: first those that no binding names, the oldest first."""
        if not self._spare and self.bounds_hit.get("hosts", 0) % LOOKS == 0:
            unconfirmed = [
                (host.bound or host.answers, host.first, key) for key, host in self._pairs.items() if not host.confirmed
            ]
            self._spare = deque(key for _, _, key in sorted(unconfirmed)[: max(1, self._most // 4)])
        while self._spare:
            key = self._spare.popleft()
            host = self._pairs.get(key)
            if host is not None and not host.confirmed:
                self._full("unanswered_hosts")
                self._dust.pop(key, None)
                self._remove(key, host)
                return True
        return False

    def _remove(self, key: PairKey, host: Host) -> None:
        mac, address = key
        del self._pairs[key]
        self._sure.pop(key, None)
        self._peers -= len(host.peers or ())
        self.changes += 1
        if address and self.mac_of.get(address) == mac:
            del self.mac_of[address]
        station = self._stations.get(mac)
        if station is not None:
            station.count -= 1
            if host in station.pairs:
                station.pairs.remove(host)
            if address:
                station.routable[len(address)] -= not is_link_local(address)
            if not station.count:
                del self._stations[mac]

    @property
    def gives_up(self) -> bool:
        """Whether pairs were given up for others."""
        return bool(self.bounds_hit)

    def knows(self, mac: bytes, address: bytes) -> bool:
        """Whether the pair has a record."""
        return (mac, address) in self._pairs

    @property
    def most_dust(self) -> int:
        """Pairs that may be dust."""
        return self._most_dust

    def _forwards(self, mac: bytes, address: bytes) -> None:
        """A MAC carried an address from outside."""
        beyond = self.forwarding.get(mac)
        if beyond is None:
            if len(self.forwarding) >= self._most:
                return
            beyond = self.forwarding[mac] = set()
            self.changes += 1
        if len(beyond) < MAX_OWN_ADDRESSES:
            beyond.add(address)

    def apart(self, mac: bytes, address: bytes) -> None:
        """The pair talked to another address from outside: on a link with public addresses, it may be the MAC's own."""
        if address in self.forwarding.get(mac, ()):
            self._abroad.add((mac, address))

    def beyond(self, mac: bytes) -> int:
        """The number of outside addresses that a MAC carried for others, up to `MAX_OWN_ADDRESSES`."""
        carried = self.forwarding.get(mac, ())
        theirs = sum((mac, address) not in self._abroad for address in carried)
        return len(carried) if theirs else 0

    def find(self, mac: bytes, address: bytes) -> Host | None:
        """The pair's record if it has one; without a MAC the last one that used the address."""
        if address and names_no_host(address):
            address = b""
        if not mac and address:
            mac = self.mac_of.get(address, b"")
        return self._pairs.get((mac, address))

    def bind(self, host: Host) -> None:
        """Note a binding of the pair's address to its MAC."""
        if not host.bound and host.mac and host.address:
            host.bound = True
            self.changes += 1
            if not is_link_local(host.address):
                self._stations[host.mac].bound[len(host.address)] += 1

    def lease(self, mac: bytes, address: bytes, server: bytes = b"") -> None:
        """The MAC ``server``, as a DHCP server, gave ``address`` to ``mac``."""
        if not is_station(mac) or (address not in self._leases and len(self._leases) >= self._most):
            return
        if server not in self._lessors and len(self._lessors) >= MAX_LESSORS:
            self._full("lessors")
            return
        clients = self._lessors.setdefault(server, set())
        given = self._leases.setdefault(address, {})
        self.changes += given.get(server) != mac or mac not in clients
        if len(clients) < self._most:
            clients.add(mac)
        given[server] = mac

    def lessee(self, address: bytes) -> bytes | None:
        """The MAC that a DHCP server of the network gave the address to; of two servers, that of most leases."""
        given = self._leases.get(address)
        if not given:
            return None
        return next((given[server] for server in self._servers() if server in given), None)

    def _servers(self) -> list[bytes]:
        """The network's DHCP servers, that of most leases first: a second one counts from `SECOND_SERVER` clients on.

        Who leases one address to one MAC may be anybody who wants it to have another's.
        """
        ordered = sorted(self._lessors, key=lambda server: -len(self._lessors[server]))
        return ordered[:1] + [one for one in ordered[1:] if len(self._lessors[one]) >= SECOND_SERVER]

    def carries(self, mac: bytes, client: bytes, frames: tuple[int, ...]) -> None:
        """The MAC sent a DHCP request of ``client``: a client bridge, an extender, a relay."""
        if mac not in self._carried and len(self._carried) >= self._most:
            return
        clients = self._carried.setdefault(mac, {})
        if client not in clients and len(clients) < MAX_CARRIED:
            clients[client] = frames
            self.changes += 1

    def carried(self, mac: bytes) -> dict[bytes, tuple[int, ...]]:
        """DHCP clients behind a MAC that never sent a frame under their own, with the frames of their requests."""
        behind = self._carried.get(mac)
        if not behind or not self._lessors:
            return {}
        leased = set().union(*(self._lessors[server] for server in self._servers()))
        return {client: frames for client, frames in behind.items() if client in leased and not self.has_sent(client)}

    def used_by_another(self, mac: bytes, address: bytes) -> bool:
        """Whether another MAC sends from the address."""
        other = self.mac_of.get(address, mac)
        return other != mac and self._stations[other].sent

    def sends(self, mac: bytes) -> None:
        """The MAC sent a frame."""
        station = self._stations.get(mac)
        if station is not None:
            station.sent = True

    def has_sent(self, mac: bytes) -> bool:
        """Whether frames of the MAC were seen."""
        station = self._stations.get(mac)
        return station is not None and station.sent

    def last_of(self, mac: bytes) -> int:
        """Time (ns) of the last sign of the MAC; 0 if there is none."""
        station = self._stations.get(mac)
        return max((host.last for host in station.pairs), default=0) if station is not None else 0

    def add_trait(self, host: Host, field: str, value: str, frames: tuple[int, ...], *, relayed: bool = False) -> bool:
        """Store a trait of ``host``; True if it is new. ``relayed``: another MAC sent it."""
        value = value[:MAX_VALUE]
        if not value.strip():
            return False
        if relayed:
            store = host.relayed = {} if host.relayed is None else host.relayed
        else:
            store = host.traits = {} if host.traits is None else host.traits
        values = store.setdefault(field, {})
        if value in values:
            return False
        if (
            len(values) >= MAX_TRAITS_A_FIELD
            or self._traits >= TRAITS_A_PAIR * self._most
            or sum(map(len, store.values())) >= MAX_TRAITS
        ):
            self._full("traits")
            return False
        values[value] = frames
        self._traits += 1
        return True

    def add_subject(self, host: Host, field: str, value: str, addresses: tuple[str, ...]) -> None:
        """Note which addresses the subject of a trait of ``host`` has; once it was the host itself, it stays that."""
        key = (field, value[:MAX_VALUE])
        if host.traits is None or key[1] not in host.traits.get(field, ()):
            return
        if host.subjects is None:
            host.subjects = {}
        if host.named in addresses:
            host.subjects[key] = ()
        else:
            host.subjects.setdefault(key, addresses)

    def talked(self, host: Host, peer: bytes, name: str | None, amounts: Amounts) -> None:
        """Add payload bytes between ``host`` and a peer (address bytes, name if known)."""
        if host.peers is None:
            host.peers = {}
        key = (peer, name)
        if key not in host.peers:
            if len(host.peers) >= MAX_PEERS or self._peers >= PEERS_A_PAIR * self._most:
                self._full("destinations")
                host.rest += amounts[0]
                return
            self._peers += 1
        host.peers[key] = add(host.peers.get(key, NOTHING), amounts)

    def owner(self, host: Host) -> str:
        """Id of the device that the pair belongs to: its MAC; its address without a MAC or behind a router.

        An address leased to another MAC belongs to that one: repeaters and plugs in set-up mode forward a guest's
        frames under their own MAC. Where the MAC itself says by ARP that it has the address, only if it sent the
        client's own DHCP request too, as a client bridge does.
        """
        if not host.mac and (carrier := self._pairs.get((self.mac_of.get(host.address, b""), host.address))):
            host = carrier  # heard in a tunnel, and with its MAC outside of it
        behind = self._carried.get(host.mac, ())
        leased = self.lessee(host.address) if host.mac and (behind or not host.answers) else None
        if leased is not None and leased != host.mac and (leased in behind or not host.answers):
            return mac_text(leased) or "unknown"
        for client in behind:
            if _made_from(host.address, client):
                return mac_text(client) or "unknown"
        if not host.mac or self._is_behind(host):
            return host.named
        return host.carrier

    def _is_behind(self, host: Host) -> bool:
        """Whether an address without a binding to this MAC is of a host that it forwards for."""
        if not host.address or host.bound or is_link_local(host.address) or _made_from(host.address, host.mac):
            return False
        station, size = self._stations[host.mac], len(host.address)
        routable, bound = station.routable[size], station.bound[size]
        if bound and (host.mac in self.forwarding or routable > MAX_OWN_ADDRESSES):
            return True
        # IPv6 hosts have many addresses of their own, so a number alone says nothing there.
        return size == 4 and routable > (1 if host.mac in self.forwarding else MAX_OWN_ADDRESSES)

    def groups(self) -> dict[str, list[Host]]:
        """Device id -> its pairs, without MACs that sent a frame or two, without an answer and without a trait.

        A capture of fewer frames than that cannot show more of anyone: its senders with a local address are devices.
        """
        short = 0 < sum(host.packets for host in self if not (host.mac and host.address)) < MIN_FRAMES
        unconfirmed = sum(1 for host in self if host.announced and not host.confirmed and 0 < host.packets < MIN_FRAMES)
        believed = unconfirmed <= MAX_UNCONFIRMED_MACS
        found: dict[str, list[Host]] = {}
        for host in self:
            found.setdefault(self.owner(host), []).append(host)
        return {
            name: hosts
            for name, hosts in found.items()
            if (short and any(h.packets for h in hosts) and any(h.address for h in hosts))
            or any(h.confirmed or (h.announced and believed) for h in hosts)
            or sum(h.packets for h in hosts) >= MIN_FRAMES
        }


def _made_from(address: bytes, mac: bytes) -> bool:
    """Whether an IPv6 address holds the MAC as modified EUI-64 (RFC 4291 appendix A)."""
    return len(address) == 16 and address[8:] == bytes((mac[0] ^ 2,)) + mac[1:3] + b"\xff\xfe" + mac[3:]
