"""Records of one run or several, by kind and typed: what `lanwitness export` makes formats of."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import field
from pathlib import Path
from typing import Any

from sensor.comparison.source import NoRecords, read_records
from sensor.export.transactions import Transaction
from sensor.light_dataclass import dataclass
from sensor.records import (
    CaptureRecord,
    DeviceRecord,
    FindingRecord,
    FlowRecord,
    LedgerRecord,
    ProvisionRecord,
    Record,
    VerdictRecord,
)
from sensor.schemas import schema
from sensor.schemas.fit import misfit


def read_whole(path: Path, run: str | None = None) -> list[Record]:
    """The records of a file of `replay --json`, each as its schema has it: of one run, or of all where ``run`` is "".

    Raises NoRecords, OSError.
    """
    kinds = RunRecords().by_kind()
    found = read_records(path, run, {kind: schema(kind)["required"] for kind in kinds})
    for one in found:
        place = misfit(one)
        if place is not None:
            raise NoRecords(f"{path}: a {one['record']} record is none of this version: {place[:80]}")
    return found


@dataclass(slots=True)
class RunRecords:
    """Records by kind, in their order. ``flows`` is empty where they were not asked for, and for runs of a store."""

    captures: list[CaptureRecord] = field(default_factory=list)
    devices: list[DeviceRecord] = field(default_factory=list)
    findings: list[FindingRecord] = field(default_factory=list)
    provisions: list[ProvisionRecord] = field(default_factory=list)
    verdicts: list[VerdictRecord] = field(default_factory=list)
    ledgers: list[LedgerRecord] = field(default_factory=list)
    flows: list[FlowRecord] = field(default_factory=list)
    transactions: list[Transaction] = field(default_factory=list)
    """Of captures alone: no record of a run has them."""

    @classmethod
    def of(cls, records: Iterable[Mapping[str, Any]]) -> RunRecords:
        """Sorted by kind; other kinds (``summary`` …) are passed over."""
        found = cls()
        places = {**found.by_kind(), "transaction": found.transactions}
        for record in records:
            place = places.get(record["record"])
            if place is not None:
                place.append(encodable(record))
        return found

    def by_kind(self) -> dict[str, list[Any]]:
        """The lists by the word in ``record``."""
        return {
            "capture": self.captures,
            "device": self.devices,
            "finding": self.findings,
            "provision": self.provisions,
            "verdict": self.verdicts,
            "ledger": self.ledgers,
            "flow": self.flows,
        }

    def device(self, run: str, name: str | None) -> DeviceRecord | None:
        """A device of a run by its id."""
        return next((one for one in self.devices if one["run"] == run and one["id"] == name), None)

    def runs(self) -> list[str]:
        """The runs' names, in order."""
        return list(dict.fromkeys(one["run"] for one in (*self.captures, *self.devices, *self.findings)))

    def until(self) -> str | None:
        """When the last packet was: the time of a document that must be the same whenever it is made."""
        return max((one["last_time"] for one in self.captures if one["last_time"]), default=None)


def encodable(value: Any) -> Any:
    """Without halves of surrogate pairs, which a path of bytes becomes in Python and no file of UTF-8 can hold."""
    if isinstance(value, str):
        return value if value.isascii() else value.encode("utf-8", "backslashreplace").decode()
    if isinstance(value, dict):
        return {name: encodable(each) for name, each in value.items()}
    return [encodable(each) for each in value] if isinstance(value, list | tuple) else value


def without_values(value: Any) -> Any:
    """A record's content as it may leave for a store or an alert: what ``--reveal`` shows of secrets is left out."""
    if isinstance(value, dict):
        hidden = {"value"} if "fingerprint" in value else set()
        return {name: without_values(each) for name, each in value.items() if name not in hidden}
    return [without_values(each) for each in value] if isinstance(value, list | tuple) else value
