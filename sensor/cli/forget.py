"""The command `forget`: removal of a device from every run of a store."""

from __future__ import annotations

import click

from sensor.cli._store import in_store, store_errors


@click.command()
@click.argument("device")
@in_store
def forget(device: str, store: str) -> int:
    """Remove DEVICE (its id, as the records and the report show it) from every run of a store, for good."""
    from sensor import config, removal
    from sensor.store.location import store_location
    from sensor.text import safe

    with store_errors():
        try:
            gone = removal.forget(store_location(store), config.load().state, device)
        except removal.RemovalFailed as error:
            raise click.ClickException(safe(str(error), 400)) from None
    if not gone.runs:
        raise click.ClickException(f"no run of this store has a device {safe(device, 80)!r}")
    click.echo(
        f"{safe(device, 80)} is out of {_count(gone.runs, 'run')}, and {_count(gone.findings, 'finding')} with it"
    )
    return 0


def _count(number: int, thing: str) -> str:
    return f"{number:,} {thing}{'' if number == 1 else 's'}"
