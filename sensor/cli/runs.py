"""The command `runs`: a table of the runs in a store."""

from __future__ import annotations

import click

from sensor.cli._store import in_store, store_errors


@click.command()
@in_store
def runs(store: str) -> int:
    """List the runs of a store: name, capture, time, devices, findings, worst status."""
    from sensor.store.location import store_location
    from sensor.text import safe

    with store_errors():
        from sensor.store.reader import StoreReader

        with StoreReader(store_location(store)) as reader:
            found = reader.runs()
    rows: list[tuple[str, ...]] = [("run", "from", "to (UTC)", "devices", "findings", "worst status", "capture")]
    rows += [
        (
            one.id,
            *(time[:16].replace("T", " ") if time else "-" for time in (one.first_time, one.last_time)),
            str(one.devices),
            str(one.findings),
            one.worst or "-",
            ", ".join(safe(capture, 400) for capture in one.captures),
        )
        for one in found
    ]
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    for row in rows:
        # Numbers to the right; the last column is as long as it is.
        cells = [
            cell.rjust(width) if cell.isdigit() else cell.ljust(width) for cell, width in zip(row, widths, strict=True)
        ]
        click.echo("  ".join(cells).rstrip())
    return 0
