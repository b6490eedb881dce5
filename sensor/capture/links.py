"""A link type's number into its name (https://www.tcpdump.org/linktypes.html, IANA PCAP link types)."""

NAMES = {
    0: "BSD loopback", 1: "Ethernet", 6: "Token Ring", 7: "ARCNET", 8: "SLIP", 9: "PPP", 10: "FDDI", 12: "raw IP",
    14: "raw IP",
    50: "PPP (HDLC)", 51: "PPPoE", 100: "LLC/SNAP ATM", 101: "raw IP", 104: "Cisco HDLC", 105: "802.11",
    107: "Frame Relay",
    108: "OpenBSD loopback", 109: "IPsec encapsulation", 113: "Linux cooked", 114: "LocalTalk", 117: "pflog",
    119: "802.11 with Prism header",
    122: "IP over Fibre Channel", 123: "SunATM", 138: "IP over FireWire", 127: "802.11 with radiotap", 143: "DOCSIS",
    149: "user-defined", 163: "802.11 with AVS header",
    165: "BACnet MS/TP", 166: "PPP (pppd)", 177: "Linux LAPD", 187: "Bluetooth HCI H4", 189: "USB (Linux)",
    190: "CAN 2.0b",
    192: "PPI", 195: "IEEE 802.15.4", 196: "SITA", 197: "ERF", 219: "MPLS",
    205: "Cisco HDLC with direction", 206: "Frame Relay with direction", 201: "Bluetooth HCI H4 with direction",
    204: "PPP with direction", 210: "FlexRay",
    212: "LIN", 215: "IEEE 802.15.4 non-ASK PHY", 220: "USB (Linux, padded)", 224: "Fibre Channel",
    225: "Fibre Channel with delimiters",
    226: "Solaris ipnet", 227: "SocketCAN", 228: "raw IPv4", 229: "raw IPv6", 230: "IEEE 802.15.4 without FCS",
    231: "D-Bus",
    235: "DVB-CI", 239: "nflog", 240: "netANALYZER", 241: "netANALYZER with preamble",
    242: "IP over Infiniband", 247: "Infiniband", 248: "SCTP", 249: "USB (Windows)", 251: "Bluetooth LE",
    252: "Wireshark upper PDU", 253: "netlink", 254: "Bluetooth Linux monitor", 256: "Bluetooth LE with header",
    258: "PKTAP",
    259: "EPON", 274: "Ethernet mPackets", 281: "Ethernet with Broadcom's tag", 282: "Broadcom's tag, Ethernet",
    284: "Ethernet with Marvell's tag",
    285: "Ethernet with Marvell's tag and ethertype", 129: "ARCNET (Linux)", 182: "Frame Relay, multilink",
    178: "Juniper Ethernet", 280: "VPP", 271: "vsock",
    264: "ISO 14443", 266: "USB (macOS)", 261: "Z-Wave R1/R2", 262: "Z-Wave R3", 263: "WattStopper DLM",
    272: "Bluetooth LE (Nordic)", 276: "Linux cooked v2",
    283: "IEEE 802.15.4 with TAP header", 288: "USB 2.0", 290: "ETW", 291: "Silicon Labs debug",
}  # fmt: skip


def name(link: int) -> str:
    """For a person: "Ethernet", or "unknown link type 40000" where the number says nothing to us."""
    return NAMES.get(link, f"unknown link type {link}")
