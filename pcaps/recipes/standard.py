"""What was done in a recording into the verdicts that the standard's text decides by itself: reasoned from the
provisions, never from output of LANwitness.

Only what follows from acts is said; where the text leaves room (which data need protection, who chose a password)
nothing is.
"""

from __future__ import annotations

import hashlib
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


def decided(truth: Mapping[str, Any]) -> list[dict[str, str]]:
    """Rows ``device``, ``capability``, ``status``."""
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
                left_open.add((device, "secure_communication"))
            # 5.1-3: authentication shall use best-practice cryptography, whoever chose the secret. Without the
            # device's own word that it let somebody in with it, what crossed may be no login to it at all. How a
            # secret crosses is a matter of communication and says nothing of whether it is a default.
            proof = detail.get("accepted") is True and detail.get("mechanism") in AUTHENTICATES
            if proof or detail.get("mechanism") != "key":
                say(device, "secure_communication", "violated" if proof else "concern")
        elif row["rule"] == "credential.default" and row["role"] == "server":
            # 5.1-1: that the device has left its factory state, and that nobody chose this pair, are no acts.
            say(device, "no_default_passwords", "concern")
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
