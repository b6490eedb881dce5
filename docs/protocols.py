#!/usr/bin/env python3
"""The registry of parsers into docs/protocols.md. Run it after a protocol was added; a test holds the page to it."""

from __future__ import annotations

import sys
from pathlib import Path

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
and Bluetooth captures, CAPWAP, GTP's control messages, DNS over HTTPS and QUIC payloads (encrypted), HTTP/2 inside TLS (encrypted), EIGRP and BGP secrets.
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


def page() -> str:
    """The whole page."""
    return HEAD + "\n".join(rows()) + "\n" + TAIL


if __name__ == "__main__":
    Path(__file__).with_suffix(".md").write_text(page(), "utf-8")
