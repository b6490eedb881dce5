"""Ledger of personal data for people: a few lines of which device sent what to whom, readable."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from sensor.catalogue import LANGUAGES, texts_of
from sensor.export.records import device_records, finding_record
from sensor.needs import texts
from sensor.personal_data.ledger import ledger_record
from sensor.records import FindingRecord, LedgerRecord
from sensor.run import Result

SHOWN = 12
"""Lines on the page; the records have all."""


class Line(NamedTuple):
    """A device's id, what it sent in words, and to whom."""

    device: str
    what: str
    destination: str


def ledger_records(result: Result) -> Iterator[LedgerRecord]:
    """The ``ledger`` record of each device that has one."""
    findings: dict[str | None, list[FindingRecord]] = {}
    for name, finding in result.findings.items():
        if finding.rule.startswith("personal.") or finding.rule == "transfer.unencrypted":
            findings.setdefault(finding.device, []).append(finding_record(result, name, finding))
    for device in device_records(result).values():
        made = ledger_record(device, findings.get(device["id"], []))
        if made is not None:
            yield made


def lines(result: Result, language: str = LANGUAGES[0]) -> list[Line]:
    """What is worth a line: sent, and no remark. The categories of one destination stand together."""
    words, own = texts(language)["data"], texts_of("sensor.export", language)
    found: dict[tuple[str, str], list[str]] = {}
    for record in ledger_records(result):
        for one in record["personal"]:
            if one["direction"] == "sent" and one["severity"] != "info":
                where = one["destination"]["name"] or one["destination"]["address"] or own["page"]["somebody"]
                about = ", ".join(filter(None, (own["party"].get(one["party"] or ""), one["country"])))
                key = (record["device"], f"{where} ({about})" if about else where)
                found.setdefault(key, []).append(words.get(one["category"], one["category"]))
    return [Line(device, ", ".join(dict.fromkeys(of)), where) for (device, where), of in found.items()]
