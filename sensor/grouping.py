"""Equal findings as one: those of a device that say the same of the same service."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import field
from typing import Any

from sensor.light_dataclass import dataclass
from sensor.model import SEVERITIES

Record = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class EqualFindings:
    """One or more ``finding`` records with the same device, key and sentence, the worst first."""

    findings: list[Record] = field(default_factory=list)

    @property
    def first(self) -> Record:
        """The one that stands for all."""
        return self.findings[0]

    @property
    def count(self) -> int:
        """How often it was seen."""
        return sum(one["count"] for one in self.findings)

    @property
    def times(self) -> tuple[str | None, str | None]:
        """When it was seen first and last."""
        first = min((one["time"] for one in self.findings if one["time"]), default=None)
        return first, max((one["last_time"] for one in self.findings if one["last_time"]), default=None)

    @property
    def evidence(self) -> list[tuple[str, list[int]]]:
        """The frames by capture, in order."""
        frames: dict[str, set[int]] = {}
        for one in self.findings:
            for part in one["evidence"]:
                frames.setdefault(part["capture"], set()).update(part["frames"])
        return [(capture, sorted(numbers)) for capture, numbers in frames.items()]


def equal_findings(findings: Iterable[Record]) -> list[EqualFindings]:
    """The findings in groups, the worst group first, then by time."""
    order = sorted(findings, key=lambda one: (SEVERITIES.index(one["severity"]), one["time"] or "", one["id"]))
    groups: dict[tuple[Any, ...], EqualFindings] = {}
    for one in order:
        # Stores of earlier versions have no key.
        what = one.get("key") or (one["rule"], one["protocol"], one["server"])
        groups.setdefault((one["device"], what, one["summary"]), EqualFindings()).findings.append(one)
    return list(groups.values())
