"""The command `forget`: removal of a device from every run of a store."""

from __future__ import annotations

import time

import click

from sensor.cli._orders import sentence, states_of
from sensor.cli._store import in_store, store_errors


@click.command()
@click.argument("device")
@click.option(
    "--wait",
    type=click.FloatRange(0, 3600),
    default=10.0,
    show_default=True,
    metavar="SECONDS",
    help="On a hub: how long to wait for its sensors.",
)
@in_store
def forget(device: str, wait: float, store: str) -> int:
    """Remove DEVICE (its id, as the records and the report show it) from every run of a store, for good.

    The sensors of a shared store are ordered to remove its packets as well; once more, it says how far they are.
    """
    from sensor import config, removal
    from sensor.store.location import store_location
    from sensor.text import safe

    with store_errors():
        try:
            gone = removal.forget(where := store_location(store), config.load().state, device)
        except removal.RemovalFailed as error:
            raise click.ClickException(safe(str(error), 400)) from None
        states = states_of(where, device, wait)
    if not gone.runs and not states:
        raise click.ClickException(f"no run of this store has a device {safe(device, 80)!r}")
    if gone.runs:
        click.echo(
            f"{safe(device, 80)} is out of {_count(gone.runs, 'run')}, and {_count(gone.findings, 'finding')} with it"
        )
    if states:
        click.echo(sentence(states, time.time_ns() // 1000))
    return 0


def _count(number: int, thing: str) -> str:
    return f"{number:,} {thing}{'' if number == 1 else 's'}"
