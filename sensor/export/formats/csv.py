"""CSV: a file for each kind of record, all its fields; of a claim its value, of lists JSON."""

from __future__ import annotations

import io
from collections.abc import Iterator

from sensor.export.arrow import TYPES
from sensor.export.formats._format import Format
from sensor.export.rows import write_csv
from sensor.export.run_records import RunRecords


def files(run: RunRecords) -> Iterator[tuple[str, bytes]]:
    """``devices.csv`` …"""
    for kind, records in run.by_kind().items():
        if records:
            whole = io.StringIO()
            write_csv(whole, list(TYPES[kind].__annotations__), records)
            yield f"{kind}s.csv", whole.getvalue().encode("utf-8", "backslashreplace")


FORMAT = Format("CSV, a file for each kind of record", files=files, flows=True)
