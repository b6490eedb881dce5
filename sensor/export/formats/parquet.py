"""Parquet: a file for each kind of record, with the columns of `sensor.export.arrow`."""

from __future__ import annotations

import io
from collections.abc import Iterator

from sensor.export.arrow import INSTALL, arrow_table
from sensor.export.formats._format import Format, Missing
from sensor.export.run_records import RunRecords


def files(run: RunRecords) -> Iterator[tuple[str, bytes]]:
    """``devices.parquet`` … Raises Missing."""
    try:
        import pyarrow.parquet
    except ImportError:
        raise Missing(INSTALL) from None
    for kind, records in run.by_kind().items():
        if records:
            whole = io.BytesIO()
            pyarrow.parquet.write_table(arrow_table(kind, records), whole, compression="zstd")
            yield f"{kind}s.parquet", whole.getvalue()


FORMAT = Format("Parquet, a file for each kind of record (needs pyarrow)", files=files, flows=True)
