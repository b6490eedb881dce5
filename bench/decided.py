#!/usr/bin/env python3
"""How many verdicts say something: cells by status, devices with a decided cell, makers on record.

Usage: python bench/decided.py RECORDS.jsonl [WORD_OF_THE_CAPTURE'S_NAME …]
Input is the output of `lanwitness replay --json`. Without words all captures count.
"""

from __future__ import annotations

import json
import sys
from collections import Counter, defaultdict
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from sensor.records import claimed_in

WEIGHED = ("no_default_passwords", "software_updates", "personal_data")
"""Capabilities of which traffic decides little; a device counts where one of them is decided."""

SILENT = frozenset({"insufficient_evidence", "no_violation_seen", "not_observable", "not_applicable"})
"""Statuses that no evidence decides."""

ON_RECORD = frozenset({"on_record", "partly_on_record"})


def count(lines: Iterable[str], words: tuple[str, ...]) -> list[str]:
    """The report, a line each."""
    captures: dict[str, str] = {}
    vendors: dict[tuple[str, str], str | None] = {}
    cells: dict[tuple[str, str], dict[str, str]] = defaultdict(dict)
    for line in lines:
        record: dict[str, Any] = json.loads(line)
        run = record.get("run", "")
        if record["record"] == "capture":
            captures.setdefault(run, record["capture"])
        elif record["record"] == "device":
            vendors[run, record["id"]] = claimed_in(record, "vendor")
        elif record["record"] == "verdict":
            cells[run, record["device"]][record["capability"]] = record["status"]
    mine = {key: found for key, found in cells.items() if not words or any(word in captures[key[0]] for word in words)}
    by_status = Counter((capability, status) for found in mine.values() for capability, status in found.items())
    report = [f"{capability:24} {status:24} {number:6}" for (capability, status), number in sorted(by_status.items())]
    decided = {
        key: [one for one in WEIGHED if one in found and found[one] not in SILENT] for key, found in mine.items()
    }
    report.append(_share("devices with a decided cell", sum(map(bool, decided.values())), len(mine)))
    for key in WEIGHED:
        report.append(_share(f"  {key}", sum(key in found for found in decided.values()), len(mine)))
    claimed = [found for key, found in mine.items() if vendors.get(key)]
    known = sum(found.get("vulnerability_disclosure") in ON_RECORD for found in claimed)
    complete = sum(found.get("vulnerability_disclosure") == "on_record" for found in claimed)
    report.append(_share("makers on record, of devices whose maker is claimed", known, len(claimed)))
    report.append(_share("  with all that 5.2-1 asks for", complete, len(claimed)))
    undecided = Counter(vendors.get(key) or "unknown" for key, found in decided.items() if not found)
    report.append("undecided, by maker: " + ", ".join(f"{name} {number}" for name, number in undecided.most_common(20)))
    return report


def _share(what: str, part: int, of: int) -> str:
    return f"{what}: {part} of {of}" + (f" ({part / of:.1%})" if of else "")


def main() -> None:
    """Print the report of a file of records."""
    with Path(sys.argv[1]).open(encoding="utf-8") as lines:
        print("\n".join(count(lines, tuple(sys.argv[2:]))))


if __name__ == "__main__":
    main()
