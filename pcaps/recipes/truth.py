"""Turns what a scenario says it does, next to each act, into expected.json: the truth that no output of LANwitness has
touched.
"""

from __future__ import annotations

import hashlib
import ipaddress
import json
import pathlib
from typing import Any

from .lab import Host
from .standard import decided

LOCAL = tuple(
    ipaddress.ip_network(net)
    for net in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fe80::/10", "fc00::/7", "169.254.0.0/16")
)


def is_local(address: str) -> bool:
    """Whether an address belongs to a home; RFC 5737's documentation networks play the internet."""
    return any(ipaddress.ip_address(address) in net for net in LOCAL)


class Truth:
    """What must be found in a capture, what must not, and which devices are there."""

    def __init__(self) -> None:
        self.devices: list[dict[str, Any]] = []
        self.findings: list[dict[str, Any]] = []
        self.absent: list[str] = []
        self.verdicts: list[dict[str, str]] = []
        self.names: list[str] = []
        self.facts: dict[str, Any] = {}

    def device(
        self, host: Host, *addresses: str, hostname: str | None = None, vendor: str | None = None, **more: Any
    ) -> None:
        """A device, its addresses, and what it surely says of itself."""
        known = {"hostname": hostname, "vendor": vendor, **more}
        self.devices.append(
            {
                "mac": host.mac,
                "addresses": list(addresses) or [host.address],
                **{key: value for key, value in known.items() if value is not None},
            }
        )

    def finding(
        self,
        rule: str,
        client: Host,
        server: Host,
        protocol: str | None,
        *,
        iot: Host | None = None,
        answerable_known: bool = True,
        **detail: Any,
    ) -> None:
        """Something that must be found. `iot` is the end held answerable: by default the server where it is local, else
        the client.

        Without `protocol`, or with `answerable_known` false, the truth leaves open what the protocol is called or which
        end it is.
        """
        answerable = iot or (server if is_local(server.address) else client)
        row = {
            "rule": rule,
            "client": client.address,
            "server": server.address,
            "protocol": protocol,
            "device": answerable.mac,
            "role": "server" if answerable is server else "client",
            "detail": detail,
        }
        if protocol is None:
            del row["protocol"]
        if not answerable_known:
            del row["device"], row["role"]
        if row not in self.findings:
            self.findings.append(row)

    def login(
        self,
        client: Host,
        server: Host,
        protocol: str | None,
        username: str | None,
        secret: str | bytes | None,
        accepted: bool | None,
        *,
        mechanism: str = "password",
        rule: str = "credential.cleartext",
        **detail: Any,
    ) -> None:
        """A login that crossed; its secret is kept as the SHA-256 of the bytes that were typed (none where only a hash
        crossed).
        """
        told = {"mechanism": mechanism, "username": username, "accepted": accepted, **detail}
        if secret is not None:
            told["secret_sha256"] = self.digest(secret)
        self.finding(rule, client, server, protocol, **told)

    @staticmethod
    def digest(secret: str | bytes) -> str:
        """The SHA-256 of the bytes of a secret, in hexadecimal."""
        return hashlib.sha256(secret.encode() if isinstance(secret, str) else secret).hexdigest()

    def never(self, *rules: str) -> None:
        """Rules that no finding of this capture may have."""
        self.absent.extend(rule for rule in rules if rule not in self.absent)

    def verdict(self, host: Host, capability: str, status: str) -> None:
        self.verdicts.append({"device": host.mac, "capability": capability, "status": status})

    def write(self, folder: pathlib.Path) -> None:
        content = {
            "devices": self.devices,
            "findings": self.findings,
            "absent": self.absent,
            "verdicts": self.verdicts,
            "names": self.names,
            "facts": self.facts,
        }
        self.verdicts += [row for row in decided(content) if row not in self.verdicts]
        (folder / "expected.json").write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n")
