"""Ports that a device had opened for itself in the router: ``exposure.opened``.

By UPnP, NAT-PMP or PCP, with the router's positive answer; then it can be reached from the internet. A mapping that one
host asks for another is no claim about the other: only the router's side tells of it (`exposure.unauthenticated`).
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable, Iterator

from sensor.catalogue import Message
from sensor.detectors._detector import Context, Detector, Responsible
from sensor.events import Access, Event
from sensor.lazy_pattern import expression
from sensor.light_dataclass import dataclass
from sensor.model import (
    Capability,
    Endpoint,
    Finding,
    Flow,
    Observation,
    OnRepeat,
    Protection,
    Severity,
    Side,
    Transport,
)
from sensor.parsing.registry import facts

MAPPING = expression(
    r"port mapping (?P<outside>\d{1,5}|\?)/(?P<kind>TCP|UDP) -> "
    r"(?:port (?P<own>\d{1,5})|\[?(?P<address>[0-9a-fA-F.:]{2,45}?)\]?:(?P<inside>\d{1,5}))",
    re.IGNORECASE,
)
"""A mapping as the parsers of SOAP, NAT-PMP and PCP name it."""

OPENING = expression(r"(?:[A-Za-z]{1,10}:)?Add(?:Any)?PortMapping|NAT-PMP map|PCP map")
"""Actions that open a port; others read or delete."""

CLEAR = {
    21: "ftp", 23: "telnet", 2323: "telnet", 80: "http", 81: "http", 88: "http", 8000: "http", 8008: "http",
    8080: "http", 8081: "http", 8888: "http", 9000: "http", 445: "smb", 139: "smb", 502: "modbus", 554: "rtsp",
    8554: "rtsp", 10554: "rtsp", 1883: "mqtt", 5900: "rfb", 5901: "rfb", 5555: "adb", 6379: "redis",
    34567: "dvrip", 5060: "sip", 161: "snmp", 1900: "ssdp", 5683: "coap",
}  # fmt: skip
"""Services without encryption by their registered or customary port (IANA; OWASP, common ports of devices)."""

LOGINS = {22: "ssh", 2222: "ssh", 3389: "rdp"}
"""Services for logging in from afar, by port."""

PROTECTED = {443: "tls", 8443: "tls", 8883: "tls", 5061: "tls", 51820: "wireguard", 1194: "openvpn", 500: "isakmp"}

REMOTE_LOGINS = frozenset({"ssh", "rdp", "nomachine"})
"""Encrypted services that give whoever knows a password the whole machine."""

MAX_MAPPINGS = 1024
"""Mappings of one run; a program that asks every hour asks for the same."""

MAX_SERVICES = 4096
"""Ports of devices whose protocol is remembered."""


@dataclass(slots=True)
class OpenedPort:
    """A mapping that the router granted, first and last seen."""

    observation: Observation
    ends: Responsible
    host: bytes
    kind: str
    inside: int
    outside: int | None
    via: str
    count: int
    last: int


def _opens(event: Access) -> bool:
    return event.granted is True and OPENING.fullmatch(event.action) is not None


class Opened(Detector):
    """``exposure.opened``."""

    EVENTS = (Access,)

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self._opened: dict[tuple[object, ...], OpenedPort] = {}
        self._services: dict[tuple[bytes, int, Transport], tuple[str, bool]] = {}
        """What was seen at a host's port: its protocol, and whether it is encrypted."""

    def on_repeat(self, event: Event) -> OnRepeat:
        """A mapping that was granted counts each time."""
        return OnRepeat.AGAIN if isinstance(event, Access) and _opens(event) else OnRepeat.NOTHING

    def observe(self, observation: Observation) -> Iterable[Finding]:
        """Remember a mapping that was granted."""
        event = observation.event
        if isinstance(event, Access) and _opens(event):
            found = MAPPING.fullmatch(event.resource)
            if found is not None:
                self._note(observation, event.action, found)
        return ()

    def _note(self, observation: Observation, action: str, found: re.Match[str]) -> None:
        flow = observation.flow
        inside = int(found["own"] or found["inside"])
        address = flow.client.address if found["own"] else _address(found["address"])
        device = self.context.device_of(flow.client)
        if device is None or not 0 < inside < 65536:
            return
        # The same device may ask from one of its addresses for another.
        if address != flow.client.address and self.context.device_of(Endpoint(address, None, b"")) != device:
            return
        ends = Responsible(device, self.context.device_of(flow.server), "client", remote=False)
        outside = int(found["outside"]) if found["outside"] != "?" else None
        kind = found["kind"].upper()
        key = (device, kind, inside, outside)
        known = self._opened.get(key)
        if known is not None:
            known.count, known.last = known.count + 1, observation.time
        elif len(self._opened) < MAX_MAPPINGS:
            via = action.split()[0].lower() if " " in action else "upnp"
            opened = OpenedPort(observation, ends, address, kind, inside, outside, via, 1, observation.time)
            self._opened[key] = opened

    def awaits(self, flow: Flow) -> bool:
        """One that a service answered."""
        return flow.application is not None and flow.payload[1] > 0

    def flow_ended(self, flow: Flow) -> Iterable[Finding]:
        """Remember what answers at a port."""
        port, name = flow.server.port, flow.application
        if name and port is not None and flow.payload[Side.SERVER] and len(self._services) < MAX_SERVICES:
            protected = flow.protection is Protection.ENCRYPTED
            self._services.setdefault((flow.server.address, port, flow.transport), (name, protected))
        return ()

    def finish(self) -> Iterator[Finding]:
        """A finding for each port."""
        for key, opened in self._opened.items():
            service, severity = self._graded(opened)
            found = self.finding(
                opened.observation,
                "exposure.opened",
                severity,
                opened.ends,
                capability=Capability.SECURE_COMMUNICATION,
                provisions=("EN 303 645 5.5-7", "EN 303 645 5.6-1"),
                message=Message(
                    "exposure.opened",
                    {
                        "port": str(opened.inside),
                        "service": facts(service).title if service else None,
                        "outside": str(opened.outside) if opened.outside else None,
                    },
                ),
                detail={
                    "service": service or None,
                    "port": opened.inside,
                    "external_port": opened.outside,
                    "transport": opened.kind.lower(),
                    "via": opened.via,
                    "remote": True,
                },
                protocol=opened.observation.protocol,
            )
            found.identity = ("exposure.opened", *key)
            found.count, found.last_time = opened.count, opened.last
            yield found

    def _graded(self, opened: OpenedPort) -> tuple[str, Severity]:
        """The service at the port, by what was seen there, else by the port's number, and how grave it is."""
        transport = Transport.TCP if opened.kind == "TCP" else Transport.UDP
        seen = self._services.get((opened.host, opened.inside, transport))
        if seen is None:
            port = opened.inside
            name = CLEAR.get(port) or LOGINS.get(port) or PROTECTED.get(port) or ""
            seen = name, port not in CLEAR
        name, protected = seen
        if name and not protected:
            return name, Severity.CRITICAL
        if name in REMOTE_LOGINS:
            return name, Severity.HIGH
        # A game or a call: a port of UDP that nothing is known of.
        return name, Severity.MEDIUM if name or transport is Transport.TCP else Severity.LOW


def _address(text: str) -> bytes:
    try:
        return ipaddress.ip_address(text).packed
    except ValueError:
        return b""


DETECTOR = Opened
