"""The command `procedures`: what to do with a device to settle what listening cannot."""

from __future__ import annotations

import click


@click.command()
@click.argument("provision", required=False)
def procedures(provision: str | None) -> int:
    """Print the procedures that settle what listening cannot; of one PROVISION (5.1-5) or one procedure (LW-PW-3) if
    given. Each ends in a line for the file of --facts.
    """
    from sensor.settings.toml_reader import hint
    from sensor.verdicts.procedures import procedures as every
    from sensor.verdicts.procedures import procedures_for

    found = list(every())
    if provision is not None:
        found = [one for one in found if one.id == provision.upper()] or procedures_for((provision,))
        known = sorted({one.id for one in every()} | {number for one in every() for number in one.provisions})
        if not found:
            raise click.UsageError(f"no procedure is or settles {provision!r}{hint(provision, known)}")
    click.echo("\n".join(one.text() for one in found), nl=False)
    return 0
