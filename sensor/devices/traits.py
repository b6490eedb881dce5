"""Events in, traits out: which end of a conversation told what of itself, as (endpoint, field, value)."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

from sensor.devices.identity import told_by
from sensor.events import Access, Attribute, Event, Handshake, Login, Lookup, Transfer
from sensor.model import Endpoint, Flow, Side, Transport

Told = tuple[Endpoint, str, str]

MAX_CERTIFICATE = 16 * 1024
"""Bytes of a certificate that is read for its names; real ones are under 4 KB."""

FIRST_EPHEMERAL = 49_152
"""Ports from here on are given out by the system (RFC 6335 6): which one is open says nothing."""


def traits_of(event: Event, flow: Flow) -> Iterator[Told]:
    """What ``event`` says of the ends of ``flow``. Questions put to everybody (mDNS, LLMNR) tell what one looks for, not what one is: left out."""
    if isinstance(event, Attribute):
        yield flow.end(event.side), event.field, event.value
    elif isinstance(event, Lookup):
        if not event.answered and event.source == "dns" and event.kind != "PTR":
            yield flow.client, "dns.name", event.name.rstrip(".").lower()
    elif isinstance(event, Handshake):
        yield from _of_handshake(event, flow)
    elif isinstance(event, (Access, Login)):
        if event.resource and event.resource.startswith(("http://", "https://")):
            yield flow.client, "http.request", event.resource.partition("://")[2]
    elif isinstance(event, Transfer) and event.side is Side.SERVER and event.application == "http" and event.complete:
        for field, value in told_by(event.data, event.media_type):
            yield flow.server, field, value


def _of_handshake(event: Handshake, flow: Flow) -> Iterator[Told]:
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
        if issuer:
            yield flow.server, "x509.issuer", issuer


@lru_cache(maxsize=256)  # the same few servers answer every device of a home
def certificate_names(der: bytes) -> tuple[str | None, str | None]:
    """Subject and issuer of a DER certificate as RFC 4514 text; None each where it cannot be read."""
    from sensor.certificates import names  # 60 ms: only captures with readable certificates pay

    return names(der)


def served_port(flow: Flow) -> Told | None:
    """The port at which the server answered with something of its own, as ``port.tcp`` or ``port.udp``."""
    port = flow.server.port
    if not port or port >= FIRST_EPHEMERAL or not flow.payload[Side.SERVER]:
        return None
    if flow.transport is Transport.TCP:
        return flow.server, "port.tcp", str(port)
    # A datagram's first sender may as well be the one that serves: believed only for ports of services.
    return (
        (flow.server, "port.udp", str(port)) if flow.transport is Transport.UDP and flow.payload[Side.CLIENT] else None
    )


def called_port(flow: Flow) -> Told | None:
    """The port at which the client calls everybody, as ``group.udp``: the server of ``flow`` is a group or a broadcast address."""
    port = flow.server.port
    if flow.transport is not Transport.UDP or not port or port >= FIRST_EPHEMERAL or not flow.payload[Side.CLIENT]:
        return None
    return flow.client, "group.udp", str(port)
