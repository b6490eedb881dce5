"""The command `check`: a test of decoder, protocols, signatures with examples, and standards map."""

from __future__ import annotations

import click

from sensor.cli._files import learned
from sensor.cli._options import signatures_option


@click.command()
@signatures_option("Check this file of your own, too (repeatable).")
@click.option(
    "--capture",
    metavar="FILE",
    type=click.Path(exists=True, dir_okay=False),
    help="Instead: read this capture by our decoder and by dpkt, and say where they differ.",
)
def check(signatures: tuple[str, ...], capture: str | None) -> int:
    """Check the installation: decoder, protocols, signatures with their examples, standards map. Exit status 1 when
    something is wrong.

    With --capture a decoder of other people (dpkt) reads a capture of yours, too: each layer agrees or differs.
    """
    if capture is not None:
        return _two_decoders(capture)
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


def _two_decoders(path: str) -> int:
    """A capture read twice; 1 where the decoders differ, 2 where it cannot be read."""
    from importlib.metadata import version

    from sensor.capture import NotACapture
    from sensor.files import error_reason
    from sensor.selfcheck.second_decoder import NoSecondDecoder, compare

    try:
        found = compare(path)
    except (NoSecondDecoder, NotACapture) as error:
        raise click.UsageError(str(error)) from None
    except OSError as error:
        raise click.UsageError(f"{path}: {error_reason(error, 'cannot be read')}") from None
    click.echo(f"{found.packets:,} packets, by our decoder and by dpkt {version('dpkt')}")
    for layer in found.layers.values():
        click.echo(layer.sentence())
    if found.skipped:
        click.echo(f"not compared: {found.skipped:,} packets (fragments, tunnels, link types that dpkt lacks, damage)")
    for note in found.notes:
        click.echo(f"note: {note}")
    click.echo("the decoders differ" if found.differ else "the decoders agree")
    return 1 if found.differ else 0
