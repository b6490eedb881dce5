"""A program of its own that builds a drill's frames with scapy, or sends them.

scapy is GPL-2.0-only: nothing imports this module (`python -m sensor.drill.frames`). ``build`` reads conversations as
JSON from standard input and writes a line of JSON for each frame: its bytes in hex, and a summary. ``send INTERFACE``
reads frames in hex, a line each, and sends just these bytes.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

Packet = tuple[int, Any, str]
"""Who sends it (0: the client), from the IP header on, and what it carries in words."""

PAUSE = 0.005
"""Seconds between two frames: a mirror port and a sensor at rest have no reason to lose one."""


def build(conversations: Sequence[Mapping[str, Any]], macs: Sequence[str]) -> Iterator[dict[str, str]]:
    """The frames of all conversations, one after the other."""
    for conversation in conversations:
        packets = _tcp if conversation["transport"] == "tcp" else _udp
        for side, packet, content in packets(conversation):
            frame = _ethernet(conversation, macs, side) / packet
            yield {"frame": bytes(frame).hex(), "summary": frame.summary() + (f": {content}" if content else "")}


def _ethernet(conversation: Mapping[str, Any], macs: Sequence[str], side: int) -> Any:
    from scapy.layers.l2 import Dot1Q, Ether

    station = conversation["client"] ^ side
    head = Ether(src=macs[station], dst=macs[1 - station])
    return head / Dot1Q(vlan=conversation["vlan"]) if conversation["vlan"] is not None else head


def _ip(conversation: Mapping[str, Any], side: int) -> Any:
    from scapy.layers.inet import IP
    from scapy.layers.inet6 import IPv6

    source, destination = conversation["addresses"][side], conversation["addresses"][1 - side]
    head: Any = IPv6 if ":" in source else IP
    return head(src=source, dst=destination)


def _tcp(conversation: Mapping[str, Any]) -> Iterator[Packet]:
    """A whole connection; each payload is acknowledged before the next is sent."""
    from scapy.layers.inet import TCP
    from scapy.packet import Raw

    ports, numbers = conversation["ports"], [1000, 5000]

    def segment(side: int, flags: str, data: bytes = b"", content: str = "") -> Packet:
        ack = 0 if flags == "S" else numbers[1 - side]
        head = TCP(sport=ports[side], dport=ports[1 - side], seq=numbers[side], ack=ack, flags=flags)
        numbers[side] += len(data) + ("S" in flags or "F" in flags)
        return side, _ip(conversation, side) / (head / Raw(data) if data else head), content

    yield segment(0, "S")
    yield segment(1, "SA")
    yield segment(0, "A")
    for side, kind, text in conversation["steps"]:
        yield segment(side, "PA", PAYLOADS[kind](text), f"{kind} {text}".rstrip())
        yield segment(1 - side, "A")
    yield segment(0, "FA")
    yield segment(1, "FA")
    yield segment(0, "A")
    # A new connection of the same ports, refused: a sensor that heard one side alone knows by it that the old one is
    # over, and need not wait until it has been idle for an hour.
    numbers[0] += 1_000_000
    yield segment(0, "S")
    yield segment(1, "RA")


def _udp(conversation: Mapping[str, Any]) -> Iterator[Packet]:
    from scapy.layers.inet import UDP
    from scapy.packet import Raw

    ports = conversation["ports"]
    for side, kind, text in conversation["steps"]:
        head = _ip(conversation, side) / UDP(sport=ports[side], dport=ports[1 - side])
        yield side, head / Raw(PAYLOADS[kind](text)), f"{kind} {text}"


def _client_hello(name: str) -> bytes:
    """RFC 2246 7.4.1.2, with the name (RFC 6066 3)."""
    from scapy.layers.tls.extensions import ServerName, TLS_Ext_ServerName
    from scapy.layers.tls.handshake import TLSClientHello
    from scapy.layers.tls.record import TLS

    names = TLS_Ext_ServerName(servernames=[ServerName(servername=name.encode())])
    return bytes(TLS(version=0x0301, msg=[TLSClientHello(version=0x0301, ciphers=[0x0035, 0x002F], ext=[names])]))


def _server_hello(_name: str) -> bytes:
    from scapy.layers.tls.handshake import TLSServerHello
    from scapy.layers.tls.record import TLS

    return bytes(TLS(version=0x0301, msg=[TLSServerHello(version=0x0301, cipher=0x0035)]))


def _protected(_name: str) -> bytes:
    """What ends a handshake and begins to protect (RFC 2246 7.1): a sensor then knows all that it will."""
    parts = ((20, b"\1"), (22, bytes(range(48))), (23, bytes(range(100, 164))))
    return b"".join(bytes((kind, 3, 1)) + len(data).to_bytes(2, "big") + data for kind, data in parts)


def _question(name: str) -> bytes:
    from scapy.layers.dns import DNS, DNSQR

    return bytes(DNS(id=_number(name), rd=1, qd=DNSQR(qname=name)))


def _answer(name: str) -> bytes:
    from scapy.layers.dns import DNS, DNSQR, DNSRR

    answer = DNSRR(rrname=name, ttl=1, rdata="192.0.2.1")
    return bytes(DNS(id=_number(name), qr=1, rd=1, ra=1, qd=DNSQR(qname=name), an=answer))


def _number(name: str) -> int:
    return sum(name.encode()) & 0xFFFF


PAYLOADS: Mapping[str, Callable[[str], bytes]] = {
    "text": lambda text: text.encode(),
    "client_hello": _client_hello,
    "server_hello": _server_hello,
    "protected": _protected,
    "question": _question,
    "answer": _answer,
}


def send(interface: str, frames: Sequence[bytes]) -> None:
    """Send just these bytes. Raises OSError."""
    from scapy.arch.linux import L2Socket
    from scapy.packet import Raw

    opened = L2Socket(iface=interface)
    try:
        for frame in frames:
            opened.send(Raw(frame))
            time.sleep(PAUSE)
    finally:
        opened.close()


def main(arguments: list[str]) -> int:
    """The program; what goes wrong is a line on standard error."""
    try:
        if arguments == ["build"]:
            given = json.load(sys.stdin)
            for line in build(given["conversations"], given["macs"]):
                sys.stdout.write(json.dumps(line) + "\n")
        else:
            send(arguments[1], [bytes.fromhex(line) for line in sys.stdin.read().split()])
    except ImportError:
        sys.stderr.write("scapy is not installed (pip install 'lanwitness[lab]')\n")
        return 2
    except (OSError, ValueError) as error:  # ValueError: scapy knows no such interface
        sys.stderr.write(f"{error}\n")
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
