"""Frames in the tunnels that mirrors send them in: VXLAN, TZSP, ERSPAN, GRE, each from one sender to one collector."""

from __future__ import annotations

import struct
from collections.abc import Callable

from tests.decode.wire import ethernet, ip4, udp

SWITCH, COLLECTOR = bytes.fromhex("00005e0053a1"), bytes.fromhex("00005e0053a2")
"""Documentation addresses (RFC 7042, 2.1.1): the tunnel's ends."""
AT = ("10.255.53.1", "10.255.53.2")


def vxlan(frame: bytes) -> tuple[int, bytes]:
    """RFC 7348, 5: the I flag, network 7."""
    return 17, udp(b"\x08\0\0\0\0\0\x07\0" + frame, 50_000, 4789)


def tzsp(frame: bytes) -> tuple[int, bytes]:
    """Version 1, a received packet, Ethernet, the tag that ends the tags."""
    return 17, udp(b"\x01\0\0\x01\x01" + frame, 50_000, 37_008)


def erspan(frame: bytes) -> tuple[int, bytes]:
    """Type II: GRE with a sequence number, version 1, session 5 (draft-foschiano-erspan, 4.2)."""
    return 47, struct.pack("!HHI", 0x1000, 0x88BE, 1) + struct.pack("!HHI", 0x1001, 5, 0) + frame


def gre(frame: bytes) -> tuple[int, bytes]:
    """Transparent Ethernet bridging (RFC 1701)."""
    return 47, struct.pack("!HH", 0, 0x6558) + frame


TUNNELS: dict[str, Callable[[bytes], tuple[int, bytes]]] = {"VXLAN": vxlan, "TZSP": tzsp, "ERSPAN": erspan, "GRE": gre}


def tunnelled(name: str, frame: bytes, *, source: bytes = SWITCH, at: tuple[str, str] = AT) -> bytes:
    """The frame as the mirror sends it."""
    protocol, payload = TUNNELS[name](frame)
    return ethernet(ip4(payload, protocol, *at), source=source, target=COLLECTOR)
