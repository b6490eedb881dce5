"""The command `check`: a test of decoder, protocols, signatures with examples, and standards map."""

from __future__ import annotations

import click


@click.command()
def check() -> int:
    """Check the installation: decoder, protocols, signatures with their examples, standards map. Exit status 1 when
    something is wrong."""
    from sensor.selfcheck.check import check as sections

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
