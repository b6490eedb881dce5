"""Turns a recording into one whose frames are tagged or tunnelled: `wrap IN OUT`; by server port, see `WRAPS` (crafted
with scapy).
"""

import sys

from scapy.all import GRE, IP, PPP, TCP, UDP, VXLAN, Dot1AD, Dot1Q, Ether, PPPoE, rdpcap, wrpcap
from scapy.packet import Packet


def tagged(frame: Packet) -> Packet:
    """802.1Q, VLAN 20."""
    return Ether(src=frame.src, dst=frame.dst) / Dot1Q(vlan=20, type=frame.type) / frame.payload


def twice(frame: Packet) -> Packet:
    """802.1ad: service tag 300 (0x88a8) around customer tag 20."""
    return Ether(src=frame.src, dst=frame.dst) / Dot1AD(vlan=300) / Dot1Q(vlan=20, type=frame.type) / frame.payload


def gre(frame: Packet) -> Packet:
    """GRE (RFC 2784) between the same two MACs, outer addresses 10.9.0.x."""
    outer = {"src": "10.9.0." + frame[IP].src.rsplit(".", 1)[1], "dst": "10.9.0." + frame[IP].dst.rsplit(".", 1)[1]}
    return Ether(src=frame.src, dst=frame.dst) / IP(ttl=64, **outer) / GRE(proto=0x0800) / frame[IP]


def vxlan(frame: Packet) -> Packet:
    """VXLAN (RFC 7348), network 77, the whole frame inside."""
    outer = {"src": "10.9.0." + frame[IP].src.rsplit(".", 1)[1], "dst": "10.9.0." + frame[IP].dst.rsplit(".", 1)[1]}
    return (
        Ether(src=frame.src, dst=frame.dst)
        / IP(ttl=64, **outer)
        / UDP(sport=49876, dport=4789, chksum=0)
        / VXLAN(vni=77, flags="Instance")
        / frame
    )


def pppoe(frame: Packet) -> Packet:
    """PPPoE session 0x1234 (RFC 2516), PPP protocol IPv4."""
    return (
        Ether(src=frame.src, dst=frame.dst, type=0x8864)
        / PPPoE(code=0, sessionid=0x1234)
        / PPP(proto=0x0021)
        / frame[IP]
    )


WRAPS = {21: tagged, 1883: twice, 80: gre, 6379: vxlan, 110: pppoe}


def main() -> None:
    """Frames of other ports (ARP, neighbour discovery) stay as they are; times are kept."""
    out = []
    for frame in rdpcap(sys.argv[1]):
        wrap = (
            next((WRAPS[port] for port in (frame[TCP].sport, frame[TCP].dport) if port in WRAPS), None)
            if TCP in frame
            else None
        )
        new = wrap(frame) if wrap else frame
        new.time = frame.time
        out.append(new)
    wrpcap(sys.argv[2], out)


main()
