"""Names of protocols, as records have them, into the names people know from settings pages and boxes."""

from __future__ import annotations

SPOKEN = {
    "arp_impossible_claim": "ARP", "coap": "CoAP", "cql": "Cassandra", "cvspserver": "CVS", "jsonrpc": "JSON-RPC",
    "dcerpc": "Windows RPC", "edimax": "Edimax's own protocol", "eapol": "the Wi-Fi handshake",
    "ftp-data": "FTP", "gadu-gadu": "Gadu-Gadu", "gnutella": "Gnutella", "http2": "HTTP/2", "isakmp": "IKE", "iscsi": "iSCSI", "isis": "IS-IS",
    "kerberos": "Kerberos", "managesieve": "ManageSieve", "mdns": "mDNS", "memcached": "memcached", "miio": "Xiaomi's miIO protocol",
    "modbus": "Modbus", "mongodb": "MongoDB", "mysql": "MySQL", "nbns": "NetBIOS", "nomachine": "NoMachine", "ntlmssp": "NTLM",
    "opcua": "OPC UA", "openvpn": "OpenVPN", "postgresql": "PostgreSQL", "redis": "Redis", "rexec": "rexec", "rfb": "VNC", "rlogin": "rlogin",
    "rsh": "rsh", "rsync": "rsync", "smb2": "SMB", "smb3": "SMB", "soap": "SOAP", "syslog": "syslog", "tacacs": "TACACS+", "tds": "Microsoft SQL Server",
    "telnet": "Telnet", "tls-null": "TLS without encryption", "tns": "Oracle", "tplink-smarthome": "TP-Link's own protocol", "tuya": "Tuya's own protocol",
    "unknown": "an unknown protocol", "upnp": "UPnP", "websocket": "WebSocket", "websocket-mqtt": "MQTT", "wireguard": "WireGuard", "wsd": "WS-Discovery",
}  # fmt: skip
"""Those that are not simply written in capitals."""


def protocol_title(protocol: str) -> str:
    """``mqtt`` -> ``MQTT``, ``rfb`` -> ``VNC``: for sentences only, records keep the registered name."""
    return SPOKEN.get(protocol, protocol.upper())
