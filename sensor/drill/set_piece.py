"""The set-piece of a drill: conversations that exist nowhere else, forged at both ends.

Two locally administered MACs speak to each other alone, under addresses reserved for documentation (RFC 5737, RFC 3849)
and names reserved for examples (RFC 2606): no real host is addressed, and nothing is sent to a group.
"""

from __future__ import annotations

import hashlib
import ipaddress
import secrets
from collections.abc import Callable

from sensor.lazy_pattern import expression
from sensor.light_dataclass import dataclass

MACS = ("02:4c:57:00:00:0a", "02:4c:57:00:00:0b")
"""The two forged stations. The second bit of the first byte makes them locally administered (IEEE 802 8.4)."""

DOCUMENTATION = tuple(
    ipaddress.ip_network(one) for one in ("192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24", "2001:db8::/32")
)

TOKEN = expression(r"[a-z0-9]{4,16}")
"""What names a drill in everything that it sends."""

NAMES = 8
"""DNS names that each station asks for: how many of them are reported shows losses."""

PARTS = ("FTP login", "DNS names", "TLS 1.0 hello", "VLAN")

Step = tuple[int, str, str]
"""A payload: who sends it (0: the client), what it is (a kind of `sensor.drill.frames`), and its text or name."""


@dataclass(frozen=True, slots=True)
class ForgedConversation:
    """A conversation to forge. ``client``: the station (0 or 1) that begins it; ``addresses`` and ``ports`` are the
    client's and the server's; ``name`` is the user or host by which it is known again."""

    part: str
    client: int
    name: str
    transport: str
    addresses: tuple[str, str]
    ports: tuple[int, int]
    steps: tuple[Step, ...]
    vlan: int | None = None


@dataclass(frozen=True, slots=True)
class SetPiece:
    """What is sent, and by which names it is known again. ``vlan``: the VLAN of the tagged part; None: none is sent."""

    token: str
    vlan: int | None
    conversations: tuple[ForgedConversation, ...]


def new_token() -> str:
    """A name for a drill."""
    return secrets.token_hex(4)


def set_piece(token: str, vlan: int | None, password: Callable[[], str] = lambda: secrets.token_urlsafe(9)) -> SetPiece:
    """The set-piece of this name. ``password``: makes the passwords, each used once, of accounts that do not exist."""
    found: list[ForgedConversation] = []
    for client, letter in enumerate("ab"):
        four, six = _addresses(token, client)
        found.append(_login("FTP login", client, f"{letter}-{token}", four, 40001, password()))
        host = f"firmware.{letter}-{token}.example"
        found.append(_tls(client, host, four))
        found += [
            _question(client, f"firmware.{letter}{number}-{token}.example", six, 40100 + number)
            for number in range(1, NAMES + 1)
        ]
        if vlan is not None:
            found.append(_login("VLAN", client, f"{letter}-vlan-{token}", four, 40003, password(), vlan))
    return SetPiece(token, vlan, tuple(found))


def _addresses(token: str, client: int) -> tuple[tuple[str, str], tuple[str, str]]:
    """Addresses of client and server, IPv4 and IPv6: others for each drill, since a sensor folds what repeats."""
    digest = hashlib.sha256(token.encode()).digest()
    network = DOCUMENTATION[digest[0] % 3]
    first = 1 + digest[1] % 127
    four = (str(network[first]), str(network[first + 1 + digest[2] % 126]))
    base = int(DOCUMENTATION[3].network_address) + (int.from_bytes(digest[3:7], "big") << 64)
    six = (str(ipaddress.IPv6Address(base + 10)), str(ipaddress.IPv6Address(base + 11)))
    return (four, six) if client == 0 else (four[::-1], six[::-1])


def _login(
    part: str, client: int, user: str, ends: tuple[str, str], port: int, password: str, vlan: int | None = None
) -> ForgedConversation:
    """RFC 959 5.4: a login that is accepted."""
    steps = (
        (1, "text", "220 LANwitness drill\r\n"),
        (0, "text", f"USER {user}\r\n"),
        (1, "text", "331 Password, please\r\n"),
        (0, "text", f"PASS {password}\r\n"),
        (1, "text", "230 Logged in\r\n"),
        (0, "text", "QUIT\r\n"),
        (1, "text", "221 Bye\r\n"),
    )
    return ForgedConversation(part, client, user, "tcp", ends, (port, 21), steps, vlan)


def _tls(client: int, host: str, ends: tuple[str, str]) -> ForgedConversation:
    steps = ((0, "client_hello", host), (1, "server_hello", ""), (0, "protected", ""), (1, "protected", ""))
    return ForgedConversation("TLS 1.0 hello", client, host, "tcp", ends, (40002, 443), steps)


def _question(client: int, host: str, ends: tuple[str, str], port: int) -> ForgedConversation:
    steps = ((0, "question", host), (1, "answer", host))
    return ForgedConversation("DNS names", client, host, "udp", ends, (port, 53), steps)
