"""What was done in a recording into the verdicts that the standard's text decides by itself: reasoned from the
provisions, never from output of LANwitness.

Only what follows from acts is said; where the text leaves room (which data need protection, who chose a password)
nothing is.
"""

from __future__ import annotations

import hashlib
import ipaddress
from collections.abc import Mapping
from typing import Any

BLANK = hashlib.sha256(b"").hexdigest()
PUBLIC = frozenset({"anonymous", "ftp", "guest"})
"""Names that ask for public access, with which nobody authenticates (RFC 1635)."""

AUTHENTICATES = frozenset({"password", "token", "community"})
"""What a user proves to be somebody with. A cookie stands for a login that happened before, a key is for something
else.
"""

WORSE = ("violated", "concern")

NOT_JUDGED = ("3c:a6:2f:", "b8:27:eb:4e:51:0a")
"""Beginnings of MACs that get no verdict: the routers of these homes, and the computer on which somebody runs a broker
(recording ``mqtt``).
"""


def decided(truth: Mapping[str, Any], home: tuple[Any, ...]) -> list[dict[str, str]]:
    """Rows ``device``, ``capability``, ``status``. ``home``: the networks of the home."""
    found: dict[tuple[str, str], str] = {}
    left_open: set[tuple[str, str]] = set()

    def say(device: str, capability: str, status: str) -> None:
        before = found.get((device, capability))
        if before is None or WORSE.index(status) < WORSE.index(before):
            found[device, capability] = status

    for row in truth["findings"]:
        detail, device = row["detail"], row.get("device")
        if device is None or device.startswith(NOT_JUDGED):
            continue
        if row["rule"] == "credential.cleartext" and row["role"] == "server" and _secret(detail):
            if "accepted" not in detail:
                # The recording does not tell, so neither does this page: it may be proof.
                left_open.add((device, "no_default_passwords"))
            elif detail.get("mechanism") in AUTHENTICATES:
                # 5.1-3: authentication shall use best-practice cryptography, whoever chose the secret. Without the
                # device's own word that it let somebody in with it, what crossed may be no login to it at all.
                say(device, "no_default_passwords", "violated" if detail.get("accepted") is True else "concern")
            # 5.5-7: critical security parameters stay confidential over interfaces that can be reached from outside.
            # Whether this one can is no act.
            if _at_home(row["client"], home):
                say(device, "secure_communication", "concern")
        elif row["rule"] == "update.cleartext":
            # 5.3-7, 5.3-10: an image in the clear may be signed and checked on the device.
            say(device, "software_updates", "concern")
    return [
        {"device": device, "capability": capability, "status": status}
        for (device, capability), status in sorted(found.items())
        if status == "violated" or (device, capability) not in left_open
    ]


def _secret(detail: Mapping[str, Any]) -> bool:
    return detail.get("secret_sha256") not in (None, BLANK) and str(detail.get("username")).lower() not in PUBLIC


def _at_home(address: str, home: tuple[Any, ...]) -> bool:
    try:
        return any(ipaddress.ip_address(address) in net for net in home)
    except ValueError:
        return False
