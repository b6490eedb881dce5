#!/usr/bin/env python3
"""The registry of parsers into docs/protocols.md. Run it after a protocol was added; a test holds the page to it."""

from __future__ import annotations

import sys
from pathlib import Path

from sensor.capture import links
from sensor.decode import engine, slow
from sensor.model import Protection
from sensor.parsing.parser import Protocol
from sensor.parsing.registry import _everything

HEAD = """# Protocols

Every row has a parser with tests; what has no row is not read. Made from the parsers' own first lines by `docs/protocols.py`.

*Told by*: **content** — the first bytes name it on any port, the ports in brackets only break ties; **number** — an EtherType or IP protocol
number; **another** — only ever announced or carried by another protocol. *E*: what it carries counts as encrypted.

| protocol | over | told by | what comes of it |
|---|---|---|---|
"""

TAIL = """
## Not read
Told as unknown, never guessed: SMB 1 over NetBIOS datagrams (UDP 138), BACnet, DNP3, EtherNet/IP, S7comm, PROFINET, OPC Classic, Zigbee, Z-Wave, Thread
and Bluetooth captures, GTP's control messages but for logins, DNS over HTTPS and QUIC payloads (encrypted), HTTP/2 inside TLS (encrypted), EIGRP and BGP secrets.

Logins that are not read: Hikvision's SDK (8000), whose form is not published and whose name and password are hidden by RSA; Apple's Diffie-Hellman login of VNC (ARD),
whose key only an active attacker learns; Kerberos tickets inside SMB and LDAP (their key is the service's, not the user's password); Subsonic's salted token.
"""


def rows() -> list[str]:
    """One line of the table for each protocol; both forms of one name share it."""
    found: dict[str, list[Protocol]] = {}
    for protocol in _everything():
        found.setdefault(protocol.name, []).append(protocol)
    lines = []
    for name, forms in found.items():
        over = " ".join(sorted({transport.value for form in forms for transport in form.transports})) or "inside"
        first = forms[0]
        if first.recognise is not None:
            ports = ", ".join(str(port) for port in sorted(first.ports)[:6])
            told = f"content ({ports})" if ports else "content"
        else:
            told = "number" if first.ethertypes or first.ip_protocols else "another"
        secret = " *E*" if first.protection is Protection.ENCRYPTED else ""
        module = sys.modules[first.parser.__module__]  # type: ignore[attr-defined]
        what = (module.__doc__ or "").strip().splitlines()[0].replace("|", "\\|").replace("``", "`")
        lines.append(f"| {name} | {over} | {told}{secret} | {what} |")
    return lines


# What the pass itself reads; slow.py has the rest.
LINKS = (0, 1, 12, 14, 101, 108, 113, 228, 229, 276)

WRAPPINGS = """
## Link types, ethertypes and IP protocols

*Read*: what is inside is read. *Named*: it is counted by its name in `undecoded` where it is met. Any other number is counted as a number.

| where | number | what | |
|---|---|---|---|
"""


def wrappings() -> list[str]:
    """One line of the second table for each number that the decoder knows."""
    lines = []
    for number in sorted({*links.NAMES, *slow.LINKS, *LINKS}):
        done = "read" if number in LINKS or number in slow.LINKS else "named"
        lines.append(f"| link type | {number} | {links.name(number)} | {done} |")
    for where, form, readers, names in (
        ("ethertype", "0x{:04x}", slow.ETHERTYPES, {**engine._ETHERTYPE_NAMES, **ETHERTYPES}),
        ("IP protocol", "{}", slow.PROTOCOLS, {**engine._PROTOCOL_NAMES, **IP_PROTOCOLS}),
    ):
        for number in sorted({*readers, *names}):
            if number < FIRST_ETHERTYPE and where == "ethertype":
                continue
            done = "read" if number in readers or (number in IP_PASS and where == "IP protocol") else "named"
            lines.append(f"| {where} | {form.format(number)} | {names[number]} | {done} |")
    for number in sorted(UDP_PORTS):
        done = "named" if number in NAMED_PORTS else "read"
        lines.append(f"| UDP port | {number} | {UDP_PORTS[number]} | {done} |")
    return lines


ETHERTYPES = {
    0x22F3: "TRILL", 0x6558: "transparent Ethernet bridging", 0x8847: "MPLS", 0x8848: "MPLS, multicast",
    0x8864: "PPPoE session",
    0x88E5: "MACsec, where it is not encrypted", 0x88E7: "provider backbone bridge", 0x8903: "FabricPath",
    0x8909: "Cisco meta data", 0x8926: "VN-Tag",
    0x8899: "Realtek's switch tag", 0xDADB: "VLAN tag of a switch's conduit port", 0xE001: "Renesas' switch tag",
    0x892F: "HSR", 0x894F: "NSH",
    0x9200: "VLAN tag", 0x9300: "VLAN tag", 0xDADA: "Marvell's switch tag", 0xF1C1: "R-Tag",
}  # fmt: skip
IP_PROTOCOLS = {
    51: "IPsec AH, readable", 4: "IP in IP", 41: "IPv6 in IP", 47: "GRE", 94: "IP in IP, KA9Q", 97: "EtherIP", 137: "MPLS in IP",
    143: "Ethernet in IP",
}  # fmt: skip

IP_PASS = (51,)
"""IP protocols that the pass itself looks into."""
FIRST_ETHERTYPE = 0x0600
"""Lower numbers are the decoder's own marks."""

NAMED_PORTS = (4729, 5246, 6343)
UDP_PORTS = {
    1701: "L2TP", 2152: "GTP-U", 3544: "Teredo", 4341: "LISP", 4729: "GSMTAP", 4754: "GRE in UDP", 4789: "VXLAN, also with a group policy",
    4790: "VXLAN-GPE", 5072: "AYIYA", 5246: "CAPWAP control", 5247: "CAPWAP data, where DTLS does not encrypt it",
    6080: "GUE", 6081: "Geneve", 6343: "sFlow", 6635: "MPLS in UDP", 7932: "HP's remote mirroring", 8472: "VXLAN", 37008: "TZSP",
}  # fmt: skip


def page() -> str:
    """The whole page."""
    return HEAD + "\n".join(rows()) + "\n" + WRAPPINGS + "\n".join(wrappings()) + "\n" + TAIL


if __name__ == "__main__":
    Path(__file__).with_suffix(".md").write_text(page(), "utf-8")
