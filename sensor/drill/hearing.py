"""What a sensor reported of a set-piece: for each part both directions, one of them, or nothing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sensor.drill.set_piece import NAMES, PARTS, ForgedConversation, SetPiece
from sensor.light_dataclass import dataclass

RULES = ("credential.cleartext", "tls.version", "update.check")
"""Findings by which the set-piece is known again: logins, hellos, and names that say they are for updates."""

BOTH, ONE, NOTHING, NOT_SENT = "heard", "one direction only", "nothing", "not sent"

SHOWN = 8
"""VLANs that are named."""

MIRROR = "set the mirror port to both directions (ingress and egress, or rx and tx), of the right port"
REMEDIES = {
    ONE: MIRROR,
    NOTHING: "is the mirror port on, of the port that this machine is at, and does the sensor run (lanwitness doctor)?",
    "VLAN": "let the mirror port keep VLAN tags, and this port carry that VLAN",
    "lost": "packets are lost between mirror and sensor: mirror fewer ports, or through a faster one",
}


@dataclass(frozen=True, slots=True)
class PartResult:
    """What was heard of a part. ``state``: one of the words of this module; ``detail``: what exactly; ``mend``: what to
    do."""

    part: str
    state: str
    detail: str = ""
    mend: str = ""

    @property
    def well(self) -> bool:
        """Whether nothing is to be done."""
        return self.state in (BOTH, NOT_SENT) and not self.mend


def heard(piece: SetPiece, records: Iterable[Mapping[str, Any]], vlans: Sequence[int] = ()) -> list[PartResult]:
    """A result for each part, from the records of a run. ``vlans``: those whose tagged packets the sensor hears."""
    clients, servers = _names(records)
    return [_part(part, piece, clients, servers, vlans) for part in PARTS]


def _names(records: Iterable[Mapping[str, Any]]) -> tuple[set[str], set[str]]:
    """Names of which the client's packets were reported, and those of which the server's were, too."""
    clients: set[str] = set()
    servers: set[str] = set()
    for record in records:
        if record["record"] != "finding" or record["rule"] not in RULES:
            continue
        detail = record["detail"]
        if record["rule"] == "credential.cleartext" and detail.get("username"):
            clients.add(detail["username"])
            if detail.get("accepted"):
                servers.add(detail["username"])
        elif record["rule"] == "tls.version" and detail.get("server_name"):
            clients.add(detail["server_name"])
            servers.add(detail["server_name"])
        elif record["rule"] == "update.check" and detail.get("host"):
            clients.add(detail["host"])
    return clients, servers


def _part(part: str, piece: SetPiece, clients: set[str], servers: set[str], vlans: Sequence[int]) -> PartResult:
    sent = [one for one in piece.conversations if one.part == part]
    label = f"VLAN {piece.vlan}" if part == "VLAN" and piece.vlan is not None else part
    if not sent:
        return PartResult(label, NOT_SENT, _proposal(vlans))
    heard_from = _directions(sent, clients, servers)
    count = sum(one.name in clients for one in sent)
    if not heard_from:
        if part == "VLAN":
            return PartResult(label, "VLAN not heard", mend=REMEDIES["VLAN"])
        return PartResult(label, NOTHING, mend=REMEDIES[NOTHING])
    if len(heard_from) == 1:
        (station,) = heard_from
        return PartResult(label, ONE, f"of the station {'ab'[station]} alone", REMEDIES[ONE])
    if part == "DNS names":
        detail = f"{count} of {2 * NAMES} names"
        return PartResult(label, BOTH, detail, "" if count == len(sent) else REMEDIES["lost"])
    whole = all(one.name in clients and one.name in servers for one in sent)
    return PartResult(label, BOTH, "both directions", "" if whole else REMEDIES["lost"])


def _proposal(vlans: Sequence[int]) -> str:
    """Which VLAN a drill can be sent in: the user's to choose, since the drill's port need not carry it."""
    if not vlans:
        return "--vlan ID sends tagged packets, too"
    more = f" and {len(vlans) - SHOWN} more" if len(vlans) > SHOWN else ""
    listed = ", ".join(map(str, vlans[:SHOWN]))
    return f"packets of VLAN {listed}{more} are heard: --vlan {vlans[0]} sends a part there, too"


def _directions(sent: Iterable[ForgedConversation], clients: set[str], servers: set[str]) -> set[int]:
    """The stations whose packets were heard."""
    found = set()
    for one in sent:
        if one.name in clients:
            found.add(one.client)
        if one.name in servers:
            found.add(1 - one.client)
    return found
