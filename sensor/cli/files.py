"""The command `files`: where the files are that come with the program."""

from __future__ import annotations

import click

from sensor.shipped import SHIPPED, path_of


@click.command()
@click.argument("name", required=False, type=click.Choice(list(SHIPPED)))
def files(name: str | None) -> int:
    """Print where a file or folder is that comes with the program; all of them without a NAME.

    \b
    cp "$(lanwitness files rules)" /etc/prometheus/
    """
    if name is None:
        for each, one in SHIPPED.items():
            click.echo(f"{each:12}{_place(each)}  ({one.what})")
    else:
        click.echo(_place(name))
    return 0


def _place(name: str) -> str:
    try:
        return str(path_of(name))
    except FileNotFoundError as error:
        raise click.ClickException(str(error)) from None
