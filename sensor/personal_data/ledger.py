"""Ledger of a device's personal data: destinations, protection, and the volume not examined.

A pure function of records (docs/output.md): a replay writes it, and a page over a store builds it again.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from sensor.model import SEVERITIES
from sensor.records import LedgerLine, LedgerRecord, LedgerVolume, peer_address

PERSONAL = "personal."

MEDIA_CATEGORIES = {"image": "photo", "audio": "audio", "video": "video"}
"""Media kinds that are personal whatever they show -> the category they count as."""

MAX_LINES = 500
"""Lines of one ledger: more categories times destinations than a person reads."""

MAX_NAMES = 8
"""Destinations named in one line of volumes, those with most bytes first."""

MAX_FINDINGS = 32
"""Findings named as the reason of one line."""


def ledger_record(device: Mapping[str, Any], findings: Iterable[Mapping[str, Any]]) -> LedgerRecord | None:
    """The ``ledger`` record of a device; None with neither personal data nor unreadable traffic.

    ``findings`` may hold those of other devices, which are ignored.
    """
    known = _destinations_by_address(device)
    lines: dict[tuple[Any, ...], LedgerLine] = {}
    for finding in findings:
        line = _line(device["id"], finding, known)
        if line is None:
            continue
        key = (line["category"], line["direction"], line["destination"]["address"], line["destination"]["name"])
        before = lines.get(key)
        if before is not None:
            _merge(before, line)
        elif len(lines) < MAX_LINES:
            lines[key] = line
    volumes = _volumes(device)
    if not lines and not volumes:
        return None
    personal = sorted(lines.values(), key=lambda one: (one["category"], one["direction"], -one["count"]))
    return {
        "record": "ledger",
        "run": device.get("run"),
        "device": device["id"],
        "personal": personal,
        "volumes": volumes,
    }


def ledgers(records: Iterable[Mapping[str, Any]]) -> Iterator[LedgerRecord]:
    """The ledgers of all devices among the records of one run."""
    devices: list[Mapping[str, Any]] = []
    findings: dict[str | None, list[Mapping[str, Any]]] = {}
    for one in records:
        if one["record"] == "device":
            devices.append(one)
        elif one["record"] == "finding":
            findings.setdefault(one["device"], []).append(one)
    for device in devices:
        made = ledger_record(device, findings.get(device["id"], ()))
        if made is not None:
            yield made


def _destinations_by_address(device: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    """Destinations by address, the one with most bytes first: an address may have had several names."""
    known: dict[str, Mapping[str, Any]] = {}
    for one in sorted(device["destinations"], key=lambda one: -(one["bytes"] or 0)):
        if one["address"] is not None and (one["address"] not in known or not known[one["address"]]["name"]):
            known[one["address"]] = one
    return known


def _line(device: str, finding: Mapping[str, Any], known: Mapping[str, Mapping[str, Any]]) -> LedgerLine | None:
    category = _category(finding)
    if category is None or finding["device"] != device:
        return None
    detail = finding["detail"] or {}
    other = peer_address(finding)
    destination = known.get(other or "", {})
    return {
        "category": category,
        "direction": "received" if detail.get("sent") is False else "sent",
        "destination": {"name": destination.get("name"), "address": other},
        "party": detail.get("party") or destination.get("party"),
        "country": destination.get("country"),
        "protection": "cleartext",
        "encodings": ["/".join(detail.get("encoding") or ["plain"])],
        "severity": finding["severity"],
        "count": finding["count"],
        "findings": [finding["id"]],
    }


def _category(finding: Mapping[str, Any]) -> str | None:
    """Category of personal data that a finding reports; None for other findings and for benign values."""
    detail = finding["detail"] or {}
    if finding["rule"].startswith(PERSONAL):
        if detail.get("harmless"):
            return None
        kind = detail.get("kind")
        return str(kind) if finding["rule"] == "personal.persona" and kind else str(finding["rule"][len(PERSONAL) :])
    if finding["rule"] == "transfer.unencrypted" and detail.get("sent"):
        return MEDIA_CATEGORIES.get(str(detail.get("content")))
    return None


def _merge(line: LedgerLine, more: LedgerLine) -> None:
    line["count"] += more["count"]
    line["severity"] = min(line["severity"], more["severity"], key=SEVERITIES.index)
    line["encodings"] = sorted({*line["encodings"], *more["encodings"]})
    line["findings"] = [*line["findings"], *more["findings"]][:MAX_FINDINGS]
    line["party"] = line["party"] or more["party"]


def _volumes(device: Mapping[str, Any]) -> list[LedgerVolume]:
    """Bytes to and from outside that could not be read, by protection, party and country; the most first."""
    found: dict[tuple[str, str | None, str | None], list[tuple[int, str]]] = {}
    for one in device["destinations"]:
        for protection in ("encrypted", "unknown"):
            amount = one.get(protection) or 0
            if amount and one["party"] != "local":
                name = one["name"] or one["address"]
                found.setdefault((protection, one["party"], one.get("country")), []).append((amount, name or ""))
    volumes = [_volume(key, amounts) for key, amounts in found.items()]
    return sorted(volumes, key=lambda one: (one["protection"], -one["bytes"]))


def _volume(key: tuple[str, str | None, str | None], amounts: Sequence[tuple[int, str]]) -> LedgerVolume:
    protection, party, country = key
    ranked = sorted(amounts, reverse=True)
    return {
        "protection": protection,
        "party": party,
        "country": country,
        "bytes": sum(amount for amount, _ in amounts),
        "destinations": len(amounts),
        "names": list(dict.fromkeys(name for _, name in ranked if name))[:MAX_NAMES],
    }
