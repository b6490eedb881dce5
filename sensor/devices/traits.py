"""Traits: what the events of a conversation say of its ends, as (endpoint, field, value)."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

from sensor.events import Access, Attribute, Event, Handshake, Login, Lookup, Transfer
from sensor.lazy_pattern import expression
from sensor.model import Endpoint, Flow, Side, Transport
from sensor.parsing.formats.json import document

EndTrait = tuple[Endpoint, str, str]

MAX_CERTIFICATE = 16 * 1024
"""Bytes of a certificate that is read for its names; real ones are under 4 KB."""

FIRST_EPHEMERAL = 49_152
"""Ports from here on are ephemeral (RFC 6335 6): which one is open says nothing."""

FIXED = frozenset({54_321, 55_443, 55_444, 56_700, 62_910})
"""Ports among them that products always use: miIO, Yeelight, Amazon, LIFX, MAX! (docs/classification.md)."""

EVERYBODYS = frozenset(
    {25, 53, 80, 110, 123, 143, 443, 465, 587, 853, 993, 995, 1883, 3478, 5222, 5223, 5228, 8080, 8443, 8883}
)
"""Ports of servers that many kinds of device speak to."""

MAX_OBJECT = 64 * 1024
"""Bytes of an object that are parsed: states of real hubs are smaller."""

MAX_TEXT = 120
"""Characters of a value that may be a name."""

KEYS = {
    "model": "device.model", "modelid": "device.model", "model_id": "device.model", "modelname": "device.model",
    "model_name": "device.model", "modelnumber": "device.model", "devicemodel": "device.model",
    "device_model": "device.model", "productname": "device.model", "product_name": "device.model",
    "product": "device.model", "modeldescription": "device.description", "devname": "device.name",
    "devicename": "device.name", "device_name": "device.name", "friendlyname": "device.name",
    "friendly_name": "device.name", "name": "device.name", "manufacturer": "device.maker",
    "manufacturername": "device.maker", "vendor": "device.maker", "vendorname": "device.maker",
    "brand": "device.maker", "firmware": "device.firmware", "firmwareversion": "device.firmware",
    "firmware_version": "device.firmware", "fwversion": "device.firmware", "fw_ver": "device.firmware",
    "fw": "device.firmware", "swversion": "device.firmware", "sw_ver": "device.firmware",
    "softwareversion": "device.firmware", "devicetype": "device.type", "device_type": "device.type",
    "type": "device.type",
}  # fmt: skip
"""Key in lower case -> field; the keys are those of published status interfaces."""

INNER = ("config", "device", "deviceinfo", "device_info", "info", "system", "sysinfo", "setup")
"""Objects in which a device's own identity stands."""

_COMMON_NAME = expression(r"(?:^|,)CN=(?:\*\.)?([A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63}){1,8})(?:,|$)")

_XML = expression(rb"<(?:\w{1,16}:)?(\w{4,20})>([^<>]{1,120})</")


def traits_of(event: Event, flow: Flow) -> Iterator[EndTrait]:
    """What ``event`` says of the ends of ``flow``.

    Questions to a group (mDNS, LLMNR) are left out: they show what the client looks for, not what it is.
    """
    if isinstance(event, Attribute):
        yield flow.end(event.side), event.field, event.value
    elif isinstance(event, Lookup):
        name = queried_name(event)
        if name is not None:
            yield flow.client, "dns.name", name
    elif isinstance(event, Handshake):
        yield from _of_handshake(event, flow)
    elif isinstance(event, (Access, Login)):
        if event.resource and event.resource.startswith(("http://", "https://")):
            yield flow.client, "http.request", event.resource.partition("://")[2]
    elif isinstance(event, Transfer) and event.side is Side.SERVER and event.application == "http" and event.complete:
        for field, value in identity_of(event.data, event.media_type):
            yield flow.server, field, value


def queried_name(event: Lookup) -> str | None:
    """The name that a client asks its resolver for, if it does."""
    if event.answered or event.source != "dns" or event.kind == "PTR":
        return None
    return event.name.rstrip(".").lower()


def _of_handshake(event: Handshake, flow: Flow) -> Iterator[EndTrait]:
    if event.server_name and event.kind in ("tls", "quic", "dtls"):
        yield flow.client, "tls.server_name", event.server_name.rstrip(".").lower()
    for name, value in (("tls.ja4", event.ja4), ("tls.ja3", event.ja3)):
        if value:
            yield flow.client, name, value
    if event.certificates and len(event.certificates[0]) <= MAX_CERTIFICATE:
        subject, issuer = certificate_names(event.certificates[0])
        if subject:
            yield flow.server, "x509.subject", subject
            yield flow.client, "tls.peer_subject", subject
            if not event.server_name and (server := _server_of(subject)):
                yield flow.client, "tls.peer_name", server
        if issuer:
            yield flow.server, "x509.issuer", issuer


def _server_of(subject: str) -> str | None:
    """The server that a certificate's subject names as its common name; None where that is no domain name."""
    found = _COMMON_NAME.search(subject)
    return found[1].lower() if found else None


@lru_cache(maxsize=256)  # the same few servers answer every device of a home
def certificate_names(der: bytes) -> tuple[str | None, str | None]:
    """Subject and issuer of a DER certificate as RFC 4514 text; None each where it cannot be read."""
    from sensor.certificates import names  # 60 ms: only captures with readable certificates pay

    return names(der)


def served_port(flow: Flow) -> EndTrait | None:
    """The port from which the server sent payload, as ``port.tcp`` or ``port.udp``."""
    port = flow.server.port
    if not port or _random(port) or not flow.payload[Side.SERVER]:
        return None
    if flow.transport is Transport.TCP:
        return flow.server, "port.tcp", str(port)
    # The first sender of a datagram may be the server as well: a UDP port counts only where both ends sent payload.
    return (
        (flow.server, "port.udp", str(port)) if flow.transport is Transport.UDP and flow.payload[Side.CLIENT] else None
    )


def _random(port: int) -> bool:
    return port >= FIRST_EPHEMERAL and port not in FIXED


def called_port(flow: Flow) -> EndTrait | None:
    """The port to which the client sends datagrams for a group, as ``group.udp``.

    The server of ``flow`` is a group or a broadcast address.
    """
    port = flow.server.port
    if flow.transport is not Transport.UDP or not port or _random(port) or not flow.payload[Side.CLIENT]:
        return None
    return flow.client, "group.udp", str(port)


def cloud_port(flow: Flow) -> EndTrait | None:
    """The port of a server outside to which the client speaks, as ``cloud.tcp`` or ``cloud.udp``, where it is telling.

    Where a capture begins after names were asked for and handshakes done, ports are what is left.
    """
    port = flow.server.port
    if not port or port in EVERYBODYS or not (flow.payload[Side.CLIENT] and flow.payload[Side.SERVER]):
        return None
    field = {Transport.TCP: "cloud.tcp", Transport.UDP: "cloud.udp"}.get(flow.transport)
    return (flow.client, field, str(port)) if field else None


def identity_of(data: bytes, media_type: str | None) -> Iterator[tuple[str, str]]:
    """What an object served by a device says of the device itself, as (field, value); nothing if neither JSON nor XML.

    Only top-level keys of JSON (and of one ``config``-like object inside it) and a handful of XML elements count.
    Deeper ones are about others, such as the lamps behind a bridge.
    """
    start = data[:64].lstrip()
    if start.startswith(b"{"):
        yield from _of_json(data[:MAX_OBJECT])
    elif start.startswith(b"<") and b"html" not in data[:256].lower() and "html" not in (media_type or ""):
        yield from _of_xml(data[:MAX_OBJECT])


def _of_json(data: bytes) -> Iterator[tuple[str, str]]:
    found = document(data)
    if not isinstance(found, dict):
        return
    objects = [found, *(value for key, value in found.items() if isinstance(value, dict) and key.lower() in INNER)]
    for thing in objects:
        for key, value in thing.items():
            if isinstance(value, str) and 0 < len(value) <= MAX_TEXT and (field := KEYS.get(key.lower())):
                yield field, value


def _of_xml(data: bytes) -> Iterator[tuple[str, str]]:
    seen: set[str] = set()
    for name, value in _XML.findall(data):
        field = KEYS.get(name.decode("ascii", "ignore").lower())
        # The first of its kind: later ones describe services, icons or embedded parts.
        if field and field not in seen:
            seen.add(field)
            yield field, value.decode("utf-8", "backslashreplace").strip()
