"""A link type's number into its name (https://www.tcpdump.org/linktypes.html, IANA PCAP link types)."""

NAMES = {
    0: "BSD loopback", 1: "Ethernet", 6: "Token Ring", 7: "ARCNET", 8: "SLIP", 9: "PPP", 10: "FDDI", 12: "raw IP", 14: "raw IP",
    50: "PPP (HDLC)", 51: "PPPoE", 100: "LLC/SNAP ATM", 101: "raw IP", 104: "Cisco HDLC", 105: "802.11", 107: "Frame Relay",
    108: "OpenBSD loopback", 109: "IPsec encapsulation", 113: "Linux cooked", 114: "LocalTalk", 117: "pflog", 119: "802.11 with Prism header",
    122: "IP over Fibre Channel", 127: "802.11 with radiotap", 143: "DOCSIS", 149: "user-defined", 163: "802.11 with AVS header",
    165: "BACnet MS/TP", 166: "PPP (pppd)", 177: "Linux LAPD", 187: "Bluetooth HCI H4", 189: "USB (Linux)", 190: "CAN 2.0b",
    192: "PPI", 195: "IEEE 802.15.4", 196: "SITA", 201: "Bluetooth HCI H4 with direction", 204: "PPP with direction", 210: "FlexRay",
    212: "LIN", 215: "IEEE 802.15.4 non-ASK PHY", 220: "USB (Linux, padded)", 224: "Fibre Channel", 225: "Fibre Channel with delimiters",
    226: "Solaris ipnet", 227: "SocketCAN", 228: "raw IPv4", 229: "raw IPv6", 230: "IEEE 802.15.4 without FCS", 231: "D-Bus",
    235: "DVB-CI", 239: "nflog", 240: "netANALYZER", 247: "Infiniband", 248: "SCTP", 249: "USB (Windows)", 251: "Bluetooth LE",
    252: "Wireshark upper PDU", 253: "netlink", 254: "Bluetooth Linux monitor", 256: "Bluetooth LE with header", 258: "PKTAP",
    265: "ISO 14443", 266: "USB (macOS)", 270: "Z-Wave R1/R2", 271: "Z-Wave R3", 272: "WattStopper DLM", 276: "Linux cooked v2",
    283: "IEEE 802.15.4 with TAP header", 288: "USB 2.0", 290: "ETW", 291: "Silicon Labs debug",
}  # fmt: skip


def name(link: int) -> str:
    """For a person: "Ethernet", or "unknown link type 40000" where the number says nothing to us."""
    return NAMES.get(link, f"unknown link type {link}")
