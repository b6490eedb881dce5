"""The command `check`: a test of decoder, protocols, signatures with examples, and standards map."""

from __future__ import annotations

import click

from sensor.cli._files import learned
from sensor.cli._options import signatures_option


@click.command()
@signatures_option("Check this file of your own, too (repeatable).")
def check(signatures: tuple[str, ...]) -> int:
    """Check the installation: decoder, protocols, signatures with their examples, standards map. Exit status 1 when
    something is wrong."""
    from sensor.selfcheck.check import check as sections

    for device in learned(signatures):
        click.echo(f"own signatures: {device.name}: {len(device.signs)} signs from {device.captures} recordings")
    wrong = 0
    for section in sections():
        wrong += len(section.problems)
        click.echo(f"{section.name}: {section.summary}")
        for problem in section.problems:
            click.echo(f"  wrong: {problem}")
        for warning in section.warnings:
            click.echo(f"  warning: {warning}")
    click.echo("all is well" if not wrong else f"{wrong} problems")
    return 1 if wrong else 0
