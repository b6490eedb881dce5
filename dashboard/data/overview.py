"""The overview of many devices: five capabilities over all of them, devices worst first."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from sensor.model import Capability, Status

MARK_ORDER = [
    status.value
    for status in (
        Status.VIOLATED,
        Status.CONCERN,
        Status.RECOMMENDATION_MISSED,
        Status.INSUFFICIENT_EVIDENCE,
        Status.NONE_ON_RECORD,
        Status.NOT_OBSERVABLE,
        Status.SIGN_SEEN,
        Status.NO_VIOLATION_SEEN,
        Status.PARTLY_ON_RECORD,
        Status.ON_RECORD,
        Status.NOT_APPLICABLE,
    )
]
"""Statuses in the order for one mark over several devices: a good one only where no device has less."""


Pattern = tuple[tuple[str, str], ...]
"""The marks of a device: capability and status of each."""


def capabilities(devices: Iterable[Mapping[str, str]]) -> list[dict[str, Any]]:
    """The five capabilities over all judged devices, worst first: the worst status, and devices by status.

    ``devices``: for each device, capability -> status.
    """
    return of_patterns(Counter(tuple(one.items()) for one in devices))


def of_patterns(patterns: Mapping[Pattern, int]) -> list[dict[str, Any]]:
    """The same of how many devices have the same marks: fifteen hundred have some twenty patterns."""
    found = []
    for capability in Capability:
        counts: dict[str, int] = {}
        for marks, count in patterns.items():
            if (status := dict(marks).get(capability.value)) is not None:
                counts[status] = counts.get(status, 0) + count
        if counts:
            worst = min(counts, key=MARK_ORDER.index)
            ordered = {status: counts[status] for status in MARK_ORDER if status in counts}
            found.append({"capability": capability.value, "status": worst, "devices": ordered})
    return sorted(found, key=lambda one: (MARK_ORDER.index(one["status"]), -one["devices"][one["status"]]))
