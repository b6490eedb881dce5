"""The commands that stand on a store (`runs`, `forget`): arguments into calls, a store's trouble into a sentence and exit status 2."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from sensor.cli.correct import COMMANDS as CORRECTIONS

if TYPE_CHECKING:
    from sensor.store.reader import RunInfo

in_store = click.option("--store", required=True, metavar="PATH_OR_URL", help="The store that replay --store filled.")


@click.command()
@in_store
def runs(store: str) -> int:
    """List the runs of a store: name, capture, time, devices, findings, worst status."""
    from sensor.store.location import StoreFailed, store_location
    from sensor.text import safe

    try:
        from sensor.store.reader import Reader

        with Reader(store_location(store)) as reader:
            found = reader.runs()
    except StoreFailed as error:
        raise click.ClickException(safe(str(error), 400)) from None
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


@click.command()
@click.argument("device")
@in_store
def forget(device: str, store: str) -> int:
    """Remove DEVICE (its id, as the records and the report show it) from every run of a store, for good."""
    from sensor import config, removal
    from sensor.store.location import StoreFailed, store_location
    from sensor.text import safe

    try:
        gone = removal.forget(store_location(store), config.load().state, device)
    except (StoreFailed, removal.RemovalFailed) as error:
        raise click.ClickException(safe(str(error), 400)) from None
    if not gone.runs:
        raise click.ClickException(f"no run of this store has a device {safe(device, 80)!r}")
    click.echo(
        f"{safe(device, 80)} is out of {_count(gone.runs, 'run')}, and {_count(gone.findings, 'finding')} with it"
    )
    return 0


def chosen(found: list[RunInfo], run: str | None, store: str) -> RunInfo:
    """The run of that name, or the one put in last; a sentence where there is none."""
    if not found:
        raise click.ClickException(f"{store}: the store has no run yet; replay --store puts one in")
    for one in found:
        if one.id == run:
            return one
    if run is not None:
        raise click.ClickException(f"{store}: has no run {run}; `lanwitness runs` lists them")
    return found[-1]


def _count(number: int, thing: str) -> str:
    return f"{number:,} {thing}{'' if number == 1 else 's'}"


COMMANDS: tuple[Any, ...] = (runs, forget, *CORRECTIONS)
