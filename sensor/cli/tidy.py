"""The command `tidy`: retention of a store, once."""

from __future__ import annotations

import time

import click

from sensor.cli._store import in_store, store_errors


@click.command()
@click.option(
    "--days",
    type=click.IntRange(1, 36_500),
    default=365,
    show_default=True,
    help="Days that findings and devices are kept.",
)
@click.option(
    "--hours-days",
    type=click.IntRange(1, 36_500),
    default=60,
    show_default=True,
    help="Days for which bytes are kept by the hour, then by the day.",
)
@click.option(
    "--size-mb",
    type=click.IntRange(1),
    default=2000,
    show_default=True,
    help="Largest size of an SQLite store; the oldest goes first.",
)
@in_store
def tidy(days: int, hours_days: int, size_mb: int, store: str) -> int:
    """Take out of a store what is too old or too much, for good. `watch` does that by itself, once a day.

    Of a database that several sensors share only what this one wrote; `lanwitness hub tidy` does the rest."""
    from sensor import config, removal
    from sensor.store.location import store_location
    from sensor.store.retention import RetentionLimits
    from sensor.text import safe

    with store_errors():
        retention = RetentionLimits(days, hours_days, size_mb * 1_000_000)
        gone = removal.tidy(store_location(store), config.load().state, retention, time.time_ns() // 1000)
    click.echo(f"{len(gone.runs):,} runs and {gone.rows:,} rows of others are out of the store")
    if gone.left:
        raise click.ClickException(safe(gone.left, 400))
    return 0
