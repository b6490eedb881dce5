"""Coverage: what was seen of each device, so that silence is weighed and never passes for a proof."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable
from dataclasses import field, replace

from sensor.catalogue import Message
from sensor.events import Attribute, Event, Handshake, Login
from sensor.light_dataclass import dataclass
from sensor.model import Endpoint, Flow, Observation, OnRepeat, Protection, Side, Transport
from sensor.verdicts.commissioning import FIELDS, Commissioning
from sensor.verdicts.seen_channels import FIRST_DYNAMIC, SeenChannels

HOUR = 3600 * 1_000_000_000

MAX_HOURS = 24 * 400
"""Hours counted one by one: more than a year of listening."""

HOURS_COMPARED = 4
"""Hours of listening before some of them can be called busier than the others."""

ACTIVE_TIMES = 4
"""Payload of an hour in use, in multiples of the device's median hour.

Keep-alives and hourly reports stay well below, use lies well above.
"""

ACTIVE_BYTES = 16 * 1024
"""Payload bytes below which an hour is always at rest: one status page or a voice command is more."""

MAX_UNREAD = 64
"""Ports listed of protocols without a parser; a scan's thousands are summed as ``other``."""

CARRYING_NO_SECRET = frozenset({"domain", "dns", "ntp", "stun", "icmp", "icmpv6", "ipv6-icmp", "igmp"})
"""Services of the network itself that carry no secret or person: names, time, reachability."""

MAX_CHANNELS = 8192
"""Open flows whose handshake is remembered."""

COUNTED: tuple[type[Event], ...] = (Attribute, Login, Handshake)
"""Events that the ledger observes."""


Gap = tuple[int, int]
"""Nobody listened from one time to another (ns since 1970 UTC): the sensor was off."""

MAX_DEVICES = 4096
"""Devices from which on those of which one flow was seen are forgotten, the oldest first."""

MAX_NOT_YET = 256
"""Coverages of what is no device yet that a run goes on with: as many as `sensor.devices.inventory.NOT_DEVICES`."""


@dataclass(slots=True)
class Coverage:
    """What was seen of one device.

    ``hours`` of listening, without long silences between captures; ``bytes`` of application payload, ``understood``
    those of protocols with a parser; ``logins`` to it; ``served``: flows that it answered; ``outside``: flows beyond
    the local network; ``handshakes`` of TLS and its kin, ``hidden`` those without a visible certificate (TLS 1.3, RFC
    8446 4.4.2); ``boots``: starts without a lease. Payload exchanged with the outside: ``protected`` under TLS 1.2 or
    newer with authenticated encryption, ``unproven`` in channels whose beginning was not seen, ``open_outside`` the
    rest. ``carriers``: flows and logins in which a secret could have crossed.
    """

    hours: float = 0.0
    boots: int = 0
    flows: int = 0
    served: int = 0
    outside: int = 0
    logins: int = 0
    handshakes: int = 0
    hidden: int = 0
    bytes: int = 0
    understood: int = 0
    encrypted: int = 0
    protected: int = 0
    unproven: int = 0
    open_outside: int = 0
    carriers: int = 0
    packets: int = 0
    packets_lost: int = 0
    set_up_seen: bool | None = None
    set_up_sign: str | None = None
    sessions: tuple[str, ...] = ()
    """Kinds of a laboratory's sessions (``--facts``) that were heard from beginning to end."""
    heard: dict[int, int] = field(default_factory=dict, repr=False)
    """Hours of the clock (since 1970) in which a flow of it was open, with its payload bytes; at most `MAX_HOURS`."""
    unread: dict[str, int] = field(default_factory=dict)
    """Payload bytes of flows without a parser, by transport and server port (``tcp/6668``); at most `MAX_UNREAD`."""
    commissioning: Commissioning = field(default_factory=Commissioning, repr=False)
    channels: SeenChannels = field(default_factory=SeenChannels, repr=False)

    @property
    def is_dust(self) -> bool:
        """Whether nothing but one flow speaks for the device."""
        return self.flows < 2 and not (self.logins or self.handshakes or self.boots or self.carriers)

    @property
    def encrypted_share(self) -> float | None:
        """Share of payload bytes that were encrypted; None without any."""
        return round(self.encrypted / self.bytes, 4) if self.bytes else None

    @property
    def understood_share(self) -> float:
        """Share of payload bytes in protocols that have a parser, encrypted ones among them; 0 without any."""
        return self.understood / self.bytes if self.bytes else 0.0

    @property
    def lost_share(self) -> float:
        """Share of packets that the capture is known to lack."""
        return self.packets_lost / (self.packets + self.packets_lost) if self.packets_lost else 0.0

    @property
    def activity(self) -> tuple[int, int] | None:
        """Hours (in use, at rest) by the device's own measure; None with fewer than `HOURS_COMPARED`."""
        if len(self.heard) < HOURS_COMPARED:
            return None
        from statistics import median

        limit = max(ACTIVE_BYTES, ACTIVE_TIMES * median(self.heard.values()))
        busy = sum(1 for amount in self.heard.values() if amount > limit)
        return busy, len(self.heard) - busy

    @property
    def protected_outside(self) -> Message | None:
        """That all which it exchanged with the outside was encrypted well; None elsewhere."""
        if not self.protected or self.open_outside:
            return None
        return Message("protected", {"bytes": self.protected, "unproven": self.unproven or None})

    def add(self, flow: Flow, side: Side, *, outside: bool, modern: bool | None = None) -> EndOfFlows:
        """Count a flow whose ``side`` is this device's; ``outside``: its other end is beyond the local network.

        ``modern``: its handshake chose TLS 1.2 or newer with authenticated encryption; None: none was seen. What
        another flow of its kind adds to.
        """
        made = EndOfFlows(self, flow, side, outside=outside, modern=modern)
        size = sum(flow.payload)
        made.add(flow, size, *flow.by_protection(size)[:2])
        return made

    def add_hours(self, flow: Flow, size: int) -> None:
        """Count each hour from the flow's first to its last: the decoder ends a flow that pauses for an hour."""
        first, last = flow.first_time // HOUR, flow.last_time // HOUR
        if first == last:
            if first in self.heard or len(self.heard) < MAX_HOURS:
                self.heard[first] = self.heard.get(first, 0) + size
            return
        first, last = min(first, last), max(first, last)
        # Fewer packets than hours can only be a clock that jumped.
        whole = last - first < min(sum(flow.packets), MAX_HOURS)
        hours = range(first, last + 1) if whole else sorted({first, last})
        for hour in hours:
            if hour in self.heard or len(self.heard) < MAX_HOURS:
                self.heard[hour] = self.heard.get(hour, 0) + size // len(hours)

    def unread_label(self, flow: Flow) -> str:
        """Under what the bytes of a flow without a parser are counted."""
        port = flow.server.port
        name = "dynamic" if port is not None and port >= FIRST_DYNAMIC else str(port or 0)
        transport: str = flow.transport._value_
        label = f"{transport}/{name}" if flow.transport in (Transport.TCP, Transport.UDP) else transport
        return "other" if label not in self.unread and len(self.unread) >= MAX_UNREAD else label


class EndOfFlows:
    """One end of flows of one kind, a device's: what each of them adds to.

    They are of one kind where ends, server's port, transport, protocol, protection, name and handshake are the same,
    and which ends sent payload.
    """

    __slots__ = ("channel", "coverage", "outside", "outside_bytes", "served", "unread", "with_handshake")

    def __init__(self, coverage: Coverage, flow: Flow, side: Side, *, outside: bool, modern: bool | None) -> None:
        self.coverage = coverage
        self.channel = coverage.channels.of(flow, side, remote=outside)
        """None: there were too many; such flows are counted together."""
        self.outside = outside
        self.served = side is Side.SERVER and all(flow.payload)
        self.with_handshake = modern is not None
        self.outside_bytes: str | None = None
        """The sum of payload exchanged with the outside that these count to."""
        if outside and flow.application not in CARRYING_NO_SECRET:
            unproven = modern is None and flow.protection is Protection.ENCRYPTED
            self.outside_bytes = "protected" if modern else "unproven" if unproven else "open_outside"
        self.unread = coverage.unread_label(flow) if flow.application is None else None

    def add(self, flow: Flow, size: int, clear: int, hidden: int) -> None:
        """Count a flow: its payload bytes, those that could be read, those that were encrypted."""
        coverage, channel = self.coverage, self.channel
        if channel is None:
            coverage.channels.more += 1
        else:
            channel.flows += 1
            channel.bytes += size
            channel.cleartext += clear
            channel.encrypted += hidden
            if flow.first_time < channel.first_time:
                channel.first_time = flow.first_time
            if flow.last_time > channel.last_time:
                channel.last_time = flow.last_time
        if self.outside:
            coverage.outside += 1
            if self.outside_bytes == "open_outside":
                coverage.open_outside += size
            elif self.outside_bytes == "protected":
                coverage.protected += size
            elif self.outside_bytes is not None:
                coverage.unproven += size
        coverage.carriers += self.with_handshake
        coverage.flows += 1
        coverage.served += self.served
        coverage.bytes += size
        first, second = flow.packets
        coverage.packets += first + second
        coverage.packets_lost += flow.lost_pieces
        coverage.encrypted += hidden
        if self.unread is None:
            coverage.understood += size
        elif size:
            coverage.unread[self.unread] = coverage.unread.get(self.unread, 0) + size
        hour, heard = flow.first_time // HOUR, coverage.heard
        if hour in heard and flow.last_time // HOUR == hour:
            heard[hour] += size
        else:
            coverage.add_hours(flow, size)


class KnownEnds:
    """What another flow of one kind adds to, at those of its ends that are devices, and when they were looked up."""

    __slots__ = ("changes", "devices", "ends", "outside")

    def __init__(
        self, devices: tuple[str | None, str | None], outside: tuple[bool, bool], ends: tuple[EndOfFlows, ...]
    ) -> None:
        self.devices, self.outside, self.ends = devices, outside, ends
        self.changes = -1


class CoverageLedger:
    """Coverage by device id.

    ``device_of``: id of the device at an end (None: not local); ``is_outside``: a unicast address beyond the local
    network.
    """

    def __init__(self, device_of: Callable[[Endpoint], str | None], is_outside: Callable[[bytes], bool]) -> None:
        self._device_of = device_of
        self._is_outside = is_outside
        self._devices: dict[str, Coverage] = {}
        self._modern: dict[int, bool] = {}
        """Flow -> whether its handshake chose a modern version and suite."""
        self._swept = 0
        """How often a device's coverage was forgotten or replaced."""

    def of(self, device: str) -> Coverage:
        """The device's coverage so far."""
        found = self._devices.get(device)
        if found is None:
            if len(self._devices) >= MAX_DEVICES:
                self._sweep()
            found = self._devices[device] = Coverage()
        return found

    def go_on(self, device: str, coverage: Coverage) -> None:
        """What an earlier part of the run saw of a device."""
        self._devices[device] = coverage
        self._swept += 1

    def apart_from(self, devices: Container[str]) -> dict[str, Coverage]:
        """Coverage by id of what is none of these devices, the last `MAX_NOT_YET`: one packet more may make it one."""
        return dict([item for item in self._devices.items() if item[0] not in devices][-MAX_NOT_YET:])

    def _sweep(self) -> None:
        """Forget the older half of devices of which one flow was seen and nothing said: forged senders."""
        self._swept += 1
        dust = [name for name, one in self._devices.items() if one.is_dust]
        for name in dust[: max(len(dust) // 2, 1)]:
            del self._devices[name]

    def on_repeat(self, event: Event) -> OnRepeat:
        """Logins, handshakes and starts are counted each time."""
        if isinstance(event, Login):
            return OnRepeat.LATER
        counted = not isinstance(event, Attribute) or event.field in FIELDS
        return OnRepeat.AGAIN if counted else OnRepeat.NOTHING

    def observe(self, observation: Observation) -> None:
        """Count starts, logins and handshakes, and note signs of a set-up."""
        event, flow = observation.event, observation.flow
        if isinstance(event, Attribute):
            if event.field in FIELDS and (device := self._device_of(flow.end(event.side))) is not None:
                coverage = self.of(device)
                coverage.boots += coverage.commissioning.add_attribute(
                    event.field, event.value, observation.time, observation.frames
                )
        elif isinstance(event, Login) and not event.served:
            if (client := self._device_of(flow.end(event.verifier.other))) is not None:
                self.of(client).carriers += 1
            if (device := self._device_of(flow.end(event.verifier))) is not None:
                coverage = self.of(device)
                coverage.logins += 1
                coverage.carriers += 1
                coverage.commissioning.login(event)
        elif isinstance(event, Handshake) and event.kind in ("tls", "dtls", "quic") and event.version is not None:
            if len(self._modern) < MAX_CHANNELS or flow.uid in self._modern:
                self._modern[flow.uid] = event.modern
            for device in {self._device_of(flow.client), self._device_of(flow.server)} - {None}:
                coverage = self.of(device or "")
                coverage.handshakes += 1
                coverage.hidden += not event.certificates

    def with_running(self, flows: Iterable[Flow]) -> CoverageLedger:
        """A ledger as if these flows had ended now; this one stays as it is."""
        other = CoverageLedger(self._device_of, self._is_outside)
        other._devices = {
            device: replace(
                coverage, heard=dict(coverage.heard), unread=dict(coverage.unread), channels=coverage.channels.copy()
            )
            for device, coverage in self._devices.items()
        }
        other._modern = dict(self._modern)
        for flow in flows:
            other.flow_ended(flow)
        return other

    def handshake_of(self, flow: Flow) -> bool | None:
        """Whether the handshake of a flow that is over chose a modern version and suite; None: none was seen. It is
        forgotten with that.
        """
        return self._modern.pop(flow.uid, None)

    def flow_ended(self, flow: Flow) -> None:
        """Count a flow at its local ends, once where both are one device."""
        self.add(flow, self.handshake_of(flow))

    def add(self, flow: Flow, modern: bool | None) -> KnownEnds:
        """Count a flow that is over, with what is known of its handshake. What another of its kind adds to."""
        client, server = self._device_of(flow.client), self._device_of(flow.server)
        to_outside, from_outside = self._is_outside(flow.server.address), self._is_outside(flow.client.address)
        ends = []
        if client is not None:
            ends.append(self.of(client).add(flow, Side.CLIENT, outside=to_outside, modern=modern))
        if server is not None and server != client:
            ends.append(self.of(server).add(flow, Side.SERVER, outside=from_outside, modern=modern))
        return KnownEnds((client, server), (to_outside, from_outside), tuple(ends))

    def add_again(self, known: KnownEnds, changes: int, flow: Flow, size: int, clear: int, hidden: int) -> bool:
        """Count a flow of a kind that was counted before, by its payload; False where its ends are others' now.
        ``changes``: a number that grows whenever they may be.
        """
        changes += self._swept
        if known.changes != changes:
            devices = self._device_of(flow.client), self._device_of(flow.server)
            outside = self._is_outside(flow.server.address), self._is_outside(flow.client.address)
            if devices != known.devices or outside != known.outside or not self._has(known):
                return False
            known.changes = changes
        for end in known.ends:
            end.add(flow, size, clear, hidden)
        return True

    def _has(self, known: KnownEnds) -> bool:
        """Whether the coverage that flows of a kind add to is that of their devices still."""
        theirs = dict.fromkeys(device for device in known.devices if device is not None)
        return all(self._devices.get(device) is end.coverage for device, end in zip(theirs, known.ends, strict=True))
