"""The command `replay`: finished captures to records, a page for people, a store."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import click

from sensor.cli._files import keys_of
from sensor.cli._options import RunOptions, output, run_options, vault_of

if TYPE_CHECKING:
    from sensor.replay.storing import RunStore


@click.command()
@click.argument("captures", nargs=-1, required=True, metavar="CAPTURE…")
@run_options(
    json="Write the records as JSON Lines; - is standard output.",
    fail_on="Exit with 3 when a verdict is this or worse.",
    plain="No colour and no progress bar.",
)
@click.option("--join", is_flag=True, help="Read all captures as one, in the order of their packets' times.")
@click.option("--decrypt", is_flag=True, help="Read TLS 1.2 and 1.3 with the secrets that a pcapng holds.")
@click.option("--keylog", metavar="FILE", help="The same with the secrets of this key log (SSLKEYLOGFILE), too.")
def replay(captures: tuple[str, ...], join: bool, decrypt: bool, keylog: str | None, **given: Any) -> int:
    """Read finished captures (pcap, pcapng, also .gz and .zst; a folder means every capture in it; - is standard
    input).

    Prints, for a person, who is on the network, what crossed in the clear, and five verdicts for each device. With
    --json - only records are printed.
    """
    from sensor.export.terminal import Terminal
    from sensor.replay import Replay, complain

    options = RunOptions(**given)
    keys = keys_of(keylog) if decrypt or keylog else None
    options.check()
    terminal = Terminal(plain=options.plain)
    with ExitStack() as stack:
        stream, name = output(stack, options.json_path, private=options.reveal)
        return Replay(
            paths=list(captures),
            vault=vault_of(reveal=options.reveal),
            options=replace(options.sensor_options(), keys=keys),
            json=stream,
            json_name=name,
            page=None if options.json_path == "-" else terminal.page,
            say=complain,
            progress=terminal.progress,
            fail_on=options.worst_status(),
            store=_run_store(options.store),
            join=join,
        ).run()


def _run_store(store: str | None) -> RunStore | None:
    """The store of a replay's runs; SQLAlchemy is loaded only with one."""
    if store is None:
        return None
    from sensor.replay import complain
    from sensor.replay.storing import RunStore

    return RunStore(store, complain)
