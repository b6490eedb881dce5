"""Compare two outputs of `replay --json`: the same records in the same order, but for elapsed times and fields named as
renamed.

    lanwitness replay --json before.jsonl pcaps       (with one version)
    lanwitness replay --json after.jsonl pcaps        (with another)
    python bench/compare_records.py before.jsonl after.jsonl --renamed told=message

Exit status 0 where they are equal, 1 where a record differs; the first differences are printed, field by field.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator
from itertools import zip_longest
from typing import Any

TIMES = ("elapsed_seconds", "cost_seconds", "parsers", "seconds", "speed")
"""Fields of `summary` that differ from run to run."""


def normal(value: Any, renamed: dict[str, str]) -> Any:
    """A value with renamed keys under their new names, at any depth."""
    if isinstance(value, dict):
        return {renamed.get(key, key): normal(each, renamed) for key, each in value.items()}
    if isinstance(value, list):
        return [normal(each, renamed) for each in value]
    return value


def records(path: str, renamed: dict[str, str]) -> Iterator[dict[str, Any]]:
    """Records of a JSON Lines file, without the times of the run."""
    with open(path, encoding="utf-8") as lines:  # noqa: PTH123
        for line in lines:
            record = normal(json.loads(line), renamed)
            if record["record"] == "summary":
                record = {key: value for key, value in record.items() if key not in TIMES}
            yield record


def differences(one: dict[str, Any], other: dict[str, Any]) -> Iterator[str]:
    """A line for each field that differs."""
    for key in sorted(one.keys() | other.keys()):
        if one.get(key) != other.get(key):
            yield f"  {key}: {str(one.get(key))[:300]} | {str(other.get(key))[:300]}"


def main() -> int:
    """Print what differs."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("before")
    parser.add_argument("after")
    parser.add_argument("--renamed", action="append", default=[], metavar="OLD=NEW", help="a field's old and new name")
    parser.add_argument("--most", type=int, default=10, help="how many differing records to print")
    options = parser.parse_args()
    renamed = dict(pair.split("=", 1) for pair in options.renamed)
    total = unequal = 0
    for before, after in zip_longest(records(options.before, renamed), records(options.after, renamed)):
        total += 1
        # Equal but for a field that is null in one and absent in the other counts as different, too.
        if before == after:
            continue
        unequal += 1
        if unequal <= options.most:
            known = before or after or {}
            print(
                f"record {total} ({known.get('record')} {known.get('rule', '')} {known.get('id', '')} "
                f"of {known.get('run', '')}):"
            )
            print("\n".join(differences(before or {}, after or {})))
    print(f"{total} records compared, {unequal} differ")
    return 1 if unequal else 0


if __name__ == "__main__":
    sys.exit(main())
